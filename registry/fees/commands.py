"""`registry fees`."""

from collections.abc import Sequence
from pathlib import Path

import click

from registry.core.access import Scope
from registry.documents.sheet import Sheet, SheetErrors
from registry.fees.levels_file import OPTIONAL, REQUIRED, LevelRow, read_level
from registry.fees.schedules import import_schedules
from registry.import_command import import_options, run_import
from registry.imports import Advance, Cells, FileKind, Imported, Source


@click.group()
def fees() -> None:
    """Recommended minimum fees of creators, and engagements checked against them."""


async def read_levels(_scope: Scope, sheet: Sheet) -> list[tuple[int, LevelRow]]:
    """The file's levels."""
    rows = [(number, read_level(Cells(sheet, number, cells))) for number, cells in sheet]
    return [(number, row) for number, row in rows if row is not None]


async def write_levels(
    scope: Scope,
    rows: Sequence[tuple[int, LevelRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
    advance: Advance = lambda _count: None,
) -> Imported:
    """Import the schedules and say that all rows are done."""
    done = await import_schedules(scope, rows, source, errors=errors, dry_run=dry_run)
    advance(len(rows))
    return done


LEVELS_FILE = FileKind(REQUIRED, OPTIONAL, read_levels, write_levels)
"""The import file of fee levels."""


@fees.command("import")
@import_options
def import_command(file: Path, as_email: str | None, dry_run: bool) -> None:
    """Register the fee schedules of a CSV or XLSX FILE, all or none.

    Columns: issuer; schedule; valid_from; valid_to; applies_by; code; title; unit; amount_sek; basis; source;
    discipline; url; note; reason. One row a level. A schedule with the same start as one that is registered needs a
    reason, and then applies instead of it; what is registered stays.
    """
    run_import(LEVELS_FILE, file, as_email=as_email, dry_run=dry_run)
