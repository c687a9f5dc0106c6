"""Writes of repayments: money that came back, freely or to settle a recovery claim."""

from dataclasses import dataclass
from datetime import date

import asyncpg

from registry.core.access import Permission, Scope
from registry.core.conflicts import conflict
from registry.core.errors import N_, RegistryError, RuleError
from registry.core.money import LARGEST_ORE, Money
from registry.database import fetch_row
from registry.funders.service import demand_funder
from registry.grants.queries import UnknownGrantError
from registry.grants.schemas import parse_grant_number
from registry.grants.service import BeforeDecisionError, check_open
from registry.parties.service import demand
from registry.payments.service import RepaidExceedsPaidError
from registry.recoveries.queries import UnknownClaimError, read_claimable
from registry.recoveries.rules import ClaimedBackError, check_takes_away
from registry.recoveries.schemas import claim_number, parse_claim_number
from registry.tables import Repayment
from registry.tables.recoveries import ClaimSettlement
from registry.trail import recording


class ClaimSettledError(RegistryError):
    """Nothing is left of the claim that a repayment names."""

    code = "claim-settled"
    message = N_("Nothing is left of %(claim)s. Register the repayment without a claim, or name another.")


class BeforeClaimError(RegistryError):
    """A claim is settled after it was decided."""

    code = "before-claim"
    message = N_("The claim was decided on %(day)s. Money that came before that day doesn't settle it.")


@dataclass(frozen=True, slots=True)
class RepaymentDetails:
    """Money that came back; `claim` is the number of the recovery claim that it settles, or empty."""

    amount: Money
    repaid_on: date
    reason: str
    claim: str = ""


async def register_repayment(scope: Scope, grant_number: str, details: RepaymentDetails, *, key: str) -> int:
    """Register money that the recipient has paid back; the grant isn't opened again. Returns the repayment's id.

    A claim that is named is settled by it, wholly or partly; what is more than the claim is repaid freely.

    Raises: UnknownGrantError, OtherFunderError, RepaidExceedsPaidError, FieldError, YearClosedError, ConflictError
    (`key-reused`) when the key stands for another repayment, UnknownClaimError, ClaimSettledError, ClaimedBackError.
    """
    demand(scope, Permission.PAYMENTS_REGISTER)
    async with recording(scope) as unit:
        done = await fetch_row("SELECT * FROM repayment WHERE key_scope = $1 AND key = $2", unit.actor, key)
        if done is not None:
            if not await _is_same(done, grant_number, details):
                raise conflict("repayment_key")
            return int(done["id"])
        grant = await fetch_row(
            "SELECT g.id, g.funder_id, g.decided_on, b.paid_ore, b.repaid_ore FROM funding_grant g"
            " JOIN grant_balance b ON b.grant_id = g.id WHERE g.id = $1",
            parse_grant_number(grant_number) or 0,
        )
        if grant is None:
            raise UnknownGrantError(field="grant", grant=grant_number[:40])
        demand_funder(scope, grant["funder_id"])
        await _check(grant, details, unit.today)
        claim_id, settled = await _settle(grant["id"], details)
        entry = unit.enter("payments:repayment:register", reason=details.reason)
        repayment_id = await unit.insert(
            entry,
            Repayment,
            grant_id=grant["id"],
            amount_ore=int(details.amount),
            repaid_on=details.repaid_on,
            reason=details.reason,
            key_scope=unit.actor,
            key=key,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )
        if claim_id is not None:
            await unit.insert(
                entry, ClaimSettlement, repayment_id=repayment_id, claim_id=claim_id, amount_ore=int(settled)
            )
        return repayment_id


async def _is_same(done: asyncpg.Record, grant_number: str, details: RepaymentDetails) -> bool:
    settled = await fetch_row("SELECT claim_id FROM claim_settlement WHERE repayment_id = $1", done["id"])
    said = (done["grant_id"], done["amount_ore"], done["repaid_on"], done["reason"])
    asked = (parse_grant_number(grant_number), details.amount, details.repaid_on, details.reason)
    claim = parse_claim_number(details.claim) if details.claim else None
    return said == asked and claim == (settled["claim_id"] if settled else None)


async def _check(grant: asyncpg.Record, details: RepaymentDetails, today: date) -> None:
    if not 0 < details.amount <= LARGEST_ORE:
        raise RuleError(field="amount", message=N_("The amount must be more than 0."))
    if not details.reason.strip():
        raise RuleError(field="reason", message=N_("Write the reason."))
    if details.repaid_on < grant["decided_on"]:
        raise BeforeDecisionError(field="repaid_on", day=grant["decided_on"])
    if details.repaid_on > today:
        raise RuleError(field="repaid_on", message=N_("The date can't be after today."))
    await check_open(grant["funder_id"], details.repaid_on, field="repaid_on")
    left = grant["paid_ore"] - grant["repaid_ore"]
    if details.amount > left:
        raise RepaidExceedsPaidError(field="amount", amount=details.amount, left=Money(left))


async def _settle(grant_id: int, details: RepaymentDetails) -> tuple[int | None, Money]:
    """The claim that a repayment settles and how much of it; the other claims must still be covered afterwards.

    Raises: UnknownClaimError, ClaimSettledError, ClaimedBackError.
    """
    claim_id, settled = None, Money(0)
    if details.claim:
        claim = await fetch_row(
            "SELECT c.id, c.decided_on, registry_claim_left(c.id) AS left_ore FROM recovery_claim c"
            " WHERE c.id = $1 AND c.grant_id = $2",
            parse_claim_number(details.claim) or 0,
            grant_id,
        )
        if claim is None:
            raise UnknownClaimError(field="claim", claim=details.claim[:40])
        if claim["left_ore"] <= 0:
            raise ClaimSettledError(field="claim", claim=claim_number(claim["id"]))
        if details.repaid_on < claim["decided_on"]:
            raise BeforeClaimError(field="repaid_on", day=claim["decided_on"])
        claim_id, settled = claim["id"], Money(min(details.amount, claim["left_ore"]))
    claimable = await read_claimable(grant_id)
    if claimable is not None and details.amount > settled:
        try:
            check_takes_away(details.amount - settled, claimable)
        except ClaimedBackError as error:
            error.field = "claim"
            raise
    return claim_id, settled
