"""The commands as they are run, with their exit statuses."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from registry.audit.verify_export import check_chain
from registry.trail import read_anchor
from tests.audit.story import make_story


@pytest.fixture
async def story(db: None) -> None:
    """A small registry."""
    await make_story()


def names_in(folder: Path) -> list[str]:
    """What a folder holds."""
    return [path.name for path in folder.iterdir()]


def registry(dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `registry`."""
    command = [str(Path(sys.executable).with_name("registry")), *arguments]
    environment = {**os.environ, "DATABASE_URL": dsn, "REGISTRY_LANGUAGE": "en"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)


async def test_verify_says_intact_tampered_or_unreadable(
    story: None, connected: str, owner: asyncpg.Connection
) -> None:
    anchor = str(await read_anchor())
    intact = registry(connected, "audit", "verify", "--anchor", anchor)
    assert (intact.returncode, intact.stderr) == (0, "")
    assert anchor in intact.stdout
    seq = await owner.fetchval("SELECT seq FROM party ORDER BY seq DESC LIMIT 1")
    await owner.execute("UPDATE party SET municipality = 'Annanstans' WHERE seq = $1", seq)
    tampered = registry(connected, "audit", "verify")
    assert tampered.returncode == 1
    assert tampered.stderr.splitlines()[0].endswith(f": {seq}")
    nowhere = registry("postgresql://nobody@127.0.0.1:1/nothing", "audit", "verify")
    assert nowhere.returncode == 2
    assert "Traceback" not in nowhere.stderr
    assert registry(connected, "audit", "verify", "--anchor", "7:x").returncode == 2


async def test_export_writes_a_file_that_the_verifier_takes(story: None, connected: str, tmp_path: Path) -> None:
    target = tmp_path / "trail.jsonl"
    done = registry(connected, "audit", "export", str(target))
    assert done.returncode == 0
    assert names_in(tmp_path) == [target.name]
    out = registry(connected, "audit", "export", "-").stdout
    assert json.loads(out.splitlines()[-1])["seq"] == (await read_anchor()).seq
    assert check_chain(str(target), {})[0] == len(out.splitlines())
    assert registry(connected, "audit", "export", str(tmp_path / "no" / "where")).returncode != 0


async def test_sample_is_the_same_each_time(story: None, connected: str) -> None:
    options = ("audit", "sample", "--seed", "x", "--size", "4", "--year", "2025")
    first = registry(connected, *options, "--format", "csv")
    assert first.returncode == 0
    assert registry(connected, *options).stdout == first.stdout
    rows = [row for row in csv.DictReader(first.stdout.splitlines(), delimiter=";") if row["number"].startswith("U-")]
    as_json = json.loads(registry(connected, *options, "--format", "json").stdout)
    assert [row["number"] for row in rows] == [item["number"] for item in as_json["items"]]
    assert as_json["items"][0]["amount"] == rows[0]["amount"]
    assert registry(connected, "audit", "sample", "--seed", "x", "--size", "0").returncode == 1
