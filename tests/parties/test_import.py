"""Parties from a file: all or none, every error at its place, and the same file again changes nothing."""

from pathlib import Path

import pytest

from registry.core.access import CONSOLE
from registry.core.errors import ForbiddenError
from registry.database import fetch_value
from registry.parties.commands import FILE
from registry.parties.queries import find_party, get_party, list_versions
from registry.parties.schemas import PartyDetails, PartyKind
from registry.parties.service import register_party
from tests.factories import World, org_number
from tests.importing import csv_file, load, refused, run_command, xlsx_file

HEADER = "org_number;name;kind;municipality;language;bankgiro;plusgiro;email"


async def count() -> int:
    return int(await fetch_value("SELECT count(*) FROM party"))


@pytest.mark.usefixtures("db")
async def test_new_changed_and_unchanged_are_told_apart(tmp_path: Path) -> None:
    one, other = org_number(70_001), org_number(70_002)
    lines = [
        HEADER,
        f"{one};ABF;study_association;Falun;sv;54029681;;abf@example.se",
        f"{other};Bilda;studieförbund;;;;;",
    ]
    path = csv_file(tmp_path / "parties.csv", lines)
    assert await load(FILE, path) == (2, 0, 0)
    assert await load(FILE, path) == (0, 0, 2)
    lines[1] = lines[1].replace("ABF", "ABF Dalarna")
    assert await load(FILE, csv_file(path, lines)) == (0, 1, 1)
    party = await find_party(CONSOLE, one)
    assert party.name == "ABF Dalarna"
    assert [version.name for version in await list_versions(CONSOLE, party.id, whole=True)] == ["ABF Dalarna", "ABF"]


@pytest.mark.usefixtures("db")
async def test_columns_may_be_left_out_and_come_in_any_order(tmp_path: Path) -> None:
    number = org_number(70_003)
    path = csv_file(tmp_path / "p.csv", ["kind,name,org_number", f"kommun,Säters kommun,{number.replace('-', '')}"])
    assert await load(FILE, path) == (1, 0, 0)
    assert await fetch_value("SELECT count(*) FROM funder") == 1


async def test_a_column_that_the_file_has_not_leaves_what_is_registered(world: World, tmp_path: Path) -> None:
    before = (await list_versions(CONSOLE, world.abf, whole=True))[0]
    path = csv_file(
        tmp_path / "p.csv", ["org_number;name;kind;municipality", f"{before.org_number};ABF;study_association;"]
    )
    assert await load(FILE, path) == (0, 1, 0)
    assert await load(FILE, path) == (0, 0, 1)
    after = (await list_versions(CONSOLE, world.abf, whole=True))[0]
    assert (after.name, after.bankgiro) == ("ABF", "5402-9681")
    assert (await get_party(CONSOLE, world.abf)).municipality == ""


async def test_an_import_keeps_the_address(world: World, tmp_path: Path) -> None:
    details = PartyDetails(
        org_number=org_number(70_020), name="ABF", kind=PartyKind.STUDY_ASSOCIATION, address="Gatan 1"
    )
    party_id = await register_party(await world.scope("officer"), details)
    path = csv_file(tmp_path / "p.csv", [HEADER, f"{details.org_number};Nytt namn;study_association;;;;;"])
    assert await load(FILE, path) == (0, 1, 0)
    assert (await list_versions(CONSOLE, party_id, whole=True))[0].address == "Gatan 1"


@pytest.mark.usefixtures("db")
async def test_a_workbook_is_read_like_a_csv_file(tmp_path: Path) -> None:
    rows = [["org_number", "name", "kind"], [org_number(70_004), "Åsa & Öst", "society"], ["", "", ""]]
    assert await load(FILE, xlsx_file(tmp_path / "p.xlsx", rows)) == (1, 0, 0)


@pytest.mark.usefixtures("db")
async def test_every_error_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    good = org_number(70_005)
    path = csv_file(
        tmp_path / "p.csv",
        [
            HEADER,
            f"{good};ABF;study_association;;;;;",
            "212000-2271;;club;;de;123;1;nobody",
            f"{good};ABF again;study_association;;;;;",
            f"{org_number(70_006)};{'x' * 201};society;;;;;",
            ";Name;society;;;;;",
            f"{org_number(70_007)};Name;society;;;5402-9682;;",
        ],
    )
    assert await refused(FILE, path) == [
        (3, "name"), (3, "kind"), (4, "org_number"), (5, "name"), (6, "org_number"), (7, "bankgiro"),
    ]  # fmt: skip
    assert await count() == 0
    assert await fetch_value("SELECT count(*) FROM trail_entry WHERE action LIKE 'parties:%'") == 0


@pytest.mark.usefixtures("db")
async def test_an_unknown_or_missing_column_is_named(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "p.csv", ["org_number;name;colour", "1;2;3"])
    assert set(await refused(FILE, path)) == {(1, "colour"), (1, "kind")}


@pytest.mark.usefixtures("db")
async def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "p.csv", [HEADER, f"{org_number(70_008)};ABF;study_association;;;;;"])
    assert await load(FILE, path, dry_run=True) == (1, 0, 0)
    assert await count() == 0
    assert await load(FILE, path) == (1, 0, 0)


async def test_only_officers_import(world: World, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "p.csv", [HEADER, f"{org_number(70_009)};ABF;study_association;;;;;"])
    for name in ("auditor", "abf_user", "admin"):
        with pytest.raises(ForbiddenError):
            await load(FILE, path, scope=await world.scope(name))
    assert await load(FILE, path, scope=await world.scope("officer")) == (1, 0, 0)
    actor = await fetch_value("SELECT actor FROM trail_entry WHERE action = 'parties:import'")
    assert actor == f"user:{world.officer}"


@pytest.mark.usefixtures("db")
async def test_a_personal_number_is_in_no_error(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "p.csv", [HEADER, "811218-9876;Tolvan;creator;;;;;", "811218-9875;Fel;creator;;;;;"])
    assert await refused(FILE, path) == [(3, "org_number")]


@pytest.mark.usefixtures("db")
async def test_the_command_says_what_it_did(connected: str, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "p.csv", [HEADER, f"{org_number(70_010)};ABF;study_association;;;;;"])
    done = await run_command(connected, "parties", "import", str(path), "--dry-run")
    assert (done.status, done.out) == (0, "Dry run: 1 new, 0 changed, 0 unchanged. Nothing was written.\n")
    done = await run_command(connected, "parties", "import", str(path))
    assert (done.status, done.out, done.err) == (0, "1 new, 0 changed, 0 unchanged.\n", "")
    csv_file(path, [HEADER, f"{org_number(70_011)};;club;;;;;"])
    done = await run_command(connected, "parties", "import", str(path))
    assert done.status == 1
    assert done.out == ""
    lines = done.err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{path}:2:name", f"{path}:2:kind"]
    assert "study_association" in lines[1]


@pytest.mark.usefixtures("db")
async def test_the_command_knows_usage_from_refusal(connected: str, tmp_path: Path) -> None:
    assert (await run_command(connected, "parties", "import", str(tmp_path / "none.csv"))).status == 2
    assert (await run_command(connected, "parties", "import")).status == 2
    path = csv_file(tmp_path / "p.csv", [HEADER])
    done = await run_command(connected, "parties", "import", str(path), "--as", "nobody@example.se")
    assert done.status == 1
    assert "nobody@example.se" in done.err
