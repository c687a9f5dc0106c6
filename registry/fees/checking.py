"""Checking a whole file against the book: engagements in, results out, nothing saved."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from registry.core.access import Scope
from registry.documents.csv import DELIMITER, guard
from registry.documents.sheet import Sheet
from registry.fees.book import read_book
from registry.fees.engagements_file import OPTIONAL, REQUIRED, EngagementRow, read_rows
from registry.fees.reading import plain_percent
from registry.fees.rules import Book, check
from registry.fees.schemas import Check, CheckedRow, Outcome
from registry.fees.working import explain
from registry.imports import refuse

_LIST = TypeAdapter(list[CheckedRow])


async def check_file(scope: Scope, path: Path) -> list[CheckedRow]:
    """The results in the file's order. Raises: RefusedRowsError when a cell can't be read."""
    book = await read_book(scope)
    with path.open("rb") as file:
        sheet = Sheet(file, required=REQUIRED, optional=OPTIONAL)
        rows = read_rows(sheet)
    refuse(sheet.errors)
    return check_rows(book, rows)


def check_rows(book: Book, rows: Iterable[tuple[int, EngagementRow]]) -> list[CheckedRow]:
    """The result of each row, in order."""
    return [to_result(number, row, check(book, row.terms)) for number, row in rows]


def to_result(number: int, row: EngagementRow, done: Check) -> CheckedRow:
    """A result as an output says it: personal numbers masked, amounts in the wire format."""
    return CheckedRow(
        row=number,
        creator=row.shown_creator,
        issuer=row.terms.issuer,
        code=row.terms.code,
        outcome=done.outcome,
        level=done.level_ore,
        normalised_fee=done.fee_ore,
        gap=done.gap_ore,
        gap_percent=plain_percent(done.gap_basis_points),
        schedule=done.schedule.title if done.schedule else None,
        motive_missing=done.outcome is Outcome.BELOW and not row.motive.strip(),
        missing=done.missing,
        working=tuple(explain(row.terms, done)),
    )


def as_json(results: Sequence[CheckedRow]) -> str:
    """The results as a list of objects."""
    return _LIST.dump_json(list(results), indent=1).decode() + "\n"


def as_csv(results: Sequence[CheckedRow]) -> str:
    """The results as a table and nothing else, `;` between the cells."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=DELIMITER, lineterminator="\r\n")
    writer.writerow(CheckedRow.model_fields)
    for one in results:
        writer.writerow([_cell(value) for value in one.model_dump(mode="json").values()])
    return text.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, list):
        return guard(" ".join(str(part) for part in value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else guard(str(value))
