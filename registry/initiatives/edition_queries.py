"""Reads of yearly editions: what belongs to one, what might, and the years of an initiative."""

from collections import defaultdict

import asyncpg

from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.money import Money
from registry.database import fetch, fetch_row, snapshot
from registry.fees.queries import EngagementFilter, list_engagements
from registry.fees.schemas import Engagement
from registry.grants.queries import GrantFilter, list_grants, scope_ids
from registry.grants.schemas import Grant
from registry.initiatives.edition_schemas import Budget, BudgetKind, BudgetLine, Edition, Event, LinkedEngagement
from registry.initiatives.register import get_initiative, list_initiatives
from registry.initiatives.schemas import Initiative, InitiativeKind, YearLine


class UnknownEditionError(NotFoundError):
    """The initiative has no edition of that year."""

    code = "unknown-edition"
    message = N_("There is no edition of %(year)s.")


_EDITIONS = """
SELECT e.id, e.year, v.version, v.theme, v.description, v.seq
FROM edition e JOIN LATERAL (
  SELECT * FROM edition_version w WHERE w.edition_id = e.id ORDER BY w.version DESC LIMIT 1) v ON true
WHERE e.initiative_id = $1 AND ($2::int IS NULL OR e.year = $2) ORDER BY e.year DESC
"""
_EVENTS = """
SELECT h.edition_id, h.id, v.version, v.title, v.held_on, v.place, v.audience, v.note, v.cancelled, v.reason, v.seq
FROM edition_event h JOIN LATERAL (
  SELECT * FROM event_version w WHERE w.event_id = h.id ORDER BY w.version DESC LIMIT 1) v ON true
WHERE h.edition_id = ANY($1) ORDER BY v.held_on, h.id
"""
_GRANTS = """
SELECT l.edition_id, l.grant_id FROM (
  SELECT DISTINCT ON (grant_id) * FROM edition_grant ORDER BY grant_id, id DESC) l
WHERE l.linked AND ($1::bigint[] IS NULL OR l.edition_id = ANY($1))
"""
"""The latest row of a grant says to which edition it belongs, if to any."""
_ENGAGEMENTS = """
SELECT l.edition_id, l.event_id, l.engagement_id FROM (
  SELECT DISTINCT ON (engagement_id) * FROM edition_engagement ORDER BY engagement_id, id DESC) l
WHERE l.linked AND ($1::bigint[] IS NULL OR l.edition_id = ANY($1))
"""
_BUDGET = """
SELECT b.id, b.version, b.source, b.reason, b.recorded_at, coalesce(u.name, '') AS recorded_by, b.seq
FROM edition_budget b LEFT JOIN app_user u ON u.id = b.recorded_by
WHERE b.edition_id = $1 ORDER BY b.version DESC
"""
_LINES = """
SELECT l.budget_id, l.kind, l.funder_id, coalesce(p.name, '') AS funder_name, l.title, l.amount_ore
FROM budget_line l LEFT JOIN party p ON p.id = l.funder_id WHERE l.budget_id = ANY($1) ORDER BY l.budget_id, l.position
"""
_YEARS = """
SELECT e.id, e.year, v.theme, b.planned,
       (SELECT count(*) FROM edition_event h JOIN LATERAL (
          SELECT w.cancelled FROM event_version w WHERE w.event_id = h.id ORDER BY w.version DESC LIMIT 1) x
          ON NOT x.cancelled WHERE h.edition_id = e.id)::int AS events,
       (SELECT coalesce(sum(x.audience), 0) FROM edition_event h JOIN LATERAL (
          SELECT w.* FROM event_version w WHERE w.event_id = h.id ORDER BY w.version DESC LIMIT 1) x
          ON NOT x.cancelled WHERE h.edition_id = e.id)::int AS audience,
       coalesce(g.decided, 0)::bigint AS decided, coalesce(g.paid, 0)::bigint AS paid
FROM edition e JOIN LATERAL (
  SELECT w.theme FROM edition_version w WHERE w.edition_id = e.id ORDER BY w.version DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (
  SELECT coalesce(sum(l.amount_ore) FILTER (WHERE l.kind = 'funder'), 0)::bigint AS planned
  FROM budget_line l WHERE l.budget_id = (
    SELECT w.id FROM edition_budget w WHERE w.edition_id = e.id ORDER BY w.version DESC LIMIT 1)
  HAVING count(*) > 0) b ON true
LEFT JOIN (
  SELECT l.edition_id, sum(s.granted_ore) AS decided, sum(s.paid_ore) AS paid FROM (
    SELECT DISTINCT ON (grant_id) * FROM edition_grant ORDER BY grant_id, id DESC) l
  JOIN grant_balance s ON s.grant_id = l.grant_id JOIN funding_grant f ON f.id = l.grant_id
  WHERE l.linked AND ($2::bigint[] IS NULL OR f.recipient_id = ANY($2)) GROUP BY 1) g ON g.edition_id = e.id
WHERE e.initiative_id = $1 ORDER BY e.year DESC
"""


async def list_edition_years(scope: Scope, initiative: Initiative) -> list[YearLine]:
    """The editions of an initiative as a list shows them, the latest first."""
    await get_initiative(scope, initiative.number)
    return [
        YearLine(
            year=row["year"],
            planned_ore=None if row["planned"] is None else Money(row["planned"]),
            decided_ore=Money(row["decided"]),
            paid_ore=Money(row["paid"]),
            theme=row["theme"],
            events=row["events"],
            audience=row["audience"],
        )
        for row in await fetch(_YEARS, initiative.id, scope_ids(scope))
    ]


async def get_edition(scope: Scope, initiative: Initiative, year: int) -> Edition:
    """One edition with all that belongs to it. Raises: UnknownEditionError."""
    async with snapshot():
        row = await fetch_row(_EDITIONS, initiative.id, year)
        if row is None:
            raise UnknownEditionError(field="year", year=str(year))
        edition_id = row["id"]
        events = [_event(event) for event in await fetch(_EVENTS, [edition_id])]
        budgets = await list_budgets(scope, edition_id)
        return Edition(
            id=edition_id,
            initiative=initiative,
            year=row["year"],
            version=row["version"],
            theme=row["theme"],
            description=row["description"],
            seq=row["seq"],
            events=tuple(events),
            engagements=await _engagements(scope, edition_id),
            grants=await _grants(scope, edition_id),
            budget=budgets[0] if budgets else None,
        )


def _event(row: asyncpg.Record) -> Event:
    return Event(**{name: value for name, value in row.items() if name != "edition_id"})


async def _grants(scope: Scope, edition_id: int) -> tuple[Grant, ...]:
    ids = tuple(row["grant_id"] for row in await fetch(_GRANTS, [edition_id]))
    if not ids:
        return ()
    return tuple((await list_grants(scope, GrantFilter(ids=ids), sort="decided_on", limit=None)).items)


async def _engagements(scope: Scope, edition_id: int) -> tuple[LinkedEngagement, ...]:
    events = {row["engagement_id"]: row["event_id"] for row in await fetch(_ENGAGEMENTS, [edition_id])}
    if not events:
        return ()
    wanted = EngagementFilter(ids=tuple(events), cancelled=True)
    found = (await list_engagements(scope, wanted, sort="day", limit=None)).items
    return tuple(LinkedEngagement(one, events[one.id]) for one in found)


async def list_budgets(scope: Scope, edition_id: int) -> list[Budget]:
    """Every version of an edition's budget, the latest first. The caller has seen that the edition is in scope."""
    del scope
    versions = await fetch(_BUDGET, edition_id)
    lines = defaultdict[int, list[BudgetLine]](list)
    for row in await fetch(_LINES, [version["id"] for version in versions]):
        lines[row["budget_id"]].append(
            BudgetLine(
                BudgetKind(row["kind"]), row["funder_id"], row["funder_name"], row["title"], Money(row["amount_ore"])
            )
        )
    return [
        Budget(**{name: value for name, value in row.items() if name != "id"}, lines=tuple(lines[row["id"]]))
        for row in versions
    ]


async def suggest_grants(scope: Scope, edition: Edition) -> list[Grant]:
    """The grants that might belong to an edition.

    They are of its year, in no edition, and from an initiative's programme or to the society that holds it.
    """
    taken = {row["grant_id"] for row in await fetch(_GRANTS, None)}
    of_kind = GrantFilter(kind="initiative", year=edition.year)
    to_society = GrantFilter(recipient_id=edition.initiative.party_id, year=edition.year)
    found: dict[int, Grant] = {}
    for wanted in (of_kind, to_society):
        for grant in (await list_grants(scope, wanted, sort="decided_on", limit=None)).items:
            found.setdefault(grant.id, grant)
    return [grant for grant in found.values() if grant.id not in taken and grant.granted_ore > 0]


async def suggest_engagements(scope: Scope, edition: Edition) -> list[Engagement]:
    """The engagements that might belong to an edition.

    They are of its year, in no edition, and commissioned by the society or the keeper, or agreed on one of its grants.
    """
    taken = {row["engagement_id"] for row in await fetch(_ENGAGEMENTS, None)}
    initiative, grants = edition.initiative, {grant.id for grant in edition.grants}
    commissioners = {initiative.party_id, initiative.funder_id}
    found = (await list_engagements(scope, EngagementFilter(year=edition.year), sort="day", limit=None)).items
    return [
        one for one in found
        if one.id not in taken and (one.commissioner_id in commissioners or one.grant_id in grants)
    ]  # fmt: skip


async def edition_of(scope: Scope, party_id: int, year: int) -> Edition | None:
    """The edition of a year that a society holds; None when there is none, or the party is outside the scope."""
    if scope.party_ids is not None and party_id not in scope.party_ids:
        return None
    for initiative in await list_initiatives(scope, kind=InitiativeKind.EDITION):
        if initiative.party_id == party_id and await fetch_row(_EDITIONS, initiative.id, year) is not None:
            return await get_edition(scope, initiative, year)
    return None
