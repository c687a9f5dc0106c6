"""`registry reports`: demanding reports by a file, and the list of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO

import click

from registry.core.access import CONSOLE, Scope
from registry.core.numbers import normalise_org_number
from registry.core.periods import parse_date
from registry.documents.sheet import Sheet, SheetErrors
from registry.export_command import as_format, export_options, run_export
from registry.grants.filters import read_filters
from registry.grants.schemas import DemandedReport, ReportKind
from registry.import_command import import_options, run_import
from registry.imports import Advance, Cells, FileKind, Imported, Source
from registry.reports.export import export_reports
from registry.reports.filters import STATUS_TITLES, report_filter
from registry.reports.rules import read_report_kind
from registry.reports.service import ReportRow, import_reports

REQUIRED = ("due_on",)
OPTIONAL = ("grant", "funder", "dnr", "recipient", "kind", "title", "demanded_on")


async def read_rows(_scope: Scope, sheet: Sheet) -> list[tuple[int, ReportRow]]:
    """The file's reports; grants are looked up by the service."""
    rows = []
    for number, values in sheet:
        row = _row(Cells(sheet, number, values))
        if row is not None:
            rows.append((number, row))
    return rows


def _row(cells: Cells) -> ReportRow | None:
    grant = cells.text("grant", most=40)
    whole = not grant
    funder = cells.read("funder", normalise_org_number, required=whole) or ""
    dnr = cells.text("dnr", required=whole, most=60)
    recipient = cells.read("recipient", normalise_org_number, required=whole) or ""
    title = cells.text("title")
    kind = cells.read("kind", read_report_kind, required=False) or (ReportKind.OTHER if title else ReportKind.FINAL)
    due_on = cells.read("due_on", parse_date)
    demanded_on = cells.read("demanded_on", parse_date, required=False)
    if due_on is None or not cells.ok:
        return None
    demanded = DemandedReport(kind=kind, title=title, due_on=due_on)
    return ReportRow(grant, funder, dnr, recipient, demanded, demanded_on)


async def write_rows(
    scope: Scope,
    rows: Sequence[tuple[int, ReportRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
    advance: Advance = lambda _count: None,
) -> Imported:
    """Import the demands and say that all are done."""
    done = await import_reports(scope, rows, source, errors=errors, dry_run=dry_run)
    advance(len(rows))
    return done


FILE = FileKind(REQUIRED, OPTIONAL, read_rows, write_rows)
"""The import file of reports."""


@click.group()
def reports() -> None:
    """Accounting reports that grants demand."""


@reports.command("import")
@import_options
def import_command(file: Path, as_email: str | None, dry_run: bool) -> None:
    """Demand the reports of a CSV or XLSX FILE, all or none; those that are demanded already stay as they are.

    Columns: grant, or funder; dnr; recipient; then kind; title; due_on; demanded_on. A kind is final, interim,
    activity, accounts or other; without demanded_on the decision itself demands the report.
    """
    run_import(FILE, file, as_email=as_email, dry_run=dry_run)


@reports.command("export")
@click.option("--funder", metavar="ORGNR", help="Only this funder's grants.")
@click.option("--recipient", metavar="ORGNR", help="Only this recipient; P-17 for a person.")
@click.option("--programme", metavar="CODE", help="Only grants of the programme with this code.")
@click.option("--year", metavar="YEAR", help="Only grants of this budget year.")
@click.option("--status", metavar="STATUS", help=f"One of {', '.join(STATUS_TITLES)}.")
@click.option("--from", "from_", metavar="DATE", help="Due on this day or later.")
@click.option("--to", metavar="DATE", help="Due on this day or earlier.")
@export_options
def export_command(format_: str, output: str, from_: str | None, **asked: str | None) -> None:
    """Write the list of reports to a file; the trail says so."""
    query = {name: value for name, value in {**asked, "from": from_}.items() if value}

    async def write(file: IO[bytes]) -> object:
        filters = await read_filters(CONSOLE, query)
        wanted = report_filter(filters)
        filters.demand()
        question = filters.question(sort="due_on")
        return await export_reports(CONSOLE, wanted, file, kind=as_format(format_), question=question)

    run_export(output, write)
