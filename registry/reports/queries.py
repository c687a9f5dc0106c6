"""Reads of reports: lists by filter, one with its steps, and where each stood on a day."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.numbers import mask_org_number
from registry.database import fetch, fetch_row
from registry.grants.queries import PARTY_SEARCH, scope_ids, search_texts
from registry.grants.schemas import Frozen, ReportKind
from registry.reports.schemas import (
    AWAITED,
    Report,
    ReportEvent,
    ReportState,
    Step,
    parse_report_number,
    report_number,
    report_title,
)

PAGE = 50
OVERDUE = (
    "coalesce((SELECT z.state IN ('due', 'returned') AND z.due_on < {today} FROM report_event z"
    " WHERE z.accounting_report_id = r.id ORDER BY z.id DESC LIMIT 1), r.due_on < {today})"
)
"""Whether a report `r` should have come: it is awaited, and the day that holds now is past."""

SORTS = {"due_on": "coalesce(e.due_on, r.due_on)", "number": "r.id", "recipient": "c.sort_key"}


class UnknownReportError(NotFoundError):
    """No such report, or none that this user may see."""

    code = "unknown-report"
    message = N_("There is no report %(report)s. Check the number.")


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """What a list of reports is narrowed to. `status` is a state, or `overdue`; dates are of the day it is due."""

    funder_id: int | None = None
    programme_id: int | None = None
    recipient_id: int | None = None
    grant_id: int | None = None
    status: str | None = None
    first: date | None = None
    last: date | None = None
    search: str = ""
    open: bool = False
    """Only those that are neither approved nor waived."""
    year: int | None = None
    """The budget year of the grant."""


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One page of reports, how many there are in all, and how many of all are overdue."""

    items: list[Report]
    total: int
    overdue: int = 0


_LAST = """
LEFT JOIN LATERAL (
  SELECT x.state, x.due_on, x.happened_on FROM report_event x WHERE x.accounting_report_id = r.id {until}
  ORDER BY x.id DESC LIMIT 1
) e ON true
"""
_STATE, _DUE = "coalesce(e.state, 'due')", "coalesce(e.due_on, r.due_on)"
_LATE = f"({_STATE} IN ('due', 'returned') AND {_DUE} < $2)"
_SELECT = f"""
SELECT r.id, r.grant_id, g.funder_id, f.name AS funder_name, f.org_number AS funder_org_number,
       m.code AS programme_code, m.title AS programme_title, g.recipient_id, c.name AS recipient_name,
       c.org_number AS recipient_org_number, g.dnr, r.kind, r.title, r.demanded_on, r.due_on AS first_due_on,
       {_DUE} AS due_on, {_STATE} AS state, e.happened_on AS last_on,
       coalesce((SELECT y.reference FROM report_event y WHERE y.accounting_report_id = r.id AND y.reference <> ''
                 ORDER BY y.id DESC LIMIT 1), '') AS reference,
       {_LATE} AS overdue, r.recorded_at, coalesce(u.name, '') AS recorded_by, r.seq
"""
_FROM = f"""
FROM report r JOIN funding_grant g ON g.id = r.grant_id JOIN party f ON f.id = g.funder_id
JOIN programme m ON m.id = g.programme_id JOIN party c ON c.id = g.recipient_id
LEFT JOIN app_user u ON u.id = r.recorded_by {_LAST.format(until="")}
"""
_IN_SCOPE = "($1::bigint[] IS NULL OR g.recipient_id = ANY($1))"
_FILTER = (
    _IN_SCOPE
    + f""" AND ($3::bigint IS NULL OR g.funder_id = $3) AND ($4::bigint IS NULL OR g.programme_id = $4)
 AND ($5::bigint IS NULL OR g.recipient_id = $5) AND ($6::bigint IS NULL OR r.grant_id = $6)
 AND ($7::text IS NULL OR CASE WHEN {_LATE} THEN 'overdue' ELSE {_STATE} END = $7)
 AND ($8::date IS NULL OR {_DUE} >= $8) AND ($9::date IS NULL OR {_DUE} <= $9)
 AND (NOT $10 OR {_STATE} NOT IN ('approved', 'waived'))
 AND ($13::int IS NULL OR g.year = $13)
 AND ($11 = '' OR g.recipient_id IN (SELECT s.id FROM party s WHERE """
    + PARTY_SEARCH.format(text="$11", pattern="$12")
    + "))"
)


def _arguments(scope: Scope, wanted: ReportFilter) -> tuple[object, ...]:
    return (
        scope_ids(scope), trail.today(), wanted.funder_id, wanted.programme_id, wanted.recipient_id, wanted.grant_id,
        wanted.status, wanted.first, wanted.last, wanted.open, *search_texts(wanted.search),
        wanted.year,
    )  # fmt: skip


def to_report(row: asyncpg.Record) -> Report:
    """A row as the world may see it."""
    values = dict(row)
    values["recipient_org_number"] = mask_org_number(values["recipient_org_number"])
    return Report(**{**values, "kind": ReportKind(row["kind"]), "state": ReportState(row["state"])})


async def list_reports(
    scope: Scope, wanted: ReportFilter, *, sort: str = "due_on", offset: int = 0, limit: int | None = PAGE
) -> ReportPage:
    """Reports by a filter; `sort` is a key of `SORTS`, with `-` for falling; `limit` None gives all of them."""
    key = SORTS.get(sort.removeprefix("-"), SORTS["due_on"])
    direction = "DESC" if sort.startswith("-") else "ASC"
    arguments = _arguments(scope, wanted)
    rows = await fetch(
        f"{_SELECT} {_FROM} WHERE {_FILTER} ORDER BY {key} {direction}, r.id {direction} LIMIT $14 OFFSET $15",
        *arguments, limit, offset,
    )  # fmt: skip
    sums = await fetch_row(
        f"SELECT count(*) AS total, count(*) FILTER (WHERE {_LATE}) AS overdue {_FROM} WHERE {_FILTER}", *arguments
    )
    assert sums is not None  # noqa: S101 - an aggregate has one row
    return ReportPage([to_report(row) for row in rows], sums["total"], sums["overdue"])


async def get_report(scope: Scope, number: str) -> Report:
    """One report by its number. Raises: UnknownReportError, also for one outside the scope."""
    report_id = parse_report_number(number)
    row = None
    if report_id is not None:
        row = await fetch_row(
            f"{_SELECT} {_FROM} WHERE {_IN_SCOPE} AND r.id = $3", scope_ids(scope), trail.today(), report_id
        )
    if row is None:
        raise UnknownReportError(field="report", report=number[:40])
    return to_report(row)


async def reports_of_grant(scope: Scope, grant_id: int) -> list[Report]:
    """The reports that a grant demands, the first due first."""
    return (await list_reports(scope, ReportFilter(grant_id=grant_id), limit=None)).items


async def list_steps(scope: Scope, report_ids: Sequence[int]) -> dict[int, tuple[Step, ...]]:
    """The steps of some reports, the earliest first; a report without one has no place in it."""
    found = defaultdict[int, list[Step]](list)
    for row in await fetch(
        "SELECT e.accounting_report_id AS report_id, e.event, e.happened_on, e.state, e.due_on, e.reference, e.reason,"
        " e.recorded_at, coalesce(u.name, '') AS recorded_by, e.seq FROM report_event e"
        " JOIN report r ON r.id = e.accounting_report_id"
        " JOIN funding_grant g ON g.id = r.grant_id LEFT JOIN app_user u ON u.id = e.recorded_by"
        f" WHERE {_IN_SCOPE} AND e.accounting_report_id = ANY($2) ORDER BY e.id",
        scope_ids(scope),
        list(report_ids),
    ):
        values = {**dict(row), "event": ReportEvent(row["event"]), "state": ReportState(row["state"])}
        found[values.pop("report_id")].append(Step(**values))
    return {report_id: tuple(steps) for report_id, steps in found.items()}


class StatementReport(Frozen):
    """A report as it stood on a day: `state` and `due_on` then, and whether it was late then."""

    number: str
    grant_id: int
    title: str
    due_on: date
    state: ReportState
    overdue: bool


async def list_statement_reports(scope: Scope, grant_ids: Sequence[int], day: date) -> list[StatementReport]:
    """The reports that some grants demanded by a day, as they stood at its end, by grant and day due."""
    rows = await fetch(
        f"SELECT r.id, r.grant_id, r.kind, r.title, {_DUE} AS due_on, {_STATE} AS state"
        f" FROM report r JOIN funding_grant g ON g.id = r.grant_id {_LAST.format(until='AND x.happened_on <= $3')}"
        f" WHERE {_IN_SCOPE} AND r.grant_id = ANY($2) AND r.demanded_on <= $3 ORDER BY r.grant_id, 5, r.id",
        scope_ids(scope),
        list(grant_ids),
        day,
    )
    return [
        StatementReport(
            number=report_number(row["id"]),
            grant_id=row["grant_id"],
            title=report_title(ReportKind(row["kind"]), row["title"]),
            due_on=row["due_on"],
            state=ReportState(row["state"]),
            overdue=ReportState(row["state"]) in AWAITED and row["due_on"] < day,
        )
        for row in rows
    ]
