"""A batch at the command line: begun or taken up again, run here or watched, and written as files and as a zip."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from registry.console import progress, warn
from registry.core.access import CONSOLE
from registry.documents.executors import Renderer, open_renderer
from registry.parties.queries import find_party
from registry.settings import load_settings
from registry.statements.batch_archive import line_file, stream_archive
from registry.statements.batch_queries import list_lines, read_files, read_progress
from registry.statements.batch_runner import Advance, BatchBusyError, follow_batch, run_batch
from registry.statements.batch_schemas import AnyLanguage, Batch, BatchRequest, Line, Origin, Outcome
from registry.statements.batch_service import DIFFERS, begin_batch, difference_text, problem_of, tell_export
from registry.statements.named_console import write_whole
from registry.statements.render import warm_up
from registry.texts import _, describe


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked for. `folder` and `archive` are where to write, or None."""

    year: int
    kind: str
    funder: str | None
    language: AnyLanguage
    executor: str
    folder: Path | None
    archive: Path | None


@dataclass(frozen=True, slots=True)
class Report:
    """A batch that has ended, and the lines of it."""

    batch: Batch
    lines: list[Line]

    @property
    def refused(self) -> list[str]:
        """The statements that couldn't be made, and why."""
        return [
            f"{line.number} {line.name}: {problem_of(line)}" for line in self.lines if line.outcome is Outcome.FAILED
        ]

    @property
    def differences(self) -> list[str]:
        """Where the auditor's summary says another sum, and what to do."""
        end = self.batch.end
        if end is None or end.totals is None or end.totals.agree:
            return []
        return [difference_text(one) for one in end.totals.differences] + [_(DIFFERS)]


async def issue_everyone(wish: Wish) -> Report:
    """Issue what is asked for, going on where the same command was broken off, and write it out."""
    funder_id = (await find_party(CONSOLE, wish.funder)).id if wish.funder else None
    wanted = BatchRequest(year=wish.year, kind=wish.kind, funder_id=funder_id, language=wish.language)
    renderer = await asyncio.to_thread(open_renderer, wish.executor, warm_up)
    try:
        batch = await begin_batch(CONSOLE, wanted, origin=Origin.CONSOLE)
        batch = await _until_done(batch, renderer)
    finally:
        await asyncio.to_thread(renderer.close)
    lines = (await list_lines(CONSOLE, batch.id, limit=None)).items
    if wish.folder is not None:
        await _write_files(batch, lines, wish.folder)
    if wish.archive is not None:
        await _write_archive(batch, wish.archive)
    if wish.folder is not None or wish.archive is not None:
        await tell_export(CONSOLE, batch)
    return Report(batch, lines)


class _Bar:
    """The progress bar, moved by what this process settles and by what it sees another settle."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._shown = 0

    def add(self, count: int) -> None:
        """So many more are settled."""
        self._shown += count
        self._advance(count)

    def show(self, count: int) -> None:
        """So many are settled in all."""
        self.add(count - self._shown)


async def _until_done(batch: Batch, renderer: Renderer) -> Batch:
    """Run the batch, or watch it while another process is at it and take over when that one leaves it."""
    with progress(_("Statements"), batch.parties) as advance:
        bar = _Bar(advance)
        while True:
            bar.show((await read_progress(CONSOLE, batch)).counts.done)
            try:
                return await run_batch(batch, renderer, base_url=load_settings().base_url, advance=bar.add)
            except BatchBusyError as busy:
                warn(describe(busy))
            if (ended := await follow_batch(batch, tell=bar.show)) is not None:
                return ended


async def _write_files(batch: Batch, lines: list[Line], folder: Path) -> None:
    """Write every file; one that is there already and is the same stays as it is."""
    async for line, pdf in read_files(CONSOLE, lines):
        await asyncio.to_thread(write_whole, folder / line_file(batch, line), pdf)


async def _write_archive(batch: Batch, path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            async for chunk in stream_archive(CONSOLE, batch):
                await asyncio.to_thread(file.write, chunk)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
