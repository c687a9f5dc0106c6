"""The command `registry followup export`."""

import asyncio
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import IO

import click

from registry.console import fail, run
from registry.core.access import CONSOLE
from registry.core.errors import InvalidInputError
from registry.documents import rendering
from registry.followup.rules import read_question
from registry.followup.schemas import GROUPS, Format, Question
from registry.followup.service import export_follow_up
from registry.settings import load_settings
from registry.texts import describe, set_language

FORMATS = [kind.value for kind in Format]


@click.group()
def followup() -> None:
    """The follow-up of the agreement."""


@followup.command("export")
@click.option("--by", metavar="GROUPS", help=f"Some of {', '.join(GROUPS)}, in order, joined by commas.")
@click.option("--agreement", metavar="NUMBER", help="The years of this agreement, such as A-1.")
@click.option("--year-from", metavar="YEAR", help="The first budget year.")
@click.option("--year-to", metavar="YEAR", help="The last budget year.")
@click.option("--funder", metavar="ORGNR", help="Only this funder.")
@click.option("--area", metavar="CODE", help="Only this priority area, or none.")
@click.option("--ksm", metavar="inside|outside", help="Only inside or outside Kultursamverkansmodellen.")
@click.option("--programme", metavar="CODE", help="Only programmes with this code.")
@click.option("--format", "format_", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option("--output", metavar="FILE", required=True, help="Where to; - is standard output.")
def export(format_: str, output: str, **asked: str | None) -> None:
    """Follow the agreement up: frames, decided, paid and unspent by area, funder and budget year; the trail says so."""
    question, kind = _read({name: value for name, value in asked.items() if value}), Format(format_)
    if output == "-":
        run(partial(_write, question, kind, sys.stdout.buffer))
        return
    part = Path(f"{output}.part")
    try:
        with part.open("wb") as file:
            run(partial(_write, question, kind, file))
        part.replace(output)
    except OSError as error:
        fail(f"{output}: {error.strerror}")
    finally:
        part.unlink(missing_ok=True)


def _read(values: dict[str, str]) -> Question:
    set_language(load_settings().language)
    try:
        return read_question(values)
    except InvalidInputError as error:
        wrong = "\n".join(f"--{name.replace('_', '-')}: {describe(inner)}" for name, inner in error.errors)
        raise click.UsageError(wrong) from error


async def _write(question: Question, kind: Format, target: IO[bytes]) -> None:
    try:
        done = await export_follow_up(CONSOLE, question, kind)
    finally:
        await asyncio.to_thread(rendering.stop)
    with done.file as file:
        file.seek(0)
        shutil.copyfileobj(file, target)
