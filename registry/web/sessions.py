"""Who is behind a request: the browser's session or the API's bearer token, both stored as hashes only."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import asyncpg

from registry import trail
from registry.core.access import NOBODY, Permission, Role, Scope
from registry.core.tokens import token_hash
from registry.database import execute, fetch, fetch_row
from registry.tables import LoginSession

IDLE = timedelta(minutes=30)
LIFETIME = timedelta(hours=12)
TOUCH = timedelta(minutes=1)
"""How often a session's last use is written down."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone whose session or token is good."""

    user_id: int
    name: str
    email: str
    role: Role
    language: str
    scope: Scope
    funder_name: str | None
    party_name: str | None
    csrf_token: str | None
    """None for a bearer token, which no other site can make a browser send."""
    feed_at: datetime | None = None
    """When the calendar address was made, for who comes by one."""

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it."""
        return self.scope.may(permission)


def session_hash(secret: str, session_id: str) -> bytes:
    """The stored form of a session id."""
    return hmac.new(secret.encode(), b"session:" + session_id.encode(), hashlib.sha256).digest()


def csrf_token(secret: str, session_id: str) -> str:
    """The token that this session's forms carry."""
    return hmac.new(secret.encode(), b"csrf:" + session_id.encode(), hashlib.sha256).hexdigest()


async def open_session(secret: str, user_id: int, *, replaces: str | None) -> str:
    """Start a session with an id that nobody has seen, and end the one that the browser came with."""
    session_id = secrets.token_urlsafe(32)
    moment = trail.now()
    if replaces:
        await close_session(secret, replaces)
    await LoginSession.delete().where(LoginSession.created_at < moment - LIFETIME)
    await LoginSession.insert(
        LoginSession(id_hash=session_hash(secret, session_id), user_id=user_id, created_at=moment, seen_at=moment)
    )
    return session_id


async def close_session(secret: str, session_id: str) -> None:
    """End a session."""
    await LoginSession.delete().where(LoginSession.id_hash == session_hash(secret, session_id))


_USER = """
SELECT u.id, u.name, u.email, u.role, u.language, u.funder_id, u.party_id, f.name AS funder_name, p.name AS party_name,
       registry_rights(u.id) AS rights
FROM app_user u LEFT JOIN party f ON f.id = u.funder_id LEFT JOIN party p ON p.id = u.party_id
"""
_ACTIVE = "NOT u.disabled AND (u.expires_on IS NULL OR u.expires_on >= $2)"


async def find_by_session(secret: str, session_id: str) -> Visitor | None:
    """The visitor of a session that is neither idle too long nor too old."""
    moment = trail.now()
    row = await fetch_row(
        _USER.replace("SELECT", "SELECT s.seen_at,", 1)
        + "JOIN login_session s ON s.user_id = u.id"
        + f" WHERE s.id_hash = $1 AND {_ACTIVE} AND s.seen_at > $3 AND s.created_at > $4",
        session_hash(secret, session_id),
        trail.today(),
        moment - IDLE,
        moment - LIFETIME,
    )
    if row is None:
        return None
    if moment - row["seen_at"] > TOUCH:
        await _touch(secret, session_id, moment)
    return await _visitor(row, csrf_token(secret, session_id))


async def _touch(secret: str, session_id: str, moment: datetime) -> None:
    await execute("UPDATE login_session SET seen_at = $2 WHERE id_hash = $1", session_hash(secret, session_id), moment)


async def find_by_token(token: str) -> Visitor | None:
    """The visitor of an API token that isn't revoked."""
    row = await fetch_row(
        _USER + f"JOIN api_token t ON t.user_id = u.id WHERE t.token_hash = $1 AND {_ACTIVE} AND NOT t.revoked",
        token_hash(token),
        trail.today(),
    )
    return await _visitor(row, None) if row else None


_FEED = """
JOIN calendar_feed c ON c.user_id = u.id AND c.active
 AND NOT EXISTS (SELECT 1 FROM calendar_feed n WHERE n.user_id = c.user_id AND n.id > c.id)
"""


async def find_by_feed(token: str) -> Visitor | None:
    """The visitor whose calendar address has this token; one that was renewed or revoked finds nobody."""
    row = await fetch_row(
        _USER.replace("SELECT", "SELECT c.recorded_at AS feed_at,", 1)
        + _FEED
        + f" WHERE c.token_hash = $1 AND {_ACTIVE}",
        token_hash(token),
        trail.today(),
    )
    return replace(await _visitor(row, None), feed_at=row["feed_at"]) if row else None


async def read_feed(user_id: int) -> datetime | None:
    """When the calendar address of a user was made, None when there is none."""
    row = await fetch_row(f"SELECT c.recorded_at FROM app_user u {_FEED} WHERE u.id = $1", user_id)
    return row["recorded_at"] if row else None


async def _visitor(row: asyncpg.Record, csrf: str | None) -> Visitor:
    role = Role(row["role"])
    parties = await _own_parties(row["party_id"]) if role is Role.ASSOCIATION else None
    if role is Role.ADMIN:
        parties = ()
    return Visitor(
        user_id=row["id"],
        name=row["name"],
        email=row["email"],
        role=role,
        language=row["language"],
        scope=Scope(
            user_id=row["id"],
            role=role,
            funder_id=row["funder_id"],
            party_ids=parties,
            rights=frozenset(map(Permission, row["rights"])),
        ),
        funder_name=row["funder_name"],
        party_name=row["party_name"],
        csrf_token=csrf,
    )


async def _own_parties(party_id: int) -> tuple[int, ...]:
    """The party itself and those that were merged into it."""
    rows = await fetch(
        "WITH RECURSIVE own (id) AS ("
        "  SELECT $1::bigint UNION SELECT p.id FROM party p JOIN own o ON p.successor_id = o.id)"
        " SELECT id FROM own",
        party_id,
    )
    return tuple(row["id"] for row in rows)


def scope_of(visitor: Visitor | None) -> Scope:
    """The scope of a visitor, or of nobody."""
    return visitor.scope if visitor else NOBODY
