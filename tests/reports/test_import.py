"""Reports from a file, and the list of them as a file."""

from pathlib import Path

from registry.core.access import CONSOLE
from registry.database import fetch, fetch_value
from registry.parties.queries import find_party
from registry.reports.commands import FILE
from tests.browsing import csv_rows
from tests.factories import LUDVIKA, World, make_grant
from tests.importing import csv_file, load, refused, run_command

HEADER = "grant;funder;dnr;recipient;kind;title;due_on;demanded_on"


async def test_a_file_demands_reports_once(world: World, tmp_path: Path) -> None:
    grant = await make_grant(world.programme, world.abf, dnr="KUN 2025/1")
    abf = (await find_party(CONSOLE, f"P-{world.abf}")).org_number
    rows = [
        HEADER,
        f"{grant};;;;Slutredovisning;;2026-02-28;",
        f";{LUDVIKA};KUN 2025/1;{abf};;Bilder;2026-03-31;2025-06-01",
    ]
    path = csv_file(tmp_path / "reports.csv", rows)
    assert await load(FILE, path, dry_run=True) == (2, 0, 0)
    assert await load(FILE, path) == (2, 0, 0)
    assert await load(FILE, path) == (0, 0, 2)
    found = await fetch("SELECT kind, title, due_on::text, demanded_on::text FROM report ORDER BY id")
    assert [tuple(row) for row in found] == [
        ("final", "", "2026-02-28", "2025-02-03"), ("other", "Bilder", "2026-03-31", "2025-06-01"),
    ]  # fmt: skip


async def test_every_error_is_named_and_nothing_is_written(world: World, tmp_path: Path) -> None:
    grant = await make_grant(world.programme, world.abf)
    rows = [
        HEADER,
        f"{grant};;;;final;;2026-02-28;",
        "B-999;;;;final;;2026-02-28;",
        f"{grant};;;;novel;;2026-02-28;",
        f"{grant};;;;final;;i maj;",
        f"{grant};;;;final;;2024-02-28;",
        ";;;;final;;2026-02-28;",
        f"{grant};;;;final;;2026-02-28;2030-01-01",
    ]
    assert await refused(FILE, csv_file(tmp_path / "reports.csv", rows)) == [
        (3, "grant"), (4, "kind"), (5, "due_on"), (6, "due_on"), (7, "funder"), (7, "dnr"), (7, "recipient"),
        (8, "demanded_on"),
    ]  # fmt: skip
    assert await fetch_value("SELECT count(*) FROM report") == 0


async def test_another_funders_grant_is_refused(world: World, tmp_path: Path) -> None:
    grant = await make_grant(world.region_programme, world.abf)
    path = csv_file(tmp_path / "reports.csv", [HEADER, f"{grant};;;;final;;2026-02-28;"])
    assert await refused(FILE, path, scope=await world.scope("officer")) == [(2, "grant")]


async def test_the_commands(connected: str, world: World, tmp_path: Path) -> None:
    grant = await make_grant(world.programme, world.abf)
    path = csv_file(tmp_path / "reports.csv", [HEADER, f"{grant};;;;final;;2026-02-28;"])
    done = await run_command(connected, "reports", "import", str(path))
    assert (done.status, done.out, done.err) == (0, "1 new, 0 changed, 0 unchanged.\n", "")
    done = await run_command(connected, "reports", "export", "--status", "overdue", "--output", "-")
    assert [row["grant"] for row in csv_rows(done.out.encode())] == [grant]
    target = tmp_path / "reports.xlsx"
    done = await run_command(connected, "reports", "export", "--format", "xlsx", "--output", str(target))
    assert (done.status, target.read_bytes()[:2]) == (0, b"PK")
    done = await run_command(connected, "reports", "export", "--status", "lost", "--output", "-")
    assert done.status == 2
    assert "--status" in done.err
