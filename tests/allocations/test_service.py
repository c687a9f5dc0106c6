"""Freezing, discarding and deciding: one transaction, checked again on the day of decision, and provable afterwards."""

from datetime import date
from fractions import Fraction

import asyncpg
import pytest

from registry.activity.service import correct_report
from registry.allocations.queries import (
    AllocationFilter,
    State,
    UnknownAllocationError,
    allocation_number,
    get_allocation,
    list_allocations,
    list_bases,
    list_grants_of,
    read_frozen_inputs,
    read_result,
)
from registry.allocations.rule_queries import UnknownRuleError
from registry.allocations.service import (
    Decision,
    DraftExistsError,
    NotEligibleError,
    NotOpenError,
    PlannedPart,
    decide_allocation,
    discard_allocation,
    freeze_allocation,
)
from registry.allocations.simulation import NotForAssociationsError
from registry.audit.verification import verify
from registry.core.access import CONSOLE, Scope
from registry.core.errors import ConflictError, ForbiddenError, NotFoundError, RegistryError, RuleError
from registry.core.money import Money
from registry.database import fetch, fetch_value
from registry.funders.service import OtherFunderError, close_year
from registry.grants.queries import get_grant, list_instalments
from registry.grants.rules import ExceedsFrameError
from registry.grants.schemas import DemandedReport, ReportKind
from registry.grants.service import FrameMissingError
from registry.parties.service import merge_parties
from registry.parties.statuses import Status, StatusDetails, set_status
from registry.programmes.schemas import ProgrammeKind
from tests.allocations.prepared import register_2025
from tests.factories import World, make_figures, make_grant, make_party, make_programme

FRAME = Money(100_000_01)
DAY = date(2026, 3, 1)


async def prepare(world: World) -> Scope:
    """Grants and activity of 2025 for both associations; returns the officer's scope."""
    await register_2025(world)
    return await world.scope("officer")


async def freeze(scope: Scope, frame: Money = FRAME) -> str:
    """The usual draft: Rättvik's rule for 2026; returns its number."""
    return allocation_number(
        await freeze_allocation(scope, "LK-STUD", "FR-1.1", year=2026, frame=frame, eligible_on=DAY)
    )


def decision(**changed: object) -> Decision:
    values: dict[str, object] = {
        "dnr": "KUN 2026/0019",
        "paragraph": "§ 14",
        "decided_on": date(2026, 3, 18),
        "decider": "Nämnden",
        "purpose": "Verksamhetsbidrag 2026",
        "conditions": "Redovisas.",
    }
    return Decision.model_validate({**values, **changed})


HALVES = (
    PlannedPart(due_on=date(2026, 3, 31), percent=Fraction(100, 3)),
    PlannedPart(due_on=date(2026, 9, 30), percent=Fraction(200, 3)),
)


async def test_frozen_shares_become_grants_in_one_go(world: World) -> None:
    officer = await prepare(world)
    number = await freeze(officer)
    draft = await get_allocation(CONSOLE, number)
    assert (draft.state, draft.frame_ore, draft.shares, draft.rule_reference) == (State.DRAFT, FRAME, 2, "FR-1.1")
    due = DemandedReport(kind=ReportKind.FINAL, due_on=date(2027, 2, 28))
    numbers = await decide_allocation(officer, number, decision(plan=HALVES, reports=(due,)))
    grants = [await get_grant(CONSOLE, one) for one in numbers]
    assert [(one.recipient_id, one.decided_ore, one.dnr, one.paragraph, one.year) for one in grants] == [
        (world.abf, 63_000_01, "KUN 2026/0019", "§ 14", 2026),
        (world.bilda, 37_000_00, "KUN 2026/0019", "§ 14", 2026),
    ]
    assert sum(one.decided_ore for one in grants) == FRAME
    plans = await list_instalments(CONSOLE, [one.id for one in grants])
    assert [[int(part.amount_ore) for part in plans[one.id]] for one in grants] == [
        [21_000_00, 42_000_01], [12_333_33, 24_666_67],
    ]  # fmt: skip
    assert await fetch_value("SELECT count(*) FROM report") == 2
    done = await get_allocation(CONSOLE, number)
    assert (done.state, done.dnr, done.decided_on) == (State.DECIDED, "KUN 2026/0019", date(2026, 3, 18))
    assert await list_grants_of(CONSOLE, done) == {world.abf: numbers[0], world.bilda: numbers[1]}
    assert (await verify(CONSOLE)).first_bad is None
    actions = await fetch("SELECT action FROM trail_entry WHERE seq >= $1 ORDER BY seq", done.closed_seq)
    assert [row["action"] for row in actions] == ["allocations:allocation:decide", *["grants:grant:decide"] * 2]


async def test_what_was_read_is_kept_as_it_was(world: World) -> None:
    officer = await prepare(world)
    number = await freeze(officer)
    before = await read_result(CONSOLE, await get_allocation(CONSOLE, number))
    await correct_report(officer, "V-1", make_figures(study_hours=10, participant_hours=400), reason="Fel")
    allocation = await get_allocation(CONSOLE, number)
    assert await read_result(CONSOLE, allocation) == before
    inputs = await read_frozen_inputs(CONSOLE, allocation)
    assert [one.name for one in inputs.associations] == ["ABF Dalarna (test)", "Bilda Dalarna (test)"]
    with pytest.raises(NotFoundError):
        await read_frozen_inputs(await world.scope("abf_user"), allocation)


async def test_a_draft_can_be_discarded_with_a_reason_and_then_nothing_more(world: World) -> None:
    officer = await prepare(world)
    number = await freeze(officer)
    with pytest.raises(DraftExistsError):
        await freeze(officer)
    with pytest.raises(RuleError) as caught:
        await discard_allocation(officer, number, reason=" ")
    assert caught.value.field == "reason"
    await discard_allocation(officer, number, reason="Fel regel")
    done = await get_allocation(CONSOLE, number)
    assert (done.state, done.reason) == (State.DISCARDED, "Fel regel")
    with pytest.raises(NotOpenError):
        await decide_allocation(officer, number, decision())
    with pytest.raises(NotOpenError):
        await discard_allocation(officer, number, reason="Igen")
    await freeze(officer)
    found = await list_allocations(CONSOLE, AllocationFilter(state=State.DRAFT))
    assert [one.number for one in found.items] == ["F-2"]
    assert (await list_allocations(CONSOLE, AllocationFilter(year=2025))).total == 0
    assert (await verify(CONSOLE)).first_bad is None


@pytest.mark.parametrize("status", [Status.CLOSED, Status.WITHOUT_STATE_GRANTS])
async def test_standing_is_checked_again_on_the_day_of_decision(world: World, status: Status) -> None:
    officer = await prepare(world)
    number = await freeze(officer)
    said = StatusDetails(status=status, valid_from=date(2026, 3, 15), source="Brev")
    await set_status(CONSOLE, world.bilda, said)
    if status is Status.WITHOUT_STATE_GRANTS:
        assert await decide_allocation(officer, number, decision()), "Rättvik's rule doesn't ask for state grants"
        return
    with pytest.raises(NotEligibleError) as caught:
        await decide_allocation(officer, number, decision())
    assert caught.value.data["party"] == "Bilda Dalarna (test)"
    assert await fetch_value("SELECT count(*) FROM funding_grant") == 2
    assert await decide_allocation(officer, number, decision(decided_on=date(2026, 3, 14)))


async def test_a_merger_before_the_decision_stops_it(world: World) -> None:
    officer = await prepare(world)
    number = await freeze(officer)
    await merge_parties(CONSOLE, world.bilda, world.abf, merged_on=date(2026, 3, 10))
    with pytest.raises(NotEligibleError):
        await decide_allocation(officer, number, decision())
    assert (await get_allocation(CONSOLE, number)).state is State.DRAFT


@pytest.mark.parametrize(
    "changed",
    [
        {"decided_on": date(2999, 1, 1)},
        {"plan": (PlannedPart(due_on=date(2026, 3, 31), percent=Fraction(99)),)},
        {"plan": tuple(PlannedPart(due_on=date(2026, 3, 31), percent=Fraction(100, 13)) for _part in range(13))},
        {"dnr": "KUN 2026/0001"},
    ],
)
async def test_nothing_is_saved_by_halves(world: World, changed: dict[str, object]) -> None:
    """A future day, a plan that isn't whole or too long, and a dnr that Bilda, the second, already has."""
    officer = await prepare(world)
    await make_grant(world.programme, world.bilda, dnr="KUN 2026/0001", decided_on=date(2026, 1, 10), amount=1_00)
    number = await freeze(officer)
    before = await fetch_value("SELECT seq FROM chain_head")
    with pytest.raises(RegistryError):
        await decide_allocation(officer, number, decision(**changed))
    assert await fetch_value("SELECT seq FROM chain_head") == before
    assert await fetch_value("SELECT count(*) FROM funding_grant WHERE amount_ore > 100 AND year = 2026") == 0
    assert (await get_allocation(CONSOLE, number)).state is State.DRAFT


async def test_frame_and_closed_year_are_checked_again(world: World) -> None:
    officer = await prepare(world)
    with pytest.raises(ExceedsFrameError):
        await freeze(officer, Money(1_000_000_01))
    with pytest.raises(FrameMissingError):
        await freeze_allocation(officer, "LK-STUD", "FR-1.1", year=2031, frame=FRAME, eligible_on=DAY)
    number = await freeze(officer, Money(1_000_000_00))
    await make_grant(world.programme, world.abf, amount=1_00, decided_on=date(2026, 1, 2))
    with pytest.raises(ExceedsFrameError):
        await decide_allocation(officer, number, decision())
    await discard_allocation(officer, number, reason="För stor")
    number = await freeze(officer)
    await close_year(CONSOLE, world.kommun, 2025)
    with pytest.raises(RegistryError) as caught:
        await decide_allocation(officer, number, decision(decided_on=date(2025, 12, 30)))
    assert caught.value.code == "year-closed"


async def test_who_may(world: World) -> None:
    officer = await prepare(world)
    number = await freeze(officer)
    for person, error in (("auditor", ForbiddenError), ("abf_user", ForbiddenError)):
        scope = await world.scope(person)
        with pytest.raises(error):
            await decide_allocation(scope, number, decision())
        with pytest.raises(error):
            await discard_allocation(scope, number, reason="Nej")
    region = await world.scope("region_officer")
    with pytest.raises(OtherFunderError):
        await decide_allocation(region, number, decision())
    with pytest.raises(OtherFunderError):
        await discard_allocation(region, number, reason="Nej")
    with pytest.raises(OtherFunderError):
        await freeze_allocation(region, "212000-2270:LK-STUD", "FR-1.1", year=2026, frame=FRAME, eligible_on=DAY)
    await make_programme(world.kommun, code="GEN", kind=ProgrammeKind.GENERAL)
    with pytest.raises(NotForAssociationsError):
        await freeze_allocation(officer, "GEN", "FR-1.1", year=2026, frame=FRAME, eligible_on=DAY)
    with pytest.raises(UnknownRuleError):
        await freeze_allocation(officer, "LK-STUD", "FR-99.1", year=2025, frame=FRAME, eligible_on=DAY)
    with pytest.raises(UnknownAllocationError):
        await decide_allocation(officer, "F-99", decision())


async def test_an_association_sees_its_own_share_once_it_is_decided(world: World) -> None:
    officer, abf = await prepare(world), await world.scope("abf_user")
    number = await freeze(officer)
    with pytest.raises(UnknownAllocationError):
        await get_allocation(abf, number)
    numbers = await decide_allocation(officer, number, decision())
    allocation = await get_allocation(abf, number)
    result = await read_result(abf, allocation)
    assert [share.name for share in result.shares] == ["ABF Dalarna (test)"]
    assert (len(result.left_out), result.frame, int(result.parts[0].basis)) == (0, FRAME, 100_000)
    assert await list_grants_of(abf, allocation) == {world.abf: numbers[0]}
    ids = [int(one[2:]) for one in numbers]
    assert (await list_bases(abf, ids)).keys() == {ids[0]}
    outsider = Scope(user_id=1, role=abf.role, party_ids=(await make_party("Annat"),))
    with pytest.raises(UnknownAllocationError):
        await get_allocation(outsider, number)
    assert await list_bases(outsider, ids) == {}


async def test_a_grant_tells_what_it_rests_on(world: World) -> None:
    officer = await prepare(world)
    numbers = await decide_allocation(officer, await freeze(officer), decision())
    ids = [int(one[2:]) for one in numbers]
    other = int((await make_grant(world.programme, world.abf, amount=1_00, decided_on=date(2026, 4, 1)))[2:])
    bases = await list_bases(CONSOLE, [*ids, other])
    assert bases.keys() == set(ids)
    basis = bases[ids[0]]
    assert (basis.allocation, basis.rule_name, basis.rule_version, basis.year, basis.frame) == (
        "F-1", "Rättvik", 1, 2026, FRAME,
    )  # fmt: skip
    assert "rattvikskulturhus.se" in basis.rule_source
    assert basis.share.amount == 63_000_01
    assert [(line.title, int(line.weight), int(line.basis)) for line in basis.share.parts] == [
        ("Grundbidrag", 80, 60_000), ("Volymbidrag", 20, 15_000),
    ]  # fmt: skip
    assert await list_bases(CONSOLE, []) == {}


async def test_the_database_refuses_what_does_not_fit(world: World, owner: asyncpg.Connection) -> None:
    """Past the services: shares that don't add up, a second fate, a grant that isn't the share, a share left over."""
    officer = await prepare(world)
    number = await freeze(officer)
    await decide_allocation(officer, number, decision())
    again = await freeze(officer)
    spoiled = {
        "allocation_shares_add_up": "INSERT INTO allocation SELECT 99, programme_id, year, 1, rule_version_id,"
        " eligible_on, inputs, inputs_sha256, result, result_sha256, recorded_at, recorded_by, seq FROM allocation"
        " WHERE id = 2",
        "allocation_is_open": "INSERT INTO allocation_discard (id, allocation_id, reason, recorded_at, seq)"
        " VALUES (99, 1, 'x', now(), 1)",
        "allocation_grant_same": "INSERT INTO allocation_grant (id, share_id, grant_id, seq)"
        " SELECT 99, s.id, 1, 1 FROM allocation_share s WHERE s.allocation_id = 2 LIMIT 1",
        "allocation_all_granted": "INSERT INTO allocation_decision (id, allocation_id, dnr, paragraph, decided_on,"
        " decider, recorded_at, seq) VALUES (99, 2, 'x', '', '2026-03-18', 'x', now(), 1)",
        "append_only": "UPDATE allocation_share SET amount_ore = amount_ore + 1",
    }
    for constraint, sql in spoiled.items():
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
            async with owner.transaction():
                await owner.execute(sql)
        assert caught.value.constraint_name == constraint
    assert again == "F-2"


async def test_a_conflict_has_the_words_of_its_constraint(world: World) -> None:
    officer = await prepare(world)
    await make_grant(world.programme, world.bilda, dnr="KUN 2026/0001", decided_on=date(2026, 1, 10), amount=1_00)
    number = await freeze(officer)
    with pytest.raises(ConflictError) as caught:
        await decide_allocation(officer, number, decision(dnr="KUN 2026/0001"))
    assert (caught.value.code, caught.value.field) == ("grant-exists", "dnr")
