"""Fee schedules and engagements from files: all or none, and never over what stands."""

from datetime import date
from pathlib import Path

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.fees.book import list_schedules, read_book
from registry.fees.commands import ENGAGEMENTS_FILE, LEVELS_FILE
from registry.fees.queries import EngagementFilter, list_engagements
from registry.fees.rules import check
from registry.fees.schedules import ensure_levels
from registry.fees.schemas import Discipline, Outcome
from registry.settings import PROJECT
from tests.browsing import csv_rows
from tests.factories import LUDVIKA, World, make_creator, make_engagement, make_grant
from tests.fees.levels import WRITERS, kronor, terms
from tests.importing import csv_file, load, refused, run_command

PUBLISHED = PROJECT / "registry" / "fees" / "data" / "fee-levels.csv"
LEVELS = "issuer;schedule;valid_from;valid_to;applies_by;code;title;unit;amount_sek;basis;source"
HEADER = "creator;issuer;code;booking_date;contract_date;event_date;quantity;agreed_fee;tax;vat_included;motive"
PERSON = "640312-9817"


async def test_a_registry_starts_with_the_published_levels(db: None) -> None:
    schedules = await list_schedules(CONSOLE)
    assert len(schedules) == 7
    assert sum(len(schedule.levels) for schedule in schedules) == 26
    before = await fetch_value("SELECT seq FROM chain_head")
    await ensure_levels()
    assert await fetch_value("SELECT seq FROM chain_head") == before, "they are registered once"


async def test_the_published_file_itself_changes_nothing(db: None) -> None:
    assert await load(LEVELS_FILE, PUBLISHED) == (0, 0, 7)


async def test_a_new_version_applies_from_its_day_and_leaves_the_old_one(db: None, tmp_path: Path) -> None:
    start = f"{WRITERS};Författararvoden 2027;2027-01-01;;booking_date"
    path = csv_file(
        tmp_path / "levels.csv",
        [
            LEVELS,
            f"{start};appearance-120;Högst 2 timmar;appearance;9 200;F-tax, ex VAT;prov",
            f"{start};studio;Ateljévecka;week x artists;5000;salary;prov",
        ],
    )
    assert await load(LEVELS_FILE, path, dry_run=True) == (1, 0, 0)
    assert await load(LEVELS_FILE, path) == (1, 0, 0)
    assert await load(LEVELS_FILE, path) == (0, 0, 1)
    book = await read_book(CONSOLE)
    assert check(book, terms(0, booking_date=date(2026, 12, 31))).level_ore == kronor(8500)
    assert check(book, terms(0, booking_date=date(2027, 1, 1))).level_ore == kronor(9200)
    assert book.versions(WRITERS)[0].discipline is Discipline.LITERATURE, (
        "known of the issuer, though the file is silent"
    )


async def test_a_second_version_with_the_same_start_says_why(db: None, tmp_path: Path) -> None:
    row = f"{WRITERS};Rättade arvoden;2024-01-01;;booking_date;panel;Panel;appearance;3500;F-tax, ex VAT;prov"
    assert await refused(LEVELS_FILE, csv_file(tmp_path / "a.csv", [LEVELS, row])) == [(2, "reason")]
    reasoned = csv_file(tmp_path / "b.csv", [f"{LEVELS};reason", f"{row};Beloppet lästes fel"])
    assert await load(LEVELS_FILE, reasoned) == (1, 0, 0)
    book = await read_book(CONSOLE)
    assert check(book, terms(0, code="panel")).level_ore == kronor(3500)
    assert book.versions(WRITERS)[0].reason == "Beloppet lästes fel"


async def test_every_wrong_cell_of_a_level_is_named(db: None, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "levels.csv",
        [
            LEVELS,
            "X;T;2027-01-01;2026-01-01;booking_date;a;A;hour;100;salary;",
            "Y;T;i fjol;;today;a;;decade;-5;gold;",
            "Z;T;2027-01-01;;contract_date;a;A;hour;100;salary;",
            "Z;T;2027-01-01;;contract_date;a;A;hour;200;salary;",
        ],
    )
    assert await refused(LEVELS_FILE, path) == [
        (2, "valid_to"), (3, "valid_from"), (3, "applies_by"), (3, "title"), (3, "unit"), (3, "amount_sek"),
        (3, "basis"), (4, "levels"),
    ]  # fmt: skip
    assert len(await list_schedules(CONSOLE)) == 7


async def test_engagements_are_registered_once(world: World, tmp_path: Path) -> None:
    person = await make_creator("Astrid Prov", number=PERSON)
    grant = await make_grant(world.programme, person, dnr="KUN 2025/77")
    abf = await fetch_value("SELECT org_number FROM party WHERE id = $1", world.abf)
    more = "commissioner;funder;grant;title;travel;material;vat_rate;artists"
    path = csv_file(
        tmp_path / "e.csv",
        [
            f"{HEADER};{more}",
            f"{PERSON};{WRITERS};appearance-120;2025-02-01;;2025-03-01;1;8500;F;no;;{abf};{LUDVIKA};{grant};Läsning;250;;;",
            f"P-{person};{WRITERS};panel;2025-02-01;;2025-03-02;1;3000;F;yes;Kort;;{LUDVIKA};KUN 2025/77;;;120,50;6;2",
            f"astrid prov;{WRITERS};panel;2025-02-01;;2025-03-02;1;3400;F;no;;;{LUDVIKA};;;;;;",
            f"astrid prov;{WRITERS};panel;2025-02-01;;2025-03-02;1;3400;F;no;;;{LUDVIKA};;;;;;",
        ],
    )
    assert await load(ENGAGEMENTS_FILE, path, dry_run=True) == (4, 0, 0)
    assert await load(ENGAGEMENTS_FILE, path) == (4, 0, 0)
    assert await load(ENGAGEMENTS_FILE, path) == (0, 0, 4)
    first, second, *_alike = (await list_engagements(CONSOLE, EngagementFilter(), sort="number")).items
    assert (first.creator_id, first.commissioner_id, first.grant_id) == (person, world.abf, int(grant[2:]))
    assert (first.title, first.travel_ore, first.check.outcome) == ("Läsning", kronor(250), Outcome.MEETS)
    assert (second.commissioner_id, second.grant_id, second.artists) == (world.kommun, int(grant[2:]), 2)
    assert (second.material_ore, second.vat_basis_points) == (kronor(120, 50), 600)
    assert second.check.fee_ore == kronor(2830, 19)  # 3 000 ÷ 1.06


async def test_an_officer_imports_for_the_own_funder(world: World, dsn: str, tmp_path: Path) -> None:
    await make_creator("Astrid Prov", number=PERSON)
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer)
    row = f"{PERSON};{WRITERS};panel;2025-02-01;;2025-03-02;1;3400;F;no;"
    path = csv_file(tmp_path / "e.csv", [HEADER, row])
    done = await run_command(dsn, "fees", "engagements", "import", str(path), "--as", email)
    assert done.status == 0, done.err
    assert (await list_engagements(CONSOLE, EngagementFilter())).items[0].funder_id == world.kommun
    other = csv_file(tmp_path / "o.csv", [f"{HEADER};funder", f"{row};232100-0180"])
    refusal = await run_command(dsn, "fees", "engagements", "import", str(other), "--as", email)
    assert refusal.status == 1
    assert ":2:funder: " in refusal.err


async def test_what_an_import_cant_place_is_named_at_its_cell(world: World, tmp_path: Path) -> None:
    await make_creator("Astrid Prov", number=PERSON)
    await make_creator("Dubbel Namn")
    await make_creator("Dubbel Namn")
    start = f"{WRITERS};panel;2025-02-01;;2025-03-02;1;3400"
    path = csv_file(
        tmp_path / "e.csv",
        [
            f"{HEADER};funder;grant",
            f"Ingen Alls;{start};F;no;;{LUDVIKA};",
            f"Dubbel Namn;{start};F;no;;{LUDVIKA};",
            f"{PERSON};{start};F;no;;;",
            f"{PERSON};{start};F;no;;{LUDVIKA};B-99",
            f"{PERSON};{WRITERS};panel;;;;1;3400;F;no;;{LUDVIKA};",
            f"{PERSON};{start};A;yes;;{LUDVIKA};",
            f"{LUDVIKA};{start};F;no;;{LUDVIKA};",
            f"640312-9818;{start};F;no;;{LUDVIKA};",
        ],
    )
    assert await refused(ENGAGEMENTS_FILE, path) == [
        (2, "creator"), (3, "creator"), (4, "funder"), (5, "grant"), (6, "event_date"), (7, "vat_included"),
        (8, "creator"), (9, "creator"),
    ]  # fmt: skip
    assert await fetch_value("SELECT count(*) FROM engagement") == 0


async def test_the_list_is_exported_as_it_is_filtered(world: World, dsn: str) -> None:
    creator = await make_creator("Astrid Prov")
    await make_engagement(creator, world.kommun)
    await make_engagement(creator, world.kommun, fee=750_000)
    done = await run_command(
        dsn,
        "fees",
        "engagements",
        "export",
        "--year",
        "2025",
        "--unmotivated",
        "--creator",
        f"P-{creator}",
        "--output",
        "-",
    )
    assert done.status == 0, done.err
    assert [row["engagement"] for row in csv_rows(done.out.encode())] == ["E-2"]
    refusal = await run_command(dsn, "fees", "engagements", "export", "--outcome", "odd", "--output", "-")
    assert (refusal.status, refusal.out) == (1, "")
