"""A real Dask cluster of this machine: a scheduler and workers as processes of their own, to be killed one by one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

DASK = str(Path(sys.executable).parent / "dask")
QUIET = {"DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}
LONGEST_START_S = 30
OTHER = "from distributed.cli.dask_worker import main; main()"


class Cluster:
    """The scheduler's address, and its workers in the order in which they were started."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "scheduler.json"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._start(DASK, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        until = time.monotonic() + LONGEST_START_S
        while not (self._file.is_file() and self._file.read_bytes().endswith(b"}")):
            assert time.monotonic() < until, "the scheduler didn't start"
            time.sleep(0.02)
        self.address = json.loads(self._file.read_text())["address"].replace("tcp://", "dask://")
        self.workers: list[subprocess.Popen[bytes]] = []

    def add_worker(self, *, first: str = "") -> subprocess.Popen[bytes]:
        """Start a worker, whose process begins with `first` where it is to be another than ours."""
        command = (sys.executable, "-c", f"{first}; {OTHER}") if first else (DASK, "worker")
        worker = self._start(*command, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        self.workers.append(worker)
        return worker

    def wait_for(self, count: int) -> None:
        """Wait until so many workers are registered, no more and no fewer."""
        from distributed import Client

        until = time.monotonic() + LONGEST_START_S
        with Client(self.address.replace("dask://", "tcp://"), set_as_default=False) as client:
            while len(client.nthreads()) != count:
                assert time.monotonic() < until, f"there are {len(client.nthreads())} workers"
                time.sleep(0.02)

    def kill(self, place: int) -> None:
        """Kill a worker; nothing of it gets to say goodbye."""
        self.workers[place].kill()
        self.workers[place].wait()

    def stop(self) -> None:
        """End all of it."""
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*command, "--scheduler-file", str(self._file)],
            env={**os.environ, **QUIET},
            cwd=self._file.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)
        return process


@contextmanager
def clustered(*, workers: int = 2) -> Iterator[Cluster]:
    """A cluster for the length of a block, all its workers registered."""
    with TemporaryDirectory(prefix="dask-") as folder:
        cluster = Cluster(Path(folder))
        try:
            for _worker in range(workers):
                cluster.add_worker()
            cluster.wait_for(workers)
            yield cluster
        finally:
            cluster.stop()
