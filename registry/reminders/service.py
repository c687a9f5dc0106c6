"""Writes of calendar feeds: a secret address is made, renewed and revoked by its user."""

import secrets

from registry.core.access import Permission, Scope
from registry.core.errors import N_, ForbiddenError, RegistryError
from registry.core.tokens import token_hash
from registry.database import fetch_row
from registry.parties.service import demand
from registry.tables.reminders import CalendarFeed
from registry.trail import recording

TOKEN_BYTES = 32


class NoFeedError(RegistryError):
    """There is no address to revoke."""

    code = "no-feed"
    message = N_("You have no calendar address.")


async def make_feed(scope: Scope) -> str:
    """Make the user's calendar address, in the place of the one before. Returns its token, which is shown once.

    Raises: ForbiddenError.
    """
    demand(scope, Permission.REMINDERS_VIEW)
    if scope.user_id is None:
        raise ForbiddenError
    token = secrets.token_urlsafe(TOKEN_BYTES)
    async with recording(scope) as unit:
        await unit.insert(
            unit.enter("reminders:feed:make"),
            CalendarFeed,
            user_id=scope.user_id,
            active=True,
            token_hash=token_hash(token),
            recorded_at=unit.now,
        )
    return token


async def revoke_feed(scope: Scope) -> None:
    """End the user's calendar address. Raises: ForbiddenError, NoFeedError."""
    demand(scope, Permission.REMINDERS_VIEW)
    if scope.user_id is None:
        raise ForbiddenError
    async with recording(scope) as unit:
        row = await fetch_row(
            "SELECT active FROM calendar_feed WHERE user_id = $1 ORDER BY id DESC LIMIT 1", scope.user_id
        )
        if row is None or not row["active"]:
            raise NoFeedError
        await unit.insert(
            unit.enter("reminders:feed:revoke"),
            CalendarFeed,
            user_id=scope.user_id,
            active=False,
            recorded_at=unit.now,
        )
