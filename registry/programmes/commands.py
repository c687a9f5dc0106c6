"""`registry programmes import`: programmes and their yearly frames from a file."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from registry.agreements.queries import Area, list_areas, match_area
from registry.agreements.service import ensure_agreement
from registry.core.access import Scope
from registry.core.errors import N_
from registry.core.money import Money
from registry.core.numbers import normalise_org_number
from registry.documents.sheet import Sheet, SheetErrors
from registry.import_command import import_options, run_import
from registry.imports import Advance, Cells, FileKind, Imported, Source
from registry.programmes.rules import CODE_MESSAGE, YEAR_MESSAGE, is_code, parse_year, read_kind, read_yes_no
from registry.programmes.schemas import ProgrammeDetails
from registry.programmes.service import ProgrammeRow, import_programmes

REQUIRED = ("code", "title", "kind", "funder", "year", "frame")
OPTIONAL = ("priority_area", "inside_ksm", "account")

COLUMN_OF = {"area_id": "priority_area", "inside_ksm": "inside_ksm", "account": "account"}
"""A programme's optional fields and the columns that hold them."""

TWICE_MESSAGE = N_("The frame of this programme and year stands in row %(row)s too. Remove one.")
DIFFERS_MESSAGE = N_(
    "Row %(row)s says something else of the same programme. Make its rows alike but for year and frame."
)


async def read_rows(scope: Scope, sheet: Sheet) -> list[tuple[int, ProgrammeRow]]:
    """The file's programmes, one row a year."""
    await ensure_agreement()
    areas = await list_areas(scope)
    rows: list[tuple[int, ProgrammeRow]] = []
    seen: dict[tuple[object, ...], tuple[int, ProgrammeRow]] = {}
    for number, values in sheet:
        cells = Cells(sheet, number, values)
        row = _row(cells, areas)
        if row is not None and _check_against(cells, row, seen):
            rows.append((number, row))
    return rows


def _row(cells: Cells, areas: list[Area]) -> ProgrammeRow | None:
    code = cells.read("code", _read_code)
    title = cells.text("title", required=True)
    kind = cells.read("kind", read_kind)
    funder = cells.read("funder", normalise_org_number)
    area = cells.read("priority_area", lambda text: match_area(areas, text), required=False)
    inside_ksm = cells.read("inside_ksm", partial(read_yes_no, field="inside_ksm"), required=False)
    account = cells.text("account", most=30)
    year = cells.read("year", _read_year)
    frame = cells.read("frame", Money.parse)
    if code is None or kind is None or funder is None or year is None or frame is None or not cells.ok:
        return None
    optional = {"area_id": area.id if area else None, "inside_ksm": bool(inside_ksm), "account": account}
    given = {name: value for name, value in optional.items() if COLUMN_OF[name] in cells.given}
    details = ProgrammeDetails.model_validate({"code": code, "title": title, "kind": kind, **given})
    return ProgrammeRow(funder, details, year, frame)


def _read_code(text: str) -> str:
    if not is_code(text):
        raise ValueError(CODE_MESSAGE)
    return text


def _read_year(text: str) -> int:
    year = parse_year(text)
    if year is None:
        raise ValueError(YEAR_MESSAGE)
    return year


def _check_against(cells: Cells, row: ProgrammeRow, seen: dict[tuple[object, ...], tuple[int, ProgrammeRow]]) -> bool:
    """Rows of one programme say the same of it, and each year stands once; `seen` takes the row."""
    programme = (row.funder, row.details.code)
    first, before = seen.setdefault(programme, (cells.number, row))
    same_year, _twin = seen.setdefault((*programme, row.year), (cells.number, row))
    if same_year != cells.number:
        cells.refuse("year", TWICE_MESSAGE, row=same_year)
    elif before.details != row.details:
        cells.refuse(_first_difference(before.details, row.details), DIFFERS_MESSAGE, row=first)
    return cells.ok


def _first_difference(one: ProgrammeDetails, other: ProgrammeDetails) -> str:
    """The column in which two rows differ."""
    for field, column in {"title": "title", "kind": "kind", **COLUMN_OF}.items():
        if getattr(one, field) != getattr(other, field):
            return column
    return "code"


async def write_rows(
    scope: Scope,
    rows: Sequence[tuple[int, ProgrammeRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
    advance: Advance = lambda _count: None,
) -> Imported:
    """Import the programmes and say that all are done."""
    done = await import_programmes(scope, rows, source, errors=errors, dry_run=dry_run)
    advance(len(rows))
    return done


FILE = FileKind(REQUIRED, OPTIONAL, read_rows, write_rows)
"""The import file of programmes."""


@click.group()
def programmes() -> None:
    """Programmes and their yearly frames."""


@programmes.command("import")
@import_options
def import_command(file: Path, as_email: str | None, dry_run: bool) -> None:
    """Register or change the programmes and frames of a CSV or XLSX FILE, one row a year, all or none.

    Columns: code; title; kind; funder; priority_area; inside_ksm; account; year; frame. The columns priority_area,
    inside_ksm and account may be left out, which leaves what is registered as it is.
    """
    run_import(FILE, file, as_email=as_email, dry_run=dry_run)
