"""Reads of grants, their plans, amendments and what needs doing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import asyncpg

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.database import fetch, fetch_row
from registry.grants.rules import Registered, instalments_of
from registry.grants.schemas import (
    Amendment,
    AmendmentKind,
    Grant,
    Instalment,
    InstalmentStatus,
    PlannedInstalment,
    Stop,
    parse_grant_number,
)
from registry.texts import get_language, sort_key

PAGE = 50
NO_AREA = "none"
"""Stands in a filter for the programmes without a priority area."""
NO_VIA = "none"
"""Stands in a filter for the grants without an intermediary."""

SORTS = {
    "decided_on": "g.decided_on",
    "number": "g.id",
    "amount": "b.granted_ore",
    "left": "(b.granted_ore - b.paid_ore)",
    "recipient": "r.sort_key",
}


class UnknownGrantError(NotFoundError):
    """No such grant, or none that this user may see."""

    code = "unknown-grant"
    message = N_("There is no grant %(grant)s. Check the number, or register the decision first.")


@dataclass(frozen=True, slots=True)
class GrantFilter:
    """What a list of grants is narrowed to. Dates are of the decision. `open`: only those with something left to pay.

    `area` is a code, or `NO_AREA`; `search` looks in the recipient's name and, for organisations, number. `kind` is the
    programme's, `inside_ksm` whether it lies inside Kultursamverkansmodellen; `direct`: without an intermediary.
    `first_year` and `last_year` are budget years.
    """

    funder_id: int | None = None
    programme_id: int | None = None
    recipient_id: int | None = None
    via_id: int | None = None
    year: int | None = None
    area: str | None = None
    dnr: str = ""
    first: date | None = None
    last: date | None = None
    open: bool = False
    search: str = ""
    kind: str | None = None
    inside_ksm: bool | None = None
    direct: bool = False
    first_year: int | None = None
    last_year: int | None = None
    benefit_missing: bool = False
    stopped: bool = False
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class GrantPage:
    """One page of grants, how many there are in all, and the sums of all of them."""

    items: list[Grant]
    total: int
    sums: Mapping[str, Money] = field(default_factory=dict)


_ELSEWHERE = (
    "m.kind = 'initiative' AND f.kind = 'kommun' AND f.municipality <> '' AND r.municipality <> ''"
    " AND lower(f.municipality) <> lower(r.municipality)"
)
"""Whether the benefit of a kommun's inhabitants must be stated: an initiative's grant to a recipient seated elsewhere.

Source: kommunallagen (2017:725) 2 kap. 1 §, matters that concern the kommun or its members. Programme `m`, its funder
`f` and recipient `r` as parties.
"""
_BENEFIT_MISSING = f"""
EXISTS (SELECT 1 FROM programme m JOIN party f ON f.id = m.funder_id JOIN party r ON r.id = g.recipient_id
        WHERE m.id = g.programme_id AND {_ELSEWHERE})
AND NOT EXISTS (SELECT 1 FROM grant_benefit q WHERE q.grant_id = g.id)
"""
STANDING = "NOT EXISTS (SELECT 1 FROM stop_release q WHERE q.stop_id = s.id)"
"""Whether a stop `s` still stands."""
_STOPPED = f"EXISTS (SELECT 1 FROM grant_stop s WHERE s.grant_id = g.id AND {STANDING})"
_SELECT = f"""
SELECT g.id, g.funder_id, f.name AS funder_name, f.org_number AS funder_org_number, g.programme_id,
       m.code AS programme_code, m.title AS programme_title, a.code AS area_code, a.title_sv, a.title_fi, a.title_en,
       g.year, g.recipient_id, r.name AS recipient_name, r.org_number AS recipient_org_number, g.via_id,
       v.name AS via_name, g.dnr, g.paragraph, g.decided_on, g.decider, g.amount_ore AS decided_ore, b.granted_ore,
       b.registered_ore, b.paid_ore, b.repaid_ore, g.period_from, g.period_to, g.purpose, g.conditions, g.recorded_at,
       coalesce((SELECT q.benefit FROM grant_benefit q WHERE q.grant_id = g.id ORDER BY q.id DESC LIMIT 1), '')
       AS benefit, ({_BENEFIT_MISSING}) AS benefit_missing,
       (SELECT s.stopped_on FROM grant_stop s WHERE s.grant_id = g.id AND {STANDING} LIMIT 1) AS stopped_on,
       coalesce(u.name, '') AS recorded_by, g.seq
"""
_FROM = """
FROM funding_grant g JOIN grant_balance b ON b.grant_id = g.id JOIN party f ON f.id = g.funder_id
JOIN programme m ON m.id = g.programme_id JOIN party r ON r.id = g.recipient_id
LEFT JOIN party v ON v.id = g.via_id LEFT JOIN priority_area a ON a.id = m.priority_area_id
LEFT JOIN app_user u ON u.id = g.recorded_by
"""
_IN_SCOPE = "($1::bigint[] IS NULL OR g.recipient_id = ANY($1))"
PARTY_SEARCH = (
    "({pattern} <> '' AND s.sort_key LIKE '%' || {pattern} || '%'"
    " OR {text} ~ '[0-9]' AND s.salt IS NULL AND replace(s.org_number, '-', '') LIKE replace({text}, '-', '') || '%')"
)
"""Finds a party `s` by what someone typed (`text`) and its sort key (`pattern`)."""
_FILTER = (
    _IN_SCOPE
    + """ AND ($2::bigint IS NULL OR g.funder_id = $2) AND ($3::bigint IS NULL OR g.programme_id = $3)
 AND ($4::bigint IS NULL OR g.recipient_id = $4) AND ($5::bigint IS NULL OR g.via_id = $5)
 AND ($6::int IS NULL OR g.year = $6) AND ($7::text IS NULL OR coalesce(a.code, 'none') = $7)
 AND ($8 = '' OR g.dnr ILIKE '%' || $8 || '%') AND ($9::date IS NULL OR g.decided_on >= $9)
 AND ($10::date IS NULL OR g.decided_on <= $10) AND (NOT $11 OR b.granted_ore > b.paid_ore)
 AND ($12 = '' OR g.recipient_id IN (SELECT s.id FROM party s WHERE """
    + PARTY_SEARCH.format(text="$12", pattern="$13")
    + """)) AND ($14::text IS NULL OR m.kind = $14) AND ($15::boolean IS NULL OR m.inside_ksm = $15)
 AND (NOT $16 OR g.via_id IS NULL) AND ($17::int IS NULL OR g.year >= $17) AND ($18::int IS NULL OR g.year <= $18)
 AND (NOT $19 OR """
    + _BENEFIT_MISSING
    + f") AND (NOT $20 OR {_STOPPED}) AND ($21::bigint[] IS NULL OR g.id = ANY($21))"
)


def _arguments(scope: Scope, wanted: GrantFilter) -> tuple[object, ...]:
    return (
        scope_ids(scope), wanted.funder_id, wanted.programme_id, wanted.recipient_id, wanted.via_id, wanted.year,
        wanted.area, _literal(wanted.dnr), wanted.first, wanted.last, wanted.open, *search_texts(wanted.search),
        wanted.kind, wanted.inside_ksm, wanted.direct, wanted.first_year, wanted.last_year, wanted.benefit_missing,
        wanted.stopped, None if wanted.ids is None else list(wanted.ids),
    )  # fmt: skip


def _literal(text: str) -> str:
    """A text as LIKE takes it for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def search_texts(search: str) -> tuple[str, str]:
    """What `PARTY_SEARCH` takes: the text and its sort key."""
    return _literal(search.strip()), _literal(sort_key(search))


def scope_ids(scope: Scope) -> list[int] | None:
    """The scope's parties as a query takes them: None for all."""
    return None if scope.party_ids is None else list(scope.party_ids)


def to_grant(row: asyncpg.Record) -> Grant:
    """A row as the world may see it."""
    values = dict(row)
    titles = {language: values.pop(f"title_{language}") for language in ("sv", "fi", "en")}
    values["area_title"] = titles[get_language()]
    values["recipient_org_number"] = mask_org_number(values["recipient_org_number"])
    for name in ("decided_ore", "granted_ore", "registered_ore", "paid_ore", "repaid_ore"):
        values[name] = Money(values[name])
    return Grant(**values)


async def list_grants(
    scope: Scope, wanted: GrantFilter, *, sort: str = "-decided_on", offset: int = 0, limit: int | None = PAGE
) -> GrantPage:
    """Grants by a filter; `sort` is a key of `SORTS`, with `-` for falling; `limit` None gives all of them."""
    key = SORTS.get(sort.removeprefix("-"), "g.decided_on")
    direction = "DESC" if sort.startswith("-") else "ASC"
    arguments = _arguments(scope, wanted)
    rows = await fetch(
        f"{_SELECT} {_FROM} WHERE {_FILTER} ORDER BY {key} {direction}, g.id {direction}"
        f" LIMIT ${len(arguments) + 1} OFFSET ${len(arguments) + 2}",
        *arguments, limit, offset,
    )  # fmt: skip
    sums = await fetch_row(
        "SELECT count(*) AS total, coalesce(sum(b.granted_ore), 0)::bigint AS granted,"
        " coalesce(sum(b.paid_ore), 0)::bigint AS paid, coalesce(sum(b.granted_ore - b.paid_ore), 0)::bigint AS left"
        f" FROM funding_grant g JOIN grant_balance b ON b.grant_id = g.id JOIN programme m ON m.id = g.programme_id"
        f" LEFT JOIN priority_area a ON a.id = m.priority_area_id WHERE {_FILTER}",
        *arguments,
    )
    assert sums is not None  # noqa: S101 - an aggregate has one row
    return GrantPage(
        [to_grant(row) for row in rows],
        sums["total"],
        {name: Money(sums[name]) for name in ("granted", "paid", "left")},
    )


async def get_grant(scope: Scope, number: str, *, field: str = "grant") -> Grant:
    """One grant by its number. Raises: UnknownGrantError, also for one outside the scope."""
    grant_id = parse_grant_number(number)
    row = None
    if grant_id is not None:
        row = await fetch_row(f"{_SELECT} {_FROM} WHERE {_IN_SCOPE} AND g.id = $2", scope_ids(scope), grant_id)
    if row is None:
        raise UnknownGrantError(field=field, grant=number[:40])
    return to_grant(row)


async def needs_benefit(scope: Scope, programme_id: int, recipient_id: int) -> bool:
    """Whether a decision from the programme to the recipient states what the kommun's inhabitants have of it."""
    del scope
    row = await fetch_row(
        "SELECT 1 FROM programme m JOIN party f ON f.id = m.funder_id CROSS JOIN party r"
        f" WHERE m.id = $1 AND r.id = $2 AND {_ELSEWHERE}",
        programme_id,
        recipient_id,
    )
    return row is not None


async def list_amendments(scope: Scope, grant_id: int) -> list[Amendment]:
    """A grant's amendments in order."""
    rows = await fetch(
        "SELECT d.id, d.kind, d.delta_ore, d.decided_on, d.decider, d.reason, d.recorded_at,"
        " coalesce(u.name, '') AS recorded_by, d.seq FROM amendment d JOIN funding_grant g ON g.id = d.grant_id"
        f" LEFT JOIN app_user u ON u.id = d.recorded_by WHERE {_IN_SCOPE} AND d.grant_id = $2 ORDER BY d.id",
        scope_ids(scope),
        grant_id,
    )
    return [
        Amendment(**{**dict(row), "kind": AmendmentKind(row["kind"]), "delta_ore": Money(row["delta_ore"])})
        for row in rows
    ]


_PLAN = """
SELECT i.grant_id, i.position, i.due_on, i.amount_ore FROM instalment i
WHERE i.grant_id = ANY($1) AND i.plan = (SELECT max(l.plan) FROM instalment l WHERE l.grant_id = i.grant_id)
ORDER BY i.grant_id, i.position
"""
_REGISTERED = """
SELECT p.grant_id, p.instalment, sum(p.amount_ore)::bigint AS amount,
       coalesce(sum(p.amount_ore) FILTER (WHERE p.attest = 'officer' AND a.payment_id IS NULL), 0)::bigint AS waiting
FROM payment p LEFT JOIN reversal x ON x.payment_id = p.id LEFT JOIN attestation a ON a.payment_id = p.id
WHERE p.grant_id = ANY($1) AND x.payment_id IS NULL GROUP BY 1, 2
"""


async def read_plan(grant_id: int) -> tuple[list[PlannedInstalment], Registered]:
    """The plan in force and what is registered against it, for the services."""
    plan = [
        PlannedInstalment(due_on=row["due_on"], amount_ore=Money(row["amount_ore"]))
        for row in await fetch(_PLAN, [grant_id])
    ]
    return plan, (await _registered([grant_id]))[grant_id]


async def _registered(grant_ids: Sequence[int]) -> dict[int, Registered]:
    positions = defaultdict[int, dict[int, int]](dict)
    waiting = defaultdict[int, dict[int, int]](dict)
    free: dict[int, int] = defaultdict(int)
    for row in await fetch(_REGISTERED, list(grant_ids)):
        if row["instalment"] is None:
            free[row["grant_id"]] = row["amount"]
        else:
            positions[row["grant_id"]][row["instalment"]] = row["amount"]
        waiting[row["grant_id"]][row["instalment"] or 0] = row["waiting"]
    return {one: Registered(positions[one], free[one], waiting[one]) for one in grant_ids}


async def list_instalments(scope: Scope, grant_ids: Sequence[int]) -> dict[int, tuple[Instalment, ...]]:
    """The plans in force of some grants, each instalment with what is covered and its status."""
    visible = [
        row["id"]
        for row in await fetch(
            f"SELECT g.id FROM funding_grant g WHERE {_IN_SCOPE} AND g.id = ANY($2)", scope_ids(scope), list(grant_ids)
        )
    ]
    plans = defaultdict[int, list[tuple[int, date, int]]](list)
    for row in await fetch(_PLAN, visible):
        plans[row["grant_id"]].append((row["position"], row["due_on"], row["amount_ore"]))
    registered = await _registered(visible)
    today = trail.today()
    return {
        one: instalments_of(
            plans[one],
            registered[one],
            waiting_ore=sum(registered[one].waiting_by_position.values()),
            today=today,
        )
        for one in visible
    }


@dataclass(frozen=True, slots=True)
class DueInstalment:
    """An instalment that is not covered, with its grant."""

    grant: Grant
    instalment: Instalment


async def list_due(scope: Scope, *, funder_id: int | None = None, until: date | None = None) -> list[DueInstalment]:
    """Instalments that nothing covers yet and that are due by `until` (None: whenever), the earliest first."""
    rows = await fetch(
        f"{_SELECT} {_FROM} WHERE {_IN_SCOPE} AND ($2::bigint IS NULL OR g.funder_id = $2)"
        " AND b.granted_ore > b.registered_ore",
        scope_ids(scope),
        funder_id,
    )
    grants = {row["id"]: to_grant(row) for row in rows}
    plans = await list_instalments(scope, list(grants))
    due = [
        DueInstalment(grants[grant_id], part)
        for grant_id, parts in plans.items()
        for part in parts
        if part.left_ore > 0 and (until is None or part.due_on <= until)
        and part.status not in (InstalmentStatus.PAID, InstalmentStatus.WAITING)
    ]  # fmt: skip
    return sorted(due, key=lambda item: (item.instalment.due_on, item.grant.id))


async def list_years(scope: Scope) -> list[int]:
    """The years that have grants, the latest first."""
    rows = await fetch(
        f"SELECT DISTINCT g.year FROM funding_grant g WHERE {_IN_SCOPE} ORDER BY 1 DESC", scope_ids(scope)
    )
    return [row["year"] for row in rows]


async def list_deciders(scope: Scope, funder_id: int) -> list[str]:
    """Who has decided for a funder, the latest first, for suggesting in a form."""
    rows = await fetch(
        f"SELECT g.decider FROM funding_grant g WHERE {_IN_SCOPE} AND g.funder_id = $2"
        " GROUP BY 1 ORDER BY max(g.decided_on) DESC, 1 LIMIT 20",
        scope_ids(scope),
        funder_id,
    )
    return [row["decider"] for row in rows]


_STOPS = f"""
SELECT s.id, s.grant_id, s.stopped_on, s.reason, s.recorded_at, coalesce(u.name, '') AS recorded_by, s.seq,
       q.released_on, coalesce(q.reason, '') AS release_reason, q.recorded_at AS released_at,
       coalesce(v.name, '') AS released_by, q.seq AS release_seq
FROM grant_stop s JOIN funding_grant g ON g.id = s.grant_id LEFT JOIN app_user u ON u.id = s.recorded_by
LEFT JOIN stop_release q ON q.stop_id = s.id LEFT JOIN app_user v ON v.id = q.recorded_by
WHERE {_IN_SCOPE}
"""


async def list_stops(scope: Scope, grant_ids: Sequence[int]) -> dict[int, tuple[Stop, ...]]:
    """The stops of some grants, released ones too, the earliest first; a grant without one has no place in it."""
    found = defaultdict[int, list[Stop]](list)
    for row in await fetch(f"{_STOPS} AND s.grant_id = ANY($2) ORDER BY s.id", scope_ids(scope), list(grant_ids)):
        found[row["grant_id"]].append(Stop(**dict(row)))
    return {grant_id: tuple(stops) for grant_id, stops in found.items()}


async def find_stop(scope: Scope, grant: Grant) -> Stop | None:
    """The stop that stands on a grant, None when it may be paid."""
    if grant.stopped_on is None:
        return None
    return next((stop for stop in (await list_stops(scope, [grant.id])).get(grant.id, ()) if stop.stands), None)
