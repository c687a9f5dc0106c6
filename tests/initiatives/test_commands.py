"""`registry initiatives list` and `export`, run as a person runs them."""

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.browsing import csv_rows
from tests.initiatives.story import Kept

COMMAND = (sys.executable, "-c", "from registry.cli import main; main()", "initiatives")


async def run(dsn: str, *arguments: str) -> tuple[int, bytes, str]:
    """Run the command; returns its exit status and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        env={**os.environ, "DATABASE_URL": dsn, "REGISTRY_LANGUAGE": "en"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out, err.decode()


async def test_the_list_goes_to_standard_output(kept: Kept, dsn: str) -> None:
    status, out, err = await run(dsn, "list", "--search", "poesi")
    assert (status, err) == (0, "")
    assert [(row["initiative"], row["year"], row["paid"]) for row in csv_rows(out)] == [
        (kept.poetry, "2025", "60000.00")
    ]


async def test_a_year_is_written_whole_or_not_at_all(kept: Kept, dsn: str, tmp_path: Path) -> None:
    status, out, err = await run(
        dsn, "export", "--initiative", kept.body, "--year", "2025", "--format", "json", "--output", "-"
    )
    assert (status, err) == (0, "")
    assert json.loads(out)["totals"]["paid"] == "620000.01"
    file = tmp_path / "edition.pdf"
    asked = ("--year", "2025", "--format", "pdf", "--output", str(file))
    assert await run(dsn, "export", "--initiative", kept.poetry, *asked) == (0, b"", "")
    assert file.read_bytes().startswith(b"%PDF")
    status, _out, err = await run(dsn, "export", "--initiative", "S-77", *asked)
    assert (status, "S-77" in err) == (1, True)
    assert file.read_bytes().startswith(b"%PDF")
    assert os.listdir(tmp_path) == ["edition.pdf"]  # noqa: PTH208 - a list of names is what is wanted
