"""The list of requests for another account as a file, exactly as it is filtered and sorted."""

import asyncio
from typing import IO, BinaryIO, cast

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.parties.account_queries import DEFAULT_SORT, RequestFilter, list_requests
from registry.parties.schemas import ACCOUNT_TITLES, AccountRequest
from registry.texts import _

COLUMNS = (
    Column("request", N_("Request"), width=10),
    Column("party", N_("Party"), width=10),
    Column("name", N_("Name"), width=40),
    Column("old_bankgiro", N_("Bankgiro before"), width=14),
    Column("old_plusgiro", N_("Plusgiro before"), width=14),
    Column("bankgiro", N_("Bankgiro"), width=14),
    Column("plusgiro", N_("Plusgiro"), width=14),
    Column("valid_from", N_("From"), "date"),
    Column("reason", N_("Reason"), width=40),
    Column("evidence", N_("Evidence"), width=30),
    Column("requested_at", N_("Asked for"), "datetime"),
    Column("requested_by", N_("Asked for by"), width=24),
    Column("status", N_("Status"), width=20),
    Column("decided_at", N_("Decided"), "datetime"),
    Column("decided_by", N_("Decided by"), width=24),
    Column("decision_reason", N_("Reason of the decision"), width=40),
)


def _cells(asked: AccountRequest) -> list[Value]:
    return [
        asked.number, asked.party_number, asked.party_name, asked.old_bankgiro, asked.old_plusgiro, asked.bankgiro,
        asked.plusgiro, asked.valid_from, asked.reason, asked.evidence, asked.recorded_at, asked.recorded_by,
        _(ACCOUNT_TITLES[asked.status]), asked.decided_at, asked.decided_by, asked.decision_reason,
    ]  # fmt: skip


async def export_requests(
    scope: Scope,
    wanted: RequestFilter,
    file: IO[bytes],
    *,
    kind: ListFormat,
    sort: str = DEFAULT_SORT,
    question: str = "",
) -> Written:
    """Write the requests of a filter into an empty, seekable file, and tell the trail."""
    async with snapshot():
        found = await list_requests(scope, wanted, sort=sort, limit=None)
        facts = [("question", question), ("anchor", str(await trail.read_anchor()))]
    rows = [_cells(asked) for asked in found.items]
    written = await asyncio.to_thread(
        write_list, cast("BinaryIO", file), kind, COLUMNS, rows,
        name=_("Changes of account"), facts=facts, made_at=trail.now(),
    )  # fmt: skip
    await trail.record(
        scope, "parties:account:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written
