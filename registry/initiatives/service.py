"""Writes of initiatives and of their agreed shares. The funder that keeps an initiative writes of it."""

import asyncpg

from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import N_, ForbiddenError, RuleError
from registry.database import fetch, fetch_row, fetch_value
from registry.funders.service import demand_funder
from registry.initiatives.register import get_initiative
from registry.initiatives.rules import amounts_of, check_plan
from registry.initiatives.schemas import Initiative as InitiativeView
from registry.initiatives.schemas import InitiativeDetails, InitiativeKind, PlanDetails
from registry.parties.queries import UnknownPartyError
from registry.tables.initiatives import AgreedShare, Initiative, SharePlan
from registry.trail import Entry, Recording, recording


class OtherKindError(RuleError):
    """Shares are agreed for co-funded bodies, and editions held of yearly initiatives."""

    code = "other-kind"
    message = N_("That can't be done with an initiative of this kind.")


def demand(scope: Scope) -> None:
    """Refuse who may not write of initiatives. Raises: ForbiddenError."""
    if scope is not CONSOLE and not scope.may(Permission.INITIATIVES_REGISTER):
        raise ForbiddenError


async def own_initiative(scope: Scope, number: str, kind: InitiativeKind | None = None) -> InitiativeView:
    """An initiative that this user's funder keeps. Raises: UnknownInitiativeError, OtherFunderError, OtherKindError."""
    initiative = await get_initiative(scope, number)
    demand_funder(scope, initiative.funder_id)
    if kind is not None and initiative.kind is not kind:
        raise OtherKindError
    return initiative


async def register_initiative(scope: Scope, funder_id: int, details: InitiativeDetails) -> int:
    """Register an initiative that a funder keeps. Returns its id.

    Raises: OtherFunderError, UnknownPartyError, ConflictError (`initiative-exists`).
    """
    demand(scope)
    demand_funder(scope, funder_id)
    async with recording(scope) as unit:
        await _party(details.party_id)
        entry = unit.enter("initiatives:initiative:register")
        return await unit.insert(entry, Initiative, funder_id=funder_id, **_values(details))


async def change_initiative(scope: Scope, number: str, details: InitiativeDetails) -> None:
    """Change an initiative's particulars; its kind stays, for shares and editions rest on it.

    Raises: UnknownInitiativeError, OtherFunderError, OtherKindError, UnknownPartyError, ConflictError.
    """
    demand(scope)
    async with recording(scope) as unit:
        initiative = await own_initiative(scope, number, details.kind)
        await _party(details.party_id)
        await unit.update(unit.enter("initiatives:initiative:change"), Initiative, initiative.id, **_values(details))


async def agree_shares(scope: Scope, number: str, year: int, details: PlanDetails) -> int:
    """Register what each has agreed to pay to a co-funded body in a year, as the year's next version. Returns it.

    Raises: UnknownInitiativeError, OtherFunderError, OtherKindError, RefusedPlanError.
    """
    demand(scope)
    async with recording(scope) as unit:
        initiative = await own_initiative(scope, number, InitiativeKind.CO_FUNDED)
        version = 1 + await fetch_value(
            "SELECT coalesce(max(version), 0) FROM share_plan WHERE initiative_id = $1 AND year = $2",
            initiative.id,
            year,
        )
        check_plan(details, version=version)
        await _check_known(details)
        entry = unit.enter("initiatives:shares:agree", reason=details.reason)
        plan_id = await unit.insert(
            entry,
            SharePlan,
            initiative_id=initiative.id,
            year=year,
            version=version,
            whole_ore=None if details.whole_ore is None else int(details.whole_ore),
            source=details.source,
            reason=details.reason,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )
        await _insert_shares(unit, entry, plan_id, details)
        return int(version)


async def _insert_shares(unit: Recording, entry: Entry, plan_id: int, details: PlanDetails) -> None:
    amounts = amounts_of(details)
    for position, (share, amount) in enumerate(zip(details.shares, amounts, strict=True), start=1):
        await unit.insert(
            entry,
            AgreedShare,
            plan_id=plan_id,
            position=position,
            funder_id=share.funder_id,
            via_id=share.via_id,
            partner=share.partner,
            parts=share.parts,
            amount_ore=int(amount),
        )


async def _check_known(details: PlanDetails) -> None:
    """Every funder and intermediary of a plan is registered. Raises: UnknownPartyError."""
    funders = {row["id"] for row in await fetch("SELECT id FROM funder")}
    for place, share in enumerate(details.shares, start=1):
        if share.funder_id is not None and share.funder_id not in funders:
            raise UnknownPartyError(field=f"whose_{place}", party=f"P-{share.funder_id}")
        if share.via_id is not None:
            await _party(share.via_id, field=f"via_{place}")


async def _party(party_id: int, *, field: str = "party") -> asyncpg.Record:
    row = await fetch_row("SELECT id FROM party WHERE id = $1", party_id)
    if row is None:
        raise UnknownPartyError(field=field, party=f"P-{party_id}")
    return row


def _values(details: InitiativeDetails) -> dict[str, object]:
    return {
        "kind": details.kind.value,
        "title": details.title,
        "party_id": details.party_id,
        "note": details.note,
    }
