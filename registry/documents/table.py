"""What an export holds, whatever its format: the columns, and what was written.

Values by kind: `text` a str, `money` whole öre, `int` an int, `date` a date, `datetime` a moment with its time zone;
None is an empty cell everywhere.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Kind = Literal["text", "money", "date", "datetime", "int"]
Value = str | int | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export.

    `key` is the name in machine-readable formats, `title` the heading in the reader's language, `width` in characters
    of a spreadsheet (0: by kind).
    """

    key: str
    title: str
    kind: Kind = "text"
    width: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an export: data rows (totals not counted), size in bytes and the hash of all bytes."""

    rows: int
    size: int
    sha256: str
