"""Another payout account: asked for by one officer, approved by another, and never by a file or the console alone."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from registry import trail
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import ForbiddenError, InvalidInputError
from registry.database import fetch, fetch_value
from registry.imports import Imported, import_file
from registry.parties.account_queries import (
    RequestFilter,
    UnknownRequestError,
    find_pending,
    get_request,
    list_requests,
)
from registry.parties.accounts import (
    AlreadyDecidedError,
    MergedRequestError,
    NotYoursError,
    OperatorApprovesError,
    OwnRequestError,
    RequestWaitsError,
    decide_account,
)
from registry.parties.commands import FILE
from registry.parties.queries import list_versions
from registry.parties.schemas import AccountStatus, PartyDetails, PartyKind
from registry.parties.service import change_party, merge_parties
from registry.users.service import create_token
from tests.browsing import browser, csv_rows, held, shown, wrong_fields
from tests.conftest import Client, Clients
from tests.factories import World, make_account_request, make_grant, make_party
from tests.importing import csv_file, refused, run_command

APPROVED, REJECTED, WITHDRAWN = AccountStatus.APPROVED, AccountStatus.REJECTED, AccountStatus.WITHDRAWN
HEADER = "org_number;name;kind;bankgiro;plusgiro"


async def accounts(party_id: int) -> list[tuple[date, str]]:
    """Day and bankgiro of each version, the latest first."""
    return [(one.valid_from, one.bankgiro) for one in await list_versions(CONSOLE, party_id, whole=True)]


async def test_a_colleague_approves_and_the_account_applies(world: World) -> None:
    request = await make_account_request(world.abf, scope=await world.scope("officer"))
    assert (await accounts(world.abf))[0][1] == "5402-9681", "the old account until then"
    await decide_account(await world.scope("colleague"), request, APPROVED)
    assert await accounts(world.abf) == [(trail.today(), "297-3675"), (date(2020, 1, 1), "5402-9681")]
    asked = await get_request(CONSOLE, request)
    assert (asked.status, asked.old_bankgiro, asked.bankgiro) == (APPROVED, "5402-9681", "297-3675")
    with pytest.raises(AlreadyDecidedError):
        await decide_account(await world.scope("colleague"), request, REJECTED, reason="Ångrar mig")
    assert (await verify(CONSOLE)).first_bad is None


async def test_the_one_who_asked_does_not_approve(world: World) -> None:
    officer = await world.scope("officer")
    request = await make_account_request(world.abf, scope=officer)
    for outcome in (APPROVED, REJECTED):
        with pytest.raises(OwnRequestError):
            await decide_account(officer, request, outcome, reason="Själv")
    with pytest.raises(OperatorApprovesError):
        await decide_account(CONSOLE, request, APPROVED)
    for name in ("auditor", "abf_user", "admin"):
        with pytest.raises(ForbiddenError):
            await decide_account(await world.scope(name), request, APPROVED)
        with pytest.raises(ForbiddenError):
            await make_account_request(world.bilda, scope=await world.scope(name))
    with pytest.raises(NotYoursError):
        await decide_account(await world.scope("colleague"), request, WITHDRAWN, reason="Inte min")
    await decide_account(officer, request, WITHDRAWN, reason="Fel nummer")
    assert await accounts(world.abf) == [(date(2020, 1, 1), "5402-9681")]


async def test_what_is_rejected_changes_nothing_and_says_why(world: World) -> None:
    request = await make_account_request(world.abf, scope=await world.scope("officer"))
    region = await world.scope("region_officer")
    with pytest.raises(InvalidInputError):
        await make_account_request(world.bilda, bankgiro="5402-9682")
    with pytest.raises(RequestWaitsError):
        await make_account_request(world.abf, bankgiro="902-0033")
    await decide_account(region, request, REJECTED, reason="Föreningen känner inte till det")
    asked = await get_request(CONSOLE, request)
    assert (asked.status, asked.decision_reason) == (REJECTED, "Föreningen känner inte till det")
    assert len(await accounts(world.abf)) == 1
    await make_account_request(world.abf, bankgiro="902-0033")


async def test_what_can_not_be_asked_for(world: World) -> None:
    yesterday, far = trail.today() - timedelta(days=1), trail.today() + timedelta(days=400)
    for values, field in (
        ({"bankgiro": "5402-9681"}, "bankgiro"), ({"valid_from": yesterday}, "valid_from"),
        ({"valid_from": far}, "valid_from"),
        ({"reason": " "}, "reason"), ({"bankgiro": "1", "plusgiro": "1"}, "plusgiro"),
    ):  # fmt: skip
        with pytest.raises(InvalidInputError) as refusal:
            await make_account_request(world.abf, **values)
        assert field in {name for name, _error in refusal.value.errors}
    with pytest.raises(UnknownRequestError):
        await get_request(CONSOLE, "C-99")


async def test_a_later_day_waits_and_keeps_its_day_through_other_changes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = trail.today() + timedelta(days=20)
    request = await make_account_request(world.abf, valid_from=later, scope=await world.scope("officer"))
    await decide_account(await world.scope("colleague"), request, APPROVED)
    number = await fetch_value("SELECT org_number FROM party WHERE id = $1", world.abf)
    renamed = PartyDetails(org_number=number, name="ABF Nya", kind=PartyKind.STUDY_ASSOCIATION)
    await change_party(CONSOLE, world.abf, renamed, valid_from=trail.today())
    rows = await fetch(
        "SELECT valid_from, name, bankgiro FROM party_version WHERE party_id = $1 ORDER BY valid_from DESC, id DESC",
        world.abf,
    )
    assert [tuple(row) for row in rows] == [
        (later, "ABF Nya", "297-3675"), (later, "ABF Dalarna (test)", "297-3675"),
        (trail.today(), "ABF Nya", "5402-9681"), (date(2020, 1, 1), "ABF Dalarna (test)", "5402-9681"),
    ]  # fmt: skip
    assert (await verify(CONSOLE)).first_bad is None
    moment = datetime.combine(later + timedelta(days=1), datetime.min.time(), tzinfo=trail.now().tzinfo)
    monkeypatch.setattr(trail, "now", lambda: moment)
    await change_party(CONSOLE, world.abf, renamed.model_copy(update={"name": "ABF Nyast"}), valid_from=trail.today())
    assert (await accounts(world.abf))[0] == (trail.today(), "297-3675")


async def test_a_party_that_was_merged_gets_no_other_account(world: World) -> None:
    request = await make_account_request(world.abf, scope=await world.scope("officer"))
    await merge_parties(CONSOLE, world.abf, world.bilda, merged_on=date(2026, 1, 1))
    with pytest.raises(MergedRequestError):
        await decide_account(await world.scope("colleague"), request, APPROVED)
    await decide_account(await world.scope("colleague"), request, REJECTED, reason="Sammanslagen")
    with pytest.raises(MergedRequestError):
        await make_account_request(world.abf)


async def test_the_database_refuses_too(world: World, owner: asyncpg.Connection) -> None:
    request = int((await make_account_request(world.abf, scope=await world.scope("officer")))[2:])
    decide = (
        "INSERT INTO account_decision (request_id, outcome, recorded_at, recorded_by, seq)"
        " VALUES ($1, 'approved', now(), $2, 9999)"
    )
    for user_id in (world.officer, world.auditor, None):
        with pytest.raises(asyncpg.CheckViolationError) as alone:
            await owner.execute(decide, request, user_id)
        assert alone.value.constraint_name == "account_four_eyes"
    with pytest.raises(asyncpg.CheckViolationError) as unapproved:
        await owner.execute(
            "INSERT INTO party_version (id, party_id, valid_from, org_number, name, bankgiro, seq)"
            " SELECT 9999, id, $2, org_number, name, '297-3675', 9999 FROM party WHERE id = $1",
            world.abf,
            trail.today(),
        )
    assert unapproved.value.constraint_name == "account_is_approved"
    with pytest.raises(asyncpg.CheckViolationError) as twice:
        await owner.execute(
            "INSERT INTO account_request (id, party_id, valid_from, reason, source, recorded_at, seq)"
            " VALUES (9999, $1, $2, 'x', 'form', now(), 9999)",
            world.abf,
            trail.today(),
        )
    assert twice.value.constraint_name == "account_request_once"


async def test_a_file_asks_and_a_colleague_approves(world: World, tmp_path: Path) -> None:
    number = await fetch_value("SELECT org_number FROM party WHERE id = $1", world.abf)
    row = f"{number};ABF Dalarna;study_association;297-3675;"
    path = csv_file(tmp_path / "p.csv", [HEADER, row])
    done: Imported = await import_file(await world.scope("officer"), FILE, path)
    assert (done.new, done.changed, done.unchanged, done.requested) == (0, 1, 0, 1)
    assert (await accounts(world.abf))[0][1] == "5402-9681"
    again: Imported = await import_file(CONSOLE, FILE, path)
    assert (again.changed, again.unchanged, again.requested) == (0, 1, 0)
    other = csv_file(tmp_path / "q.csv", [HEADER, row.replace("297-3675", "902-0033")])
    assert await refused(FILE, other) == [(2, "bankgiro")]
    [asked] = await find_pending(CONSOLE, [world.abf])
    assert (asked.evidence, asked.recorded_by_id) == ("p.csv:2", world.officer)
    with pytest.raises(OwnRequestError):
        await decide_account(await world.scope("officer"), asked.number, APPROVED)
    await decide_account(await world.scope("colleague"), asked.number, APPROVED)
    assert (await accounts(world.abf))[0][1] == "297-3675"
    empty = csv_file(tmp_path / "r.csv", [HEADER, f"{number};ABF Dalarna;study_association;;"])
    assert (await import_file(CONSOLE, FILE, empty)).requested == 0
    assert (await verify(CONSOLE)).first_bad is None


async def test_the_command_says_what_waits(connected: str, world: World, tmp_path: Path) -> None:
    number = await fetch_value("SELECT org_number FROM party WHERE id = $1", world.abf)
    path = csv_file(tmp_path / "p.csv", [HEADER, f"{number};ABF Dalarna (test);study_association;297-3675;"])
    done = await run_command(connected, "parties", "import", str(path))
    assert "1 change of payout account waits for an officer's approval." in done.out


async def test_a_persons_account_is_a_digest_in_the_trail(world: World) -> None:
    person = await make_party("Åsa Konstnär", kind=PartyKind.CREATOR, number="640823-3234", bankgiro="5402-9681")
    request = await make_account_request(person, scope=await world.scope("officer"))
    await decide_account(await world.scope("colleague"), request, APPROVED)
    bodies = [
        bytes(row["body"]).decode()
        for row in await fetch("SELECT body FROM trail_entry WHERE action LIKE 'parties:account%'")
    ]
    assert len(bodies) == 2
    assert not [body for body in bodies if "297-3675" in body]
    assert (await verify(CONSOLE)).first_bad is None


async def test_in_the_browser(clients: Clients, world: World) -> None:
    officer = await browser(clients, world.officer)
    path = f"/parties/P-{world.abf}/account"
    assert held(await officer.get(path), "bankgiro") == "5402-9681"
    fields = {"bankgiro": "5402-9682", "plusgiro": "", "valid_from": "i dag", "reason": "Ny bank", "evidence": "Dnr 7"}
    answer = await officer.submit(path, **fields)
    assert (answer.status_code, wrong_fields(answer)) == (400, {"valid_from"})
    fields["valid_from"] = trail.today().isoformat()
    answer = await officer.submit(path, **fields)
    assert (answer.status_code, wrong_fields(answer)) == (400, {"bankgiro"})
    assert (held(answer, "bankgiro"), held(answer, "evidence")) == ("5402-9682", "Dnr 7")
    answer = await officer.submit(path, **{**fields, "bankgiro": "297-3675"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/parties/accounts/C-1")
    own = shown(await officer.get("/parties/accounts/C-1"))
    assert "A colleague must decide this" in own
    assert "Your decision" not in own
    assert "A change of account waits for approval: C-1" in shown(await officer.get(f"/parties/P-{world.abf}"))
    grant = await make_grant(world.programme, world.abf)
    assert "pay ABF Dalarna (test) to the account before" in shown(await officer.get(f"/payments/new?grant={grant}"))
    colleague = await browser(clients, world.colleague)
    assert "1 request, 1 waits" in shown(await colleague.get("/parties/accounts"))
    answer = await colleague.submit("/parties/accounts/C-1/decide", outcome="rejected")
    assert (answer.status_code, wrong_fields(answer)) == (409, {"reason"})
    answer = await officer.submit("/parties/accounts/C-1/decide", outcome="approved")
    assert answer.status_code == 409
    assert (await colleague.submit("/parties/accounts/C-1/decide", outcome="approved")).status_code == 303
    assert "297-3675" in shown(await officer.get(f"/parties/P-{world.abf}"))
    [row] = csv_rows((await officer.get("/parties/accounts.csv")).content)
    assert (row["request"], row["old_bankgiro"], row["bankgiro"]) == ("C-1", "5402-9681", "297-3675")
    auditor = await browser(clients, world.auditor)
    assert "297-3675" not in (await auditor.get("/parties/accounts/C-1")).text
    assert "297-3675" not in (await auditor.get("/parties/accounts.csv")).text


async def test_the_list_is_filtered_and_sorted_and_so_is_its_file(clients: Clients, world: World) -> None:
    officer = await world.scope("officer")
    asked = [await make_account_request(party, scope=officer) for party in (world.bilda, world.abf)]
    await decide_account(await world.scope("colleague"), asked[1], AccountStatus.REJECTED, reason="Fel")
    client = await browser(clients, world.officer)

    async def listed(query: str) -> list[str]:
        page = await client.get(f"/parties/accounts?{query}")
        there = re.findall(r'<th scope="row"[^>]*><a href="/parties/accounts/(C-[0-9]+)"', page.text)
        file = csv_rows((await client.get(f"/parties/accounts.csv?{query}")).content)
        assert [row["request"] for row in file] == there
        return there

    assert await listed("") == asked, "those that wait come first"
    assert await listed("sort=name") == asked[::-1]
    assert await listed("sort=-number") == asked[::-1]
    assert await listed("status=rejected") == asked[1:]
    assert await listed("q=bilda") == asked[:1]
    wrong = await client.get("/parties/accounts?status=x")
    assert wrong.status_code == 400
    assert "The list can't be filtered like that" in shown(wrong)
    assert (await client.get("/parties/accounts.csv?status=x")).status_code == 400


async def api(clients: Clients, user_id: int) -> Client:
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    return client


async def test_over_the_api(clients: Clients, world: World) -> None:
    officer, colleague = await api(clients, world.officer), await api(clients, world.colleague)
    body = {
        "party": f"P-{world.abf}",
        "bankgiro": "297-3675",
        "valid_from": trail.today().isoformat(),
        "reason": "Ny bank",
    }
    made = await officer.post("/api/v1/parties/accounts", json=body)
    assert (made.status_code, made.json()["number"], made.json()["status"]) == (201, "C-1", "pending")
    waits = await officer.post("/api/v1/parties/accounts", json=body)
    assert (waits.status_code, waits.json()["code"]) == (409, "account-request-waits")
    pending = await colleague.post("/api/v1/parties/accounts/C-1/decision", json={"outcome": "pending"})
    assert (pending.status_code, pending.json()["errors"][0]["field"]) == (409, "outcome")
    own = await officer.post("/api/v1/parties/accounts/C-1/decision", json={"outcome": "approved"})
    assert (own.status_code, own.json()["code"]) == (409, "own-request")
    done = await colleague.post("/api/v1/parties/accounts/C-1/decision", json={"outcome": "approved"})
    assert done.json()["status"] == "approved"
    listed = (await colleague.get("/api/v1/parties/accounts", params={"status": "approved"})).json()
    assert [one["number"] for one in listed["items"]] == ["C-1"]


async def test_lists_by_status_and_name(world: World) -> None:
    first = await make_account_request(world.abf, scope=await world.scope("officer"))
    second = await make_account_request(world.bilda, scope=await world.scope("officer"))
    await decide_account(await world.scope("colleague"), second, REJECTED, reason="Fel")

    async def numbers(**wanted: object) -> list[str]:
        return [one.number for one in (await list_requests(CONSOLE, RequestFilter(**wanted))).items]  # type: ignore[arg-type]

    assert await numbers() == [first, second]
    assert await numbers(status=REJECTED) == [second]
    assert await numbers(search="bilda") == [second]
    assert await numbers(party_id=world.abf) == [first]
