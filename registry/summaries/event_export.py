"""The events of a figure as a file, exactly as the list shows them."""

import asyncio
from typing import IO, BinaryIO, cast

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.summaries.events import DEFAULT_SORT, KIND_TITLES, Figure, Part, list_parts
from registry.summaries.schemas import Question
from registry.texts import _

COLUMNS = (
    Column("day", N_("Value date"), "date"),
    Column("event", N_("What happened"), width=14),
    Column("number", N_("Number"), width=10),
    Column("grant", N_("Grant"), width=10),
    Column("funder", N_("Funder's number"), width=14),
    Column("funder_name", N_("Funder")),
    Column("programme", N_("Programme"), width=14),
    Column("dnr", N_("Dnr"), width=16),
    Column("recipient_name", N_("Recipient"), width=36),
    Column("recorded_at", N_("Registered"), "datetime"),
    Column("amount", N_("Amount"), "money"),
)


def _cells(part: Part) -> list[Value]:
    return [
        part.day, _(KIND_TITLES[part.kind]), part.number or None, part.grant_number, part.funder_org_number,
        part.funder_name, part.programme_code, part.dnr, part.recipient_name, part.learnt, part.amount_ore,
    ]  # fmt: skip


async def export_parts(
    scope: Scope, question: Question, figure: Figure, file: IO[bytes], *, kind: ListFormat, sort: str = DEFAULT_SORT
) -> Written:
    """Write the events of a figure into an empty, seekable file, and tell the trail.

    Raises: as `list_parts`, TooManyRowsError.
    """
    async with snapshot():
        found = await list_parts(scope, question, figure, sort=sort, limit=None)
        anchor = str(await trail.read_anchor())
    query = {"figure": figure.value, **found.question.query()}
    if sort != DEFAULT_SORT:
        query["sort"] = sort
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    written = await asyncio.to_thread(
        write_list, cast("BinaryIO", file), kind, COLUMNS, (_cells(part) for part in found.items),
        name=_("Parts of the sum"), facts=[("question", asked), ("anchor", anchor)], made_at=trail.now(),
        totals={"amount": int(found.amount)},
    )  # fmt: skip
    await trail.record(
        scope, "summaries:events:export", question=asked, format=kind, rows=written.rows, total=found.amount.wire,
        sha256=written.sha256,
    )  # fmt: skip
    return written
