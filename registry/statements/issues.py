"""Issued statements: which versions there are, their bytes, and what a verification code stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError, RegistryError
from registry.core.money import Money
from registry.database import fetch, fetch_row, fetch_value
from registry.grants.queries import scope_ids
from registry.statements.schemas import Language, StatementFigures


class UnknownStatementError(NotFoundError):
    """No statement has that code."""

    code = "unknown-statement"
    message = N_("There is no statement with that code.")


class UnknownVersionError(NotFoundError):
    """The statement has no such version."""

    code = "unknown-version"
    message = N_("There is no version %(version)s of that statement. The issued versions stand on its page.")


class ProtectedVersionError(RegistryError):
    """The version was issued before its recipient's identity was protected, and tells who it is."""

    code = "party-protected"
    status = 403
    message = N_("This version was issued before the recipient's identity was protected, and is no longer shown.")


NAMES_PROTECTED = """(EXISTS (SELECT 1 FROM party p WHERE p.id = s.party_id AND p.protected) AND NOT coalesce(
  (SELECT r.protected FROM party_protection r WHERE r.party_id = s.party_id AND r.seq < s.seq ORDER BY r.seq DESC
   LIMIT 1), false))"""
"""Whether a statement `s` names a person whose identity is protected now, for it was issued when it was not."""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issued version of a statement, without its bytes. `paid_ore` is net of reversals."""

    id: int
    party_id: int
    number: str
    version: int
    code: str
    language: str
    issued_on: date
    issued_at: datetime
    paid_ore: Money
    anchor_seq: int
    anchor_hash: str
    figures_sha256: str
    pdf_sha256: str
    is_latest: bool


_ISSUES = """
SELECT s.id, s.party_id, s.number, s.version, s.code, s.language, s.issued_on, s.recorded_at AS issued_at, s.paid_ore,
       s.anchor_seq,
       encode(s.anchor_hash, 'hex') AS anchor_hash, encode(s.figures_sha256, 'hex') AS figures_sha256,
       encode(s.pdf_sha256, 'hex') AS pdf_sha256,
       NOT EXISTS (SELECT 1 FROM statement l WHERE l.party_id = s.party_id AND l.year = s.year
                   AND l.language = s.language AND l.version > s.version) AS is_latest
FROM statement s
"""


def _issue(row: asyncpg.Record) -> Issue:
    return Issue(**{**dict(row), "paid_ore": Money(row["paid_ore"])})


async def list_issues(scope: Scope, party_id: int, year: int) -> list[Issue]:
    """The issued versions of a party's year in every language, the latest first."""
    rows = await fetch(
        f"{_ISSUES} WHERE ($1::bigint[] IS NULL OR s.party_id = ANY($1)) AND s.party_id = $2 AND s.year = $3"
        " ORDER BY s.id DESC",
        scope_ids(scope),
        party_id,
        year,
    )
    return [_issue(row) for row in rows]


_LATEST = f"""
SELECT i.* FROM ({_ISSUES} JOIN unnest($2::bigint[], $3::text[]) AS w (party_id, language)
                 ON (w.party_id, w.language) = (s.party_id, s.language)
                 WHERE ($1::bigint[] IS NULL OR s.party_id = ANY($1)) AND s.year = $4) i
WHERE i.is_latest
"""


async def latest_issue(scope: Scope, party_id: int, year: int, language: Language) -> Issue | None:
    """The latest version in a language, or None."""
    return (await latest_issues(scope, {party_id: language}, year)).get(party_id)


async def latest_issues(scope: Scope, languages: Mapping[int, Language], year: int) -> dict[int, Issue]:
    """The latest versions of many parties, each in its language, by party; those that have none are left out."""
    rows = await fetch(_LATEST, scope_ids(scope), list(languages), list(languages.values()), year)
    return {row["party_id"]: _issue(row) for row in rows}


async def read_pdf(scope: Scope, issue_id: int) -> bytes:
    """The bytes of an issued statement. Raises: UnknownStatementError, ProtectedVersionError."""
    row = await fetch_row(
        f"SELECT {NAMES_PROTECTED} AS hidden, s.pdf FROM statement s"
        " WHERE ($1::bigint[] IS NULL OR s.party_id = ANY($1)) AND s.id = $2",
        scope_ids(scope),
        issue_id,
    )
    if row is None:
        raise UnknownStatementError
    if row["hidden"]:
        raise ProtectedVersionError
    return bytes(row["pdf"])


async def read_stored(scope: Scope, party_id: int, year: int, language: Language, version: int) -> tuple[Issue, bytes]:
    """An issued version with its bytes, in one query. Raises: UnknownVersionError, ProtectedVersionError."""
    row = await fetch_row(
        f"SELECT i.*, s.pdf, {NAMES_PROTECTED} AS hidden FROM ({_ISSUES} WHERE ($1::bigint[] IS NULL OR"
        " s.party_id = ANY($1)) AND (s.party_id, s.year, s.language, s.version) = ($2, $3::int, $4, $5::int)) i"
        " JOIN statement s ON s.id = i.id",
        scope_ids(scope),
        party_id,
        year,
        language,
        version,
    )
    if row is None:
        raise UnknownVersionError(field="version", version=version)
    told = dict(row)
    pdf, hidden = bytes(told.pop("pdf")), told.pop("hidden")
    if hidden:
        raise ProtectedVersionError
    return Issue(**{**told, "paid_ore": Money(told["paid_ore"])}), pdf


async def read_version(
    scope: Scope, party_id: int, year: int, language: Language, version: int
) -> tuple[Issue, StatementFigures]:
    """An issued version with its figures as they were. Raises: UnknownVersionError, ProtectedVersionError."""
    issues = await list_issues(scope, party_id, year)
    issue = next((one for one in issues if (one.language, one.version) == (language, version)), None)
    if issue is None:
        raise UnknownVersionError(field="version", version=version)
    if await fetch_value(f"SELECT {NAMES_PROTECTED} FROM statement s WHERE s.id = $1", issue.id):
        raise ProtectedVersionError
    return issue, (await read_issued_figures(scope, [issue.id]))[issue.id]


async def read_issued_figures(scope: Scope, issue_ids: Sequence[int]) -> dict[int, StatementFigures]:
    """The figures of issued statements as they were then, by the statement's id; older releases told less of a year."""
    rows = await fetch(
        "SELECT id, figures FROM statement WHERE ($1::bigint[] IS NULL OR party_id = ANY($1)) AND id = ANY($2)",
        scope_ids(scope),
        list(issue_ids),
    )
    return {row["id"]: StatementFigures.model_validate_json(row["figures"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Verified:
    """All that anybody may know of an issued statement who holds its code."""

    number: str
    issued_on: date
    paid_ore: Money
    is_latest: bool


async def verify_code(code: str) -> Verified:
    """What a verification code stands for; open to everyone who holds one. Raises: UnknownStatementError."""
    row = await fetch_row(f"{_ISSUES} WHERE s.code = $1", code)
    if row is None:
        raise UnknownStatementError
    return Verified(row["number"], row["issued_on"], Money(row["paid_ore"]), row["is_latest"])
