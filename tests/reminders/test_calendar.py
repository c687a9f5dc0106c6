"""The calendar feed: RFC 5545 as a calendar reads it, the same at each reading, and no names of persons."""

import re
from datetime import date, timedelta
from typing import Any

from icalendar import Calendar

from registry import trail
from registry.core.access import CONSOLE
from registry.core.tokens import token_hash
from registry.database import execute, fetch_value
from registry.users.service import set_disabled, set_password
from tests.browsing import browser, shown
from tests.conftest import Client, Clients
from tests.factories import World, make_creator, make_demand, make_grant, make_paid

TODAY = trail.today()
PAST, SOON = TODAY - timedelta(days=3), TODAY + timedelta(days=10)
DECIDED = date(TODAY.year - 1, 2, 3)


async def subscribe(client: Client) -> str:
    """Make a calendar address; returns its path."""
    answer = await client.submit("/reminders/feed")
    found = re.search(r"http://\S+?(/reminders/[\w-]{43}\.ics)", answer.text)
    assert found, answer.text
    return found[1]


async def events(clients: Clients, path: str) -> dict[str, Any]:
    """The events of a feed, by UID, as a calendar program without a log-in reads it."""
    answer = await (await clients.open()).get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return {str(event["uid"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}


async def test_events_are_all_day_and_without_alarms(clients: Clients, world: World) -> None:
    grant = await make_grant(
        world.programme, world.abf, amount=1_000_00, decided_on=DECIDED, instalments=((SOON, 1_000_00),)
    )
    report = await make_demand(grant, due_on=PAST)
    path = await subscribe(await browser(clients, world.officer))
    raw = (await (await clients.open()).get(path)).content
    assert b"VALARM" not in raw
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    found = await events(clients, path)
    instalment = f"instalment-{grant.lower()}-1@testserver"
    assert set(found) == {f"report-{report.lower()}@testserver", instalment}
    event = found[instalment]
    assert (event["dtstart"].dt, event["dtend"].dt) == (SOON, SOON + timedelta(days=1))
    assert event["dtstart"].params["VALUE"] == "DATE"
    assert event["url"].startswith("http://testserver/payments/new?grant=")
    assert "ABF Dalarna (test)" in event["summary"]
    assert "1 000,00 kr" in event["description"].replace("\u00a0", " ").replace("\u202f", " ")


async def test_the_text_is_in_the_language_of_the_reader(clients: Clients, world: World) -> None:
    await make_demand(await make_grant(world.programme, world.abf, decided_on=DECIDED), due_on=SOON)
    path = await subscribe(await clients.open(world.officer))
    for language, text in (("sv", "Redovisning"), ("fi", "Odotettu selvitys")):
        await execute("UPDATE app_user SET language = $2 WHERE id = $1", world.officer, language)
        summaries = [str(event["summary"]) for event in (await events(clients, path)).values()]
        assert any(text in one for one in summaries), summaries


async def test_the_same_facts_are_the_same_bytes(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf, decided_on=DECIDED, instalments=((SOON, 10_000_000),))
    path = await subscribe(await browser(clients, world.officer))
    reader = await clients.open()
    first = await reader.get(path)
    again = await reader.get(path)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    unchanged = await reader.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    await make_demand(grant, due_on=SOON)
    changed = await reader.get(path, headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]
    kept = f"instalment-{grant.lower()}-1@testserver"
    assert kept in await events(clients, path)
    await make_paid(world, grant, amount=10_000_000, paid_on=TODAY)
    assert kept not in await events(clients, path)


async def test_no_person_is_named(clients: Clients, world: World) -> None:
    creator = await make_creator("Åsa Skapare")
    grant = await make_grant(world.programme, creator, decided_on=DECIDED, instalments=((SOON, 10_000_000),))
    await make_demand(grant, due_on=SOON)
    await make_paid(world, grant, paid_on=TODAY)
    colleague = await browser(clients, world.colleague)
    assert "Åsa Skapare" in shown(await colleague.get("/reminders"))
    path = await subscribe(colleague)
    text = Calendar.from_ical((await (await clients.open()).get(path)).content).to_ical().decode()
    assert "Skapare" not in text.replace("\r\n ", "")
    assert f"P-{creator}" in text


async def test_the_address_is_shown_once_and_only_its_hash_is_kept(clients: Clients, world: World) -> None:
    officer = await browser(clients, world.officer)
    assert "Get a secret address" in shown(await officer.get("/reminders"))
    path = await subscribe(officer)
    token = path.removeprefix("/reminders/").removesuffix(".ics")
    assert await fetch_value("SELECT token_hash FROM calendar_feed") == token_hash(token)
    page = await officer.get("/reminders")
    assert token not in page.text
    assert "can't be shown again" in shown(page)
    assert not await fetch_value(
        "SELECT count(*) FROM trail_entry WHERE position($1 IN convert_from(body, 'UTF8')) > 0", token
    )


async def test_an_address_that_was_renewed_or_revoked_is_gone(clients: Clients, world: World) -> None:
    officer, reader = await browser(clients, world.officer), await clients.open()
    first = await subscribe(officer)
    second = await subscribe(officer)
    assert [(await reader.get(path)).status_code for path in (first, second)] == [404, 200]
    for path in (second.removesuffix(".ics"), second + "x", "/reminders/.ics", "/reminders/feed.ics"):
        assert (await reader.get(path)).status_code == 404
    assert (await officer.submit("/reminders/feed/revoke")).status_code == 303
    assert (await reader.get(second)).status_code == 404
    await officer.submit("/reminders/feed/revoke")
    assert "You have no calendar address." in shown(await officer.get("/reminders"))


async def test_an_address_ends_with_its_user(clients: Clients, world: World) -> None:
    reader = await clients.open()
    path = await subscribe(await browser(clients, world.officer))
    await set_password(CONSOLE, world.officer, "a quite new password")
    assert (await reader.get(path)).status_code == 404
    path = await subscribe(await browser(clients, world.officer))
    await set_disabled(CONSOLE, world.officer, disabled=True)
    assert (await reader.get(path)).status_code == 404
    await set_disabled(CONSOLE, world.officer, disabled=False)
    assert (await reader.get(path)).status_code == 200
    await execute("UPDATE app_user SET expires_on = '2020-01-01' WHERE id = $1", world.officer)
    assert (await reader.get(path)).status_code == 404


async def test_an_association_reads_its_own(clients: Clients, world: World) -> None:
    report = await make_demand(await make_grant(world.programme, world.abf, decided_on=DECIDED), due_on=SOON)
    own = await events(clients, await subscribe(await browser(clients, world.abf_user)))
    assert f"send-{report.lower()}@testserver" in own
    assert not await events(clients, await subscribe(await browser(clients, world.bilda_user)))
