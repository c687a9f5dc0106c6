"""`registry fees check`: results in the file's order, and nothing saved; twice run as a person runs it."""

import csv
import io
import json
from pathlib import Path

import pytest

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.fees.checking import as_csv, as_json, check_file
from registry.imports import RefusedRowsError
from registry.texts import set_language
from tests.fees.levels import ACTORS, ARTISTS, WRITERS
from tests.importing import csv_file, run_command, xlsx_file

HEADER = "creator;issuer;code;booking_date;contract_date;event_date;quantity;agreed_fee;tax;vat_included;motive"
LINES = [
    f"Astrid Prov;{WRITERS};appearance-120;2024-02-01;;2024-05-01;1;6 468;A;no;",
    f"640312-9817;{WRITERS};appearance-120;2024-02-01;;2024-05-01;1;6467,00;A;nej;",
    f"P-17;{ARTISTS};hour;;2024-03-01;;7,5;10000;F;ja;Eget val",
    "Någon, 19850119-9908;Danscentrum;dag;;2024-03-01;;1;10000;F;no;",
    f"Skådespelare;{ACTORS};performance;2025-05-01;;;2;2624;A;no;",
    f"Tidigt ute;{WRITERS};appearance-15;2023-12-31;;2024-05-01;1;3000;F;no;",
]


async def check(path: Path) -> str:
    """The results as the command writes them."""
    return as_json(await check_file(CONSOLE, path))


async def test_every_outcome_in_the_file_s_order(db: None, dsn: str, tmp_path: Path) -> None:
    before = await fetch_value("SELECT seq FROM chain_head")
    path = csv_file(tmp_path / "e.csv", [HEADER, *LINES])
    done = await run_command(dsn, "fees", "check", str(path), "--format", "json")
    assert (done.status, done.err) == (0, "")
    rows = json.loads(done.out)
    assert [(row["row"], row["outcome"]) for row in rows] == [
        (2, "meets"), (3, "below"), (4, "below"), (5, "no_schedule"), (6, "incomplete"), (7, "meets"),
    ]  # fmt: skip
    figures = [[row[name] for name in ("level", "normalised_fee", "gap", "gap_percent", "schedule")] for row in rows]
    assert figures == [
        ["8500.00", "8500.25", None, None, "Författararvoden 2024"],
        ["8500.00", "8498.93", "1.07", "0.01", "Författararvoden 2024"],
        ["8475.00", "8000.00", "475.00", "5.60", "Timarvode 2024"],
        [None, "10000.00", None, None, None],
        [None, None, None, None, None],
        ["3000.00", "3000.00", None, None, "Författararvoden till 2023"],
    ]
    assert [row["motive_missing"] for row in rows] == [False, True, False, False, False, False]
    assert rows[4]["missing"] == ["contract_date"]
    assert await fetch_value("SELECT seq FROM chain_head") == before, "nothing is saved"


async def test_personal_numbers_are_masked_and_nothing_else(db: None, tmp_path: Path) -> None:
    text = await check(csv_file(tmp_path / "e.csv", [HEADER, *LINES]))
    assert [row["creator"] for row in json.loads(text)][:4] == [
        "Astrid Prov", "••••••-••••", "P-17", "Någon, ••••••••-••••",
    ]  # fmt: skip
    assert "640312" not in text
    assert "9908" not in text


async def test_csv_says_the_same_as_json(db: None, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "e.csv", [HEADER, *LINES])
    rows = list(csv.DictReader(io.StringIO(as_csv(await check_file(CONSOLE, path))), delimiter=";"))
    expected = json.loads(await check(path))
    for row, one in zip(rows, expected, strict=True):
        assert {name: row[name] or None for name in ("outcome", "level", "normalised_fee", "gap", "schedule")} == {
            name: one[name] for name in ("outcome", "level", "normalised_fee", "gap", "schedule")
        }
        assert row["working"] == " ".join(one["working"])


async def test_a_workbook_gives_the_same(db: None, tmp_path: Path) -> None:
    cells = [line.split(";") for line in [HEADER, *LINES]]
    book = await check(xlsx_file(tmp_path / "e.xlsx", cells))
    assert json.loads(book) == json.loads(await check(csv_file(tmp_path / "e.csv", [HEADER, *LINES])))


async def test_the_working_can_be_redone_with_a_calculator(db: None, tmp_path: Path) -> None:
    line = f"X;{WRITERS};appearance;2024-02-01;;;2,5;9000;A;no;"
    set_language("en")
    [row] = json.loads(await check(csv_file(tmp_path / "e.csv", [HEADER, line])))
    assert row["working"] == [
        f"The level goes by the booking date, 1 February 2024: Författararvoden 2024 from {WRITERS}.",
        "Framträdande högst 2 timmar (appearance): 1 × 8,500.00\u00a0kr = 8,500.00\u00a0kr.",
        "Varje påbörjad timme utöver 2 (started hour): 1 × 1,130.00\u00a0kr = 1,130.00\u00a0kr.",
        "The level is together 9,630.00\u00a0kr.",
        (
            "The fee is 9,000.00\u00a0kr in salary, holiday pay of 12\u00a0% (964.29\u00a0kr) included: × 1.3142"
            " (employer contribution 31.42\u00a0%) = 11,827.80\u00a0kr with F-tax."
        ),
        "11,827.80\u00a0kr is at least 9,630.00\u00a0kr: the fee meets the level.",
    ]


async def test_cells_that_cant_be_read_are_named_and_nothing_is_written(db: None, dsn: str, tmp_path: Path) -> None:
    wrong = [
        f"X;{WRITERS};panel;2024-13-01;;;1;100;F;no;",
        f"X;{WRITERS};panel;2024-01-01;;;två;100;F;no;",
        f"X;{WRITERS};panel;2024-01-01;;;0;-5;B;kanske;",
    ]
    path = csv_file(tmp_path / "e.csv", [HEADER, LINES[0], *wrong])
    done = await run_command(dsn, "fees", "check", str(path), "--format", "json")
    assert (done.status, done.out) == (1, "")
    places = [line.removeprefix(f"{path}:").split(": ")[0] for line in done.err.splitlines()]
    assert places == ["3:booking_date", "4:quantity", "5:quantity", "5:agreed_fee", "5:tax", "5:vat_included"]


async def test_a_column_that_isn_t_known_is_told(db: None, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "e.csv", ["creator;issuer;code;agreed_fee;lön", "X;Y;Z;1;2"])
    with pytest.raises(RefusedRowsError) as refusal:
        await check_file(CONSOLE, path)
    assert [(one.row, one.column) for one in refusal.value.errors] == [(1, "lön")]
