"""The batches that a server was asked for: run behind its requests, and taken up again after a restart.

Every process of a server keeps watch; the lock lets one of them at a batch, and another when that one dies.
"""

import asyncio
import logging
from contextlib import suppress

from registry.core.access import CONSOLE
from registry.documents import rendering
from registry.documents.executors import PoolRenderer
from registry.statements.batch_queries import find_unfinished
from registry.statements.batch_runner import BatchBusyError, run_batch
from registry.statements.batch_schemas import Origin

LOOK_S = 10.0
"""How often a process looks whether a batch waits that no process is at."""

_log = logging.getLogger(__name__)


class _Keeping:
    """The watch of this process, where a server runs."""

    task: asyncio.Task[None] | None = None
    wake: asyncio.Event | None = None


def start_keeping(base_url: str) -> None:
    """Begin to watch, in the running event loop. `base_url` leads the verification addresses."""
    _Keeping.wake = asyncio.Event()
    _Keeping.task = asyncio.create_task(_keep(_Keeping.wake, base_url))


def wake_keeping() -> None:
    """Look now: a batch has just begun. Does nothing where no server runs."""
    if _Keeping.wake is not None:
        _Keeping.wake.set()


async def stop_keeping() -> None:
    """Stop; a batch that is under way goes on after the next start."""
    task, _Keeping.task, _Keeping.wake = _Keeping.task, None, None
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep(wake: asyncio.Event, base_url: str) -> None:
    while True:
        wake.clear()
        try:
            await _look(base_url)
        except Exception:  # noqa: BLE001 - whatever it is, the watch goes on
            # The database may be gone for a while, or the workers: the batch waits in its rows.
            _log.exception("a batch of statements stopped; it is taken up again in %s seconds", LOOK_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await wake.wait()


async def _look(base_url: str) -> None:
    batch = await find_unfinished(CONSOLE)
    if batch is None or batch.origin is not Origin.PAGE:
        return
    with suppress(BatchBusyError):
        await run_batch(batch, PoolRenderer(rendering.pool()), base_url=base_url)
