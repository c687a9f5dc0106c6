"""The zip of a batch: opened, compared with what is stored, the same bytes each time, and no number of a person."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import date

import pytest

from registry.core.access import CONSOLE
from registry.database import fetch
from registry.documents.pdf import RenderTimeoutError
from registry.parties.schemas import PartyKind
from registry.payments.service import attest_payment
from registry.statements.batch_archive import archive_name, stream_archive
from registry.statements.batch_queries import list_lines
from registry.statements.batch_schemas import Batch
from registry.statements.batch_service import cancel_batch
from tests.factories import World, make_grant, make_party, make_payment
from tests.statements.batches import StubRenderer, begin, run

PERSON = "811228-9874"


async def archive(batch: Batch) -> bytes:
    """The whole zip."""
    return b"".join([chunk async for chunk in stream_archive(CONSOLE, batch)])


@pytest.fixture
async def batch(world: World) -> Batch:
    """Three statements: one with a payment, a person's, and one that fails."""
    person = await make_party("Konstnär Exempel", kind=PartyKind.CREATOR, number=PERSON)
    for party in (world.abf, world.bilda, person):
        await make_grant(world.programme, party, amount=195_999_00, decided_on=date(2025, 2, 3))
    payment = await make_payment("B-1", amount=97_999_50, scope=await world.scope("officer"))
    await attest_payment(await world.scope("colleague"), payment)
    return await run(await begin(), StubRenderer({f"P-{world.bilda}": [RenderTimeoutError("late")]}))


async def test_it_holds_the_stored_files_and_a_manifest_that_proves_them(world: World, batch: Batch) -> None:
    content = await archive(batch)
    stored = {row["number"]: bytes(row["pdf"]) for row in await fetch("SELECT number, pdf FROM statement")}
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        assert opened.namelist()[:2] == ["manifest.csv", "manifest.json"]
        told = opened.read("manifest.csv")
        rows = list(csv.DictReader(io.StringIO(told.decode()), delimiter=";"))
        assert len(rows) == 3
        for row in rows:
            if row["error"]:
                assert (row["party"], row["error"], row["file"]) == (f"P-{world.bilda}", "render-timeout", "")
                continue
            pdf = opened.read(row["file"])
            assert pdf == stored[row["number"]]
            assert hashlib.sha256(pdf).hexdigest() == row["sha256"]
        whole = json.loads(opened.read("manifest.json"))
        assert len(opened.namelist()) == 4
    assert [row["paid"] for row in rows] == ["97999.50", "", "0.00"]
    assert batch.end is not None
    assert hashlib.sha256(told).hexdigest() == batch.end.manifest_sha256 == whole["manifest_sha256"]
    assert (whole["total"], whole["summary"]["total"], whole["summary"]["agrees"]) == ("97999.50", "97999.50", True)
    assert [error["code"] for error in whole["errors"]] == ["render-timeout"]
    assert "too long" in whole["errors"][0]["message"]
    assert PERSON.encode() not in content
    assert archive_name(batch) == f"statements-2025-batch-{batch.id}.zip"


async def test_it_is_the_same_bytes_each_time_and_readable_from_its_start(batch: Batch) -> None:
    first = await archive(batch)
    assert first == await archive(batch)
    with zipfile.ZipFile(io.BytesIO(first)) as opened:
        assert not any(entry.flag_bits & 0x08 for entry in opened.infolist()), "sizes stand before the data"
        dated = {entry.date_time for entry in opened.infolist()}
        assert dated == {(*batch.began_at.timetuple()[:5], 0)}


async def test_a_cancelled_batch_hands_out_what_it_has(world: World) -> None:
    await make_grant(world.programme, world.abf)
    batch = await cancel_batch(CONSOLE, (await begin()).id)
    with zipfile.ZipFile(io.BytesIO(await archive(batch))) as opened:
        whole = json.loads(opened.read("manifest.json"))
        assert opened.read("manifest.csv").count(b"\n") == 1
    assert (whole["status"], whole["unsettled"], whole["summary"]) == ("cancelled", 1, None)
    assert (await list_lines(CONSOLE, batch.id)).items[0].outcome is None
