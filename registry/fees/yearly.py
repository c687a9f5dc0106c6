"""The yearly follow-up as it is read and written to files; what it counts is decided in `followup`."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, replace
from typing import IO, BinaryIO, Literal, cast

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.core.money import Money
from registry.database import snapshot
from registry.documents.listing import write_list
from registry.documents.table import Column, Value
from registry.fees.book import read_book
from registry.fees.followup import Grouping, Line, sum_up
from registry.fees.queries import NONE, Checked, EngagementFilter, issuer_key, names_creators, read_checked
from registry.fees.reading import plain_percent
from registry.fees.rules import Book
from registry.fees.schemas import DISCIPLINE_TITLES, FollowupRow
from registry.texts import _
from registry.trail import Anchor, read_anchor

FollowupFormat = Literal["csv", "xlsx", "json"]


@dataclass(frozen=True, slots=True)
class Followup:
    """The yearly follow-up: a row a group, the total, and where the chain stood."""

    year: int
    grouping: Grouping
    rows: list[FollowupRow]
    total: FollowupRow
    anchor: Anchor


async def follow_up(scope: Scope, wanted: EngagementFilter, *, year: int, grouping: Grouping) -> Followup:
    """Follow a year up; of the filter everything but the days counts. Creators are neither named nor told apart."""
    async with snapshot():
        book = await read_book(scope)
        asked = replace(wanted, year=year, first=None, last=None, cancelled=False)
        found = await read_checked(scope, asked, book)
        anchor = await read_anchor()
    rows, total = sum_up(_line(scope, book, grouping, one) for one in found)
    return Followup(year, grouping, rows, total, anchor)


def _line(scope: Scope, book: Book, grouping: Grouping, one: Checked) -> Line:
    key, label = _group(scope, book, grouping, one)
    done = one.check
    return Line(
        key, label, done.outcome, one.unmotivated, done.fee_ore, done.level_ore, done.gap_ore, done.gap_basis_points
    )


def _group(scope: Scope, book: Book, grouping: Grouping, one: Checked) -> tuple[str, str]:
    if grouping is Grouping.COMMISSIONER:
        number = f"P-{one.row['commissioner_id']}"
        hidden = one.row["commissioner_personal"] and not names_creators(scope)
        return number, number if hidden else one.row["commissioner_name"]
    if grouping is Grouping.ISSUER:
        key = issuer_key(book, one.row["issuer"])
        return key, _("not known") if key == NONE else key
    return (one.discipline.value, _(DISCIPLINE_TITLES[one.discipline])) if one.discipline else (NONE, _("not known"))


COLUMNS = (
    Column("group", N_("Group"), width=34),
    Column("engagements", N_("Engagements"), "int"),
    Column("compared", N_("Compared"), "int"),
    Column("fee", N_("Paid, F-tax without VAT"), "money"),
    Column("level", N_("Level, F-tax without VAT"), "money"),
    Column("below", N_("Below the level"), "int"),
    Column("below_percent", N_("Share below, per cent"), width=12),
    Column("gap", N_("Below by, together"), "money"),
    Column("median_gap", N_("Median gap"), "money"),
    Column("median_gap_percent", N_("Median gap, per cent"), width=12),
    Column("no_schedule", N_("Without a schedule"), "int"),
    Column("no_schedule_percent", N_("Share without a schedule, per cent"), width=12),
    Column("incomplete", N_("Incomplete"), "int"),
    Column("unmotivated", N_("Below without a motive"), "int"),
)


def row_record(row: FollowupRow) -> dict[str, Money | str | int | None]:
    """The figures of a row by their names outside: shares as per cent with two decimals."""
    return {
        "engagements": row.engagements,
        "compared": row.compared,
        "fee": row.fee_ore,
        "level": row.level_ore,
        "below": row.below,
        "below_percent": plain_percent(row.below_basis_points),
        "gap": row.gap_ore,
        "median_gap": row.median_gap_ore,
        "median_gap_percent": plain_percent(row.median_gap_basis_points),
        "no_schedule": row.no_schedule,
        "no_schedule_percent": plain_percent(row.no_schedule_basis_points),
        "incomplete": row.incomplete,
        "unmotivated": row.unmotivated,
    }


def _plain(row: FollowupRow) -> dict[str, str | int | None]:
    """A row as JSON holds it: amounts in the wire format."""
    figures = row_record(row).items()
    return {name: value.wire if isinstance(value, Money) else value for name, value in figures}


def to_json(followup: Followup, *, question: str) -> bytes:
    """The follow-up as a document of its own."""
    body = {
        "question": question,
        "year": followup.year,
        "by": followup.grouping.value,
        "rows": [{"key": row.key, "group": row.label, **_plain(row)} for row in followup.rows],
        "total": _plain(followup.total),
        "anchor": str(followup.anchor),
    }
    return json.dumps(body, ensure_ascii=False, indent=1).encode() + b"\n"


def _cells(row: FollowupRow) -> list[Value]:
    return [
        row.label, row.engagements, row.compared, int(row.fee_ore), int(row.level_ore), row.below,
        plain_percent(row.below_basis_points), int(row.gap_ore),
        None if row.median_gap_ore is None else int(row.median_gap_ore), plain_percent(row.median_gap_basis_points),
        row.no_schedule, plain_percent(row.no_schedule_basis_points), row.incomplete, row.unmotivated,
    ]  # fmt: skip


async def export_followup(
    scope: Scope, followup: Followup, file: IO[bytes], kind: FollowupFormat, *, question: str
) -> None:
    """Write the follow-up into an empty, seekable file, and tell the trail."""
    if kind == "json":
        data = to_json(followup, question=question)
        file.write(data)
        sha256 = hashlib.sha256(data).hexdigest()
    else:
        total = dict(zip((column.key for column in COLUMNS), _cells(followup.total), strict=True))
        written = await asyncio.to_thread(
            write_list,
            cast("BinaryIO", file),
            kind,
            COLUMNS,
            [_cells(row) for row in followup.rows],
            name=_("Yearly follow-up"),
            facts=[("question", question), ("anchor", str(followup.anchor))],
            made_at=trail.now(),
            totals={key: value for key, value in total.items() if key != "group"},
        )
        sha256 = written.sha256
    rows = len(followup.rows)
    await trail.record(scope, "fees:followup:export", question=question, format=kind, rows=rows, sha256=sha256)
