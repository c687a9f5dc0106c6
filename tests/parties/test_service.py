"""Parties by the service: registered once, changed from a day on, merged so that the successor sees what was."""

from datetime import date, timedelta

import pytest

from registry import trail
from registry.core.access import CONSOLE
from registry.core.errors import ConflictError, FieldError, ForbiddenError, NotFoundError
from registry.database import fetch, fetch_value
from registry.grants.queries import GrantFilter, list_grants
from registry.parties.accounts import AccountNeedsApprovalError
from registry.parties.queries import UnknownPartyError, find_party, get_party
from registry.parties.schemas import PartyDetails, PartyKind
from registry.parties.service import (
    EarlierVersionError,
    FunderMergeError,
    FutureMergeError,
    FutureVersionError,
    MergedPartyError,
    change_party,
    merge_parties,
    register_party,
)
from registry.web.sessions import find_by_session, open_session
from tests.conftest import SECRET
from tests.factories import World, make_grant, make_party, org_number


def details(number: str, name: str = "Nya föreningen", **values: object) -> PartyDetails:
    """A study association's particulars."""
    facts: dict[str, object] = {"org_number": number, "name": name, "kind": PartyKind.STUDY_ASSOCIATION, **values}
    return PartyDetails(**facts)  # type: ignore[arg-type]


async def test_a_number_is_registered_once_however_it_is_written(world: World) -> None:
    number = org_number(77_001)
    party_id = await register_party(CONSOLE, details(number))
    for written in (number, number.replace("-", ""), f"16{number}", f" {number} "):
        with pytest.raises(ConflictError) as refused:
            await register_party(CONSOLE, details(written))
        assert (refused.value.code, refused.value.field) == ("party-exists", "org_number")
    assert (await find_party(CONSOLE, number.replace("-", ""))).id == party_id


async def test_new_particulars_leave_the_old_ones_standing(world: World) -> None:
    number = org_number(77_002)
    party_id = await register_party(CONSOLE, details(number, bankgiro="5402-9681"), valid_from=date(2024, 1, 1))
    await change_party(CONSOLE, party_id, details(number, "Nytt namn"), valid_from=date(2025, 1, 1))
    rows = await fetch("SELECT valid_from, name, bankgiro FROM party_version WHERE party_id = $1 ORDER BY id", party_id)
    assert [tuple(row) for row in rows] == [
        (date(2024, 1, 1), "Nya föreningen", "5402-9681"), (date(2025, 1, 1), "Nytt namn", "5402-9681"),
    ]  # fmt: skip
    assert (await get_party(CONSOLE, party_id)).name == "Nytt namn"
    with pytest.raises(AccountNeedsApprovalError):
        await change_party(CONSOLE, party_id, details(number, bankgiro="297-3675"), valid_from=date(2025, 2, 1))
    with pytest.raises(EarlierVersionError):
        await change_party(CONSOLE, party_id, details(number), valid_from=date(2024, 12, 31))
    with pytest.raises(FutureVersionError):
        await change_party(CONSOLE, party_id, details(number), valid_from=trail.today() + timedelta(days=1))
    with pytest.raises(NotFoundError):
        await change_party(CONSOLE, 99_999, details(org_number(77_003)), valid_from=date(2025, 1, 1))


async def test_a_successor_sees_what_its_predecessor_was_granted(world: World) -> None:
    grant = await make_grant(world.programme, world.bilda)
    await merge_parties(CONSOLE, world.bilda, world.abf, merged_on=date(2026, 1, 1))
    visitor = await find_by_session(SECRET, await open_session(SECRET, world.abf_user, replaces=None))
    assert visitor is not None
    found = await list_grants(visitor.scope, GrantFilter())
    assert [one.number for one in found.items] == [grant]
    other = await find_by_session(SECRET, await open_session(SECRET, world.bilda_user, replaces=None))
    assert other is not None
    assert world.abf not in (other.scope.party_ids or ())


async def test_mergers_that_can_not_be_are_refused(world: World) -> None:
    third = await make_party("Tredje")
    with pytest.raises(FieldError):
        await merge_parties(CONSOLE, world.abf, world.abf, merged_on=date(2026, 1, 1))
    with pytest.raises(FieldError):
        await merge_parties(CONSOLE, world.abf, 99_999, merged_on=date(2026, 1, 1))
    with pytest.raises(FunderMergeError):
        await merge_parties(CONSOLE, world.kommun, world.region, merged_on=date(2026, 1, 1))
    with pytest.raises(FutureMergeError):
        await merge_parties(CONSOLE, world.abf, world.bilda, merged_on=trail.today() + timedelta(days=1))
    await merge_parties(CONSOLE, world.abf, world.bilda, merged_on=date(2026, 1, 1))
    for pair in ((world.abf, third), (world.bilda, world.abf), (third, world.abf)):
        with pytest.raises(MergedPartyError):
            await merge_parties(CONSOLE, *pair, merged_on=date(2026, 1, 1))
    with pytest.raises(MergedPartyError):
        await change_party(CONSOLE, world.abf, details(org_number(77_004)), valid_from=date(2026, 2, 1))


async def test_a_sole_traders_number_is_masked_and_finds_nothing_in_an_address(world: World) -> None:
    party_id = await make_party("Anna Personsson", kind=PartyKind.CREATOR, number="19121212-1212")
    party = await get_party(CONSOLE, party_id)
    assert party.personal
    assert "1212" not in party.org_number[-4:]
    with pytest.raises(UnknownPartyError) as refused:
        await find_party(CONSOLE, "121212-1212")
    assert "1212" not in str(refused.value.data)
    assert (await find_party(CONSOLE, f"P-{party_id}")).id == party_id
    assert (await find_party(CONSOLE, "121212-1212", personal=True)).id == party_id


async def test_only_officers_register_parties(world: World) -> None:
    for name in ("abf_user", "auditor", "admin"):
        with pytest.raises(ForbiddenError):
            await register_party(await world.scope(name), details(org_number(77_005)))
        with pytest.raises(ForbiddenError):
            await merge_parties(await world.scope(name), world.abf, world.bilda, merged_on=date(2026, 1, 1))
    assert await fetch_value("SELECT count(*) FROM party WHERE successor_id IS NOT NULL") == 0
