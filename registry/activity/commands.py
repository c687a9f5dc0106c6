"""`registry activity import`: activity reports from a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from registry.activity.rules import read_count, read_municipality, read_year, refuse_personal
from registry.activity.schemas import ALWAYS, FURTHER, Measure
from registry.activity.service import ReportRow, import_reports
from registry.core.access import Scope
from registry.core.money import Money
from registry.core.numbers import normalise_org_number
from registry.documents.sheet import Sheet, SheetErrors
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
