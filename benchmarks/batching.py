"""Everyone's statements on two workers, from figures to stored versions, beside one process and bare WeasyPrint."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median

import psutil

from benchmarks.associations import import_associations
from benchmarks.ground import ground
from benchmarks.measure import forget_peak, held_memory, no_garbage, peak_memory
from benchmarks.report import Figure
from benchmarks.sizes import Sizes
from benchmarks.stating import weasyprint_alone
from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.documents.executors import PoolRenderer
from registry.documents.pool import RenderPool
from registry.statements.batch_runner import run_batch
from registry.statements.batch_schemas import AnyLanguage, BatchRequest, Counts, Origin
from registry.statements.batch_service import begin_batch
from registry.statements.pipeline import Draft, prepare
from registry.statements.render import render_statement, statement_html, warm_up
from registry.statements.schemas import StatementDocument

YEAR = 2025
PAYMENTS = 40
WORKERS = 2
BASE = "https://bench.example.se"
SAMPLE = 12
"""Documents of which the floors are medians, before the batch and after it."""
FIRST = 50
"""Statements after which the workers' memory is taken for what it is held against."""
LOOK_S = 0.25


async def batch(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """Issue N statements of forty payments, again in Finnish, and once more when nothing has changed."""
    count = sizes.batched
    async with ground(server_dsn) as place:
        await import_associations(place, [PAYMENTS] * count)
        documents = await _documents(SAMPLE)
        before = _floors(documents)
        async with _workers() as (renderer, memory):
            forget_peak()
            held = held_memory()
            swedish = await _issue(renderer, "sv", Counts(issued=count), memory)
            await _issue(renderer, "fi", Counts(issued=count), memory)
            growth = peak_memory() - held
            unchanged = await _issue(renderer, "sv", Counts(unchanged=count), memory)
        one, bare = (median(both) for both in zip(before, _floors(documents), strict=True))
    return [
        Figure(f"batch of {count} on two workers, against one process", one * count, swedish, "ratio", 1 / 1.8),
        Figure(f"batch of {count} on two workers, against bare WeasyPrint", bare * count, swedish, "ratio", 0.7 / 1.6),
        Figure("batch: a statement that hasn't changed", 0, unchanged / count, "more_ms", 10),
        Figure(f"batch: memory of the workers over {2 * count}", memory.first, memory.most, "memory_ratio", 1.3),
        Figure("batch: growth of memory of the process that runs it", 0, growth, "memory_mb", 64),
    ]


@dataclass(slots=True)
class _Memory:
    """What the biggest worker holds: after the first statements, and at most from then on, in bytes."""

    done: int = 0
    first: int = 0
    most: int = 0
    pids: list[int] = field(default_factory=list)

    def count(self, more: int) -> None:
        """So many more are settled."""
        self.done += more

    def look(self) -> None:
        """Look at the workers: the processes that render, not the one that starts them."""
        held = 0
        for process in psutil.Process().children(recursive=True):
            try:
                held = max(held, 0 if process.children() else process.memory_info().rss)
            except psutil.NoSuchProcess:
                continue
        if self.done >= FIRST:
            self.first = self.first or held
            self.most = max(self.most, held)


@asynccontextmanager
async def _workers() -> AsyncIterator[tuple[PoolRenderer, _Memory]]:
    """Two warm workers, watched."""
    memory = _Memory()
    renderer = PoolRenderer(RenderPool(warm_up, workers=WORKERS, background=WORKERS), is_owned=True)
    [document, *_rest] = await _documents(1)
    await asyncio.gather(*(asyncio.wrap_future(renderer.submit(render_statement, document)) for _ in range(WORKERS)))
    watching = asyncio.create_task(_watch(memory.look))
    try:
        yield renderer, memory
    finally:
        watching.cancel()
        await asyncio.to_thread(renderer.close)


async def _watch(look: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        await asyncio.to_thread(look)


async def _issue(renderer: PoolRenderer, language: AnyLanguage, wanted: Counts, memory: _Memory) -> float:
    """Seconds of a batch, which must come to what is wanted."""
    request = BatchRequest(year=YEAR, kind="society", language=language)
    with no_garbage():
        start = time.perf_counter()
        begun = await begin_batch(CONSOLE, request, origin=Origin.CONSOLE)
        done = await run_batch(begun, renderer, base_url=BASE, advance=memory.count)
        seconds = time.perf_counter() - start
    assert done.end is not None
    assert done.end.counts == wanted, done.end.counts
    assert done.end.totals is not None
    assert done.end.totals.agree
    return seconds


def _floors(documents: Sequence[StatementDocument]) -> tuple[float, float]:
    """Median seconds of a statement rendered here, and by WeasyPrint's own means, by turns."""
    html = [statement_html(document) for document in documents]
    ours, bare = [], []
    render_statement(documents[0])
    weasyprint_alone(html[0], documents[0])
    for text, document in zip(html, documents, strict=True):
        with no_garbage():
            start = time.perf_counter()
            render_statement(document)
            ours.append(time.perf_counter() - start)
        with no_garbage():
            start = time.perf_counter()
            weasyprint_alone(text, document)
            bare.append(time.perf_counter() - start)
    return median(ours), median(bare)


async def _documents(count: int) -> list[StatementDocument]:
    """Some of the statements that the batch is to issue."""
    first = await fetch_value("SELECT min(id) FROM party WHERE kind = 'society'")
    drafts = await prepare(CONSOLE, {first + place: "sv" for place in range(count)}, YEAR, base_url=BASE)
    return [draft.document for draft in drafts.values() if isinstance(draft, Draft)]
