"""The `export` command of slices with a list: one set of options, and one way to write the file."""

import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

import click

from registry.console import fail, run
from registry.core.errors import InvalidInputError
from registry.documents.listing import MEDIA_TYPES, ListFormat
from registry.texts import describe

Command = Callable[..., None]
SPOOL_BYTES = 8 * 2**20


def export_options(command: Command) -> Command:
    """Add the format and where to write."""
    for decorate in (
        click.option("--output", metavar="FILE", required=True, help="Where to; - is standard output."),
        click.option(
            "--format", "format_", type=click.Choice(sorted(MEDIA_TYPES)), default="csv", show_default=True,
            help="What to write.",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def run_export(output: str, write: Callable[[IO[bytes]], Awaitable[object]]) -> None:
    """Write a list to a file, whole or not at all; a filter that can't be read is a usage error."""
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
        refused = run(lambda: _written(write, file))
        if refused is not None:
            raise click.UsageError("\n".join(f"--{name}: {text}" for name, text in refused.items()))
        file.seek(0)
        if output == "-":
            shutil.copyfileobj(file, sys.stdout.buffer)
            return
        part = Path(f"{output}.part")
        try:
            with part.open("wb") as target:
                shutil.copyfileobj(file, target)
            part.replace(output)
        except OSError as error:
            fail(f"{output}: {error.strerror}")
        finally:
            part.unlink(missing_ok=True)


async def _written(write: Callable[[IO[bytes]], Awaitable[object]], file: IO[bytes]) -> Mapping[str, str] | None:
    """None when it is written, otherwise what is wrong with each option."""
    try:
        await write(file)
    except InvalidInputError as error:
        return {name.replace("_", "-"): describe(inner) for name, inner in error.errors}
    return None


def as_format(name: str) -> ListFormat:
    """The format that an option names."""
    return "xlsx" if name == "xlsx" else "csv"
