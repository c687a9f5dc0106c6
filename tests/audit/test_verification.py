"""Everything that an owner of the database can change is found, and the right entry named."""

import json
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest

from registry.audit import verify_export
from registry.audit.files import write_export
from registry.audit.rules import MUTABLE
from registry.audit.titles import ACTIONS, describe_finding
from registry.audit.verification import APPENDED, UnreadableTrailError, verify
from registry.core.access import CONSOLE, NOBODY
from registry.core.errors import NotFoundError
from registry.database import engine, fetch
from registry.trail import Anchor, read_anchor
from tests.audit.mutations import CRIMES, Crime, Expected
from tests.audit.story import make_story

FEW, MANY = 112, 1_000


@pytest.fixture
async def story(db: None) -> None:
    """A registry with a row in every trailed table."""
    await make_story()


@asynccontextmanager
async def undone(owner: asyncpg.Connection) -> AsyncIterator[None]:
    """Let the verification read through the owner's transaction, which is rolled back at the end."""
    transaction = owner.transaction()
    await transaction.start()
    token = engine().current_transaction.set(SimpleNamespace(connection=owner))  # type: ignore[arg-type]
    try:
        yield
    finally:
        engine().current_transaction.reset(token)
        await transaction.rollback()


async def test_an_honest_registry_is_intact(story: None) -> None:
    anchor = await read_anchor()
    result = await verify(CONSOLE, anchors=[anchor])
    assert result.intact
    assert result.first_bad is None
    assert result.warnings == ()
    assert (result.entries, result.head, result.anchors) == (anchor.seq, str(anchor), 1)
    assert result.rows > result.entries


async def test_every_trailed_table_has_rows_in_the_story(story: None) -> None:
    for table in (*APPENDED, *MUTABLE):
        assert await fetch(f"SELECT 1 FROM {table} LIMIT 1"), table


async def test_every_action_has_a_title(story: None) -> None:
    actions = {row["action"] for row in await fetch("SELECT DISTINCT action FROM trail_entry")}
    assert actions <= set(ACTIONS)


async def test_who_may_not_read_everything_verifies_nothing(db: None) -> None:
    with pytest.raises(NotFoundError):
        await verify(NOBODY)


async def test_append_only_tables_are_those_that_the_database_guards(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        "SELECT tgrelid::regclass::text AS name FROM pg_trigger t WHERE tgname = 'append_only' AND EXISTS"
        " (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attname = 'seq')"
    )
    assert {row["name"] for row in rows} == {*APPENDED, "trail_entry"}


async def test_a_missing_guard_is_told(story: None, owner: asyncpg.Connection) -> None:
    async with undone(owner):
        await owner.execute("ALTER TABLE payment DISABLE TRIGGER append_only")
        result = await verify(CONSOLE)
        assert result.intact
        assert result.warnings == ("payment",)


async def test_a_table_that_is_gone_is_unreadable(story: None, owner: asyncpg.Connection) -> None:
    async with undone(owner):
        await owner.execute("DROP TABLE reversal")
        with pytest.raises(UnreadableTrailError):
            await verify(CONSOLE)


async def test_a_wrong_anchor_is_found(story: None) -> None:
    result = await verify(CONSOLE, anchors=[Anchor(7, b"\x00" * 32)])
    assert (result.first_bad, result.found) == (7, 1)
    later = await verify(CONSOLE, anchors=[Anchor(10_000, b"\x00" * 32)])
    assert later.first_bad == (await read_anchor()).seq + 1


async def test_findings_name_no_values(story: None, owner: asyncpg.Connection) -> None:
    async with undone(owner):
        await owner.execute("UPDATE party SET name = 'Hemlig', sort_key = 'hemlig' WHERE salt IS NOT NULL")
        result = await verify(CONSOLE)
        assert not result.intact
        assert all("Hemlig" not in describe_finding(finding) for finding in result.findings)


async def prove(owner: asyncpg.Connection, folder: Path, *, times: int, seed: int) -> None:
    """Commit crimes of every kind in turn; each must be found, and the right entry named."""
    dice = random.Random(seed)  # noqa: S311 - a seed that can be run again
    for number in range(times):
        commit = CRIMES[number % len(CRIMES)]
        async with undone(owner):
            crime = Crime(owner, dice)
            await crime.prepare()
            expected = await commit(crime)
            result = await verify(CONSOLE, anchors=expected.anchors)
            said = f"seed {seed}, crime {number}, {commit.__name__} {expected.what}: {result.findings[:3]}"
            assert result.first_bad == expected.first_bad, said
            await _check_export(folder / "trail.jsonl", expected, said)


async def _check_export(path: Path, expected: Expected, said: str) -> None:
    with path.open("wb") as file:
        await write_export(CONSOLE, file)
    anchors = {anchor.seq: {anchor.hash.hex()} for anchor in expected.anchors}
    if not expected.in_export:
        return
    with pytest.raises(verify_export.TamperedError) as found:
        verify_export.check_chain(str(path), anchors)
    assert found.value.seq == expected.first_bad, said


async def test_a_hundred_crimes_are_found(story: None, owner: asyncpg.Connection, tmp_path: Path) -> None:
    await prove(owner, tmp_path, times=FEW, seed=20_251_123)
    assert (await verify(CONSOLE)).intact


@pytest.mark.prove
@pytest.mark.skipif(os.environ.get("PROVE") != "full", reason="make prove")
async def test_a_thousand_crimes_are_found(story: None, owner: asyncpg.Connection, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    await prove(owner, tmp_path, times=MANY, seed=seed)


async def test_a_body_says_who_when_and_which_version(story: None) -> None:
    for row in await fetch("SELECT body FROM trail_entry"):
        body = json.loads(row["body"])
        assert {"action", "actor", "app", "at", "note", "rows", "v"} == set(body)
