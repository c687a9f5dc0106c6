"""A list as it is shown, as a file: one way to write it as CSV or XLSX."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO, Literal

from registry.documents.csv import write_csv
from registry.documents.table import Column, Value, Written
from registry.documents.xlsx import write_xlsx
from registry.texts import _, format_datetime

ListFormat = Literal["csv", "xlsx"]

MEDIA_TYPES: Mapping[ListFormat, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def list_format(path: str) -> ListFormat:
    """The format that an address ends with."""
    return "xlsx" if path.endswith(".xlsx") else "csv"


def write_list(
    file: BinaryIO,
    kind: ListFormat,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Value]],
    *,
    name: str,
    facts: Sequence[tuple[str, str]],
    made_at: datetime,
    totals: Mapping[str, Value] | None = None,
) -> Written:
    """Write a list into an empty, seekable file.

    Args:
        file: where the bytes go.
        kind: CSV or XLSX.
        columns: with titles as msgids, which are translated here.
        rows: values, one a column; money is whole öre.
        name: what the list is called, in the reader's language.
        facts: the question and whatever else the file says of itself.
        made_at: the moment that the file carries.
        totals: by column key.

    Raises: TooManyRowsError.
    """
    titled = [Column(column.key, _(column.title), column.kind, column.width) for column in columns]
    if kind == "csv":
        return write_csv(file, titled, rows, totals=totals, info=facts)
    return write_xlsx(
        file,
        titled,
        rows,
        created=made_at,
        table_name=name,
        info_name=_("Question"),
        totals=totals,
        total_label=_("Total") if totals else "",
        info=[*facts, (_("Answered"), format_datetime(made_at))],
    )
