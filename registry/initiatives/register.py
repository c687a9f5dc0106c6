"""Reads of the initiatives themselves: those who read everything see all of them, a party its own."""

from collections.abc import Callable

import asyncpg

from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.database import fetch, fetch_row
from registry.grants.queries import scope_ids
from registry.initiatives.schemas import Initiative, InitiativeKind, parse_initiative_number
from registry.texts import sort_key


class UnknownInitiativeError(NotFoundError):
    """No such initiative."""

    code = "unknown-initiative"
    message = N_("There is no initiative %(initiative)s. Check the number.")


SORTS: dict[str, Callable[[Initiative], str]] = {"title": lambda one: one.title, "party": lambda one: one.party_name}

_SELECT = """
SELECT i.id, i.kind, i.title, i.funder_id, f.name AS funder_name, i.party_id, p.name AS party_name,
       p.municipality AS party_municipality, i.note, i.seq
FROM initiative i JOIN party f ON f.id = i.funder_id JOIN party p ON p.id = i.party_id
WHERE ($1::bigint[] IS NULL OR i.party_id = ANY($1))
"""


def to_initiative(row: asyncpg.Record) -> Initiative:
    """A row as the world may see it."""
    return Initiative(**{**dict(row), "kind": InitiativeKind(row["kind"])})


async def list_initiatives(
    scope: Scope, *, kind: InitiativeKind | None = None, search: str = "", sort: str = "title"
) -> list[Initiative]:
    """The initiatives in order; `search` looks in titles and in the names of bodies and societies."""
    key, descending = SORTS[sort.removeprefix("-")], sort.startswith("-")
    rows = await fetch(f"{_SELECT} AND ($2::text IS NULL OR i.kind = $2) ORDER BY i.id", scope_ids(scope), kind)
    wanted = search.strip().casefold()
    found = [to_initiative(row) for row in rows]
    shown = [one for one in found if wanted in one.title.casefold() or wanted in one.party_name.casefold()]
    return sorted(shown, key=lambda one: sort_key(key(one)), reverse=descending)


async def get_initiative(scope: Scope, number: str) -> Initiative:
    """One initiative by its number. Raises: UnknownInitiativeError."""
    initiative_id = parse_initiative_number(number)
    row = await fetch_row(f"{_SELECT} AND i.id = $2", scope_ids(scope), initiative_id) if initiative_id else None
    if row is None:
        raise UnknownInitiativeError(field="initiative", initiative=number[:40])
    return to_initiative(row)
