"""What a worker does for each document, whoever runs the worker: one at a time, within its time, every failure told."""

import ctypes
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from registry.documents.pdf import RenderError, RenderTimeoutError

SECONDS = 30.0
"""The longest that one render may take."""
AGAIN = 0.5
"""Seconds after which the limit speaks up again: an `except` in the engine may swallow the first time."""

T = TypeVar("T")
_one_at_a_time = threading.Lock()


def render_within(function: Callable[[T], bytes], argument: T, seconds: float = SECONDS) -> bytes:
    """Call a top-level function, figures in and bytes out.

    Threads of one process take turns: the engine's fonts aren't safe to share.

    Raises: RenderTimeoutError, RenderError. Any other error that a caller sees comes from whatever carries the work.
    """
    with _one_at_a_time:
        try:
            with _time_limit(seconds):
                return function(argument)
        except RenderError:
            raise
        except MemoryError as error:
            raise RenderTimeoutError("out of memory") from error
        except Exception as error:
            raise RenderError(f"{type(error).__name__}: {error}") from error


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise RenderTimeoutError in this thread when the time is up, and again as long as it goes on."""
    in_main = threading.current_thread() is threading.main_thread()
    stop = _start_alarm(seconds) if in_main else _start_reminder(seconds)
    try:
        yield
    finally:
        try:
            stop()
        finally:
            # The time may be up just when it is being stopped.
            stop()


def _start_alarm(seconds: float) -> Callable[[], object]:
    signal.signal(signal.SIGALRM, _too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    return lambda: signal.setitimer(signal.ITIMER_REAL, 0)


def _too_late(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise RenderTimeoutError("past the time limit")


def _start_reminder(seconds: float) -> Callable[[], None]:
    """The same for a thread that gets no signals, as in a worker of a cluster."""
    thread, done, guard = ctypes.c_ulong(threading.get_ident()), threading.Event(), threading.Lock()

    def remind() -> None:
        left = seconds
        while not done.wait(left):
            with guard:
                if not done.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(_PastLimitError))
            left = AGAIN

    def stop() -> None:
        done.set()
        with guard:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)

    threading.Thread(target=remind, daemon=True).start()
    return stop


class _PastLimitError(RenderTimeoutError):
    """Made by the interpreter, which gives no arguments."""

    def __init__(self, detail: str = "past the time limit") -> None:
        super().__init__(detail)
