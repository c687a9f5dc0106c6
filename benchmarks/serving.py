"""The registry's server in a process of its own, to be asked over HTTP."""

import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from registry.app import create_app

SECRET = "a secret of the benchmarks, long enough to be taken"  # noqa: S105 - not a secret


@contextmanager
def serving(dsn: str) -> Iterator[str]:
    """The registry's server in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(dsn, port), daemon=True)
    process.start()
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


def _serve(dsn: str, port: int) -> None:
    uvicorn.run(create_app(dsn, secret=SECRET), host="127.0.0.1", port=port, log_level="warning")


def _wait_for(port: int, *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")
