"""A registry of an earlier version, restored from its backup: no figure, no statement and no proof has changed.

`fixtures/registry-0.1.0.backup` is the demo of version 0.1.0 with three statements issued, and what that version said
of it is written below.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.server import make_database

BACKUP = Path(__file__).parent / "fixtures" / "registry-0.1.0.backup"
ANCHOR = "647:e01fde07041985ba01b4382e8b29e4e88f6aa88798ecf0dd30942ad9601230b1"
TOTALS = {
    "decided": "44614839.25",
    "paid": "43615370.25",
    "reversed": "226000.00",
    "repaid": "20750.50",
    "remaining": "1225469.00",
    "payments": 403,
}
ROWS = {
    "area,kind,month": "4ceac249fb777fd26934ba2160c8a114b137b3540d3e8207ab375eec98624e3f",
    "funder,programme,recipient,budget_year": "ca6d7986e86533f60b5932a182b7d2004cd06a14e4625c46930a8ceeb09a19f2",
}
"""Groups → the hash of the summary's rows."""
STATEMENTS = {
    ("2025", "809901-0103", "sv"): "0b9bfed363510c061618ca2b9d3a8272992621b9d136c56226e401d2717bbbe2",
    ("2025", "879000-4249", "sv"): "db47317bb762b264870c17fca8b143846394c4510d0010a7ffeda21a782a8328",
    ("2024", "809901-0103", "fi"): "346124e4b0f9374653904b4c33d9cba33423c73eab8114111abf07fb52e6752d",
}
"""Year, party and language → the SHA-256 of the PDF that was issued."""


def registry(dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `registry` on a database."""
    command = [str(Path(sys.executable).with_name("registry")), *arguments]
    environment = {**os.environ, "DATABASE_URL": dsn, "REGISTRY_LANGUAGE": "en"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)


def hash_in(folder: Path) -> str:
    """The SHA-256 of the one file in a folder."""
    [file] = folder.iterdir()
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
async def upgraded(connected: str, owner_connection: asyncpg.Connection) -> AsyncIterator[str]:
    """The database of the earlier version, restored and migrated."""
    dsn = await make_database(connected, "upgraded")
    done = registry(dsn, "restore", str(BACKUP))
    assert (done.returncode, done.stderr) == (0, "")
    yield dsn
    await owner_connection.execute("DROP DATABASE upgraded WITH (FORCE)")


async def test_the_trail_still_verifies_against_the_earlier_anchor(upgraded: str) -> None:
    done = registry(upgraded, "audit", "verify", "--anchor", ANCHOR)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("by", ROWS)
async def test_no_figure_has_changed(upgraded: str, by: str) -> None:
    done = registry(upgraded, "summaries", "export", "--by", by, "--format", "json", "--output", "-")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["totals"] == TOTALS
    assert summary["sha256"] == ROWS[by]


@pytest.mark.parametrize(("year", "party", "language"), STATEMENTS)
async def test_an_issued_statement_is_the_same_file(
    upgraded: str, tmp_path: Path, year: str, party: str, language: str
) -> None:
    """Nothing has happened to the figures, so there is no new version, whatever the statement can tell nowadays."""
    issued = registry(
        upgraded, "statements", "issue", "--year", year, "--party", party, "--language", language,
        "--output", str(tmp_path),
    )  # fmt: skip
    assert issued.returncode == 0, issued.stderr
    assert hash_in(tmp_path) == STATEMENTS[year, party, language]
