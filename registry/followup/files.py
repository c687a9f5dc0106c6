"""A follow-up as a file: JSON, CSV and XLSX hold the same rows, totals, question, anchor and hash."""

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from registry.documents.csv import write_csv
from registry.documents.table import Column, Value, Written
from registry.documents.xlsx import write_xlsx
from registry.followup.labels import FIGURE_TITLES, control_text, facts
from registry.followup.schemas import Figures, FollowUp, Format
from registry.summaries.files import columns_of, values_of
from registry.summaries.schemas import GROUP_TITLES, Group
from registry.texts import _, format_datetime

MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv",
    Format.JSON: "application/json",
}


def answer_json(answer: FollowUp) -> bytes:
    """The answer as JSON text, the same bytes in every channel."""
    rows = []
    for row in answer.rows:
        keys: dict[str, Any] = {}
        for cell in row.cells:
            keys |= zip(columns_of(cell.group), values_of(cell), strict=True)
        rows.append(keys | row.figures.wire())
    told = {
        "question": answer.question.model_dump(mode="json"),
        "rows": rows,
        "totals": answer.totals.wire(),
        "rows_count": len(rows),
        "anchor": {"seq": answer.anchor_seq, "hash": answer.anchor_hash},
        "sha256": answer.sha256,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def answer_csv(answer: FollowUp) -> str:
    """The answer as CSV text."""
    file = io.BytesIO()
    _write_csv(file, answer)
    return file.getvalue().decode()


def write_file(file: BinaryIO, answer: FollowUp, kind: Format, *, asked_at: datetime) -> Written:
    """Write a follow-up as JSON, CSV or XLSX into an empty, seekable file; `asked_at` is the moment that it carries."""
    if kind is Format.JSON:
        text = answer_json(answer)
        file.write(text)
        return Written(rows=len(answer.rows), size=len(text), sha256=hashlib.sha256(text).hexdigest())
    if kind is Format.CSV:
        return _write_csv(file, answer)
    return write_xlsx(
        file,
        _columns(answer),
        _values(answer),
        created=asked_at,
        table_name=_("Follow-up"),
        info_name=_("Question"),
        totals=_totals(answer),
        total_label=_("Total"),
        info=facts(answer, asked=format_datetime(asked_at)),
    )


def _write_csv(file: BinaryIO, answer: FollowUp) -> Written:
    asked = answer.question.query()
    told = [
        ("question", "&".join(f"{name}={value}" for name, value in asked.items())),
        ("control_total", control_text(answer.control)),
        ("anchor", f"{answer.anchor_seq}:{answer.anchor_hash}"),
        ("rows_sha256", answer.sha256),
    ]
    return write_csv(file, _columns(answer), _values(answer), totals=_totals(answer), info=told)


def _totals(answer: FollowUp) -> dict[str, Value]:
    return {**answer.totals.amounts(), "grants": answer.totals.grants}


def _columns(answer: FollowUp) -> list[Column]:
    extra = {"programme_funder": _("Funder of the programme")}
    columns = []
    for group in answer.question.by:
        code, *titles = columns_of(group)
        title = _(GROUP_TITLES[group])
        if group is Group.BUDGET_YEAR:
            columns.append(Column(code, title, "int"))
            continue
        heading = _("%(group)s (code)") % {"group": title} if titles else title
        columns.append(Column(code, heading, width=14))
        columns += [Column(name, extra.get(name, title), width=14 if name in extra else 40) for name in titles]
    columns += [Column(name, _(FIGURE_TITLES[name]), "money") for name in Figures().amounts()]
    return [*columns, Column("grants", _(FIGURE_TITLES["grants"]), "int")]


def _values(answer: FollowUp) -> Iterator[list[Value]]:
    for row in answer.rows:
        keys: list[Value] = [value for cell in row.cells for value in values_of(cell)]
        yield [*keys, *row.figures.amounts().values(), row.figures.grants]


def file_name(answer: FollowUp, kind: Format) -> str:
    """A name that says what the file holds, such as `followup-2023-2026-by-area-funder-budget_year.xlsx`."""
    question = answer.question
    years = "-".join(str(year) for year in dict.fromkeys((question.year_from, question.year_to)) if year) or "all"
    return f"followup-{years}-by-{'-'.join(question.by)}.{kind.value}"
