"""`registry activity`: activity reports from a file, and the list of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click

from registry.activity.export import export_reports
from registry.activity.filters import DEFAULT_SORT, read_filter
from registry.activity.rules import read_count, read_municipality, read_year, refuse_personal
from registry.activity.schemas import ALWAYS, FURTHER, Measure
from registry.activity.service import ReportRow, import_reports
from registry.core.access import CONSOLE, Scope
from registry.core.money import Money
from registry.core.numbers import normalise_org_number
from registry.documents.sheet import Sheet, SheetErrors
from registry.export_command import as_format, export_options, run_export
from registry.import_command import import_options, run_import
from registry.imports import Advance, Cells, FileKind, Imported, Source

REQUIRED = ("org_number", "municipality", "year", *(measure.value for measure in ALWAYS), "source", "signed_by")
OPTIONAL = tuple(measure.value for measure in FURTHER)
MOST_TEXT = 200


async def read_rows(_scope: Scope, sheet: Sheet) -> list[tuple[int, ReportRow]]:
    """The file's reports; the associations are looked up by the service."""
    rows = []
    for number, values in sheet:
        row = _row(Cells(sheet, number, values))
        if row is not None:
            rows.append((number, row))
    return rows


def _row(cells: Cells) -> ReportRow | None:
    org_number = cells.read("org_number", normalise_org_number)
    municipality = cells.read("municipality", read_municipality)
    year = cells.read("year", read_year)
    given: dict[str, Any] = {measure.value: cells.read(measure.value, read_count) for measure in ALWAYS}
    for measure in FURTHER:
        if measure.value in cells.given:
            read = Money.parse if measure is Measure.STATE_GRANT else read_count
            given[measure.value] = cells.read(measure.value, read, required=False)
    given["source"] = cells.text("source", required=True, most=MOST_TEXT)
    given["signed_by"] = cells.text("signed_by", most=MOST_TEXT)
    for column in ("source", "signed_by"):
        cells.read(column, refuse_personal, required=False)
    if org_number is None or municipality is None or year is None or not cells.ok:
        return None
    return ReportRow(org_number, municipality, year, given)


async def write_rows(
    scope: Scope,
    rows: Sequence[tuple[int, ReportRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
    advance: Advance = lambda _count: None,
) -> Imported:
    """Import the reports and say that all are done."""
    done = await import_reports(scope, rows, source, errors=errors, dry_run=dry_run)
    advance(len(rows))
    return done


FILE = FileKind(REQUIRED, OPTIONAL, read_rows, write_rows)
"""The import file of activity reports."""


@click.group()
def activity() -> None:
    """Activity reports of study associations."""


@activity.command("import")
@import_options
def import_command(file: Path, as_email: str | None, dry_run: bool) -> None:
    """Register the activity reports of a CSV or XLSX FILE, all or none.

    Columns: org_number; municipality; year; study_hours; participant_hours; unique_participants; cultural_programmes;
    other_group_hours; source; signed_by. The columns target_group_hours, disability_participants,
    swedish_for_foreign_born and state_grant may be added. Figures that differ from the registered ones become a new
    version. Nothing about single people is taken: other columns are refused.
    """
    run_import(FILE, file, as_email=as_email, dry_run=dry_run)


@activity.command("export")
@click.option("--party", metavar="ORGNR", help="Only this study association; a part of a name finds several.")
@click.option("--municipality", metavar="NAME", help="Only this kommun.")
@click.option("--year", metavar="YEAR", help="Only activity of this year.")
@click.option("--corrected", is_flag=True, help="Only reports that were corrected.")
@export_options
def export_command(format_: str, output: str, *, corrected: bool, **asked: str | None) -> None:
    """Write the list of activity reports to a file; the trail says so."""
    query = {name: value for name, value in {**asked, "corrected": "1" if corrected else None}.items() if value}

    async def write(file: IO[bytes]) -> object:
        reading, wanted = await read_filter(CONSOLE, query)
        reading.demand()
        question = reading.question(sort=DEFAULT_SORT)
        return await export_reports(CONSOLE, wanted, file, as_format(format_), sort=DEFAULT_SORT, question=question)

    run_export(output, write)
