"""`registry agreements export`, run as a person runs it."""

import asyncio
import os
import sys

from registry.database import fetch
from tests.browsing import csv_rows
from tests.factories import World, make_grant

COMMAND = (sys.executable, "-c", "from registry.cli import main; main()", "agreements", "export")


async def test_every_area_with_its_programmes_goes_to_standard_output(world: World, dsn: str) -> None:
    await make_grant(world.programme, world.abf, amount=1_000_00)
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "--output", "-",
        env={**os.environ, "DATABASE_URL": dsn, "REGISTRY_LANGUAGE": "en"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    rows = csv_rows(out)
    assert len(rows) == 11
    assert all("Ludvika kommun (212000-2270)" in row["parties"] for row in rows)
    [area] = [row for row in rows if row["area"] == "civil_society_study_associations"]
    assert area["programmes"] == "RD-STUD, LK-STUD"
    [told] = await fetch("SELECT count(*) AS entries FROM trail_entry WHERE body LIKE '%agreements:list:export%'")
    assert told["entries"] == 1
