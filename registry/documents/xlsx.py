"""Writing XLSX: one sheet with the table and one that says what it answers, with real numbers and dates.

Text is never a formula or a link, whatever it starts with. The same input gives the same bytes.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from registry.core.errors import N_, RegistryError
from registry.core.periods import STOCKHOLM
from registry.documents.table import Column, Kind, Value, Written

MAX_ROWS = 1_000_000
"""Data rows; the format itself ends at 1 048 576."""

_LONGEST_TEXT = 32_767
_FIRST_YEAR = 1900
_NUMBER_FORMATS: Mapping[Kind, str] = {
    "text": "@",
    "money": "#,##0.00",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
    "int": "0",
}
_WIDTHS: Mapping[Kind, int] = {"text": 24, "money": 16, "date": 12, "datetime": 17, "int": 10}
_WIDEST = 80
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}


class TooManyRowsError(RegistryError):
    """The table is longer than a spreadsheet may be."""

    code = "too-many-rows"
    status = 422
    message = N_("An XLSX file holds at most %(limit)s rows. Narrow the question, or take the CSV file.")


def write_xlsx(
    file: BinaryIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    *,
    created: datetime,
    table_name: str,
    info_name: str,
    totals: Mapping[str, Value] | None = None,
    total_label: str = "",
    info: Sequence[tuple[str, str]] = (),
) -> Written:
    """Write a table and its facts into `file`, which is empty, seekable and readable; it stays open.

    Args:
        file: where the bytes go.
        columns: shown by their titles, in a frozen header with a filter.
        rows: values, one a column; money is whole öre. They are taken one by one, and memory stays flat.
        created: the document's date; part of the bytes.
        table_name: the first sheet's name, at most 31 characters.
        info_name: the second sheet's name.
        totals: by column key, for a last row in bold that the filter leaves alone.
        total_label: stands in that row's first cell.
        info: names and values of the second sheet (question, as at, known on, rows, control total, hash, anchor).

    Raises: TooManyRowsError.
    """
    with TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(file, {**_OPTIONS, "tmpdir": folder})
        try:
            stamp = created.astimezone(UTC).replace(tzinfo=None, microsecond=0)
            book.set_properties({"title": table_name, "created": stamp})
            count = _write_table(book, columns, rows, name=table_name, totals=totals or {}, total_label=total_label)
            _write_info(book, info, name=info_name)
            book.close()
        finally:
            _close_half_written(book)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return Written(rows=count, size=size, sha256=digest)


def _write_table(
    book: xlsxwriter.Workbook,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    *,
    name: str,
    totals: Mapping[str, Value],
    total_label: str,
) -> int:
    sheet = book.add_worksheet(name)
    formats = [book.add_format({"num_format": _NUMBER_FORMATS[column.kind]}) for column in columns]
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width or _WIDTHS[column.kind])
        sheet.write_string(0, place, column.title, heading)
    sheet.freeze_panes(1, 0)
    writers = [_WRITERS[column.kind] for column in columns]
    count = 0
    for row in rows:
        count += 1
        if count > MAX_ROWS:
            raise TooManyRowsError(limit=MAX_ROWS)
        for place, value in enumerate(row):
            if value is not None:
                writers[place](sheet, count, place, value, formats[place])
    sheet.autofilter(0, 0, max(count, 1), len(columns) - 1)
    if totals:
        _write_totals(book, sheet, count + 1, columns, totals, total_label)
    return count


def _write_totals(
    book: xlsxwriter.Workbook,
    sheet: Worksheet,
    line: int,
    columns: Sequence[Column],
    totals: Mapping[str, Value],
    total_label: str,
) -> None:
    for place, column in enumerate(columns):
        style = book.add_format({"num_format": _NUMBER_FORMATS[column.kind], "bold": True, "top": 1})
        value = totals.get(column.key)
        if value is not None:
            _WRITERS[column.kind](sheet, line, place, value, style)
        else:
            sheet.write_string(line, place, total_label if place == 0 else "", style)


def _write_info(book: xlsxwriter.Workbook, info: Sequence[tuple[str, str]], *, name: str) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "valign": "top"})
    plain = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, _WIDTHS["text"])
    sheet.set_column(1, 1, _WIDEST)
    for line, (label, value) in enumerate(info):
        _write_text(sheet, line, 0, label, bold)
        _write_text(sheet, line, 1, value, plain)


def _write_text(sheet: Worksheet, line: int, place: int, text: str, style: Format) -> None:
    """Raises: ValueError for a text longer than a cell may be, which would be left out in silence."""
    if len(text) > _LONGEST_TEXT:
        raise ValueError("a cell holds at most 32 767 characters")
    sheet.write_string(line, place, text, style)


def _write_money(sheet: Worksheet, line: int, place: int, ore: int, style: Format) -> None:
    """A spreadsheet's numbers are exact to 15 digits: one more than the largest amount has."""
    sheet.write_number(line, place, ore / 100, style)


def _write_int(sheet: Worksheet, line: int, place: int, number: int, style: Format) -> None:
    sheet.write_number(line, place, number, style)


def _write_date(sheet: Worksheet, line: int, place: int, day: date, style: Format) -> None:
    """A spreadsheet knows no day before 1900: one is written as text."""
    if day.year < _FIRST_YEAR:
        sheet.write_string(line, place, day.isoformat(), style)
    else:
        sheet.write_datetime(line, place, datetime(day.year, day.month, day.day), style)  # noqa: DTZ001


def _write_moment(sheet: Worksheet, line: int, place: int, moment: datetime, style: Format) -> None:
    """In Swedish time, as the pages show it: a spreadsheet knows no time zones."""
    sheet.write_datetime(line, place, moment.astimezone(STOCKHOLM).replace(tzinfo=None), style)


def _close_half_written(book: xlsxwriter.Workbook) -> None:
    """Close the sheets' temporary files, which the library leaves open when a table broke off midway."""
    for sheet in book.worksheets():
        if sheet.row_data_fh is not None:
            sheet.row_data_fh.close()


_WRITERS: Mapping[Kind, Callable[[Worksheet, int, int, Any, Format], None]] = {
    "text": _write_text,
    "money": _write_money,
    "date": _write_date,
    "datetime": _write_moment,
    "int": _write_int,
}
