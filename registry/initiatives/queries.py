"""Reads of co-funded bodies: agreed shares, the funding picture of a year, and the flows to a party."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import asyncpg

from registry.core.access import Scope
from registry.core.money import Money
from registry.database import fetch, snapshot
from registry.grants.queries import scope_ids
from registry.initiatives.edition_queries import edition_of
from registry.initiatives.register import get_initiative, list_initiatives
from registry.initiatives.rules import draw_picture
from registry.initiatives.schemas import (
    Belonging,
    Flow,
    GrantSum,
    Initiative,
    InitiativeKind,
    Picture,
    Plan,
    Share,
    YearLine,
)

__all__ = [
    "edition_of",
    "get_initiative",
    "get_picture",
    "list_agreed",
    "list_belongings",
    "list_flows",
    "list_initiatives",
    "list_picture_years",
    "list_pictures",
    "list_plans",
]

_PLANS = """
SELECT s.id, s.initiative_id, s.year, s.version, s.whole_ore, s.source, s.reason, s.recorded_at,
       coalesce(u.name, '') AS recorded_by, s.seq
FROM share_plan s LEFT JOIN app_user u ON u.id = s.recorded_by
WHERE s.initiative_id = ANY($1) AND ($2::int IS NULL OR s.year = $2) ORDER BY s.year DESC, s.version DESC
"""
_SHARES = """
SELECT a.plan_id, a.position, a.funder_id, a.via_id, coalesce(f.name, a.partner) AS name,
       coalesce(f.org_number, '') AS org_number, coalesce(v.name, '') AS via_name, a.parts, a.amount_ore
FROM agreed_share a LEFT JOIN party f ON f.id = a.funder_id LEFT JOIN party v ON v.id = a.via_id
WHERE a.plan_id = ANY($1) ORDER BY a.plan_id, a.position
"""
_SUMS = """
SELECT g.recipient_id, g.year, g.funder_id, f.name AS funder_name, f.org_number AS funder_org_number,
       t.accent AS funder_colour, g.via_id, coalesce(v.name, '') AS via_name, sum(b.granted_ore)::bigint AS decided,
       sum(b.paid_ore)::bigint AS paid, count(*)::int AS grants
FROM funding_grant g JOIN grant_balance b ON b.grant_id = g.id JOIN programme m ON m.id = g.programme_id
JOIN party f ON f.id = g.funder_id JOIN funder t ON t.id = g.funder_id LEFT JOIN party v ON v.id = g.via_id
WHERE g.recipient_id = ANY($1) AND m.kind = 'co_funding' AND ($2::int IS NULL OR g.year = $2)
GROUP BY g.recipient_id, g.year, g.funder_id, f.id, t.id, g.via_id, v.id
ORDER BY f.kind DESC, f.sort_key, g.via_id NULLS FIRST
"""
"""What the funders have decided and paid to the bodies in co-funding programmes, by budget year and way."""


async def list_plans(scope: Scope, initiative: Initiative, *, year: int | None = None) -> list[Plan]:
    """Every version of the agreed shares, the latest year and version first."""
    await get_initiative(scope, initiative.number)
    return await _plans([initiative.id], year)


async def _plans(initiative_ids: Sequence[int], year: int | None) -> list[Plan]:
    plans = await fetch(_PLANS, list(initiative_ids), year)
    shares = defaultdict[int, list[Share]](list)
    for row in await fetch(_SHARES, [plan["id"] for plan in plans]):
        values = {name: value for name, value in row.items() if name != "plan_id"}
        shares[row["plan_id"]].append(Share(**{**values, "amount_ore": Money(row["amount_ore"])}))
    return [
        Plan(
            **{
                **{name: value for name, value in plan.items() if name != "initiative_id"},
                "whole_ore": None if plan["whole_ore"] is None else Money(plan["whole_ore"]),
            },
            shares=tuple(shares[plan["id"]]),
        )
        for plan in plans
    ]


async def get_picture(scope: Scope, initiative: Initiative, year: int) -> Picture:
    """The funding picture of a year; empty when nothing is agreed or decided in it."""
    async with snapshot():
        plans = await list_plans(scope, initiative, year=year)
        rows = await fetch(_SUMS, [initiative.party_id], year)
    return draw_picture(initiative, year, plans[0] if plans else None, [_grant_sum(row) for row in rows])


async def list_pictures(scope: Scope, initiative: Initiative) -> list[Picture]:
    """The pictures of all years in which something is agreed or decided, the latest first."""
    async with snapshot():
        plans = await list_plans(scope, initiative)
        rows = await fetch(_SUMS, [initiative.party_id], None)
    latest: dict[int, Plan] = {}
    for plan in plans:
        latest.setdefault(plan.year, plan)
    sums = defaultdict[int, list[GrantSum]](list)
    for row in rows:
        sums[row["year"]].append(_grant_sum(row))
    years = sorted({*latest, *sums}, reverse=True)
    return [draw_picture(initiative, year, latest.get(year), sums[year]) for year in years]


async def list_picture_years(scope: Scope, initiative: Initiative) -> list[YearLine]:
    """The years of a co-funded body as a list shows them, the latest first."""
    return [
        YearLine(
            year=picture.year,
            planned_ore=picture.agreed_ore if picture.plan else None,
            decided_ore=picture.decided_ore,
            paid_ore=picture.paid_ore,
        )
        for picture in await list_pictures(scope, initiative)
    ]


def _grant_sum(row: asyncpg.Record) -> GrantSum:
    return GrantSum(
        funder_id=row["funder_id"],
        funder_name=row["funder_name"],
        funder_org_number=row["funder_org_number"],
        funder_colour=row["funder_colour"],
        via_id=row["via_id"],
        via_name=row["via_name"],
        decided_ore=Money(row["decided"]),
        paid_ore=Money(row["paid"]),
        grants=row["grants"],
    )


_BELONGINGS = """
SELECT DISTINCT ON (b.grant_id) b.grant_id, b.initiative_id, b.title FROM (
  SELECT l.grant_id, i.id AS initiative_id, i.title || ' ' || e.year AS title
  FROM (SELECT DISTINCT ON (grant_id) * FROM edition_grant WHERE grant_id = ANY($1) ORDER BY grant_id, id DESC) l
  JOIN edition e ON e.id = l.edition_id JOIN initiative i ON i.id = e.initiative_id WHERE l.linked
  UNION ALL
  SELECT g.id, i.id, i.title
  FROM funding_grant g JOIN programme m ON m.id = g.programme_id AND m.kind = 'co_funding'
  JOIN initiative i ON i.party_id = g.recipient_id AND i.kind = 'co_funded' WHERE g.id = ANY($1)
) b JOIN funding_grant g ON g.id = b.grant_id
WHERE $2::bigint[] IS NULL OR g.recipient_id = ANY($2) ORDER BY b.grant_id, b.initiative_id
"""


async def list_belongings(scope: Scope, grant_ids: Sequence[int]) -> list[Belonging]:
    """To which edition or co-funded body each of some grants belongs; most belong to none and are left out."""
    return [Belonging(**row) for row in await fetch(_BELONGINGS, list(grant_ids), scope_ids(scope))]


async def list_agreed(scope: Scope, party_ids: Collection[int], year: int) -> list[tuple[Initiative, Plan]]:
    """The shares of a year that are in force for some co-funded bodies; one of which nothing is agreed is left out."""
    bodies = [one for one in await list_initiatives(scope, kind=InitiativeKind.CO_FUNDED) if one.party_id in party_ids]
    plans = [(body, await _plans([body.id], year)) for body in bodies]
    return [(body, versions[0]) for body, versions in plans if versions]


async def list_flows(scope: Scope, party_id: int, year: int) -> tuple[Flow, ...]:
    """The flows of a year to a party that is a co-funded body: its funders' first, outside partners' memo lines last.

    Empty for any other party, and for one outside the scope.
    """
    if scope.party_ids is not None and party_id not in scope.party_ids:
        return ()
    for initiative in await list_initiatives(scope, kind=InitiativeKind.CO_FUNDED):
        if initiative.party_id == party_id:
            picture = await get_picture(scope, initiative, year)
            return (*picture.flows, *picture.memos)
    return ()
