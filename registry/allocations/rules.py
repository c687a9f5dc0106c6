"""Dividing a frame by a rule: exact, to the öre or krona, and the same for everybody who does it again. Pure.

The frame, less fixed amounts, is split into the parts by their weights, and each part among the associations by their
bases, both with the largest remainder: what is exact is rounded down, and what is left over goes, one öre (or krona) at
a time, to those that lost most by it. Equal remainders go to the one that stands first in the list: by name in Swedish
order, then by organisation number. So every part is divided whole, and the shares **are** the frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from registry.allocations.schemas import MEASURE_TITLES, Definition, Measure, Part, Thresholds
from registry.core.errors import N_, RegistryError
from registry.core.exact import write_exact
from registry.core.money import Money
from registry.texts import _

_PERCENT = 100


class NoBasisError(RegistryError):
    """Nobody has anything of what a part is shared by."""

    code = "no-basis"
    message = N_(
        "The part %(part)s can't be shared: nobody who takes part has any of %(measure)s in %(years)s."
        " Register the figures first, or choose a rule without that part."
    )


class NobodyTakesPartError(RegistryError):
    """Everybody is left out."""

    code = "nobody-takes-part"
    message = N_("No association takes part: every one is left out by its standing or by the rule's thresholds.")


class NotWholeError(RegistryError):
    """The frame can't be divided into the rule's smallest unit."""

    code = "frame-not-whole"
    message = N_("The rule rounds to whole kronor, so the frame must be in whole kronor too.")


class FixedExceedsFrameError(RegistryError):
    """The fixed amounts are more than the frame."""

    code = "fixed-exceeds-frame"
    message = N_(
        "%(count)s associations would get %(amount)s each before the rest is shared, which is more than the frame."
    )


class CapTooLowError(RegistryError):
    """A bounded part can't be given away whole."""

    code = "cap-too-low"
    message = N_(
        "The part %(part)s can't be shared whole: at most %(percent)s per cent goes to each,"
        " and only %(count)s associations take part in it."
    )


@dataclass(frozen=True, slots=True)
class Activity:
    """What an association did in a kommun in a year; an association may have several, through those merged into it."""

    municipality: str
    counts: Mapping[Measure, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An association with what it brings: earlier grants (öre) by year, and activity by year."""

    party_id: int
    name: str
    org_number: str
    sort_key: str
    previous: Mapping[int, int] = field(default_factory=dict)
    activity: Mapping[int, Sequence[Activity]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartSum:
    """A part's amount, and what everybody has of its measure together: `total` over `scale`.

    `divided_ore` and `divided` are what is left of them when those are set aside who get as much as one may get.
    """

    part: Part
    amount_ore: int
    total: int
    scale: int
    divided_ore: int
    divided: int


class Line(NamedTuple):
    """One association's piece of a part, one of thousands: its basis is `basis` over the part's scale.

    `raised`: it got a unit more than its exact piece rounded down; `bounded`: it got as much as one may get.
    """

    basis: int
    amount_ore: int
    raised: bool
    bounded: bool


@dataclass(frozen=True, slots=True)
class Share:
    """What an association gets: its fixed amount and its lines, one a part."""

    candidate: Candidate
    amount_ore: int
    fixed_ore: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """An association that doesn't reach a threshold: what was asked and what it has."""

    candidate: Candidate
    asked: str
    needed: int
    reached: int


@dataclass(frozen=True, slots=True)
class Division:
    """A frame divided: the parts, the shares in the order of ties, and who didn't reach a threshold."""

    frame_ore: int
    parts: tuple[PartSum, ...]
    shares: tuple[Share, ...]
    missed: tuple[Missed, ...]


def divide(definition: Definition, candidates: Sequence[Candidate], *, frame_ore: int, year: int) -> Division:
    """Divide a frame (öre, more than 0) for a year among those who reach the rule's thresholds.

    Raises: NotWholeError, NobodyTakesPartError, FixedExceedsFrameError, NoBasisError, CapTooLowError.
    """
    unit = definition.unit_ore
    if frame_ore % unit:
        raise NotWholeError(field="frame")
    reached = [(one, missed(definition, definition.thresholds, one, year)) for one in _in_order(candidates)]
    taking = [one for one, miss in reached if miss is None]
    if not taking:
        raise NobodyTakesPartError
    fixed = _fixed(definition, taking, frame_ore, year)
    amounts = Money((frame_ore - sum(fixed)) // unit).split([part.weight for part in definition.parts])
    sums, columns = [], []
    for part, amount in zip(definition.parts, amounts, strict=True):
        bases, scale = bases_of(definition, part, taking, year)
        if not any(bases):
            years = definition.activity_years(year, part)
            raise NoBasisError(
                field="rule", part=part.title, measure=_(MEASURE_TITLES[part.measure]), years=_years_text(years)
            )
        lines = _lines(part, amount, bases, unit)
        free = [line for line in lines if not line.bounded]
        left = amount * unit - sum(line.amount_ore for line in lines if line.bounded)
        sums.append(PartSum(part, amount * unit, sum(bases), scale, left, sum(line.basis for line in free)))
        columns.append(lines)
    shares = tuple(
        Share(one, fixed[place] + sum([line.amount_ore for line in lines]), fixed[place], lines)
        for place, (one, lines) in enumerate(zip(taking, zip(*columns, strict=True), strict=True))
    )
    return Division(frame_ore, tuple(sums), shares, tuple(miss for _one, miss in reached if miss is not None))


def _in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """By name in Swedish order, then by organisation number: equal remainders go to the one that stands first."""
    return sorted(candidates, key=lambda one: (one.sort_key, one.org_number, one.party_id))


def _years_text(years: Sequence[int]) -> str:
    return ", ".join(str(year) for year in sorted(years))


def missed(definition: Definition, thresholds: Thresholds, candidate: Candidate, year: int) -> Missed | None:
    """The first threshold that an association doesn't reach in the year of activity, or None."""
    if not thresholds.ask:
        return None
    rows = candidate.activity.get(year - definition.activity_lag, ())
    hours = sum(row.counts[Measure.STUDY_HOURS] for row in rows)
    if hours < thresholds.hours:
        return Missed(candidate, "hours", thresholds.hours, hours)
    active = count_municipalities(rows, thresholds.municipality_hours)
    if active < thresholds.municipalities:
        return Missed(candidate, "municipalities", thresholds.municipalities, active)
    return None


def count_municipalities(rows: Sequence[Activity], least_hours: int) -> int:
    """In how many kommuner there are at least so many study hours, and one at least."""
    hours: dict[str, int] = {}
    for row in rows:
        hours[row.municipality] = hours.get(row.municipality, 0) + row.counts[Measure.STUDY_HOURS]
    return sum(count >= max(1, least_hours) for count in hours.values())


def _fixed(definition: Definition, taking: Sequence[Candidate], frame_ore: int, year: int) -> list[int]:
    """The fixed amount of each."""
    if definition.fixed is None:
        return [0] * len(taking)
    amount = int(definition.fixed.amount)
    if amount % definition.unit_ore:
        raise NotWholeError(field="fixed")
    given = [0 if missed(definition, definition.fixed.thresholds, one, year) else amount for one in taking]
    if sum(given) > frame_ore:
        count = sum(part > 0 for part in given)
        raise FixedExceedsFrameError(field="frame", count=count, amount=definition.fixed.amount)
    return given


def bases_of(definition: Definition, part: Part, candidates: Sequence[Candidate], year: int) -> tuple[list[int], int]:
    """What each has of a part's measure, as whole numbers over one scale: means and conversions stay exact."""
    years = definition.activity_years(year, part)
    if not years:
        return [1] * len(candidates), 1
    columns = [basis_of_year(definition, part, candidates, each) for each in years]
    bases = columns[0] if len(columns) == 1 else [sum(row) for row in zip(*columns, strict=True)]
    return bases, scale_of(part) * len(years)


def scale_of(part: Part) -> int:
    """What the whole numbers of a part's basis are divided by, so that conversions stay exact."""
    if part.most_per_study_hour is not None:
        return part.most_per_study_hour.denominator
    return lcm(*(factor.denominator for factor in factors_of(part).values()))


def basis_of_year(definition: Definition, part: Part, candidates: Sequence[Candidate], year: int) -> list[int]:
    """What each has of a part's measure in one year, converted and bounded as the part says, times `scale_of`."""
    if part.measure is Measure.PREVIOUS_GRANTS:
        return [one.previous.get(year, 0) for one in candidates]
    rows = [one.activity.get(year, ()) for one in candidates]
    if part.measure is Measure.MUNICIPALITIES:
        least = definition.thresholds.municipality_hours
        return [count_municipalities(own, least) for own in rows]
    if part.most_per_study_hour is not None:
        most, scale = part.most_per_study_hour.numerator, part.most_per_study_hour.denominator
        return [
            sum(
                min(row.counts[Measure.PARTICIPANT_HOURS] * scale, row.counts[Measure.STUDY_HOURS] * most)
                for row in own
            )
            for own in rows
        ]
    scale = scale_of(part)
    factors = [(measure, int(factor * scale)) for measure, factor in factors_of(part).items()]
    columns = [[factor * sum([row.counts[measure] for row in own]) for own in rows] for measure, factor in factors]
    return columns[0] if len(columns) == 1 else [sum(each) for each in zip(*columns, strict=True)]


def factors_of(part: Part) -> dict[Measure, Fraction]:
    """What a part's basis is made of: measures, each with what one of it counts."""
    factors = {part.measure: Fraction(1)}
    if part.programme_hours is not None:
        factors[Measure.CULTURAL_PROGRAMMES] = part.programme_hours
    if part.other_group_percent is not None:
        factors[Measure.OTHER_GROUP_HOURS] = part.other_group_percent / _PERCENT
    return factors


def _lines(part: Part, amount: int, bases: Sequence[int], unit: int) -> list[Line]:
    """Share a part (in units) by bases; where a bound takes from one, the rest is shared again among the others."""
    bounded = _bounded(part, amount, bases)
    free = [place for place, basis in enumerate(bases) if basis and place not in bounded]
    most = _most(part, amount)
    left = amount - most * len(bounded)
    pieces = [most if place in bounded else 0 for place in range(len(bases))]
    raised = [False] * len(bases)
    if free:
        weights = [bases[place] for place in free]
        total = sum(weights)
        for place, weight, piece in zip(free, weights, Money(left).split(weights), strict=True):
            pieces[place] = piece
            raised[place] = piece > left * weight // total
    return [Line(basis, pieces[place] * unit, raised[place], place in bounded) for place, basis in enumerate(bases)]


def _most(part: Part, amount: int) -> int:
    """The most that one association gets of a part, in units, rounded down."""
    if part.most_percent is None:
        return amount
    return int(amount * part.most_percent // _PERCENT)


def _bounded(part: Part, amount: int, bases: Sequence[int]) -> frozenset[int]:
    """Who would get more than one may: found anew until what the others get of the rest is within the bound.

    Raises: CapTooLowError when all would be bounded and something is still left.
    """
    most, bounded = _most(part, amount), set[int]()
    if most >= amount:
        return frozenset()
    while True:
        free = [place for place, basis in enumerate(bases) if basis and place not in bounded]
        left, total = amount - most * len(bounded), sum(bases[place] for place in free)
        if not free and left:
            percent = write_exact(part.most_percent or Fraction(0))
            raise CapTooLowError(field="rule", part=part.title, percent=percent, count=len(bounded))
        more = {place for place in free if left * bases[place] > most * total}
        if not more:
            return frozenset(bounded)
        bounded |= more


def exact_piece(total: PartSum, line: Line, *, unit_ore: int = 1) -> Fraction:
    """A line's exact piece of its part before rounding, in units of so many öre; where it is bounded, the bound."""
    if line.bounded or not total.divided:
        return Fraction(line.amount_ore, unit_ore)
    return Fraction(total.divided_ore * line.basis, total.divided * unit_ore)
