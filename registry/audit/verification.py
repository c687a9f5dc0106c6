"""The walk over the whole registry that proves that tables and trail tell the same, in one snapshot and flat memory."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import asyncpg
import msgspec
from piccolo.table import Table

from registry.audit.rules import (
    KEYS,
    MUTABLE,
    ChainCheck,
    Findings,
    LastWrites,
    StoredEntry,
    StoredRow,
    Told,
    compare_rows,
    key_of,
    unknown_tables,
)
from registry.audit.schemas import Verification
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError, RegistryError
from registry.database import fetch, fetch_row, snapshot
from registry.tables import TABLES
from registry.trail import PERSONAL_AT_FIRST, UNTRAILED, Anchor, trailed

CHUNK = 2_000
"""Entries read at a time."""

BEFORE_ALL = -(2**63)
AFTER_ALL = 2**63 - 1

Progress = Callable[[int], None]

_encode = msgspec.json.Encoder(order="deterministic").encode


class _Key(msgspec.Struct):
    id: int = -1


_decode_key = msgspec.json.Decoder(_Key).decode


def _names(table: type[Table]) -> list[str]:
    return [column._meta.db_column_name for column in table._meta.columns]  # noqa: SLF001


def _readers() -> dict[str, str]:
    """Table → the columns that an entry tells of, for SELECT; of every table that the trail follows."""
    readers = {}
    for table in TABLES:
        name, columns = table._meta.tablename, _names(table)  # noqa: SLF001
        if (("seq" in columns) or name in MUTABLE) and name not in ("trail_entry", "chain_head"):
            hidden = UNTRAILED.get(name, frozenset())
            readers[name] = ", ".join(column for column in columns if column not in hidden)
    return readers


READERS = _readers()
APPENDED = tuple(name for name in READERS if name not in MUTABLE)
"""Trailed tables whose rows never change."""


class UnreadableTrailError(RegistryError):
    """The database answers, but not with what the trail needs: a table, a column or a page of it is gone."""

    code = "unreadable"
    status = 503
    message = N_("The trail can't be read: %(reason)s")


async def verify(
    scope: Scope, *, anchors: Iterable[Anchor] = (), progress: Progress = lambda _count: None
) -> Verification:
    """Rebuild the chain from the stored bytes, and compare every row of every trailed table with it.

    `progress` is told how many entries more are done.
    Raises: NotFoundError for who may not read everything, UnreadableTrailError.
    """
    if not scope.reads_all:
        raise NotFoundError
    known = tuple(anchors)
    begun = time.monotonic()
    walk = _Walk(known)
    try:
        async with snapshot():
            await walk.run(progress)
            await _check_derived(walk.findings)
            warnings = await _check_guards()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, OverflowError, ValueError) as error:
        raise UnreadableTrailError(reason=str(error)) from error
    findings = walk.findings
    return Verification(
        first_bad=findings.first_bad,
        found=findings.count,
        findings=tuple(sorted(findings.kept, key=lambda finding: finding.seq)),
        warnings=tuple(warnings),
        entries=walk.entries,
        rows=walk.rows,
        head=str(Anchor(walk.chain.seq, walk.chain.hash)),
        anchors=len(known),
        seconds=time.monotonic() - begun,
    )


async def count_entries() -> int:
    """How many entries a verification will read, as the head says."""
    row = await fetch_row("SELECT seq FROM chain_head")
    return int(row["seq"]) if row else 0


class _Walk:
    """One verification on its way through the entries, with the rows of the append-only tables beside them."""

    def __init__(self, anchors: tuple[Anchor, ...]) -> None:
        self.findings = Findings()
        self.chain = ChainCheck(self.findings, anchors)
        self.entries = 0
        self.rows = 0
        self._last = LastWrites(self.findings, _mutable_key)

    async def run(self, progress: Progress) -> None:
        """Walk from the first entry to the last, then look at what lies beyond."""
        after = BEFORE_ALL
        while chunk := await _entries(after):
            told: dict[str, list[StoredRow]] = defaultdict(list)
            for entry in chunk:
                self._take(entry.seq, self.chain.feed(entry), told)
            await self._compare(told, after, chunk[-1].seq)
            after = chunk[-1].seq
            self.entries += len(chunk)
            progress(len(chunk))
            await asyncio.sleep(0)
        await self._compare({}, after, AFTER_ALL)
        await self._compare_mutable()
        self.chain.end(await _head())

    def _take(self, seq: int, rows: list[Told], told: dict[str, list[StoredRow]]) -> None:
        for row in rows:
            stored = StoredRow(seq, bytes(row.new))
            if row.table in MUTABLE:
                self._last.tell(row.table, stored)
            else:
                told[row.table].append(stored)

    async def _compare(self, told: dict[str, list[StoredRow]], after: int, upto: int) -> None:
        unknown_tables(told, frozenset(APPENDED), self.findings)
        for table in APPENDED:
            key = KEYS.get(table, "id")
            rows = await fetch(
                f"SELECT {READERS[table]} FROM {table} WHERE seq > $1 AND seq <= $2 ORDER BY seq, {key}",
                after,
                upto,
            )
            self.rows += len(rows)
            compare_rows(self.findings, table, told.get(table, []), [_stored(table, row) for row in rows])

    async def _compare_mutable(self) -> None:
        for table in MUTABLE:
            after = BEFORE_ALL
            while rows := await fetch(
                f"SELECT {READERS[table]} FROM {table} WHERE id::bigint > $1 ORDER BY id LIMIT {CHUNK}",
                after,
            ):
                for row in rows:
                    self._last.compare(table, *_tellings(table, row), has_seq="seq" in row)
                self.rows += len(rows)
                after = rows[-1]["id"]
        self._last.end()


def _mutable_key(_table: str, told: bytes) -> int:
    try:
        return _decode_key(told).id
    except (msgspec.DecodeError, ValueError):
        return key_of(_table, told)


def _stored(table: str, row: asyncpg.Record) -> StoredRow:
    values: dict[str, Any] = dict(row)
    return StoredRow(values.get("seq", 0), _encode(trailed(table, values)))


def _tellings(table: str, row: asyncpg.Record) -> list[StoredRow]:
    """A row as an entry tells it, and as one of the first version told a person's."""
    stored = _stored(table, row)
    if table not in PERSONAL_AT_FIRST or row["salt"] is None:
        return [stored]
    return [stored, StoredRow(stored.seq, _encode(trailed(table, dict(row), PERSONAL_AT_FIRST)))]


async def _entries(after: int) -> list[StoredEntry]:
    rows = await fetch(
        "SELECT seq, recorded_at, actor, action, body, hash FROM trail_entry WHERE seq > $1 ORDER BY seq LIMIT $2",
        after,
        CHUNK,
    )
    return [StoredEntry(*row) for row in rows]


async def _head() -> StoredEntry | None:
    row = await fetch_row("SELECT seq, recorded_at, hash FROM chain_head")
    return StoredEntry(row["seq"], row["recorded_at"], "", "", b"", row["hash"]) if row else None


BALANCES = """
WITH changed AS (SELECT grant_id, sum(delta_ore) AS delta FROM amendment GROUP BY 1),
  paid AS (
    SELECT p.grant_id, sum(p.amount_ore) AS registered,
           sum(p.amount_ore) FILTER (WHERE p.attest <> 'officer' OR a.payment_id IS NOT NULL) AS paid
    FROM payment p LEFT JOIN attestation a ON a.payment_id = p.id
    WHERE NOT EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id) GROUP BY 1),
  repaid AS (SELECT grant_id, sum(amount_ore) AS repaid FROM repayment GROUP BY 1)
SELECT coalesce(g.id, b.grant_id) AS id, coalesce(g.seq, 0) AS seq
FROM funding_grant g FULL JOIN grant_balance b ON b.grant_id = g.id
LEFT JOIN changed c ON c.grant_id = g.id LEFT JOIN paid p ON p.grant_id = g.id LEFT JOIN repaid r ON r.grant_id = g.id
WHERE (b.granted_ore, b.registered_ore, b.paid_ore, b.repaid_ore) IS DISTINCT FROM
  (g.amount_ore + coalesce(c.delta, 0), coalesce(p.registered, 0), coalesce(p.paid, 0), coalesce(r.repaid, 0))
ORDER BY 2, 1 LIMIT 1000
"""

FRAMES = """
SELECT f.id, f.seq FROM budget_frame f LEFT JOIN (
  SELECT g.programme_id, g.year, sum(g.amount_ore + coalesce(c.delta, 0)) AS decided
  FROM funding_grant g LEFT JOIN (SELECT grant_id, sum(delta_ore) AS delta FROM amendment GROUP BY 1) c
    ON c.grant_id = g.id GROUP BY 1, 2) d ON (d.programme_id, d.year) = (f.programme_id, f.year)
WHERE f.decided_ore <> coalesce(d.decided, 0) ORDER BY 2, 1 LIMIT 1000
"""

STATEMENTS = """
SELECT id, seq FROM statement WHERE sha256(pdf) <> pdf_sha256 OR sha256(figures) <> figures_sha256
ORDER BY 2, 1 LIMIT 1000
"""

ALLOCATIONS = """
SELECT id, seq FROM allocation
WHERE sha256(convert_to(inputs, 'UTF8')) <> inputs_sha256 OR sha256(convert_to(result, 'UTF8')) <> result_sha256
ORDER BY 2, 1 LIMIT 1000
"""

DERIVED = (
    ("balance", BALANCES, N_("The balance of grant B-%(key)s is not what its decisions and payments add up to.")),
    ("frame", FRAMES, N_("What budget frame %(key)s has decided is not what its decisions add up to.")),
)


async def _check_derived(findings: Findings) -> None:
    """Sums and files that are kept beside what the trail tells."""
    for code, sql, message in DERIVED:
        for row in await fetch(sql):
            findings.add(row["seq"], code, message, derived=True, key=row["id"])
    for row in await fetch(STATEMENTS):
        message = N_("The file of statement %(key)s is not the one that was issued.")
        findings.add(row["seq"], "statement", message, key=row["id"])
    for row in await fetch(ALLOCATIONS):
        message = N_("What allocation F-%(key)s read and came to is not what was frozen.")
        findings.add(row["seq"], "allocation", message, key=row["id"])


GUARDS = """
SELECT t.name FROM unnest($1::text[]) AS t (name) WHERE NOT EXISTS (
  SELECT 1 FROM pg_trigger g WHERE g.tgrelid = to_regclass('public.' || t.name)
    AND g.tgname = 'append_only' AND g.tgenabled = 'A') ORDER BY 1
"""


async def _check_guards() -> list[str]:
    """Append-only tables whose trigger is missing or off: nothing is proved changed, but nothing hinders it."""
    return [row["name"] for row in await fetch(GUARDS, [*APPENDED, "trail_entry"])]
