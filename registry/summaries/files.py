"""A summary as a file: JSON, CSV and XLSX hold the same rows, totals, question, anchor and hash."""

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from registry.documents.csv import write_csv
from registry.documents.table import Column, Value, Written
from registry.documents.xlsx import write_xlsx
from registry.summaries.labels import FIGURE_TITLES, amounts_of, cell_text, control_text, facts
from registry.summaries.schemas import GROUP_TITLES, Cell, Figures, Format, Group, Row, Summary
from registry.texts import _, format_datetime

MEDIA_TYPES = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv",
    Format.JSON: "application/json",
    Format.PDF: "application/pdf",
}


def answer(summary: Summary) -> dict[str, Any]:
    """The answer as the API gives it."""
    return {
        "question": summary.question.model_dump(mode="json", by_alias=True),
        "rows": [_keys(row) | row.figures.wire() for row in summary.rows],
        "totals": summary.totals.wire(),
        "rows_count": len(summary.rows),
        "anchor": {"seq": summary.anchor_seq, "hash": summary.anchor_hash},
        "sha256": summary.sha256,
    }


def answer_json(summary: Summary) -> bytes:
    """The answer as JSON text, the same bytes in every channel."""
    return msgspec.json.format(msgspec.json.encode(answer(summary)), indent=2) + b"\n"


def _keys(row: Row) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for cell in row.cells:
        keys |= zip(columns_of(cell.group), values_of(cell), strict=True)
    return keys


def columns_of(group: Group) -> tuple[str, ...]:
    """The columns that a group key has in files and JSON: its code, and its names."""
    match group:
        case Group.FUNDER | Group.RECIPIENT | Group.VIA:
            return group.value, f"{group.value}_name"
        case Group.PROGRAMME:
            return "programme", "programme_title", "programme_funder"
        case Group.AREA:
            return "area", "area_title"
        case _:
            return (group.value,)


def values_of(cell: Cell) -> tuple[str | int | None, ...]:
    """What stands in those columns."""
    match cell.group:
        case Group.FUNDER | Group.RECIPIENT:
            return cell.code, cell.title
        case Group.PROGRAMME:
            return cell.code, cell.title, cell.owner
        case Group.AREA | Group.VIA:
            return cell.code, cell_text(cell)
        case _:
            return (cell.code,)


def write_file(file: BinaryIO, summary: Summary, kind: Format, *, asked_at: datetime) -> Written:
    """Write a summary as data into an empty, seekable file. `asked_at` is the moment that the file carries.

    A PDF is no data: `render` sets it.
    """
    if kind is Format.JSON:
        text = answer_json(summary)
        file.write(text)
        return Written(rows=len(summary.rows), size=len(text), sha256=hashlib.sha256(text).hexdigest())
    totals: dict[str, Value] = {**dict(amounts_of(summary.totals)), "payments": summary.totals.payments}
    if kind is Format.CSV:
        return write_csv(file, _columns(summary), _values(summary), totals=totals, info=_csv_facts(summary))
    return write_xlsx(
        file,
        _columns(summary),
        _values(summary),
        created=asked_at,
        table_name=_("Summary"),
        info_name=_("Question"),
        totals=totals,
        total_label=_("Total"),
        info=facts(summary, asked=format_datetime(asked_at)),
    )


def _columns(summary: Summary) -> list[Column]:
    extra = {"programme_funder": _("Funder of the programme")}
    columns = []
    for group in summary.question.by:
        code, *titles = columns_of(group)
        title = _(GROUP_TITLES[group])
        kind: Any = "int" if group in (Group.YEAR, Group.BUDGET_YEAR) else "text"
        heading = _("%(group)s (code)") % {"group": title} if titles else title
        columns.append(Column(code, heading, kind, width=0 if kind == "int" else 14))
        columns += [Column(name, extra.get(name, title), width=14 if name in extra else 40) for name in titles]
    columns += [Column(name, _(FIGURE_TITLES[name]), "money") for name, _ore in amounts_of(Figures())]
    return [*columns, Column("payments", _(FIGURE_TITLES["payments"]), "int")]


def _values(summary: Summary) -> Iterator[list[Value]]:
    for row in summary.rows:
        keys: list[Value] = [value for cell in row.cells for value in values_of(cell)]
        yield [*keys, *(ore for _name, ore in amounts_of(row.figures)), row.figures.payments]


def _csv_facts(summary: Summary) -> list[tuple[str, str]]:
    asked = summary.question.query()
    return [
        ("question", "&".join(f"{name}={value}" for name, value in asked.items())),
        ("as_of", asked.get("as_of", "")),
        ("known_at", asked.get("known_at", "")),
        ("control_total", control_text(summary.control)),
        ("anchor", f"{summary.anchor_seq}:{summary.anchor_hash}"),
        ("rows_sha256", summary.sha256),
    ]


def rows_csv(summary: Summary) -> str:
    """The rows as CSV text, to be attached to another document."""
    file = io.BytesIO()
    write_csv(file, _columns(summary), _values(summary), info=_csv_facts(summary))
    return file.getvalue().decode()


def file_name(summary: Summary, kind: Format) -> str:
    """A name that says what the file holds, such as `summary-2025-by-funder-programme.xlsx`."""
    question = summary.question
    first, last = question.period_from, question.period_to
    period = str(question.year) if question.year else "_".join(str(day) for day in (first, last) if day) or "all"
    return f"summary-{period}-by-{'-'.join(question.by)}.{kind.value}"
