"""Hostile and malformed requests: refused with words, never a 5xx, and nothing is written."""

import base64
import json

import pytest

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.users.service import create_token
from tests.conftest import Client, Clients
from tests.factories import World, make_grant

PAYMENT = {"grant": "B-1", "amount": "100.00", "paid_on": "2025-04-01"}
DEEP = 100_000


@pytest.fixture
async def api(clients: Clients, world: World) -> Client:
    """An officer's client over the API, with a grant B-1 to pay on."""
    await make_grant(world.programme, world.abf, amount=100_000_00)
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    client.headers["idempotency-key"] = "key"
    return client


async def count() -> int:
    """How many payments there are."""
    return int(await fetch_value("SELECT count(*) FROM payment"))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b'{"a":' * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"grant":' + b"[" * DEEP + b"]" * DEEP + b"}",
        b"",
        b"null",
        b"true",
        b"[]",
        b"{",
        b'"B-1"',
        b"\x00",
        b"\xff\xfe{}",
        b'{"grant": "\\ud800"}',
        b"NaN",
        b'{"grant": 1e999}',
        b"9" * 5000,
    ],
    ids=range(16),
)
async def test_a_body_that_is_no_payment_is_a_400(api: Client, body: bytes) -> None:
    for path in ("/api/v1/payments", "/api/v1/grants", "/api/v1/payments/U-1/reversal"):
        answer = await api.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, answer.text[:200]
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["status"] == 400
    assert await count() == 0


WRONG: dict[str, tuple[object, ...]] = {
    "amount": (
        True, False, 1, 100, 1.5, -1, None, [], {}, "", "100", "1e3", "NaN", "Infinity", "1_000.00", "１２.00", "12,50",
        "-5.00", "0.00", "00.01", " 1.00", "1.00 ", "1.000", "9" * 30 + ".00", "1.00\x00", 2**63, 2**70, "+1.00",
    ),
    "paid_on": (
        True, 20250401, 1743465600, "2025-13-01", "2025-02-30", "2025-4-1", "20250401", "2025-04-01T00:00:00", "",
        "0000-01-01", "99999-01-01", "２０２５-04-01", "2025-04-01\x00", None,
    ),
    "grant": (1, True, None, "", "B-1\x00", "\x00", ["B-1"]),
    "instalment": (True, "1", 1.5, 2**63, 2**200, -1, 10**30),
    "voucher": (1, "\x00", "a\nb", "x" * 61, [], "\x7f"),
    "reference": (True, "\x00", "x" * 201),
    "unknown": (1,),
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG.items() for value in values], ids=repr
)
async def test_a_field_of_the_wrong_form_is_a_400_that_names_it(api: Client, field: str, value: object) -> None:
    answer = await api.post("/api/v1/payments", json={**PAYMENT, field: value})
    assert answer.status_code == 400, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert answer.json()["errors"][0]["message"]
    assert await count() == 0


async def test_a_grant_that_can_not_exist_is_a_404(api: Client) -> None:
    for number in (
        "B-99999999999999999999",
        "B-9223372036854775808",
        "B-0",
        "B--1",
        "B-１",
        "1",
        "x" * 30,
        "B-1 OR 1=1",
    ):
        answer = await api.post("/api/v1/payments", json={**PAYMENT, "grant": number})
        assert answer.status_code in (400, 404), number
    assert await count() == 0


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "text/json"]
)
async def test_a_body_that_is_not_json_is_a_415(api: Client, kind: str) -> None:
    answer = await api.post("/api/v1/payments", content=json.dumps(PAYMENT), headers={"content-type": kind})
    assert answer.status_code == 415
    assert await count() == 0


async def test_a_body_that_is_too_large_is_a_413(api: Client, clients: Clients, world: World) -> None:
    answer = await api.post("/api/v1/payments", json={**PAYMENT, "reference": "x" * 1_100_000})
    assert answer.status_code == 413
    officer = await clients.open(world.officer)
    answer = await officer.submit("/grants/new", purpose="x" * 1_100_000)
    assert answer.status_code == 413


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "åäö", "a b", "\x7f", "a\tb"])
async def test_a_payment_needs_a_key_of_its_own(api: Client, key: str) -> None:
    del api.headers["idempotency-key"]
    missing = await api.post("/api/v1/payments", json=PAYMENT)
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    answer = await api.post("/api/v1/payments", json=PAYMENT, headers={b"idempotency-key": key.encode()})
    assert answer.status_code == 400
    assert await count() == 0


QUERIES = [
    "limit=0",
    "limit=501",
    "limit=x",
    "limit=1.5",
    "limit=-1",
    "limit=99999999999999999999",
    "limit=%00",
    "cursor=x",
    "cursor=%00",
    "from=2025-02-30",
    "from=x",
    "from=%00",
    "to=0",
    "sort=x",
    "status=x",
    "funder=%00",
    "recipient=%00",
    "grant=%00",
    "year=99999999999999999999",
    "year=x",
]


@pytest.mark.parametrize("query", [*QUERIES, "cursor=" + "A" * 401])
async def test_a_parameter_of_the_wrong_form_is_a_400_or_a_404(api: Client, query: str) -> None:
    for path in ("/api/v1/payments", "/api/v1/grants", "/api/v1/audit", "/api/v1/summaries", "/api/v1/statements/2025"):
        answer = await api.get(f"{path}?{query}")
        assert answer.status_code < 500, f"{path}?{query}"
        if query.partition("=")[0] in ("limit", "cursor") and path in LISTS:
            assert answer.status_code in (400, 404), f"{path}?{query}"


LISTS = ("/api/v1/payments", "/api/v1/grants", "/api/v1/audit")


SIGNS = (
    "%00", "%FF%FE", "%F0%28%8C%28", "%0A", "'", "%27%20OR%201=1--", "{{7*7}}", "%3Cscript%3E", "%C3%28", "x" * 5000,
    "9" * 40, "-1", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd", "..%5c..%5c", "%E2%80%AE",
)  # fmt: skip
ADDRESSES = [
    "/grants/{}",
    "/payments/{}",
    "/parties/{}",
    "/programmes/{}",
    "/audit/{}",
    "/statements/{}",
    "/static/{}",
    "/static/fonts/{}",
    "/verify/{}",
    "/grants?q={}",
    "/grants?programme={}",
    "/payments?voucher={}",
    "/parties?q={}",
    "/payments?from={}",
    "/summaries?by={}",
    "/summaries?known_at={}",
    "/summaries/events?figure={}",
    "/summaries/events.csv?figure=repaid&recipient={}",
    "/audit?record={}",
    "/statements/2025?party={}",
    "/statements?year={}",
    "/payments?cursor={}",
    "/grants?page={}",
    "/payments?sort={}",
    "/grants?language={}",
    "/payments/new?grant={}",
    "/grants.csv?funder={}",
    "/summaries.xlsx?area={}",
    "/audit/sample?seed={}&size={}",
]
FIELDS = [
    "programme",
    "recipient",
    "via",
    "dnr",
    "decided_on",
    "decider",
    "amount",
    "period_from",
    "period_to",
    "purpose",
    "instalments",
    "grant",
    "paid_on",
    "voucher",
    "reference",
    "instalment",
    "reason",
    "reversed_on",
    "kind",
    "key",
    "org_number",
    "name",
    "municipality",
    "bankgiro",
    "year",
    "frame",
    "code",
    "title",
    "attest_from",
]


@pytest.mark.parametrize("sign", SIGNS, ids=range(len(SIGNS)))
async def test_no_sign_in_an_address_breaks_a_page(clients: Clients, world: World, sign: str) -> None:
    officer, auditor = await clients.open(world.officer), await clients.open(world.auditor)
    for path in ADDRESSES:
        for client in (officer, auditor):
            answer = await client.get(path.replace("{}", sign))
            assert answer.status_code < 500, path
            assert "<script>" not in answer.text.replace("<script>alert", "<script>")


@pytest.mark.parametrize(
    "sign", ["\x00", "\x00\x00B-1", "\ud7ff", "\u202e", "9" * 400, "-1", "NaN", "1e400", "２", "<b>", "'", "=1+1"]
)
async def test_no_sign_in_a_form_breaks_it(clients: Clients, world: World, sign: str) -> None:
    grant = await make_grant(world.programme, world.abf)
    officer = await clients.open(world.officer)
    for path in ("/grants/new", "/payments/new", f"/grants/{grant}/amend", f"/grants/{grant}/repay", "/parties/new",
                 "/programmes/new", f"/programmes/{world.programme}/frames", f"/funders/P-{world.kommun}",
                 f"/funders/P-{world.kommun}/close", f"/parties/P-{world.abf}/edit"):  # fmt: skip
        for filled in (dict.fromkeys(FIELDS, sign), {**dict.fromkeys(FIELDS, ""), "grant": grant, "amount": sign}):
            answer = await officer.submit(path, **filled)
            assert answer.status_code in (200, 303, 400, 403, 404, 409), f"{path}: {answer.status_code}"
            assert "<b>" not in answer.text


async def test_a_form_with_files_or_thousands_of_fields_is_refused(clients: Clients, world: World) -> None:
    officer = await clients.open(world.officer)
    answer = await officer.post("/logout", data={"csrf_token": officer.csrf}, files={"name": b"a file"})
    assert answer.status_code == 400
    many = {f"field{number}": "x" for number in range(2000)}
    answer = await officer.submit("/parties/new", **many)
    assert answer.status_code == 400


async def test_what_fails_inside_says_nothing_of_the_inside(
    clients: Clients, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown error is a 500 without its text, in pages and API alike."""

    async def fail(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("registry.grants.pages.list_grants", fail)
    monkeypatch.setattr("registry.grants.api.list_grants", fail)
    client = await clients.open(world.officer)
    for path in ("/grants", "/api/v1/grants"):
        answer = await client.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text


def cursor(text: str) -> str:
    """A cursor as the list of payments gives them, with content of one's own."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


ENDLESS_DAY = cursor('["next", "paid_on", "2025-01-01", 1e999]')
ENDLESS_AMOUNT = cursor('["next", "amount", 1e999, 1]')


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/payments?cursor={ENDLESS_DAY}",
        f"/api/v1/payments?sort=-amount&cursor={ENDLESS_AMOUNT}",
        f"/payments?cursor={ENDLESS_DAY}",
        f"/audit/sample?seed=x&size=5&year=000000002025{'9' * 30}",
        f"/audit/sample?seed=x&size=5&year={'9' * 5000}",
    ],
)
async def test_a_number_that_is_no_number_is_refused(api: Client, path: str) -> None:
    assert (await api.get(path)).status_code in (400, 404)


@pytest.mark.parametrize("path", ["/payments.xlsx", "/grants.xlsx", "/grants.csv", "/parties.xlsx"])
async def test_a_file_keeps_only_the_filters_in_force(api: Client, path: str) -> None:
    """An address may hold anything, however long; the file and the trail don't."""
    answer = await api.get(f"{path}?{'a' * 20_000}={'b' * 20_000}")
    assert answer.status_code == 200
    body = await fetch_value("SELECT body FROM trail_entry ORDER BY seq DESC LIMIT 1")
    assert b"aaaa" not in body


@pytest.mark.parametrize("path", ["/payments.csv?recipient=", "/grants.csv?recipient=", "/parties.csv?q="])
@pytest.mark.parametrize("number", ["811218-9876", "19811218-9876", "8112189876", "198112189876"])
async def test_no_personal_number_gets_into_the_trail_by_a_search(api: Client, path: str, number: str) -> None:
    assert (await api.get(path + number)).status_code == 400
    assert await fetch_value("SELECT count(*) FROM trail_entry WHERE action LIKE '%:export'") == 0


async def test_a_funder_filter_tells_nothing_of_other_parties(clients: Clients, world: World) -> None:
    """Another association's number answers like one that nobody has."""
    client = await clients.open(world.abf_user)
    for path in ("/api/v1/payments", "/api/v1/grants"):
        assert (await client.get(f"{path}?funder=P-{world.kommun}")).status_code == 200
        other, missing = [await client.get(f"{path}?funder=P-{number}") for number in (world.bilda, 99_999)]
        assert other.status_code == missing.status_code == 404
        assert other.text.replace(f"P-{world.bilda}", "P-99999") == missing.text


async def test_an_impossible_user_is_not_found(clients: Clients, world: World) -> None:
    client = await clients.open(world.admin)
    for action in ("disable", "password", "token"):
        answer = await client.submit(f"/users/99999999999999999999/{action}", password="a long enough password")
        assert answer.status_code == 404
    answer = await client.submit("/users/new", email="a@example.se", name="x" * 201, role="auditor", language="xx")
    assert answer.status_code == 400
