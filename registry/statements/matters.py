"""What a statement tells besides money that moved: reports, claims, stops, what an allocation rests on, engagements."""

from datetime import date
from typing import Literal

from registry.core.money import Money
from registry.statements.values import Figures

ReportState = Literal["due", "received", "in_review", "returned", "approved", "waived"]
ClaimGround = Literal["condition", "false_facts", "wrong_payment"]
Outcome = Literal["meets", "below", "no_schedule", "incomplete"]


class ReportLine(Figures):
    """A report that a decision demands, as it stood on the statement's day. `overdue`: it should have come by then."""

    number: str
    grant: str
    funder: str
    title: str
    due_on: date
    state: ReportState
    overdue: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is still to be sent or read."""
        return self.state not in ("approved", "waived")


class ClaimLine(Figures):
    """A claim for money to be paid back: `opening` + `claimed` - `settled` - `closed` = `left`, in the year.

    `condition` is the line of the decision's conditions that it rests on; `closed_ore` was withdrawn or written off.
    """

    number: str
    grant: str
    funder: str
    dnr: str
    decided_on: date
    due_on: date
    ground: ClaimGround
    condition: str = ""
    reason: str
    opening_ore: Money
    claimed_ore: Money
    settled_ore: Money
    closed_ore: Money
    left_ore: Money


class StopLine(Figures):
    """A stop of a decision's payments that stood in the year; `released_on` is None when it stood at its end."""

    grant: str
    funder: str
    stopped_on: date
    reason: str
    released_on: date | None = None


class BasisPart(Figures):
    """A part of an allocation: `basis`, `sum` and `note` say in words how the association's piece of it came about."""

    title: str
    weight: str
    key: str
    part_ore: Money
    basis: str
    sum: str = ""
    note: str = ""
    amount_ore: Money


class BasisLine(Figures):
    """What a decision out of an allocation rests on: the rule, the frame, and the association's piece of each part."""

    grant: str
    funder: str
    allocation: str
    rule: str
    source: str = ""
    year: int
    frame_ore: Money
    amount_ore: Money
    parts: tuple[BasisPart, ...]


class EngagementLine(Figures):
    """A creator's engagement with its check. `fee_ore` is as agreed.

    `level_ore` and `compared_ore`, what is compared with it, are F-tax without VAT; `gap_basis_points` is in hundredths
    of a per cent. `schedule` is the one that was in force on `day`.
    """

    number: str
    day: date
    title: str
    commissioner: str
    grant: str = ""
    fee_ore: Money | None = None
    outcome: Outcome
    schedule: str = ""
    level_ore: Money | None = None
    compared_ore: Money | None = None
    gap_ore: Money | None = None
    gap_basis_points: int | None = None
    motive: str = ""
