"""Everyone's statements on the page: counted before, begun once, watched without JavaScript, taken as files."""

import asyncio
import csv
import io
import zipfile
from datetime import date

import openpyxl
import pytest

from registry.core.access import CONSOLE
from registry.database import BATCH_LOCK, fetch_value, hold_lock
from registry.documents.pdf import RenderTimeoutError
from registry.parties.schemas import PartyKind
from registry.statements import batch_keeper
from registry.statements.batch_queries import find_unfinished
from registry.statements.batch_schemas import Origin
from registry.statements.batch_service import cancel_batch
from tests.browsing import wrong_fields
from tests.conftest import Clients
from tests.factories import World, make_grant, make_party
from tests.statements.batches import BASE, StubRenderer, begin, run
from tests.statements.test_pages import plain

PERSON = "811228-9874"


@pytest.fixture
async def creator(world: World) -> int:
    """ABF has a grant of the kommun, Bilda one of the region, and a Finnish-speaking creator one of both."""
    party = await make_party("Konstnär Exempel", kind=PartyKind.CREATOR, number=PERSON, language="fi")
    for programme, recipient in (
        (world.programme, world.abf),
        (world.region_programme, world.bilda),
        (world.programme, party),
        (world.region_programme, party),
    ):
        await make_grant(programme, recipient, amount=195_999_00, decided_on=date(2025, 2, 3))
    return party


async def test_the_choice_is_counted_before_anything_is_done(world: World, clients: Clients, creator: int) -> None:
    client = await clients.open(world.officer)
    assert "/statements/batches/new?year=2025" in (await client.get("/statements?year=2025")).text
    text = plain((await client.get("/statements/batches/new")).text)
    for expected in ("3 mottagare", "783 996,00", "Svenska: 2 · Suomi: 1", "Utfärda 3 bidragsutdrag"):
        assert expected in text
    chosen = plain((await client.get(f"/statements/batches/new?funder=P-{world.kommun}&written_in=en")).text)
    for expected in ("2 mottagare", "391 998,00", "English: 2"):
        assert expected in chosen
    nobody = await client.get("/statements/batches/new?kind=museum")
    assert "Ingen har något att redovisa" in nobody.text
    assert "Utfärda" not in plain(nobody.text).partition("Ingen har något")[2]
    wrong = await client.get("/statements/batches/new?year=1889&kind=%00x&funder=P-1e9&written_in=de")
    assert wrong.status_code == 400
    assert wrong_fields(wrong) == {"year", "kind", "funder", "written_in"}
    assert '<option value="1889" selected>' in wrong.text
    assert "Ingen har något" not in wrong.text
    assert await find_unfinished(CONSOLE) is None


async def test_it_is_begun_once_and_goes_on_behind(world: World, clients: Clients, creator: int) -> None:
    client = await clients.open(world.officer)
    fields = {"year": "2025", "kind": "", "funder": "", "written_in": ""}
    begun = await client.submit("/statements/batches/new", **fields)
    assert (begun.status_code, begun.headers["location"]) == (303, "/statements/batches/1?follow=1")
    again = await client.submit("/statements/batches/new", **fields)
    assert again.headers["location"] == "/statements/batches/1?follow=1"
    other = await client.submit("/statements/batches/new", **(fields | {"written_in": "fi"}))
    assert other.status_code == 409
    assert "Omgång 1 (2025) är inte avslutad" in other.text
    assert '<option value="fi" selected>' in other.text
    empty = await client.submit("/statements/batches/new", year="2025", kind="museum")
    assert (empty.status_code, "Ingen har något" in empty.text) == (404, True)
    bad = await client.submit("/statements/batches/new", year="x")
    assert bad.status_code == 400
    assert await fetch_value("SELECT count(*) FROM statement_batch") == 1
    assert await fetch_value("SELECT origin FROM statement_batch") == "page"


async def test_it_is_watched_with_and_without_javascript(world: World, clients: Clients, creator: int) -> None:
    await begin(scope=await world.scope("officer"), origin=Origin.PAGE)
    client = await clients.open(world.officer)
    stopped = await client.get("/statements/batches/1?follow=1")
    assert "Registret tar upp den igen" in stopped.text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in stopped.text
    assert 'id="batch-progress" class="stack" data-refresh="3"' in stopped.text
    assert "http-equiv" not in (await client.get("/statements/batches/1")).text
    async with hold_lock(BATCH_LOCK):
        running = plain((await client.get("/statements/batches/1")).text)
    for expected in ("pågår", "De första håller på att göras", "0 av 3", "väntar"):
        assert expected in running
    assert (await client.get("/statements/batches/1/statements.zip")).status_code == 409
    await cancel_batch(CONSOLE, 1)
    assert "data-refresh" not in (await client.get("/statements/batches/1?follow=1")).text


async def test_what_became_of_everyone_and_of_the_sum(world: World, clients: Clients, creator: int) -> None:
    renderer = StubRenderer({f"P-{world.bilda}": [RenderTimeoutError("late")]})
    await run(await begin(scope=await world.scope("officer"), origin=Origin.PAGE), renderer)
    client = await clients.open(world.auditor)
    answer = await client.get("/statements/batches/1")
    text = plain(answer.text)
    for expected in (
        "klar", "3 av 3", "Dokumentet tog för lång tid", f"2025-P{world.abf}-SV-1", f"2025-P{creator}-FI-1",
        "Bidragsutdragen stämmer med revisorns sammanställning", "Person",
    ):  # fmt: skip
        assert expected in text
    assert f"/statements/2025.pdf?party=P-{creator}&amp;language=fi&amp;version=1" in answer.text
    assert "/summaries?year=2025&amp;by=recipient" in answer.text
    assert "Avbryt omgången" not in text
    assert PERSON not in answer.text
    failed = await client.get("/statements/batches/1?outcome=failed&q=bilda&sort=-paid")
    assert "Bilda Dalarna (test)" in failed.text
    assert "ABF Dalarna (test)" not in failed.text
    assert "Ingen mottagare passar" in (await client.get("/statements/batches/1?q=zzz")).text
    odd = await client.get("/statements/batches/1?outcome=odd&page=99&sort=x")
    assert odd.status_code == 400
    listed = plain((await client.get("/statements/batches")).text)
    for expected in ("Omgång 1: 2025", "alla, var och en på sitt språk", "klar", "1 omgång"):
        assert expected in listed
    assert (await client.get("/statements/batches?year=xx")).status_code == 400
    assert "Ingen omgång ännu" in (await client.get("/statements/batches?year=2024")).text


async def test_the_files_say_what_the_page_says(world: World, clients: Clients, creator: int) -> None:
    renderer = StubRenderer({f"P-{world.bilda}": [RenderTimeoutError("late")]})
    await run(await begin(), renderer)
    client = await clients.open(world.auditor)
    answer = await client.get("/statements/batches/1/recipients.csv?outcome=issued&sort=-name")
    assert answer.status_code == 200
    rows = [row for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";") if row]
    assert [row[1] for row in rows if row[0].isdigit()] == [f"P-{creator}", f"P-{world.abf}"]
    book = openpyxl.load_workbook(io.BytesIO((await client.get("/statements/batches/1/recipients.xlsx")).content))
    told = {cell.value for sheet in book for row in sheet for cell in row}
    assert {f"P-{world.bilda}", f"statement-2025-P{creator}-fi.pdf"} <= told
    assert PERSON not in str(told) + answer.text
    batches = await client.get("/statements/batches.csv?year=2025")
    assert "2025" in batches.text
    assert (await client.get("/statements/batches.xlsx")).status_code == 200
    assert (await client.get("/statements/batches.csv?year=x")).status_code == 400
    archive = await client.get("/statements/batches/1/statements.zip")
    assert archive.headers["content-type"] == "application/zip"
    assert "statements-2025-batch-1.zip" in archive.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert len(opened.namelist()) == 4
    actions = [
        await fetch_value("SELECT action FROM trail_entry ORDER BY seq DESC OFFSET $1 LIMIT 1", n) for n in (0, 1)
    ]
    assert actions == ["statements:batch:export", "statements:list:export"]


async def test_cancelling_keeps_what_is_issued_and_can_be_done_once(
    world: World, clients: Clients, creator: int
) -> None:
    await begin(scope=await world.scope("officer"), origin=Origin.PAGE)
    client = await clients.open(world.region_officer)
    done = await client.submit("/statements/batches/1/cancel")
    assert (done.status_code, done.headers["location"]) == (303, "/statements/batches/1")
    text = plain((await client.get("/statements/batches/1")).text)
    assert "Omgången avbröts, så det finns ingen summa att jämföra" in text
    again = await client.submit("/statements/batches/1/cancel")
    assert (again.status_code, "Omgången är avslutad" in again.text) == (409, True)
    assert (await client.submit("/statements/batches/7/cancel")).status_code == 404


async def test_an_association_sees_nothing_of_batches(world: World, clients: Clients, creator: int) -> None:
    await begin()
    client = await clients.open(world.abf_user)
    for path in ("", "/new", "/1", "/1/statements.zip", "/1/recipients.csv"):
        assert (await client.get(f"/statements/batches{path}")).status_code == 403
    assert "/statements/batches" not in (await client.get("/statements")).text


async def test_a_server_takes_up_what_was_begun_on_its_page(
    world: World, creator: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_keeper, "PoolRenderer", lambda _pool: StubRenderer())
    batch_keeper.wake_keeping()
    batch_keeper.start_keeping(BASE)
    try:
        await begin(origin=Origin.CONSOLE)
        batch_keeper.wake_keeping()
        await asyncio.sleep(0.1)
        unfinished = await find_unfinished(CONSOLE)
        assert unfinished is not None, "the command line's own is left to it"
        await cancel_batch(CONSOLE, unfinished.id)
        await begin(scope=await world.scope("officer"), origin=Origin.PAGE)
        batch_keeper.wake_keeping()
        async with asyncio.timeout(10):
            while await find_unfinished(CONSOLE):  # noqa: ASYNC110 - another process would poll too
                await asyncio.sleep(0.02)
    finally:
        await batch_keeper.stop_keeping()
    assert await fetch_value("SELECT issued FROM statement_batch_end WHERE outcome = 'done'") == 3
