"""Timing a floor and the work above it by turns, and running work in a process of its own to see its memory."""

import gc
import multiprocessing
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
"""What tells Linux to measure the peak anew: proc_pid_clear_refs(5)."""


async def seconds_of(work: Callable[[], Awaitable[object]]) -> float:
    """How long some work takes, without the garbage of what came before."""
    with no_garbage():
        start = time.perf_counter()
        await work()
        return time.perf_counter() - start


@contextmanager
def no_garbage() -> Iterator[None]:
    """Collect first, so that nobody pays for the one before."""
    gc.collect()
    yield


async def by_turns(
    floor: Callable[[], Awaitable[object]], work: Callable[[], Awaitable[object]], *, rounds: int
) -> tuple[float, float]:
    """The median seconds of a floor and of the work above it, each done `rounds` times by turns after one warm-up."""
    await floor()
    await work()
    floors, works = [], []
    for _round in range(rounds):
        floors.append(await seconds_of(floor))
        works.append(await seconds_of(work))
    return median(floors), median(works)


def in_process(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a top-level function in a fresh process, whose memory holds nothing of this one's."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()


def peak_memory() -> int:
    """The most memory that this process has held, in bytes, since it began or since `forget_peak`."""
    return _read("VmHWM")


def held_memory() -> int:
    """The memory that this process holds now, in bytes."""
    return _read("VmRSS")


def forget_peak() -> None:
    """Measure the peak from here on."""
    _CLEAR.write_text(_RESET_PEAK)


def _read(name: str) -> int:
    match = re.search(rf"^{name}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    assert match is not None, "memory is measured on Linux"
    return int(match[1]) * 1024
