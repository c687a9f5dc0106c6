"""Users, their sessions and tokens, and the attempts to log in."""

from piccolo.columns import BigInt, BigSerial, Boolean, Bytea, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from registry.tables.parties import Funder, Party


class User(Table, tablename="app_user"):
    """Someone who may log in. `salt` hides the person in the trail."""

    id = BigInt(primary_key=True, default=None)
    email = Varchar(254, null=False, default=None, unique=True)
    name = Varchar(200, null=False, default=None)
    role = Varchar(20, null=False, default=None)
    funder_id = ForeignKey(Funder, on_delete=OnDelete.restrict, null=True, index=True)
    party_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=True, index=True)
    language = Varchar(2, null=False, default="sv")
    password_hash = Text(null=False, default="")
    expires_on = Date(null=True, default=None)
    disabled = Boolean(null=False, default=False)
    salt = Bytea(null=False, default=None)
    seq = BigInt(null=False, default=None)

    app_user_role = Check("role IN ('officer', 'association', 'auditor', 'admin')")
    app_user_officer_has_funder = Check("(role = 'officer') = (funder_id IS NOT NULL)")
    app_user_association_has_party = Check("(role = 'association') = (party_id IS NOT NULL)")
    app_user_email_is_lower = Check("email = lower(email)")


class LoginSession(Table, tablename="login_session"):
    """A logged-in browser. Only a hash of the id is stored."""

    id_hash = Bytea(primary_key=True, default=None)
    user_id = ForeignKey(User, on_delete=OnDelete.cascade, null=False, index=True)
    created_at = Timestamptz(null=False, default=None)
    seen_at = Timestamptz(null=False, default=None)


class ApiToken(Table, tablename="api_token"):
    """A bearer token for the API. Only a hash of it is stored."""

    id = BigInt(primary_key=True, default=None)
    user_id = ForeignKey(User, on_delete=OnDelete.restrict, null=False, index=True)
    token_hash = Bytea(null=False, default=None, unique=True)
    created_at = Timestamptz(null=False, default=None)
    revoked = Boolean(null=False, default=False)
    seq = BigInt(null=False, default=None)


class UserRight(Table, tablename="user_right"):
    """A right that one user has beyond the role's, given or taken; the last row of a right is in force. Append-only."""

    id = BigInt(primary_key=True, default=None)
    user_id = ForeignKey(User, on_delete=OnDelete.restrict, null=False, index=True)
    permission = Varchar(40, null=False, default=None)
    given = Boolean(null=False, default=None)
    reason = Text(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    user_right_permission = Check("permission IN ('parties:protected')")
    user_right_reason = Check("reason <> ''")


class LoginAttempt(Table, tablename="login_attempt"):
    """A failed attempt to log in, counted per account and per address."""

    id = BigSerial(primary_key=True)
    account = Bytea(null=False, default=None, index=True)
    address = Varchar(64, null=False, default=None, index=True)
    at = Timestamptz(null=False, default=None, index=True)
