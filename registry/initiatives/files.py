"""Initiatives as files: the list by year, a funding picture, and an edition line by line. PDFs are made in `render`."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

from registry.core.errors import N_
from registry.documents.listing import write_list
from registry.documents.table import Column, Value, Written
from registry.initiatives.edition_labels import edition_sentence, outcome_text
from registry.initiatives.edition_records import year_record
from registry.initiatives.edition_schemas import BUDGET_TITLES, Edition
from registry.initiatives.labels import picture_sentence
from registry.initiatives.schemas import KIND_TITLES, Flow, Initiative, Picture, YearLine
from registry.texts import _


class Format(StrEnum):
    """The files that a year of an initiative can be had as."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv",
    Format.JSON: "application/json",
}

LIST_COLUMNS = (
    Column("initiative", N_("Number"), width=10),
    Column("title", N_("Title"), width=40),
    Column("kind", N_("Kind"), width=20),
    Column("party", N_("Body or society"), width=36),
    Column("keeper", N_("Kept by"), width=24),
    Column("year", N_("Year"), "int"),
    Column("planned", N_("Agreed or planned"), "money"),
    Column("decided", N_("Decided"), "money"),
    Column("paid", N_("Paid"), "money"),
    Column("events", N_("Events"), "int"),
    Column("audience", N_("Audience"), "int"),
)

PICTURE_COLUMNS = (
    Column("year", N_("Year"), "int"),
    Column("line", N_("Line"), width=10),
    Column("funder", N_("Funder's number"), width=14),
    Column("funder_name", N_("Funder"), width=30),
    Column("via_name", N_("Via"), width=30),
    Column("recipient_name", N_("Recipient"), width=36),
    Column("parts", N_("Parts"), "int"),
    Column("agreed", N_("Agreed share"), "money"),
    Column("decided", N_("Decided"), "money"),
    Column("paid", N_("Paid"), "money"),
    Column("left", N_("Left to pay"), "money"),
    Column("difference", N_("Decided above the share"), "money"),
    Column("memo", N_("Memo: outside partner's share"), "money"),
)

EDITION_COLUMNS = (
    Column("year", N_("Year"), "int"),
    Column("line", N_("Line"), width=12),
    Column("number", N_("Number"), width=10),
    Column("day", N_("Day"), "date"),
    Column("title", N_("What"), width=40),
    Column("place", N_("Place"), width=30),
    Column("party", N_("Who"), width=36),
    Column("audience", N_("Audience"), "int"),
    Column("planned", N_("Budget"), "money"),
    Column("decided", N_("Decided"), "money"),
    Column("paid", N_("Paid"), "money"),
    Column("fee", N_("Agreed fee"), "money"),
    Column("outcome", N_("Fee check"), width=20),
    Column("note", N_("Note"), width=50),
)


@dataclass(frozen=True, slots=True)
class Told:
    """A year of an initiative: either its funding picture or its edition, and the trail's head at that moment."""

    subject: Picture | Edition
    anchor: str

    @property
    def initiative(self) -> Initiative:
        """Whose year it is."""
        return self.subject.initiative

    @property
    def year(self) -> int:
        """Which year it is."""
        return self.subject.year


def list_row(initiative: Initiative, line: YearLine) -> list[Value]:
    """A row of the list of initiatives by year."""
    return [
        initiative.number, initiative.title, _(KIND_TITLES[initiative.kind]), initiative.party_name,
        initiative.funder_name, line.year, None if line.planned_ore is None else int(line.planned_ore),
        int(line.decided_ore), int(line.paid_ore), line.events, line.audience,
    ]  # fmt: skip


def picture_rows(picture: Picture) -> list[list[Value]]:
    """The flows, then the memo lines, whose sums have a column of their own and enter no total."""
    return [_flow_row(picture.year, flow) for flow in (*picture.flows, *picture.memos)]


def _flow_row(year: int, flow: Flow) -> list[Value]:
    keys: list[Value] = [
        year, "memo" if flow.is_memo else "share", flow.funder_number or None, flow.funder, flow.via or None,
        flow.recipient, flow.parts,
    ]  # fmt: skip
    if flow.is_memo:
        return [*keys, None, None, None, None, None, int(flow.agreed_ore or 0)]
    return [
        *keys, None if flow.agreed_ore is None else int(flow.agreed_ore), int(flow.decided_ore), int(flow.paid_ore),
        int(flow.left_ore), None if flow.difference_ore is None else int(flow.difference_ore), None,
    ]  # fmt: skip


def edition_rows(edition: Edition) -> list[list[Value]]:
    """Events, engagements, grants and the lines of the budget, each a row that says which it is."""
    rows: list[dict[str, Value]] = [
        {
            "line": "event", "day": event.held_on, "title": event.title, "place": event.place,
            "audience": event.audience, "note": event.reason if event.cancelled else event.note,
            "outcome": _("called off") if event.cancelled else None,
        }
        for event in edition.events
    ]  # fmt: skip
    for one in edition.engagements:
        engagement = one.engagement
        event = edition.event(one.event_id or 0)
        title = event.title if event else engagement.title
        fee = None if engagement.cancelled else engagement.agreed_fee_ore
        row: dict[str, Value] = {
            "line": "engagement", "number": engagement.number, "day": engagement.day, "title": title,
            "party": engagement.creator_name, "fee": None if fee is None else int(fee), "outcome": outcome_text(one),
            "note": engagement.motive,
        }  # fmt: skip
        rows.append(row)
    rows += [
        {
            "line": "grant", "number": grant.number, "day": grant.decided_on, "title": grant.dnr,
            "party": grant.recipient_name, "decided": int(grant.granted_ore), "paid": int(grant.paid_ore),
            "note": grant.benefit,
        }
        for grant in edition.grants
    ]  # fmt: skip
    rows += [
        {
            "line": "budget", "title": line.title or _(BUDGET_TITLES[line.kind]), "party": line.funder_name,
            "planned": int(line.amount_ore), "note": line.kind.value,
        }
        for line in (edition.budget.lines if edition.budget else ())
    ]  # fmt: skip
    keys = [column.key for column in EDITION_COLUMNS]
    return [[edition.year if key == "year" else row.get(key) for key in keys] for row in rows]


def answer_json(told: Told) -> bytes:
    """The year as JSON text, the same bytes in every channel."""
    return year_record(told.subject, told.anchor).model_dump_json(indent=2).encode() + b"\n"


def write_year(file: BinaryIO, told: Told, kind: Format, *, made_at: datetime) -> Written:
    """Write a year as JSON, CSV or XLSX into an empty, seekable file."""
    subject = told.subject
    if kind is Format.JSON:
        text = answer_json(told)
        file.write(text)
        return Written(rows=0, size=len(text), sha256=hashlib.sha256(text).hexdigest())
    columns: Sequence[Column]
    summed: tuple[str, ...]
    if isinstance(subject, Picture):
        columns, rows, sentence = PICTURE_COLUMNS, picture_rows(subject), picture_sentence(subject)
        summed = ("agreed", "decided", "paid", "left", "difference")
    else:
        columns, rows, sentence = EDITION_COLUMNS, edition_rows(subject), edition_sentence(subject)
        summed = ("audience", "decided", "paid", "fee")
    facts = [("initiative", told.initiative.title), ("year", str(told.year)), ("sentence", sentence)]
    return write_list(
        file,
        "csv" if kind is Format.CSV else "xlsx",
        columns,
        rows,
        name=_("Funding picture") if isinstance(subject, Picture) else _("Edition"),
        facts=[*facts, ("anchor", told.anchor)],
        made_at=made_at,
        totals=_sums(columns, rows, summed),
    )


def _sums(columns: Sequence[Column], rows: Sequence[Sequence[Value]], names: Sequence[str]) -> dict[str, Value]:
    places = {column.key: place for place, column in enumerate(columns)}
    return {name: sum(value for row in rows if isinstance(value := row[places[name]], int)) for name in names}


def year_csv(told: Told, *, made_at: datetime) -> str:
    """A year as CSV text, for a document's attachment."""
    file = io.BytesIO()
    write_year(file, told, Format.CSV, made_at=made_at)
    return file.getvalue().decode()


def file_name(told: Told, kind: Format) -> str:
    """A name that says what the file holds, such as `S-1-2025.xlsx`."""
    return f"{told.initiative.number}-{told.year}.{kind.value}"
