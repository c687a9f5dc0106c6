"""The agreements as a file: a row for each area of each, with the programmes and frames of its period."""

import asyncio
from typing import IO, BinaryIO, cast

from registry import trail
from registry.agreements.queries import list_agreements, list_area_programmes
from registry.agreements.schemas import Agreement, AreaProgramme
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.texts import _

COLUMNS = (
    Column("agreement", N_("Agreement"), width=44),
    Column("period_from", N_("Period from"), "date"),
    Column("period_to", N_("Period to"), "date"),
    Column("parties", N_("Parties"), width=36),
    Column("source", N_("Source"), width=30),
    Column("area", N_("Priority area (code)"), width=26),
    Column("area_title", N_("Priority area"), width=30),
    Column("summary", N_("What the agreement says"), width=60),
    Column("programmes", N_("Programmes"), width=40),
    Column("frame", N_("Frames of the period"), "money"),
    Column("decided", N_("Decided"), "money"),
)


async def export_agreements(scope: Scope, file: IO[bytes], kind: ListFormat) -> Written:
    """Write all agreements in force into an empty, seekable file, and tell the trail."""
    async with snapshot():
        rows = [
            row
            for agreement in await list_agreements(scope)
            for row in _rows(agreement, await list_area_programmes(scope, agreement.years))
        ]
        anchor = await trail.read_anchor()
    written = await asyncio.to_thread(
        write_list,
        cast("BinaryIO", file),
        kind,
        COLUMNS,
        rows,
        name=_("Agreements"),
        facts=[("anchor", str(anchor))],
        made_at=trail.now(),
    )
    await trail.record(scope, "agreements:list:export", format=kind, rows=written.rows, sha256=written.sha256)
    return written


def _rows(agreement: Agreement, programmes: list[AreaProgramme]) -> list[list[Value]]:
    parties = ", ".join(f"{party.name} ({party.org_number})" for party in agreement.parties)
    rows: list[list[Value]] = []
    for area in agreement.areas:
        own = [programme for programme in programmes if programme.area_code == area.code]
        rows.append(
            [
                agreement.title, agreement.period_from, agreement.period_to, parties, agreement.source, area.code,
                area.title, area.summaries[0], ", ".join(programme.code for programme in own),
                sum(programme.frame_ore for programme in own), sum(programme.decided_ore for programme in own),
            ]
        )  # fmt: skip
    return rows
