"""Reads of programmes and frames. Every logged-in user of either funder may know them."""

from collections import defaultdict

import asyncpg

from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.money import Money
from registry.database import fetch
from registry.programmes.schemas import Frame, Programme, ProgrammeKind
from registry.texts import get_language

_SELECT = """
SELECT m.id, m.funder_id, f.name AS funder_name, f.org_number AS funder_org_number, m.code, m.title, m.kind,
       m.priority_area_id AS area_id, a.code AS area_code, a.title_sv, a.title_fi, a.title_en, m.inside_ksm, m.account
FROM programme m JOIN party f ON f.id = m.funder_id LEFT JOIN priority_area a ON a.id = m.priority_area_id
"""

_FRAMES = """
SELECT b.programme_id, b.year, b.amount_ore, b.decided_ore, coalesce(p.paid, 0)::bigint AS paid_ore
FROM budget_frame b LEFT JOIN (
  SELECT g.programme_id, g.year, sum(s.paid_ore) AS paid
  FROM funding_grant g JOIN grant_balance s ON s.grant_id = g.id
  WHERE g.programme_id = ANY($1) GROUP BY 1, 2
) p ON p.programme_id = b.programme_id AND p.year = b.year
WHERE b.programme_id = ANY($1) ORDER BY b.year DESC
"""


class UnknownProgrammeError(NotFoundError):
    """No such programme."""

    code = "unknown-programme"
    message = N_("The funder has no programme %(code)s. Register the programme first, or check the code.")


async def list_programmes(scope: Scope, *, funder_id: int | None = None) -> list[Programme]:
    """All programmes with their frames, by funder and code."""
    del scope
    rows = await fetch(
        _SELECT + "WHERE $1::bigint IS NULL OR m.funder_id = $1 ORDER BY f.kind DESC, f.sort_key, m.code", funder_id
    )
    return await _with_frames(rows)


async def get_programme(scope: Scope, programme_id: int) -> Programme:
    """One programme with its frames. Raises: NotFoundError."""
    del scope
    programmes = await _with_frames(await fetch(_SELECT + "WHERE m.id = $1", programme_id))
    if not programmes:
        raise NotFoundError
    return programmes[0]


async def _with_frames(rows: list[asyncpg.Record]) -> list[Programme]:
    frames = defaultdict[int, list[Frame]](list)
    for row in await fetch(_FRAMES, [row["id"] for row in rows]):
        frames[row["programme_id"]].append(
            Frame(
                year=row["year"],
                amount_ore=Money(row["amount_ore"]),
                decided_ore=Money(row["decided_ore"]),
                paid_ore=Money(row["paid_ore"]),
            )
        )
    language = get_language()
    return [
        Programme(
            kind=ProgrammeKind(row["kind"]),
            area_title=row[f"title_{language}"],
            frames=tuple(frames[row["id"]]),
            **{
                name: row[name]
                for name in (
                    "id", "funder_id", "funder_name", "funder_org_number", "code", "title",
                    "area_id", "area_code", "inside_ksm", "account",
                )
            },
        )
        for row in rows
    ]  # fmt: skip
