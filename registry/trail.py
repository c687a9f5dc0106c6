"""The trail: one hash chain over everything that changes data, written in the same transaction as the change.

`hash = sha256(0x00 ‖ previous hash ‖ seq as 8 big-endian bytes ‖ body)`. A body is JSON and holds the rows as they
were written, so that the tables can be compared with it. What identifies a person is held as a salted digest, so that
it can be removed (gallring) without breaking the chain.
"""

import hashlib
import re
import struct
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import asyncpg
import msgspec
from piccolo.table import Table

from registry import __version__
from registry.core.access import Scope
from registry.core.conflicts import conflict
from registry.core.numbers import is_personal_number
from registry.core.periods import today as day_of
from registry.database import copy_rows, demand_no_transaction, execute, fetch_row, fetch_value, transaction

UNTRAILED: dict[str, frozenset[str]] = {
    "budget_frame": frozenset({"decided_ore"}),
    "statement": frozenset({"figures", "pdf"}),
    "allocation": frozenset({"inputs", "result"}),
    "app_user": frozenset({"password_hash"}),
    "api_token": frozenset({"token_hash"}),
    "calendar_feed": frozenset({"token_hash"}),
}
"""Columns that a body leaves out: derived, secret, or held by their hash."""

PERSONAL: dict[str, tuple[str, ...]] = {
    "party": ("org_number", "name", "sort_key", "municipality"),
    "party_version": ("org_number", "name", "email", "address", "bankgiro", "plusgiro"),
    "party_protection": ("municipality",),
    "account_request": ("bankgiro", "plusgiro"),
    "app_user": ("email", "name"),
}
"""Columns that a body replaces by one salted digest when the row has a salt."""

PERSONAL_AT_FIRST: dict[str, tuple[str, ...]] = {"party": ("org_number", "name", "sort_key")}
"""What the digest of a table held in version 0.1.0, whose entries must verify for good."""

COPY_FROM = 50
"""From so many entries on they are written by COPY."""

_encode = msgspec.json.Encoder(order="deterministic").encode
_seq_bytes = struct.Struct(">Q").pack


def now() -> datetime:
    """The server's clock, UTC. Tests replace it."""
    return datetime.now(UTC)


def today() -> date:
    """Today's booking date in Stockholm."""
    return day_of(now())


def chain_hash(previous: bytes, seq: int, body: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"".join((b"\x00", previous, _seq_bytes(seq), body))).digest()


def personal_digest(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    """The salted digest that stands for a person's data in the trail."""
    values = _encode([row[column] for column in columns])
    return hashlib.sha256(row["salt"] + values).hexdigest()


def trailed(table: str, row: Mapping[str, Any], personal: Mapping[str, tuple[str, ...]] = PERSONAL) -> dict[str, Any]:
    """A row as a body holds it: without `seq`, salt and what `UNTRAILED` names, `personal` columns as a digest."""
    shown = dict(row)
    for name in ("seq", "salt", *UNTRAILED.get(table, ())):
        shown.pop(name, None)
    if row.get("salt") is not None:
        for name in personal[table]:
            shown.pop(name, None)
        shown["personal"] = personal_digest(row, personal[table])
    return shown


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the chain at a moment: printed on statements and exports, it proves the database outside itself."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"


async def read_anchor() -> Anchor:
    """The head as it is now."""
    row = await fetch_row("SELECT seq, hash FROM chain_head")
    return Anchor(row["seq"], row["hash"]) if row else Anchor(0, b"")


def actor_name(scope: Scope) -> str:
    """Who acts, as the trail says it."""
    return "console" if scope.user_id is None else f"user:{scope.user_id}"


@dataclass(slots=True)
class Entry:
    """One entry of the chain being written: `rows` are the rows of its use case."""

    seq: int
    actor: str
    action: str
    note: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, table: str, new: Mapping[str, Any]) -> None:
        """Say that a row was inserted."""
        self.rows.append({"table": table, "new": trailed(table, new)})


class SealedEntry(NamedTuple):
    """An entry as its row is written: `body` is what was hashed."""

    seq: int
    recorded_at: datetime
    actor: str
    action: str
    body: bytes
    hash: bytes


class Recording:
    """The unit of work of one use case: the locked head, its entries, and the rows that they tell of."""

    def __init__(self, scope: Scope, head: asyncpg.Record) -> None:
        self.scope = scope
        self.actor = actor_name(scope)
        self.now = max(now(), head["recorded_at"])
        self.today = day_of(self.now)
        self._began: int = head["seq"]
        self._seq: int = head["seq"]
        self._hash: bytes = head["hash"]
        self._entries: list[Entry] = []
        self._sealed: list[SealedEntry] = []
        self._ids: dict[str, int] = {}

    def enter(self, action: str, *, actor: str | None = None, **note: Any) -> Entry:
        """Begin the next entry. `action` is `slice:subject:verb`; `note` says why (reasons, source file, …).

        `actor` is another than the unit's own only in a group commit.
        """
        self._seq += 1
        entry = Entry(self._seq, actor or self.actor, action, note)
        self._entries.append(entry)
        return entry

    async def next_id(self, table: str, *, count: int = 1) -> int:
        """The next free id of a table, gap-free since the head is locked; `count` of them are taken."""
        if table not in self._ids:
            self._ids[table] = await fetch_value(f"SELECT coalesce(max(id), 0) FROM {table}")
        first = self._ids[table] + 1
        self._ids[table] += count
        return first

    async def insert(self, entry: Entry, table: type[Table], **values: Any) -> int:
        """Insert a row and tell it in the entry. Tables with an `id` get the next one. Returns the id, else the seq."""
        name = table._meta.tablename  # noqa: SLF001
        if "id" not in values and any(column._meta.name == "id" for column in table._meta.columns):  # noqa: SLF001
            values = {"id": await self.next_id(name), **values}
        row = {**_defaults(table), **values, "seq": entry.seq}
        columns = [column for column in row if column in values or column == "seq"]
        places = ", ".join(f"${index}" for index in range(1, len(columns) + 1))
        await execute(
            f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})",
            *(row[column] for column in columns),
        )
        entry.add(name, row)
        return int(values.get("id", entry.seq))

    async def update(self, entry: Entry, table: type[Table], row_id: int, **values: Any) -> None:
        """Change a row of a table that may change; the entry tells the old and the new."""
        name = table._meta.tablename  # noqa: SLF001
        old = await fetch_row(f"SELECT * FROM {name} WHERE id = $1 FOR UPDATE", row_id)
        assert old is not None  # noqa: S101 - the caller has just read it
        new = {**dict(old), **values, "seq": entry.seq}
        changed = [*values, "seq"]
        sets = ", ".join(f"{column} = ${index}" for index, column in enumerate(changed, start=2))
        await execute(
            f"UPDATE {name} SET {sets} WHERE id = $1",
            row_id,
            *(new[column] for column in changed),
        )
        before, after = trailed(name, dict(old)), trailed(name, new)
        entry.rows.append(
            {"table": name, "old": {key: before[key] for key in before if before[key] != after.get(key)}, "new": after}
        )

    def seal(self) -> None:
        """Hash the entries so far, in order; nothing can be added to them any more."""
        for entry in self._entries:
            body = _encode(
                {
                    "action": entry.action,
                    "actor": entry.actor,
                    "app": __version__,
                    "at": self.now,
                    "note": entry.note,
                    "rows": entry.rows,
                    "v": 1,
                }
            )
            self._hash = chain_hash(self._hash, entry.seq, body)
            self._sealed.append(SealedEntry(entry.seq, self.now, entry.actor, entry.action, body, self._hash))
        self._entries.clear()

    async def close_at_once(self, into: str, types: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
        """Close a unit that was decided without the lock: its entries, the rows and the head in one statement.

        That statement is a transaction of its own. When the head has moved since the unit read it, what was decided
        on may have changed, for every write moves the head: then nothing is written and the answer is False.
        `into` is a table with its columns, `types` are theirs. Raises: ConflictError as `recording`.
        """
        demand_no_transaction()
        self.seal()
        last = self._sealed[-1]
        with _conflicts():
            status = await execute(
                f"WITH head AS ({_MOVE} WHERE seq = $4 RETURNING 1), entries AS ("
                f"INSERT INTO trail_entry ({_COLUMNS}) SELECT e.* FROM head, {unnest(_TYPES, first=5)} e)"
                f" INSERT INTO {into} SELECT r.* FROM head, {unnest(types, first=5 + len(_TYPES))} r",
                *(last.seq, last.hash, last.recorded_at, self._began),
                *(list(column) for column in zip(*self._sealed, strict=True)),
                *(list(column) for column in zip(*rows, strict=True)),
            )
        return status != "INSERT 0 0"

    async def close(self) -> None:
        """Hash the entries in order, write them and move the head."""
        self.seal()
        if not self._sealed:
            return
        await write_entries(self._sealed)
        self._sealed.clear()


async def write_entries(rows: Sequence[SealedEntry]) -> None:
    """Insert finished entries and move the head to the last of them."""
    last = rows[-1]
    head = (last.seq, last.hash, last.recorded_at)
    if len(rows) >= COPY_FROM:
        await copy_rows("trail_entry", SealedEntry._fields, rows)
        await execute(_MOVE, *head)
        return
    await execute(
        f"WITH head AS ({_MOVE}) INSERT INTO trail_entry ({_COLUMNS}) SELECT * FROM {unnest(_TYPES, first=4)}",
        *head,
        *(list(column) for column in zip(*rows, strict=True)),
    )


def unnest(types: Sequence[str], *, first: int) -> str:
    """Arrays as the columns of rows; `first` is the number of the first argument."""
    return f"unnest({', '.join(f'${number}::{kind}[]' for number, kind in enumerate(types, start=first))})"


_COLUMNS = ", ".join(SealedEntry._fields)
_TYPES = ("bigint", "timestamptz", "text", "text", "bytea", "bytea")
_MOVE = "UPDATE chain_head SET seq = $1, hash = $2, recorded_at = $3"


def _defaults(table: type[Table]) -> dict[str, Any]:
    """The plain defaults of a table's columns, so that the trail tells every column."""
    values = {}
    for column in table._meta.columns:  # noqa: SLF001
        default = column.get_default_value()
        values[column._meta.name] = default if not isinstance(default, Callable) else None  # type: ignore[arg-type]  # noqa: SLF001
    return values


@contextmanager
def _conflicts() -> Iterator[None]:
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        raise conflict(error.constraint_name or "") from error


@asynccontextmanager
async def recording(scope: Scope) -> AsyncIterator[Recording]:
    """Open the transaction of a use case with the chain's head locked; entries are written when the block ends.

    Raises: ConflictError when a constraint of the database refuses, with the message of that constraint.
    """
    with _conflicts():
        async with transaction():
            head = await fetch_row("SELECT seq, hash, recorded_at FROM chain_head FOR UPDATE")
            assert head is not None  # noqa: S101 - the migration made it
            unit = Recording(scope, head)
            yield unit
            await unit.close()


_TYPED = re.compile(r"(?<![^&?])(q|recipient|via|party|creator|commissioner)=([^&]*)")
_NUMBER = re.compile(r"[A-Z]{1,3}-[0-9]+|none", re.ASCII)
_ORG_NUMBER = re.compile(r"[0-9]{6}-?[0-9]{4}", re.ASCII)


def _untyped(parameter: re.Match[str]) -> str:
    """A parameter that names a party: its number as it is, any other text as a star."""
    name, value = parameter[1], unquote_plus(parameter[2])
    told = _NUMBER.fullmatch(value) or (_ORG_NUMBER.fullmatch(value) and not is_personal_number(value))
    return parameter[0] if told or not value else f"{name}=*"


async def record(scope: Scope, action: str, **note: Any) -> int:
    """Write an entry that changes no row, such as an export. Returns its seq.

    Of a `question` as an address has it, what was typed to look for a name isn't told: no entry can be erased.
    """
    if isinstance(question := note.get("question"), str):
        note["question"] = _TYPED.sub(_untyped, question)
    async with recording(scope) as unit:
        return unit.enter(action, **note).seq
