"""The command `registry summaries export`."""

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
from registry.settings import load_settings
from registry.summaries.rules import check_period, read_question
from registry.summaries.schemas import Format, Group, Question
from registry.summaries.service import export_summary
from registry.texts import describe, set_language

FORMATS = [kind.value for kind in Format]


@click.group()
def summaries() -> None:
    """The auditor's summary."""


@summaries.command("export")
@click.option("--by", metavar="GROUPS", help=f"Some of {', '.join(Group)}, in order, joined by commas.")
@click.option("--year", metavar="YEAR", help="The year of the value dates.")
@click.option("--from", "from_", metavar="DATE", help="The first value date.")
@click.option("--to", metavar="DATE", help="The last value date.")
@click.option("--as-of", metavar="DATE", help="Leave out later value dates.")
@click.option("--known-at", metavar="TIME", help="Leave out what was registered later: a day or a moment.")
@click.option("--funder", metavar="ORGNR", help="Only this funder.")
@click.option("--programme", metavar="CODE", help="Only programmes with this code.")
@click.option("--recipient", metavar="ORGNR", help="Only this recipient; P-17 for a person.")
@click.option("--area", metavar="CODE", help="Only this priority area, or none.")
@click.option("--kind", metavar="KIND", help="Only this kind of programme.")
@click.option("--budget-year", metavar="YEAR", help="Only decisions from this year's frames.")
@click.option("--ksm", metavar="inside|outside", help="Only inside or outside Kultursamverkansmodellen.")
@click.option("--via", metavar="ORGNR", help="Only paid via this intermediary, or none.")
@click.option("--format", "format_", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option("--output", metavar="FILE", required=True, help="Where to; - is standard output.")
def export(format_: str, output: str, from_: str | None, **asked: str | None) -> None:
    """Answer a question and write it to a file; the trail says so."""
    question = _read({name: value for name, value in {**asked, "from": from_}.items() if value})
    kind = Format(format_)
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
        return check_period(read_question(values))
    except InvalidInputError as error:
        wrong = "\n".join(f"--{name.replace('_', '-')}: {describe(inner)}" for name, inner in error.errors)
        raise click.UsageError(wrong) from error


async def _write(question: Question, kind: Format, target: IO[bytes]) -> None:
    try:
        done = await export_summary(CONSOLE, question, kind)
    finally:
        await asyncio.to_thread(rendering.stop)
    with done.file as file:
        file.seek(0)
        shutil.copyfileobj(file, target)
