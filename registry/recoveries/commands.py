"""`registry recoveries`: the list of claims as a file."""

from typing import IO

import click

from registry.core.access import CONSOLE
from registry.export_command import as_format, export_options, run_export
from registry.grants.filters import read_filters
from registry.recoveries.export import export_claims
from registry.recoveries.filters import TITLES, claim_filter


@click.group()
def recoveries() -> None:
    """Recovery claims."""


@recoveries.command("export")
@click.option("--funder", metavar="ORGNR", help="Only this funder's grants.")
@click.option("--recipient", metavar="ORGNR", help="Only this recipient; P-17 for a person.")
@click.option("--programme", metavar="CODE", help="Only grants of the programme with this code.")
@click.option("--status", metavar="STATUS", help=f"One of {', '.join(TITLES)}.")
@click.option("--from", "from_", metavar="DATE", help="Decided on this day or later.")
@click.option("--to", metavar="DATE", help="Decided on this day or earlier.")
@export_options
def export_command(format_: str, output: str, from_: str | None, **asked: str | None) -> None:
    """Write the list of claims to a file; the trail says so."""
    query = {name: value for name, value in {**asked, "from": from_}.items() if value}

    async def write(file: IO[bytes]) -> object:
        filters = await read_filters(CONSOLE, query)
        wanted = claim_filter(filters)
        filters.demand()
        question = filters.question(sort="-decided_on")
        return await export_claims(CONSOLE, wanted, file, kind=as_format(format_), question=question)

    run_export(output, write)
