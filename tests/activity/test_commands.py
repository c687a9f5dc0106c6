"""`registry activity export`: the list as it is filtered, told to the trail; a filter that can't be read is refused."""

from pathlib import Path

from registry.activity.commands import FILE
from registry.database import fetch_value
from tests.activity.test_import import HEADER, number_of
from tests.browsing import csv_rows, xlsx_rows
from tests.factories import World
from tests.importing import csv_file, load, run_command


async def test_the_list_is_written_as_it_is_filtered(connected: str, world: World, tmp_path: Path) -> None:
    abf, bilda = await number_of(world.abf), await number_of(world.bilda)
    lines = [HEADER, f"{abf};Ludvika;2025;100;800;30;1;0;SCB;", f"{abf};Falun;2024;50;400;20;1;0;SCB;",
             f"{bilda};Ludvika;2025;70;300;10;2;0;SCB;"]  # fmt: skip
    await load(FILE, csv_file(tmp_path / "a.csv", lines))
    done = await run_command(connected, "activity", "export", "--year", "2025", "--party", abf, "--output", "-")
    assert done.status == 0, done.err
    assert [(row["municipality"], row["study_hours"]) for row in csv_rows(done.out.encode())] == [("Ludvika", "100")]
    asked = await fetch_value("SELECT body FROM trail_entry WHERE action = 'activity:list:export'")
    assert b"year=2025" in bytes(asked)
    book = tmp_path / "a.xlsx"
    words = ("activity", "export", "--municipality", "Ludvika", "--format", "xlsx", "--output", str(book))
    assert (await run_command(connected, *words)).status == 0
    assert len(xlsx_rows(book.read_bytes())) >= 2
    done = await run_command(connected, "activity", "export", "--corrected", "--output", "-")
    assert csv_rows(done.out.encode()) == []


async def test_a_filter_that_can_not_be_read_is_refused(connected: str, world: World) -> None:
    del world
    for option, value in (("--year", "25"), ("--party", "556036-0794")):
        done = await run_command(connected, "activity", "export", option, value, "--output", "-")
        assert (done.status, done.out) == (2, ""), done
        assert f"{option}: " in done.err
