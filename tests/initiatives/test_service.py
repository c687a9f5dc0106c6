"""What is written of initiatives: versions that add up, links that are in one edition, and one's own funder's only."""

from datetime import date

import asyncpg
import pytest

from registry.core.access import CONSOLE
from registry.core.errors import ConflictError, ForbiddenError, NotFoundError, RuleError
from registry.core.money import Money
from registry.database import fetch, fetch_value
from registry.funders.service import OtherFunderError
from registry.initiatives.edition_queries import get_edition, suggest_engagements, suggest_grants
from registry.initiatives.edition_rules import RefusedEventError
from registry.initiatives.edition_schemas import (
    BudgetDetails,
    BudgetKind,
    BudgetLineDetails,
    EditionDetails,
    EventDetails,
)
from registry.initiatives.edition_service import (
    NothingNewError,
    change_event,
    describe_edition,
    link,
    register_edition,
    set_budget,
)
from registry.initiatives.queries import get_initiative, list_plans
from registry.initiatives.schemas import InitiativeDetails, InitiativeKind, ShareDetails
from registry.initiatives.service import OtherKindError, change_initiative, register_initiative
from registry.parties.queries import UnknownPartyError
from registry.programmes.schemas import ProgrammeKind
from tests.factories import (
    World,
    make_creator,
    make_edition,
    make_engagement,
    make_event,
    make_grant,
    make_initiative,
    make_party,
    make_programme,
    make_shares,
)


async def test_each_version_of_shares_stays_and_the_whole_is_divided_exactly(world: World) -> None:
    body = await make_initiative(world.kommun, world.abf, kind=InitiativeKind.CO_FUNDED)
    museum = await make_party("Museet")
    shares = (
        ShareDetails(funder_id=world.kommun, parts=1),
        ShareDetails(funder_id=world.region, via_id=museum, parts=1),
        ShareDetails(partner="Fagersta kommun", parts=1),
        ShareDetails(partner="Norbergs kommun", amount_ore=Money(5)),
    )
    assert await make_shares(body, *shares, whole=100_00) == 1
    assert await make_shares(body, shares[0], whole=7, reason="Nytt avtal") == 2
    initiative = await get_initiative(CONSOLE, body)
    latest, first = await list_plans(CONSOLE, initiative, year=2025)
    assert [share.amount_ore for share in first.shares] == [33_34, 33_33, 33_33, 5]
    assert (first.agreed_ore, first.memo_ore, first.all_parts) == (66_67, 33_38, 3)
    assert [share.via_name for share in first.shares] == ["", "Museet", "", ""]
    assert (latest.version, latest.reason, latest.whole_ore) == (2, "Nytt avtal", 7)


async def test_the_database_itself_refuses_shares_that_do_not_add_up(world: World, owner: asyncpg.Connection) -> None:
    body = await make_initiative(world.kommun, world.abf, kind=InitiativeKind.CO_FUNDED)
    await make_shares(body, ShareDetails(funder_id=world.kommun, parts=1), whole=100)
    copy = """
      WITH p AS (INSERT INTO share_plan (id, initiative_id, year, version, whole_ore, source, reason, recorded_at, seq)
                 SELECT id + 1, initiative_id, year, 2, $1, source, 'x', recorded_at, seq FROM share_plan RETURNING id)
      INSERT INTO agreed_share (id, plan_id, position, funder_id, parts, amount_ore, seq)
      SELECT a.id + 1, p.id, 1, a.funder_id, 1, 100, a.seq FROM p, agreed_share a
    """
    with pytest.raises(asyncpg.CheckViolationError, match="add up"):
        await owner.execute(copy, 101)
    await owner.execute(copy, 100)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="never changed"):
        await owner.execute("UPDATE agreed_share SET amount_ore = 99")


async def test_unknown_funders_and_ways_are_refused_at_their_share(world: World) -> None:
    body = await make_initiative(world.kommun, world.abf, kind=InitiativeKind.CO_FUNDED)
    with pytest.raises(UnknownPartyError) as caught:
        await make_shares(body, ShareDetails(funder_id=world.abf, amount_ore=Money(1)))
    assert caught.value.field == "whose_1"
    with pytest.raises(UnknownPartyError) as caught:
        await make_shares(body, ShareDetails(funder_id=world.kommun, via_id=10**9, amount_ore=Money(1)))
    assert caught.value.field == "via_1"
    assert await fetch_value("SELECT count(*) FROM share_plan") == 0


async def test_only_the_keeper_writes_and_only_what_its_kind_has(world: World) -> None:
    edition = await make_initiative(world.kommun, world.abf)
    body = await make_initiative(world.kommun, world.abf, kind=InitiativeKind.CO_FUNDED)
    region, auditor = await world.scope("region_officer"), await world.scope("auditor")
    with pytest.raises(OtherFunderError):
        await register_edition(region, edition, 2025, EditionDetails())
    with pytest.raises(ForbiddenError):
        await register_edition(auditor, edition, 2025, EditionDetails())
    with pytest.raises(OtherKindError):
        await make_edition(body)
    with pytest.raises(OtherKindError):
        await make_shares(edition, ShareDetails(partner="X", amount_ore=Money(1)))
    with pytest.raises(NotFoundError):
        await make_edition("S-9999")
    assert await fetch_value("SELECT count(*) FROM edition") == 0


async def test_particulars_change_but_not_the_kind_and_a_title_is_used_once(world: World) -> None:
    number = await make_initiative(world.kommun, world.abf, title="Poesi")
    details = InitiativeDetails(kind=InitiativeKind.EDITION, title="Lyrik", party_id=world.bilda, note="Bytt namn")
    await change_initiative(await world.scope("officer"), number, details)
    initiative = await get_initiative(CONSOLE, number)
    assert (initiative.title, initiative.party_id, initiative.note) == ("Lyrik", world.bilda, "Bytt namn")
    other = details.model_copy(update={"kind": InitiativeKind.CO_FUNDED})
    with pytest.raises(OtherKindError):
        await change_initiative(CONSOLE, number, other)
    with pytest.raises(ConflictError) as caught:
        await register_initiative(CONSOLE, world.region, details)
    assert (caught.value.code, caught.value.field) == ("initiative-exists", "title")


async def test_an_edition_is_registered_once_and_described_in_versions(world: World) -> None:
    number = await make_initiative(world.kommun, world.abf)
    await make_edition(number, theme="Sommar")
    with pytest.raises(ConflictError) as caught:
        await make_edition(number)
    assert caught.value.code == "edition-exists"
    with pytest.raises(RuleError):
        await make_edition(number, 25)
    with pytest.raises(NothingNewError):
        await describe_edition(CONSOLE, number, 2025, EditionDetails(theme="Sommar"))
    await describe_edition(CONSOLE, number, 2025, EditionDetails(theme="Höst", description="Om mörkret"))
    edition = await get_edition(CONSOLE, await get_initiative(CONSOLE, number), 2025)
    assert (edition.theme, edition.version, edition.description) == ("Höst", 2, "Om mörkret")
    assert await fetch_value("SELECT count(*) FROM edition_version") == 2


async def test_an_event_is_changed_and_cancelled_in_versions(world: World) -> None:
    number = await make_initiative(world.kommun, world.abf)
    await make_edition(number)
    event_id = await make_event(number, audience=None)
    held = EventDetails(title="Läsning på biblioteket", held_on=date(2025, 5, 10), place="Ludvika bibliotek")
    with pytest.raises(NothingNewError):
        await change_event(CONSOLE, number, 2025, event_id, held)
    await change_event(CONSOLE, number, 2025, event_id, held.model_copy(update={"audience": 40}))
    cancelled = held.model_copy(update={"cancelled": True, "reason": "Sjukdom"})
    await change_event(CONSOLE, number, 2025, event_id, cancelled)
    edition = await get_edition(CONSOLE, await get_initiative(CONSOLE, number), 2025)
    assert [(event.version, event.cancelled, event.reason) for event in edition.events] == [(3, True, "Sjukdom")]
    assert (edition.held, edition.audience) == ((), 0)
    with pytest.raises(RefusedEventError):
        await change_event(CONSOLE, number, 2025, event_id, cancelled.model_copy(update={"reason": ""}))
    with pytest.raises(NotFoundError):
        await change_event(CONSOLE, number, 2025, event_id + 1, held)


async def test_a_budget_is_a_version_as_a_whole(world: World) -> None:
    number = await make_initiative(world.kommun, world.abf)
    await make_edition(number)
    ours = BudgetLineDetails(kind=BudgetKind.FUNDER, funder_id=world.kommun, amount_ore=Money(500))
    fees = BudgetLineDetails(kind=BudgetKind.FEES, amount_ore=Money(400))
    assert await set_budget(CONSOLE, number, 2025, BudgetDetails(lines=(ours, fees))) == 1
    assert await set_budget(CONSOLE, number, 2025, BudgetDetails(lines=(ours,), reason="Mindre")) == 2
    edition = await get_edition(CONSOLE, await get_initiative(CONSOLE, number), 2025)
    assert edition.budget is not None
    assert (edition.budget.version, edition.budget.income_ore, edition.budget.cost_ore) == (2, 500, 0)
    stranger = ours.model_copy(update={"funder_id": world.abf})
    with pytest.raises(UnknownPartyError) as caught:
        await set_budget(CONSOLE, number, 2025, BudgetDetails(lines=(stranger,), reason="Fel"))
    assert caught.value.field == "kind_1"
    assert await fetch_value("SELECT count(*) FROM edition_budget") == 2


async def test_a_grant_and_an_engagement_belong_to_one_edition_at_most(world: World) -> None:
    first, second = [await make_initiative(world.kommun, world.abf, title=title) for title in ("En", "Två")]
    for number in (first, second):
        await make_edition(number)
    event_id = await make_event(first)
    grant = int((await make_grant(world.programme, world.abf))[2:])
    engagement = int((await make_engagement(await make_creator(), world.kommun))[2:])
    assert await link(CONSOLE, first, 2025, [grant], {engagement: None}) == 2
    assert await link(CONSOLE, first, 2025, [grant], {engagement: event_id}) == 1, "moved to an event"
    assert await link(CONSOLE, first, 2025, [grant], {engagement: event_id}) == 0
    edition = await get_edition(CONSOLE, await get_initiative(CONSOLE, first), 2025)
    assert [one.id for one in edition.grants] == [grant]
    assert [one.engagement.id for one in edition.at(event_id)] == [engagement]
    for grants, engagements in (([grant], {}), ([], {engagement: None})):
        with pytest.raises(RuleError):
            await link(CONSOLE, second, 2025, grants, engagements)
    with pytest.raises(RuleError) as caught:
        await link(CONSOLE, second, 2025, [], {engagement: event_id})
    assert caught.value.field == "engagements"
    assert await link(CONSOLE, first, 2025, [], {}) == 2
    assert await link(CONSOLE, second, 2025, [grant], {engagement: None}) == 2
    actions = [row["action"] for row in await fetch("SELECT action FROM trail_entry ORDER BY seq")]
    assert actions.count("initiatives:grant:unlink") == 1


async def test_links_are_saved_all_or_none(world: World) -> None:
    number = await make_initiative(world.kommun, world.abf)
    await make_edition(number)
    grant = int((await make_grant(world.programme, world.abf))[2:])
    with pytest.raises(RuleError):
        await link(CONSOLE, number, 2025, [grant], {10**9: None})
    with pytest.raises(RuleError):
        await link(CONSOLE, number, 2025, [grant, 10**9], {})
    assert await fetch_value("SELECT count(*) FROM edition_grant") == 0


async def test_suggestions_are_of_the_year_free_and_near(world: World) -> None:
    number = await make_initiative(world.kommun, world.bilda)
    await make_edition(number)
    initiative = await get_initiative(CONSOLE, number)
    poetry = await make_programme(world.region, kind=ProgrammeKind.INITIATIVE)
    of_kind = await make_grant(poetry, world.abf)
    to_society = await make_grant(world.programme, world.bilda)
    await make_grant(world.programme, world.abf)
    await make_grant(poetry, world.abf, decided_on=date(2024, 3, 1))
    creator = await make_creator()
    near = await make_engagement(creator, world.kommun, commissioner_id=world.bilda)
    on_grant = await make_engagement(creator, world.kommun, commissioner_id=world.abf, grant_id=int(to_society[2:]))
    await make_engagement(creator, world.kommun, commissioner_id=world.abf)
    await make_engagement(creator, world.kommun, event_date=date(2024, 5, 1), booked_on=date(2024, 1, 1))
    edition = await get_edition(CONSOLE, initiative, 2025)
    assert {one.number for one in await suggest_grants(CONSOLE, edition)} == {of_kind, to_society}
    assert {one.number for one in await suggest_engagements(CONSOLE, edition)} == {near}
    await link(CONSOLE, number, 2025, [int(to_society[2:])], {})
    edition = await get_edition(CONSOLE, initiative, 2025)
    assert {one.number for one in await suggest_grants(CONSOLE, edition)} == {of_kind}
    assert {one.number for one in await suggest_engagements(CONSOLE, edition)} == {near, on_grant}
