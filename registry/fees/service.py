"""Writes of engagements: register, correct and cancel. A correction is a row that replaces the one in force."""

from dataclasses import dataclass
from typing import Any

import asyncpg

from registry.core.access import Permission, Scope
from registry.core.conflicts import conflict
from registry.core.errors import N_, BrokenRulesError, FieldError, RegistryError, RuleError
from registry.core.money import LARGEST_ORE, UNSIGNED_MESSAGE, Money
from registry.core.numbers import record_id
from registry.database import fetch_row
from registry.fees.queries import UnknownEngagementError
from registry.fees.schemas import EngagementDetails, EngagementKind, Tax
from registry.funders.service import demand_funder
from registry.parties.queries import UnknownPartyError
from registry.parties.schemas import FUNDER_KINDS
from registry.parties.service import demand
from registry.tables.fees import Engagement
from registry.trail import Entry, Recording, recording


class CancelledEngagementError(RegistryError):
    """The engagement was called off."""

    code = "engagement-cancelled"
    message = N_("The engagement is cancelled. Register a new one if it is to take place after all.")


class UnknownGrantOfFunderError(FieldError):
    """The grant isn't one of the funder that registers the engagement."""

    code = "unknown-grant"
    message = N_("The funder that registers the engagement has no such grant. Write its number, such as B-12.")


class KeyReusedError(RegistryError):
    """The client's key stands for another engagement."""

    code = "idempotency-key-reused"
    status = 422
    message = N_("The key has been used for another engagement. Use a new key for a new engagement.")


@dataclass(frozen=True, slots=True)
class Registered:
    """An engagement's id, and whether it was registered before under the same key."""

    engagement_id: int
    replayed: bool = False


async def register_engagement(scope: Scope, details: EngagementDetails, *, key: str) -> Registered:
    """Register an engagement of one's own funder; the same key and engagement again change nothing.

    Raises: BrokenRulesError, OtherFunderError, UnknownPartyError, UnknownGrantOfFunderError, KeyReusedError.
    """
    demand(scope, Permission.FEES_REGISTER)
    demand_funder(scope, details.funder_id)
    check_details(details)
    async with recording(scope) as unit:
        done = await _find_key(unit, key)
        if done is not None:
            if done["kind"] != EngagementKind.REGISTERED or not _same(details, done):
                raise KeyReusedError
            return Registered(done["chain_id"], replayed=True)
        await _check_parties(details)
        entry = unit.enter("fees:engagement:register")
        return Registered(await insert_engagement(unit, entry, details, key_scope=unit.actor, key=key))


async def correct_engagement(
    scope: Scope, number: str, details: EngagementDetails, *, reason: str, key: str, version_id: int | None = None
) -> int:
    """Replace what an engagement says; what it said stays. Returns its id. `version_id`: the row that was corrected.

    Raises: UnknownEngagementError, OtherFunderError, CancelledEngagementError, BrokenRulesError, KeyReusedError,
    ConflictError (`already-replaced`) when somebody else was first.
    """
    demand(scope, Permission.FEES_REGISTER)
    check_details(details)
    _check_text("reason", reason)
    async with recording(scope) as unit:
        done = await _find_key(unit, key)
        if done is not None:
            if done["kind"] != EngagementKind.CORRECTED or not _same(details, done) or done["reason"] != reason:
                raise KeyReusedError
            return int(done["chain_id"])
        before = await _in_force(scope, number)
        if version_id is not None and before["id"] != version_id:
            raise conflict("engagement_replaced_once")
        if details.funder_id != before["funder_id"]:
            raise conflict("engagement_same_funder")
        await _check_parties(details)
        entry = unit.enter("fees:engagement:correct", reason=reason)
        kind = EngagementKind.CORRECTED
        await insert_engagement(
            unit, entry, details, key_scope=unit.actor, key=key, before=before, kind=kind, reason=reason
        )
        return int(before["chain_id"])


async def cancel_engagement(scope: Scope, number: str, *, reason: str, key: str) -> int:
    """Say that an engagement was called off; it leaves lists and follow-up. Returns its id. Raises: as correcting."""
    demand(scope, Permission.FEES_REGISTER)
    _check_text("reason", reason)
    async with recording(scope) as unit:
        done = await _find_key(unit, key)
        if done is not None:
            if done["kind"] != EngagementKind.CANCELLED or done["chain_id"] != record_id(number, "E"):
                raise KeyReusedError
            return int(done["chain_id"])
        before = await _in_force(scope, number)
        entry = unit.enter("fees:engagement:cancel", reason=reason)
        details = _details_of(before)
        kind = EngagementKind.CANCELLED
        await insert_engagement(
            unit, entry, details, key_scope=unit.actor, key=key, before=before, kind=kind, reason=reason
        )
        return int(before["chain_id"])


def check_details(details: EngagementDetails) -> None:
    """Refuse what can't be an engagement; what is merely missing is for the check to tell.

    Raises: BrokenRulesError.
    """
    errors: list[tuple[str, RegistryError]] = []

    def refuse(field: str, message: str) -> None:
        errors.append((field, RuleError(field=field, message=message)))

    if details.event_date is None and details.contract_date is None and details.booking_date is None:
        refuse("event_date", N_("Write at least one of the days, so that the engagement belongs to a year."))
    for field, amount in (
        ("agreed_fee", details.agreed_fee_ore or 0), ("travel", details.travel_ore), ("material", details.material_ore)
    ):  # fmt: skip
        if not 0 <= amount <= LARGEST_ORE:
            refuse(field, UNSIGNED_MESSAGE)
    if details.tax is Tax.A and details.vat_included:
        refuse("vat_included", N_("A salary has no VAT. Choose F-tax if it is an invoice, or untick VAT."))
    if errors:
        raise BrokenRulesError(errors)


def _check_text(field: str, text: str) -> None:
    if not text.strip():
        raise RuleError(field=field, message=N_("Write the reason."))


async def _check_parties(details: EngagementDetails) -> None:
    for field, party_id in (("creator", details.creator_id), ("commissioner", details.commissioner_id)):
        row = await fetch_row("SELECT kind FROM party WHERE id = $1", party_id)
        if row is None:
            raise UnknownPartyError(field=field, party=f"P-{party_id}")
        if field == "creator" and row["kind"] in FUNDER_KINDS:
            raise RuleError(field=field, message=N_("A region or kommun can't be the creator of an engagement."))
    if details.grant_id is not None:
        row = await fetch_row(
            "SELECT 1 FROM funding_grant WHERE id = $1 AND funder_id = $2", details.grant_id, details.funder_id
        )
        if row is None:
            raise UnknownGrantOfFunderError(field="grant")


async def _find_key(unit: Recording, key: str) -> asyncpg.Record | None:
    return await fetch_row("SELECT * FROM engagement WHERE key_scope = $1 AND key = $2", unit.actor, key)


async def _in_force(scope: Scope, number: str) -> asyncpg.Record:
    """The row in force of an engagement that this user may change."""
    row = await fetch_row(
        "SELECT e.* FROM engagement e WHERE e.chain_id = $1"
        " AND NOT EXISTS (SELECT 1 FROM engagement n WHERE n.replaces_id = e.id)",
        record_id(number, "E") or 0,
    )
    if row is None:
        raise UnknownEngagementError(field="engagement", engagement=number[:40])
    demand_funder(scope, row["funder_id"])
    if row["kind"] == EngagementKind.CANCELLED:
        raise CancelledEngagementError
    return row


def _columns(details: EngagementDetails) -> dict[str, Any]:
    """The details as a row holds them."""
    facts = details.model_dump()
    facts["quantity_thousandths"] = facts.pop("quantity")
    facts["tax"] = details.tax.value if details.tax else ""
    for name in ("agreed_fee_ore", "travel_ore", "material_ore"):
        facts[name] = None if facts[name] is None else int(facts[name])
    return facts


def _details_of(row: asyncpg.Record) -> EngagementDetails:
    """The details that a row holds."""
    facts = {name: row[name] for name in EngagementDetails.model_fields if name != "quantity"}
    facts |= {"quantity": row["quantity_thousandths"], "tax": Tax(row["tax"]) if row["tax"] else None}
    for name in ("agreed_fee_ore", "travel_ore", "material_ore"):
        facts[name] = None if facts[name] is None else Money(facts[name])
    return EngagementDetails(**facts)


def _same(details: EngagementDetails, row: asyncpg.Record) -> bool:
    return all(row[name] == value for name, value in _columns(details).items())


async def insert_engagement(
    unit: Recording,
    entry: Entry,
    details: EngagementDetails,
    *,
    key_scope: str,
    key: str,
    before: asyncpg.Record | None = None,
    kind: EngagementKind = EngagementKind.REGISTERED,
    reason: str = "",
) -> int:
    """Write a row of an engagement into an open unit of work. Returns its id."""
    row_id = await unit.next_id("engagement")
    return await unit.insert(
        entry,
        Engagement,
        id=row_id,
        chain_id=before["chain_id"] if before else row_id,
        replaces_id=before["id"] if before else None,
        kind=kind.value,
        reason=reason,
        **_columns(details),
        key_scope=key_scope,
        key=key,
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
    )
