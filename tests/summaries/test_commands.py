"""`registry summaries export`, run as a person runs it."""

import asyncio
import json
import os
import sys
from pathlib import Path

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.summaries.files import answer_json
from registry.summaries.queries import summarise
from registry.summaries.rules import read_question
from tests.summaries.story import Story

COMMAND = (sys.executable, "-c", "from registry.cli import main; main()", "summaries", "export")


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


async def test_standard_output_holds_the_answer_and_nothing_else(story: Story, dsn: str) -> None:
    asked = read_question({"by": "funder,year", "year": "2025"})
    expected = answer_json(await summarise(CONSOLE, asked))
    status, out, err = await run(dsn, "--year", "2025", "--by", "funder,year", "--format", "json", "--output", "-")
    assert (status, err) == (0, "")
    assert out == expected
    assert json.loads(out)["totals"]["paid"] == "60000.01"
    assert await fetch_value("SELECT actor FROM trail_entry WHERE action = 'summaries:summary:export'") == "console"


async def test_a_file_is_written_whole_or_not_at_all(story: Story, dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "summary.csv"
    status, _out, _err = await run(
        dsn, "--from", "2024-01-01", "--to", "2025-12-31", "--as-of", "2025-06-30", "--known-at", "2025-12-31",
        "--format", "csv", "--output", str(file),
    )  # fmt: skip
    assert status == 0
    before = file.read_bytes()
    assert b"paid_less_reversed=145000.01" in before
    status, out, err = await run(dsn, "--funder", "802001-1111", "--format", "csv", "--output", str(file))
    assert (status, out) == (1, b"")
    assert err.strip()
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == ["summary.csv"]  # noqa: PTH208 - the folder holds nothing else


async def test_the_pdf_is_written_and_the_command_ends(story: Story, dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "summary.pdf"
    status, _out, err = await run(dsn, "--year", "2025", "--format", "pdf", "--output", str(file))
    assert (status, err) == (0, "")
    assert file.read_bytes().startswith(b"%PDF")


async def test_wrong_use_says_which_option(story: Story, dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    status, _out, err = await run(dsn, "--by", "nope", "--as-of", "x", "--format", "json", "--output", str(file))
    assert status == 2
    assert "--by" in err
    assert "--as-of" in err
    assert not file.exists()
