"""The CSV that is written can be read back, runs no formula, and says what it must add up to."""

import csv
import hashlib
import io
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.core.money import Money
from registry.core.periods import STOCKHOLM
from registry.documents.csv import FORMULA_START, CsvWriter, guard, write_csv
from registry.documents.table import Column

COLUMNS = [
    Column("recipient", "Mottagare"),
    Column("amount", "Belopp", "money"),
    Column("paid_on", "Betald", "date"),
    Column("recorded_at", "Registrerad", "datetime"),
    Column("payments", "Antal", "int"),
]
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";", strict=True))


def test_a_table_and_its_closing_lines() -> None:
    moment = datetime(2023, 6, 1, 0, 30, 5, tzinfo=STOCKHOLM)
    file = io.BytesIO()
    written = write_csv(
        file,
        COLUMNS,
        [("ABF; Dalarna", Money(19599900), date(2023, 5, 25), moment, 2), ("Åsa", -1, None, None, 0)],
        totals={"amount": 19599899, "payments": 2},
        info=[("question", "year=2023"), ("filter", "=1+1")],
    )
    data = file.getvalue()
    assert read(data) == [
        ["recipient", "amount", "paid_on", "recorded_at", "payments"],
        ["ABF; Dalarna", "195999.00", "2023-05-25", "2023-05-31T22:30:05Z", "2"],
        ["Åsa", "-0.01", "", "", "0"],
        ["# total", "195998.99", "", "", "2"],
        ["# rows", "2", "", "", ""],
        ["# question", "year=2023", "", "", ""],
        ["# filter", "'=1+1", "", "", ""],
        ["# sha256", hashlib.sha256(data[: data.index(b"# sha256")]).hexdigest(), "", "", ""],
    ]
    assert data.endswith(b"\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert (written.rows, written.size) == (2, len(data))
    assert written.sha256 == hashlib.sha256(data).hexdigest()


def test_a_byte_order_mark_on_request() -> None:
    plain, marked = io.BytesIO(), io.BytesIO()
    write_csv(plain, COLUMNS, [])
    write_csv(marked, COLUMNS, [], bom=True)
    assert plain.getvalue().startswith(b"recipient;")
    assert marked.getvalue().startswith(b"\xef\xbb\xbfrecipient;")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "  ="])
def test_text_that_would_run_is_guarded(start: str) -> None:
    assert guard(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["", "ABF", "1-2", "’=", "V-12", "#1", "é=", "a\n=1"])
def test_other_text_is_left_alone(text: str) -> None:
    assert guard(text) == text


def test_the_pattern_has_no_construct_that_postgresql_reads_otherwise() -> None:
    assert not re.search(r"\(\?|\\[^trn]|'", FORMULA_START)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT)))
def test_every_text_comes_back(rows: list[tuple[str, str]]) -> None:
    file = io.BytesIO()
    write_csv(file, [Column("a", "A"), Column("b", "B")], rows)
    assert read(file.getvalue())[1 : 1 + len(rows)] == [[guard(a), guard(b)] for a, b in rows]


@settings(deadline=None)
@given(st.lists(st.integers(min_value=1 - 10**14, max_value=10**14 - 1)))
def test_every_amount_comes_back(amounts: list[int]) -> None:
    file = io.BytesIO()
    write_csv(file, [Column("a", "A", "money"), Column("n", "N", "int")], [(amount, amount) for amount in amounts])
    cells = read(file.getvalue())[1 : 1 + len(amounts)]
    assert [Money.from_wire(cell) for cell, _ in cells] == amounts
    assert [int(cell) for _, cell in cells] == amounts


def test_lines_from_the_database_are_counted_and_hashed() -> None:
    one, other = io.BytesIO(), io.BytesIO()
    columns = [Column("a", "A"), Column("b", "B", "int")]
    by_lines, by_rows = CsvWriter(one, columns), CsvWriter(other, columns)
    by_lines.write_lines(b"x;1\r\ny;2\r\n", 2)
    by_rows.write_rows([("x", 1), ("y", 2)])
    assert by_lines.close() == by_rows.close()
    assert one.getvalue() == other.getvalue()


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        write_csv(io.BytesIO(), [Column("t", "T", "datetime")], [(datetime(2023, 1, 1),)])  # noqa: DTZ001
    file = io.BytesIO()
    write_csv(file, [Column("t", "T", "datetime")], [(datetime(2023, 1, 1, tzinfo=UTC),)])
    assert read(file.getvalue())[1] == ["2023-01-01T00:00:00Z"]


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        write_csv(io.BytesIO(), COLUMNS, [("ABF",)])
