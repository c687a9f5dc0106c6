"""The list of parties as a file, exactly as it is filtered."""

import asyncio
from typing import IO, BinaryIO, cast

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Written
from registry.parties.queries import list_parties
from registry.parties.schemas import KIND_TITLES
from registry.texts import _

MOST = 1_000_000

COLUMNS = (
    Column("party", N_("Number"), width=10),
    Column("name", N_("Name"), width=40),
    Column("kind", N_("Kind"), width=20),
    Column("org_number", N_("Organisation number"), width=16),
    Column("municipality", N_("Municipality"), width=16),
    Column("language", N_("Language"), width=10),
    Column("successor", N_("Merged into"), width=12),
    Column("merged_on", N_("Merged on"), "date"),
)


async def export_parties(
    scope: Scope, file: IO[bytes], kind: ListFormat, *, search: str, of_kind: str, question: str
) -> Written:
    """Write the parties of a filter into an empty, seekable file, and tell the trail."""
    async with snapshot():
        found = await list_parties(scope, search=search, kind=of_kind, limit=MOST)
        anchor = await trail.read_anchor()
    rows = [
        [
            party.number,
            party.name,
            _(KIND_TITLES[party.kind]),
            party.org_number,
            party.municipality,
            party.language,
            f"P-{party.successor_id}" if party.successor_id else None,
            party.merged_on,
        ]
        for party in found.items
    ]
    facts = [("question", question), ("anchor", str(anchor))]
    written = await asyncio.to_thread(
        write_list,
        cast("BinaryIO", file),
        kind,
        COLUMNS,
        rows,
        name=_("Parties"),
        facts=facts,
        made_at=trail.now(),
    )
    await trail.record(
        scope, "parties:list:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written
