"""The list of claims as a file, exactly as it is filtered and sorted."""

import asyncio
from typing import IO, BinaryIO, cast

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.recoveries.queries import ClaimFilter, list_claims
from registry.recoveries.schemas import GROUND_TITLES, STATUS_TITLES, Claim
from registry.texts import _

COLUMNS = (
    Column("claim", N_("Recovery claim"), width=12),
    Column("grant", N_("Grant"), width=10),
    Column("funder", N_("Funder's number"), width=14),
    Column("funder_name", N_("Funder")),
    Column("programme", N_("Programme"), width=14),
    Column("recipient", N_("Recipient's number"), width=14),
    Column("recipient_name", N_("Recipient"), width=36),
    Column("dnr", N_("Dnr"), width=16),
    Column("decided_on", N_("Decided on"), "date"),
    Column("decider", N_("Decided by"), width=36),
    Column("ground", N_("Ground"), width=24),
    Column("condition", N_("Condition"), width=50),
    Column("reason", N_("Reason"), width=50),
    Column("due_on", N_("Due on"), "date"),
    Column("status", N_("Status"), width=14),
    Column("claimed", N_("Claimed"), "money"),
    Column("settled", N_("Repaid"), "money"),
    Column("closed", N_("Given up"), "money"),
    Column("left", N_("Left to repay"), "money"),
    Column("closed_on", N_("Closed on"), "date"),
)


def _cells(claim: Claim) -> list[Value]:
    return [
        claim.number, claim.grant_number, claim.funder_org_number, claim.funder_name, claim.programme_code,
        claim.recipient_org_number, claim.recipient_name, claim.dnr, claim.decided_on, claim.decider,
        _(GROUND_TITLES[claim.ground]), claim.condition, claim.reason, claim.due_on, _(STATUS_TITLES[claim.status]),
        int(claim.amount_ore), int(claim.settled_ore), int(claim.closed_ore), int(claim.left_ore), claim.closed_on,
    ]  # fmt: skip


async def export_claims(
    scope: Scope, wanted: ClaimFilter, file: IO[bytes], *, kind: ListFormat, sort: str = "-decided_on",
    question: str = "",
) -> Written:  # fmt: skip
    """Write the claims of a filter into an empty, seekable file, and tell the trail."""
    async with snapshot():
        found = await list_claims(scope, wanted, sort=sort, limit=None)
        facts = [("question", question), ("anchor", str(await trail.read_anchor()))]
    rows = [_cells(claim) for claim in found.items]
    totals: dict[str, Value] = {name: int(amount) for name, amount in found.sums.items()}
    written = await asyncio.to_thread(
        write_list, cast("BinaryIO", file), kind, COLUMNS, rows,
        name=_("Recovery claims"), facts=facts, made_at=trail.now(), totals=totals,
    )  # fmt: skip
    await trail.record(
        scope, "recoveries:list:export", question=question, format=kind, rows=written.rows,
        total=found.sums["claimed"].wire, sha256=written.sha256,
    )  # fmt: skip
    return written
