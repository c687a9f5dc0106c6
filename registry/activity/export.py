"""The list of activity reports as a file, exactly as it is filtered; its columns can be read in again."""

import asyncio
from typing import IO, BinaryIO, cast

from registry import trail
from registry.activity.queries import ActivityFilter, list_reports
from registry.activity.schemas import ALWAYS, COUNTS, MEASURE_TITLES, Measure, Report
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.texts import _

COLUMNS = (
    Column("report", N_("Report"), width=10),
    Column("org_number", N_("Organisation number"), width=14),
    Column("name", N_("Study association"), width=36),
    Column("municipality", N_("Kommun"), width=16),
    Column("year", N_("Year"), "int"),
    *(Column(measure.value, MEASURE_TITLES[measure], "int", 14) for measure in COUNTS),
    Column(Measure.STATE_GRANT.value, MEASURE_TITLES[Measure.STATE_GRANT], "money"),
    Column("source", N_("Source"), width=30),
    Column("signed_by", N_("Signed by"), width=24),
    Column("version", N_("Version"), "int"),
    Column("reason", N_("Reason"), width=36),
    Column("recorded_at", N_("Registered"), "datetime"),
)


def _cells(report: Report) -> list[Value]:
    figures = report.figures
    grant = figures.state_grant
    return [
        report.number, report.party_org_number, report.party_name, report.municipality, report.year,
        *(getattr(figures, measure.value) for measure in COUNTS), None if grant is None else int(grant),
        figures.source, figures.signed_by, report.version, report.reason, report.recorded_at,
    ]  # fmt: skip


async def export_reports(
    scope: Scope, wanted: ActivityFilter, file: IO[bytes], kind: ListFormat, *, sort: str, question: str
) -> Written:
    """Write the reports of a filter into an empty, seekable file, and tell the trail."""
    async with snapshot():
        found = await list_reports(scope, wanted, sort=sort, limit=None)
        anchor = await trail.read_anchor()
    written = await asyncio.to_thread(
        write_list,
        cast("BinaryIO", file),
        kind,
        COLUMNS,
        [_cells(report) for report in found.items],
        name=_("Activity reports"),
        facts=[("question", question), ("anchor", str(anchor))],
        made_at=trail.now(),
        totals={measure.value: found.sums[measure] for measure in ALWAYS},
    )
    await trail.record(
        scope, "activity:list:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written
