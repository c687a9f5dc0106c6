"""Writes of stops: nothing is paid on a grant, through any channel, until the stop is released."""

from datetime import date

import asyncpg

from registry.core.access import Permission, Scope
from registry.core.errors import N_, RegistryError, RuleError
from registry.database import fetch_row
from registry.funders.service import demand_funder
from registry.grants.queries import STANDING, UnknownGrantError
from registry.grants.schemas import grant_number, parse_grant_number
from registry.grants.service import BeforeDecisionError
from registry.parties.service import demand
from registry.tables.stops import GrantStop, StopRelease
from registry.trail import recording


class AlreadyStoppedError(RegistryError):
    """One stop at a time."""

    code = "already-stopped"
    message = N_("Payments on %(grant)s have been stopped since %(day)s. Release that stop first.")


class NotStoppedError(RegistryError):
    """There is nothing to release."""

    code = "not-stopped"
    message = N_("Payments on %(grant)s are not stopped.")


async def stop_grant(scope: Scope, number: str, *, reason: str, stopped_on: date | None = None) -> int:
    """Stop all payments on a grant of one's own funder, from now on. Returns the stop's id.

    `stopped_on` is the day it was decided, today unless said. Raises: UnknownGrantError, OtherFunderError,
    AlreadyStoppedError, BeforeDecisionError, RuleError.
    """
    demand(scope, Permission.GRANTS_STOP)
    async with recording(scope) as unit:
        grant = await _grant(number)
        demand_funder(scope, grant["funder_id"])
        if grant["stop_id"] is not None:
            raise AlreadyStoppedError(grant=grant_number(grant["id"]), day=grant["stopped_on"])
        day = stopped_on or unit.today
        _check(reason, day, unit.today, field="stopped_on")
        if day < grant["decided_on"]:
            raise BeforeDecisionError(field="stopped_on", day=grant["decided_on"])
        return await unit.insert(
            unit.enter("grants:grant:stop", reason=reason),
            GrantStop,
            grant_id=grant["id"],
            stopped_on=day,
            reason=reason,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )


async def release_grant(scope: Scope, number: str, *, reason: str, released_on: date | None = None) -> None:
    """Release the stop that stands; the grant may be paid again.

    Raises: UnknownGrantError, OtherFunderError, NotStoppedError, RuleError.
    """
    demand(scope, Permission.GRANTS_STOP)
    async with recording(scope) as unit:
        grant = await _grant(number)
        demand_funder(scope, grant["funder_id"])
        if grant["stop_id"] is None:
            raise NotStoppedError(grant=grant_number(grant["id"]))
        day = released_on or unit.today
        _check(reason, day, unit.today, field="released_on")
        if day < grant["stopped_on"]:
            raise RuleError(field="released_on", message=N_("A stop can't be released before it was made."))
        await unit.insert(
            unit.enter("grants:grant:release", reason=reason),
            StopRelease,
            stop_id=grant["stop_id"],
            released_on=day,
            reason=reason,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )


def _check(reason: str, day: date, today: date, *, field: str) -> None:
    if not reason.strip():
        raise RuleError(field="reason", message=N_("Write the reason."))
    if day > today:
        raise RuleError(field=field, message=N_("The date can't be after today."))


async def _grant(number: str) -> asyncpg.Record:
    row = await fetch_row(
        "SELECT g.id, g.funder_id, g.decided_on, s.id AS stop_id, s.stopped_on FROM funding_grant g"
        f" LEFT JOIN grant_stop s ON s.grant_id = g.id AND {STANDING} WHERE g.id = $1",
        parse_grant_number(number) or 0,
    )
    if row is None:
        raise UnknownGrantError(field="grant", grant=number[:40])
    return row
