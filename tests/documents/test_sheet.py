"""Import files are read as they are, and every error is named at its row and column."""

import csv
import hashlib
import io
import random
import re
import struct
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.core.errors import FieldError, InvalidInputError
from registry.core.money import Money
from registry.documents import sheet as module
from registry.documents.sheet import MAX_ERRORS, Row, Sheet, SheetErrors, format_error
from registry.texts import use_language

COLUMNS = ("dnr", "amount")


def read(
    data: str | bytes, required: Sequence[str] = COLUMNS, **options: Sequence[str] | int
) -> tuple[list[Row], list[str]]:
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    sheet = Sheet(file, required=required, **options)  # type: ignore[arg-type]
    rows = list(sheet)
    with use_language("en"):
        return rows, [format_error("f", error).split(": ")[0] for error in sheet.errors]


def workbook(fill: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    fill(book, book.add_worksheet())
    book.close()
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        "dnr;amount\nA;1\nB;2\n",
        "dnr,amount\r\nA,1\r\nB,2",
        "\ufeffdnr;amount\n\nA;1\n;\nB;2\n;;;\n",
        'amount;"dnr"\n1;"A"\n2;B\n',
        " DNR ; Amount;;\nA ; 1;;\nB;2;;\n",
        "dnr;amount\rA;1\rB;2\r",
    ],
)
def test_the_forms_of_csv_read_alike(data: str) -> None:
    rows, errors = read(data)
    assert [cells for _, cells in rows] == [("A", "1"), ("B", "2")]
    assert not errors


def test_a_row_has_the_number_of_its_first_line() -> None:
    rows, _ = read('dnr;amount\n"A\nB";1\n\nC;"2;3"\n')
    assert rows == [(2, ("A\nB", "1")), (5, ("C", "2;3"))]


def test_optional_columns_may_be_missing() -> None:
    assert read("amount\n1\n", ["amount"], optional=["via", "dnr"]) == ([(2, ("1", "", ""))], [])
    assert read("dnr;amount\nA;1\n", ["amount"], optional=["via", "dnr"]) == ([(2, ("1", "", "A"))], [])
    assert read("amount\n1\n", ["amount"]) == ([(2, ("1",))], [])


@pytest.mark.parametrize(
    ("data", "places"),
    [
        ("", ["f:1:*"]),
        ("\n\n", ["f:1:*"]),
        ("dnr\nA\n", ["f:1:amount"]),
        ("dnr;amount;colour\nA;1;red\n", ["f:1:colour"]),
        ("dnr;amount;dnr\nA;1;B\n", ["f:1:dnr"]),
        ("dnr;;amount\nA;;1\n", ["f:1:2"]),
        ("sum;dnr\n1;A\n", ["f:1:sum", "f:1:amount"]),
        ("dnr;amount\nA\nB;2;3\nC;3\n", ["f:2:amount", "f:3:amount"]),
        ("dnr;amount\nA\x00;1\nB;\x1b[2J\nC;\u202e1\n", ["f:2:dnr", "f:3:amount", "f:4:amount"]),
        (b"dnr;amount\nA;1\n\xc5;1\nA;\xff\n", ["f:3:dnr"]),
        ("dnr;amount\nA;1\n".encode("utf-16"), ["f:1:1"]),
        (f"dnr;amount\n{'x' * 10_001};1\n", ["f:2:dnr"]),
        (f"dnr;amount\n{'x' * 200_000};1\n", ["f:2:*"]),
        ('dnr;amount\nA;1\n"B;2\nC;3\n', ["f:3:*"]),
        ('dnr;amount\n"A"B;1\n', ["f:2:*"]),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, ["f:1:*"]),
        (b"PK\x03\x04 and no more", ["f:1:*"]),
        (b"\x00\x00", ["f:1:1"]),
    ],
)
def test_an_error_names_its_place(data: str | bytes, places: list[str]) -> None:
    assert read(data)[1] == places


def test_good_rows_are_given_beside_bad_ones() -> None:
    rows, errors = read("dnr;amount\nA;1\nB\nC;3\n")
    assert [number for number, _ in rows] == [2, 4]
    assert errors == ["f:3:amount"]


def test_text_with_spaces_of_its_own_and_accents_is_taken() -> None:
    assert read("dnr;amount\nÅsele–Nás ’q’;12\u00a0500,50\n")[0] == [(2, ("Åsele–Nás ’q’", "12\u00a0500,50"))]


def test_errors_stop_at_their_limit() -> None:
    file = io.BytesIO(b"dnr;amount\n" + b"A\n" * (MAX_ERRORS + 50))
    sheet = Sheet(file, required=COLUMNS)
    assert list(sheet) == []
    assert len(sheet.errors) == MAX_ERRORS + 1
    assert format_error("f", list(sheet.errors)[-1]).startswith(f"f:{MAX_ERRORS + 2}:*: ")


def test_too_many_rows_and_too_large_files(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read("dnr;amount\n" + "A;1\n" * 3, max_rows=3)[1] == []
    rows, errors = read("dnr;amount\n" + "A;1\n" * 9, max_rows=3)
    assert (len(rows), errors) == (3, ["f:5:*"])
    monkeypatch.setattr(module, "MAX_CSV_BYTES", 10)
    assert read("dnr;amount\nA;1\n") == ([], ["f:1:*"])


def test_a_rule_s_refusal_keeps_its_field_and_data() -> None:
    errors = SheetErrors()
    errors.add_refusal(7, "amount", FieldError(message="At most %(limit)s.", limit=Money(100)))
    errors.add_refusal(8, "*", InvalidInputError([("paid_on", FieldError(message="Bad\nday."))]))
    with use_language("en"):
        lines = [format_error("dir/f.csv", error) for error in errors]
    assert lines == [
        "dir/f.csv:7:amount: At most 1.00 kr.",
        "dir/f.csv:8:paid_on: Bad day.",
    ]


def test_the_file_s_hash_is_known() -> None:
    data = b"dnr;amount\nA;1\n"
    assert Sheet(io.BytesIO(data), required=COLUMNS).sha256 == hashlib.sha256(data).hexdigest()


def test_a_file_closed_before_its_end_is_no_trouble() -> None:
    with io.BytesIO(b"dnr;amount\nA;1\n") as file:
        sheet = Sheet(file, required=COLUMNS)
    del sheet


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(categories=("L", "N", "P", "S"))),
            st.text(st.characters(categories=("L", "N", "P", "Zs"))),
        )
    )
)
def test_every_text_comes_back(pairs: list[tuple[str, str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";").writerows([COLUMNS, *pairs])
    rows, errors = read(file.getvalue())
    assert not errors
    assert [cells for _, cells in rows] == [(a.strip(), b.strip()) for a, b in pairs if a.strip() or b.strip()]


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for content in (data, b"dnr;amount\n" + data, b"PK\x03\x04" + data):
        rows, errors = read(content)
        assert all(re.fullmatch(r"f:\d+:.+", place, re.DOTALL) for place in errors)
        assert all(len(cells) == 2 for _, cells in rows)


def test_a_hundred_thousand_rows_are_quick() -> None:
    columns = ["payment_id", "funder", "dnr", "recipient", "amount", "paid_on", "voucher", "reference"]
    line = "P1;212000-2239;KFN 2023/1;802000-0009;12500.50;2023-05-25;V1;Höst\r\n"
    file = io.BytesIO((";".join(columns) + "\r\n" + line * 100_000).encode())
    start = time.process_time()
    assert sum(1 for _ in Sheet(file, required=columns)) == 100_000
    assert time.process_time() - start < 1.5


def test_xlsx_cells_read_as_csv_has_them() -> None:
    def fill(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(1, 1, ["amount", "dnr"])
        for line, amount in enumerate([12500, 12500.5, 0.1 + 0.2, 1234.567, 10**16], 2):
            sheet.write(line, 1, amount)
            sheet.write(line, 2, f"A{line}")
        sheet.write_datetime(8, 1, date(2025, 1, 31), day)
        sheet.write(8, 2, 2120002239)
        sheet.write_boolean(9, 1, True)  # noqa: FBT003
        sheet.write_formula(9, 2, "=1+1", None, "2")

    rows, errors = read(workbook(fill))
    assert not errors
    assert rows == [
        (3, ("A2", "12500")),
        (4, ("A3", "12500.50")),
        (5, ("A4", "0.30")),
        (6, ("A5", "1234.567")),
        (7, ("A6", "1e+16")),
        (9, ("2120002239", "2025-01-31")),
        (10, ("2", "true")),
    ]


def test_only_the_first_visible_sheet_is_read() -> None:
    def fill(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.hide()
        second = book.add_worksheet()
        second.write_row(0, 0, ["dnr", "amount"])
        second.write_row(1, 0, ["A", 1])
        second.activate()
        second.set_first_sheet()

    assert read(workbook(fill)) == ([(2, ("A", "1"))], [])


def test_a_formula_error_is_refused_by_its_cell() -> None:
    def fill(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write_row(0, 0, ["dnr", "amount"])
        sheet.write(1, 0, "A")
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")

    sheet = Sheet(io.BytesIO(workbook(fill)), required=COLUMNS)
    assert list(sheet) == []
    assert [error.data for error in sheet.errors] == [{"cell": "B2"}]


def refused_quickly(data: bytes) -> None:
    start = time.process_time()
    assert read(data) == ([], ["f:1:*"])
    assert time.process_time() - start < 3


@pytest.mark.parametrize("place", ["A1048576", "XFD1", "ZZ60000", "CV200000"])
def test_a_cell_far_away_is_refused_quickly(place: str) -> None:
    def fill(_: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write(0, 0, "dnr")
        sheet.write(place, "amount")

    refused_quickly(workbook(fill))


def archive(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in members.items():
            written.writestr(name, content)
    return file.getvalue()


def test_bombs_are_refused_quickly() -> None:
    refused_quickly(archive({"xl/worksheets/sheet1.xml": b"<row/>" * 12_000_000}))
    refused_quickly(archive({f"xl/worksheets/sheet{number}.xml": b"" for number in range(2_000)}))
    refused_quickly(archive({"xl/workbook.xml": b"<" * 2_000_000}))


def test_a_bomb_that_declares_a_small_size_is_refused() -> None:
    bomb = archive({"xl/worksheets/sheet1.xml": b" " * 70_000_000})
    real, small = struct.pack("<I", 70_000_000), struct.pack("<I", 100)
    refused_quickly(bomb.replace(real, small))


def test_damaged_workbooks_are_refused() -> None:
    def fill(_: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write_row(0, 0, ["dnr", "amount"])
        sheet.write_row(1, 0, ["A", 1])

    whole = workbook(fill)
    chance = random.Random(20260131)  # noqa: S311
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        read(bytes(damaged[: chance.randrange(len(damaged))] if chance.random() < 0.3 else damaged))  # never raises


def test_a_number_beyond_all_numbers_is_only_text() -> None:
    def fill(_: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write_row(0, 0, ["dnr", "amount"])
        sheet.write_row(1, 0, ["A", 12345])

    with zipfile.ZipFile(io.BytesIO(workbook(fill))) as book:
        members = {name: book.read(name).replace(b">12345<", b">1e999<") for name in book.namelist()}
    assert read(archive(members)) == ([(2, ("A", "inf"))], [])
