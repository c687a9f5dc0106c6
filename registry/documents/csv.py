"""Writing CSV: the rows as a plain table, then a few closing lines that say what the file must add up to.

UTF-8, `;`, CRLF. Amounts are in the wire format (`12500.00`), dates in ISO 8601, moments in UTC (`…Z`). After the
last data row come lines whose first cell starts with `# `, as wide as the table, so that strict readers still see a
rectangle and others can drop them (`comment="#"`): `# total` with each sum under its own column, one line for each
fact (`# rows`, the question, the anchor …) with its value in the second cell, and last `# sha256`: the hash of every
byte before that line, so that `head -n -1 FILE | sha256sum` checks it. (A table of one column gets a second, unnamed
cell in these lines alone.)
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, BinaryIO

from registry.documents.table import Column, Kind, Value, Written

FORMULA_START = r"^ *[=+@\t\r\n＝＋－＠-]"
"""Text that a spreadsheet would run as a formula. Reads the same in Python and as a PostgreSQL POSIX expression."""
GUARD = "'"
"""Set before such a text: spreadsheets show the text and run nothing."""
DELIMITER = ";"
NOTE = "# "
"""Starts the first cell of each closing line."""

_formula_start = re.compile(FORMULA_START)
_BATCH = 2_000
_BOM = b"\xef\xbb\xbf"


class CsvWriter:
    """Write one table to `file`: the header at once, then `write_rows` or `write_lines`, then `close` once.

    Memory stays flat, and the file need not be seekable.
    """

    def __init__(self, file: BinaryIO, columns: Sequence[Column], *, bom: bool = False) -> None:
        self._file = file
        self._columns = columns
        self._rows = 0
        self._size = 0
        self._hash = hashlib.sha256()
        self._buffer = io.StringIO()
        self._csv = csv.writer(self._buffer, delimiter=DELIMITER, lineterminator="\r\n")
        self._cells = [_CELLS[column.kind] for column in columns]
        if bom:
            self._send(_BOM)
        self._csv.writerow([column.key for column in columns])
        self._flush()

    def write_rows(self, rows: Iterable[Sequence[Value]]) -> None:
        """Write rows of values, one a column; money is whole öre."""
        cells = self._cells
        source = iter(rows)
        while batch := list(islice(source, _BATCH)):
            self._csv.writerows(
                [
                    ["" if value is None else cell(value) for cell, value in zip(cells, row, strict=True)]
                    for row in batch
                ]
            )
            self._rows += len(batch)
            self._flush()

    def write_lines(self, lines: bytes, rows: int) -> None:
        """Write whole lines that are already in this format, as a database's COPY makes them; `rows` says how many."""
        self._rows += rows
        self._send(lines)

    def close(self, totals: Mapping[str, Value] | None = None, info: Iterable[tuple[str, str]] = ()) -> Written:
        """Write the closing lines and return what was written; `totals` are by column key, `info` is name and value.

        The number of rows and the hash are added by themselves. The file stays open.
        """
        width = max(2, len(self._columns))
        if totals:
            self._csv.writerow(_pad([f"{NOTE}total", *self._total_cells(totals)], width))
        for name, value in [("rows", str(self._rows)), *info]:
            self._csv.writerow(_pad([f"{NOTE}{name}", guard(value)], width))
        self._flush()
        self._csv.writerow(_pad([f"{NOTE}sha256", self._hash.hexdigest()], width))
        self._flush()
        return Written(rows=self._rows, size=self._size, sha256=self._hash.hexdigest())

    def _total_cells(self, totals: Mapping[str, Value]) -> list[str]:
        return [_cell(column.kind, totals.get(column.key)) for column in self._columns[1:]]

    def _flush(self) -> None:
        self._send(self._buffer.getvalue().encode())
        self._buffer.seek(0)
        self._buffer.truncate()

    def _send(self, data: bytes) -> None:
        self._hash.update(data)
        self._size += len(data)
        self._file.write(data)


def write_csv(
    file: BinaryIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    *,
    totals: Mapping[str, Value] | None = None,
    info: Iterable[tuple[str, str]] = (),
    bom: bool = False,
) -> Written:
    """Write a whole table with its closing lines; see `CsvWriter`. The first column takes no total."""
    writer = CsvWriter(file, columns, bom=bom)
    writer.write_rows(rows)
    return writer.close(totals, info)


def guard(text: str) -> str:
    """Set `'` before a text that a spreadsheet would take for a formula."""
    return GUARD + text if _formula_start.match(text) else text


def _pad(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


def _cell(kind: Kind, value: Value) -> str:
    return "" if value is None else _CELLS[kind](value)


def _money(ore: int) -> str:
    kronor, rest = divmod(abs(ore), 100)
    return f"{'-' if ore < 0 else ''}{kronor}.{rest:02d}"


def _date(day: date) -> str:
    return day.isoformat()


def _moment(moment: datetime) -> str:
    """To the second, in UTC. Raises: ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


_CELLS: Mapping[Kind, Callable[[Any], str]] = {
    "text": guard,
    "money": _money,
    "date": _date,
    "datetime": _moment,
    "int": str,
}
