"""Who may do what: roles, permissions and the scope that every query takes. Denied unless it stands here."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a user is in the registry."""

    OFFICER = "officer"
    ASSOCIATION = "association"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Permission(StrEnum):
    """`slice:action`, declared by every handler."""

    PUBLIC = "public"
    HOME = "home:view"
    PARTIES_VIEW = "parties:view"
    PARTIES_REGISTER = "parties:register"
    PARTIES_APPROVE = "parties:approve"
    PARTIES_PROTECTED = "parties:protected"
    FUNDERS_VIEW = "funders:view"
    FUNDERS_SET = "funders:set"
    AGREEMENTS_VIEW = "agreements:view"
    AGREEMENTS_REGISTER = "agreements:register"
    PROGRAMMES_VIEW = "programmes:view"
    PROGRAMMES_REGISTER = "programmes:register"
    ACTIVITY_VIEW = "activity:view"
    ACTIVITY_REGISTER = "activity:register"
    FEES_VIEW = "fees:view"
    FEES_REGISTER = "fees:register"
    GRANTS_VIEW = "grants:view"
    GRANTS_DECIDE = "grants:decide"
    GRANTS_STOP = "grants:stop"
    ALLOCATIONS_VIEW = "allocations:view"
    ALLOCATIONS_SIMULATE = "allocations:simulate"
    ALLOCATIONS_DECIDE = "allocations:decide"
    REPORTS_VIEW = "reports:view"
    REPORTS_REGISTER = "reports:register"
    RECOVERIES_VIEW = "recoveries:view"
    RECOVERIES_CLAIM = "recoveries:claim"
    PAYMENTS_VIEW = "payments:view"
    PAYMENTS_REGISTER = "payments:register"
    PAYMENTS_ATTEST = "payments:attest"
    PAYMENTS_REVERSE = "payments:reverse"
    INITIATIVES_VIEW = "initiatives:view"
    INITIATIVES_REGISTER = "initiatives:register"
    STATEMENTS_VIEW = "statements:view"
    STATEMENTS_ISSUE = "statements:issue"
    STATEMENTS_BATCHES = "statements:batches"
    SUMMARIES_VIEW = "summaries:view"
    FOLLOWUP_VIEW = "followup:view"
    REMINDERS_VIEW = "reminders:view"
    AUDIT_VIEW = "audit:view"
    USERS_MANAGE = "users:manage"


_READ_ALL = frozenset(
    {
        Permission.HOME,
        Permission.PARTIES_VIEW,
        Permission.FUNDERS_VIEW,
        Permission.AGREEMENTS_VIEW,
        Permission.PROGRAMMES_VIEW,
        Permission.ACTIVITY_VIEW,
        Permission.FEES_VIEW,
        Permission.GRANTS_VIEW,
        Permission.ALLOCATIONS_VIEW,
        Permission.ALLOCATIONS_SIMULATE,
        Permission.REPORTS_VIEW,
        Permission.RECOVERIES_VIEW,
        Permission.PAYMENTS_VIEW,
        Permission.INITIATIVES_VIEW,
        Permission.STATEMENTS_VIEW,
        Permission.STATEMENTS_BATCHES,
        Permission.SUMMARIES_VIEW,
        Permission.FOLLOWUP_VIEW,
        Permission.REMINDERS_VIEW,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OFFICER: _READ_ALL
    | {
        Permission.PARTIES_REGISTER,
        Permission.PARTIES_APPROVE,
        Permission.FUNDERS_SET,
        Permission.AGREEMENTS_REGISTER,
        Permission.PROGRAMMES_REGISTER,
        Permission.ACTIVITY_REGISTER,
        Permission.FEES_REGISTER,
        Permission.GRANTS_DECIDE,
        Permission.GRANTS_STOP,
        Permission.ALLOCATIONS_DECIDE,
        Permission.REPORTS_REGISTER,
        Permission.RECOVERIES_CLAIM,
        Permission.PAYMENTS_REGISTER,
        Permission.PAYMENTS_ATTEST,
        Permission.PAYMENTS_REVERSE,
        Permission.INITIATIVES_REGISTER,
        Permission.STATEMENTS_ISSUE,
        Permission.AUDIT_VIEW,
    },
    Role.ASSOCIATION: frozenset(
        {
            Permission.HOME,
            Permission.ACTIVITY_VIEW,
            Permission.GRANTS_VIEW,
            Permission.ALLOCATIONS_VIEW,
            Permission.REPORTS_VIEW,
            Permission.RECOVERIES_VIEW,
            Permission.PAYMENTS_VIEW,
            Permission.STATEMENTS_VIEW,
            Permission.REMINDERS_VIEW,
        }
    ),
    Role.AUDITOR: _READ_ALL | {Permission.AUDIT_VIEW},
    Role.ADMIN: frozenset({Permission.HOME, Permission.USERS_MANAGE}),
}
"""What each role may do. `PUBLIC` is for everyone and stands in no role."""


RIGHTS: dict[Permission, frozenset[Role]] = {
    Permission.PARTIES_PROTECTED: frozenset({Role.OFFICER, Role.AUDITOR}),
}
"""Permissions that stand in no role: an administrator gives them to single users of these roles."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose records a question may touch. `party_ids` is None for those who read everything.

    `rights` are permissions that this one user was given beyond the role's.
    `user_id` is None for the console (the operator at the command line), who reads and writes everything.
    """

    user_id: int | None
    role: Role | None
    funder_id: int | None = None
    party_ids: tuple[int, ...] | None = None
    rights: frozenset[Permission] = frozenset()

    @property
    def reads_all(self) -> bool:
        """Whether every party's records may be read."""
        return self.party_ids is None

    def may(self, permission: Permission) -> bool:
        """Whether this user's role, or a right of this user alone, allows it."""
        if permission is Permission.PUBLIC or self.role is None:
            return permission is Permission.PUBLIC or self is CONSOLE
        return permission in PERMISSIONS[self.role] or (
            permission in self.rights and self.role in RIGHTS.get(permission, ())
        )

    def writes_for(self, funder_id: int) -> bool:
        """Whether decisions and payments of this funder may be written."""
        return self is CONSOLE or (self.role is Role.OFFICER and self.funder_id == funder_id)


CONSOLE = Scope(user_id=None, role=None)
"""The operator at the command line, who already holds the database."""

NOBODY = Scope(user_id=None, role=None, party_ids=())
"""A visitor who has not logged in: reads nothing, writes nothing."""
