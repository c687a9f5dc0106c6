"""Named recipients at the command line: each statement issued and written by itself, whatever is wrong with another."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from registry.console import progress
from registry.core.access import CONSOLE
from registry.core.errors import RegistryError
from registry.documents import rendering
from registry.parties.queries import find_party
from registry.settings import load_settings
from registry.statements.codes import file_name
from registry.statements.schemas import Language
from registry.statements.service import issue_statement
from registry.statements.years import check_year
from registry.texts import _, describe

AT_ONCE = 4
"""Statements under way: enough that the workers never wait for the database."""


@dataclass(frozen=True, slots=True)
class Named:
    """A party whose statement is to be written."""

    party_id: int
    number: str
    name: str
    language: Language


@dataclass(slots=True)
class Written:
    """What became of a run: how many files, how many of them new versions, their total, and what went wrong."""

    files: int = 0
    new: int = 0
    paid_ore: int = 0
    refused: list[str] = field(default_factory=list)


async def issue_named(year: int, references: tuple[str, ...], language: Language | None, folder: Path) -> Written:
    """Issue the statements of some parties and write them. Raises: YearNotBegunError."""
    check_year(year)
    written = Written()
    named = await _find(references, written)
    gate, base_url = asyncio.Semaphore(AT_ONCE), load_settings().base_url
    try:
        with progress(_("Statements"), len(named)) as advance:
            await asyncio.gather(
                *(
                    _issue(one, year, language or one.language, folder, base_url, gate, written, advance)
                    for one in named
                )
            )
    finally:
        await asyncio.to_thread(rendering.stop)
    return written


async def _find(references: tuple[str, ...], written: Written) -> list[Named]:
    """The parties that were named, each once; one that can't be found is told by its place and left out.

    What was written isn't repeated: it may be a mistyped personal number.
    """
    found: dict[int, Named] = {}
    for place, reference in enumerate(references, start=1):
        try:
            party = await find_party(CONSOLE, reference)
        except RegistryError as error:
            told = {"place": place, "problem": describe(error)}
            written.refused.append(_("Recipient %(place)s: %(problem)s") % told)
            continue
        found[party.id] = Named(party.id, party.number, party.name, cast("Language", party.language))
    return list(found.values())


async def _issue(
    named: Named,
    year: int,
    language: Language,
    folder: Path,
    base_url: str,
    gate: asyncio.Semaphore,
    written: Written,
    advance: Callable[[int], None],
) -> None:
    """Issue and write one statement; whatever is wrong with it is noted and stops nothing else."""
    path = folder / file_name(named.number, year, language)
    async with gate:
        try:
            issued = await issue_statement(CONSOLE, named.party_id, year, language, base_url=base_url)
            await asyncio.to_thread(write_whole, path, issued.pdf)
        except RegistryError as error:
            written.refused.append(f"{named.number} {named.name}: {describe(error)}")
        except OSError as error:
            written.refused.append(f"{path}: {error.strerror}")
        else:
            written.files += 1
            written.new += issued.is_new
            written.paid_ore += issued.issue.paid_ore
        finally:
            advance(1)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; one that is there already and is the same stays as it is."""
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
