"""Decisions from a file."""

from datetime import date
from pathlib import Path

from registry.core.access import CONSOLE
from registry.database import fetch, fetch_value
from registry.grants.commands import FILE
from registry.grants.queries import GrantFilter, list_grants, list_instalments
from registry.parties.service import merge_parties
from tests.factories import DALARNA, LUDVIKA, World, make_programme
from tests.importing import csv_file, load, refused

HEADER = "funder;programme;recipient;via;dnr;decided_on;decider;amount;period_from;period_to;purpose;instalments"
SHORT = "funder;programme;recipient;dnr;decided_on;decider;amount"


async def number_of(party_id: int) -> str:
    return str(await fetch_value("SELECT org_number FROM party WHERE id = $1", party_id))


async def test_a_decision_is_read_with_its_plan(world: World, tmp_path: Path) -> None:
    abf, bilda = await number_of(world.abf), await number_of(world.bilda)
    plan = "2025-03-01:60000|2025-09-01:40 000,00"
    path = csv_file(
        tmp_path / "g.csv",
        [
            HEADER,
            f"{LUDVIKA};LK-STUD;{abf};{bilda};KUN 2025/1;2025-02-03;Nämnden;100 000;2025-01-01;2025-12-31;Drift;{plan}",
        ],
    )
    assert await load(FILE, path) == (1, 0, 0)
    assert await load(FILE, path) == (0, 0, 1)
    grant = (await list_grants(CONSOLE, GrantFilter())).items[0]
    assert (grant.granted_ore, grant.via_id, grant.purpose) == (10_000_000, world.bilda, "Drift")
    parts = (await list_instalments(CONSOLE, [grant.id]))[grant.id]
    assert [(one.due_on, one.amount_ore) for one in parts] == [
        (date(2025, 3, 1), 6_000_000),
        (date(2025, 9, 1), 4_000_000),
    ]
    entry = await fetch("SELECT action FROM trail_entry WHERE seq = $1", grant.seq)
    assert entry[0]["action"] == "grants:grant:decide"


async def test_what_is_left_out_has_a_sensible_default(world: World, tmp_path: Path) -> None:
    abf, bilda = await number_of(world.abf), await number_of(world.bilda)
    path = csv_file(
        tmp_path / "g.csv",
        [
            f"{SHORT};period_from;paragraph",
            f"{LUDVIKA};LK-STUD;{abf};KUN 1;2025-02-03;Nämnden;100;;§ 12",
            f"{LUDVIKA};LK-STUD;{bilda};KUN 1;2025-02-03;Nämnden;100;2026-07-01;",
        ],
    )
    assert await load(FILE, path) == (2, 0, 0)
    second, first = (await list_grants(CONSOLE, GrantFilter())).items
    assert (first.period_from, first.period_to, first.paragraph) == (date(2025, 1, 1), date(2025, 12, 31), "§ 12")
    assert (second.period_from, second.period_to, second.year) == (date(2026, 7, 1), date(2026, 12, 31), 2026)
    plan = (await list_instalments(CONSOLE, [first.id]))[first.id]
    assert [(one.due_on, one.amount_ore) for one in plan] == [(date(2025, 2, 3), 10_000)]


async def test_every_error_is_named_and_nothing_is_written(world: World, tmp_path: Path) -> None:
    abf = await number_of(world.abf)
    start = f"{LUDVIKA};LK-STUD;{abf}"
    path = csv_file(
        tmp_path / "g.csv",
        [
            HEADER,
            f"{start};;KUN 1;2025-02-03;Nämnden;100;;;;2025-02-03:50|2025-03-01:49",
            f"212000-2271;;{abf};x;;2025-02-30;;1.2.3;x;y;;",
            f"{start};{abf};KUN 2;2025-02-03;Nämnden;0;;;;",
            f"{LUDVIKA};LK-NONE;{abf};;KUN 3;2025-02-03;Nämnden;100;;;;",
            f"{LUDVIKA};LK-STUD;809901-0103;;KUN 3;2025-02-03;Nämnden;100;;;;",
            f"{start};;KUN 4;2025-02-03;Nämnden;100;2019-01-01;2019-12-31;;",
            f"{start};;KUN 5;2025-02-03;Nämnden;1000000,01;;;;",
            f"{start};;KUN 6;2025-02-03;Nämnden;100;;;;now",
            f"{abf};LK-STUD;{abf};;KUN 7;2025-02-03;Nämnden;100;;;;",
            f"{start};;KUN 8;2099-02-03;Nämnden;100;2025-01-01;2025-12-31;;",
        ],
    )
    assert sorted(await refused(FILE, path)) == sorted([
        (2, "instalments"),
        (3, "funder"), (3, "programme"), (3, "via"), (3, "dnr"), (3, "decider"), (3, "decided_on"), (3, "amount"),
        (3, "period_from"), (3, "period_to"),
        (4, "amount"), (4, "via"), (5, "programme"), (6, "recipient"), (7, "programme"), (8, "amount"),
        (9, "instalments"), (10, "funder"), (11, "decided_on"),
    ])  # fmt: skip
    assert await fetch_value("SELECT count(*) FROM funding_grant") == 0


async def test_the_rows_of_a_file_share_the_frame(world: World, tmp_path: Path) -> None:
    await make_programme(world.kommun, code="LK-LITEN", frame=100_000_00, years=(2025,))
    abf, bilda = await number_of(world.abf), await number_of(world.bilda)
    lines = [SHORT] + [
        f"{LUDVIKA};LK-LITEN;{party};KUN {place};2025-02-03;Nämnden;{amount}"
        for place, (party, amount) in enumerate([(abf, "60000"), (bilda, "40000"), (abf, "0,01")])
    ]
    path = csv_file(tmp_path / "g.csv", lines)
    assert await refused(FILE, path) == [(4, "amount")]
    assert await load(FILE, csv_file(path, lines[:3])) == (2, 0, 0)


async def test_the_same_decision_with_other_facts_is_refused(world: World, tmp_path: Path) -> None:
    abf = await number_of(world.abf)
    line = f"{LUDVIKA};LK-STUD;{abf};KUN 1;2025-02-03;Nämnden;100"
    path = csv_file(tmp_path / "g.csv", [SHORT, line])
    await load(FILE, path)
    assert await refused(FILE, csv_file(path, [SHORT, line.replace(";100", ";101")])) == [(2, "amount")]
    assert await refused(FILE, csv_file(path, [SHORT, line.replace("02-03", "02-04")])) == [(2, "decided_on")]


async def test_an_officer_imports_for_the_own_funder_only(world: World, tmp_path: Path) -> None:
    abf = await number_of(world.abf)
    path = csv_file(
        tmp_path / "g.csv",
        [
            SHORT,
            f"{LUDVIKA};LK-STUD;{abf};KUN 1;2025-02-03;Nämnden;100",
            f"{DALARNA};RD-STUD;{abf};RD 1;2025-02-03;Nämnden;100",
        ],
    )
    assert await refused(FILE, path, scope=await world.scope("officer")) == [(3, "funder")]


async def test_a_merged_recipient_keeps_what_was_decided_before(world: World, tmp_path: Path) -> None:
    abf = await number_of(world.abf)
    lines = [SHORT, f"{LUDVIKA};LK-STUD;{abf};KUN 1;2025-02-03;Nämnden;100"]
    path = csv_file(tmp_path / "g.csv", lines)
    await load(FILE, path)
    await merge_parties(CONSOLE, world.abf, world.bilda, merged_on=date(2025, 6, 1))
    assert await load(FILE, path) == (0, 0, 1)
    lines.append(f"{LUDVIKA};LK-STUD;{abf};KUN 2;2025-06-01;Nämnden;100")
    assert await refused(FILE, csv_file(path, lines)) == [(3, "recipient")]
