"""The one pool of workers that this process renders all its documents in, made when it is first asked for.

`start()` and `stop()` frame a server's life; a command renders without `start()` and stops the workers at its end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from registry.documents.pdf import warm_engine
from registry.documents.pool import RenderPool

T = TypeVar("T")


@dataclass(slots=True)
class _Rendering:
    """The workers, and what each of them loads before its first document."""

    warm: Callable[[], object] = warm_engine
    pool: RenderPool | None = None
    serves: bool = False


_state = _Rendering()


def start(warm: Callable[[], object]) -> None:
    """Say that a server has begun, whose pages may warm the workers by `warm`. Nothing is started yet."""
    _state.warm, _state.serves = warm, True


def expect() -> None:
    """Warm the workers in the background, where a server runs: whoever looks at the page soon wants its PDF."""
    if _state.serves:
        pool().start()


def stop() -> None:
    """Stop the workers, if any were started."""
    made, _state.pool, _state.serves = _state.pool, None, False
    if made is not None:
        made.close()


def pool() -> RenderPool:
    """The workers."""
    if _state.pool is None:
        _state.pool = RenderPool(_state.warm)
    return _state.pool


async def render(function: Callable[[T], bytes], argument: T, *, seconds: float | None = None) -> bytes:
    """Call a top-level function in a worker, figures in and bytes out; `seconds` is another limit than usual.

    Raises: as `RenderPool.render`.
    """
    return await pool().render(function, argument, seconds=seconds)
