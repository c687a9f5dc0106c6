"""Lists of engagements and schedules as files, exactly as they are filtered."""

import asyncio
from collections.abc import Sequence
from typing import IO, BinaryIO, cast

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.fees.queries import EngagementFilter, list_engagements
from registry.fees.reading import plain_percent, plain_quantity
from registry.fees.schemas import DISCIPLINE_TITLES, Engagement, Schedule
from registry.texts import _

COLUMNS = (
    Column("engagement", N_("Engagement"), width=12),
    Column("day", N_("Day"), "date"),
    Column("creator", N_("Creator's number"), width=12),
    Column("creator_name", N_("Creator"), width=30),
    Column("commissioner", N_("Commissioner's number"), width=12),
    Column("commissioner_name", N_("Commissioner"), width=30),
    Column("funder_name", N_("Funder"), width=20),
    Column("grant", N_("Grant"), width=10),
    Column("title", N_("Title"), width=36),
    Column("discipline", N_("Art"), width=18),
    Column("issuer", N_("Issuer"), width=30),
    Column("code", N_("Code"), width=16),
    Column("booking_date", N_("Booked on"), "date"),
    Column("contract_date", N_("Contract of"), "date"),
    Column("event_date", N_("Day of the event"), "date"),
    Column("quantity", N_("Quantity"), width=10),
    Column("artists", N_("Artists"), "int"),
    Column("agreed_fee", N_("Agreed fee"), "money"),
    Column("tax", N_("Tax"), width=6),
    Column("vat_included", N_("VAT included"), width=10),
    Column("vat_rate", N_("VAT, per cent"), width=8),
    Column("travel", N_("Travel"), "money"),
    Column("material", N_("Material"), "money"),
    Column("outcome", N_("Outcome"), width=14),
    Column("schedule", N_("Fee schedule"), width=26),
    Column("level", N_("Level, F-tax without VAT"), "money"),
    Column("normalised_fee", N_("Fee, F-tax without VAT"), "money"),
    Column("gap", N_("Below by"), "money"),
    Column("gap_percent", N_("Below by, per cent"), width=10),
    Column("motive", N_("Motive"), width=40),
    Column("state", N_("State"), width=12),
)

LEVEL_COLUMNS = (
    Column("issuer", N_("Issuer"), width=30),
    Column("schedule", N_("Fee schedule"), width=30),
    Column("valid_from", N_("Valid from"), "date"),
    Column("valid_to", N_("Valid to"), "date"),
    Column("applies_by", N_("Date that applies"), width=16),
    Column("code", N_("Code"), width=18),
    Column("title", N_("Title"), width=34),
    Column("unit", N_("Unit"), width=14),
    Column("amount_sek", N_("Amount"), "money"),
    Column("basis", N_("Stated as"), width=10),
    Column("source", N_("Source"), width=40),
    Column("discipline", N_("Art"), width=14),
    Column("url", N_("Address of the source"), width=30),
    Column("note", N_("Note"), width=30),
    Column("reason", N_("Reason"), width=30),
)
"""The columns of the import file, so that what is exported can be changed and read in again."""


def _cells(one: Engagement) -> list[Value]:
    done = one.check
    return [
        one.number, one.day, f"P-{one.creator_id}", one.creator_name, f"P-{one.commissioner_id}",
        one.commissioner_name, one.funder_name, f"B-{one.grant_id}" if one.grant_id else None, one.title,
        _(DISCIPLINE_TITLES[one.discipline]) if one.discipline else None, one.issuer, one.code, one.booking_date,
        one.contract_date, one.event_date, plain_quantity(one.quantity), one.artists, _ore(one.agreed_fee_ore),
        one.tax.value if one.tax else None, "yes" if one.vat_included else "no", plain_percent(one.vat_basis_points),
        int(one.travel_ore), int(one.material_ore), done.outcome.value, done.schedule.title if done.schedule else None,
        _ore(done.level_ore), _ore(done.fee_ore), _ore(done.gap_ore), plain_percent(done.gap_basis_points), one.motive,
        one.kind.value,
    ]  # fmt: skip


def _ore(amount: int | None) -> int | None:
    return None if amount is None else int(amount)


async def export_engagements(
    scope: Scope, wanted: EngagementFilter, file: IO[bytes], kind: ListFormat, *, sort: str, question: str
) -> Written:
    """Write the engagements of a filter into an empty, seekable file, and tell the trail."""
    async with snapshot():
        found = await list_engagements(scope, wanted, sort=sort, limit=None)
        anchor = await trail.read_anchor()
    totals: dict[str, Value] = {
        "agreed_fee": sum(one.agreed_fee_ore or 0 for one in found.items),
        "travel": sum(one.travel_ore for one in found.items),
        "material": sum(one.material_ore for one in found.items),
        "gap": sum(one.check.gap_ore or 0 for one in found.items),
    }
    rows = [_cells(one) for one in found.items]
    written = await _write(file, kind, COLUMNS, rows, _("Engagements"), question, anchor, totals)
    await trail.record(
        scope, "fees:list:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written


async def export_schedules(
    scope: Scope, schedules: Sequence[Schedule], file: IO[bytes], kind: ListFormat, *, question: str
) -> Written:
    """Write schedules, one row a level, in the columns that an import reads, and tell the trail."""
    rows: list[list[Value]] = [
        [
            schedule.issuer, schedule.title, schedule.valid_from, schedule.valid_to, schedule.applies_by.value,
            level.code, level.title, level.unit.value, int(level.amount_ore), level.basis.value, level.source,
            schedule.discipline.value, schedule.url, schedule.note, schedule.reason,
        ]
        for schedule in schedules for level in schedule.levels
    ]  # fmt: skip
    anchor = await trail.read_anchor()
    written = await _write(file, kind, LEVEL_COLUMNS, rows, _("Fee schedules"), question, anchor, None)
    await trail.record(
        scope, "fees:schedules:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written


async def _write(
    file: IO[bytes],
    kind: ListFormat,
    columns: Sequence[Column],
    rows: list[list[Value]],
    name: str,
    question: str,
    anchor: trail.Anchor,
    totals: dict[str, Value] | None,
) -> Written:
    return await asyncio.to_thread(
        write_list,
        cast("BinaryIO", file),
        kind,
        columns,
        rows,
        name=name,
        facts=[("question", question), ("anchor", str(anchor))],
        made_at=trail.now(),
        totals=totals,
    )
