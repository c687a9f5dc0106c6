"""Reads of recovery claims: lists by filter, one with what has settled it, and what stood open in a year."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import asyncpg

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.database import fetch, fetch_row
from registry.grants.queries import PARTY_SEARCH, scope_ids, search_texts
from registry.grants.schemas import Frozen
from registry.recoveries.rules import Claimable
from registry.recoveries.schemas import Claim, ClaimStatus, Ground, Settlement, claim_number, parse_claim_number

PAGE = 50
SORTS = {
    "decided_on": "k.decided_on",
    "due_on": "k.due_on",
    "amount": "k.amount_ore",
    "left": "k.left_ore",
    "number": "k.id",
}


class UnknownClaimError(NotFoundError):
    """No such claim, or none that this user may see."""

    code = "unknown-claim"
    message = N_("There is no recovery claim %(claim)s. Check the number.")


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """What a list of claims is narrowed to. Dates are of the decision; `open`: only those with something left."""

    funder_id: int | None = None
    programme_id: int | None = None
    recipient_id: int | None = None
    grant_id: int | None = None
    status: ClaimStatus | None = None
    first: date | None = None
    last: date | None = None
    open: bool = False
    search: str = ""


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """One page of claims, how many there are in all, and the sums of all of them."""

    items: list[Claim]
    total: int
    sums: Mapping[str, Money] = field(default_factory=dict)


_CLAIMS = """
WITH k AS (
  SELECT c.*, s.settled_ore, x.kind AS closure, x.closed_on, coalesce(x.amount_ore, 0) AS closed_ore,
         coalesce(x.reason, '') AS closure_reason, x.recorded_at AS closure_at, x.recorded_by AS closure_user,
         x.seq AS closure_seq, c.amount_ore - s.settled_ore - coalesce(x.amount_ore, 0) AS left_ore,
         CASE WHEN x.kind IS NOT NULL THEN x.kind WHEN s.settled_ore >= c.amount_ore THEN 'paid'
              WHEN c.due_on < $2 THEN 'overdue' WHEN s.settled_ore > 0 THEN 'partly' ELSE 'open' END AS status
  FROM recovery_claim c LEFT JOIN claim_closure x ON x.claim_id = c.id CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.amount_ore), 0)::bigint AS settled_ore FROM claim_settlement e WHERE e.claim_id = c.id) s)
"""
_SELECT = """
SELECT k.id, k.grant_id, g.funder_id, f.name AS funder_name, f.org_number AS funder_org_number,
       m.code AS programme_code, g.recipient_id, r.name AS recipient_name, r.org_number AS recipient_org_number,
       g.dnr AS grant_dnr, k.amount_ore, k.settled_ore, k.left_ore, k.ground, k.condition, k.reason, k.decided_on,
       k.decider, k.dnr, k.due_on, k.status, k.recorded_at, coalesce(u.name, '') AS recorded_by, k.seq, k.closed_on,
       k.closed_ore, k.closure_reason, k.closure_at, coalesce(v.name, '') AS closure_by, k.closure_seq
"""
_FROM = """
FROM k JOIN funding_grant g ON g.id = k.grant_id JOIN party f ON f.id = g.funder_id
JOIN programme m ON m.id = g.programme_id JOIN party r ON r.id = g.recipient_id
LEFT JOIN app_user u ON u.id = k.recorded_by LEFT JOIN app_user v ON v.id = k.closure_user
"""
_IN_SCOPE = "($1::bigint[] IS NULL OR g.recipient_id = ANY($1))"
_FILTER = (
    _IN_SCOPE
    + """ AND ($3::bigint IS NULL OR g.funder_id = $3) AND ($4::bigint IS NULL OR g.programme_id = $4)
 AND ($5::bigint IS NULL OR g.recipient_id = $5) AND ($6::bigint IS NULL OR k.grant_id = $6)
 AND ($7::text IS NULL OR k.status = $7) AND ($8::date IS NULL OR k.decided_on >= $8)
 AND ($9::date IS NULL OR k.decided_on <= $9) AND (NOT $10 OR k.left_ore > 0)
 AND ($11 = '' OR g.recipient_id IN (SELECT s.id FROM party s WHERE """
    + PARTY_SEARCH.format(text="$11", pattern="$12")
    + "))"
)


def to_claim(row: asyncpg.Record) -> Claim:
    """A row as the world may see it."""
    values: dict[str, Any] = dict(row)
    values["recipient_org_number"] = mask_org_number(values["recipient_org_number"])
    values["ground"], values["status"] = Ground(values["ground"]), ClaimStatus(values["status"])
    for name in ("amount_ore", "settled_ore", "left_ore", "closed_ore"):
        values[name] = Money(values[name])
    return Claim(**values)


async def list_claims(
    scope: Scope, wanted: ClaimFilter, *, sort: str = "-decided_on", offset: int = 0, limit: int | None = PAGE
) -> ClaimPage:
    """Claims by a filter; `sort` is a key of `SORTS`, with `-` for falling; `limit` None gives all of them."""
    key = SORTS.get(sort.removeprefix("-"), SORTS["decided_on"])
    direction = "DESC" if sort.startswith("-") else "ASC"
    arguments = (
        scope_ids(scope), trail.today(), wanted.funder_id, wanted.programme_id, wanted.recipient_id, wanted.grant_id,
        wanted.status, wanted.first, wanted.last, wanted.open, *search_texts(wanted.search),
    )  # fmt: skip
    rows = await fetch(
        f"{_CLAIMS} {_SELECT} {_FROM} WHERE {_FILTER} ORDER BY {key} {direction}, k.id {direction}"
        " LIMIT $13 OFFSET $14",
        *arguments, limit, offset,
    )  # fmt: skip
    sums = await fetch_row(
        f"{_CLAIMS} SELECT count(*) AS total, coalesce(sum(k.amount_ore), 0)::bigint AS claimed,"
        " coalesce(sum(k.settled_ore), 0)::bigint AS settled, coalesce(sum(k.closed_ore), 0)::bigint AS closed,"
        f" coalesce(sum(k.left_ore), 0)::bigint AS left {_FROM} WHERE {_FILTER}",
        *arguments,
    )
    assert sums is not None  # noqa: S101 - an aggregate has one row
    names = ("claimed", "settled", "closed", "left")
    return ClaimPage([to_claim(row) for row in rows], sums["total"], {name: Money(sums[name]) for name in names})


async def get_claim(scope: Scope, number: str, *, field: str = "claim") -> Claim:
    """One claim by its number. Raises: UnknownClaimError, also for one outside the scope."""
    claim_id = parse_claim_number(number)
    row = None
    if claim_id is not None:
        row = await fetch_row(
            f"{_CLAIMS} {_SELECT} {_FROM} WHERE {_IN_SCOPE} AND k.id = $3", scope_ids(scope), trail.today(), claim_id
        )
    if row is None:
        raise UnknownClaimError(field=field, claim=number[:40])
    return to_claim(row)


async def claims_of_grant(scope: Scope, grant_id: int) -> list[Claim]:
    """The claims on a grant, the earliest first."""
    return (await list_claims(scope, ClaimFilter(grant_id=grant_id), sort="number", limit=None)).items


async def list_settlements(scope: Scope, claim_ids: Sequence[int]) -> dict[int, tuple[Settlement, ...]]:
    """What has settled some claims, the earliest first; a claim without a repayment has no place in it."""
    found = defaultdict[int, list[Settlement]](list)
    for row in await fetch(
        "SELECT e.claim_id, e.repayment_id, e.amount_ore, t.repaid_on, t.reason, t.recorded_at,"
        " coalesce(u.name, '') AS recorded_by, e.seq FROM claim_settlement e"
        " JOIN repayment t ON t.id = e.repayment_id JOIN funding_grant g ON g.id = t.grant_id"
        " LEFT JOIN app_user u ON u.id = t.recorded_by"
        f" WHERE {_IN_SCOPE} AND e.claim_id = ANY($2) ORDER BY t.repaid_on, e.repayment_id",
        scope_ids(scope),
        list(claim_ids),
    ):
        found[row["claim_id"]].append(Settlement(**{**dict(row), "amount_ore": Money(row["amount_ore"])}))
    return {claim_id: tuple(settlements) for claim_id, settlements in found.items()}


async def read_claimable(grant_id: int) -> Claimable | None:
    """What a decision on a claim or a repayment needs to know of a grant, for the services; None for no grant."""
    row = await fetch_row(
        "SELECT g.id AS grant_id, g.decided_on, g.conditions, b.paid_ore, b.repaid_ore,"
        " (SELECT coalesce(sum(registry_claim_left(c.id)), 0)::bigint FROM recovery_claim c WHERE c.grant_id = g.id)"
        " AS claimed_ore FROM funding_grant g JOIN grant_balance b ON b.grant_id = g.id WHERE g.id = $1",
        grant_id,
    )
    return Claimable(**dict(row)) if row else None


class StatementClaim(Frozen):
    """A claim in a period: what was left of it before, what was claimed, settled and given up in it, what is left.

    `opening_ore` + `claimed_ore` - `settled_ore` - `closed_ore` = `left_ore`.
    """

    number: str
    grant_id: int
    dnr: str
    decided_on: date
    due_on: date
    ground: Ground
    condition: str
    reason: str
    opening_ore: Money
    claimed_ore: Money
    settled_ore: Money
    closed_ore: Money
    left_ore: Money


async def list_statement_claims(
    scope: Scope, grant_ids: Sequence[int], first: date, last: date
) -> list[StatementClaim]:
    """The claims on some grants that were open at some time from `first` to `last`, by grant and number."""
    rows = await fetch(
        f"""
        SELECT c.id, c.grant_id, c.dnr, c.decided_on, c.due_on, c.ground, c.condition, c.reason, c.amount_ore,
               s.before, s.within, coalesce(x.amount_ore, 0) AS closed, x.closed_on
        FROM recovery_claim c JOIN funding_grant g ON g.id = c.grant_id LEFT JOIN claim_closure x ON x.claim_id = c.id
        CROSS JOIN LATERAL (
          SELECT coalesce(sum(e.amount_ore) FILTER (WHERE t.repaid_on < $3), 0)::bigint AS before,
                 coalesce(sum(e.amount_ore) FILTER (WHERE t.repaid_on BETWEEN $3 AND $4), 0)::bigint AS within
          FROM claim_settlement e JOIN repayment t ON t.id = e.repayment_id WHERE e.claim_id = c.id) s
        WHERE {_IN_SCOPE} AND c.grant_id = ANY($2) AND c.decided_on <= $4 ORDER BY c.grant_id, c.id
        """,
        scope_ids(scope), list(grant_ids), first, last,
    )  # fmt: skip
    found = [_statement_claim(row, first, last) for row in rows]
    return [claim for claim in found if claim.opening_ore or claim.claimed_ore]


def _statement_claim(row: asyncpg.Record, first: date, last: date) -> StatementClaim:
    is_new = row["decided_on"] >= first
    closed_on = row["closed_on"]
    closed_before = row["closed"] if closed_on is not None and closed_on < first else 0
    closed = row["closed"] if closed_on is not None and first <= closed_on <= last else 0
    opening = 0 if is_new else row["amount_ore"] - row["before"] - closed_before
    claimed = row["amount_ore"] if is_new else 0
    settled = row["within"] + (row["before"] if is_new else 0)
    told = {name: row[name] for name in ("grant_id", "dnr", "decided_on", "due_on", "condition", "reason")}
    return StatementClaim(
        number=claim_number(row["id"]),
        ground=Ground(row["ground"]),
        opening_ore=Money(opening),
        claimed_ore=Money(claimed),
        settled_ore=Money(settled),
        closed_ore=Money(closed),
        left_ore=Money(opening + claimed - settled - closed),
        **told,
    )
