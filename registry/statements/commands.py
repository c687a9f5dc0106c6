"""`registry statements issue`: the statements of some parties, or of everyone, as files."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

import click

from registry.console import fail, progress, run
from registry.core.access import CONSOLE
from registry.core.errors import RegistryError
from registry.documents import rendering
from registry.parties.queries import find_party
from registry.settings import load_settings
from registry.statements.codes import file_name
from registry.statements.schemas import Language
from registry.statements.service import issue_statement
from registry.statements.years import PartyFilter, check_year, list_party_years
from registry.texts import LANGUAGES, _, describe, format_kronor, ngettext

AT_ONCE = 4
"""Statements under way: enough that the workers never wait for the database."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A party whose statement is to be written."""

    party_id: int
    number: str
    name: str
    language: Language


@dataclass(slots=True)
class Outcome:
    """What became of a run: how many files, how many of them new versions, their total, and what went wrong."""

    written: int = 0
    new: int = 0
    paid_ore: int = 0
    refused: list[str] = field(default_factory=list)


@click.group()
def statements() -> None:
    """Statements."""


@statements.command("issue")
@click.option("--year", type=click.IntRange(1990, 2100), required=True, help="The calendar year.")
@click.option("--party", "parties", multiple=True, metavar="ORGNR", help="A recipient; P-17 for a person. Repeatable.")
@click.option("--all", "everyone", is_flag=True, help="Everyone with anything to state of the year.")
@click.option("--language", type=click.Choice([*LANGUAGES]), help="The language; each recipient's own when left out.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Where to write; made when missing.",
)
@click.argument("more", nargs=-1, metavar="[ORGNR]...")
def issue(
    year: int, parties: tuple[str, ...], everyone: bool, language: str | None, output: Path, more: tuple[str, ...]
) -> None:
    """Write statements as PDF. The same figures as last time are the same file.

    A statement that can't be made is named and the others are written; the command then ends with status 1.
    """
    references = (*parties, *more)
    if everyone == bool(references):
        raise click.UsageError("Name recipients with --party, or take --all.")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{output}: {error.strerror}")
    outcome = run(partial(_issue, year, references, cast("Language | None", language), output))
    if outcome.written:
        click.echo(_summary(outcome, output))
    if outcome.refused:
        fail(*outcome.refused)


def _summary(outcome: Outcome, output: Path) -> str:
    files = ngettext("%(num)d statement in %(folder)s", "%(num)d statements in %(folder)s", outcome.written)
    told = _("%(files)s, of which %(new)s new versions. Control total, paid less reversed: %(paid)s.")
    return told % {
        "files": files % {"num": outcome.written, "folder": output},
        "new": outcome.new,
        "paid": format_kronor(outcome.paid_ore),
    }


async def _issue(year: int, references: tuple[str, ...], language: Language | None, output: Path) -> Outcome:
    outcome = Outcome()
    check_year(year)
    wanted = await _named(references, outcome) if references else await _everyone(year)
    gate, base_url = asyncio.Semaphore(AT_ONCE), load_settings().base_url
    try:
        with progress(_("Statements"), len(wanted)) as advance:
            await asyncio.gather(
                *(
                    _write(one, year, language or one.language, output, base_url, gate, outcome, advance)
                    for one in wanted
                )
            )
    finally:
        await asyncio.to_thread(rendering.stop)
    return outcome


async def _named(references: tuple[str, ...], outcome: Outcome) -> list[Wanted]:
    """The parties that were named, each once; one that can't be found is told by its place and left out.

    What was written isn't repeated: it may be a mistyped personal number.
    """
    found: dict[int, Wanted] = {}
    for place, reference in enumerate(references, start=1):
        try:
            party = await find_party(CONSOLE, reference)
        except RegistryError as error:
            told = {"place": place, "problem": describe(error)}
            outcome.refused.append(_("Recipient %(place)s: %(problem)s") % told)
            continue
        found[party.id] = Wanted(party.id, party.number, party.name, cast("Language", party.language))
    return list(found.values())


async def _everyone(year: int) -> list[Wanted]:
    listed = await list_party_years(CONSOLE, PartyFilter(year=year), limit=None)
    return [Wanted(item.party_id, item.number, item.name, cast("Language", item.language)) for item in listed.items]


async def _write(
    wanted: Wanted,
    year: int,
    language: Language,
    output: Path,
    base_url: str,
    gate: asyncio.Semaphore,
    outcome: Outcome,
    advance: Callable[[int], None],
) -> None:
    """Issue and write one statement; whatever is wrong with it is noted and stops nothing else."""
    path = output / file_name(wanted.number, year, language)
    part = path.with_suffix(".part")
    async with gate:
        try:
            issued = await issue_statement(CONSOLE, wanted.party_id, year, language, base_url=base_url)
            await asyncio.to_thread(_replace, part, path, issued.pdf)
        except RegistryError as error:
            outcome.refused.append(f"{wanted.number} {wanted.name}: {describe(error)}")
        except OSError as error:
            outcome.refused.append(f"{path}: {error.strerror}")
        else:
            outcome.written += 1
            outcome.new += issued.is_new
            outcome.paid_ore += issued.issue.paid_ore
        finally:
            advance(1)


def _replace(part: Path, path: Path, pdf: bytes) -> None:
    """Write whole or not at all."""
    try:
        part.write_bytes(pdf)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
