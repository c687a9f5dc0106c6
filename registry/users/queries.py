"""Reads of users."""

import hashlib
from datetime import datetime, timedelta

import asyncpg

from registry import trail
from registry.core.access import Permission, Role, Scope
from registry.database import fetch, fetch_row, fetch_value
from registry.users.schemas import User

WINDOW = timedelta(minutes=15)
MOST_PER_ACCOUNT = 10
MOST_PER_ADDRESS = 30

_SELECT = """
SELECT u.id, CASE WHEN p.protected THEN '' ELSE u.email END AS email,
       CASE WHEN p.protected THEN p.name ELSE u.name END AS name,
       u.role, u.funder_id, u.party_id, u.language, u.expires_on, u.disabled,
       f.name AS funder_name, p.name AS party_name, registry_rights(u.id) AS rights
FROM app_user u LEFT JOIN party f ON f.id = u.funder_id LEFT JOIN party p ON p.id = u.party_id
"""


async def list_users(scope: Scope) -> list[User]:
    """All users, by role and name; only for those who manage them."""
    del scope
    rows = await fetch(_SELECT + " ORDER BY u.disabled, u.role, u.name")
    return [_user(row) for row in rows]


async def get_user(scope: Scope, user_id: int) -> User | None:
    """One user."""
    del scope
    row = await fetch_row(_SELECT + " WHERE u.id = $1", user_id)
    return _user(row) if row else None


def _user(row: asyncpg.Record) -> User:
    """A row as it is shown. Who acts for a protected person would name that person: the mask stands there too."""
    return User(**{**dict(row), "role": Role(row["role"]), "rights": tuple(map(Permission, row["rights"]))})


async def find_email(scope: Scope, user_id: int) -> str | None:
    """What a user logs in with; only for who manages users, and never shown."""
    del scope
    found = await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id)
    return None if found is None else str(found)


def account_hash(email: str) -> bytes:
    """The account of an attempt, hashed, since people type passwords into the wrong field."""
    return hashlib.sha256(email.strip().lower().encode()).digest()


async def too_many_attempts(email: str, address: str) -> bool:
    """Whether the account or the address has failed too often lately, the attempt under way included."""
    since: datetime = trail.now() - WINDOW
    row = await fetch_row(
        "SELECT count(*) FILTER (WHERE account = $1) AS account, count(*) FILTER (WHERE address = $2) AS address"
        " FROM login_attempt WHERE at > $3 AND (account = $1 OR address = $2)",
        account_hash(email),
        address,
        since,
    )
    return row is not None and (row["account"] > MOST_PER_ACCOUNT or row["address"] > MOST_PER_ADDRESS)
