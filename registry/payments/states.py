"""Reading, under the head's lock, what decisions on payments need to know of their grants."""

from collections.abc import Sequence

from registry.database import fetch
from registry.payments.rules import GrantState
from registry.payments.schemas import payment_number

_STATES = """
SELECT g.id, g.funder_id, g.recipient_id, g.decided_on, b.granted_ore, b.registered_ore, f.attest_from_ore,
       ARRAY(SELECT c.year FROM closed_year c WHERE c.funder_id = g.funder_id) AS closed
FROM funding_grant g JOIN grant_balance b ON b.grant_id = g.id JOIN funder f ON f.id = g.funder_id
WHERE g.id = ANY($1)
"""
_PLANS = """
SELECT i.grant_id, i.position, i.amount_ore, coalesce(sum(p.amount_ore), 0)::bigint AS registered
FROM instalment i LEFT JOIN payment p ON p.grant_id = i.grant_id AND p.instalment = i.position
     AND NOT EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id)
WHERE i.grant_id = ANY($1) AND i.plan = (SELECT max(l.plan) FROM instalment l WHERE l.grant_id = i.grant_id)
GROUP BY 1, 2, 3
"""
_VOUCHERS = """
SELECT p.id, p.grant_id, p.voucher, p.amount_ore, p.paid_on FROM payment p
WHERE p.grant_id = ANY($1) AND p.voucher <> '' AND NOT EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id)
"""


async def read_states(
    grant_ids: Sequence[int], *, plans_of: Sequence[int], vouchers_of: Sequence[int]
) -> dict[int, GrantState]:
    """The states of some grants; plans and vouchers only of those whose payments name them."""
    states = {
        row["id"]: GrantState(
            id=row["id"],
            funder_id=row["funder_id"],
            recipient_id=row["recipient_id"],
            decided_on=row["decided_on"],
            granted_ore=row["granted_ore"],
            registered_ore=row["registered_ore"],
            attest_from_ore=row["attest_from_ore"],
            closed_years=frozenset(row["closed"]),
        )
        for row in await fetch(_STATES, list(grant_ids))
    }
    if plans_of:
        for row in await fetch(_PLANS, list(plans_of)):
            states[row["grant_id"]].plan[row["position"]] = (row["amount_ore"], row["registered"])
    if vouchers_of:
        for row in await fetch(_VOUCHERS, list(vouchers_of)):
            key = (row["voucher"], row["amount_ore"], row["paid_on"])
            states[row["grant_id"]].vouchers[key] = payment_number(row["id"])
    return states
