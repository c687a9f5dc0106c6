"""`registry reminders`: what is late or due soon, as a file."""

from typing import IO

import click

from registry.core.access import CONSOLE
from registry.export_command import as_format, export_options, run_export
from registry.reminders.export import export_tasks
from registry.reminders.filters import DEFAULT_SORT, find_tasks, read_wanted
from registry.reminders.schemas import TaskKind, Urgency


@click.group()
def reminders() -> None:
    """What is due soon or late, as a list and as a calendar feed."""


@reminders.command("export")
@click.option("--funder", metavar="ORGNR", help="Only this funder's.")
@click.option("--kind", metavar="KIND", help=f"One of {', '.join(TaskKind)}.")
@click.option("--urgency", metavar="URGENCY", help=f"One of {', '.join(Urgency)}.")
@click.option("--to", metavar="DATE", help="The last day to look at; 30 days ahead unless said.")
@export_options
def export_command(format_: str, output: str, **asked: str | None) -> None:
    """Write what officers have to do, late first; the trail says so."""
    query = {name: value for name, value in asked.items() if value}

    async def write(file: IO[bytes]) -> object:
        wanted, parameters = await read_wanted(CONSOLE, query)
        parameters.demand()
        tasks = await find_tasks(CONSOLE, wanted)
        return await export_tasks(
            CONSOLE, tasks, file, kind=as_format(format_), question=parameters.question(sort=DEFAULT_SORT)
        )

    run_export(output, write)
