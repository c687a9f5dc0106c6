"""Two runs side by side: what each gives, and the difference."""

from dataclasses import dataclass
from fractions import Fraction

from registry.allocations.results import Result
from registry.core.money import Money


@dataclass(frozen=True, slots=True)
class ComparedShare:
    """An association in both runs; 0 where it has no share."""

    party_number: str
    org_number: str
    name: str
    first: Money
    second: Money
    last_year: Money

    @property
    def difference(self) -> Money:
        """How much more the second run gives."""
        return Money(self.second - self.first)


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """A part in both runs, by its short name; None where a run hasn't got it."""

    title: str
    first_weight: Fraction | None
    second_weight: Fraction | None
    first_amount: Money | None
    second_amount: Money | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs of the same programme and year."""

    shares: tuple[ComparedShare, ...]
    parts: tuple[ComparedPart, ...]
    moved: Money
    """What changes hands: the sum of what some get more."""


def compare(first: Result, second: Result) -> Comparison:
    """Put two results side by side, in the order of the first."""
    others = {share.party_number: share for share in second.shares}
    known = {share.party_number: share for share in first.shares}
    order = [*first.shares, *(share for number, share in others.items() if number not in known)]
    shares = tuple(
        ComparedShare(
            party_number=share.party_number,
            org_number=share.org_number,
            name=share.name,
            first=known[share.party_number].amount if share.party_number in known else Money(0),
            second=others[share.party_number].amount if share.party_number in others else Money(0),
            last_year=share.last_year,
        )
        for share in order
    )
    moved = Money(sum(max(0, share.difference) for share in shares))
    return Comparison(shares, _parts(first, second), moved)


def _parts(first: Result, second: Result) -> tuple[ComparedPart, ...]:
    one, other = ({part.part: part for part in result.parts} for result in (first, second))
    parts = []
    for code in dict.fromkeys((*one, *other)):
        mine, theirs = one.get(code), other.get(code)
        known = mine or theirs
        assert known is not None  # noqa: S101 - the code is of one of them
        parts.append(
            ComparedPart(
                title=known.title,
                first_weight=mine.weight if mine else None,
                second_weight=theirs.weight if theirs else None,
                first_amount=mine.amount if mine else None,
                second_amount=theirs.amount if theirs else None,
            )
        )
    return tuple(parts)
