"""`registry statements issue`, run as a person runs it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from registry.database import fetch_value
from registry.payments.service import attest_payment
from tests.factories import World, make_grant, make_payment, org_number

COMMAND = (sys.executable, "-c", "from registry.cli import main; main()", "statements", "issue")


@pytest.fixture
async def grants(world: World) -> None:
    """A grant to each association, and a payment to the first."""
    number = await make_grant(world.programme, world.abf, amount=195_999_00)
    await make_grant(world.programme, world.bilda, amount=1_000_00)
    payment = await make_payment(number, amount=97_999_00, scope=await world.scope("officer"))
    await attest_payment(await world.scope("colleague"), payment)


async def run(dsn: str, *arguments: str) -> tuple[int, str, str]:
    """Run the command; returns its exit status and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
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


async def test_wrong_use_writes_nothing(world: World, grants: None, dsn: str, tmp_path: Path) -> None:
    for arguments in (
        ("--year", "2025"),
        ("--year", "2025", "--all", "--party", "P-3"),
        ("--year", "25", "--all"),
        ("--all",),
        ("--year", "2025", "--all", "--language", "de"),
    ):
        status, _out, err = await run(dsn, *arguments, "--output", str(tmp_path))
        assert (arguments, status) == (arguments, 2)
        assert err.startswith("Usage")
    status, _out, err = await run(dsn, "--year", "2099", "--all", "--output", str(tmp_path))
    assert status == 1
    assert "1990" in err
    assert names(tmp_path) == []
