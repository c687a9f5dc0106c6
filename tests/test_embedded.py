"""The embedded server stops with its last user, whatever became of the others, and takes no half-made cluster."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from registry.database import DatabaseUnavailableError, start_server
from registry.embedded import UNFINISHED, EmbeddedServer
from registry.settings import Settings
from tests.server import COMMAND

USER = """
import sys
from pathlib import Path
from registry.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
print("started", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A short path, for the socket, that the server's own user can enter."""
    with TemporaryDirectory(prefix="registry-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def running(data_dir: Path) -> bool:
    """Whether the server's process is there."""
    file = data_dir / "postgresql" / "postmaster.pid"
    return file.exists() and Path("/proc", file.read_text().split()[0]).exists()


def test_the_last_user_stops_it_though_another_was_killed(data_dir: Path) -> None:
    """A killed process leaves no trace that would keep the server alive for ever."""
    (data_dir / f"{UNFINISHED}broken-off").mkdir()
    other = subprocess.Popen([sys.executable, "-c", USER, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"started\n"
    EmbeddedServer(data_dir).stop()
    assert running(data_dir)
    other.send_signal(signal.SIGKILL)
    other.communicate()
    assert running(data_dir)
    EmbeddedServer(data_dir).stop()
    assert not running(data_dir)
    assert not list(data_dir.glob(f"{UNFINISHED}*"))


def test_a_number_that_another_program_has_since_is_no_server(data_dir: Path) -> None:
    """After a power cut the old number may belong to anybody."""
    EmbeddedServer(data_dir).stop()
    lines = [os.getpid(), data_dir / "postgresql", 0, 5432, data_dir / "postgresql", "", "1 1", "ready"]
    (data_dir / "postgresql" / "postmaster.pid").write_text("".join(f"{line}\n" for line in lines))
    server = EmbeddedServer(data_dir)
    assert running(data_dir)
    server.stop()
    assert not running(data_dir)


def test_a_folder_removed_under_its_server_starts_afresh(data_dir: Path) -> None:
    """The old server would otherwise take away the new one's socket when it notices."""
    first = EmbeddedServer(data_dir)
    command_line = Path("/proc", (data_dir / "postgresql" / "postmaster.pid").read_text().split()[0], "cmdline")
    shutil.rmtree(data_dir / "postgresql")
    second = EmbeddedServer(data_dir)
    assert running(data_dir)
    assert not command_line.exists() or not command_line.read_bytes()
    first.stop()
    second.stop()


def test_a_path_too_long_for_a_socket_is_told() -> None:
    """The kernel's limit would otherwise show as an error deep inside PostgreSQL."""
    settings = Settings(database_url=None, data_dir=Path("/" + "x" * 100), secret=None, base_url="", language="sv")
    with pytest.raises(DatabaseUnavailableError, match="REGISTRY_DATA_DIR"):
        start_server(settings)


@pytest.mark.parametrize(
    ("secret", "said"), [("", "REGISTRY_SECRET måste"), ("short", "minst 32 tecken"), ("x" * 32, "upptagen")]
)
def test_what_keeps_it_from_serving_is_one_line_and_no_database(data_dir: Path, secret: str, said: str) -> None:
    """No secret, too short a secret, a port in use: told before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {**os.environ, "REGISTRY_DATA_DIR": str(data_dir), "REGISTRY_SECRET": secret, "DATABASE_URL": ""}
        result = subprocess.run(
            [COMMAND, "serve", "--port", str(taken.getsockname()[1])],
            env={**environment, "REGISTRY_LANGUAGE": "sv"}, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert (result.returncode, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr
    assert not (data_dir / "postgresql").exists()
