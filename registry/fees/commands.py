"""`registry fees`: levels and engagements from files, checks and follow-up; percentages have a module of their own."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import SpooledTemporaryFile

import click

from registry.console import fail, run
from registry.core.access import CONSOLE, Scope
from registry.documents.listing import ListFormat
from registry.documents.sheet import Sheet, SheetErrors, format_error
from registry.fees.book import read_book
from registry.fees.checking import as_csv, as_json, check_file
from registry.fees.engagements_file import OPTIONAL as ENGAGEMENT_OPTIONAL
from registry.fees.engagements_file import REQUIRED as ENGAGEMENT_REQUIRED
from registry.fees.engagements_file import EngagementRow, read_rows
from registry.fees.export import export_engagements
from registry.fees.filters import (
    DEFAULT_SORT,
    followup_question,
    read_engagement_filter,
    read_followup_question,
)
from registry.fees.followup import Grouping
from registry.fees.importer import import_engagements
from registry.fees.levels_file import OPTIONAL, REQUIRED, LevelRow, read_level
from registry.fees.rate_commands import rates
from registry.fees.schedules import ensure_levels, import_schedules
from registry.fees.schemas import CheckedRow
from registry.fees.yearly import FollowupFormat, export_followup, follow_up
from registry.import_command import import_options, run_import
from registry.imports import Advance, Cells, FileKind, Imported, RefusedRowsError, Source, by_row
from registry.web.downloads import SPOOL_BYTES


@click.group()
def fees() -> None:
    """Recommended minimum fees of creators, and engagements checked against them."""


fees.add_command(rates)


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


@fees.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--format", "format_", type=click.Choice(["json", "csv"]), required=True, help="What to write.")
def check_command(file: Path, format_: str) -> None:
    """Check the engagements of a CSV or XLSX FILE against the levels in force; nothing is saved.

    Columns: creator; issuer; code; booking_date; contract_date; event_date; quantity; agreed_fee; tax; vat_included;
    motive, and vat_rate; artists where they matter. The creator may be any text. The results come in the file's order
    on standard output: outcome, level, normalised fee, gap, and the working step by step.
    """

    async def work() -> list[CheckedRow] | RefusedRowsError:
        await ensure_levels()
        try:
            return await check_file(CONSOLE, file)
        except RefusedRowsError as error:
            return error

    done = run(work)
    if isinstance(done, RefusedRowsError):
        fail(*(format_error(str(file), error) for error in by_row(done.errors)))
    click.echo(as_json(done) if format_ == "json" else as_csv(done), nl=False)


@fees.group()
def engagements() -> None:
    """Engagements of creators."""


async def read_engagements(_scope: Scope, sheet: Sheet) -> list[tuple[int, EngagementRow]]:
    """The file's engagements; parties and grants are looked up by the service."""
    return read_rows(sheet)


async def write_engagements(
    scope: Scope,
    rows: Sequence[tuple[int, EngagementRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
    advance: Advance = lambda _count: None,
) -> Imported:
    """Import the engagements and say that all are done."""
    done = await import_engagements(scope, rows, source, errors=errors, dry_run=dry_run)
    advance(len(rows))
    return done


ENGAGEMENTS_FILE = FileKind(ENGAGEMENT_REQUIRED, ENGAGEMENT_OPTIONAL, read_engagements, write_engagements)
"""The import file of engagements."""


@engagements.command("import")
@import_options
def import_engagements_command(file: Path, as_email: str | None, dry_run: bool) -> None:
    """Register the engagements of a CSV or XLSX FILE, all or none.

    Columns: creator; issuer; code; booking_date; contract_date; event_date; quantity; agreed_fee; tax; vat_included;
    motive; and vat_rate; artists; commissioner; funder; grant; title; travel; material. Parties by organisation
    number, by the registry's number (P-17) or by name; without a commissioner it is the funder itself. The same file
    twice changes nothing.
    """
    run_import(ENGAGEMENTS_FILE, file, as_email=as_email, dry_run=dry_run)


@engagements.command("export")
@click.option("--year", metavar="YEAR", help="Only this year's.")
@click.option("--funder", metavar="ORGNR", help="Only this funder's.")
@click.option("--issuer", metavar="NAME", help="Only this issuer's levels.")
@click.option("--discipline", metavar="ART", help="Only this art.")
@click.option("--creator", metavar="P-17", help="Only this creator's, by the registry's number.")
@click.option("--commissioner", metavar="ORGNR", help="Only this commissioner's.")
@click.option("--grant", metavar="B-12", help="Only those paid from this grant.")
@click.option("--outcome", metavar="OUTCOME", help="Only one of meets, below, no_schedule, incomplete.")
@click.option("--unmotivated", is_flag=True, help="Only those below the level without a motive.")
@click.option("--cancelled", is_flag=True, help="Cancelled ones too.")
@click.option("--format", "format_", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True,
              help="What to write.")  # fmt: skip
@click.option("--output", metavar="FILE", required=True, help="Where to; - is standard output.")
def export_command(format_: ListFormat, output: str, **asked: str | bool | None) -> None:
    """Write the list of engagements with their check to a file; the trail says so."""
    query = {name: "1" if value is True else str(value) for name, value in asked.items() if value}

    async def work() -> bytes:
        reading, wanted = await read_engagement_filter(CONSOLE, query, await read_book(CONSOLE))
        reading.demand()
        with SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
            question = reading.question(sort=DEFAULT_SORT)
            await export_engagements(CONSOLE, wanted, file, format_, sort=DEFAULT_SORT, question=question)
            file.seek(0)
            return file.read()

    _write(output, run(work))


def _write(output: str, data: bytes) -> None:
    try:
        with click.open_file(output, "wb") as target:
            target.write(data)
    except OSError as error:
        fail(f"{output}: {error.strerror}")


@fees.command("followup")
@click.option("--year", metavar="YEAR", help="The year; the latest with engagements when it is left out.")
@click.option("--by", type=click.Choice([one.value for one in Grouping]), default="discipline", show_default=True,
              help="What it is divided by.")  # fmt: skip
@click.option("--funder", metavar="ORGNR", help="Only this funder's engagements.")
@click.option("--issuer", metavar="NAME", help="Only this issuer's levels.")
@click.option("--discipline", metavar="ART", help="Only this art.")
@click.option("--commissioner", metavar="ORGNR", help="Only this commissioner.")
@click.option("--format", "format_", type=click.Choice(["csv", "xlsx", "json"]), required=True, help="What to write.")
@click.option("--output", metavar="FILE", required=True, help="Where to; - is standard output.")
def followup_command(format_: FollowupFormat, output: str, **asked: str | None) -> None:
    """Write the yearly follow-up: what was paid against the levels. Creators are neither named nor told apart."""
    query = {name: value for name, value in asked.items() if value}

    async def work() -> bytes:
        reading, wanted, year, grouping = await read_followup_question(CONSOLE, query)
        reading.demand()
        followup = await follow_up(CONSOLE, wanted, year=year, grouping=grouping)
        with SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
            question = followup_question(reading, year, grouping)
            await export_followup(CONSOLE, followup, file, format_, question=question)
            file.seek(0)
            return file.read()

    _write(output, run(work))
