"""`registry parties import`: parties from a file."""

from collections.abc import Sequence
from pathlib import Path

import click

from registry.core.access import Scope
from registry.core.numbers import normalise_org_number
from registry.core.periods import parse_date
from registry.documents.sheet import Sheet, SheetErrors
from registry.import_command import import_options, run_import
from registry.imports import Advance, Cells, FileKind, Imported, Source
from registry.parties.rules import read_kind
from registry.parties.schemas import PartyDetails
from registry.parties.service import import_parties
from registry.parties.statuses import StatusDetails, import_statuses, read_status

REQUIRED = ("org_number", "name", "kind")
OPTIONAL = ("municipality", "language", "bankgiro", "plusgiro", "email")


async def read_rows(_scope: Scope, sheet: Sheet) -> list[tuple[int, PartyDetails]]:
    """The file's parties; numbers and language are checked by the service."""
    rows = []
    for number, values in sheet:
        cells = Cells(sheet, number, values)
        details = _details(cells)
        if details is not None:
            rows.append((number, details))
    return rows


def _details(cells: Cells) -> PartyDetails | None:
    org_number = cells.text("org_number", required=True, most=40)
    name = cells.text("name", required=True)
    kind = cells.read("kind", read_kind)
    municipality = cells.text("municipality", most=80)
    language = cells.text("language").lower() or "sv"
    bankgiro, plusgiro = cells.text("bankgiro", most=40), cells.text("plusgiro", most=40)
    email = cells.text("email", most=254)
    if kind is None or not cells.ok:
        return None
    optional = {
        "municipality": municipality,
        "language": language,
        "bankgiro": bankgiro,
        "plusgiro": plusgiro,
        "email": email,
    }
    given = {column: value for column, value in optional.items() if column in cells.given}
    return PartyDetails(org_number=org_number, name=name, kind=kind, **given)


async def write_rows(
    scope: Scope,
    rows: Sequence[tuple[int, PartyDetails]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
    advance: Advance = lambda _count: None,
) -> Imported:
    """Import the parties and say that all are done."""
    done = await import_parties(scope, rows, source, errors=errors, dry_run=dry_run)
    advance(len(rows))
    return done


FILE = FileKind(REQUIRED, OPTIONAL, read_rows, write_rows)
"""The import file of parties."""


@click.group()
def parties() -> None:
    """Recipients and funders."""


@parties.command("import")
@import_options
def import_command(file: Path, as_email: str | None, dry_run: bool) -> None:
    """Register or change the parties of a CSV or XLSX FILE, all or none.

    Columns: org_number; name; kind; municipality; language; bankgiro; plusgiro; email. The first three are needed; a
    column that the file doesn't have leaves what is registered as it is.
    """
    run_import(FILE, file, as_email=as_email, dry_run=dry_run)


STATUS_REQUIRED = ("org_number", "status", "valid_from", "source")


async def read_status_rows(_scope: Scope, sheet: Sheet) -> list[tuple[int, tuple[str, StatusDetails]]]:
    """The file's standings by organisation number."""
    rows = []
    for number, values in sheet:
        cells = Cells(sheet, number, values)
        org_number = cells.read("org_number", normalise_org_number)
        status, valid_from = cells.read("status", read_status), cells.read("valid_from", parse_date)
        source, reason = cells.text("source", required=True, most=500), cells.text("reason", most=2000)
        if org_number is not None and status is not None and valid_from is not None and cells.ok:
            details = StatusDetails(status=status, valid_from=valid_from, source=source, reason=reason)
            rows.append((number, (org_number, details)))
    return rows


async def write_status_rows(
    scope: Scope,
    rows: Sequence[tuple[int, tuple[str, StatusDetails]]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
    advance: Advance = lambda _count: None,
) -> Imported:
    """Import the standings and say that all are done."""
    done = await import_statuses(scope, rows, source, errors=errors, dry_run=dry_run)
    advance(len(rows))
    return done


STATUS_FILE = FileKind(STATUS_REQUIRED, ("reason",), read_status_rows, write_status_rows)
"""The import file of standings."""


@parties.group()
def statuses() -> None:
    """What study associations are from a day on: active, without state grants, or closed."""


@statuses.command("import")
@import_options
def import_statuses_command(file: Path, as_email: str | None, dry_run: bool) -> None:
    """Register the standings of study associations of a CSV or XLSX FILE, all or none.

    Columns: org_number; status (active, without_state_grants or closed); valid_from; source; reason.
    """
    run_import(STATUS_FILE, file, as_email=as_email, dry_run=dry_run)
