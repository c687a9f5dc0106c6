"""The stand-alone verifier, run by itself as an auditor would."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from registry.audit.files import write_export
from registry.audit.verify_export import UnreadableError, check_chain, print_histories
from registry.core.access import CONSOLE
from registry.database import fetch, fetch_value
from registry.settings import PROJECT
from registry.trail import read_anchor
from tests.audit.story import PERSON, make_story

VERIFIER = PROJECT / "registry" / "audit" / "verify_export.py"


@pytest.fixture
async def export(db: None, tmp_path: Path) -> Path:
    """An export of a small registry."""
    await make_story()
    path = tmp_path / "trail.jsonl"
    with path.open("wb") as file:
        assert await write_export(CONSOLE, file) == (await read_anchor()).seq
    return path


def lines_of(path: Path) -> list[str]:
    """The lines of a file."""
    return path.read_text().splitlines()


def write_lines(path: Path, lines: list[str]) -> None:
    """Write the file anew."""
    path.write_text("".join(f"{line}\n" for line in lines))


def verify(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the file alone: `-I` keeps our packages, the environment and the working folder out."""
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


async def test_an_honest_export_is_intact(export: Path) -> None:
    anchor = str(await read_anchor())
    done = verify(export, "--anchor", anchor)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("INTACT.")
    assert anchor in done.stdout


async def test_a_changed_line_is_named(export: Path) -> None:
    lines = lines_of(export)
    lines[11] = lines[11].replace("console", "konsole")
    write_lines(export, lines)
    done = verify(export)
    assert done.returncode == 1
    assert "First bad entry: 12:" in done.stderr


async def test_a_missing_line_is_named(export: Path) -> None:
    lines = lines_of(export)
    write_lines(export, lines[:4] + lines[5:])
    done = verify(export)
    assert done.returncode == 1
    assert "First bad entry: 5:" in done.stderr


async def test_a_cut_tail_is_known_by_the_anchor(export: Path) -> None:
    anchor = await read_anchor()
    lines = lines_of(export)
    write_lines(export, lines[:-3])
    assert verify(export).returncode == 0
    done = verify(export, "--anchor", str(anchor))
    assert done.returncode == 1
    assert f"First bad entry: {anchor.seq - 2}:" in done.stderr


@pytest.mark.parametrize(
    "content", [b"nothing", b'{"seq": "1"}', b'{"seq": true, "hash": "", "body": ""}', b"\xff\xfe"]
)
def test_something_else_is_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    assert verify(path).returncode == 2


def test_no_file_is_unreadable(tmp_path: Path) -> None:
    done = verify(tmp_path / "missing")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    with pytest.raises(UnreadableError):
        check_chain(str(tmp_path / "missing"), {})


async def test_the_history_of_a_payment_is_whole(export: Path) -> None:
    done = verify(export, "--payment", "U-1")
    assert done.returncode == 0
    history = done.stdout
    for action in (
        "grants:grant:decide",
        "payments:payment:register",
        "payments:payment:attest",
        "parties:party:register",
    ):
        assert action in history
    assert "Fel konto" in history
    assert "amount_ore = 10000.00" in history
    assert not any(PERSON in line for line in lines_of(export))


async def test_every_payment_has_its_history_in_the_export_alone(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    payments = await fetch("SELECT id, seq FROM payment ORDER BY id")
    print_histories(str(export), [row["id"] for row in payments])
    histories = capsys.readouterr().out.split("\nU-")[1:]
    assert len(histories) == len(payments)
    for row, history in zip(payments, histories, strict=True):
        assert f"\n  {row['seq']}  " in history
        for table, kind in (("attestation", "attest"), ("reversal", "reverse")):
            seq = await fetch_value(f"SELECT seq FROM {table} WHERE payment_id = $1", row["id"])
            assert (f"payments:payment:{kind}" in history) == (seq is not None)


async def test_a_line_holds_the_exact_body(export: Path) -> None:
    rows = await fetch("SELECT seq, hash, body FROM trail_entry ORDER BY seq")
    lines = [json.loads(line) for line in lines_of(export)]
    assert [(line["seq"], line["hash"], line["body"].encode()) for line in lines] == [
        (row["seq"], row["hash"].hex(), row["body"]) for row in rows
    ]
