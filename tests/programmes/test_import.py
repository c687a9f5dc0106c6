"""Programmes and frames from a file."""

from pathlib import Path

import pytest

from registry.core.access import CONSOLE
from registry.database import fetch_row, fetch_value
from registry.programmes.commands import FILE
from registry.programmes.queries import list_programmes
from tests.factories import DALARNA, LUDVIKA, World, make_grant, make_party
from tests.importing import csv_file, load, refused

HEADER = "code;title;kind;funder;priority_area;inside_ksm;account;year;frame"


async def test_a_row_is_a_frame_of_a_year(world: World, tmp_path: Path) -> None:
    lines = [
        HEADER,
        f"LK-BIBL;Bibliotek;general;{LUDVIKA};libraries;ja;4510;2025;120 000,50",
        f"LK-BIBL;Bibliotek;general;{LUDVIKA};Bibliotek;yes;4510;2026;130000",
        f"LK-NY;Nytt;creator;{LUDVIKA};;;;2026;0",
    ]
    path = csv_file(tmp_path / "p.csv", lines)
    assert await load(FILE, path) == (3, 0, 0)
    assert await load(FILE, path) == (0, 0, 3)
    programme = next(one for one in await list_programmes(CONSOLE, funder_id=world.kommun) if one.code == "LK-BIBL")
    assert programme.area_code == "libraries"
    assert programme.inside_ksm
    assert [(frame.year, frame.amount_ore) for frame in programme.frames] == [(2026, 13_000_000), (2025, 12_000_050)]
    lines[2] = lines[2].replace("130000", "140000")
    assert await load(FILE, csv_file(path, lines)) == (0, 1, 2)


async def test_a_column_that_the_file_has_not_leaves_what_is_registered(world: World, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "p.csv", ["code;title;kind;funder;year;frame", f"LK-STUD;Nytt namn;general;{LUDVIKA};2025;1"]
    )
    assert await load(FILE, path) == (0, 1, 0)
    assert await load(FILE, path) == (0, 0, 1)
    programme = next(one for one in await list_programmes(CONSOLE) if one.id == world.programme)
    assert (programme.title, programme.area_code) == ("Nytt namn", "civil_society_study_associations")


@pytest.mark.usefixtures("world")
async def test_every_error_is_named(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "p.csv",
        [
            HEADER,
            f"LK 1;;strange;{LUDVIKA};moon;maybe;{'4' * 31};25;1,2,3",
            f"LK-A;Ett;general;{LUDVIKA};;;;2025;100",
            f"LK-A;Ett;general;{LUDVIKA};;;;2025;200",
            f"LK-A;Två;general;{LUDVIKA};;;;2026;100",
            "LK-B;Ett;general;809901-0103;;;;2025;100",
            f"LK-C;Ett;general;{LUDVIKA};;;;2025;-1",
        ],
    )
    assert await refused(FILE, path) == [
        (2, "code"), (2, "title"), (2, "kind"), (2, "priority_area"), (2, "inside_ksm"), (2, "account"), (2, "year"),
        (2, "frame"), (4, "year"), (5, "title"), (6, "funder"), (7, "frame"),
    ]  # fmt: skip
    assert await fetch_value("SELECT count(*) FROM programme") == 2


async def test_a_frame_never_falls_below_what_is_decided(world: World, tmp_path: Path) -> None:
    await make_grant(world.programme, world.abf, amount=50_000_00)
    path = csv_file(
        tmp_path / "p.csv",
        [
            HEADER,
            f"LK-STUD;Programmet LK-STUD;study_associations;{LUDVIKA};civil_society_study_associations;;;2025;49999",
        ],
    )
    assert await refused(FILE, path) == [(2, "frame")]
    row = await fetch_row(
        "SELECT amount_ore FROM budget_frame WHERE programme_id = $1 AND year = 2025", world.programme
    )
    assert row is not None
    assert row["amount_ore"] == 100_000_000


async def test_an_officer_imports_for_the_own_funder_only(world: World, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "p.csv",
        [HEADER, f"X;Ett;general;{LUDVIKA};;;;2025;1", f"X;Ett;general;{DALARNA};;;;2025;1"],
    )
    assert await refused(FILE, path, scope=await world.scope("officer")) == [(3, "funder")]
    assert await load(FILE, path) == (2, 0, 0)


@pytest.mark.usefixtures("world")
async def test_a_party_that_is_no_funder_has_no_programmes(tmp_path: Path) -> None:
    await make_party("Ett museum", number="889904-0011")
    path = csv_file(tmp_path / "p.csv", [HEADER, "X;Ett;general;889904-0011;;;;2025;1"])
    assert await refused(FILE, path) == [(2, "funder")]
