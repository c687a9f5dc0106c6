"""`registry closing`: a funder's year before it is closed, its figures as a file, and closing it."""

from collections.abc import Callable
from typing import IO

import click

from registry.closing.export import export_closing
from registry.closing.queries import read_closing
from registry.closing.schemas import CHECK_TITLES, Closing
from registry.closing.service import close
from registry.console import run
from registry.core.access import CONSOLE
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.export_command import as_format, export_options, run_export
from registry.parties.queries import UnknownPartyError, list_funders
from registry.texts import _, format_kronor, format_number

Command = Callable[..., None]


@click.group()
def closing() -> None:
    """Closing a funder's year."""


def _year_options(command: Command) -> Command:
    """Add which funder's year."""
    years = click.IntRange(FIRST_YEAR, LAST_YEAR)
    command = click.option("--year", type=years, required=True, help="The year.")(command)
    return click.option("--funder", metavar="ORGNR", required=True, help="The funder.")(command)


async def _funder_id(number: str) -> int:
    found = next((party.id for party in await list_funders(CONSOLE) if party.org_number == number), None)
    if found is None:
        raise UnknownPartyError(field="funder", party=number[:40])
    return found


@closing.command("show")
@_year_options
def show_command(funder: str, year: int) -> None:
    """Tell what is left to do before a year is closed, and its figures."""

    async def read() -> Closing:
        return await read_closing(CONSOLE, await _funder_id(funder), year)

    for line in describe_closing(run(read)):
        click.echo(line)


def describe_closing(found: Closing) -> list[str]:
    """The checklist and the sums of a year in lines."""
    state = _("closed") if found.closed else _("can't be closed yet") if found.blocked else _("may be closed")
    lines = [f"{found.funder.name} {found.year}: {state}"]
    for line in found.checks:
        mark = "!" if line.blocks else "-" if line.count else "+"
        amount = f", {format_kronor(line.amount_ore)}" if line.count and line.amount_ore is not None else ""
        lines.append(f"{mark} {_(CHECK_TITLES[line.check])}: {format_number(line.count)}{amount}")
    total = found.total
    for title, ore in (
        (_("Left to pay at the start"), total.before.remaining_ore),
        (_("Decided"), total.year.decided_ore),
        (_("Paid"), total.year.paid_ore),
        (_("Reversed"), total.year.reversed_ore),
        (_("Left to pay at the end"), total.after.remaining_ore),
        (_("Repaid"), total.year.repaid_ore),
    ):
        lines.append(f"  {title}: {format_kronor(ore)}")
    return lines


@closing.command("export")
@_year_options
@export_options
def export_command(funder: str, year: int, format_: str, output: str) -> None:
    """Write the closing figures, programme by programme; the trail says so."""

    async def write(file: IO[bytes]) -> object:
        found = await read_closing(CONSOLE, await _funder_id(funder), year)
        return await export_closing(CONSOLE, found, file, kind=as_format(format_))

    run_export(output, write)


@closing.command("close")
@_year_options
@click.option("--yes", is_flag=True, help="Needed: a closed year can't be opened again.")
def close_command(funder: str, year: int, *, yes: bool) -> None:
    """Close a year for good, as the operator."""
    if not yes:
        raise click.UsageError(_("A closed year can't be opened again. Say --yes if you mean it."))

    async def end() -> None:
        await close(CONSOLE, await _funder_id(funder), year)

    run(end)
    click.echo(_("%(year)s is closed.") % {"year": year})
