"""Every route × every role × one's own, another's and a missing record, made from the route table."""

import asyncio
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

import httpx
import pypdf
import pytest
from litestar import Litestar

from registry.core.access import CONSOLE, PERMISSIONS, Permission, Role
from registry.core.money import Money
from registry.database import execute, fetch, fetch_value
from registry.documents import rendering
from registry.grants.schemas import ReportKind
from registry.initiatives.schemas import InitiativeKind, ShareDetails
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.service import attest_payment, reverse_payment
from registry.reminders.service import make_feed
from registry.statements.batch_service import cancel_batch
from registry.statements.service import issue_statement
from registry.users.service import create_token
from tests.conftest import Clients
from tests.factories import (
    World,
    make_account_request,
    make_allocation,
    make_claim,
    make_demand,
    make_edition,
    make_engagement,
    make_event,
    make_grant,
    make_initiative,
    make_payment,
    make_report,
    make_rule,
    make_shares,
    make_user,
    scope_of,
)
from tests.snapshot import compare
from tests.statements.batches import begin
from tests.web.routes import Handler, handlers

REFUSALS = (401, 403, 404, 405)
NO_ONE = ("anonymous", "disabled", "expired")
PEOPLE: dict[str, Role | None] = {
    "anonymous": None,
    "disabled": None,
    "expired": None,
    "abf_user": Role.ASSOCIATION,
    "bilda_user": Role.ASSOCIATION,
    "officer": Role.OFFICER,
    "region_officer": Role.OFFICER,
    "auditor": Role.AUDITOR,
    "admin": Role.ADMIN,
}
EVENT: dict[str, object] = {"title": "X", "held_on": "2025-06-01", "place": "X"}
BODIES: dict[str, dict[str, object]] = {
    "/api/v1/grants/{number}/benefit": {"benefit": "Sex kvällar"},
    "/api/v1/payments/{number}/reversal": {"reason": "Fel", "reversed_on": "2025-06-01"},
    "/api/v1/activity/{number}/versions": {
        "study_hours": 1,
        "participant_hours": 8,
        "unique_participants": 3,
        "cultural_programmes": 0,
        "other_group_hours": 0,
        "source": "SCB",
        "reason": "Fel",
    },
    "/api/v1/funders/{number}/years/{year}/close": {"confirmed": True},
    "/api/v1/grants/{number}/stop": {"reason": "Fel"},
    "/api/v1/fees/engagements/{number}/correction": {"creator": "P-3", "event_date": "2025-05-01", "reason": "Fel"},
    "/api/v1/fees/engagements/{number}/cancellation": {"reason": "Fel"},
    "/api/v1/grants/{number}/release": {"reason": "Fel"},
    "/api/v1/grants/{number}/repayments": {"amount": "1.00", "repaid_on": "2025-06-01", "reason": "Fel"},
    "/api/v1/recoveries/{number}/closure": {"kind": "withdrawn", "reason": "Fel", "closed_on": "2026-02-01"},
    "/api/v1/parties/accounts/{number}/decision": {"outcome": "rejected", "reason": "Fel"},
    "/api/v1/allocations/{number}/discarding": {"reason": "Fel"},
    "/api/v1/allocations/{number}/decision": {"dnr": "KUN 2026/7", "decided_on": "2026-03-18", "decider": "Nämnden"},
    "/api/v1/reports/{number}/events": {"event": "received", "happened_on": "2025-06-01"},
    "/api/v1/initiatives/{number}/editions": {"year": 2030},
    "/api/v1/initiatives/{number}/{year}/shares": {"shares": [{"partner": "X", "amount": "1.00"}], "source": "X"},
    "/api/v1/initiatives/{number}/{year}/events": EVENT,
    "/api/v1/initiatives/{number}/{year}/events/{event_id}": EVENT,
    "/api/v1/initiatives/{number}/{year}/budget": {"lines": [{"kind": "fees", "amount": "1.00"}]},
    "/api/v1/initiatives/{number}/{year}/links": {"grants": [], "engagements": []},
}
"""Whole bodies of routes that would otherwise refuse the body before they look for the record."""

FORMS: dict[str, dict[str, str]] = {
    "/payments/{number}/reverse": {"reason": "Fel", "reversed_on": "2025-06-01"},
    "/users/{user_id}/password": {"password": "a long enough password"},
    "/payments/new": {"grant": "{grant}"},
}
"""Fields of forms that would otherwise be refused before the record is looked for; `{grant}` is one's own."""


@dataclass(frozen=True, slots=True)
class Records:
    """The same kind of record three times. `own` is ABF's and the kommun's, `other` Bilda's and the region's."""

    own: str
    other: str
    missing: str
    guarded: bool = True
    """Whether it belongs to somebody: an officer may not write another funder's."""
    secret: bool = True
    """Whether an association may not know of another's."""

    def of(self, person: str) -> "Records":
        """The same as this person sees it."""
        if person in ("bilda_user", "region_officer"):
            return Records(self.other, self.own, self.missing, self.guarded, self.secret)
        return self


@dataclass(frozen=True, slots=True)
class Facts:
    """A world with records of both funders and both associations."""

    world: World
    people: dict[str, int | None]
    tokens: dict[str, str]
    grants: Records
    payments: Records
    reports: Records
    claims: Records
    accounts: Records
    parties: Records
    funders: Records
    programmes: Records
    users: Records
    seqs: Records
    codes: Records
    batches: Records
    activity: Records
    rules: Records
    allocations: Records
    engagements: Records
    feeds: Records
    editions: Records
    events: Records
    bodies: Records


Find = Callable[[Facts], Records]
ASSETS = Records("registry.css", "registry.css", "nothing.css", guarded=False)
FONTS = Records("SourceSansPro-Regular.ttf", "SourceSansPro-Regular.ttf", "SourceSansPro-No.ttf", guarded=False)
AGREEMENTS = Records("A-1", "A-1", "A-99999", guarded=False)
"""Every registry has one from the start, which all who read everything may see."""
SCHEDULES = Records("T-1", "T-2", "T-99999", guarded=False)
"""The published ones: every registry has them from the start."""
TABLE: dict[str, Find] = {
    "/agreements/{number}": lambda _facts: AGREEMENTS,
    "/api/v1/agreements/{number}": lambda _facts: AGREEMENTS,
    "/grants/{number}": lambda facts: facts.grants,
    "/payments/{number}": lambda facts: facts.payments,
    "/reports/{number}": lambda facts: facts.reports,
    "/recoveries/{number}": lambda facts: facts.claims,
    "/api/v1/recoveries/{number}": lambda facts: facts.claims,
    "/parties/accounts/{request_number}": lambda facts: facts.accounts,
    "/api/v1/parties/accounts/{number}": lambda facts: facts.accounts,
    "/parties/{number}": lambda facts: facts.parties,
    "/activity/{number}": lambda facts: facts.activity,
    "/fees/engagements/{number}": lambda facts: facts.engagements,
    "/fees/schedules/{number}": lambda _facts: SCHEDULES,
    "/api/v1/fees/engagements/{number}": lambda facts: facts.engagements,
    "/api/v1/fees/schedules/{number}": lambda _facts: SCHEDULES,
    "/api/v1/activity/{number}": lambda facts: facts.activity,
    "/allocations/rules/{number}": lambda facts: facts.rules,
    "/api/v1/allocations/rules/{number}": lambda facts: facts.rules,
    "/allocations/{number}": lambda facts: facts.allocations,
    "/api/v1/allocations/{number}": lambda facts: facts.allocations,
    "/programmes/{programme_id}": lambda facts: facts.programmes,
    "/funders/{number}": lambda facts: facts.funders,
    "/api/v1/funders/{number}": lambda facts: facts.funders,
    "/users/{user_id}": lambda facts: facts.users,
    "/audit/{seq}": lambda facts: facts.seqs,
    "/statements/{document}": lambda facts: facts.parties,
    "/api/v1/statements/{year}": lambda facts: facts.parties,
    "/api/v1/statements/{year}.pdf": lambda facts: facts.parties,
    "/statements/batches/{number}": lambda facts: facts.batches,
    "/api/v1/statements/batches/{number}": lambda facts: facts.batches,
    "/verify/{code}": lambda facts: facts.codes,
    "/reminders/{feed}": lambda facts: facts.feeds,
    "/static/{name}": lambda _facts: ASSETS,
    "/static/fonts/{name}": lambda _facts: FONTS,
    "/api/v1/grants/{number}": lambda facts: facts.grants,
    "/api/v1/payments/{number}": lambda facts: facts.payments,
    "/api/v1/reports/{number}": lambda facts: facts.reports,
    "/api/v1/audit/{seq}": lambda facts: facts.seqs,
    "/initiatives/{number}/{year}/events/{event_id}": lambda facts: facts.events,
    "/api/v1/initiatives/{number}/{year}/events/{event_id}": lambda facts: facts.events,
    "/initiatives/{number}/{year}/shares": lambda facts: facts.bodies,
    "/api/v1/initiatives/{number}/{year}/shares": lambda facts: facts.bodies,
    "/initiatives/{number}": lambda facts: facts.editions,
    "/api/v1/initiatives/{number}": lambda facts: facts.editions,
}
"""The start of an address → the records that it names; the first that fits. A route that isn't here fails the test."""

ADDRESSES = {
    "/agreements/{number}/areas/{code}": "/agreements/{record}/areas/youth",
    "/statements/{document}": "/statements/2025?party={record}",
    "/api/v1/statements/{year}": "/api/v1/statements/2025?party={record}",
    "/api/v1/statements/{year}.pdf": "/api/v1/statements/2025.pdf?party={record}",
    "/api/v1/allocations/simulate": "/api/v1/allocations/simulate?rule=FR-1&year=2026&frame=100.00",
    "/allocations/simulate.csv": "/allocations/simulate.csv?rule=FR-1&year=2026&frame=100",
    "/allocations/simulate.xlsx": "/allocations/simulate.xlsx?rule=FR-1&year=2026&frame=100",
    "/allocations/simulate.json": "/allocations/simulate.json?rule=FR-1&year=2026&frame=100",
    "/audit/sample.csv": "/audit/sample.csv?seed=1&size=5",
    "/funders/{number}/years/{year}": "/funders/{record}/years/2025",
    "/funders/{number}/years/{year}/figures.csv": "/funders/{record}/years/2025/figures.csv",
    "/funders/{number}/years/{year}/figures.xlsx": "/funders/{record}/years/2025/figures.xlsx",
    "/funders/{number}/years/{year}/close": "/funders/{record}/years/2025/close",
    "/api/v1/funders/{number}/years/{year}": "/api/v1/funders/{record}/years/2025",
    "/api/v1/funders/{number}/years/{year}/close": "/api/v1/funders/{record}/years/2025/close",
    "/initiatives/{number}/{year}/events/{event_id}": "/initiatives/{record}",
    "/api/v1/initiatives/{number}/{year}/events/{event_id}": "/api/v1/initiatives/{record}",
}
"""Addresses whose record stands in the query, or that need one."""


def find_records(facts: Facts, handler: Handler) -> Records | None:
    """The records of an address that names one."""
    if "{" not in handler.path:
        return None
    start = next((start for start in TABLE if (handler.path + "/").startswith(start + "/")), None)
    assert start is not None, f"{handler.path} has no records in the table of tests/web/test_access.py"
    return TABLE[start](facts)


def address(handler: Handler, record: str) -> str:
    """The address with a record's name in its place."""
    if handler.path in ADDRESSES:
        return ADDRESSES[handler.path].replace("{record}", record)
    return re.sub(r"\{\w+\}", record, handler.path.replace("{number}/{year}", "{number}/2025"))


async def make_facts(world: World) -> Facts:
    """Both associations and both funders have a grant, payments, a reversal and a repayment, all with marked texts."""
    expired = await make_user(Role.OFFICER, funder_id=world.kommun)
    disabled = await make_user(Role.OFFICER, funder_id=world.kommun)
    people = {name: getattr(world, name, None) for name in PEOPLE} | {"expired": expired, "disabled": disabled}
    tokens = {}
    for name, user_id in people.items():
        if user_id is not None:
            email = await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id)
            tokens[name] = await create_token(CONSOLE, email)
    await execute("UPDATE app_user SET expires_on = '2020-01-01' WHERE id = $1", expired)
    await execute("UPDATE app_user SET disabled = true WHERE id = $1", disabled)
    mine = await make_grant(world.programme, world.abf, dnr="ABFMARK 2025/1")
    others = await make_grant(world.region_programme, world.bilda, dnr="BILDAMARK 2025/1")
    officer, region_officer = await world.scope("officer"), await world.scope("region_officer")
    payments = [
        await make_payment(grant, scope=scope, voucher=f"{mark}-{number}", amount=(number + 1) * 100_00)
        for grant, scope, mark in ((mine, officer, "ABFMARK"), (others, region_officer, "BILDAMARK"))
        for number in range(2)
    ]
    for grant, mark in ((mine, "ABFMARK"), (others, "BILDAMARK")):
        number = await make_payment(grant, amount=7_77)
        await reverse_payment(CONSOLE, number, reason=f"{mark} reversed", reversed_on=date(2025, 5, 1))
        await make_payment(grant, amount=50_00, voucher=f"{mark}-booked")
        repaid = RepaymentDetails(Money(1_00), date(2025, 6, 1), f"{mark} repaid")
        if await fetch_value("SELECT paid_ore FROM grant_balance WHERE grant_id = $1", int(grant[2:])):
            await register_repayment(CONSOLE, grant, repaid, key=mark)
    reports = [
        await make_report(party_id, municipality=municipality, study_hours=hours, source=f"{mark} source")
        for party_id, municipality, hours, mark in (
            (world.abf, "Ludvika", 1_000, "ABFMARK"),
            (world.bilda, "Falun", 5_000, "BILDAMARK"),
        )
    ]
    for payment in (payments[1], payments[3]):
        await attest_payment(CONSOLE, payment)
    demands = [
        await make_demand(grant, title=f"{mark} report", kind=ReportKind.OTHER)
        for grant, mark in ((mine, "ABFMARK"), (others, "BILDAMARK"))
    ]
    claims = [
        await make_claim(grant, amount=1_00, reason=f"{mark} claim")
        for grant, mark in ((mine, "ABFMARK"), (others, "BILDAMARK"))
    ]
    accounts = [
        await make_account_request(party_id, scope=officer, reason=f"{mark} request")
        for party_id, mark in ((world.abf, "ABFMARK"), (world.bilda, "BILDAMARK"))
    ]
    engagements = [
        await make_engagement(party_id, funder_id, title=f"{mark} engagement")
        for party_id, funder_id, mark in (
            (world.abf, world.kommun, "ABFMARK"),
            (world.bilda, world.region, "BILDAMARK"),
        )
    ]
    feed = f"{await make_feed(await scope_of(await make_user(Role.AUDITOR)))}.ics"
    editions, bodies, events = [], [], []
    for funder_id, party_id, mark in ((world.kommun, world.abf, "ABFMARK"), (world.region, world.bilda, "BILDAMARK")):
        edition = await make_initiative(funder_id, party_id, title=f"{mark} edition")
        await make_edition(edition, theme=f"{mark} theme")
        event_id = await make_event(edition, f"{mark} event", audience=1)
        body = await make_initiative(funder_id, party_id, kind=InitiativeKind.CO_FUNDED, title=f"{mark} body")
        await make_shares(body, ShareDetails(funder_id=funder_id, amount_ore=Money(1_00)))
        editions.append(edition)
        bodies.append(body)
        events.append(f"{edition}/2025/events/{event_id}")
    rules = [
        await make_rule(f"Regel {hours}", scope=scope, thresholds={"hours": hours})
        for scope, hours in ((officer, 1_000), (region_officer, 5_000))
    ]
    allocations = [
        await make_allocation(code, rule=f"{rule}.1", dnr=f"{mark} 2026/1")
        for code, rule, mark in (("LK-STUD", rules[0], "ABFMARK"), ("RD-STUD", rules[1], "BILDAMARK"))
    ]
    issued = await issue_statement(CONSOLE, world.abf, 2025, "sv", base_url="http://testserver")
    code = issued.issue.code
    batch = str((await cancel_batch(CONSOLE, (await begin()).id)).id)
    return Facts(
        world=world,
        people=people,
        tokens=tokens,
        grants=Records(mine, others, "B-99999"),
        payments=Records(payments[0], payments[2], "U-99999"),
        reports=Records(demands[0], demands[1], "D-99999"),
        claims=Records(claims[0], claims[1], "K-99999"),
        accounts=Records(accounts[0], accounts[1], "C-99999", guarded=False),
        parties=Records(f"P-{world.abf}", f"P-{world.bilda}", "P-99999", guarded=False),
        funders=Records(f"P-{world.kommun}", f"P-{world.region}", "P-99999"),
        programmes=Records(str(world.programme), str(world.region_programme), "99999"),
        users=Records(str(world.colleague), str(world.region_officer), "99999", guarded=False),
        engagements=Records(engagements[0], engagements[1], "E-99999"),
        seqs=Records("1", "2", "99999", guarded=False),
        activity=Records(reports[0], reports[1], "V-99999", guarded=False),
        feeds=Records(feed, feed, "x.ics", guarded=False),
        editions=Records(editions[0], editions[1], "S-99999"),
        events=Records(events[0], events[1], "S-99999/2025/events/1"),
        bodies=Records(bodies[0], bodies[1], "S-99999"),
        rules=Records(rules[0], rules[1], "FR-99999", secret=False),
        allocations=Records(allocations[0], allocations[1], "F-99999"),
        codes=Records(code, code, "0000-0000-0000-0000", guarded=False),
        batches=Records(batch, batch, "99999", guarded=False),
    )


class StubPool:
    """Sets no type: what a statement looks like is tested elsewhere."""

    async def render(self, *_work: object, **_limits: object) -> bytes:
        """As `RenderPool.render`."""
        return b"%PDF-1.7"


@pytest.fixture
async def facts(world: World, monkeypatch: pytest.MonkeyPatch) -> Facts:
    monkeypatch.setattr(rendering, "pool", StubPool)
    return await make_facts(world)


@dataclass
class Asker:
    """Asks as one person, each time with a fresh session, so that a log-out harms no later question."""

    clients: Clients
    facts: Facts
    person: str

    async def ask(self, handler: Handler, record: str = "") -> tuple[httpx.Response, str]:
        """The answer, and its text without what differs between any two answers."""
        client = await self.clients.open(self.facts.people[self.person])
        path = address(handler, record)
        async with client:
            if handler.is_api:
                client.cookies.clear()
                token = self.facts.tokens.get(self.person)
                headers = {"idempotency-key": path} | ({"authorization": f"Bearer {token}"} if token else {})
                body = BODIES.get(handler.path, {}) if handler.method != "GET" else None
                answer = await client.request(handler.method, path, headers=headers, json=body)
            elif handler.method == "GET":
                answer = await client.get(path)
            else:
                grant = self.facts.grants.of(self.person).own
                fields = {name: value.format(grant=grant) for name, value in FORMS.get(handler.path, {}).items()}
                answer = await client.submit(path, **fields)
        return answer, plain(answer.text, path, record, client.csrf)


def plain(text: str, path: str, record: str, csrf: str) -> str:
    """An answer without what was typed into the address, and without the session's token."""
    for mark in filter(None, (csrf, path, quote(path, safe=""))):
        text = text.replace(mark, "TYPED")
    return re.sub(rf"(?<![\w-]){re.escape(record)}(?![\w-])", "TYPED", text) if "-" in record else text


async def head_seq() -> int:
    """Where the chain stands."""
    return int(await fetch_value("SELECT seq FROM chain_head"))


def judge(handler: Handler, person: str, which: str, records: Records | None, status: int) -> str:  # noqa: PLR0911
    """What should have come instead, or nothing when the answer is right."""
    role = PEOPLE[person]
    if handler.permission is Permission.PUBLIC:
        if which == "missing":
            return "" if status == 404 else "404"
        return "" if status not in (*REFUSALS, 500) or handler.path == "/login" else "an answer"
    if role is None:
        page = handler.method == "GET" and not handler.is_api
        return "" if status == (303 if page else 401) else "log in first"
    if handler.permission not in PERMISSIONS[role]:
        return "" if status == 403 else "403"
    if which == "missing":
        return "" if status == 404 else "404"
    secret = records is not None and records.secret
    if which == "other" and role is Role.ASSOCIATION and secret:
        return "" if status == 404 else "404, as for a missing one"
    writes = handler.method != "GET"
    if which == "other" and role is Role.OFFICER and records is not None and records.guarded and writes:
        return "" if status in (403, 404) else "403: another funder's"
    if not writes and which == "other" and role is Role.OFFICER:
        return "" if status in (200, 403) else "200 or 403"
    if not writes:
        return "" if status in (200, 303) else "200"
    return "" if status in (200, 201, 303, 400, 409) else "an answer to the form"


@pytest.mark.parametrize("person", PEOPLE)
async def test_every_route_answers_each_role_as_its_permission_says(
    clients: Clients, facts: Facts, app: Litestar, person: str
) -> None:
    """Nothing that is refused writes anything, and another's record can't be told from a missing one."""
    asker, wrong = Asker(clients, facts, person), []
    for handler in handlers(app):
        if not handler.is_ours:
            continue
        found = find_records(facts, handler)
        records = found.of(person) if found else None
        asked = {"missing": records.missing, "other": records.other, "own": records.own} if records else {"own": ""}
        bodies = {}
        for which, record in asked.items():
            before = await head_seq()
            answer, bodies[which] = await asker.ask(handler, record)
            name = f"{person}: {handler.method} {handler.path} ({which}): {answer.status_code}"
            problem = judge(handler, person, which, records, answer.status_code)
            if problem:
                wrong.append(f"{name} instead of {problem}")
            if answer.status_code in REFUSALS and await head_seq() != before:
                wrong.append(f"{name}, and yet something was written")
        alike = PEOPLE[person] in (Role.ASSOCIATION, None) and handler.permission is not Permission.PUBLIC
        if alike and records and records.secret and bodies["other"] != bodies["missing"]:
            wrong.append(f"{person}: {handler.method} {handler.path}: another's record differs from a missing one")
    assert not wrong, "\n".join(wrong)


def texts_of(answer: httpx.Response) -> str:
    """All that an answer says: the members of a workbook, the text of a PDF, or its own text."""
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    if answer.content.startswith(b"%PDF"):
        return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    return answer.text


async def test_an_association_reads_nothing_of_another_by_any_route(
    clients: Clients, world: World, app: Litestar
) -> None:
    """Lists, files and the API, with and without filters that name the other: no mark of the other in any of them."""
    facts = await make_facts(world)
    bilda = await fetch_value("SELECT org_number FROM party WHERE id = $1", facts.world.bilda)
    marks = ("BILDAMARK", "Bilda Dalarna", bilda, bilda.replace("-", ""))
    filters = ("", f"recipient={bilda}", f"recipient=P-{facts.world.bilda}", f"grant={facts.grants.other}",
               "q=BILDAMARK", "voucher=BILDAMARK-0", f"party=P-{facts.world.bilda}")  # fmt: skip
    found, own = [], set()
    for handler in handlers(app):
        if handler.method != "GET" or not handler.is_ours or handler.permission is Permission.PUBLIC:
            continue
        records = find_records(facts, handler)
        path = address(handler, records.own if records else "")
        for query in filters:
            async with await clients.open(facts.world.abf_user) as client:
                headers = {"authorization": f"Bearer {facts.tokens['abf_user']}"} if handler.is_api else {}
                answer = await client.get(f"{path}{'&' if '?' in path else '?'}{query}", headers=headers)
                typed = query.partition("=")[2]
                text = texts_of(answer).replace(typed, "") if typed else texts_of(answer)
                found += [f"{path}?{query}: {mark}" for mark in marks if mark in text]
                own |= {path} if "ABFMARK" in text and not query else set()
    await asyncio.to_thread(rendering.stop)
    assert not found, "\n".join(found)
    expected = {"/grants", "/payments", "/grants.csv", "/payments.xlsx", "/api/v1/grants", "/api/v1/payments"}
    assert expected <= own, "the test must see what it looks for where it may be seen"


async def test_reading_writes_nothing_but_the_entry_of_an_export(clients: Clients, facts: Facts, app: Litestar) -> None:
    before = await head_seq()
    for handler in handlers(app):
        if handler.method == "GET" and handler.is_ours:
            records = find_records(facts, handler)
            await Asker(clients, facts, "auditor").ask(handler, records.own if records else "")
    actions = {row["action"] for row in await fetch("SELECT action FROM trail_entry WHERE seq > $1", before)}
    assert {action.split(":")[-1] for action in actions} <= {"export", "issue", "view"}, actions


async def test_head_and_options_give_nothing_away(clients: Clients, facts: Facts, app: Litestar) -> None:
    """HEAD answers no more than GET would, and OPTIONS names methods and no more, for any record."""
    nobody = await clients.open()
    for handler in handlers(app):
        if handler.permission is Permission.PUBLIC:
            continue
        records = find_records(facts, handler) if handler.is_ours else None
        for record in (records.own, records.missing) if records else ("x",):
            path = address(handler, record)
            head = await nobody.head(path)
            assert head.status_code in (303, *REFUSALS), path
            assert head.content == b""
            options = await nobody.options(path)
            assert (options.status_code, options.content) == (204, b""), path
            assert handler.method in options.headers["allow"]


async def test_what_litestar_adds_of_its_own_is_closed_to_everyone(
    clients: Clients, world: World, app: Litestar
) -> None:
    for handler in handlers(app):
        if handler.is_ours:
            continue
        for user_id in (None, world.admin, world.officer):
            client = await clients.open(user_id)
            answer = await client.request(handler.method, address(handler, "x"))
            assert answer.status_code in (401, 403), f"{handler.method} {handler.path}"


async def test_who_may_use_each_route_is_as_it_was(app: Litestar) -> None:
    """A new route, or a route opened to another role, shows in the snapshot."""
    lines = [
        f"{handler.method:<6} {handler.path:<42} {handler.permission or '-':<22} {' '.join(handler.roles)}"
        for handler in handlers(app)
        if handler.is_ours
    ]
    compare("routes.txt", "\n".join(lines) + "\n")
