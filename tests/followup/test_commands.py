"""`registry followup export`, run as a person runs it."""

import asyncio
import json
import os
import sys
from pathlib import Path

from registry.core.access import CONSOLE
from registry.followup.files import answer_json
from registry.followup.queries import follow_up
from registry.followup.rules import read_question
from tests.summaries.story import Story

COMMAND = (sys.executable, "-c", "from registry.cli import main; main()", "followup", "export")


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
    asked = read_question({"by": "ksm,budget_year", "year_from": "2025"})
    expected = answer_json(await follow_up(CONSOLE, asked))
    status, out, err = await run(
        dsn, "--by", "ksm,budget_year", "--year-from", "2025", "--format", "json", "--output", "-"
    )
    assert (status, err) == (0, "")
    assert out == expected
    assert json.loads(out)["totals"]["decided"] == "90000.01"


async def test_a_pdf_is_written_and_a_refusal_leaves_it(story: Story, dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "followup.pdf"
    status, _out, err = await run(dsn, "--agreement", "A-1", "--format", "pdf", "--output", str(file))
    assert (status, err) == (0, "")
    before = file.read_bytes()
    assert before.startswith(b"%PDF")
    status, _out, err = await run(dsn, "--agreement", "A-9", "--format", "pdf", "--output", str(file))
    assert status == 1
    assert "A-9" in err
    assert file.read_bytes() == before
    status, _out, err = await run(dsn, "--year-from", "25", "--format", "csv", "--output", "-")
    assert status == 2
    assert "--year-from" in err
