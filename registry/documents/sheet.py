"""Reading an import file, CSV or XLSX, as clean rows of text, and collecting every error at its row and column.

What a cell means is for the slice that imports; here a file has a header with the right columns, UTF-8 text without
control characters, and rows as long as the header.
"""

import csv
import hashlib
import io
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from typing import BinaryIO

from registry.core.errors import N_, InvalidInputError, RegistryError
from registry.documents import workbook
from registry.texts import fill

MAX_CSV_BYTES = 64 * 2**20
MAX_XLSX_BYTES = 32 * 2**20
MAX_ROWS = 500_000
MAX_CELL = 10_000
"""Characters in one cell."""
MAX_ERRORS = 1_000

WHOLE_ROW = "*"
"""The column of an error that concerns a whole row or file."""

TOO_LARGE_MESSAGE = N_("The file is larger than %(limit)s MB. Split it into several files.")
TOO_MANY_ROWS_MESSAGE = N_("The file has more than %(limit)s rows. Split it into several files.")
EMPTY_MESSAGE = N_("The file is empty. The first row names the columns: %(expected)s.")
OLD_EXCEL_MESSAGE = N_(
    "The file is an old or protected Excel file. Save it as XLSX without a password, or as CSV UTF-8."
)
ENCODING_MESSAGE = N_("This is not UTF-8 text. Save the file as CSV UTF-8 and try again.")
QUOTES_MESSAGE = N_(
    "A quotation mark is not closed, or stands wrongly, in or after this row. Write one inside a text as two."
)
CONTROL_MESSAGE = N_("This cell holds a control character. Remove it.")
TOO_LONG_MESSAGE = N_("This cell is longer than %(limit)s characters. Shorten it.")
RAGGED_MESSAGE = N_(
    "This row has %(cells)s cells, but the header has %(columns)s. Every row has one cell for each column."
)
MISSING_MESSAGE = N_("This column is missing from the header. The columns are: %(expected)s.")
UNKNOWN_MESSAGE = N_("There is no such column. The columns are: %(expected)s.")
DUPLICATE_MESSAGE = N_("This column stands twice in the header. Remove one.")
MORE_MESSAGE = N_("There are more errors than can be shown. Correct these first.")

_ZIP = b"PK"
_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")
_LONGEST_NAME = 60
_ENCODING = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_DELIMITERS = ";,"

Row = tuple[int, tuple[str, ...]]
"""The row's number as a person sees it in the file (the header is 1) and its cells in the order that was asked for."""


@dataclass(frozen=True, slots=True)
class SheetError:
    """What is wrong at one place; `message` is an English msgid with `%(name)s` places for `data`."""

    row: int
    column: str
    message: str
    data: Mapping[str, object] = field(default_factory=dict)


class SheetErrors:
    """The errors of one file, in the order they were found, up to a limit."""

    def __init__(self, limit: int = MAX_ERRORS) -> None:
        self._limit = limit
        self._errors: list[SheetError] = []
        self._closing: list[SheetError] = []

    def add(self, row: int, column: str, message: str, /, **data: object) -> None:
        """Add an error; above the limit one closing line stands for all the rest."""
        if len(self._errors) < self._limit:
            self._errors.append(SheetError(row, column, message, data))
        elif not self._closing:
            self._closing = [SheetError(row, WHOLE_ROW, MORE_MESSAGE)]

    def add_refusal(self, row: int, column: str, error: RegistryError) -> None:
        """Add what a rule refused; its own field, where it names one, goes before `column`."""
        if isinstance(error, InvalidInputError):
            for name, inner in error.errors:
                self.add_refusal(row, name or column, inner)
        else:
            self.add(row, error.field or column, error.message, **error.data)

    @property
    def full(self) -> bool:
        """Whether further errors are no longer told apart, so that reading on is of no use."""
        return bool(self._closing)

    def __len__(self) -> int:
        return len(self._errors) + len(self._closing)

    def __iter__(self) -> Iterator[SheetError]:
        return itertools.chain(self._errors, self._closing)


class Sheet:
    """An import file that is read once, row by row.

    The header is read at once: when `errors` isn't empty then, there are no rows. Iterate to get the clean rows; one
    with an error is left out and its error added to `errors`, where the importer adds its own, so that all of them
    stand in the file's order. Nothing of an import may be kept unless `errors` is empty at the end.

    Args:
        file: the open file, CSV or XLSX by its first bytes, at any position; it must be seekable.
        required: the columns that must be in the header, in the order that the cells are wanted.
        optional: the columns that may be missing; their cells are empty then.
        max_rows: the most data rows to read.
    """

    def __init__(
        self, file: BinaryIO, *, required: Sequence[str], optional: Sequence[str] = (), max_rows: int = MAX_ROWS
    ) -> None:
        self.columns = (*required, *optional)
        self.errors = SheetErrors()
        self.sha256 = ""
        self._required = required
        self._max_rows = max_rows
        self._width = 0
        self._names: list[str] = []
        self._stopped = False
        self._pick: Callable[[list[str]], tuple[str, ...]] = tuple
        self._records = self._open(file)
        self._read_header()

    @property
    def given(self) -> frozenset[str]:
        """The columns that the header names."""
        return frozenset(self._names)

    def __iter__(self) -> Iterator[Row]:
        if self.errors:
            return
        read, max_rows, width, pick, errors = 0, self._max_rows, self._width, self._pick, self.errors
        for number, cells in self._records:
            joined = "".join(cells)
            if not joined or joined.isspace():
                continue
            read += 1
            if read > max_rows:
                errors.add(number, WHOLE_ROW, TOO_MANY_ROWS_MESSAGE, limit=max_rows)
            elif len(cells) != width and not self._trim(number, cells):
                pass
            elif (joined.isprintable() and len(joined) <= MAX_CELL) or self._check_cells(number, cells):
                stripped = [cell.strip() for cell in cells]
                stripped.append("")
                yield number, pick(stripped)
            if read > max_rows or errors.full or self._stopped:
                return

    def _open(self, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        start = file.read(len(_OLD_EXCEL))
        limit = MAX_XLSX_BYTES if start.startswith(_ZIP) else MAX_CSV_BYTES
        if size > limit:
            self.errors.add(1, WHOLE_ROW, TOO_LARGE_MESSAGE, limit=limit // 2**20)
            return iter(())
        file.seek(0)
        self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        file.seek(0)
        if start == _OLD_EXCEL:
            self.errors.add(1, WHOLE_ROW, OLD_EXCEL_MESSAGE)
            return iter(())
        return self._xlsx_records(file) if start.startswith(_ZIP) else self._csv_records(file)

    def _xlsx_records(self, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
        try:
            yield from enumerate(workbook.read_first_sheet(file, max_rows=self._max_rows), 1)
        except workbook.WorkbookError as error:
            self.errors.add(1, WHOLE_ROW, error.message, **error.data)

    def _csv_records(self, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
        """Bytes that aren't UTF-8 come as lone surrogates, so that the cell that holds them can be named."""
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        first = text.readline()
        delimiter = max(_DELIMITERS, key=first.count)
        reader = csv.reader(itertools.chain([first], text), delimiter=delimiter, strict=True)
        last = 0
        try:
            for cells in reader:
                yield last + 1, cells
                last = reader.line_num
        except csv.Error:
            self.errors.add(last + 1, WHOLE_ROW, QUOTES_MESSAGE)
        finally:
            with suppress(ValueError):
                text.detach()

    def _read_header(self) -> None:
        number, cells = next(((n, c) for n, c in self._records if "".join(c).strip()), (1, []))
        while cells and not cells[-1].strip():
            cells.pop()
        if self.errors or not self._check_cells(number, cells):
            return
        expected = ", ".join(self.columns)
        if not cells:
            self.errors.add(1, WHOLE_ROW, EMPTY_MESSAGE, expected=expected)
            return
        names = [cell.strip().lower() for cell in cells]
        for place, name in enumerate(names):
            if name not in self.columns:
                self.errors.add(number, name[:_LONGEST_NAME] or str(place + 1), UNKNOWN_MESSAGE, expected=expected)
            elif name in names[:place]:
                self.errors.add(number, name, DUPLICATE_MESSAGE)
        for name in self._required:
            if name not in names:
                self.errors.add(number, name, MISSING_MESSAGE, expected=expected)
        self._names = names
        self._width = len(names)
        self._pick = _picker([names.index(name) if name in names else self._width for name in self.columns])

    def _trim(self, number: int, cells: list[str]) -> bool:
        """Cut empty cells to the right of the header, as spreadsheets leave them; report any other odd length."""
        if len(cells) > self._width and not "".join(cells[self._width :]).strip():
            del cells[self._width :]
            return True
        place = min(len(cells), self._width - 1)
        self.errors.add(number, self._names[place], RAGGED_MESSAGE, cells=len(cells), columns=self._width)
        return False

    def _check_cells(self, number: int, cells: list[str]) -> bool:
        """Report each cell with text that can't be kept; say whether there was none.

        Bytes that aren't UTF-8 end the reading: the whole file has to be saved anew.
        """
        before = len(self.errors)
        for place, cell in enumerate(cells):
            column = self._names[place] if self._width else str(place + 1)
            if _ENCODING.search(cell):
                self.errors.add(number, column, ENCODING_MESSAGE)
                self._stopped = True
                break
            if _CONTROL.search(cell):
                self.errors.add(number, column, CONTROL_MESSAGE)
            elif len(cell) > MAX_CELL:
                self.errors.add(number, column, TOO_LONG_MESSAGE, limit=MAX_CELL)
        return len(self.errors) == before


def format_error(filename: str, error: SheetError) -> str:
    """Write `FILE:ROW:COLUMN: message` in the reader's language, on one line."""
    return f"{filename}:{error.row}:{error.column}: {' '.join(fill(error.message, error.data).split())}"


def _picker(places: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    if len(places) == 1:
        return lambda cells: (cells[places[0]],)
    return itemgetter(*places)
