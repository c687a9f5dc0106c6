"""What an allocation came to, with everything that is needed to work it out again with a calculator.

One shape for the page, the files, the API, the command line and the frozen allocation.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from registry.allocations.inputs import Association, Inputs, LeftOut
from registry.allocations.rules import (
    Candidate,
    Division,
    Line,
    Missed,
    PartSum,
    basis_of_year,
    divide,
    exact_piece,
    factors_of,
    scale_of,
)
from registry.allocations.schemas import (
    FIXED_CODE,
    MONEY,
    Definition,
    Frozen,
    Measure,
    Part,
    Rounding,
    RuleVersion,
)
from registry.core.exact import Number, Ratio
from registry.core.money import Money

ORE = 100
UNITS = {
    Measure.PREVIOUS_GRANTS: "SEK",
    Measure.STATE_GRANT: "SEK",
    Measure.EVEN: "associations",
    Measure.STUDY_HOURS: "hours",
    Measure.PARTICIPANT_HOURS: "hours",
    Measure.UNIQUE_PARTICIPANTS: "people",
    Measure.CULTURAL_PROGRAMMES: "programmes",
    Measure.OTHER_GROUP_HOURS: "hours",
    Measure.TARGET_GROUP_HOURS: "hours",
    Measure.DISABILITY_PARTICIPANTS: "people",
    Measure.SWEDISH_FOR_FOREIGN_BORN: "hours",
    Measure.MUNICIPALITIES: "municipalities",
}
"""What a basis counts. Money is in kronor here, as it is everywhere outside the registry's own sums."""


class RuleUsed(Frozen):
    """The version of the rule; `changed` when its weights were changed for a simulation."""

    name: str
    reference: str
    version: int
    issuer: str
    source: str
    valid_from: date | None
    definition: Definition
    changed: bool = False


class PartResult(Frozen):
    """A part of the frame and what it was shared by: `basis` is everybody's together."""

    part: str
    title: str
    weight: Number
    key: str
    unit: str
    years: tuple[int, ...]
    amount: Money
    basis: Ratio


class Term(Frozen):
    """What a year's basis is made of: so many of a measure, each counting `factor`."""

    measure: Measure
    count: Ratio
    factor: Ratio


class YearBasis(Frozen):
    """An association's basis in one year."""

    year: int
    value: Ratio
    terms: tuple[Term, ...]


class ShareLine(Frozen):
    """An association's piece of a part: `exact` kronor before rounding, `amount` after.

    `divided_amount` × `basis` ÷ `divided_basis` is `exact`; they differ from the part's own sums where somebody else
    got as much as one may get (`bounded`) and was set aside. `raised`: a unit more, by the largest remainder.
    """

    part: str
    title: str
    weight: Number
    key: str
    unit: str
    years: tuple[YearBasis, ...]
    basis: Ratio
    total_basis: Ratio
    part_amount: Money
    divided_amount: Money
    divided_basis: Ratio
    exact: Ratio
    amount: Money
    raised: bool
    bounded: bool


class ShareResult(Frozen):
    """What an association gets, beside what it was granted the year before."""

    position: int
    org_number: str
    party_number: str
    name: str
    inherits: tuple[str, ...]
    amount: Money
    last_year: Money
    parts: tuple[ShareLine, ...]

    @property
    def party_id(self) -> int:
        """The association's id."""
        return int(self.party_number.removeprefix("P-"))

    @property
    def change(self) -> Money:
        """How much more than the year before."""
        return Money(self.amount - self.last_year)

    @property
    def change_percent(self) -> Money | None:
        """The same in per cent, in hundredths and so written as an amount is; None for one that had nothing before."""
        return Money(round(Fraction(self.change * 100 * ORE, self.last_year))) if self.last_year else None


class Result(Frozen):
    """A frame divided for a year by a rule."""

    rule: RuleUsed
    programme: str
    funder: str
    year: int
    frame: Money
    rounding: Rounding
    eligible_on: date
    municipality: str
    parts: tuple[PartResult, ...]
    shares: tuple[ShareResult, ...]
    left_out: tuple[LeftOut, ...]
    total: Money

    @property
    def last_year(self) -> Money:
        """What those who take part were granted the year before."""
        return Money(sum(share.last_year for share in self.shares))

    def share_of(self, party_id: int) -> ShareResult | None:
        """One association's share."""
        return next((share for share in self.shares if share.party_id == party_id), None)


def work_out(rule: RuleVersion, inputs: Inputs, *, frame: Money, definition: Definition | None = None) -> Result:
    """Divide a frame by a rule's version, or by `definition`, its like with other weights.

    Raises: as `rules.divide`.
    """
    used = definition or rule.definition
    division = divide(used, inputs.candidates(), frame_ore=int(frame), year=inputs.year)
    known = {one.party_id: one for one in inputs.associations}
    return Result(
        rule=RuleUsed(
            name=rule.name,
            reference=rule.reference,
            version=rule.version,
            issuer=rule.issuer,
            source=rule.source,
            valid_from=rule.valid_from,
            definition=used,
            changed=used != rule.definition,
        ),
        programme=inputs.programme,
        funder=inputs.funder,
        year=inputs.year,
        frame=frame,
        rounding=used.rounding,
        eligible_on=inputs.eligible_on,
        municipality=inputs.municipality,
        parts=_parts(used, division, inputs.year),
        shares=_shares(used, division, known, inputs.year),
        left_out=(*inputs.left_out, *(_missed(miss) for miss in division.missed)),
        total=Money(sum(share.amount_ore for share in division.shares)),
    )


def _missed(miss: Missed) -> LeftOut:
    one = miss.candidate
    return LeftOut(
        party_id=one.party_id,
        org_number=one.org_number,
        name=one.name,
        reason=miss.asked,
        needed=miss.needed,
        reached=miss.reached,
    )


def _scale(part: Part, scale: int) -> int:
    """What a basis is divided by when it is told: money in kronor."""
    return scale * ORE if part.measure in MONEY else scale


def _parts(definition: Definition, division: Division, year: int) -> tuple[PartResult, ...]:
    parts = [
        PartResult(
            part=one.part.code,
            title=one.part.title,
            weight=one.part.weight,
            key=one.part.key,
            unit=UNITS[one.part.measure],
            years=definition.activity_years(year, one.part),
            amount=Money(one.amount_ore),
            basis=Fraction(one.total, _scale(one.part, one.scale)),
        )
        for one in division.parts
    ]
    if definition.fixed is None:
        return tuple(parts)
    given = [share.fixed_ore for share in division.shares if share.fixed_ore]
    fixed = PartResult(
        part=FIXED_CODE, title="", weight=Fraction(0), key=FIXED_CODE, unit="associations", years=(),
        amount=Money(sum(given)), basis=Fraction(len(given)),
    )  # fmt: skip
    return (fixed, *parts)


def _shares(
    definition: Definition, division: Division, known: dict[int, Association], year: int
) -> tuple[ShareResult, ...]:
    candidates = [share.candidate for share in division.shares]
    years = [_years(definition, one.part, candidates, year) for one in division.parts]
    told = [_facts(one) for one in division.parts]
    total_fixed = sum(share.fixed_ore for share in division.shares)
    shares = []
    for place, share in enumerate(division.shares):
        lines = [
            _line(total, facts, line, column[place])
            for total, facts, line, column in zip(division.parts, told, share.lines, years, strict=True)
        ]
        if definition.fixed is not None:
            lines.insert(0, _fixed_line(share.fixed_ore, total_fixed, definition.fixed.amount))
        one = known[share.candidate.party_id]
        shares.append(
            ShareResult(
                position=place + 1,
                org_number=one.org_number,
                party_number=f"P-{one.party_id}",
                name=one.name,
                inherits=one.inherits,
                amount=Money(share.amount_ore),
                last_year=one.previous.get(year - 1, Money(0)),
                parts=tuple(lines),
            )
        )
    return tuple(shares)


def _facts(total: PartSum) -> dict[str, Any]:
    """What all lines of a part have alike."""
    part, scale = total.part, _scale(total.part, total.scale)
    return {
        "part": part.code,
        "title": part.title,
        "weight": part.weight,
        "key": part.key,
        "unit": UNITS[part.measure],
        "total_basis": Fraction(total.total, scale),
        "part_amount": Money(total.amount_ore),
        "divided_amount": Money(total.divided_ore),
        "divided_basis": Fraction(total.divided, scale),
    }


def _line(total: PartSum, facts: dict[str, Any], line: Line, years: tuple[YearBasis, ...]) -> ShareLine:
    return ShareLine(
        **facts,
        years=years,
        basis=Fraction(line.basis, _scale(total.part, total.scale)),
        exact=exact_piece(total, line, unit_ore=ORE),
        amount=Money(line.amount_ore),
        raised=line.raised,
        bounded=line.bounded,
    )


def _fixed_line(given_ore: int, total_ore: int, amount: Money) -> ShareLine:
    return ShareLine(
        part=FIXED_CODE, title="", weight=Fraction(0), key=FIXED_CODE, unit="associations", years=(),
        basis=Fraction(int(given_ore > 0)), total_basis=Fraction(total_ore, int(amount)) if amount else Fraction(0),
        part_amount=Money(total_ore), divided_amount=Money(total_ore), divided_basis=Fraction(0),
        exact=Fraction(given_ore, ORE), amount=Money(given_ore), raised=False, bounded=False,
    )  # fmt: skip


def _years(
    definition: Definition, part: Part, candidates: Sequence[Candidate], year: int
) -> list[tuple[YearBasis, ...]]:
    """Each association's basis of a part year by year, with what it is made of."""
    columns = []
    for each in definition.activity_years(year, part):
        scale = _scale(part, scale_of(part))
        bases = basis_of_year(definition, part, candidates, each)
        factors = _factors(part)
        columns.append(
            [
                YearBasis(year=each, value=Fraction(basis, scale), terms=_terms(factors, one, each))
                for one, basis in zip(candidates, bases, strict=True)
            ]
        )
    return list(zip(*columns, strict=True)) if columns else [()] * len(candidates)


def _factors(part: Part) -> dict[Measure, Fraction]:
    """What a part's basis is made of, where it is more than one measure's count."""
    if part.most_per_study_hour is not None:
        return {Measure.PARTICIPANT_HOURS: Fraction(1), Measure.STUDY_HOURS: part.most_per_study_hour}
    factors = factors_of(part)
    return factors if len(factors) > 1 else {}


def _terms(factors: dict[Measure, Fraction], candidate: Candidate, year: int) -> tuple[Term, ...]:
    rows = candidate.activity.get(year, ())
    return tuple(
        Term(measure=measure, count=Fraction(sum(row.counts[measure] for row in rows)), factor=factor)
        for measure, factor in factors.items()
    )
