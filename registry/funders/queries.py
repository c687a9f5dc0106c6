"""Reads of funders: from which sum two must sign, how to reach them, and the years that they have closed."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from registry import trail
from registry.core.access import Scope
from registry.core.errors import NotFoundError
from registry.core.money import Money
from registry.database import fetch
from registry.documents.paper import Letterhead
from registry.parties.schemas import PartyKind


@dataclass(frozen=True, slots=True)
class ClosedYear:
    """A year in which a funder books nothing more, and who closed it when (`seq` is its entry in the trail)."""

    year: int
    closed_at: datetime
    closed_by: str
    seq: int


@dataclass(frozen=True, slots=True)
class OpenYear:
    """A year that is over and not closed; `waiting` payments of it must be attested or reversed before."""

    year: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Funder:
    """A funder's terms. From `attest_from_ore` on, a payment needs a second officer."""

    id: int
    name: str
    org_number: str
    kind: PartyKind
    attest_from_ore: Money
    accent: str
    contact: str
    closed: tuple[ClosedYear, ...]

    @property
    def number(self) -> str:
        """The registry's number of the party."""
        return f"P-{self.id}"


_SELECT = """
SELECT f.id, p.name, p.org_number, p.kind, f.attest_from_ore, f.accent, f.contact
FROM funder f JOIN party p ON p.id = f.id
"""


async def list_terms(scope: Scope) -> list[Funder]:
    """All funders with their terms; those who may see funders may see all of them."""
    del scope
    return await _with_years(await fetch(_SELECT + "ORDER BY p.kind DESC, p.sort_key"))


async def get_terms(scope: Scope, funder_id: int) -> Funder:
    """One funder with its terms. Raises: NotFoundError."""
    del scope
    found = await _with_years(await fetch(_SELECT + "WHERE f.id = $1", funder_id))
    if not found:
        raise NotFoundError
    return found[0]


async def list_letterheads(
    scope: Scope, *, ids: Collection[int] | None = None, org_number: str | None = None
) -> tuple[Letterhead, ...]:
    """The funders as documents on paper name them: all of them, some, or one."""
    return tuple(
        Letterhead(
            funder.name,
            funder.org_number,
            tuple(line.strip() for line in funder.contact.splitlines() if line.strip()),
            funder.accent,
        )
        for funder in await list_terms(scope)
        if (ids is None or funder.id in ids) and org_number in (None, funder.org_number)
    )


async def list_open_years(scope: Scope, funder_id: int) -> list[OpenYear]:
    """The years that the funder could close: over, with decisions or payments, and not closed; the earliest first."""
    del scope
    rows = await fetch(
        """
        WITH booked (year, waits) AS (
          SELECT extract(year FROM g.decided_on)::int, 0 FROM funding_grant g WHERE g.funder_id = $1
          UNION ALL
          SELECT extract(year FROM p.paid_on)::int,
                 (p.attest = 'officer' AND a.payment_id IS NULL AND r.payment_id IS NULL)::int
          FROM payment p JOIN funding_grant g ON g.id = p.grant_id
          LEFT JOIN attestation a ON a.payment_id = p.id LEFT JOIN reversal r ON r.payment_id = p.id
          WHERE g.funder_id = $1
        )
        SELECT b.year, sum(b.waits) AS waiting FROM booked b
        WHERE b.year < $2 AND NOT EXISTS (SELECT 1 FROM closed_year c WHERE c.funder_id = $1 AND c.year = b.year)
        GROUP BY 1 ORDER BY 1
        """,
        funder_id,
        trail.today().year,
    )
    return [OpenYear(row["year"], int(row["waiting"])) for row in rows]


async def _with_years(rows: list[asyncpg.Record]) -> list[Funder]:
    closed = defaultdict[int, list[ClosedYear]](list)
    for row in await fetch(
        "SELECT c.funder_id, c.year, c.closed_at, coalesce(u.name, '') AS closed_by, c.seq FROM closed_year c"
        " LEFT JOIN app_user u ON u.id = c.closed_by WHERE c.funder_id = ANY($1) ORDER BY c.year DESC",
        [row["id"] for row in rows],
    ):
        closed[row["funder_id"]].append(ClosedYear(row["year"], row["closed_at"], row["closed_by"], row["seq"]))
    return [
        Funder(
            id=row["id"],
            name=row["name"],
            org_number=row["org_number"],
            kind=PartyKind(row["kind"]),
            attest_from_ore=Money(row["attest_from_ore"]),
            accent=row["accent"],
            contact=row["contact"],
            closed=tuple(closed[row["id"]]),
        )
        for row in rows
    ]
