"""The list of reminders as a file, exactly as it is filtered and sorted."""

import asyncio
from collections.abc import Sequence
from typing import IO, BinaryIO, cast

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.reminders.queries import total_of_one_kind
from registry.reminders.schemas import KIND_TITLES, URGENCY_TITLES, Task
from registry.texts import _

COLUMNS = (
    Column("kind", N_("What"), width=28),
    Column("record", N_("Number"), width=12),
    Column("name", N_("Whom it concerns"), width=40),
    Column("text", N_("Text"), width=50),
    Column("funder", N_("Funder"), width=20),
    Column("due_on", N_("Due on"), "date"),
    Column("urgency", N_("How soon"), width=12),
    Column("amount", N_("Amount"), "money"),
)


def _cells(task: Task) -> list[Value]:
    return [
        _(KIND_TITLES[task.kind]), task.record, task.name, task.text, task.funder_name, task.due_on,
        _(URGENCY_TITLES[task.urgency]), None if task.amount_ore is None else int(task.amount_ore),
    ]  # fmt: skip


async def export_tasks(
    scope: Scope, tasks: Sequence[Task], file: IO[bytes], *, kind: ListFormat, question: str = ""
) -> Written:
    """Write some tasks into an empty, seekable file, and tell the trail."""
    facts = [("question", question), ("anchor", str(await trail.read_anchor()))]
    rows = [_cells(task) for task in tasks]
    total = total_of_one_kind(tasks)
    written = await asyncio.to_thread(
        write_list, cast("BinaryIO", file), kind, COLUMNS, rows,
        name=_("Reminders"), facts=facts, made_at=trail.now(), totals=None if total is None else {"amount": int(total)},
    )  # fmt: skip
    await trail.record(
        scope, "reminders:list:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written
