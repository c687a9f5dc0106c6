"""Processes that render documents outside the event loop: warm, limited in time and memory, renewed now and then."""

import asyncio
import gc
import logging
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.connection import wait
from types import FrameType
from typing import TypeVar

from registry.documents.pdf import ENGINE, RenderBusyError, RenderError, RenderTimeoutError

SECONDS = 30.0
"""The longest that one render may take."""
MEMORY = 2 * 1024**3
"""The most address space of a worker, in bytes."""
RENDERS = 100
"""Renders of one generation and worker: the engine's memory grows a little with each."""
AHEAD = 8
"""Renders before its end at which the next generation starts to warm up, so that nobody waits for it."""
WAITING = 64
"""The most renders that are under way or waiting."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class RenderPool:
    """Renders in worker processes. `warm` is a top-level function that loads what every render needs.

    Workers are renewed a generation at a time, for `max_tasks_per_child` can lose a waiting task (CPython gh-115634).
    """

    def __init__(self, warm: Callable[[], object], *, workers: int | None = None, seconds: float = SECONDS) -> None:
        self.workers = workers or max(1, min(2, os.cpu_count() or 1))
        self.seconds = seconds
        self._warm = warm
        self._lock = threading.Lock()
        self._executor: ProcessPoolExecutor | None = None
        self._next: ProcessPoolExecutor | None = None
        self._left = 0
        self._under_way = 0

    def start(self) -> None:
        """Start the workers without waiting for them."""
        threading.Thread(target=self._start, daemon=True).start()

    async def render(self, function: Callable[[T], bytes], argument: T) -> bytes:
        """Call a top-level function in a worker, figures in and bytes out.

        Raises: RenderTimeoutError, RenderBusyError, RenderUnavailableError, RenderError.
        """
        # Starting a worker waits for its process: not in the event loop.
        return await asyncio.wrap_future(await asyncio.to_thread(self.submit, function, argument))

    def submit(self, function: Callable[[T], bytes], argument: T) -> Future[bytes]:
        """As `render`, for callers without an event loop. Raises: RenderBusyError."""
        with self._lock:
            if self._under_way >= WAITING:
                raise RenderBusyError
            executor = self._take()
            try:
                work = executor.submit(_run, function, argument, self.seconds)
            except BrokenProcessPool:
                self._drop(executor)
                executor = self._take()
                work = executor.submit(_run, function, argument, self.seconds)
            self._under_way += 1
        answer: Future[bytes] = Future()
        work.add_done_callback(lambda done: self._finish(executor, done, answer))
        return answer

    def close(self) -> None:
        """Stop the workers; what is waiting is dropped."""
        with self._lock:
            executors = [executor for executor in (self._executor, self._next) if executor is not None]
            self._executor = self._next = None
            self._left = 0
        for executor in executors:
            executor.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> None:
        with self._lock:
            self._current()

    def _take(self) -> ProcessPoolExecutor:
        executor = self._current()
        self._left -= 1
        if self._left == AHEAD:
            self._next = self._generation()
        return executor

    def _current(self) -> ProcessPoolExecutor:
        if self._executor is None or self._left <= 0:
            if self._executor is not None:
                self._executor.shutdown(wait=False)
            self._executor = self._next or self._generation()
            self._next = None
            self._left = RENDERS * self.workers
        return self._executor

    def _generation(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([ENGINE])
        executor = ProcessPoolExecutor(self.workers, context, _begin, (self._warm, MEMORY))
        for _ in range(self.workers):
            executor.submit(_ready)
        return executor

    def _drop(self, executor: ProcessPoolExecutor) -> None:
        if self._executor is executor:
            self._executor = None
            executor.shutdown(wait=False)

    def _finish(self, executor: ProcessPoolExecutor, done: Future[bytes], answer: Future[bytes]) -> None:
        """Hand a worker's answer on; a worker that died takes its generation with it."""
        with self._lock:
            self._under_way -= 1
            broken = not done.cancelled() and isinstance(done.exception(), BrokenProcessPool)
            if broken:
                self._drop(executor)
        if not answer.set_running_or_notify_cancel():
            return
        if done.cancelled():
            answer.set_exception(RenderError("the workers were stopped"))
        elif broken:
            _log.error("a rendering process died")
            answer.set_exception(RenderError("a rendering process died"))
        elif (error := done.exception()) is not None:
            answer.set_exception(error)
        else:
            answer.set_result(done.result())


def _begin(warm: Callable[[], object], memory: int) -> None:
    """Prepare a worker: Ctrl-C is its parent's to handle, and without a parent it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # What is missing here is missing in the render too, whose error reaches a person.
    with suppress(Exception):
        warm()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def _ready() -> None:
    """Nothing: a worker that answers has been warmed."""


def _run(function: Callable[[T], bytes], argument: T, seconds: float) -> bytes:
    """Render within the time limit. The alarm repeats: an `except` in the engine may swallow the first."""
    signal.signal(signal.SIGALRM, _too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        return function(argument)
    except RenderError:
        raise
    except MemoryError as error:
        raise RenderTimeoutError("out of memory") from error
    except Exception as error:
        raise RenderError(f"{type(error).__name__}: {error}") from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _too_late(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise RenderTimeoutError("past the time limit")
