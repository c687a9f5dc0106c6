"""`registry statements issue`, run as a person runs it."""

import asyncio
import os
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from registry.database import fetch, fetch_value
from registry.payments.service import attest_payment
from registry.statements.commands import statements
from tests.factories import World, make_grant, make_payment, org_number
from tests.statements.batches import begin

COMMAND = (sys.executable, "-c", "from registry.cli import main; main()", "statements")


@pytest.fixture
async def grants(world: World) -> None:
    """A grant to each association, and a payment to the first."""
    number = await make_grant(world.programme, world.abf, amount=195_999_00)
    await make_grant(world.programme, world.bilda, amount=1_000_00)
    payment = await make_payment(number, amount=97_999_00, scope=await world.scope("officer"))
    await attest_payment(await world.scope("colleague"), payment)


async def run(dsn: str, *arguments: str, command: str = "issue") -> tuple[int, str, str]:
    """Run the command; returns its exit status and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        command,
        *arguments,
        env={
            **os.environ,
            "DATABASE_URL": dsn,
            "REGISTRY_LANGUAGE": "en",
            "REGISTRY_BASE_URL": "https://b.example.se/",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def names(folder: Path) -> list[str]:
    """What a folder holds."""
    return sorted(file.name for file in folder.iterdir())


async def test_everyone_gets_a_file_and_again_the_same(world: World, grants: None, dsn: str, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "deep", tmp_path / "b"
    status, out, err = await run(dsn, "--year", "2025", "--all", "--output", str(first))
    assert (status, err) == (0, "")
    assert "97,999.00" in out
    assert names(first) == [f"statement-2025-P{world.abf}-sv.pdf", f"statement-2025-P{world.bilda}-sv.pdf"]
    status, out, _err = await run(dsn, "--year", "2025", "--all", "--output", str(second))
    assert status == 0
    assert "0 new" in out
    for name in names(first):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert await fetch_value("SELECT count(*) FROM statement") == 2


async def test_one_that_fails_is_named_and_the_rest_are_written(
    world: World, grants: None, dsn: str, tmp_path: Path
) -> None:
    status, out, err = await run(
        dsn, "--year", "2025", "--party", f"P-{world.abf}", org_number(99_999), f"P-{world.kommun}", "nonsense",
        "--language", "fi", "--output", str(tmp_path),
    )  # fmt: skip
    assert status == 1
    assert names(tmp_path) == [f"statement-2025-P{world.abf}-fi.pdf"]
    assert "97,999.00" in out
    assert len(err.splitlines()) == 3
    assert f"Recipient 2: There is no party {org_number(99_999)}" in err
    assert "Recipient 4: " in err
    assert f"P-{world.kommun} Ludvika kommun" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--year", "2025"),
        ("--year", "2025", "--all", "--party", "P-3"),
        ("--year", "25", "--all"),
        ("--all",),
        ("--year", "2025", "--all", "--language", "de"),
        ("--year", "2025", "--party", "P-3", "--executor", "threads"),
        ("--year", "2025", "--party", "P-3", "--kind", "museum"),
        ("--year", "2025", "--all", "--kind", "dragon"),
    ],
)
def test_wrong_use_writes_nothing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    told = CliRunner().invoke(statements, ["issue", *arguments, "--output", str(tmp_path / "new")])
    assert told.exit_code == 2
    assert told.stderr.startswith("Usage")
    assert names(tmp_path) == []


def test_somewhere_to_write_must_be_named() -> None:
    for arguments in (("--all",), ("--party", "P-3")):
        told = CliRunner().invoke(statements, ["issue", "--year", "2025", *arguments])
        assert told.exit_code == 2
        assert "--output" in told.stderr


async def test_a_year_to_come_is_refused(world: World, grants: None, dsn: str, tmp_path: Path) -> None:
    status, _out, err = await run(dsn, "--year", "2099", "--all", "--output", str(tmp_path))
    assert (status, names(tmp_path)) == (1, [])
    assert "1990" in err


async def test_everyone_as_a_zip_of_those_that_are_chosen(world: World, grants: None, dsn: str, tmp_path: Path) -> None:
    archive = tmp_path / "new" / "2025.zip"
    await make_grant(world.region_programme, world.bilda, amount=2_000_00)
    status, out, err = await run(
        dsn, "--year", "2025", "--all", "--kind", "study_association", "--funder", "232100-0180", "--language", "fi",
        "--executor", "threads", "--zip", str(archive),
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert "1 statement in" in out
    assert "of which 1 new version. Control total" in out
    assert "says the same: 0.00 kr" in out.replace("\u00a0", " ")
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == ["manifest.csv", "manifest.json", f"statement-2025-P{world.bilda}-fi.pdf"]
        assert opened.read(opened.namelist()[2]).startswith(b"%PDF-")
    actions = [row["action"] for row in await fetch("SELECT action FROM trail_entry ORDER BY seq DESC LIMIT 2")]
    assert actions == ["statements:batch:export", "statements:batch:end"]


async def test_a_batch_is_broken_off_gone_on_with_and_cancelled(
    world: World, grants: None, dsn: str, tmp_path: Path
) -> None:
    batch = await begin()
    assert await run(dsn, command="cancel") == (0, "Batch 1 is cancelled; 0 of 2 statements were issued.\n", "")
    assert batch.id == 1
    status, _out, err = await run(dsn, command="cancel")
    assert (status, err) == (1, "No batch of statements is under way.\n")
    await begin(kind="study_association")
    status, _out, err = await run(dsn, "--year", "2025", "--all", "--output", str(tmp_path))
    assert (status, names(tmp_path)) == (1, [])
    assert "Batch 2 (2025) has not ended" in err


async def test_what_renders_nothing_is_told_before_anything_is_begun(
    world: World, grants: None, dsn: str, tmp_path: Path
) -> None:
    status, _out, err = await run(dsn, "--year", "2025", "--all", "--executor", "cloud", "--output", str(tmp_path))
    assert (status, len(err.splitlines())) == (1, 1)
    assert "cloud is no executor" in err
    assert await fetch_value("SELECT count(*) FROM statement_batch") == 0
