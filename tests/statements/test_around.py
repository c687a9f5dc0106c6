"""What surrounds the money, out of the other slices: as it stood when the year ended, and on the day of issue."""

from datetime import date

import pytest

from registry import trail
from registry.allocations.service import decide_allocation
from registry.core.access import CONSOLE, Scope
from registry.grants.service import state_benefit
from registry.grants.stops import release_grant, stop_grant
from registry.recoveries.schemas import Ground
from registry.reports.schemas import ReportEvent
from registry.statements.pipeline import canonical
from registry.statements.positions import read_positions
from registry.statements.queries import read_figures, read_many_figures
from registry.statements.schemas import StatementFigures
from tests.allocations.test_service import decision, freeze, prepare
from tests.factories import (
    World,
    make_claim,
    make_creator,
    make_demand,
    make_engagement,
    make_grant,
    make_paid,
    take_step,
)


async def figures_of(party_id: int, year: int = 2025, scope: Scope = CONSOLE) -> StatementFigures:
    return await read_figures(scope, party_id, year, "sv")


@pytest.fixture
async def grant(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """A paid grant of 2025, seen on 2026-04-10."""
    monkeypatch.setattr(trail, "today", lambda: date(2026, 4, 10))
    number = await make_grant(world.programme, world.abf, amount=1_000_00, conditions="Redovisa i mars.\nHåll öppet.")
    await make_paid(world, number, amount=1_000_00)
    return number


async def test_a_report_is_told_as_it_stood_then_and_now(world: World, grant: str) -> None:
    report = await make_demand(grant, due_on=date(2026, 3, 31), demanded_on=date(2025, 2, 3))
    late = await make_demand(grant, due_on=date(2025, 9, 1), demanded_on=date(2025, 2, 3))
    before = await figures_of(world.abf)
    assert [(line.number, line.state, line.overdue) for line in before.reports] == [
        (late, "due", True),
        (report, "due", False),
    ]
    assert before.to_report_ore == 1_000_00
    for number in (report, late):
        await take_step(number, ReportEvent.RECEIVED, happened_on=date(2026, 2, 1))
        await take_step(number, ReportEvent.APPROVED, happened_on=date(2026, 3, 1))
    after = await figures_of(world.abf)
    assert after == before
    position = (await read_positions({world.abf: after}, 2025))[world.abf]
    assert {line.state for line in position.reports} == {"approved"}
    assert position.to_report_ore == 0


async def test_a_grant_is_listed_until_it_is_reported(world: World, grant: str) -> None:
    assert (await figures_of(world.abf, 2026)).grants == ()
    report = await make_demand(grant, due_on=date(2026, 3, 31), demanded_on=date(2025, 2, 3))
    [listed] = (await figures_of(world.abf, 2026)).grants
    assert listed.number == grant
    for event in (ReportEvent.RECEIVED, ReportEvent.APPROVED):
        await take_step(report, event, happened_on=date(2026, 4, 1))
    assert (await figures_of(world.abf, 2026)).grants == ()


async def test_a_claim_and_a_stop_are_of_their_year(world: World, grant: str) -> None:
    await make_claim(
        grant, amount=400_00, ground=Ground.CONDITION, condition="Håll öppet.", decided_on=date(2025, 9, 1),
        due_on=date(2025, 10, 1),
    )  # fmt: skip
    await stop_grant(CONSOLE, grant, reason="Utreds", stopped_on=date(2025, 11, 3))
    await release_grant(CONSOLE, grant, reason="Utrett", released_on=date(2026, 2, 1))
    figures = await figures_of(world.abf)
    [claim] = figures.claims
    assert (claim.grant, claim.ground, claim.condition) == (grant, "condition", "Håll öppet.")
    assert (claim.opening_ore, claim.claimed_ore, claim.left_ore) == (0, 400_00, 400_00)
    [stop] = figures.stops
    assert (stop.stopped_on, stop.released_on, stop.reason) == (date(2025, 11, 3), None, "Utreds")
    assert (await figures_of(world.abf, 2026)).stops[0].released_on == date(2026, 2, 1)
    assert (await read_positions({world.abf: figures}, 2025))[world.abf].stopped == ()
    assert (await figures_of(world.abf, 2026)).claims[0].opening_ore == 400_00


async def test_a_creator_sees_the_engagements_of_the_year_with_their_check(world: World) -> None:
    creator = await make_creator()
    await make_grant(world.programme, creator)
    number = await make_engagement(creator, world.kommun, fee=6_000_00)
    await make_engagement(creator, world.kommun, event_date=date(2024, 5, 8), booked_on=date(2024, 4, 1))
    figures = await figures_of(creator)
    [line] = figures.engagements
    assert line.number == number
    assert (line.outcome, line.fee_ore, line.commissioner) == ("below", 6_000_00, "Ludvika kommun")
    assert line.level_ore is not None
    assert line.gap_ore == line.level_ore - 6_000_00


async def test_a_decision_out_of_an_allocation_tells_what_it_rests_on(world: World) -> None:
    officer = await prepare(world)
    numbers = await decide_allocation(officer, await freeze(officer), decision())
    figures = await figures_of(world.abf, 2026)
    [basis] = figures.bases
    assert basis.grant == numbers[0]
    assert basis.rule.endswith("Rättvik, version 1")
    assert sum(part.amount_ore for part in basis.parts) == basis.amount_ore == 63_000_01
    assert [(part.title, part.weight) for part in basis.parts] == [
        ("Grundbidrag", "80\u00a0%"),
        ("Volymbidrag", "20\u00a0%"),
    ]
    assert all("÷" in part.sum for part in basis.parts)
    [grant] = [line for line in figures.grants if line.number == basis.grant]
    assert grant.granted_ore == basis.amount_ore


async def test_the_benefit_and_the_conditions_are_told(world: World, grant: str) -> None:
    await state_benefit(await world.scope("officer"), grant, "Tre uppläsningar i Ludvika.")
    [line] = (await figures_of(world.abf)).grants
    assert line.benefit == "Tre uppläsningar i Ludvika."
    assert line.conditions.startswith("Redovisa i mars.")


async def test_everybody_reads_the_same_and_each_in_their_language(world: World, grant: str) -> None:
    await make_demand(grant, due_on=date(2026, 3, 31), demanded_on=date(2025, 2, 3))
    other = await make_grant(world.programme, world.bilda)
    await make_demand(other, due_on=date(2026, 3, 31), demanded_on=date(2025, 2, 3))
    seen = {
        canonical(await figures_of(world.abf, scope=await world.scope(who)))
        for who in ("officer", "auditor", "abf_user")
    }
    assert len(seen) == 1
    both = await read_many_figures(CONSOLE, {world.abf: "sv", world.bilda: "en"}, 2025)
    assert [both[party].reports[0].title for party in (world.abf, world.bilda)] == ["Slutredovisning", "Final report"]
    assert both[world.abf] == await figures_of(world.abf)
