"""Rendering on any executor of `concurrent.futures`: processes of this machine, a thread, a cluster by its address."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from registry.core.errors import N_, FieldError
from registry.documents.limits import SECONDS, render_within
from registry.documents.pdf import RenderError, RenderLostError
from registry.documents.pool import RenderPool

PROCESSES = "processes"
THREADS = "threads"
CLUSTERS = {"dask": "tcp", "dask+tls": "tls"}
"""Scheme of an executor's address → scheme of the cluster's scheduler."""
MOST_PROCESSES = 64

T = TypeVar("T")


class UnknownExecutorError(FieldError):
    """A text that names no executor."""

    code = "unknown-executor"
    message = N_(
        "%(text)s is no executor. Write processes, processes:4, threads, dask://HOST:PORT or dask+tls://HOST:PORT."
    )


class Renderer(Protocol):
    """What a batch asks of whoever renders for it."""

    @property
    def at_once(self) -> int:
        """How many documents are rendered at the same time."""

    def submit(self, function: Callable[[T], bytes], argument: T, seconds: float = SECONDS) -> Future[bytes]:
        """Render a document within `seconds`. The future raises RenderError; RenderLostError with its worker."""

    def close(self) -> None:
        """Let the workers go."""


@dataclass(frozen=True, slots=True)
class PoolRenderer:
    """A pool of processes of this machine. One that isn't owned is a server's, whose people go first."""

    pool: RenderPool
    is_owned: bool = False

    @property
    def at_once(self) -> int:
        """The workers that a batch may have."""
        return self.pool.background

    def submit(self, function: Callable[[T], bytes], argument: T, seconds: float = SECONDS) -> Future[bytes]:
        """As `Renderer.submit`."""
        return self.pool.submit(function, argument, background=True, seconds=seconds)

    def close(self) -> None:
        """Stop the workers, unless they are a server's."""
        if self.is_owned:
            self.pool.close()


class ExecutorRenderer:
    """Any executor. `open_` opens it, and another when it breaks; `task` is what its workers are asked to run."""

    def __init__(
        self,
        open_: Callable[[], Executor],
        *,
        at_once: Callable[[], int],
        task: Callable[..., bytes] = render_within,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self._open = open_
        self._at_once = at_once
        self._task = task
        self._close = close
        self._lock = threading.Lock()
        self._executor: Executor | None = open_()

    @property
    def at_once(self) -> int:
        """As `Renderer.at_once`; workers may come and go."""
        return max(1, self._at_once())

    def submit(self, function: Callable[[T], bytes], argument: T, seconds: float = SECONDS) -> Future[bytes]:
        """As `Renderer.submit`."""
        with self._lock:
            executor = self._executor = self._executor or self._open()
        answer: Future[bytes] = Future()
        answer.set_running_or_notify_cancel()
        try:
            work = executor.submit(self._task, function, argument, seconds)
        except (BrokenExecutor, RuntimeError) as error:
            self._drop(executor)
            answer.set_exception(RenderLostError(f"{type(error).__name__}: {error}"))
        else:
            work.add_done_callback(partial(self._finish, executor, answer))
        return answer

    def close(self) -> None:
        """Let the executor go."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()
        self._close()

    def _drop(self, executor: Executor) -> None:
        with self._lock:
            if self._executor is executor:
                self._executor = None

    def _finish(self, executor: Executor, answer: Future[bytes], done: Future[bytes]) -> None:
        """Hand an answer on. The task itself raises RenderError only; all else comes from a worker that was lost."""
        error: BaseException | None = RenderLostError("cancelled") if done.cancelled() else done.exception()
        if isinstance(error, BrokenExecutor):
            self._drop(executor)
        if error is None:
            answer.set_result(done.result())
        elif isinstance(error, RenderError):
            answer.set_exception(error)
        else:
            answer.set_exception(RenderLostError(f"{type(error).__name__}: {error}"))


def open_renderer(text: str, warm: Callable[[], object]) -> Renderer:
    """Open what `--executor` names. `warm` is a top-level function that loads what every render needs.

    Raises: UnknownExecutorError, ClusterError.
    """
    scheme, _separator, rest = text.partition(":")
    if scheme == PROCESSES:
        count = _count_of(text)
        return PoolRenderer(RenderPool(warm, workers=count, background=count), is_owned=True)
    if text == THREADS:
        return ExecutorRenderer(lambda: ThreadPoolExecutor(1), at_once=lambda: 1)
    if scheme in CLUSTERS and rest.startswith("//") and rest.strip("/"):
        # Only whoever has a cluster needs what talks to one.
        from registry.documents.cluster import open_cluster  # noqa: PLC0415

        return open_cluster(f"{CLUSTERS[scheme]}:{rest}")
    raise UnknownExecutorError(field="executor", text=text)


def _count_of(text: str) -> int:
    if text == PROCESSES:
        return os.cpu_count() or 1
    number = text.removeprefix(f"{PROCESSES}:")
    if not (number.isascii() and number.isdigit() and 0 < int(number) <= MOST_PROCESSES):
        raise UnknownExecutorError(field="executor", text=text)
    return int(number)
