"""Processes that render documents beside the event loop: warm, limited in time and memory, renewed now and then.

Each worker is an executor of one process, so that a document that kills its process harms no other. What a person
waits for goes before what a batch wants.
"""

import asyncio
import gc
import logging
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import wait
from typing import Any, TypeVar

from registry.documents.limits import SECONDS, render_within
from registry.documents.pdf import ENGINE, RenderBusyError, RenderLostError, RenderStoppedError, RenderTimeoutError

GRACE = 5.0
"""Seconds past its limit after which a worker that can't be interrupted ends itself."""
MEMORY = 2 * 1024**3
"""The most address space of a worker, in bytes."""
RENDERS = 200
"""Renders of one process: should the engine ever hold on to something, it lets go of it then."""
AHEAD = 8
"""Renders before its end at which a process's successor starts to warm up, so that nobody waits for it."""
WAITING = 64
"""The most renders that people wait for; a batch bounds its own."""
TRIES = 2
"""How often a document is tried whose process died: the process may have been killed for another reason."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Work:
    """A document that waits or is being rendered."""

    function: Callable[[Any], bytes]
    argument: object
    is_background: bool
    seconds: float
    answer: Future[bytes] = field(default_factory=Future)
    tries: int = 0
    begun: float = 0.0


class _Worker:
    """One process at a time, and its successor while that warms up."""

    def __init__(self, start: Callable[[], tuple[ProcessPoolExecutor, Future[None]]], renders: int) -> None:
        self._start = start
        self.executor, self._ready = start()
        self._next: tuple[ProcessPoolExecutor, Future[None]] | None = None
        self.renders = renders
        self.work: _Work | None = None

    def count(self) -> None:
        """A document is rendered; once there have been enough, the successor takes over when it is warm."""
        self.renders += 1
        if self.renders >= RENDERS - AHEAD and self._next is None:
            self._next = self._start()
        if self.renders >= RENDERS and self._next is not None and self._next[1].done():
            self.renew()

    def renew(self) -> None:
        """Go on with a fresh process."""
        self.executor.shutdown(wait=False)
        (self.executor, self._ready), self._next = self._next or self._start(), None
        self.renders = 0

    def stop(self) -> None:
        """End the processes, when they are done with what they are at."""
        for executor in (self.executor, *(self._next or ())[:1]):
            executor.shutdown(wait=True, cancel_futures=True)


class RenderPool:
    """Renders in worker processes. `warm` is a top-level function that loads what every render needs.

    At most `background` of the workers render for a batch at the same time; by default one is kept for people.
    """

    def __init__(
        self,
        warm: Callable[[], object],
        *,
        workers: int | None = None,
        background: int | None = None,
        seconds: float = SECONDS,
        grace: float = GRACE,
    ) -> None:
        self.workers = workers or max(1, min(2, os.cpu_count() or 1))
        self.background = background or max(1, self.workers - 1)
        self.seconds = seconds
        self._grace = grace
        self._warm = warm
        self._lock = threading.RLock()
        self._workers: list[_Worker] = []
        self._waiting: tuple[deque[_Work], deque[_Work]] = deque(), deque()
        self._is_closed = False

    def start(self) -> None:
        """Start the workers without waiting for them."""
        threading.Thread(target=self._start_all, daemon=True).start()

    async def render(self, function: Callable[[T], bytes], argument: T, *, seconds: float | None = None) -> bytes:
        """Call a top-level function in a worker, figures in and bytes out; `seconds` is another limit than usual.

        Raises: RenderTimeoutError, RenderBusyError, RenderLostError, RenderUnavailableError, RenderError.
        """
        # Starting a worker waits for its process: not in the event loop.
        return await asyncio.wrap_future(await asyncio.to_thread(self.submit, function, argument, seconds=seconds))

    def submit(
        self, function: Callable[[T], bytes], argument: T, *, background: bool = False, seconds: float | None = None
    ) -> Future[bytes]:
        """As `render`, for callers without an event loop. Raises: RenderBusyError."""
        work = _Work(function, argument, background, seconds or self.seconds)
        with self._lock:
            if self._is_closed:
                raise RenderStoppedError("the workers were stopped")
            if not background and self._count(is_background=False) + len(self._waiting[False]) >= WAITING:
                raise RenderBusyError
            self._waiting[background].append(work)
            self._dispatch()
        return work.answer

    def close(self) -> None:
        """Stop the workers; what is waiting is dropped."""
        with self._lock:
            self._is_closed = True
            workers, dropped = self._workers, [*self._waiting[False], *self._waiting[True]]
            self._workers, self._waiting = [], (deque(), deque())
        for work in dropped:
            if work.answer.set_running_or_notify_cancel():
                work.answer.set_exception(RenderStoppedError("the workers were stopped"))
        for worker in workers:
            worker.stop()

    def _start_all(self) -> None:
        with self._lock:
            while len(self._workers) < self.workers and not self._is_closed:
                self._add_worker()

    def _add_worker(self) -> _Worker:
        """Another worker; each is renewed at a time of its own."""
        worker = _Worker(self._start_process, renders=len(self._workers) * RENDERS // self.workers // 2)
        self._workers.append(worker)
        return worker

    def _start_process(self) -> tuple[ProcessPoolExecutor, Future[None]]:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([ENGINE])
        executor = ProcessPoolExecutor(1, context, _begin, (self._warm, MEMORY))
        return executor, executor.submit(_ready)

    def _count(self, *, is_background: bool) -> int:
        return sum(worker.work is not None and worker.work.is_background == is_background for worker in self._workers)

    def _next_work(self) -> _Work | None:
        """What is to be rendered next: a person's first, and no more of a batch's than its share."""
        ahead, behind = self._waiting
        if ahead:
            return ahead.popleft()
        return behind.popleft() if behind and self._count(is_background=True) < self.background else None

    def _dispatch(self) -> None:
        """Give work to the workers that are free."""
        while True:
            worker = next((worker for worker in self._workers if worker.work is None), None)
            if worker is None and len(self._workers) >= self.workers:
                return
            work = self._next_work()
            if work is None:
                return
            if work.tries or work.answer.set_running_or_notify_cancel():
                self._hand_over(worker or self._add_worker(), work)

    def _hand_over(self, worker: _Worker, work: _Work) -> None:
        worker.work, work.begun = work, time.monotonic()
        work.tries += 1
        task = partial(_run, work.function, work.argument, work.seconds, self._grace)
        try:
            rendering = worker.executor.submit(task)
        except BrokenProcessPool:
            # It died while it had nothing to do.
            worker.renew()
            rendering = worker.executor.submit(task)
        rendering.add_done_callback(partial(self._finish, worker, work))

    def _finish(self, worker: _Worker, work: _Work, done: Future[bytes]) -> None:
        """Hand a worker's answer on. A process that died is replaced, and what it was at is tried once more."""
        died = not done.cancelled() and isinstance(done.exception(), BrokenProcessPool)
        is_late = time.monotonic() - work.begun >= work.seconds
        with self._lock:
            worker.work = None
            again = died and not is_late and work.tries < TRIES and not self._is_closed
            if again:
                self._waiting[work.is_background].appendleft(work)
            if not self._is_closed:
                (worker.renew if died else worker.count)()
                self._dispatch()
        if died:
            _log.error("a rendering process died%s", ", its document is tried again" if again else "")
        if not again:
            _answer(work.answer, done, died=died, is_late=is_late)


def _answer(answer: Future[bytes], done: Future[bytes], *, died: bool, is_late: bool) -> None:
    if died:
        answer.set_exception(
            RenderTimeoutError("past the time limit") if is_late else RenderLostError("a process died")
        )
    elif done.cancelled():
        answer.set_exception(RenderStoppedError("the workers were stopped"))
    elif (error := done.exception()) is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result())


class _Limit:
    """When the process must be done with what it is at, by the clock that only goes forward."""

    at: float | None = None


def _begin(warm: Callable[[], object], memory: int) -> None:
    """Prepare a worker: Ctrl-C is its parent's to handle, and without a parent it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, daemon=True).start()
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # What is missing here is missing in the render too, whose error reaches a person.
    with suppress(Exception):
        warm()
    gc.collect()
    gc.freeze()
    # A render's garbage is collected when it is done: to look for it meanwhile costs time and finds little.
    gc.set_threshold(50_000, 20, 50)


def _watch() -> None:
    """End the process when its parent is gone, or at a document that can't be interrupted: C code hears no alarm."""
    parent = multiprocessing.parent_process()
    while parent is not None and not wait([parent.sentinel], timeout=1):
        if _Limit.at is not None and time.monotonic() > _Limit.at:
            break
    os._exit(1)


def _ready() -> None:
    """Nothing: a worker that answers has been warmed."""


def _run(function: Callable[[T], bytes], argument: T, seconds: float, grace: float) -> bytes:
    _Limit.at = time.monotonic() + seconds + grace
    try:
        return render_within(function, argument, seconds)
    finally:
        _Limit.at = None
        gc.collect()
