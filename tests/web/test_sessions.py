"""Sessions: a new id at each log-in, two limits in time, hashes only, and forms that no other site can send."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar

from registry import trail
from registry.app import create_app
from registry.core.access import CONSOLE, Role
from registry.core.tokens import token_hash
from registry.database import execute, fetch, fetch_row, fetch_value
from registry.users.queries import MOST_PER_ACCOUNT
from registry.users.service import create_token, set_disabled, set_password
from registry.web.sessions import IDLE, LIFETIME, TOUCH, session_hash
from tests.conftest import SECRET, Client, Clients
from tests.factories import World, make_user

PASSWORD = "a password that is long enough"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, step: timedelta) -> None:
        """Let time pass."""
        self.at += step


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(trail, "now", clock)
    return clock


async def email_of(user_id: int) -> str:
    """A user's address."""
    return str(await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id))


async def log_in(client: Client, email: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
    """Send the log-in form; the cookie of the answer is kept."""
    return await client.submit("/login", email=email, password=password, **fields)


async def is_in(client: Client) -> bool:
    """Whether the browser is logged in."""
    return (await client.get("/grants")).status_code == 200


@pytest.fixture
async def person(world: World) -> str:
    """The address of an officer with a password."""
    await set_password(CONSOLE, world.officer, PASSWORD)
    return await email_of(world.officer)


async def test_log_in_gives_an_id_that_the_visitor_did_not_choose(clients: Clients, person: str) -> None:
    client = await clients.open()
    client.cookies.set("session", "chosen by somebody else", domain="testserver.local", path="/")
    answer = await client.post(
        "/login", data={"email": person, "password": PASSWORD}, headers={"cookie": "session=chosen-by-another"}
    )
    assert answer.status_code == 303
    given = re.search(r"session=([^;]+)", answer.headers["set-cookie"])
    assert given is not None
    assert given[1] != "chosen-by-another"
    assert len(given[1]) >= 43
    assert (
        await fetch_value(
            "SELECT count(*) FROM login_session WHERE id_hash = $1", session_hash(SECRET, "chosen-by-another")
        )
        == 0
    )


async def test_a_second_log_in_ends_the_session_that_the_browser_had(clients: Clients, person: str) -> None:
    client = await clients.open()
    await log_in(client, person)
    first = client.cookies["session"]
    token = re.search(r'name="csrf_token" value="(\w+)"', (await client.get("/payments/new")).text)
    assert token is not None
    client.csrf = token[1]
    await log_in(client, person)
    assert client.cookies["session"] != first
    thief = await clients.open()
    thief.cookies.set("session", first)
    assert not await is_in(thief)
    assert await is_in(client)


async def test_the_database_knows_no_session_id_token_or_password(clients: Clients, person: str, world: World) -> None:
    client = await clients.open()
    await log_in(client, person)
    session_id, token = client.cookies["session"], await create_token(CONSOLE, person)
    stored = await fetch("SELECT id_hash FROM login_session")
    assert [row["id_hash"] for row in stored] == [session_hash(SECRET, session_id)]
    row = await fetch_row("SELECT token_hash FROM api_token")
    assert row is not None
    assert row["token_hash"] == token_hash(token)
    row = await fetch_row("SELECT password_hash FROM app_user WHERE id = $1", world.officer)
    assert row is not None
    assert row["password_hash"].startswith("$argon2id$")
    bodies = b"".join(row["body"] for row in await fetch("SELECT body FROM trail_entry"))
    for secret in (session_id, token, PASSWORD, row["password_hash"], person):
        assert secret.encode() not in bodies, "the trail holds a secret or a person's address"


async def test_a_session_ends_after_half_an_hour_of_rest(clients: Clients, person: str, clock: Clock) -> None:
    client = await clients.open()
    await log_in(client, person)
    for _visit in range(4):
        clock.move(IDLE - TOUCH)
        assert await is_in(client)
    clock.move(IDLE + timedelta(seconds=1))
    assert not await is_in(client)


async def test_a_session_ends_after_twelve_hours_however_busy(clients: Clients, person: str, clock: Clock) -> None:
    client = await clients.open()
    await log_in(client, person)
    begun = clock.at
    while clock.at + timedelta(minutes=20) < begun + LIFETIME:
        clock.move(timedelta(minutes=20))
        assert await is_in(client)
    clock.at = begun + LIFETIME
    assert not await is_in(client)


async def test_who_is_shut_out_is_out_at_once(clients: Clients, person: str, world: World) -> None:
    token = await create_token(CONSOLE, person)
    client = await clients.open()
    await log_in(client, person)
    bearer = {"authorization": f"Bearer {token}"}
    assert (await client.get("/api/v1/grants", headers=bearer)).status_code == 200
    await set_disabled(CONSOLE, world.officer, disabled=True)
    assert not await is_in(client)
    assert (await client.get("/api/v1/grants", headers=bearer)).status_code == 401
    assert (await log_in(client, person)).status_code == 401
    await set_disabled(CONSOLE, world.officer, disabled=False)
    assert not await is_in(client), "the old session comes back"


async def test_a_new_password_ends_the_sessions(clients: Clients, person: str, world: World) -> None:
    client = await clients.open()
    await log_in(client, person)
    await set_password(CONSOLE, world.officer, "another long password")
    assert not await is_in(client)
    assert (await log_in(client, person)).status_code == 401
    assert (await log_in(client, person, "another long password")).status_code == 303


async def test_a_revoked_token_and_an_expired_user_are_nobody(clients: Clients, world: World) -> None:
    user_id = await make_user(Role.AUDITOR)
    bearer = {"authorization": f"Bearer {await create_token(CONSOLE, await email_of(user_id))}"}
    client = await clients.open()
    assert (await client.get("/api/v1/grants", headers=bearer)).status_code == 200
    await execute("UPDATE app_user SET expires_on = $2 WHERE id = $1", user_id, trail.today() - timedelta(days=1))
    assert (await client.get("/api/v1/grants", headers=bearer)).status_code == 401
    await execute("UPDATE app_user SET expires_on = $2 WHERE id = $1", user_id, trail.today())
    assert (await client.get("/api/v1/grants", headers=bearer)).status_code == 200
    await execute("UPDATE api_token SET revoked = true")
    assert (await client.get("/api/v1/grants", headers=bearer)).status_code == 401


async def test_log_out_ends_the_session_and_not_only_the_cookie(clients: Clients, world: World) -> None:
    client = await clients.open(world.officer)
    session_id = client.cookies["session"]
    assert (await client.submit("/logout")).status_code == 303
    assert await fetch_value("SELECT count(*) FROM login_session") == 0
    thief = await clients.open()
    thief.cookies.set("session", session_id)
    assert not await is_in(thief)


@pytest.mark.parametrize("secure", [False, True])
async def test_the_session_cookie_is_for_this_host_and_no_script(connected: str, person: str, *, secure: bool) -> None:
    base = "https://testserver" if secure else "http://testserver"
    app = create_app(connected, secret=SECRET, base_url=base)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=cast("Any", app)), base_url=base) as client:
        answer = await client.post("/login", data={"email": person, "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        name, _, rest = cookie.partition("=")
        parts = {part.strip().lower() for part in rest.split(";")[1:]}
        assert name == ("__Host-session" if secure else "session")
        assert {"httponly", "path=/", "samesite=lax"} <= parts
        assert ("secure" in parts) is secure
        assert not any(part.startswith("domain") for part in parts), "a __Host- cookie names no domain"
        assert (await client.get("/grants")).status_code == 200


async def test_a_form_needs_its_own_sessions_token(clients: Clients, world: World) -> None:
    client, other = await clients.open(world.officer), await clients.open(world.colleague)
    again = await clients.open(world.officer)
    for token in ("", "wrong", "0" * 64, other.csrf, again.csrf, "å" * 64):
        answer = await client.post("/logout", data={"csrf_token": token})
        assert answer.status_code == 403, token
    assert (await client.post("/logout")).status_code == 403
    assert await is_in(client)
    assert (await client.submit("/logout")).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://testserver:8001"},
    ],
)
async def test_a_form_from_another_site_is_refused(clients: Clients, world: World, headers: dict[str, str]) -> None:
    client = await clients.open(world.officer)
    answer = await client.post("/logout", data={"csrf_token": client.csrf}, headers=headers)
    assert answer.status_code == 403
    assert (await client.post("/login", data={"email": "a@b.se", "password": "x"}, headers=headers)).status_code == 403
    own = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    assert (await client.post("/logout", data={"csrf_token": client.csrf}, headers=own)).status_code == 303


async def test_a_session_writes_over_the_api_with_its_token_alone(clients: Clients, world: World) -> None:
    client = await clients.open(world.officer)
    body = {"grant": "B-1", "amount": "1.00", "paid_on": "2025-04-01"}
    headers = {"idempotency-key": "k"}
    assert (await client.post("/api/v1/payments", json=body, headers=headers)).status_code == 403
    wrong = {**headers, "x-csrf-token": (await clients.open(world.officer)).csrf}
    assert (await client.post("/api/v1/payments", json=body, headers=wrong)).status_code == 403
    right = {**headers, "x-csrf-token": client.csrf}
    assert (await client.post("/api/v1/payments", json=body, headers=right)).status_code == 404


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/%5Cevil.example/../\\x", "http:evil.example", "/\nlocation: https://evil.example", "///evil.example",
        "/a\\..\\..//evil.example", "evil.example", "", "/" + "x" * 3000, "/\t/evil.example",
    ],
)  # fmt: skip
async def test_log_in_leads_to_our_own_pages_alone(clients: Clients, person: str, there: str) -> None:
    client = await clients.open()
    answer = await log_in(client, person, next=there)
    for location in (
        answer.headers["location"],
        (await client.get("/login", params={"next": there})).headers["location"],
    ):
        parts = urlsplit(location)
        assert (parts.scheme, parts.netloc) == ("", "")
        assert re.fullmatch(r"/(?![/\\])[^\\\s]*", location)


async def test_the_way_on_after_the_log_in_is_kept(clients: Clients, person: str) -> None:
    client = await clients.open()
    first = await client.get("/payments?grant=B-1&page=2")
    assert first.headers["location"] == "/login?next=%2Fpayments%3Fgrant%3DB-1%26page%3D2"
    answer = await log_in(client, person, next="/payments?grant=B-1&page=2")
    assert answer.headers["location"] == "/payments?grant=B-1&page=2"


HEADERS = {
    "content-security-policy": r"default-src 'none';.*frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": r"camera=\(\).*",
    "cache-control": r"no-store|.*max-age.*",
}


async def test_every_kind_of_answer_carries_the_headers(clients: Clients, world: World, app: Litestar) -> None:
    client, nobody = await clients.open(world.officer), await clients.open()
    asked = [
        (client, "GET", "/grants", 200),
        (client, "GET", "/grants/B-99999", 404),
        (client, "GET", "/users", 403),
        (client, "GET", "/nowhere/at/all", 404),
        (client, "PUT", "/grants", 405),
        (client, "HEAD", "/grants", 405),
        (client, "OPTIONS", "/grants", 204),
        (client, "POST", "/logout", 403),
        (client, "GET", "/grants.csv", 200),
        (client, "GET", "/api/v1/grants", 200),
        (client, "GET", "/api/v1/grants?limit=0", 400),
        (client, "GET", "/api/v1/nothing", 404),
        (nobody, "GET", "/", 303),
        (nobody, "GET", "/api/v1/grants", 401),
        (nobody, "GET", "/static/registry.css", 200),
        (nobody, "GET", "/static/nothing.css", 404),
        (nobody, "POST", "/login", 401),
    ]
    wrong = []
    for browser, method, path, status in asked:
        answer = await browser.request(method, path)
        if answer.status_code != status:
            wrong.append(f"{method} {path}: {answer.status_code} instead of {status}")
        for name, pattern in HEADERS.items():
            if not re.fullmatch(pattern, answer.headers.get(name, "")):
                wrong.append(f"{method} {path}: {name} is {answer.headers.get(name)!r}")
        if "server" in answer.headers:
            wrong.append(f"{method} {path}: says what serves it")
    assert not wrong, "\n".join(wrong)


async def test_private_pages_stay_in_no_cache(clients: Clients, world: World) -> None:
    client = await clients.open(world.abf_user)
    for path in ("/", "/grants", "/grants.csv", "/api/v1/grants"):
        answer = await client.get(path)
        assert answer.headers["cache-control"] == "no-store", path


async def test_the_language_is_chosen_by_cookie_then_user_then_browser(clients: Clients, world: World) -> None:
    client = await clients.open()
    assert 'lang="fi"' in (await client.get("/login", headers={"accept-language": "fi, en;q=0.5"})).text
    assert 'lang="sv"' in (await client.get("/login", headers={"accept-language": "de"})).text
    await client.submit("/language", language="en", next="/login")
    assert 'lang="en"' in (await client.get("/login")).text
    await client.submit("/language", language="xx", next="/login")
    assert 'lang="en"' in (await client.get("/login")).text


async def test_many_attempts_at_once_do_not_slip_past_the_limit(clients: Clients, person: str) -> None:
    """Each counts before its password is checked."""
    client = await clients.open()
    answers = await asyncio.gather(*(log_in(client, person, f"wrong password {number}") for number in range(25)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {401, 429}
    assert statuses.count(401) <= MOST_PER_ACCOUNT


async def test_a_log_in_that_succeeds_is_no_failed_attempt(clients: Clients, person: str) -> None:
    client = await clients.open()
    assert (await log_in(client, person)).status_code == 303
    assert await fetch_value("SELECT count(*) FROM login_attempt") == 0
