"""Payments from a file, and the example files that come with the registry."""

from datetime import date
from pathlib import Path

import pytest

from registry.core.access import CONSOLE
from registry.database import fetch_row, fetch_value
from registry.funders.service import close_year
from registry.grants.commands import FILE as GRANTS
from registry.parties.commands import FILE as PARTIES
from registry.payments import importer
from registry.payments.commands import FILE
from registry.payments.queries import PaymentFilter, list_payments
from registry.payments.schemas import Attest, PaymentStatus
from registry.programmes.commands import FILE as PROGRAMMES
from tests.factories import DALARNA, LUDVIKA, World, make_grant
from tests.importing import DEMO, csv_file, load, refused, run_command, xlsx_file

HEADER = "payment_id;funder;dnr;recipient;amount;paid_on;voucher;reference"
ALL = (("parties", PARTIES), ("programmes", PROGRAMMES), ("grants", GRANTS), ("payments", FILE))


async def number_of(party_id: int) -> str:
    return str(await fetch_value("SELECT org_number FROM party WHERE id = $1", party_id))


async def granted(world: World, amount: int = 100_000_00) -> str:
    """A grant KUN 1 to ABF; the start of a payment's row, to which only the id is missing."""
    await make_grant(world.programme, world.abf, amount=amount, dnr="KUN 1")
    return f"{LUDVIKA};KUN 1;{await number_of(world.abf)}"


async def test_a_voucher_counts_as_attested(world: World, tmp_path: Path) -> None:
    to = await granted(world)
    path = csv_file(
        tmp_path / "p.csv",
        [HEADER, f"A-1;{to};10000;2025-03-01;V-1;Del 1", f"A-2;{to};500,50;2025-04-01;;"],
    )
    assert await load(FILE, path) == (2, 0, 0)
    assert await load(FILE, path) == (0, 0, 2)
    waiting, paid = (await list_payments(CONSOLE, PaymentFilter())).items
    assert (paid.amount_ore, paid.attest, paid.status, paid.reference) == (
        1_000_000, Attest.LEDGER, PaymentStatus.PAID, "Del 1",
    )  # fmt: skip
    assert (waiting.amount_ore, waiting.attest, waiting.status) == (50_050, Attest.OFFICER, PaymentStatus.WAITING)
    row = await fetch_row("SELECT registered_ore, paid_ore FROM grant_balance")
    assert row is not None
    assert (row["registered_ore"], row["paid_ore"]) == (1_050_050, 1_000_000)


async def test_every_payment_has_its_own_entry(world: World, tmp_path: Path) -> None:
    to = await granted(world)
    lines = [HEADER, *(f"A-{place};{to};1;2025-03-01;V-{place};" for place in range(120))]
    before = await fetch_value("SELECT seq FROM chain_head")
    assert await load(FILE, csv_file(tmp_path / "p.csv", lines)) == (120, 0, 0)
    assert await fetch_value("SELECT seq FROM chain_head") == before + 120
    odd = await fetch_value(
        "SELECT count(*) FROM payment p LEFT JOIN trail_entry e ON e.seq = p.seq"
        " WHERE e.action IS DISTINCT FROM 'payments:payment:register'"
        " OR (convert_from(e.body, 'UTF8')::jsonb -> 'rows' -> 0 -> 'new' ->> 'id')::bigint <> p.id"
        " OR (convert_from(e.body, 'UTF8')::jsonb -> 'note' ->> 'row')::int <> split_part(p.key, '-', 2)::int + 2"
    )
    assert odd == 0


async def test_a_short_header_will_do(world: World, tmp_path: Path) -> None:
    to = await granted(world)
    short = HEADER.removesuffix(";voucher;reference")
    assert await load(FILE, csv_file(tmp_path / "p.csv", [short, f"A-1;{to};10000;2025-03-01"])) == (1, 0, 0)


async def test_a_workbook_is_read_like_a_csv_file(world: World, tmp_path: Path) -> None:
    funder, dnr, recipient = (await granted(world)).split(";")
    rows: list[list[object]] = [
        [*HEADER.split(";")],
        ["A-1", funder, dnr, recipient, 1234.5, "2025-03-01", "V-1", "Del 1"],
    ]
    assert await load(FILE, xlsx_file(tmp_path / "p.xlsx", rows)) == (1, 0, 0)
    assert await fetch_value("SELECT amount_ore FROM payment") == 123_450


async def test_every_error_is_named_and_nothing_is_written(world: World, tmp_path: Path) -> None:
    to = await granted(world)
    funder, dnr, recipient = to.split(";")
    path = csv_file(
        tmp_path / "p.csv",
        [
            HEADER,
            f"A-1;{to};100000;2025-03-01;V-1;",
            f"A-2;{to};0,01;2025-03-01;V-2;",
            ";;;;;;;",
            f";212000-2271;;x;1,234;2025-02-29;{'v' * 61};{'r' * 201}",
            f"A-3;{funder};KUN 2;{recipient};1;2025-03-01;;",
            f"A-4;{DALARNA};{dnr};{recipient};1;2025-03-01;;",
            f"A-5;{funder};{dnr};809901-0103;1;2025-03-01;;",
            f"A-6;{to};1;2025-01-01;;",
            f"A-1;{to};2;2025-03-01;V-1;",
            f"A-7;{to};-1;2025-03-01;;",
        ],
    )
    assert await refused(FILE, path) == [
        (3, "amount"),
        (5, "payment_id"), (5, "funder"), (5, "dnr"), (5, "recipient"), (5, "amount"), (5, "paid_on"), (5, "voucher"),
        (5, "reference"),
        (6, "dnr"), (7, "dnr"), (8, "recipient"), (9, "paid_on"), (10, "payment_id"), (11, "amount"),
    ]  # fmt: skip
    assert await fetch_value("SELECT count(*) FROM payment") == 0
    assert await fetch_value("SELECT registered_ore FROM grant_balance") == 0
    assert await fetch_value("SELECT count(*) FROM trail_entry WHERE action LIKE 'payments:%'") == 0


async def test_an_error_in_the_last_row_takes_back_all(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "STEP", 3)
    to = await granted(world)
    lines = [HEADER, *(f"A-{place};{to};1;2025-03-01;V-{place};" for place in range(10)), f"A-X;{to};0;2025-03-01;;"]
    path = csv_file(tmp_path / "p.csv", lines)
    assert await refused(FILE, path) == [(12, "amount")]
    assert await fetch_value("SELECT count(*) FROM payment") == 0
    assert await load(FILE, csv_file(path, lines[:-1]), dry_run=True) == (10, 0, 0)
    assert await fetch_value("SELECT count(*) FROM payment") == 0
    assert await load(FILE, path) == (10, 0, 0)


async def test_a_double_of_a_voucher_is_refused(world: World, tmp_path: Path) -> None:
    to = await granted(world)
    lines = [HEADER, f"A-1;{to};10;2025-03-01;V-1;", f"A-2;{to};10;2025-03-01;V-1;"]
    assert await refused(FILE, csv_file(tmp_path / "p.csv", lines)) == [(3, "voucher")]


async def test_the_same_id_of_two_funders_is_two_payments(world: World, tmp_path: Path) -> None:
    to = await granted(world)
    await make_grant(world.region_programme, world.abf, dnr="KUN 1")
    theirs = to.replace(LUDVIKA, DALARNA)
    path = csv_file(tmp_path / "p.csv", [HEADER, f"A-1;{to};10;2025-03-01;;", f"A-1;{theirs};20;2025-03-01;;"])
    assert await load(FILE, path) == (2, 0, 0)


async def test_an_officer_imports_for_the_own_funder_only(world: World, tmp_path: Path) -> None:
    to = await granted(world)
    path = csv_file(tmp_path / "p.csv", [HEADER, f"A-1;{to};10;2025-03-01;V-1;"])
    assert await refused(FILE, path, scope=await world.scope("region_officer")) == [(2, "funder")]
    assert await load(FILE, path, scope=await world.scope("officer")) == (1, 0, 0)
    assert await fetch_value("SELECT recorded_by FROM payment") == world.officer


async def test_a_closed_year_takes_no_payment(world: World, tmp_path: Path) -> None:
    to = await granted(world)
    await close_year(CONSOLE, world.kommun, 2025)
    path = csv_file(tmp_path / "p.csv", [HEADER, f"A-1;{to};10;2025-03-01;V-1;", f"A-2;{to};10;2026-03-01;V-2;"])
    assert await refused(FILE, path) == [(2, "paid_on")]


@pytest.mark.usefixtures("db")
async def test_the_real_grants_of_2023_come_out_right(connected: str, tmp_path: Path) -> None:
    counts = {name: await load(kind, DEMO / "falun-2023" / f"{name}.csv") for name, kind in ALL}
    assert counts == {"parties": (9, 0, 0), "programmes": (1, 0, 0), "grants": (8, 0, 0), "payments": (16, 0, 0)}
    frame = await fetch_row("SELECT amount_ore - decided_ore AS left FROM budget_frame")
    assert frame is not None
    assert frame["left"] == 6_000_00
    assert await fetch_value("SELECT sum(paid_ore) FROM grant_balance") == 1_991_000_00
    abf = await fetch_value("SELECT id FROM party WHERE name LIKE 'ABF%'")
    page = await list_payments(CONSOLE, PaymentFilter(recipient_id=abf))
    assert page.total_ore == 195_999_00
    anchor = await fetch_value("SELECT hash FROM chain_head")
    for name, _kind in ALL:
        done = await run_command(connected, name, "import", str(DEMO / "falun-2023" / f"{name}.csv"))
        assert done.status == 0
        assert done.out.startswith("0 new, 0 changed")
    assert await fetch_value("SELECT hash FROM chain_head") == anchor
    more = csv_file(
        tmp_path / "more.csv", [HEADER, "MORE-1;212000-2239;KUN 2023/0119;809923-0016;0.01;2023-11-01;FK-23-09999;"]
    )
    done = await run_command(connected, "payments", "import", str(more))
    assert done.status == 1
    assert done.err.startswith(f"{more}:2:amount: ")
    assert await fetch_value("SELECT count(*) FROM payment") == 16


@pytest.mark.usefixtures("db")
async def test_the_demo_files_are_good_imports() -> None:
    for name, kind in ALL:
        new, changed, unchanged = await load(kind, DEMO / "data" / f"{name}.csv")
        assert new
        assert (changed, unchanged) == (0, 0)
    for name, kind in ALL:
        new, changed, unchanged = await load(kind, DEMO / "data" / f"{name}.csv")
        assert unchanged
        assert (new, changed) == (0, 0)
    assert await fetch_value("SELECT count(DISTINCT funder_id) FROM funding_grant") == 2
    latest = await fetch_value("SELECT max(paid_on) FROM payment")
    assert latest < date(2027, 1, 1)
