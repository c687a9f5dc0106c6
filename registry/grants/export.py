"""The list of grants as a file, exactly as it is filtered and sorted."""

import asyncio
from collections.abc import Iterator
from typing import IO, Literal

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.csv import write_csv
from registry.documents.table import Column, Value, Written
from registry.documents.xlsx import write_xlsx
from registry.grants.queries import GrantFilter, list_grants
from registry.grants.schemas import Grant
from registry.texts import _, format_datetime
from registry.trail import read_anchor, record

Format = Literal["csv", "xlsx"]

COLUMNS = (
    Column("grant", N_("Grant"), width=12),
    Column("funder", N_("Funder's number"), width=14),
    Column("funder_name", N_("Funder")),
    Column("programme", N_("Programme"), width=14),
    Column("programme_title", N_("Programme's title"), width=36),
    Column("area", N_("Priority area"), width=20),
    Column("year", N_("Year"), "int"),
    Column("recipient", N_("Recipient's number"), width=14),
    Column("recipient_name", N_("Recipient"), width=36),
    Column("via_name", N_("Via")),
    Column("dnr", N_("Dnr"), width=16),
    Column("paragraph", N_("Paragraph"), width=10),
    Column("decided_on", N_("Decided on"), "date"),
    Column("decider", N_("Decided by"), width=36),
    Column("period_from", N_("Period from"), "date"),
    Column("period_to", N_("Period to"), "date"),
    Column("purpose", N_("Purpose"), width=50),
    Column("benefit", N_("Benefit for the inhabitants"), width=50),
    Column("decided", N_("Decided at first"), "money"),
    Column("granted", N_("Granted"), "money"),
    Column("paid", N_("Paid"), "money"),
    Column("waiting", N_("Waiting for attest"), "money"),
    Column("left", N_("Left to pay"), "money"),
    Column("repaid", N_("Repaid"), "money"),
    Column("stopped_on", N_("Payments stopped on"), "date"),
)


def _cells(grant: Grant) -> list[Value]:
    return [
        grant.number, grant.funder_org_number, grant.funder_name, grant.programme_code, grant.programme_title,
        grant.area_code, grant.year, grant.recipient_org_number, grant.recipient_name, grant.via_name, grant.dnr,
        grant.paragraph, grant.decided_on, grant.decider, grant.period_from, grant.period_to, grant.purpose,
        grant.benefit,
        int(grant.decided_ore), int(grant.granted_ore), int(grant.paid_ore), int(grant.waiting_ore),
        int(grant.left_ore), int(grant.repaid_ore), grant.stopped_on,
    ]  # fmt: skip


async def export_grants(
    scope: Scope, wanted: GrantFilter, file: IO[bytes], kind: Format, *, sort: str = "-decided_on", question: str = ""
) -> Written:
    """Write the grants of a filter into an empty, seekable file, and tell the trail.

    `question` is the filter as an address has it; the file and the trail keep it.
    """
    async with snapshot():
        found = await list_grants(scope, wanted, sort=sort, limit=None)
        facts = [("question", question), ("anchor", str(await read_anchor()))]
    written = await asyncio.to_thread(_write, file, kind, found.items, facts)
    await record(
        scope, "grants:list:export", question=question, format=kind, rows=written.rows,
        total=found.sums["granted"].wire, sha256=written.sha256,
    )  # fmt: skip
    return written


def _write(file: IO[bytes], kind: Format, grants: list[Grant], facts: list[tuple[str, str]]) -> Written:
    columns = [Column(column.key, _(column.title), column.kind, column.width) for column in COLUMNS]
    rows: Iterator[list[Value]] = (_cells(grant) for grant in grants)
    totals: dict[str, Value] = {
        "decided": sum(grant.decided_ore for grant in grants),
        "granted": sum(grant.granted_ore for grant in grants),
        "paid": sum(grant.paid_ore for grant in grants),
        "waiting": sum(grant.waiting_ore for grant in grants),
        "left": sum(grant.left_ore for grant in grants),
        "repaid": sum(grant.repaid_ore for grant in grants),
    }
    if kind == "csv":
        return write_csv(file, columns, rows, totals=totals, info=facts)  # type: ignore[arg-type]
    moment = trail.now()
    return write_xlsx(
        file,  # type: ignore[arg-type]
        columns,
        rows,
        created=moment,
        table_name=_("Grants"),
        info_name=_("Question"),
        totals=totals,
        total_label=_("Total"),
        info=[*facts, (_("Answered"), format_datetime(moment))],
    )
