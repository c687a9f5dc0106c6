"""The programmes and their frames of a year as a file, exactly as they are shown."""

import asyncio
from collections.abc import Sequence
from typing import IO, BinaryIO, cast

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.programmes.schemas import KIND_TITLES, Programme
from registry.texts import _

COLUMNS = (
    Column("programme", N_("Code"), width=14),
    Column("title", N_("Title"), width=40),
    Column("funder", N_("Funder's number"), width=14),
    Column("funder_name", N_("Funder"), width=24),
    Column("kind", N_("Kind"), width=20),
    Column("area", N_("Priority area"), width=30),
    Column("inside_ksm", N_("In the culture cooperation model"), width=12),
    Column("account", N_("Account"), width=12),
    Column("year", N_("Year"), "int"),
    Column("frame", N_("Frame"), "money"),
    Column("decided", N_("Decided"), "money"),
    Column("paid", N_("Paid"), "money"),
    Column("left", N_("Left"), "money"),
)


async def export_programmes(
    scope: Scope, file: IO[bytes], kind: ListFormat, *, programmes: Sequence[Programme], year: int, question: str
) -> Written:
    """Write the programmes that have a frame of a year into an empty, seekable file, and tell the trail."""
    rows = [_cells(programme, year) for programme in programmes if programme.frame_of(year)]
    frames = [frame for programme in programmes if (frame := programme.frame_of(year))]
    totals: dict[str, Value] = {
        "frame": sum(frame.amount_ore for frame in frames),
        "decided": sum(frame.decided_ore for frame in frames),
        "paid": sum(frame.paid_ore for frame in frames),
        "left": sum(frame.left_ore for frame in frames),
    }
    facts = [("question", question), ("anchor", str(await trail.read_anchor()))]
    written = await asyncio.to_thread(
        write_list,
        cast("BinaryIO", file),
        kind,
        COLUMNS,
        rows,
        name=_("Programmes"),
        facts=facts,
        made_at=trail.now(),
        totals=totals,
    )
    await trail.record(
        scope, "programmes:list:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written


def _cells(programme: Programme, year: int) -> list[Value]:
    frame = programme.frame_of(year)
    assert frame is not None  # noqa: S101 - the caller took those that have one
    return [
        programme.code, programme.title, programme.funder_org_number, programme.funder_name,
        _(KIND_TITLES[programme.kind]), programme.area_title, _("yes") if programme.inside_ksm else _("no"),
        programme.account, year, int(frame.amount_ore), int(frame.decided_ore), int(frame.paid_ore),
        int(frame.left_ore),
    ]  # fmt: skip
