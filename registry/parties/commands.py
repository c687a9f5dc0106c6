"""`registry parties import`: parties from a file."""

from collections.abc import Sequence
from pathlib import Path

import click

from registry.core.access import Scope
from registry.documents.sheet import Sheet, SheetErrors
from registry.import_command import import_options, run_import
from registry.imports import Advance, Cells, FileKind, Imported, Source
from registry.parties.rules import read_kind
from registry.parties.schemas import PartyDetails
from registry.parties.service import import_parties

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
