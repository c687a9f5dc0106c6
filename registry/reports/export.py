"""The list of reports as a file, exactly as it is filtered and sorted."""

import asyncio
from typing import IO, BinaryIO, cast

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.reports.filters import STATUS_TITLES
from registry.reports.queries import ReportFilter, list_reports
from registry.reports.schemas import Report
from registry.texts import _

COLUMNS = (
    Column("report", N_("Report"), width=10),
    Column("grant", N_("Grant"), width=10),
    Column("funder", N_("Funder's number"), width=14),
    Column("funder_name", N_("Funder")),
    Column("programme", N_("Programme"), width=14),
    Column("recipient", N_("Recipient's number"), width=14),
    Column("recipient_name", N_("Recipient"), width=36),
    Column("dnr", N_("Dnr"), width=16),
    Column("kind", N_("Kind"), width=12),
    Column("title", N_("Title"), width=36),
    Column("demanded_on", N_("Demanded on"), "date"),
    Column("first_due_on", N_("First due on"), "date"),
    Column("due_on", N_("Due on"), "date"),
    Column("status", N_("Status"), width=16),
    Column("last_on", N_("Last step on"), "date"),
    Column("reference", N_("Reference"), width=20),
)


def _cells(report: Report) -> list[Value]:
    return [
        report.number, report.grant_number, report.funder_org_number, report.funder_name, report.programme_code,
        report.recipient_org_number, report.recipient_name, report.dnr, report.kind.value, report.shown_title,
        report.demanded_on, report.first_due_on, report.due_on, _(STATUS_TITLES[report.status]), report.last_on,
        report.reference,
    ]  # fmt: skip


async def export_reports(
    scope: Scope, wanted: ReportFilter, file: IO[bytes], *, kind: ListFormat, sort: str = "due_on", question: str = ""
) -> Written:
    """Write the reports of a filter into an empty, seekable file, and tell the trail."""
    async with snapshot():
        found = await list_reports(scope, wanted, sort=sort, limit=None)
        facts = [("question", question), ("anchor", str(await trail.read_anchor()))]
    rows = [_cells(report) for report in found.items]
    written = await asyncio.to_thread(
        write_list, cast("BinaryIO", file), kind, COLUMNS, rows, name=_("Reports"), facts=facts, made_at=trail.now()
    )
    await trail.record(
        scope, "reports:list:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written
