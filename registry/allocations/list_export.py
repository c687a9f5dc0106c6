"""The list of allocations as a file, exactly as it is filtered."""

import asyncio
from typing import IO, BinaryIO, cast

from registry import trail
from registry.allocations.queries import STATE_TITLES, Allocation, AllocationFilter, list_allocations
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.texts import _

COLUMNS = (
    Column("allocation", N_("Allocation"), width=12),
    Column("funder", N_("Funder's number"), width=14),
    Column("funder_name", N_("Funder"), width=24),
    Column("programme", N_("Programme"), width=14),
    Column("year", N_("Year"), "int"),
    Column("frame", N_("Frame"), "money"),
    Column("rule", N_("Rule"), width=24),
    Column("rule_version", N_("Version"), "int"),
    Column("shares", N_("Shares"), "int"),
    Column("state", N_("State"), width=20),
    Column("dnr", N_("Dnr"), width=16),
    Column("paragraph", N_("Paragraph"), width=10),
    Column("decided_on", N_("Decided on"), "date"),
    Column("decider", N_("Decided by"), width=36),
    Column("reason", N_("Reason"), width=36),
    Column("recorded_at", N_("Frozen"), "datetime"),
    Column("result_sha256", N_("Hash of the result"), width=66),
)


def _cells(one: Allocation) -> list[Value]:
    return [
        one.number, one.funder_org_number, one.funder_name, one.programme_code, one.year, int(one.frame_ore),
        one.rule_name, one.rule_version, one.shares, _(STATE_TITLES[one.state]), one.dnr, one.paragraph,
        one.decided_on, one.decider, one.reason, one.recorded_at, one.result_sha256,
    ]  # fmt: skip


async def export_allocations(
    scope: Scope, wanted: AllocationFilter, file: IO[bytes], kind: ListFormat, *, sort: str, question: str
) -> Written:
    """Write the allocations of a filter into an empty, seekable file, and tell the trail."""
    async with snapshot():
        found = await list_allocations(scope, wanted, sort=sort, limit=None)
        anchor = await trail.read_anchor()
    written = await asyncio.to_thread(
        write_list,
        cast("BinaryIO", file),
        kind,
        COLUMNS,
        [_cells(one) for one in found.items],
        name=_("Allocations"),
        facts=[("question", question), ("anchor", str(anchor))],
        made_at=trail.now(),
        totals={"frame": sum(one.frame_ore for one in found.items)},
    )
    await trail.record(
        scope, "allocations:list:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written
