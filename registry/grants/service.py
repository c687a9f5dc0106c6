"""Writes of grants: decide, amend and withdraw. Imports stand in `importer`."""

from collections.abc import Sequence
from datetime import date

import asyncpg

from registry.core.access import Permission, Scope
from registry.core.conflicts import conflict
from registry.core.errors import N_, RegistryError, RuleError
from registry.core.money import Money
from registry.database import fetch, fetch_row
from registry.funders.service import demand_funder
from registry.grants.queries import UnknownGrantError, get_grant, read_plan
from registry.grants.rules import (
    ExceedsFrameError,
    check_covered,
    check_decision,
    check_plan,
    delta_of,
    usual_plan,
)
from registry.grants.schemas import (
    AmendmentDetails,
    DemandedReport,
    GrantDetails,
    PlannedInstalment,
    parse_grant_number,
)
from registry.parties.queries import UnknownPartyError
from registry.parties.service import demand
from registry.programmes.queries import UnknownProgrammeError
from registry.tables import Amendment, Grant, GrantBenefit, Instalment
from registry.tables.reports import Report
from registry.trail import Entry, Recording, recording


class FrameMissingError(RegistryError):
    """The programme has no frame for the year."""

    code = "frame-missing"
    message = N_("%(programme)s has no frame for %(year)s. Register the frame first.")


class YearClosedError(RegistryError):
    """The funder has closed the year."""

    code = "year-closed"
    message = N_("The funder has closed %(year)s. Register the correction with a date in an open year.")


class RecipientMergedError(RegistryError):
    """The recipient was part of another party when the decision was made."""

    code = "recipient-merged"
    message = N_("%(party)s was merged into another party on %(day)s. Decide for the successor instead.")


class BeforeDecisionError(RegistryError):
    """A later act is dated before the decision."""

    code = "before-decision"
    message = N_("This can't be dated before the decision, which was made on %(day)s.")


async def decide_grant(scope: Scope, details: GrantDetails) -> int:
    """Register a decision from one's own funder's programme. Returns the grant's id.

    Raises: InvalidInputError, OtherFunderError, FrameMissingError, ExceedsFrameError, YearClosedError,
    RecipientMergedError, ConflictError (`grant-exists`).
    """
    demand(scope, Permission.GRANTS_DECIDE)
    async with recording(scope) as unit:
        return await decide_within(unit, details)


async def decide_within(unit: Recording, details: GrantDetails, **note: str) -> int:
    """Decide a grant in the transaction of a larger use case, with an entry of its own. Raises: as `decide_grant`."""
    check_decision(details, today=unit.today)
    programme = await _programme(details.programme_id)
    demand_funder(unit.scope, programme["funder_id"])
    await _check_recipient(details)
    await check_open(programme["funder_id"], details.decided_on, field="decided_on")
    await check_frame(programme, details.year, details.amount_ore)
    return await insert_grant(unit, unit.enter("grants:grant:decide", **note), programme["funder_id"], details)


async def amend_grant(scope: Scope, number: str, amendment: AmendmentDetails, *, key: str) -> int:
    """Raise, lower or withdraw a grant; the same key again changes nothing. Returns the amendment's id.

    Raises: UnknownGrantError, OtherFunderError, BeforeDecisionError, BelowRegisteredError, ExceedsFrameError,
    InstalmentsDifferError, YearClosedError, ConflictError (`key-reused`) when the key stands for another amendment.
    """
    demand(scope, Permission.GRANTS_DECIDE)
    async with recording(scope) as unit:
        done = await fetch_row("SELECT * FROM amendment WHERE key_scope = $1 AND key = $2", unit.actor, key)
        if done is not None:
            if not _is_same_amendment(done, number, amendment):
                raise conflict("amendment_key")
            return int(done["id"])
        grant = await _grant(number)
        demand_funder(scope, grant["funder_id"])
        return await _amend(unit, grant, amendment, key)


def _is_same_amendment(done: asyncpg.Record, number: str, amendment: AmendmentDetails) -> bool:
    """Whether a registered amendment says the same; its plan may since have been adjusted."""
    said = (done["grant_id"], done["kind"], done["decided_on"], done["decider"], done["reason"])
    asked = (
        parse_grant_number(number), amendment.kind.value, amendment.decided_on, amendment.decider, amendment.reason,
    )  # fmt: skip
    return said == asked and amendment.amount_ore in (None, abs(done["delta_ore"]))


async def _amend(unit: Recording, grant: asyncpg.Record, amendment: AmendmentDetails, key: str) -> int:
    if amendment.decided_on < grant["decided_on"]:
        raise BeforeDecisionError(field="decided_on", day=grant["decided_on"])
    if amendment.decided_on > unit.today:
        raise RuleError(field="decided_on", message=N_("The decision can't be dated after today."))
    await check_open(grant["funder_id"], amendment.decided_on, field="decided_on")
    delta = delta_of(amendment, granted=grant["granted_ore"], registered=grant["registered_ore"])
    if delta > 0:
        await check_frame(await _programme(grant["programme_id"]), grant["year"], delta)
    old_plan, registered = await read_plan(grant["id"])
    plan = amendment.plan or usual_plan(old_plan, delta, registered, decided_on=amendment.decided_on)
    check_plan(plan, Money(grant["granted_ore"] + delta))
    check_covered(plan, registered)
    entry = unit.enter("grants:grant:amend", reason=amendment.reason)
    amendment_id = await unit.insert(
        entry,
        Amendment,
        grant_id=grant["id"],
        kind=amendment.kind.value,
        delta_ore=int(delta),
        decided_on=amendment.decided_on,
        decider=amendment.decider,
        reason=amendment.reason,
        key_scope=unit.actor,
        key=key,
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
    )
    await _insert_plan(unit, entry, grant["id"], plan, version=grant["plan"] + 1)
    return amendment_id


async def state_benefit(scope: Scope, number: str, benefit: str) -> None:
    """State, or state better, what the kommun's inhabitants have of a grant; earlier words stay in the trail.

    Raises: UnknownGrantError, OtherFunderError, RuleError when nothing new is said.
    """
    demand(scope, Permission.GRANTS_DECIDE)
    async with recording(scope) as unit:
        grant = await get_grant(scope, number)
        demand_funder(scope, grant.funder_id)
        if not benefit.strip():
            raise RuleError(field="benefit", message=N_("Write what the kommun's inhabitants have of the grant."))
        if benefit == grant.benefit:
            raise RuleError(field="benefit", message=N_("This is what is stated already."))
        await insert_benefit(unit, unit.enter("grants:benefit:state"), grant.id, benefit)


def check_merged(recipient: asyncpg.Record, decided_on: date) -> None:
    """Who is eligible is decided by the date of decision. Raises: RecipientMergedError."""
    if recipient["merged_on"] is not None and decided_on >= recipient["merged_on"]:
        raise RecipientMergedError(field="recipient", party=recipient["name"], day=recipient["merged_on"])


async def check_open(funder_id: int, day: date, *, field: str) -> None:
    """Raises: YearClosedError when the funder has closed the day's year."""
    if await fetch_row("SELECT 1 FROM closed_year WHERE funder_id = $1 AND year = $2", funder_id, day.year):
        raise YearClosedError(field=field, year=day.year)


async def _check_recipient(details: GrantDetails) -> None:
    wanted = {details.recipient_id, details.via_id} - {None}
    rows = {row["id"]: row for row in await fetch("SELECT * FROM party WHERE id = ANY($1)", list(wanted))}
    if details.recipient_id not in rows:
        raise UnknownPartyError(field="recipient", party="")
    if details.via_id is not None and details.via_id not in rows:
        raise UnknownPartyError(field="via", party="")
    check_merged(rows[details.recipient_id], details.decided_on)


async def _programme(programme_id: int) -> asyncpg.Record:
    row = await fetch_row("SELECT * FROM programme WHERE id = $1", programme_id)
    if row is None:
        raise UnknownProgrammeError(field="programme", code="")
    return row


async def _grant(number: str) -> asyncpg.Record:
    row = await fetch_row(
        "SELECT g.*, b.granted_ore, b.registered_ore,"
        " (SELECT max(i.plan) FROM instalment i WHERE i.grant_id = g.id) AS plan"
        " FROM funding_grant g JOIN grant_balance b ON b.grant_id = g.id WHERE g.id = $1",
        parse_grant_number(number) or 0,
    )
    if row is None:
        raise UnknownGrantError(field="grant", grant=number[:40])
    return row


async def check_frame(programme: asyncpg.Record, year: int, amount: Money, *, field: str = "amount") -> None:
    """Whether a programme's frame has so much left. Raises: FrameMissingError, ExceedsFrameError."""
    frame = await fetch_row(
        "SELECT amount_ore - decided_ore AS left FROM budget_frame WHERE programme_id = $1 AND year = $2",
        programme["id"],
        year,
    )
    if frame is None:
        raise FrameMissingError(field="programme", programme=programme["code"], year=year)
    if frame["left"] < amount:
        raise ExceedsFrameError(
            field=field, programme=programme["code"], year=year, amount=amount, left=Money(frame["left"])
        )


async def insert_grant(unit: Recording, entry: Entry, funder_id: int, details: GrantDetails) -> int:
    """Write a decision that was checked, with all that belongs to it. Returns its id."""
    grant_id = await unit.next_id("funding_grant")
    facts = details.model_dump(exclude={"instalments", "amount_ore", "benefit", "reports"})
    await unit.insert(
        entry,
        Grant,
        id=grant_id,
        funder_id=funder_id,
        year=details.year,
        amount_ore=int(details.amount_ore),
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
        **facts,
    )
    await _insert_plan(unit, entry, grant_id, details.instalments, version=0)
    if details.benefit:
        await insert_benefit(unit, entry, grant_id, details.benefit)
    for demanded in details.reports:
        await insert_demand(unit, entry, grant_id, demanded, demanded_on=details.decided_on)
    return grant_id


async def insert_benefit(unit: Recording, entry: Entry, grant_id: int, benefit: str) -> None:
    """Write what a kommun's inhabitants have of a grant; it takes the place of what was written before."""
    recorded = {"recorded_at": unit.now, "recorded_by": unit.scope.user_id}
    await unit.insert(entry, GrantBenefit, grant_id=grant_id, benefit=benefit, **recorded)


async def insert_demand(
    unit: Recording, entry: Entry, grant_id: int, demanded: DemandedReport, *, demanded_on: date
) -> int:
    """Write a report that is demanded of a grant. Returns its id."""
    facts = {"kind": demanded.kind.value, "title": demanded.title, "due_on": demanded.due_on}
    recorded = {"recorded_at": unit.now, "recorded_by": unit.scope.user_id}
    return await unit.insert(entry, Report, grant_id=grant_id, demanded_on=demanded_on, **facts, **recorded)


async def _insert_plan(
    unit: Recording, entry: Entry, grant_id: int, plan: Sequence[PlannedInstalment], *, version: int
) -> None:
    for position, part in enumerate(plan, start=1):
        await unit.insert(
            entry,
            Instalment,
            grant_id=grant_id,
            plan=version,
            position=position,
            due_on=part.due_on,
            amount_ore=int(part.amount_ore),
        )
