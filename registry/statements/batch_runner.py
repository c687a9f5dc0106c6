"""Running a batch: prepared in chunks, rendered by whoever the renderer stands for, stored in groups, in flat memory.

Whatever stops it, another run takes it up: what is settled is rows in the database.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from registry.core.access import CONSOLE
from registry.core.errors import N_, NotFoundError, RegistryError
from registry.database import BATCH_LOCK, hold_lock
from registry.documents.cluster import WorkerMismatchError
from registry.documents.executors import Renderer
from registry.documents.pdf import (
    RenderError,
    RenderLostError,
    RenderStoppedError,
    RenderTimeoutError,
    RenderUnavailableError,
)
from registry.statements.batch_queries import Item, get_batch, list_open_items, read_progress
from registry.statements.batch_schemas import Batch, BatchStatus, Outcome
from registry.statements.batch_service import BatchEndedError, Settled, acting_scope, finish_batch, settle
from registry.statements.pipeline import Draft, NothingToStateError, Rendered, Unchanged, finish, prepare, seconds_for
from registry.statements.render import render_statement
from registry.statements.service import StatementChangedError

CHUNK = 32
"""Parties whose figures are read at a time."""
GROUP = 16
"""Statements that are stored at a time: the chain's head is locked for some tens of milliseconds."""
HOLD_S = 1.0
"""The longest that a finished statement waits to be stored."""
LEAD = 2
"""Documents under way for each worker, so that none waits for this process."""
ANSWER_S = 60.0
"""The longest that a worker may be silent about a document, beyond the time that it may take."""
TRIES = 2
"""How often a document is rendered whose worker was lost; the last time alone."""
REDRAWS = 5
"""How often a statement is drawn up because another version came between."""
LOST_IN_A_ROW = 8
"""So many lost documents, and none in between that came back, mean that nobody is there to render."""
POLL_S = 0.5

Advance = Callable[[int], None]
FATAL = (WorkerMismatchError, RenderUnavailableError, RenderStoppedError)
"""What is no party's fault and would befall them all."""

_log = logging.getLogger(__name__)


class BatchBusyError(RegistryError):
    """Another process is at it."""

    code = "batch-busy"
    message = N_("Another process is already at work on batch %(number)s.")


class RendererGoneError(RegistryError):
    """One document after the other was lost."""

    code = "renderer-gone"
    status = 503
    message = N_("The workers that make documents can't be reached. What is issued stays; go on when they are back.")


class UnexpectedProblemError(RegistryError):
    """A party's figures couldn't be drawn up, for a reason that only the log knows."""

    code = "unexpected"
    message = N_("The statement could not be drawn up because of a fault in the registry. Report it.")


@dataclass(slots=True)
class _Task:
    """A draft on its way."""

    item: Item
    draft: Draft
    tries: int = 0


async def run_batch(
    batch: Batch, renderer: Renderer, *, base_url: str, advance: Advance = lambda _count: None
) -> Batch:
    """Settle every party that isn't yet, and end the batch. Returns it as it ended, also when somebody cancelled it.

    `base_url` leads the verification addresses; `advance` is told how many more are settled. The renderer stays open.
    Raises: BatchBusyError, RendererGoneError, RenderUnavailableError, WorkerMismatchError.
    """
    async with hold_lock(BATCH_LOCK) as is_mine:
        if not is_mine:
            raise BatchBusyError(number=batch.id)
        batch = await get_batch(CONSOLE, batch.id)
        if batch.end is not None:
            return batch
        try:
            await _Run(batch, renderer, base_url, advance).work()
            return await finish_batch(batch)
        except BatchEndedError:
            return await get_batch(CONSOLE, batch.id)


async def follow_batch(batch: Batch, *, tell: Callable[[int], None]) -> Batch | None:
    """Watch a batch that another process is at until it ends; None when that process leaves it unfinished.

    `tell` hears now and then how many are settled in all.
    """
    while True:
        batch = await get_batch(CONSOLE, batch.id)
        progress = await read_progress(CONSOLE, batch)
        tell(progress.counts.done)
        if batch.end is not None:
            return batch
        if progress.status is BatchStatus.INTERRUPTED:
            return None
        await asyncio.sleep(POLL_S)


class _Run:
    """One process's work on a batch."""

    def __init__(self, batch: Batch, renderer: Renderer, base_url: str, advance: Advance) -> None:
        self._batch = batch
        self._base_url = base_url
        self._scope = acting_scope(batch)
        self._renderer = renderer
        self._advance = advance
        self._after = 0
        self._drafts: deque[_Task] = deque()
        self._again: deque[Item] = deque()
        self._suspects: deque[_Task] = deque()
        self._redraws: dict[int, int] = {}
        self._settled: list[Settled] = []
        self._rendered: list[tuple[_Task, Rendered]] = []
        self._lost = 0
        self._stored_at = time.monotonic()

    async def work(self) -> None:
        """Settle all that is open. Raises: as `run_batch`, and BatchEndedError when it is cancelled."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            while await self._fill(under_way):
                done, _busy = await asyncio.wait(under_way, timeout=HOLD_S, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                under_way -= done
                if len(self._rendered) >= GROUP or self._holds_long() or not under_way:
                    await self._settle()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    def _holds_long(self) -> bool:
        """Whether what is settled has waited long enough to be stored."""
        return bool(self._settled or self._rendered) and time.monotonic() - self._stored_at >= HOLD_S

    async def _fill(self, under_way: set[asyncio.Task[None]]) -> bool:
        """Keep the workers busy; False when all is settled. Documents whose worker was lost come last, one by one."""
        while len(under_way) < LEAD * self._renderer.at_once and (task := await self._next()) is not None:
            under_way.add(asyncio.create_task(self._render(task)))
        if not under_way:
            await self._settle()
            if self._again:
                return await self._fill(under_way)
            if self._suspects:
                under_way.add(asyncio.create_task(self._render(self._suspects.popleft())))
        return bool(under_way)

    async def _next(self) -> _Task | None:
        """The next draft, reading a chunk of parties when there is none; those that need no rendering are settled."""
        while not self._drafts:
            items = [self._again.popleft() for _ in range(min(CHUNK, len(self._again)))] or await list_open_items(
                CONSOLE, self._batch.id, after=self._after, limit=CHUNK
            )
            if not items:
                return None
            self._after = max(self._after, *(item.position for item in items))
            await self._prepare(items)
            if len(self._settled) >= GROUP:
                await self._settle()
        return self._drafts.popleft()

    async def _prepare(self, items: list[Item]) -> None:
        """Read the figures of some parties; where one's can't be drawn up, the others' are all the same."""
        wanted = self._batch.wanted
        try:
            prepared = await prepare(
                self._scope,
                {item.party_id: item.language for item in items},
                wanted.year,
                base_url=self._base_url,
            )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            raise
        except Exception:  # noqa: BLE001 - one party's facts must not stop the others
            if len(items) > 1:
                for item in items:
                    await self._prepare([item])
                return
            _log.exception("the statement of P-%s for %s can't be drawn up", items[0].party_id, wanted.year)
            self._fail(items[0], UnexpectedProblemError())
            return
        for item in items:
            match prepared.get(item.party_id):
                case Draft() as draft:
                    self._drafts.append(_Task(item, draft))
                case Unchanged(issue=issue):
                    self._settled.append(Settled(item.id, Outcome.UNCHANGED, issue.id))
                case NothingToStateError() as error:
                    self._fail(item, error)
                case None:
                    self._fail(item, NotFoundError())

    async def _render(self, task: _Task) -> None:
        """Have a draft rendered, and finish it here."""
        task.tries += 1
        document = task.draft.document
        try:
            # Starting a worker waits for its process: not in the event loop.
            seconds = seconds_for(document)
            future = await asyncio.to_thread(self._renderer.submit, render_statement, document, seconds)
            pdf = await finish(document, await asyncio.wait_for(asyncio.wrap_future(future), ANSWER_S + LEAD * seconds))
        except FATAL:
            raise
        except (RenderLostError, TimeoutError) as error:
            self._lose(task, error)
        except RenderError as error:
            self._fail(task.item, error)
        else:
            self._lost = 0
            self._rendered.append((task, Rendered(task.draft, pdf)))

    def _lose(self, task: _Task, error: RenderLostError | TimeoutError) -> None:
        """A worker was lost or fell silent: the document is tried again, then it is that party's error."""
        self._lost += 1
        if self._lost >= LOST_IN_A_ROW:
            raise RendererGoneError from error
        if task.tries < TRIES:
            self._suspects.append(task)
            return
        silent = RenderTimeoutError("no answer")
        self._fail(task.item, error if isinstance(error, RenderLostError) else silent)

    def _fail(self, item: Item, error: RegistryError) -> None:
        self._settled.append(Settled(item.id, Outcome.FAILED, error=error))

    async def _settle(self) -> None:
        """Store what is known, a group at a time."""
        while self._settled or self._rendered:
            settled, self._settled = self._settled[:CHUNK], self._settled[CHUNK:]
            rendered, self._rendered = self._rendered[:GROUP], self._rendered[GROUP:]
            tasks = {task.item.id: task for task, _one in rendered}
            stale = await settle(self._batch, settled, [(task.item.id, one) for task, one in rendered])
            for item_id in stale:
                self._redraw(tasks[item_id].item)
            self._advance(len(settled) + len(rendered) - len(stale))
        self._stored_at = time.monotonic()

    def _redraw(self, item: Item) -> None:
        """Another version came between: the figures are read anew, a few times."""
        self._redraws[item.id] = self._redraws.get(item.id, 0) + 1
        if self._redraws[item.id] < REDRAWS:
            self._again.append(item)
        else:
            self._fail(item, StatementChangedError())
