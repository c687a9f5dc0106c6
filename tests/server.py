"""A real `registry serve` on a database of its own, for tests that kill it, hammer it or look at it in a browser."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx

COMMAND = str(Path(sys.executable).parent / "registry")
SECRET = "a secret of a server under test, long enough"
LONGEST_START_S = 90


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def make_database(dsn: str, name: str) -> str:
    """An empty database beside the tests' own; returns its owner's connection string."""
    owner = await asyncpg.connect(dsn)
    await owner.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await owner.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    await owner.close()
    return re.sub(r"/postgres(?=\?|$)", f"/{name}", dsn)


class Server:
    """The server as a process of its own."""

    def __init__(self, dsn: str, *arguments: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ, "DATABASE_URL": dsn, "REGISTRY_SECRET": SECRET, "REGISTRY_LANGUAGE": "sv",
            "REGISTRY_BASE_URL": self.url,
        }  # fmt: skip
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is healthy."""
        self._process = subprocess.Popen(
            [COMMAND, "serve", "--port", str(self.port), *self._arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        until = time.monotonic() + LONGEST_START_S
        while time.monotonic() < until:
            if self._process.poll() is not None:
                assert self._process.stderr is not None
                raise AssertionError(self._process.stderr.read().decode())
            try:
                if httpx.get(f"{self.url}/api/v1/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server didn't start")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it: by SIGKILL nothing of it gets to clean up."""
        if self._process is not None:
            os.killpg(self._process.pid, how)
            self._process.wait(timeout=30)
            assert self._process.stderr is not None
            self._process.stderr.close()
            self._process = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command on the same database."""
        return subprocess.run(
            [COMMAND, *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )


@contextmanager
def serving(dsn: str, *arguments: str) -> Iterator[Server]:
    """A server for the length of a block."""
    server = Server(dsn, *arguments)
    server.start()
    try:
        yield server
    finally:
        server.kill(signal.SIGTERM)
