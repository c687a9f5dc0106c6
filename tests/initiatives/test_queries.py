"""What is read of initiatives: in order, within the scope, and beside what came of it."""

import pytest

from registry.core.access import CONSOLE, Role
from registry.core.errors import NotFoundError
from registry.core.money import Money
from registry.initiatives.edition_queries import get_edition, list_edition_years
from registry.initiatives.edition_rules import compare_budget
from registry.initiatives.edition_schemas import BudgetKind
from registry.initiatives.queries import (
    edition_of,
    get_initiative,
    get_picture,
    list_flows,
    list_initiatives,
    list_picture_years,
)
from registry.initiatives.schemas import InitiativeKind, ShareDetails, YearLine
from tests.factories import World, make_edition, make_initiative, make_shares, make_user, scope_of
from tests.initiatives.story import Kept


async def test_the_list_in_order_by_kind_and_by_name(world: World) -> None:
    for title, party_id in (("Åskväder", world.abf), ("Poesi", world.bilda), ("Älvdans", world.abf)):
        await make_initiative(world.kommun, party_id, title=title)
    await make_initiative(world.region, world.bilda, kind=InitiativeKind.CO_FUNDED, title="Museet")
    titles = [one.title for one in await list_initiatives(CONSOLE)]
    assert titles == ["Museet", "Poesi", "Åskväder", "Älvdans"], "as Swedes sort"
    assert [one.title for one in await list_initiatives(CONSOLE, sort="-title")] == titles[::-1]
    assert [one.title for one in await list_initiatives(CONSOLE, kind=InitiativeKind.CO_FUNDED)] == ["Museet"]
    assert [one.title for one in await list_initiatives(CONSOLE, search="bilda", sort="party")] == ["Poesi", "Museet"]


async def test_a_party_sees_its_own_and_anothers_is_missing(world: World) -> None:
    mine, others = [await make_initiative(world.kommun, party) for party in (world.abf, world.bilda)]
    scope = await world.scope("abf_user")
    assert [one.number for one in await list_initiatives(scope)] == [mine]
    for number in (others, "S-99999", "S-", "1"):
        with pytest.raises(NotFoundError):
            await get_initiative(scope, number)
    await make_edition(others)
    assert await edition_of(scope, world.bilda, 2025) is None
    assert await edition_of(CONSOLE, world.bilda, 2025) is not None
    assert await edition_of(CONSOLE, world.bilda, 2024) is None
    assert await list_flows(scope, world.bilda, 2025) == ()


async def test_the_picture_of_a_year(kept: Kept) -> None:
    picture = await get_picture(CONSOLE, await get_initiative(CONSOLE, kept.body), 2025)
    told = [(flow.funder, flow.via, flow.agreed_ore, flow.decided_ore, flow.paid_ore) for flow in picture.flows]
    assert told == [
        ("Ludvika kommun", "", 285_714_29, 400_000_00, 200_000_00),
        ("Region Dalarna", "Länets museum", 428_571_43, 500_000_01, 400_000_01),
        ("Region Dalarna", "", None, 50_000_00, 20_000_00),
    ]
    assert [(memo.funder, memo.agreed_ore) for memo in picture.memos] == [
        ("Smedjebackens kommun", 285_714_28), ("Västmanlands läns museum", 250_000_00),
    ]  # fmt: skip
    assert sum(flow.agreed_ore or 0 for flow in (*picture.flows, picture.memos[0])) == 1_000_000_00
    empty = await get_picture(CONSOLE, picture.initiative, 2030)
    assert (empty.flows, empty.memos, empty.plan) == ((), (), None)


async def test_the_years_of_a_body_are_those_with_an_agreement_or_a_decision(kept: Kept) -> None:
    initiative = await get_initiative(CONSOLE, kept.body)
    await make_shares(kept.body, ShareDetails(funder_id=kept.world.kommun, amount_ore=Money(7)), year=2026)
    lines = await list_picture_years(CONSOLE, initiative)
    assert [(line.year, line.planned_ore, line.decided_ore) for line in lines] == [
        (2026, 7, 0), (2025, 714_285_72, 950_000_01), (2024, None, 300_000_00),
    ]  # fmt: skip


async def test_the_latest_version_of_the_shares_is_in_force(kept: Kept) -> None:
    share = ShareDetails(funder_id=kept.world.kommun, amount_ore=Money(9))
    await make_shares(kept.body, share, reason="Region Dalarna lämnar avtalet")
    picture = await get_picture(CONSOLE, await get_initiative(CONSOLE, kept.body), 2025)
    assert (picture.agreed_ore, picture.memos) == (9, ())
    assert picture.decided_ore == 950_000_01


async def test_an_edition_beside_its_budget(kept: Kept) -> None:
    edition = await get_edition(CONSOLE, await get_initiative(CONSOLE, kept.poetry), 2025)
    outcome = compare_budget(edition)
    told = [(one.funder_name, one.planned_ore, one.decided_ore, one.paid_ore, one.fees_ore) for one in outcome.funders]
    assert told == [
        ("Ludvika kommun", 50_000_00, 60_000_00, 60_000_00, 950_000),
        ("Region Dalarna", None, 40_000_00, 0, 0),
    ]
    assert (outcome.planned_ore, outcome.decided_ore, outcome.paid_ore) == (50_000_00, 100_000_00, 60_000_00)
    assert [(one.kind, one.planned_ore, one.outcome_ore, one.difference_ore) for one in outcome.costs] == [
        (BudgetKind.FEES, 10_000_00, 950_000, -50_000), (BudgetKind.OTHER_COST, 4_000_00, None, None),
    ]  # fmt: skip
    assert [event.title for event in edition.events] == ["Läsning på biblioteket", "Avslutning"]
    assert [one.is_short for one in edition.at(kept.event_id)] == [False]
    assert [one.is_short for one in edition.at(None)] == [True]


async def test_the_years_of_an_initiative(kept: Kept) -> None:
    await make_edition(kept.poetry, 2026, theme="Hösten")
    initiative = await get_initiative(CONSOLE, kept.poetry)
    lines = await list_edition_years(CONSOLE, initiative)
    assert lines == [
        YearLine(2026, None, Money(0), Money(0), "Hösten"),
        YearLine(2025, Money(50_000_00), Money(100_000_00), Money(60_000_00), "Sommaren", 2, 42),
    ]


async def test_the_society_sees_its_edition_but_no_creators_engagement(kept: Kept) -> None:
    user = await scope_of(await make_user(Role.ASSOCIATION, party_id=kept.society))
    edition = await edition_of(user, kept.society, 2025)
    assert edition is not None
    assert [grant.number for grant in edition.grants] == [kept.society_grant, kept.poetry_grant]
    assert edition.engagements == ()
