"""The commands `registry initiatives list` and `registry initiatives export`."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import click

from registry.console import fail, run
from registry.core.access import CONSOLE
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.documents import rendering
from registry.documents.listing import ListFormat
from registry.initiatives.export import export_list, export_year
from registry.initiatives.files import Format
from registry.initiatives.filters import Asked, list_asked
from registry.initiatives.schemas import InitiativeKind
from registry.settings import load_settings
from registry.texts import set_language

LIST_FORMATS: dict[str, ListFormat] = {"csv": "csv", "xlsx": "xlsx"}
Write = Callable[[IO[bytes]], Awaitable[None]]


@click.group()
def initiatives() -> None:
    """Yearly editions of an initiative, and bodies that several funders keep together."""


@initiatives.command("list")
@click.option("--kind", type=click.Choice([kind.value for kind in InitiativeKind]), help="Only of this kind.")
@click.option("--search", default="", metavar="TEXT", help="Only where title, body or society has this in its name.")
@click.option("--format", "format_", type=click.Choice(list(LIST_FORMATS)), default="csv", help="What to write.")
@click.option("--output", default="-", metavar="FILE", help="Where to; - is standard output.")
def list_(kind: str | None, search: str, format_: str, output: str) -> None:
    """The initiatives year by year: agreed or planned, decided and paid; the trail says so."""
    asked = Asked(InitiativeKind(kind) if kind else None, search.strip(), "title")
    _save(output, partial(_write_list, asked, LIST_FORMATS[format_]))


@initiatives.command("export")
@click.option("--initiative", "number", metavar="NUMBER", required=True, help="The initiative, such as S-1.")
@click.option("--year", type=click.IntRange(FIRST_YEAR, LAST_YEAR), required=True, help="Which year.")
@click.option("--format", "format_", type=click.Choice([kind.value for kind in Format]), required=True,
              help="What to write.")  # fmt: skip
@click.option("--output", metavar="FILE", required=True, help="Where to; - is standard output.")
def export(number: str, year: int, format_: str, output: str) -> None:
    """A year: the funding picture of a co-funded body, or an edition with its outcome; the trail says so."""
    _save(output, partial(_write_year, number, year, Format(format_)))


def _save(output: str, write: Write) -> None:
    """Write to standard output, or to a file that is there whole or not at all."""
    set_language(load_settings().language)
    if output == "-":
        run(partial(write, sys.stdout.buffer))
        return
    part = Path(f"{output}.part")
    try:
        with part.open("wb") as file:
            run(partial(write, file))
        part.replace(output)
    except OSError as error:
        fail(f"{output}: {error.strerror}")
    finally:
        part.unlink(missing_ok=True)


async def _write_list(asked: Asked, kind: ListFormat, target: IO[bytes]) -> None:
    found = await list_asked(CONSOLE, asked)
    with TemporaryFile() as file:
        await export_list(CONSOLE, file, kind, initiatives=found, question=asked.text)
        _copy(file, target)


async def _write_year(number: str, year: int, kind: Format, target: IO[bytes]) -> None:
    try:
        done = await export_year(CONSOLE, number, year, kind)
    finally:
        await asyncio.to_thread(rendering.stop)
    with done.file as file:
        _copy(file, target)


def _copy(file: IO[bytes], target: IO[bytes]) -> None:
    file.seek(0)
    shutil.copyfileobj(file, target)
