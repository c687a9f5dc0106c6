"""What an allocation reads: who takes part, with earlier grants and activity, and who is left out and why.

An association has its standing on the day of decision; what was merged into it by then brings its grants and activity.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg

from registry.activity.queries import read_activity
from registry.activity.schemas import Figures
from registry.activity.schemas import Measure as Reported
from registry.allocations.rules import Activity, Candidate
from registry.allocations.schemas import Definition, Frozen, Measure
from registry.core.access import Scope
from registry.core.errors import N_
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.database import fetch, snapshot
from registry.parties.queries import get_party
from registry.parties.schemas import PartyKind
from registry.parties.statuses import DatedStatus, Status, read_statuses, status_on
from registry.programmes.schemas import Programme, ProgrammeKind
from registry.texts import _, format_date, format_number, sort_key

REASONS = {
    "closed": N_("closed since %(day)s"),
    "without_state_grants": N_("without state grants since %(day)s, and the rule asks for them"),
    "merged": N_("part of %(other)s since %(day)s"),
    "nothing": N_("no activity and no earlier grant in the years that the rule reads"),
    "other_kind": N_("not a study association"),
    "hours": N_("%(reached)s study hours; the rule asks for %(needed)s"),
    "municipalities": N_("active in %(reached)s kommuner; the rule asks for %(needed)s"),
}
"""Why an association gets no share, by code."""


class ActivityRow(Frozen):
    """What an association, or one merged into it (`reported_by`), did in a kommun in a year; nothing reported is 0."""

    year: int
    municipality: str
    reported_by: str = ""
    counts: dict[Measure, int]


class Association(Frozen):
    """Someone who may take part. `previous` are grants by year, those of merged associations too."""

    party_id: int
    org_number: str
    name: str
    status: Status
    inherits: tuple[str, ...] = ()
    previous: dict[int, Money]
    activity: tuple[ActivityRow, ...]


class LeftOut(Frozen):
    """Someone who gets no share; `reason` is a code of `REASONS`, the rest its data."""

    party_id: int
    org_number: str
    name: str
    reason: str
    day: date | None = None
    other: str = ""
    needed: int = 0
    reached: int = 0

    @property
    def text(self) -> str:
        """Why, in the reader's language."""
        return _(REASONS[self.reason]) % {
            "day": format_date(self.day),
            "other": self.other,
            "needed": format_number(self.needed),
            "reached": format_number(self.reached),
        }


class Inputs(Frozen):
    """All that an allocation reads. `municipality` is the kommun whose activity counts, empty for all of them."""

    programme: str
    funder: str
    year: int
    eligible_on: date
    municipality: str
    associations: tuple[Association, ...]
    left_out: tuple[LeftOut, ...]

    def candidates(self) -> list[Candidate]:
        """The associations as the division takes them."""
        return [_candidate(one) for one in self.associations]


def _candidate(one: Association) -> Candidate:
    activity = defaultdict[int, list[Activity]](list)
    for row in one.activity:
        activity[row.year].append(Activity(row.municipality, row.counts))
    previous = {year: int(amount) for year, amount in one.previous.items()}
    return Candidate(one.party_id, one.name, one.org_number, sort_key(one.name), previous, activity)


def years_read(definition: Definition, year: int) -> tuple[list[int], list[int]]:
    """The years whose grants and whose activity a rule reads; last year's grants are always read, to compare with."""
    grants, activity = {year - 1}, {year - definition.activity_lag}
    for part in definition.parts:
        years = definition.activity_years(year, part)
        (grants if part.measure is Measure.PREVIOUS_GRANTS else activity).update(years)
    return sorted(grants), sorted(activity)


async def read_inputs(
    scope: Scope, programme: Programme | None, *, year: int, definition: Definition, eligible_on: date
) -> Inputs:
    """Read what a division needs. Without a programme: all study associations, grants of all their programmes.

    With a kommun's programme the activity in that kommun counts, otherwise that of all kommuner.
    """
    grant_years, activity_years = years_read(definition, year)
    async with snapshot():
        municipality = await _municipality(scope, programme)
        parties = {row["id"]: row for row in await fetch(_PARTIES)}
        grants = await _grants(programme, grant_years)
        reports = await read_activity(scope, activity_years, municipality=municipality)
        statuses = await read_statuses(scope)
    gathered = _Gathered(parties, eligible_on)
    for party_id, granted_in, amount in grants:
        gathered.add_grant(party_id, granted_in, amount)
    for party_id, reported_in, kommun, figures in reports:
        gathered.add_report(party_id, reported_in, kommun, figures)
    associations, left_out = gathered.sort_out(definition, statuses, only_with_something=programme is not None)
    return Inputs(
        programme=programme.code if programme else "",
        funder=programme.funder_org_number if programme else "",
        year=year,
        eligible_on=eligible_on,
        municipality=municipality,
        associations=tuple(associations),
        left_out=tuple(left_out),
    )


_PARTIES = """
SELECT p.id, p.kind, p.name, p.sort_key, p.org_number, p.successor_id, p.merged_on FROM party p
WHERE p.kind = 'study_association' OR EXISTS (
  SELECT 1 FROM funding_grant g JOIN programme m ON m.id = g.programme_id
  WHERE g.recipient_id = p.id AND m.kind = 'study_associations')
OR EXISTS (SELECT 1 FROM party s WHERE s.successor_id = p.id)
ORDER BY p.sort_key, p.org_number, p.id
"""
_GRANTS = """
SELECT g.recipient_id, g.year, sum(b.granted_ore)::bigint AS granted
FROM funding_grant g JOIN grant_balance b ON b.grant_id = g.id JOIN programme m ON m.id = g.programme_id
WHERE g.year = ANY($1) AND CASE WHEN $2::bigint IS NULL THEN m.kind = $3 ELSE m.id = $2 END
GROUP BY 1, 2 HAVING sum(b.granted_ore) > 0 ORDER BY 1, 2
"""


async def _municipality(scope: Scope, programme: Programme | None) -> str:
    """The kommun whose activity counts for a programme, by the funder's own particulars."""
    if programme is None:
        return ""
    funder = await get_party(scope, programme.funder_id)
    if funder.kind is not PartyKind.KOMMUN:
        return ""
    return funder.municipality or funder.name.removesuffix(" kommun")


async def _grants(programme: Programme | None, years: Sequence[int]) -> list[tuple[int, int, int]]:
    programme_id = programme.id if programme else None
    rows = await fetch(_GRANTS, list(years), programme_id, ProgrammeKind.STUDY_ASSOCIATIONS.value)
    return [(row["recipient_id"], row["year"], row["granted"]) for row in rows]


class _Gathered:
    """Grants and activity of the parties, each with the one that it belongs to on the day."""

    def __init__(self, parties: Mapping[int, asyncpg.Record], day: date) -> None:
        self._parties = parties
        self._day = day
        self._previous = defaultdict[int, dict[int, int]](lambda: defaultdict(int))
        self._activity = defaultdict[int, list[ActivityRow]](list)
        self._inherits = defaultdict[int, dict[int, str]](dict)
        self._brings = set[int]()

    def add_grant(self, party_id: int, year: int, amount_ore: int) -> None:
        """Take in what somebody was granted in a year."""
        self._previous[self._heir(party_id)][year] += amount_ore

    def add_report(self, party_id: int, year: int, municipality: str, figures: Figures) -> None:
        """Take in what somebody reported of a kommun and year."""
        heir = self._heir(party_id)
        name = self._parties[party_id]["name"] if heir != party_id else ""
        counts = {Measure(one.value): getattr(figures, one.value) or 0 for one in Reported}
        row = ActivityRow(year=year, municipality=municipality, reported_by=name, counts=counts)
        self._activity[heir].append(row)

    def _heir(self, party_id: int) -> int:
        """Who a party has become by the day; what a predecessor brings is noted."""
        self._brings.add(party_id)
        heir = party_id
        while (party := self._parties[heir])["successor_id"] is not None and party["merged_on"] <= self._day:
            heir = party["successor_id"]
        if heir != party_id:
            self._inherits[heir][party_id] = self._parties[party_id]["name"]
        return heir

    def sort_out(
        self, definition: Definition, statuses: Mapping[int, Sequence[DatedStatus]], *, only_with_something: bool
    ) -> tuple[list[Association], list[LeftOut]]:
        """Who takes part, and who doesn't and why. A merged party that brings nothing isn't worth a line."""
        associations, left_out = [], []
        for party_id, party in self._parties.items():
            standing = status_on(statuses.get(party_id, ()), self._day)
            out = self._left_out(party, standing, definition, only_with_something=only_with_something)
            if out is None:
                associations.append(self._association(party, standing))
            elif party_id in self._brings or out.reason not in ("merged", "other_kind"):
                left_out.append(out)
        return associations, left_out

    def _left_out(
        self, party: asyncpg.Record, standing: DatedStatus | None, definition: Definition, *, only_with_something: bool
    ) -> LeftOut | None:
        heir = self._parties.get(party["successor_id"] or 0)
        problem = standing_problem(
            party, standing, day=self._day, successor=heir["name"] if heir else "", definition=definition
        )
        has_something = party["id"] in self._previous or party["id"] in self._activity
        if problem is None and only_with_something and not has_something:
            return LeftOut(**_who(party), reason="nothing")
        return problem

    def _association(self, party: asyncpg.Record, standing: DatedStatus | None) -> Association:
        party_id = party["id"]
        return Association(
            party_id=party_id,
            org_number=mask_org_number(party["org_number"]),
            name=party["name"],
            status=standing.status if standing else Status.ACTIVE,
            inherits=tuple(self._inherits.get(party_id, {}).values()),
            previous={year: Money(amount) for year, amount in sorted(self._previous.get(party_id, {}).items())},
            activity=tuple(self._activity.get(party_id, ())),
        )


def standing_problem(
    party: asyncpg.Record, standing: DatedStatus | None, *, day: date, successor: str, definition: Definition
) -> LeftOut | None:
    """Why a party may not take part on a day, or None: merged, of another kind, closed, or without state grants."""
    if party["successor_id"] is not None and party["merged_on"] <= day:
        return LeftOut(**_who(party), reason="merged", day=party["merged_on"], other=successor)
    if party["kind"] != PartyKind.STUDY_ASSOCIATION:
        return LeftOut(**_who(party), reason="other_kind")
    status = standing.status if standing else Status.ACTIVE
    since = standing.valid_from if standing else None
    if status is Status.CLOSED:
        return LeftOut(**_who(party), reason="closed", day=since)
    if status is Status.WITHOUT_STATE_GRANTS and definition.needs_state_grant:
        return LeftOut(**_who(party), reason="without_state_grants", day=since)
    return None


def _who(party: asyncpg.Record) -> dict[str, Any]:
    return {"party_id": party["id"], "org_number": mask_org_number(party["org_number"]), "name": party["name"]}
