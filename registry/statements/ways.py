"""The ways that a year's money took to its recipient: funder, intermediary, recipient. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from registry.core.money import Money
from registry.core.periods import Period
from registry.statements.facts import Agreed, GrantFacts, Matters
from registry.statements.matters import FlowLine, PartnerLine

Way = tuple[str, str, str, str]
"""Number and title of the initiative, the funder's key, the intermediary's name."""


def draw_ways(
    grants: Sequence[GrantFacts], names: Mapping[str, str], matters: Matters, period: Period
) -> tuple[FlowLine, ...]:
    """The ways of the decisions that go by an intermediary or belong to an initiative, each decision in one of them.

    `names` are the funders' by their keys, in their order. A share that is agreed and of which nothing is decided is a
    way too. Empty when all that the party has are decisions of its own, paid straight to it.
    """
    titles = {one.grant: (one.initiative, one.title) for one in matters.belongings}
    ways = defaultdict[Way, list[GrantFacts]](list)
    for grant in grants:
        if grant.via or grant.number in titles:
            ways[*titles.get(grant.number, ("", "")), grant.funder, grant.via].append(grant)
    shares = {(one.initiative, one.title, one.funder, one.via): one for one in matters.agreed if one.funder}
    order = list(names)

    def place(way: Way) -> tuple[bool, str, int, str]:
        _, title, funder, via = way
        return not title, title, order.index(funder) if funder in order else len(order), via

    return tuple(
        _line(way, ways.get(way, []), names, shares.get(way), period) for way in sorted({*ways, *shares}, key=place)
    )


def _line(
    way: Way, grants: Sequence[GrantFacts], names: Mapping[str, str], share: Agreed | None, period: Period
) -> FlowLine:
    initiative, title, funder, via = way
    opening = sum(grant.opening(period) for grant in grants)
    decided = sum(grant.decided(period) for grant in grants)
    remaining = sum(grant.remaining_by(period.last) for grant in grants)
    return FlowLine(
        title=title,
        initiative=initiative,
        funder=funder,
        name=share.name if share else names[funder],
        via=via,
        grants=tuple(grant.number for grant in grants),
        agreed_ore=Money(share.amount_ore) if share else None,
        opening_ore=Money(opening),
        decided_ore=Money(decided),
        paid_ore=Money(opening + decided - remaining),
        remaining_ore=Money(remaining),
    )


def draw_partners(matters: Matters) -> tuple[PartnerLine, ...]:
    """What outside partners have agreed to, as they stand in the agreement."""
    return tuple(
        PartnerLine(title=one.title, name=one.name, agreed_ore=Money(one.amount_ore))
        for one in matters.agreed
        if not one.funder
    )
