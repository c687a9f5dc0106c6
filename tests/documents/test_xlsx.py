"""The XLSX that is written opens with its real numbers, dates and texts, and never with a formula."""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.core.money import Money
from registry.documents import xlsx
from registry.documents.sheet import Sheet
from registry.documents.table import Column, Value, Written
from registry.documents.xlsx import TooManyRowsError, write_xlsx

COLUMNS = [
    Column("recipient", "Mottagare", width=30),
    Column("amount", "Belopp", "money"),
    Column("paid_on", "Betald", "date"),
    Column("recorded_at", "Registrerad", "datetime"),
    Column("payments", "Antal", "int"),
]
CREATED = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
ROWS: list[tuple[Value, ...]] = [
    ("ABF", Money(19599900), date(2023, 5, 25), datetime(2023, 5, 31, 22, 30, tzinfo=UTC), 2),
    ("=1+1", -1, None, None, 0),
    ("https://example.org", 10**14, date(1870, 1, 1), None, 2023),
    ("212000-2239", 0, None, None, None),
    ("007", None, None, None, None),
]


def write(rows: list[tuple[Value, ...]], columns: list[Column] = COLUMNS) -> tuple[io.BytesIO, Written]:
    file = io.BytesIO()
    written = write_xlsx(
        file,
        columns,
        iter(rows),
        created=CREATED,
        table_name="Betalningar",
        info_name="Om",
        totals={"amount": 19599899},
        total_label="Summa",
        info=[("Fråga", "=2023"), ("Rader", str(len(rows)))],
    )
    return file, written


def test_a_table_opens_with_its_values() -> None:
    file, written = write(ROWS)
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["Betalningar", "Om"]
    rows = list(book["Betalningar"].iter_rows(values_only=True))
    assert rows[0] == ("Mottagare", "Belopp", "Betald", "Registrerad", "Antal")
    assert rows[1] == ("ABF", 195999, datetime(2023, 5, 25), datetime(2023, 6, 1, 0, 30), 2)  # noqa: DTZ001
    assert rows[2] == ("=1+1", -0.01, None, None, 0)
    assert rows[3] == ("https://example.org", 10**12, "1870-01-01", None, 2023)
    assert [row[0] for row in rows[4:]] == ["212000-2239", "007", "Summa"]
    assert rows[-1][1] == 195998.99
    assert written.rows == len(ROWS)
    assert written.size == len(file.getvalue())
    assert written.sha256 == hashlib.sha256(file.getvalue()).hexdigest()


def test_text_is_text_and_the_header_stays_in_view() -> None:
    file, _ = write(ROWS)
    sheet = openpyxl.load_workbook(file)["Betalningar"]
    assert {sheet.cell(line, 1).data_type for line in range(1, 8)} <= {"s", "inlineStr"}
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E6"
    assert sheet["B2"].number_format == "#,##0.00"
    assert sheet["C2"].number_format == "yyyy-mm-dd"
    assert sheet.column_dimensions["A"].width == pytest.approx(30, abs=1)
    with zipfile.ZipFile(file) as archive:
        assert b"<f>" not in b"".join(archive.read(name) for name in archive.namelist())


def test_the_facts_stand_on_their_own_sheet() -> None:
    file, _ = write(ROWS)
    assert list(openpyxl.load_workbook(file)["Om"].iter_rows(values_only=True)) == [("Fråga", "=2023"), ("Rader", "5")]


def test_the_same_input_gives_the_same_bytes() -> None:
    assert write(ROWS)[0].getvalue() == write(ROWS)[0].getvalue()


def test_an_empty_table_opens() -> None:
    file, written = write([])
    assert written.rows == 0
    assert openpyxl.load_workbook(file)["Betalningar"].max_row == 2


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))), st.integers(-(10**14), 10**14)
        )
    )
)
def test_every_text_and_amount_comes_back(rows: list[tuple[str, int]]) -> None:
    file, _ = write(list(rows), [Column("a", "A"), Column("amount", "B", "money")])
    read = list(openpyxl.load_workbook(file)["Betalningar"].iter_rows(min_row=2, values_only=True))[: len(rows)]
    assert [(text or "", round(float(str(amount)) * 100)) for text, amount in read] == rows


def test_what_is_written_can_be_imported() -> None:
    columns = [Column("dnr", "dnr"), Column("amount", "amount", "money"), Column("paid_on", "paid_on", "date")]
    file = io.BytesIO()
    write_xlsx(
        file,
        columns,
        [("KFN 2023/1", 1250050, date(2023, 5, 25)), ("=x", 100, date(2023, 1, 1))],
        created=CREATED,
        table_name="payments",
        info_name="about",
    )
    sheet = Sheet(file, required=["paid_on", "amount", "dnr"])
    assert list(sheet) == [(2, ("2023-05-25", "12500.50", "KFN 2023/1")), (3, ("2023-01-01", "1", "=x"))]
    assert not sheet.errors


def test_too_many_rows_are_refused_and_leave_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(xlsx, "MAX_ROWS", 3)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(TooManyRowsError):
        write(ROWS)
    assert list(tmp_path.iterdir()) == []


def test_a_break_midway_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken() -> Iterator[tuple[Value, ...]]:
        yield from ROWS
        raise RuntimeError("the connection went away")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = io.BytesIO()
    with pytest.raises(RuntimeError, match="went away"):
        write_xlsx(file, COLUMNS, broken(), created=CREATED, table_name="a", info_name="b")
    assert list(tmp_path.iterdir()) == []
    assert file.getvalue() == b""


def test_a_text_that_no_cell_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="32 767"):
        write([("x" * 32_768, None, None, None, None)])
