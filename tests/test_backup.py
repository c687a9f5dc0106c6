"""Backups are restored and verified before they count; restores go into empty databases only."""

import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from registry.trail import read_anchor
from tests.audit.story import make_story
from tests.factories import make_payment


@pytest.fixture
async def empty(connected: str, owner: asyncpg.Connection) -> AsyncIterator[str]:
    """The connection string of an empty database on the same server."""
    name = f"empty_{secrets.token_hex(4)}"
    await owner.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield urlunsplit(urlsplit(connected)._replace(path=f"/{name}"))
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")


def names_in(folder: Path) -> list[str]:
    """What a folder holds."""
    return [path.name for path in folder.iterdir()]


def registry(dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `registry`."""
    command = [str(Path(sys.executable).with_name("registry")), *arguments]
    environment = {**os.environ, "DATABASE_URL": dsn, "REGISTRY_LANGUAGE": "en"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)


async def test_a_backup_restores_to_the_same_trail_and_can_be_written_on(
    db: None, connected: str, empty: str, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await make_story()
    anchor = str(await read_anchor())
    file = tmp_path / "registry.backup"
    made = registry(connected, "backup", str(file))
    assert (made.returncode, made.stderr) == (0, "")
    assert anchor in made.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert names_in(tmp_path) == [file.name]
    assert not await owner.fetch("SELECT 1 FROM pg_database WHERE datname LIKE 'registry_check_%'")
    restored = registry(empty, "restore", str(file))
    assert (restored.returncode, restored.stderr) == (0, "")
    assert anchor in restored.stdout
    assert registry(empty, "audit", "verify", "--anchor", anchor).returncode == 0
    created = registry(empty, "users", "create", "--email", "ny@example.se", "--name", "Ny", "--role", "auditor")
    assert created.returncode == 0, created.stderr
    assert registry(empty, "audit", "verify", "--anchor", anchor).returncode == 0
    again = registry(empty, "restore", str(file))
    assert again.returncode == 1
    assert len(again.stderr.splitlines()) == 1


async def test_a_schema_that_was_never_used_may_be_restored_into(
    db: None, connected: str, empty: str, tmp_path: Path
) -> None:
    await make_story()
    file = tmp_path / "registry.backup"
    assert registry(connected, "backup", str(file)).returncode == 0
    assert registry(empty, "migrate").returncode == 0
    restored = registry(empty, "restore", str(file))
    assert restored.returncode == 0, restored.stderr


async def test_somebody_elses_database_is_left_alone(empty: str, tmp_path: Path) -> None:
    other = await asyncpg.connect(empty)
    await other.execute("CREATE TABLE theirs (id int)")
    await other.execute("INSERT INTO theirs VALUES (1)")
    file = tmp_path / "registry.backup"
    file.write_bytes(b"PGDMP")
    refused = registry(empty, "restore", str(file))
    assert refused.returncode == 1
    assert await other.fetchval("SELECT count(*) FROM theirs") == 1
    await other.close()


async def test_a_broken_backup_restores_nothing(db: None, connected: str, empty: str, tmp_path: Path) -> None:
    await make_story()
    file = tmp_path / "registry.backup"
    assert registry(connected, "backup", str(file)).returncode == 0
    half = tmp_path / "half.backup"
    half.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert registry(empty, "restore", str(half)).returncode == 1
    assert registry(empty, "restore", str(tmp_path / "missing")).returncode == 1
    assert registry(empty, "restore", str(file)).returncode == 0


async def test_a_tampered_registry_gets_no_backup(
    db: None, connected: str, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await make_story()
    await make_payment("B-1", amount=5_00)
    await owner.execute("UPDATE party SET municipality = 'Annanstans' WHERE id = 1")
    file = tmp_path / "registry.backup"
    refused = registry(connected, "backup", str(file))
    assert refused.returncode == 1
    assert names_in(tmp_path) == []


async def test_a_role_that_may_make_no_database_gets_its_backup_verified_elsewhere(
    connected: str, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    name = f"modest_{secrets.token_hex(4)}"
    await owner.execute(f"CREATE ROLE {name} LOGIN NOCREATEDB; GRANT registry_app TO {name}")
    await owner.execute(f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0")
    parts = urlsplit(connected)
    dsn = urlunsplit(parts._replace(netloc=f"{name}@{parts.netloc.rpartition('@')[2]}", path=f"/{name}"))
    try:
        assert registry(dsn, "migrate").returncode == 0
        made = registry(dsn, "backup", str(tmp_path / "registry.backup"))
        assert made.returncode == 0, made.stderr
    finally:
        await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await owner.execute(f"DROP ROLE {name}")
