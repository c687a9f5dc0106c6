"""Reading an XLSX file's first sheet as the texts that a CSV file would have, after its archive was found harmless.

The whole archive is unpacked once and thrown away before the parser sees it: declared sizes may lie, and a sheet of
two cells far apart would take gigabytes in a parser that fills the space between them.
"""

import copy
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, BinaryIO

import python_calamine

from registry.core.errors import N_

MAX_MEMBERS = 500
MAX_UNPACKED_BYTES = 256 * 2**20
MAX_RATIO = 100
"""Unpacked to packed bytes; checked only above `RATIO_FROM_BYTES`, for a small file may well be very regular."""
RATIO_FROM_BYTES = 4 * 2**20
MAX_COLUMNS = 100
MAX_CELLS = 10_000_000

DAMAGED_MESSAGE = N_("The file is not a readable XLSX file. Save it as XLSX or CSV UTF-8 and try again.")
TOO_BIG_INSIDE_MESSAGE = N_("The file unpacks to more than can be read safely. Save it as CSV UTF-8 and try again.")
TOO_WIDE_MESSAGE = N_("The file has cells far outside its table. Delete the empty rows and columns around the table.")
CELL_ERROR_MESSAGE = N_("Cell %(cell)s holds a formula error. Correct the formula or write a value instead.")

_CHUNK = 2**20
_LONGEST_TAG = 2**19
_LETTERS = {letter: place for place, letter in enumerate(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1)}
_PLACE = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{0,4})([0-9]{0,9})")
_ERROR_CELL = re.compile(rb"<[^<>]*\st\s*=\s*[\"']e[\"'][^<>]*>")
_EXACT_DIGITS = 15
_EXACT_BELOW = 10**_EXACT_DIGITS

CellValue = int | float | str | bool | time | date | datetime | timedelta


class WorkbookError(Exception):
    """The workbook can't be read; `message` is a msgid with places for `data`."""

    def __init__(self, message: str, **data: object) -> None:
        self.message = message
        self.data = data
        super().__init__(message)


def read_first_sheet(file: BinaryIO, *, max_rows: int) -> Iterator[list[str]]:
    """Give the first sheet's rows from its first row on, each as long as the sheet is wide.

    Raises: WorkbookError, before any row is given.
    """
    check_archive(file, max_rows=max_rows)
    file.seek(0)
    try:
        workbook = python_calamine.load_workbook(file)
        rows = workbook.get_sheet_by_name(_first_visible(workbook)).iter_rows()
    except (
        python_calamine.CalamineError,
        python_calamine.WorksheetNotFound,
        StopIteration,
        ValueError,
        OSError,
    ) as error:
        raise WorkbookError(DAMAGED_MESSAGE) from error
    return ([_text(value) for value in row] for row in rows)


def _first_visible(workbook: python_calamine.CalamineWorkbook) -> str:
    """The name of the sheet that a person sees first. Raises: StopIteration when there is none."""
    kind, visible = python_calamine.SheetTypeEnum.WorkSheet, python_calamine.SheetVisibleEnum.Visible
    return next(sheet.name for sheet in workbook.sheets_metadata if sheet.typ == kind and sheet.visible == visible)


def check_archive(file: BinaryIO, *, max_rows: int) -> None:
    """Unpack every member once, in pieces and within limits, and look at where its cells lie.

    Raises: WorkbookError.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            packed = sum(member.compress_size for member in members)
            declared = sum(member.file_size for member in members)
            if len(members) > MAX_MEMBERS or declared > _allowed(packed):
                raise WorkbookError(TOO_BIG_INSIDE_MESSAGE)
            left = _allowed(packed)
            for member in members:
                left -= _check_member(archive, member, left, max_rows=max_rows)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise WorkbookError(DAMAGED_MESSAGE) from error


def _allowed(packed: int) -> int:
    return min(MAX_UNPACKED_BYTES, max(RATIO_FROM_BYTES, packed * MAX_RATIO))


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, *, max_rows: int) -> int:
    """Unpack one member to its true end, whatever size it declares, and return that size in bytes."""
    unbounded = copy.copy(member)
    unbounded.file_size = MAX_UNPACKED_BYTES + 1
    size, widest, lowest = 0, 0, 0
    with archive.open(unbounded) as stream:
        for piece in _pieces(stream):
            size += len(piece)
            if size > left:
                raise WorkbookError(TOO_BIG_INSIDE_MESSAGE)
            columns, rows = _extent(piece)
            widest, lowest = max(widest, columns), max(lowest, rows)
            if widest > MAX_COLUMNS or lowest > 2 * max_rows or widest * lowest > MAX_CELLS:
                raise WorkbookError(TOO_WIDE_MESSAGE)
            _refuse_error_cell(piece)
    if size != member.file_size:
        raise WorkbookError(DAMAGED_MESSAGE)
    return size


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Read in pieces that end before a tag, so that no cell's place is split between two of them."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        data = rest + chunk
        cut = data.rfind(b"<")
        if cut < 0:
            cut = len(data)
        elif len(data) - cut > _LONGEST_TAG:
            raise WorkbookError(DAMAGED_MESSAGE)
        yield data[:cut]
        rest = data[cut:]
    yield rest


def _extent(data: bytes) -> tuple[int, int]:
    """Return the greatest column and row numbers that any cell of this piece of XML names."""
    places = _PLACE.findall(data)
    if not places:
        return 0, 0
    letters = {letters.upper() for letters, _ in places}
    return max(map(_column_number, letters)), max(int(row or 0) for _, row in places)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + _LETTERS[letter]
    return number


def _refuse_error_cell(data: bytes) -> None:
    """The parser gives such a cell as an empty one, which would lose an amount in silence."""
    found = _ERROR_CELL.search(data)
    place = _PLACE.search(found[0]) if found else None
    if place is not None:
        raise WorkbookError(CELL_ERROR_MESSAGE, cell=(place[1] + place[2]).decode("ascii"))


def _text(value: CellValue) -> str:
    """A cell as CSV has it: dates in ISO 8601, whole numbers without a point, others with at least two decimals."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ")
    return str(value)


def _number_text(value: float) -> str:
    """A spreadsheet's number to the 15 digits that it shows: nothing is rounded to öre, and 0.1 + 0.2 is 0.30."""
    if abs(value) < _EXACT_BELOW and value == int(value):
        return str(int(value))
    text = f"{value:.{_EXACT_DIGITS}g}"
    whole, point, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}" if point and decimals.isdigit() else text
