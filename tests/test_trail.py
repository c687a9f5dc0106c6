"""The chain: what is hashed, what a failed use case leaves, and time that never runs backwards."""

import asyncio
import hashlib
import json
import re
import struct
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from registry import trail
from registry.core.access import CONSOLE
from registry.core.errors import ConflictError
from registry.database import NestedTransactionError, execute, fetch, fetch_row, fetch_value, transaction
from registry.tables import ClosedYear
from registry.trail import read_anchor, record, recording
from tests.factories import World, make_grant, make_party, make_payment


async def test_the_stored_bytes_are_the_hashed_bytes(world: World) -> None:
    """Computed again here from the definition alone."""
    await make_payment(await make_grant(world.programme, world.abf))
    previous = b""
    for row in await fetch("SELECT seq, body, hash FROM trail_entry ORDER BY seq"):
        told = b"\x00" + previous + struct.pack(">Q", row["seq"]) + row["body"]
        assert hashlib.sha256(told).digest() == row["hash"], row["seq"]
        previous = row["hash"]
    assert (await read_anchor()).hash == previous


async def test_numbers_have_no_gaps_even_after_refusals(world: World) -> None:

    async def fail() -> None:
        async with recording(CONSOLE) as unit:
            entry = unit.enter("test:thing:fail")
            await unit.insert(entry, ClosedYear, funder_id=world.kommun, year=2020, closed_at=unit.now, closed_by=None)
            raise RuntimeError

    for _attempt in range(3):
        with pytest.raises(RuntimeError):
            await fail()
    seqs = [row["seq"] for row in await fetch("SELECT seq FROM trail_entry ORDER BY seq")]
    assert seqs == list(range(1, len(seqs) + 1))
    assert await fetch_value("SELECT count(*) FROM closed_year") == 0
    assert await record(CONSOLE, "test:thing:note") == len(seqs) + 1


async def test_a_constraint_becomes_an_error_with_its_words(world: World) -> None:
    async def close() -> None:
        async with recording(CONSOLE) as unit:
            await unit.insert(unit.enter("test:year:close"), ClosedYear, funder_id=world.kommun, year=2020,
                              closed_at=unit.now, closed_by=None)  # fmt: skip

    await close()
    before = await read_anchor()
    with pytest.raises(ConflictError) as refused:
        await close()
    assert (refused.value.code, refused.value.field) == ("year-closed", "year")
    assert await read_anchor() == before


async def test_time_never_runs_backwards(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose clock falls back writes the time of the entry before."""
    ahead = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setattr(trail, "now", lambda: ahead)
    await record(CONSOLE, "test:thing:ahead")
    monkeypatch.setattr(trail, "now", lambda: ahead - timedelta(days=30))
    await record(CONSOLE, "test:thing:back")
    times = [row["recorded_at"] for row in await fetch("SELECT recorded_at FROM trail_entry ORDER BY seq")]
    assert times == sorted(times)
    assert times[-1] == times[-2] == ahead


async def test_fifty_at_once_make_one_chain(world: World) -> None:
    before = await fetch_value("SELECT seq FROM chain_head")
    await asyncio.gather(*(record(CONSOLE, "test:thing:note", number=number) for number in range(50)))
    rows = await fetch("SELECT seq, body FROM trail_entry WHERE seq > $1 ORDER BY seq", before)
    assert [row["seq"] for row in rows] == list(range(before + 1, before + 51))
    assert sorted(json.loads(row["body"])["note"]["number"] for row in rows) == list(range(50))


async def test_a_use_case_inside_another_is_refused(db: None) -> None:
    async with transaction():
        with pytest.raises(NestedTransactionError):
            async with recording(CONSOLE):
                pass


async def test_an_entry_says_who_what_and_the_rows_but_not_whose_name(world: World) -> None:
    """A person stands in the chain as a salted digest, which says nothing once value and salt are gone."""
    party_id = await make_party("Anna Personsson", kind="creator", number="19121212-1212")  # type: ignore[arg-type]
    row = await fetch_row("SELECT body FROM trail_entry ORDER BY seq DESC LIMIT 1")
    assert row is not None
    body = json.loads(row["body"])
    assert (body["actor"], body["v"]) == ("console", 1)
    assert body["rows"][0]["new"]["id"] == party_id
    assert b"Anna" not in row["body"]
    assert b"1212" not in re.sub(rb"[0-9a-f]{64}", b"", row["body"].replace(body["at"].encode(), b""))
    salt = await fetch_value("SELECT salt FROM party WHERE id = $1", party_id)
    assert salt.hex().encode() not in row["body"]


MONEY = (
    "trail_entry", "funding_grant", "amendment", "instalment", "payment", "attestation", "reversal", "repayment",
    "statement", "closed_year", "party_version",
)  # fmt: skip


@pytest.mark.parametrize("table", MONEY)
async def test_nothing_is_changed_or_removed_by_the_app(world: World, table: str) -> None:
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET seq = seq", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(asyncpg.PostgresError):
            await execute(statement)


@pytest.mark.parametrize("table", MONEY)
async def test_not_even_the_owner_changes_anything_by_mistake(
    world: World, owner: asyncpg.Connection, table: str
) -> None:
    """The triggers fire ALWAYS: session_replication_role doesn't get round them, TRUNCATE doesn't either."""
    for role in ("origin", "replica"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET seq = seq", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
                await owner.execute(f"BEGIN; SET LOCAL session_replication_role = {role}; {statement}; COMMIT")
            await owner.execute("ROLLBACK")
            assert refused.value.constraint_name == "append_only"


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("recipient=%C3%85sa+Skapare&year=2025&sort=-day", "recipient=*&year=2025&sort=-day"),
        ("kind=creator&q=Skapare", "kind=creator&q=*"),
        ("q=640312-9817", "q=*"),
        ("year=2025&recipient=P-17&creator=P-4&commissioner=802000-0009&via=none", ""),
        ("by=recipient,funder&faq=Skapare", ""),
    ],
)
async def test_a_name_that_was_looked_for_isnt_told(question: str, told: str) -> None:
    """An entry can't be erased, so what was typed to find a person is no part of it."""
    seq = await record(CONSOLE, "parties:list:export", question=question)
    body = json.loads(await fetch_value("SELECT body FROM trail_entry WHERE seq = $1", seq))
    assert body["note"]["question"] == (told or question)
