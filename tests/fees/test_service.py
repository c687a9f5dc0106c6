"""Engagements: registered once, corrected and cancelled by new rows, one row in force in each chain."""

import asyncio
from datetime import date

import asyncpg
import pytest

from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import ConflictError, ForbiddenError, InvalidInputError, RuleError
from registry.core.money import Money
from registry.database import fetch_value
from registry.fees.queries import (
    EngagementFilter,
    UnknownEngagementError,
    get_engagement,
    list_engagements,
    list_history,
    list_party_engagements,
)
from registry.fees.schedules import SEED_RATES, CorrectionReasonError, register_schedule, set_rates
from registry.fees.schemas import (
    Discipline,
    EngagementDetails,
    EngagementKind,
    LevelDetails,
    Outcome,
    ScheduleDetails,
    Tax,
    Unit,
)
from registry.fees.service import (
    CancelledEngagementError,
    KeyReusedError,
    UnknownGrantOfFunderError,
    cancel_engagement,
    correct_engagement,
    register_engagement,
)
from registry.funders.service import OtherFunderError
from tests.factories import World, make_creator, make_engagement, make_grant
from tests.fees.levels import WRITERS, kronor


def details(world: World, creator: int, **facts: object) -> EngagementDetails:
    usual = {
        "creator_id": creator, "commissioner_id": world.abf, "funder_id": world.kommun, "issuer": WRITERS,
        "code": "appearance-120", "booking_date": date(2025, 2, 1), "event_date": date(2025, 5, 1), "quantity": 1000,
        "agreed_fee_ore": kronor(7500), "tax": Tax.F,
    }  # fmt: skip
    return EngagementDetails.model_validate({**usual, **facts})


async def test_an_engagement_is_registered_and_checked(world: World) -> None:
    creator = await make_creator()
    officer = await world.scope("officer")
    done = await register_engagement(officer, details(world, creator), key="a")
    again = await register_engagement(officer, details(world, creator), key="a")
    assert (again.engagement_id, again.replayed) == (done.engagement_id, True)
    with pytest.raises(KeyReusedError):
        await register_engagement(officer, details(world, creator, agreed_fee_ore=kronor(8000)), key="a")
    found = await get_engagement(officer, f"E-{done.engagement_id}")
    assert (found.check.outcome, found.check.gap_ore, found.unmotivated) == (Outcome.BELOW, kronor(1000), True)
    assert (await verify(CONSOLE)).intact


async def test_what_is_missing_or_below_never_blocks(world: World) -> None:
    creator = await make_creator()
    bare = details(world, creator, issuer="", code="", quantity=None, agreed_fee_ore=None, tax=None)
    done = await register_engagement(CONSOLE, bare, key="a")
    found = await get_engagement(CONSOLE, f"E-{done.engagement_id}")
    assert found.check.outcome is Outcome.INCOMPLETE


async def test_what_cant_be_an_engagement_is_refused_at_its_field(world: World) -> None:
    creator = await make_creator()
    wrong = details(world, creator, booking_date=None, event_date=None, tax=Tax.A, vat_included=True)
    with pytest.raises(InvalidInputError) as refusal:
        await register_engagement(CONSOLE, wrong, key="a")
    assert [name for name, _error in refusal.value.errors] == ["event_date", "vat_included"]
    with pytest.raises(RuleError) as funder:
        await register_engagement(CONSOLE, details(world, world.region), key="a")
    assert funder.value.field == "creator"
    others = await make_grant(world.region_programme, creator)
    with pytest.raises(UnknownGrantOfFunderError):
        await register_engagement(CONSOLE, details(world, creator, grant_id=int(others[2:])), key="a")
    assert await fetch_value("SELECT count(*) FROM engagement") == 0


async def test_officers_write_for_their_own_funder_and_auditors_not_at_all(world: World) -> None:
    creator = await make_creator()
    number = await make_engagement(creator, world.kommun)
    with pytest.raises(OtherFunderError):
        await register_engagement(await world.scope("region_officer"), details(world, creator), key="a")
    with pytest.raises(OtherFunderError):
        await cancel_engagement(await world.scope("region_officer"), number, reason="Nej", key="b")
    for name in ("auditor", "abf_user", "admin"):
        with pytest.raises(ForbiddenError):
            await register_engagement(await world.scope(name), details(world, creator), key="c")


async def test_a_correction_replaces_and_keeps_what_was_said(world: World) -> None:
    creator = await make_creator()
    number = await make_engagement(creator, world.kommun, fee=700_000)
    before = await get_engagement(CONSOLE, number)
    right = details(world, creator, agreed_fee_ore=kronor(8500))
    for _twice in range(2):
        done = await correct_engagement(
            CONSOLE, number, right, reason="Fel belopp", key="c", version_id=before.version_id
        )
        assert done == before.id
    found = await get_engagement(CONSOLE, number)
    assert (found.agreed_fee_ore, found.kind, found.reason) == (kronor(8500), EngagementKind.CORRECTED, "Fel belopp")
    assert [one.agreed_fee_ore for one in await list_history(CONSOLE, found)] == [Money(700_000), kronor(8500)]
    assert (await list_engagements(CONSOLE, EngagementFilter())).total == 1, "one row of a chain is in force"
    with pytest.raises(ConflictError) as late:
        await correct_engagement(CONSOLE, number, right, reason="Sent", key="d", version_id=before.version_id)
    assert late.value.code == "already-replaced"
    with pytest.raises(RuleError):
        await correct_engagement(CONSOLE, number, right, reason=" ", key="e")
    assert (await verify(CONSOLE)).intact


async def test_a_cancelled_engagement_leaves_lists_and_stays_so(world: World) -> None:
    creator = await make_creator()
    number = await make_engagement(creator, world.kommun, fee=100)
    await cancel_engagement(CONSOLE, number, reason="Inställt", key="c")
    await cancel_engagement(CONSOLE, number, reason="Inställt", key="c")
    assert (await list_engagements(CONSOLE, EngagementFilter())).total == 0
    assert (await list_engagements(CONSOLE, EngagementFilter(cancelled=True))).total == 1
    assert not (await get_engagement(CONSOLE, number)).unmotivated
    with pytest.raises(CancelledEngagementError):
        await correct_engagement(CONSOLE, number, details(world, creator), reason="Ändå", key="d")
    assert await list_party_engagements(CONSOLE, creator, 2025) == ()


async def test_two_corrections_at_once_leave_one_row_in_force(world: World) -> None:
    creator = await make_creator()
    number = await make_engagement(creator, world.kommun)
    before = await get_engagement(CONSOLE, number)

    async def correct(fee: int) -> str:
        right = details(world, creator, agreed_fee_ore=kronor(fee))
        try:
            await correct_engagement(CONSOLE, number, right, reason="Rätt", key=f"k{fee}", version_id=before.version_id)
        except ConflictError as error:
            return error.code
        return "done"

    ends = await asyncio.gather(*(correct(fee) for fee in range(8000, 8008)))
    assert sorted(ends) == ["already-replaced"] * 7 + ["done"]
    assert (await list_engagements(CONSOLE, EngagementFilter())).total == 1


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"replaces_id": 1, "chain_id": 1}, "engagement_replaced_once"),
        ({"replaces_id": 2, "chain_id": 2}, "engagement_same_chain"),
        ({"chain_id": 1}, "engagement_kind"),
        ({"replaces_id": 2, "chain_id": 1, "kind": "corrected", "reason": ""}, "engagement_reason"),
        ({"replaces_id": 3, "chain_id": 1}, "engagement_not_cancelled"),
        ({"replaces_id": 2, "chain_id": 1, "funder_id": 2}, "engagement_same_funder"),
        ({"event_date": None, "booking_date": None, "contract_date": None}, "engagement_dated"),
        ({"tax": "B"}, "engagement_tax"),
        ({"quantity_thousandths": 0}, "engagement_quantity"),
    ],
)
async def test_the_database_refuses_a_broken_chain_whoever_writes(
    world: World, owner: asyncpg.Connection, columns: dict[str, object], constraint: str
) -> None:
    """Rows 1 → 2 of one chain; then a third that breaks a rule (for the cancelled one, row 3 is the cancellation)."""
    creator = await make_creator()
    number = await make_engagement(creator, world.kommun)
    await correct_engagement(CONSOLE, number, details(world, creator), reason="Rätt", key="c")
    if constraint == "engagement_not_cancelled":
        await cancel_engagement(CONSOLE, number, reason="Inställt", key="d")
    rows = [dict(one) for one in await owner.fetch("SELECT * FROM engagement ORDER BY id")]
    row = rows[1]
    if constraint in ("engagement_kind", "engagement_dated", "engagement_tax", "engagement_quantity"):
        row = rows[0] | {"chain_id": 9}
    row |= {"id": 9, "key": "x", **columns}
    places = ", ".join(f"${index}" for index in range(1, len(row) + 1))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refusal:
        await owner.execute(f"INSERT INTO engagement ({', '.join(row)}) VALUES ({places})", *row.values())
    assert refusal.value.constraint_name == constraint


async def test_lists_find_by_issuer_discipline_outcome_and_motive(world: World) -> None:
    creator = await make_creator()
    await make_engagement(creator, world.kommun)
    await make_engagement(creator, world.kommun, fee=700_000)
    await make_engagement(creator, world.kommun, fee=700_000, motive="Föreningens medel räcker inte")
    await make_engagement(creator, world.kommun, issuer="Danscentrum", code="dag", commissioner_id=world.abf)
    await make_engagement(creator, world.region, tax=None, event_date=date(2024, 12, 31))

    async def numbers(**wanted: object) -> list[int]:
        asked = EngagementFilter(**wanted)  # type: ignore[arg-type]
        return [one.id for one in (await list_engagements(CONSOLE, asked, sort="number")).items]

    assert await numbers() == [1, 2, 3, 4, 5]
    assert await numbers(outcome=Outcome.BELOW) == [2, 3]
    assert await numbers(unmotivated=True) == [2]
    assert await numbers(issuer="KLYS") == [1, 2, 3, 5]
    assert await numbers(issuer="Danscentrum") == [4]
    assert await numbers(discipline=Discipline.LITERATURE) == [1, 2, 3, 5]
    assert await numbers(commissioner_id=world.abf) == [4]
    assert await numbers(year=2024) == [5]
    assert await numbers(funder_id=world.region, outcome=Outcome.INCOMPLETE) == [5]
    assert await numbers(ids=(2, 4)) == [2, 4]
    page = await list_engagements(CONSOLE, EngagementFilter(), sort="-gap", limit=2)
    assert ([one.id for one in page.items], page.total) == ([3, 2], 5)
    assert page.outcomes == {Outcome.MEETS: 1, Outcome.BELOW: 2, Outcome.NO_SCHEDULE: 1, Outcome.INCOMPLETE: 1}
    assert (page.fee, page.level, page.unmotivated) == (kronor(22_500), kronor(25_500), 1)


async def test_creators_are_named_to_officers_only(world: World) -> None:
    creator = await make_creator("Åsa Skapare")
    number = await make_engagement(creator, world.kommun, commissioner_id=await make_creator("Bo Beställare"))
    named = await get_engagement(await world.scope("region_officer"), number)
    assert (named.creator_name, named.commissioner_name) == ("Åsa Skapare", "Bo Beställare")
    audited = await get_engagement(await world.scope("auditor"), number)
    assert (audited.creator_name, audited.commissioner_name) == (f"P-{creator}", f"P-{audited.commissioner_id}")
    with pytest.raises(UnknownEngagementError):
        await get_engagement(await world.scope("abf_user"), number)


async def test_a_correction_of_a_schedule_changes_the_check_at_once(world: World) -> None:
    number = await make_engagement(await make_creator(), world.kommun, fee=860_000)
    assert (await get_engagement(CONSOLE, number)).check.outcome is Outcome.MEETS
    level = LevelDetails(code="appearance-120", title="Rättad", unit=Unit.APPEARANCE, amount_ore=kronor(8700))
    corrected = ScheduleDetails.model_validate(
        {"issuer": WRITERS, "title": "Rättad", "discipline": "literature", "valid_from": date(2024, 1, 1),
         "applies_by": "booking_date", "levels": (level,)}
    )  # fmt: skip
    officer = await world.scope("officer")
    with pytest.raises(CorrectionReasonError):
        await register_schedule(officer, corrected)
    await register_schedule(officer, corrected.model_copy(update={"reason": "Beloppet lästes fel"}))
    assert (await get_engagement(CONSOLE, number)).check.gap_ore == kronor(100)


async def test_percentages_are_registered_with_their_source(world: World) -> None:
    officer = await world.scope("officer")
    number = await make_engagement(await make_creator(), world.kommun, fee=646_800, tax=Tax.A)
    rates = SEED_RATES.model_copy(update={"year_from": 2025, "year_to": 2025, "employer_basis_points": 2000})
    with pytest.raises(InvalidInputError):
        await set_rates(officer, rates.model_copy(update={"source": " "}))
    await set_rates(officer, rates)
    assert (await get_engagement(CONSOLE, number)).check.fee_ore == kronor(7761, 60)
    with pytest.raises(InvalidInputError):
        await set_rates(officer, rates.model_copy(update={"year_to": 2024}))
