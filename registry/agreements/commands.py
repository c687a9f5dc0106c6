"""`registry agreements`: the agreements as a file."""

from typing import IO

import click

from registry.agreements.export import export_agreements
from registry.core.access import CONSOLE
from registry.export_command import as_format, export_options, run_export


@click.group()
def agreements() -> None:
    """What region and kommun have agreed on."""


@agreements.command("export")
@export_options
def export_command(format_: str, output: str) -> None:
    """Write every agreement with its areas, programmes and frames to a file; the trail says so."""

    async def write(file: IO[bytes]) -> object:
        return await export_agreements(CONSOLE, file, as_format(format_))

    run_export(output, write)
