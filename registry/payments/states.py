"""Reading, under the head's lock, what decisions on payments need to know of their grants."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import asyncpg

from registry import trail
from registry.database import fetch
from registry.payments.holds import ANY, read_holds
from registry.payments.rules import GrantState
from registry.payments.schemas import payment_number

_GRANT = """
g.id AS grant_id, g.funder_id, g.recipient_id, g.decided_on, b.granted_ore, b.registered_ore, f.attest_from_ore,
ARRAY(SELECT c.year FROM closed_year c WHERE c.funder_id = g.funder_id) AS closed
"""
_STATES = f"""
SELECT {_GRANT} FROM funding_grant g JOIN grant_balance b ON b.grant_id = g.id JOIN funder f ON f.id = g.funder_id
WHERE g.id = ANY($1)
"""
_VOUCHERS = """
SELECT p.id, p.grant_id, p.voucher, p.amount_ore, p.paid_on FROM payment p
WHERE p.grant_id = ANY($1) AND p.voucher <> '' AND NOT EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id)
"""
# One statement, whose cost grows with the group and not with the registry: each round trip under the lock is one in
# which everybody else waits.
_SITUATION = f"""
SELECT w.place, k.id AS known_id, k.body_hash AS known_hash, v.id AS twin_id, i.positions, i.amounts, i.registered,
       (SELECT coalesce(max(id), 0) FROM payment) AS last_id, h.seq, h.hash, h.recorded_at,
       {ANY.format(grant="w.grant_id", day="w.paid_on", today="$8")} AS held, {_GRANT}
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[], $5::text[], $6::bigint[], $7::date[])
     WITH ORDINALITY w (key_scope, key, grant_id, wants_plan, voucher, amount_ore, paid_on, place)
CROSS JOIN chain_head h
LEFT JOIN LATERAL (SELECT * FROM payment p WHERE p.key_scope = w.key_scope AND p.key = w.key LIMIT 1) k ON true
LEFT JOIN funding_grant g ON g.id = w.grant_id
LEFT JOIN grant_balance b ON b.grant_id = w.grant_id
LEFT JOIN funder f ON f.id = g.funder_id
LEFT JOIN LATERAL (
  SELECT p.id FROM payment p
  WHERE w.voucher <> '' AND p.grant_id = w.grant_id AND p.paid_on = w.paid_on AND p.amount_ore = w.amount_ore
    AND p.voucher = w.voucher AND NOT EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id)
  LIMIT 1
) v ON true
LEFT JOIN LATERAL (
  SELECT array_agg(l.position) AS positions, array_agg(l.amount_ore) AS amounts, array_agg((
           SELECT coalesce(sum(p.amount_ore), 0)::bigint FROM payment p
           WHERE p.grant_id = l.grant_id AND p.instalment = l.position
             AND NOT EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id))) AS registered
  FROM instalment l
  WHERE w.wants_plan AND l.grant_id = w.grant_id
    AND l.plan = (SELECT max(n.plan) FROM instalment n WHERE n.grant_id = w.grant_id)
) i ON true
"""


class Asked(NamedTuple):
    """What a registration is about; `grant_id` may be no grant's; a plan is wanted to pay an instalment."""

    key_scope: str
    key: str
    grant_id: int
    wants_plan: bool
    voucher: str
    amount_ore: int
    paid_on: date


@dataclass(slots=True)
class Situation:
    """What some registrations meet: payments with their keys (id and body hash), grants, and the last payment's id.

    `head` is the chain's head at that moment, for a `Recording`.
    """

    head: asyncpg.Record
    last_id: int
    known: dict[tuple[str, str], tuple[int, bytes]] = field(default_factory=dict)
    states: dict[int, GrantState] = field(default_factory=dict)


async def read_situation(asked: Sequence[Asked]) -> Situation:
    """Everything that deciding on some registrations (at least one) needs, at one moment."""
    today = trail.today()
    rows = await fetch(_SITUATION, *(list(column) for column in zip(*asked, strict=True)), today)
    held = {row["grant_id"] for row in rows if row["held"] and row["grant_id"] is not None}
    found = Situation(head=rows[0], last_id=rows[0]["last_id"])
    for row in rows:
        one = asked[row["place"] - 1]
        if row["known_id"] is not None:
            found.known[(one.key_scope, one.key)] = (row["known_id"], row["known_hash"])
        if row["grant_id"] is None:
            continue
        state = found.states.get(one.grant_id)
        if state is None:
            state = found.states[one.grant_id] = _state(row)
        if row["twin_id"] is not None:
            state.vouchers[(one.voucher, one.amount_ore, one.paid_on)] = payment_number(row["twin_id"])
        if row["positions"]:
            parts = zip(row["amounts"], row["registered"], strict=True)
            state.plan = dict(zip(row["positions"], parts, strict=True))
    if held:
        for grant_id, holds in (await read_holds(list(held), today)).items():
            found.states[grant_id].holds = holds
    return found


async def read_states(grant_ids: Sequence[int]) -> dict[int, GrantState]:
    """The states of some grants with all their vouchers, for paying freely: without the plans."""
    states = {row["grant_id"]: _state(row) for row in await fetch(_STATES, list(grant_ids))}
    for row in await fetch(_VOUCHERS, list(grant_ids)):
        key = (row["voucher"], row["amount_ore"], row["paid_on"])
        states[row["grant_id"]].vouchers[key] = payment_number(row["id"])
    for grant_id, holds in (await read_holds(grant_ids, trail.today())).items():
        states[grant_id].holds = holds
    return states


def _state(row: asyncpg.Record) -> GrantState:
    return GrantState(
        id=row["grant_id"],
        funder_id=row["funder_id"],
        recipient_id=row["recipient_id"],
        decided_on=row["decided_on"],
        granted_ore=row["granted_ore"],
        registered_ore=row["registered_ore"],
        attest_from_ore=row["attest_from_ore"],
        closed_years=frozenset(row["closed"]),
    )
