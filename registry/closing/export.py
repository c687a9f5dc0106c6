"""The closing figures of a funder's year as a file."""

import asyncio
from typing import IO, BinaryIO, cast

from registry import trail
from registry.closing.schemas import Closing, ProgrammeFigures
from registry.core.access import Scope
from registry.core.errors import N_
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.texts import _

COLUMNS = (
    Column("programme", N_("Programme"), width=14),
    Column("title", N_("Title"), width=40),
    Column("opening", N_("Left to pay at the start"), "money"),
    Column("decided", N_("Decided"), "money"),
    Column("paid", N_("Paid"), "money"),
    Column("reversed", N_("Reversed"), "money"),
    Column("closing", N_("Left to pay at the end"), "money"),
    Column("repaid", N_("Repaid"), "money"),
)


def figures_of(one: ProgrammeFigures) -> dict[str, int]:
    """The sums of a line, by the names of the file's columns."""
    return {
        "opening": one.before.remaining_ore,
        "decided": one.year.decided_ore,
        "paid": one.year.paid_ore,
        "reversed": one.year.reversed_ore,
        "closing": one.after.remaining_ore,
        "repaid": one.year.repaid_ore,
    }


async def export_closing(scope: Scope, closing: Closing, file: IO[bytes], *, kind: ListFormat) -> Written:
    """Write the closing figures into an empty, seekable file, and tell the trail."""
    question = f"funder={closing.funder.org_number}&year={closing.year}"
    facts = [("question", question), ("anchor", closing.anchor)]
    rows: list[list[Value]] = [[one.code, one.title, *figures_of(one).values()] for one in closing.programmes]
    written = await asyncio.to_thread(
        write_list, cast("BinaryIO", file), kind, COLUMNS, rows,
        name=_("Closing figures"), facts=facts, made_at=trail.now(), totals=figures_of(closing.total),
    )  # fmt: skip
    await trail.record(
        scope, "closing:figures:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written
