"""Batches, and the recipients of one, as a file: exactly as they are listed."""

import asyncio
from typing import IO, BinaryIO, cast

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.parties.schemas import KIND_TITLES, PartyKind
from registry.statements.batch_archive import line_file
from registry.statements.batch_queries import LineFilter, list_batches, list_lines
from registry.statements.batch_schemas import OUTCOME_TITLES, STATUS_TITLES, Batch, Line
from registry.statements.batch_service import problem_of
from registry.texts import LANGUAGES, _

LINES = (
    Column("position", N_("Place"), "int"),
    Column("party", N_("Number"), width=10),
    Column("name", N_("Recipient"), width=36),
    Column("org_number", N_("Organisation number"), width=14),
    Column("language", N_("Language"), width=8),
    Column("outcome", N_("Result"), width=14),
    Column("statement", N_("Statement no."), width=20),
    Column("paid", N_("Paid, net"), "money"),
    Column("file", N_("File"), width=32),
    Column("sha256", N_("Hash of the file"), width=66),
    Column("problem", N_("Problem"), width=60),
)
BATCHES = (
    Column("batch", N_("Batch"), "int"),
    Column("year", N_("Year"), "int"),
    Column("kind", N_("Kind of recipient"), width=20),
    Column("funder", N_("Funder"), width=20),
    Column("language", N_("Language"), width=20),
    Column("began_at", N_("Begun"), "datetime"),
    Column("began_by", N_("Begun by"), width=24),
    Column("ended_at", N_("Ended"), "datetime"),
    Column("status", N_("Status"), width=14),
    Column("recipients", N_("Recipients"), "int"),
    Column("issued", N_("New versions"), "int"),
    Column("unchanged", N_("Unchanged"), "int"),
    Column("failed", N_("Failed"), "int"),
    Column("paid", N_("Control total"), "money"),
    Column("manifest", N_("Hash of the manifest"), width=66),
)


async def export_lines(
    scope: Scope, batch: Batch, wanted: LineFilter, file: IO[bytes], kind: ListFormat, *, sort: str, question: str
) -> Written:
    """Write the recipients of a batch into an empty, seekable file, and tell the trail."""
    async with snapshot():
        found = await list_lines(scope, batch.id, wanted, sort=sort, limit=None)
        anchor = await trail.read_anchor()
    written = await asyncio.to_thread(
        write_list,
        cast("BinaryIO", file),
        kind,
        LINES,
        [_line_cells(batch, line) for line in found.items],
        name=_("Recipients"),
        facts=[("batch", str(batch.id)), ("question", question), ("anchor", str(anchor))],
        made_at=trail.now(),
        totals={"paid": int(found.paid_ore)},
    )
    await trail.record(
        scope, "statements:list:export", batch=batch.id, question=question, format=kind, rows=written.rows,
        total=found.paid_ore.wire, sha256=written.sha256,
    )  # fmt: skip
    return written


def _line_cells(batch: Batch, line: Line) -> list[Value]:
    is_issued = line.statement_id is not None
    return [
        line.position, line.number, line.name, line.shown_number, line.language,
        _(OUTCOME_TITLES[line.outcome]) if line.outcome else "", line.statement_number,
        int(line.paid_ore) if is_issued else None, line_file(batch, line) if is_issued else "", line.sha256,
        problem_of(line),
    ]  # fmt: skip


async def export_batches(
    scope: Scope, year: int | None, file: IO[bytes], kind: ListFormat, *, sort: str, question: str
) -> Written:
    """Write the list of batches into an empty, seekable file, and tell the trail."""
    async with snapshot():
        found = await list_batches(scope, year=year, sort=sort, limit=None)
        anchor = await trail.read_anchor()
    written = await asyncio.to_thread(
        write_list,
        cast("BinaryIO", file),
        kind,
        BATCHES,
        [_batch_cells(batch) for batch in found.items],
        name=_("Batches"),
        facts=[("question", question), ("anchor", str(anchor))],
        made_at=trail.now(),
    )
    await trail.record(
        scope, "statements:list:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written


def _batch_cells(batch: Batch) -> list[Value]:
    wanted, end = batch.wanted, batch.end
    ended: list[Value] = [None, "", None, None, None, None, ""]
    if end is not None:
        ended = [
            end.at, _(STATUS_TITLES[end.status]), end.counts.issued, end.counts.unchanged, end.counts.failed,
            int(end.paid_ore), end.manifest_sha256,
        ]  # fmt: skip
    return [
        batch.id, wanted.year, _(KIND_TITLES[PartyKind(wanted.kind)]) if wanted.kind else "", batch.funder_name,
        LANGUAGES.get(wanted.language, ""), batch.began_at, batch.began_by, *ended[:2], batch.parties, *ended[2:],
    ]  # fmt: skip
