"""Writes of payout accounts: an existing party's account changes by a request that a second officer approves.

Until then payments go to the account in force. Source: good practice against payment fraud (four eyes).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import asyncpg

from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import N_, ForbiddenError, NotFoundError, RegistryError, RuleError
from registry.database import fetch, fetch_row
from registry.parties.account_queries import IN_FORCE, UnknownRequestError
from registry.parties.rules import check_accounts
from registry.parties.schemas import AccountDetails, AccountSource, AccountStatus, parse_request_number, request_number
from registry.tables import PartyVersion
from registry.tables.accounts import AccountDecision, AccountRequest
from registry.trail import Entry, Recording, recording

PARTICULARS = ("org_number", "name", "email", "address", "bankgiro", "plusgiro")


class AccountNeedsApprovalError(RegistryError):
    """An account isn't changed with the other particulars."""

    code = "account-needs-approval"
    message = N_("A payout account changes by a request that a colleague approves. Leave the account as it is here.")


class RequestWaitsError(RegistryError):
    """One request at a time."""

    code = "account-request-waits"
    message = N_("Another change of account, %(request)s, waits for this party. Decide it first.")


class OwnRequestError(RegistryError):
    """Four eyes: who asked doesn't approve."""

    code = "own-request"
    message = N_("You asked for this change yourself, so a colleague must decide it. You may take it back.")


class OperatorApprovesError(RegistryError):
    """The console approves no account."""

    code = "second-officer"
    status = 403
    message = N_("A change of account is decided by an officer who is logged in, never by the operator.")


class AlreadyDecidedError(RegistryError):
    """A request is decided once."""

    code = "already-decided"
    message = N_("The request is already decided.")


class NotYoursError(RegistryError):
    """Only who asked takes a request back."""

    code = "not-your-request"
    message = N_("Only who asked for the change can take it back. Reject it instead.")


class MergedRequestError(RegistryError):
    """A party that is part of another isn't paid any more."""

    code = "party-merged"
    message = N_("The party has been merged into another, so the change can't be approved. Reject it instead.")


async def request_account(
    scope: Scope, party_id: int, details: AccountDetails, *, source: AccountSource = AccountSource.FORM
) -> int:
    """Ask that a party is paid to other accounts from a day on. Returns the request's id.

    Raises: ForbiddenError, NotFoundError, MergedRequestError, InvalidInputError, RequestWaitsError.
    """
    if scope is not CONSOLE and not scope.may(Permission.PARTIES_REGISTER):
        raise ForbiddenError
    async with recording(scope) as unit:
        party = await fetch_row("SELECT * FROM party WHERE id = $1", party_id)
        if party is None:
            raise NotFoundError
        if party["successor_id"] is not None:
            raise MergedRequestError
        now = await in_force(party_id, unit.today)
        checked = check_accounts(details, now=(now["bankgiro"], now["plusgiro"]), today=unit.today)
        waiting = await waiting_requests([party_id])
        if waiting:
            raise RequestWaitsError(request=request_number(waiting[party_id]["id"]))
        return await insert_request(unit, unit.enter("parties:account:request"), party, checked, source)


async def insert_request(
    unit: Recording,
    entry: Entry,
    party: Mapping[str, Any] | asyncpg.Record,
    details: AccountDetails,
    source: AccountSource,
) -> int:
    """Write a request that was checked. Returns its id."""
    return await unit.insert(
        entry,
        AccountRequest,
        party_id=party["id"],
        source=source.value,
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
        salt=party["salt"],
        **details.model_dump(),
    )


async def waiting_requests(party_ids: list[int]) -> dict[int, asyncpg.Record]:
    """The requests of some parties that wait, by party."""
    rows = await fetch(
        "SELECT q.* FROM account_request q WHERE q.party_id = ANY($1)"
        " AND NOT EXISTS (SELECT 1 FROM account_decision d WHERE d.request_id = q.id)",
        party_ids,
    )
    return {row["party_id"]: row for row in rows}


async def in_force(party_id: int, day: date) -> asyncpg.Record:
    """A party's particulars on a day. Raises: NotFoundError."""
    row = await fetch_row(IN_FORCE.format(party="$1", day="$2"), party_id, day)
    if row is None:
        raise NotFoundError
    return row


async def decide_account(scope: Scope, number: str, outcome: AccountStatus, *, reason: str = "") -> None:
    """Approve or reject a colleague's request, or take one's own back. Approved, the account applies from its day on.

    The day is the request's or today, whichever is later: what has been paid went to the account before.
    Raises: ForbiddenError, OperatorApprovesError, UnknownRequestError, AlreadyDecidedError, OwnRequestError,
    NotYoursError, MergedRequestError, RuleError.
    """
    if scope is not CONSOLE and not scope.may(Permission.PARTIES_APPROVE):
        raise ForbiddenError
    if scope.user_id is None:
        raise OperatorApprovesError
    async with recording(scope) as unit:
        row = await _request(number)
        _check_decision(row, scope, outcome, reason)
        verb = {"approved": "approve", "rejected": "reject", "withdrawn": "withdraw"}[outcome.value]
        entry = unit.enter(f"parties:account:{verb}", **({"reason": reason} if reason else {}))
        await unit.insert(
            entry,
            AccountDecision,
            request_id=row["id"],
            outcome=outcome.value,
            reason=reason,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )
        if outcome is AccountStatus.APPROVED:
            await _apply(unit, entry, row)


def _check_decision(row: asyncpg.Record, scope: Scope, outcome: AccountStatus, reason: str) -> None:
    if row["decided"]:
        raise AlreadyDecidedError
    if outcome is AccountStatus.PENDING:
        raise RuleError(field="outcome", message=N_("Approve or reject."))
    own = row["recorded_by"] == scope.user_id
    if outcome is AccountStatus.WITHDRAWN and not own:
        raise NotYoursError
    if outcome is not AccountStatus.WITHDRAWN and own:
        raise OwnRequestError
    if outcome is AccountStatus.APPROVED and row["successor_id"] is not None:
        raise MergedRequestError
    if outcome is not AccountStatus.APPROVED and not reason.strip():
        raise RuleError(field="reason", message=N_("Write the reason."))


async def _request(number: str) -> asyncpg.Record:
    row = await fetch_row(
        "SELECT q.*, p.successor_id, EXISTS (SELECT 1 FROM account_decision d WHERE d.request_id = q.id) AS decided"
        " FROM account_request q JOIN party p ON p.id = q.party_id WHERE q.id = $1",
        parse_request_number(number) or 0,
    )
    if row is None:
        raise UnknownRequestError(field="request", request=number[:40])
    return row


async def _apply(unit: Recording, entry: Entry, request: asyncpg.Record) -> None:
    """Write the particulars with the new accounts, and nothing else changed."""
    day = max(request["valid_from"], unit.today)
    version = await in_force(request["party_id"], day)
    values = {name: version[name] for name in PARTICULARS}
    values |= {"bankgiro": request["bankgiro"], "plusgiro": request["plusgiro"]}
    await unit.insert(entry, PartyVersion, party_id=request["party_id"], valid_from=day, salt=version["salt"], **values)
