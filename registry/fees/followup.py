"""The yearly follow-up ("nollmätning"): what was paid against the levels, by discipline, issuer and commissioner. Pure.

No creator is named or told apart here. Sums and shares of level count the engagements that could be compared; medians
are those of the gaps below the level.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from registry.core.errors import N_
from registry.core.money import Money
from registry.fees.rules import WHOLE, rounded
from registry.fees.schemas import FollowupRow, Outcome


class Grouping(StrEnum):
    """What the follow-up is divided by."""

    DISCIPLINE = "discipline"
    ISSUER = "issuer"
    COMMISSIONER = "commissioner"


GROUPING_TITLES = {
    Grouping.DISCIPLINE: N_("Art"),
    Grouping.ISSUER: N_("Issuer"),
    Grouping.COMMISSIONER: N_("Commissioner"),
}


class Line(NamedTuple):
    """What the follow-up needs of one engagement. `key` and `label` are the group's; öre and basis points."""

    key: str
    label: str
    outcome: Outcome
    unmotivated: bool
    fee_ore: int | None
    level_ore: int | None
    gap_ore: int | None
    gap_basis_points: int | None


def sum_up(lines: Iterable[Line]) -> tuple[list[FollowupRow], FollowupRow]:
    """A row for each group, by label, and the total, which is counted on its own."""
    every = list(lines)
    groups: dict[str, list[Line]] = {}
    for line in every:
        groups.setdefault(line.key, []).append(line)
    rows = [_row(key, group[0].label, group) for key, group in groups.items()]
    return sorted(rows, key=lambda row: (row.key == "none", row.label.casefold(), row.key)), _row("", "", every)


def _row(key: str, label: str, lines: Sequence[Line]) -> FollowupRow:
    compared = [line for line in lines if line.outcome in (Outcome.MEETS, Outcome.BELOW)]
    below = [line for line in compared if line.outcome is Outcome.BELOW]
    without = sum(line.outcome is Outcome.NO_SCHEDULE for line in lines)
    return FollowupRow(
        key=key,
        label=label,
        engagements=len(lines),
        compared=len(compared),
        fee_ore=Money(sum(line.fee_ore or 0 for line in compared)),
        level_ore=Money(sum(line.level_ore or 0 for line in compared)),
        below=len(below),
        below_basis_points=_share(len(below), len(compared)),
        gap_ore=Money(sum(line.gap_ore or 0 for line in below)),
        median_gap_ore=_median_ore(below),
        median_gap_basis_points=_median([line.gap_basis_points or 0 for line in below]),
        no_schedule=without,
        no_schedule_basis_points=_share(without, len(lines)),
        incomplete=sum(line.outcome is Outcome.INCOMPLETE for line in lines),
        unmotivated=sum(line.unmotivated for line in lines),
    )


def _share(part: int, whole: int) -> int | None:
    return int(rounded(Fraction(part * WHOLE, whole))) if whole else None


def _median_ore(lines: Sequence[Line]) -> Money | None:
    found = _median([line.gap_ore or 0 for line in lines])
    return None if found is None else Money(found)


def _median(values: Sequence[int]) -> int | None:
    """The value in the middle, or half of the two in the middle, rounded half upwards; None of nothing."""
    return int(rounded(median([Fraction(value) for value in values]))) if values else None
