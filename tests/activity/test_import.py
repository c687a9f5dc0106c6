"""Activity reports from a file: all or none, versions, further measures, and nothing about people."""

from pathlib import Path

import pytest

from registry.activity.commands import FILE
from registry.activity.queries import get_report, list_report_versions
from registry.core.access import CONSOLE
from registry.core.errors import ForbiddenError
from registry.database import fetch_value
from tests.factories import World
from tests.importing import csv_file, load, refused, run_command, xlsx_file

HEADER = (
    "org_number;municipality;year;study_hours;participant_hours;unique_participants;cultural_programmes;"
    "other_group_hours;source;signed_by"
)


async def number_of(party_id: int) -> str:
    return str(await fetch_value("SELECT org_number FROM party WHERE id = $1", party_id))


async def versions() -> int:
    return int(await fetch_value("SELECT count(*) FROM activity_version"))


async def test_new_changed_and_unchanged_are_told_apart(world: World, tmp_path: Path) -> None:
    abf, bilda = await number_of(world.abf), await number_of(world.bilda)
    lines = [
        HEADER,
        f"{abf};Ludvika;2025;1 200;9600;310;14;300;SCB;A. Ordförande",
        f"{bilda.replace('-', '')};Falun;2025;0;0;0;2;0;SCB;",
    ]
    path = csv_file(tmp_path / "a.csv", lines)
    assert await load(FILE, path, dry_run=True) == (2, 0, 0)
    assert await versions() == 0
    assert await load(FILE, path) == (2, 0, 0)
    assert await load(FILE, path) == (0, 0, 2)
    lines[1] = lines[1].replace("1 200", "1 250")
    assert await load(FILE, csv_file(path, lines)) == (0, 1, 1)
    assert await load(FILE, path) == (0, 0, 2)
    report = await get_report(CONSOLE, "V-1")
    assert (report.version, report.figures.study_hours) == (2, 1_250)
    assert "a.csv" in report.reason
    assert [one.figures.study_hours for one in await list_report_versions(CONSOLE, report.id)] == [1_250, 1_200]


async def test_a_workbook_and_further_measures(world: World, tmp_path: Path) -> None:
    abf = await number_of(world.abf)
    head = [*HEADER.split(";"), "target_group_hours", "state_grant", "disability_participants"]
    row = [abf, "Ludvika", 2025, 1200, 9600, 310, 14, 300, "SCB", "A. Ordförande", 90, "12 500,50", ""]
    assert await load(FILE, xlsx_file(tmp_path / "a.xlsx", [head, row])) == (1, 0, 0)
    figures = (await get_report(CONSOLE, "V-1")).figures
    assert (figures.target_group_hours, figures.state_grant, figures.disability_participants) == (90, 1_250_050, None)
    again = csv_file(tmp_path / "b.csv", [HEADER, f"{abf};Ludvika;2025;1200;9600;310;14;300;SCB;A. Ordförande"])
    assert await load(FILE, again) == (0, 0, 1), "a column that the file doesn't have leaves what is registered"


async def test_every_error_is_told_at_its_place_and_nothing_is_kept(world: World, tmp_path: Path) -> None:
    abf, kommun = await number_of(world.abf), await number_of(world.kommun)
    rows = {
        f"{abf};Ludvika;2025;1,5;9600;310;14;300;SCB;": "study_hours",
        f"{abf};Ludvika;2025;1200;9600;310;;300;SCB;": "cultural_programmes",
        f"{abf};Ludvika;2025;1200;9600;310;14;300;;": "source",
        f"{abf};;2025;1200;9600;310;14;300;SCB;": "municipality",
        f"{abf};Ludvika;25;1200;9600;310;14;300;SCB;": "year",
        f"{abf};Falun;2999;1200;9600;310;14;300;SCB;": "year",
        f"{abf};Borlänge;2025;1200;9600;9601;14;300;SCB;": "unique_participants",
        f"{abf};Säter;2025;9700;9600;310;14;300;SCB;": "participant_hours",
        f"{abf};Mora;2025;1200;9600;310;14;300;SCB 640312-9817;": "source",
        f"{abf};Mora;2025;1200;9600;310;14;300;SCB;Anna 19640312-9817": "signed_by",
        f"{kommun};Ludvika;2025;1200;9600;310;14;300;SCB;": "org_number",
        "809999-9999;Ludvika;2025;1200;9600;310;14;300;SCB;": "org_number",
        "x;Ludvika;2025;1200;9600;310;14;300;SCB;": "org_number",
        f"{abf};Avesta;2025;1200;9600;310;14;300;SCB;": "",
        f"{abf};avesta;2025;1200;9600;310;14;300;SCB;": "municipality",
    }
    errors = await refused(FILE, csv_file(tmp_path / "a.csv", [HEADER, *rows]))
    assert errors == [(place, column) for place, column in enumerate(rows.values(), 2) if column]
    assert await versions() == 0


@pytest.mark.parametrize("column", ["personnummer", "participant_name", "email"])
async def test_a_column_about_participants_is_refused(world: World, tmp_path: Path, column: str) -> None:
    abf = await number_of(world.abf)
    path = csv_file(tmp_path / "a.csv", [f"{HEADER};{column}", f"{abf};Ludvika;2025;1;8;3;0;0;SCB;;x"])
    assert await refused(FILE, path) == [(1, column)]


async def test_an_auditor_imports_nothing(world: World, tmp_path: Path) -> None:
    abf = await number_of(world.abf)
    path = csv_file(tmp_path / "a.csv", [HEADER, f"{abf};Ludvika;2025;1;8;3;0;0;SCB;"])
    with pytest.raises(ForbiddenError):
        await load(FILE, path, scope=await world.scope("auditor"))


async def test_the_command_says_what_it_did_and_where_it_failed(connected: str, world: World, tmp_path: Path) -> None:
    abf = await number_of(world.abf)
    path = csv_file(tmp_path / "a.csv", [HEADER, f"{abf};Ludvika;2025;100;800;30;1;0;SCB;"])
    done = await run_command(connected, "activity", "import", str(path))
    assert (done.status, done.out.strip()) == (0, "1 new, 0 changed, 0 unchanged."), done.err
    wrong = csv_file(tmp_path / "b.csv", [HEADER, f"{abf};Ludvika;2025;100;800;900;1;0;SCB;"])
    done = await run_command(connected, "activity", "import", str(wrong))
    assert done.status == 1
    assert done.err.startswith(f"{wrong}:2:unique_participants: There are more unique participants")
