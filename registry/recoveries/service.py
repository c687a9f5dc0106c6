"""Writes of recovery claims: decide, and give up what is left. Repayments settle claims in `payments/service.py`."""

from datetime import date

import asyncpg

from registry.core.access import Permission, Scope
from registry.core.conflicts import conflict
from registry.core.errors import N_, RegistryError, RuleError
from registry.database import fetch_row
from registry.funders.service import demand_funder
from registry.grants.queries import UnknownGrantError
from registry.grants.schemas import parse_grant_number
from registry.parties.service import demand
from registry.recoveries.queries import UnknownClaimError, read_claimable
from registry.recoveries.rules import check_claim
from registry.recoveries.schemas import ClaimDetails, ClosureKind, parse_claim_number
from registry.tables.recoveries import ClaimClosure, RecoveryClaim
from registry.trail import recording


class NothingLeftError(RegistryError):
    """The claim is settled or closed."""

    code = "claim-settled"
    message = N_("Nothing is left of the claim.")


async def decide_claim(scope: Scope, number: str, claim: ClaimDetails, *, key: str) -> int:
    """Claim back money that a grant of one's own funder has paid; the same key again changes nothing. Returns its id.

    Raises: UnknownGrantError, OtherFunderError, RefusedClaimError, ConflictError (`key-reused`).
    """
    demand(scope, Permission.RECOVERIES_CLAIM)
    async with recording(scope) as unit:
        done = await fetch_row("SELECT * FROM recovery_claim WHERE key_scope = $1 AND key = $2", unit.actor, key)
        if done is not None:
            if not _is_same(done, number, claim):
                raise conflict("recovery_claim_key")
            return int(done["id"])
        row = await fetch_row("SELECT id, funder_id FROM funding_grant WHERE id = $1", parse_grant_number(number) or 0)
        grant = await read_claimable(row["id"]) if row else None
        if row is None or grant is None:
            raise UnknownGrantError(field="grant", grant=number[:40])
        demand_funder(scope, row["funder_id"])
        check_claim(claim, grant, today=unit.today)
        return await unit.insert(
            unit.enter("recoveries:claim:decide", reason=claim.reason),
            RecoveryClaim,
            grant_id=grant.grant_id,
            amount_ore=int(claim.amount_ore),
            ground=claim.ground.value,
            key_scope=unit.actor,
            key=key,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
            **claim.model_dump(exclude={"amount_ore", "ground"}),
        )


def _is_same(done: asyncpg.Record, number: str, claim: ClaimDetails) -> bool:
    facts = {"amount_ore": int(claim.amount_ore), **claim.model_dump(exclude={"amount_ore"})}
    same = all(done[name] == value for name, value in facts.items())
    return same and done["grant_id"] == parse_grant_number(number)


async def close_claim(scope: Scope, number: str, kind: ClosureKind, *, reason: str, closed_on: date) -> None:
    """Withdraw a claim, or write off what is left of it. What was repaid stays.

    Raises: UnknownClaimError, OtherFunderError, NothingLeftError, RuleError.
    """
    demand(scope, Permission.RECOVERIES_CLAIM)
    async with recording(scope) as unit:
        claim = await fetch_row(
            "SELECT c.id, c.decided_on, g.funder_id, registry_claim_left(c.id) AS left_ore FROM recovery_claim c"
            " JOIN funding_grant g ON g.id = c.grant_id WHERE c.id = $1",
            parse_claim_number(number) or 0,
        )
        if claim is None:
            raise UnknownClaimError(field="claim", claim=number[:40])
        demand_funder(scope, claim["funder_id"])
        if claim["left_ore"] <= 0:
            raise NothingLeftError
        if not reason.strip():
            raise RuleError(field="reason", message=N_("Write the reason."))
        if closed_on > unit.today:
            raise RuleError(field="closed_on", message=N_("The date can't be after today."))
        if closed_on < claim["decided_on"]:
            raise RuleError(field="closed_on", message=N_("A claim can't be closed before it was decided."))
        await unit.insert(
            unit.enter("recoveries:claim:close", reason=reason),
            ClaimClosure,
            claim_id=claim["id"],
            kind=kind.value,
            closed_on=closed_on,
            amount_ore=claim["left_ore"],
            reason=reason,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )
