"""Rights that single users have beyond their role's: given and taken by an administrator, with a reason."""

from dataclasses import dataclass
from datetime import datetime

from registry.core.access import RIGHTS, Permission, Role, Scope
from registry.core.errors import N_, NotFoundError, RegistryError, RuleError
from registry.database import fetch, fetch_row
from registry.parties.service import demand
from registry.tables import UserRight
from registry.trail import recording

RIGHT_TITLES = {Permission.PARTIES_PROTECTED: N_("See the true particulars of protected persons")}
LONGEST_REASON = 500


class RightOfRoleError(RuleError):
    """The role can't have the right."""

    code = "right-of-role"
    message = N_("Only grant officers and auditors can have this right.")


class RightUnchangedError(RegistryError):
    """The user already has the right, or doesn't have it."""

    code = "right-unchanged"
    message = N_("Nothing changes: the right is already as you want it.")


@dataclass(frozen=True, slots=True)
class RightChange:
    """A right given or taken, with who did it and why."""

    permission: Permission
    given: bool
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int


async def set_right(scope: Scope, user_id: int, permission: Permission, *, given: bool, reason: str) -> None:
    """Give one user a right, or take it away.

    Raises: NotFoundError, RightOfRoleError, RightUnchangedError, RuleError without a reason.
    """
    demand(scope, Permission.USERS_MANAGE)
    if not reason.strip():
        raise RuleError(field="reason", message=N_("Write the reason."))
    if len(reason) > LONGEST_REASON:
        message = N_("The text is too long. At most %(most)s characters.")
        raise RuleError(field="reason", message=message, most=LONGEST_REASON)
    async with recording(scope) as unit:
        row = await fetch_row("SELECT role, registry_rights(id) AS rights FROM app_user WHERE id = $1", user_id)
        if row is None:
            raise NotFoundError
        if given and Role(row["role"]) not in RIGHTS[permission]:
            raise RightOfRoleError
        if given == (permission.value in row["rights"]):
            raise RightUnchangedError
        action = "users:right:give" if given else "users:right:take"
        await unit.insert(
            unit.enter(action, reason=reason),
            UserRight,
            user_id=user_id,
            permission=permission.value,
            given=given,
            reason=reason,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )


async def list_right_changes(scope: Scope, user_id: int) -> list[RightChange]:
    """A user's rights as they were given and taken, the latest first; only for those who manage users."""
    demand(scope, Permission.USERS_MANAGE)
    rows = await fetch(
        "SELECT r.permission, r.given, r.reason, r.recorded_at, coalesce(u.name, '') AS recorded_by, r.seq"
        " FROM user_right r LEFT JOIN app_user u ON u.id = r.recorded_by WHERE r.user_id = $1 ORDER BY r.id DESC",
        user_id,
    )
    return [RightChange(**{**dict(row), "permission": Permission(row["permission"])}) for row in rows]
