"""Reads of batches: which there are, how far they have come, what became of each party, and the issued files."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.database import BATCH_LOCK, fetch, fetch_row, fetch_value, is_locked
from registry.grants.queries import PARTY_SEARCH, search_texts
from registry.statements.batch_schemas import (
    Batch,
    BatchEnd,
    BatchRequest,
    BatchStatus,
    BatchTotals,
    Counts,
    Difference,
    Line,
    Origin,
    Outcome,
    Progress,
)
from registry.statements.issues import NAMES_PROTECTED
from registry.statements.schemas import Language

PAGE = 50
RATE_SECONDS = 60
"""How far back the rate is counted."""
FILES = 8
"""Files that are read at a time."""


class UnknownBatchError(NotFoundError):
    """No batch has that number."""

    code = "unknown-batch"
    message = N_("There is no batch with that number.")


_ACTOR = "CASE WHEN {0}.recorded_by IS NULL THEN '' ELSE (SELECT name FROM app_user WHERE id = {0}.recorded_by) END"
_BATCHES = f"""
SELECT b.*, coalesce(f.name, '') AS funder_name, {_ACTOR.format("b")} AS began_by,
       e.batch_id AS end_id, e.outcome, e.issued, e.unchanged, e.failed, e.paid_ore, e.missing_ore, e.summary_ore,
       e.differences, encode(e.manifest_sha256, 'hex') AS manifest_sha256, e.recorded_at AS ended_at, e.seq AS end_seq,
       {_ACTOR.format("e")} AS ended_by
FROM statement_batch b LEFT JOIN party f ON f.id = b.funder_id LEFT JOIN statement_batch_end e ON e.batch_id = b.id
"""


def _batch(row: asyncpg.Record) -> Batch:
    return Batch(
        id=row["id"],
        wanted=BatchRequest(year=row["year"], kind=row["kind"], funder_id=row["funder_id"], language=row["language"]),
        funder_name=row["funder_name"],
        origin=Origin(row["origin"]),
        parties=row["parties"],
        began_at=row["recorded_at"],
        began_by=row["began_by"],
        user_id=row["recorded_by"],
        seq=row["seq"],
        end=None if row["end_id"] is None else _end(row),
    )


def _end(row: asyncpg.Record) -> BatchEnd:
    totals = None
    if row["summary_ore"] is not None:
        totals = BatchTotals(
            paid_ore=Money(row["paid_ore"]),
            missing_ore=Money(row["missing_ore"]),
            summary_ore=Money(row["summary_ore"]),
            differences=tuple(_difference(told) for told in json.loads(row["differences"])),
        )
    return BatchEnd(
        status=BatchStatus(row["outcome"]),
        at=row["ended_at"],
        by=row["ended_by"],
        counts=Counts(row["issued"], row["unchanged"], row["failed"]),
        paid_ore=Money(row["paid_ore"]),
        totals=totals,
        manifest_sha256=row["manifest_sha256"],
        seq=row["end_seq"],
    )


def _difference(told: dict[str, Any]) -> Difference:
    stated = told["stated"]
    return Difference(
        told["party"], None if stated is None else Money.from_wire(stated), Money.from_wire(told["summary"])
    )


async def get_batch(scope: Scope, batch_id: int) -> Batch:
    """One batch. Raises: UnknownBatchError."""
    row = await fetch_row(f"{_BATCHES} WHERE b.id = $1", batch_id) if scope.reads_all else None
    if row is None:
        raise UnknownBatchError
    return _batch(row)


async def find_unfinished(scope: Scope) -> Batch | None:
    """The batch that hasn't ended, running or interrupted; there is at most one."""
    row = await fetch_row(f"{_BATCHES} WHERE e.batch_id IS NULL") if scope.reads_all else None
    return _batch(row) if row else None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One page of batches and how many there are in all."""

    items: list[Batch]
    total: int


BATCH_SORTS = {"begun": "b.id", "recipients": "b.parties", "paid": "coalesce(e.paid_ore, 0)"}


async def list_batches(
    scope: Scope, *, year: int | None = None, sort: str = "-begun", offset: int = 0, limit: int | None = PAGE
) -> BatchPage:
    """Batches by one of `BATCH_SORTS`, with `-` for falling; `limit` None gives all."""
    if not scope.reads_all:
        return BatchPage([], 0)
    order = BATCH_SORTS.get(sort.removeprefix("-"), BATCH_SORTS["begun"]) + (" DESC" if sort.startswith("-") else "")
    rows = await fetch(
        f"{_BATCHES} WHERE $1::int IS NULL OR b.year = $1 ORDER BY {order}, b.id DESC OFFSET $2 LIMIT $3",
        year,
        offset,
        limit,
    )
    total = await fetch_value("SELECT count(*) FROM statement_batch WHERE $1::int IS NULL OR year = $1", year)
    return BatchPage([_batch(row) for row in rows], total)


_PROGRESS = """
SELECT count(*) FILTER (WHERE r.outcome = 'issued') AS issued,
       count(*) FILTER (WHERE r.outcome = 'unchanged') AS unchanged,
       count(*) FILTER (WHERE r.outcome = 'failed') AS failed, count(*) FILTER (WHERE r.recorded_at > $2) AS recent
FROM statement_batch_item i JOIN statement_batch_result r ON r.item_id = i.id WHERE i.batch_id = $1
"""


async def read_progress(scope: Scope, batch: Batch) -> Progress:
    """How far a batch has come, whichever process is at it. Raises: UnknownBatchError."""
    if not scope.reads_all:
        raise UnknownBatchError
    now = trail.now()
    since = max(now - timedelta(seconds=RATE_SECONDS), batch.began_at)
    row = await fetch_row(_PROGRESS, batch.id, since)
    assert row is not None  # noqa: S101 - an aggregate has a row
    if batch.end is not None:
        status = batch.end.status
    else:
        status = BatchStatus.RUNNING if await is_locked(BATCH_LOCK) else BatchStatus.INTERRUPTED
    counts = Counts(row["issued"], row["unchanged"], row["failed"])
    return Progress(status, counts, batch.parties, row["recent"], (now - since).total_seconds())


@dataclass(frozen=True, slots=True)
class Item:
    """A party of a batch that isn't settled."""

    id: int
    position: int
    party_id: int
    language: Language


async def list_open_items(scope: Scope, batch_id: int, *, after: int, limit: int) -> list[Item]:
    """The next parties after a place that aren't settled."""
    if not scope.reads_all:
        return []
    rows = await fetch(
        "SELECT i.id, i.position, i.party_id, i.language FROM statement_batch_item i"
        " WHERE i.batch_id = $1 AND i.position > $2"
        " AND NOT EXISTS (SELECT 1 FROM statement_batch_result r WHERE r.item_id = i.id) ORDER BY i.position LIMIT $3",
        batch_id,
        after,
        limit,
    )
    return [Item(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which parties of a batch are listed; `search` looks in the name and, for organisations, in the number."""

    outcome: Outcome | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class LinePage:
    """One page of a batch's parties, how many they are and what their statements add up to."""

    items: list[Line]
    total: int
    paid_ore: Money


LINE_SORTS = {"name": "i.position", "paid": "coalesce(t.paid_ore, 0)", "outcome": "r.outcome"}
"""What a batch's parties can be sorted by; their places are in the order of their names."""
_LINES = f"""
FROM statement_batch_item i JOIN party s ON s.id = i.party_id
LEFT JOIN statement_batch_result r ON r.item_id = i.id LEFT JOIN statement t ON t.id = r.statement_id
WHERE i.batch_id = $1 AND ($2::text IS NULL OR r.outcome = $2)
  AND ($3 = '' OR {PARTY_SEARCH.format(text="$3", pattern="$4")})
"""
_LINE_COLUMNS = """
SELECT i.position, i.party_id, i.language, s.name, s.org_number, r.outcome, coalesce(r.problem, '') AS problem,
  coalesce(r.detail, '') AS detail, t.id AS statement_id, coalesce(t.number, '') AS statement_number,
  coalesce(t.version, 0) AS version, coalesce(t.paid_ore, 0) AS paid_ore,
  coalesce(encode(t.pdf_sha256, 'hex'), '') AS sha256
"""


async def list_lines(
    scope: Scope,
    batch_id: int,
    wanted: LineFilter | None = None,
    *,
    sort: str = "name",
    offset: int = 0,
    limit: int | None = PAGE,
) -> LinePage:
    """The parties of a batch by one of `LINE_SORTS`, with `-` for falling; `limit` None gives all."""
    if not scope.reads_all:
        return LinePage([], 0, Money(0))
    wanted = wanted or LineFilter()
    order = LINE_SORTS.get(sort.removeprefix("-"), LINE_SORTS["name"]) + (" DESC" if sort.startswith("-") else "")
    arguments = (batch_id, wanted.outcome, *search_texts(wanted.search))
    rows = await fetch(
        f"{_LINE_COLUMNS} {_LINES} ORDER BY {order}, i.position OFFSET $5 LIMIT $6", *arguments, offset, limit
    )
    sums = await fetch_row(
        f"SELECT count(*) AS total, coalesce(sum(t.paid_ore), 0)::bigint AS paid {_LINES}", *arguments
    )
    assert sums is not None  # noqa: S101 - an aggregate has a row
    return LinePage([_line(row) for row in rows], sums["total"], Money(sums["paid"]))


def _line(row: asyncpg.Record) -> Line:
    org_number = mask_org_number(row["org_number"])
    return Line(
        position=row["position"],
        party_id=row["party_id"],
        name=row["name"],
        shown_number=f"P-{row['party_id']}" if "•" in org_number else org_number,
        language=row["language"],
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        problem=row["problem"],
        detail=row["detail"],
        statement_id=row["statement_id"],
        statement_number=row["statement_number"],
        version=row["version"],
        paid_ore=Money(row["paid_ore"]),
        sha256=row["sha256"],
    )


async def read_files(scope: Scope, lines: list[Line]) -> AsyncIterator[tuple[Line, bytes]]:
    """The issued files of some lines in their order, a few at a time; those without one are left out.

    So are those that name a person whose identity has been protected since.
    """
    issued = [line for line in lines if line.statement_id is not None] if scope.reads_all else []
    for start in range(0, len(issued), FILES):
        some = issued[start : start + FILES]
        rows = await fetch(
            f"SELECT s.id, s.pdf FROM statement s WHERE s.id = ANY($1) AND NOT {NAMES_PROTECTED}",
            [line.statement_id for line in some],
        )
        files = {row["id"]: bytes(row["pdf"]) for row in rows}
        for line in some:
            if line.statement_id in files:
                yield line, files[line.statement_id]
