"""Reads of activity reports: lists, versions, and the figures that allocations divide by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from registry.activity.schemas import ALWAYS, Figures, Measure, Report, ReportVersion, parse_report_number
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.database import fetch, fetch_one, fetch_row
from registry.texts import sort_key

PAGE = 50

SORTS = {
    "name": "p.sort_key",
    "municipality": "r.municipality_key",
    "year": "r.year",
    "study_hours": "v.study_hours",
    "participant_hours": "v.participant_hours",
    "unique_participants": "v.unique_participants",
    "cultural_programmes": "v.cultural_programmes",
    "other_group_hours": "v.other_group_hours",
}


class UnknownReportError(NotFoundError):
    """No such report, or none that this user may see."""

    code = "unknown-activity-report"
    message = N_("There is no activity report %(report)s. Check the number.")


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """What a list of reports is narrowed to. `municipality` is a name; `corrected`: only those with a later version."""

    party_id: int | None = None
    municipality: str = ""
    year: int | None = None
    corrected: bool = False
    search: str = ""


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One page of reports, how many there are in all, and the sums of all of them."""

    items: list[Report]
    total: int
    sums: Mapping[Measure, int] = field(default_factory=dict)


_FIGURES = (
    "v.study_hours, v.participant_hours, v.unique_participants, v.cultural_programmes, v.other_group_hours,"
    " v.target_group_hours, v.disability_participants, v.swedish_for_foreign_born, v.state_grant_ore, v.source,"
    " v.signed_by"
)
_SELECT = f"""
SELECT r.id, r.party_id, p.name AS party_name, p.org_number AS party_org_number, r.municipality, r.year, v.version,
       {_FIGURES}, v.reason, v.recorded_at, coalesce(u.name, '') AS recorded_by, v.seq
"""
_FROM = """
FROM activity_report r JOIN party p ON p.id = r.party_id
JOIN activity_version v ON v.report_id = r.id AND v.version = (
  SELECT max(l.version) FROM activity_version l WHERE l.report_id = r.id)
LEFT JOIN app_user u ON u.id = v.recorded_by
"""
_IN_SCOPE = "($1::bigint[] IS NULL OR r.party_id = ANY($1))"
_FILTER = (
    _IN_SCOPE
    + """ AND ($2::bigint IS NULL OR r.party_id = $2) AND ($3 = '' OR r.municipality_key = $3)
 AND ($4::int IS NULL OR r.year = $4) AND (NOT $5 OR v.version > 1)
 AND ($6 = '' OR p.sort_key LIKE '%' || $6 || '%')"""
)


def _arguments(scope: Scope, wanted: ActivityFilter) -> tuple[object, ...]:
    return (
        _ids(scope), wanted.party_id, sort_key(wanted.municipality), wanted.year, wanted.corrected,
        sort_key(wanted.search),
    )  # fmt: skip


def _ids(scope: Scope) -> list[int] | None:
    return None if scope.party_ids is None else list(scope.party_ids)


def to_figures(row: asyncpg.Record) -> Figures:
    """The figures of a row of `activity_version`."""
    values = {name: row[name] for name in Figures.model_fields if name != Measure.STATE_GRANT}
    grant = row["state_grant_ore"]
    return Figures(**values, state_grant=None if grant is None else Money(grant))


def _report(row: asyncpg.Record) -> Report:
    names = Report.model_fields.keys() - {"figures", "party_org_number"}
    return Report(
        figures=to_figures(row),
        party_org_number=mask_org_number(row["party_org_number"]),
        **{name: row[name] for name in names},
    )


async def list_reports(
    scope: Scope, wanted: ActivityFilter, *, sort: str = "-year", offset: int = 0, limit: int | None = PAGE
) -> ReportPage:
    """Reports by a filter; `sort` is a key of `SORTS`, with `-` for falling; `limit` None gives all of them."""
    key = SORTS.get(sort.removeprefix("-"), "r.year")
    direction = "DESC" if sort.startswith("-") else "ASC"
    arguments = _arguments(scope, wanted)
    rows = await fetch(
        f"{_SELECT} {_FROM} WHERE {_FILTER}"
        f" ORDER BY {key} {direction}, p.sort_key, r.municipality_key, r.year DESC, r.id LIMIT $7 OFFSET $8",
        *arguments, limit, offset,
    )  # fmt: skip
    sums = ", ".join(f"coalesce(sum(v.{measure}), 0)::bigint AS {measure}" for measure in ALWAYS)
    total = await fetch_one(f"SELECT count(*) AS total, {sums} {_FROM} WHERE {_FILTER}", *arguments)
    return ReportPage(
        [_report(row) for row in rows], total["total"], {measure: total[measure.value] for measure in ALWAYS}
    )


async def get_report(scope: Scope, number: str) -> Report:
    """One report by its number. Raises: UnknownReportError, also for one outside the scope."""
    report_id = parse_report_number(number)
    row = None
    if report_id is not None:
        row = await fetch_row(f"{_SELECT} {_FROM} WHERE {_IN_SCOPE} AND r.id = $2", _ids(scope), report_id)
    if row is None:
        raise UnknownReportError(field="report", report=number[:40])
    return _report(row)


async def list_report_versions(scope: Scope, report_id: int) -> list[ReportVersion]:
    """What a report has said, the latest first."""
    rows = await fetch(
        f"SELECT v.version, {_FIGURES}, v.reason, v.recorded_at, coalesce(u.name, '') AS recorded_by, v.seq"
        " FROM activity_version v JOIN activity_report r ON r.id = v.report_id"
        f" LEFT JOIN app_user u ON u.id = v.recorded_by WHERE {_IN_SCOPE} AND r.id = $2 ORDER BY v.version DESC",
        _ids(scope),
        report_id,
    )
    names = ReportVersion.model_fields.keys() - {"figures"}
    return [ReportVersion(figures=to_figures(row), **{name: row[name] for name in names}) for row in rows]


async def list_report_years(scope: Scope) -> list[int]:
    """The years that have reports, the latest first."""
    rows = await fetch(f"SELECT DISTINCT r.year FROM activity_report r WHERE {_IN_SCOPE} ORDER BY 1 DESC", _ids(scope))
    return [row["year"] for row in rows]


async def list_municipalities(scope: Scope) -> list[str]:
    """The kommuner that have reports, in Swedish order, each as it was first written."""
    rows = await fetch(
        "SELECT DISTINCT ON (r.municipality_key) r.municipality FROM activity_report r"
        f" WHERE {_IN_SCOPE} ORDER BY r.municipality_key, r.id",
        _ids(scope),
    )
    return [row["municipality"] for row in rows]


async def list_reporting_parties(scope: Scope) -> list[tuple[int, str]]:
    """Id and name of the associations that have reports, by name."""
    rows = await fetch(
        "SELECT p.id, p.name FROM party p"
        f" WHERE EXISTS (SELECT 1 FROM activity_report r WHERE r.party_id = p.id AND {_IN_SCOPE})"
        " ORDER BY p.sort_key, p.id",
        _ids(scope),
    )
    return [(row["id"], row["name"]) for row in rows]


@dataclass(frozen=True, slots=True)
class MissingReport:
    """An association that reported a kommun's activity the year before and not this year."""

    party_id: int
    party_name: str
    municipality: str


async def list_missing_reports(scope: Scope, year: int, *, municipality: str = "") -> list[MissingReport]:
    """Who reported the year before and hasn't reported `year`; merged associations are left out."""
    rows = await fetch(
        "SELECT r.party_id, p.name AS party_name, r.municipality"
        " FROM activity_report r JOIN party p ON p.id = r.party_id"
        f" WHERE {_IN_SCOPE} AND r.year = $2 - 1 AND p.successor_id IS NULL AND ($3 = '' OR r.municipality_key = $3)"
        " AND NOT EXISTS (SELECT 1 FROM activity_report n WHERE n.party_id = r.party_id AND n.year = $2"
        "   AND n.municipality_key = r.municipality_key)"
        " ORDER BY p.sort_key, r.municipality_key",
        _ids(scope),
        year,
        sort_key(municipality),
    )
    return [MissingReport(**dict(row)) for row in rows]


async def read_activity(
    scope: Scope, years: Sequence[int], *, municipality: str = ""
) -> list[tuple[int, int, str, Figures]]:
    """(party, year, kommun, figures in force) of some years, of one kommun or all."""
    rows = await fetch(
        f"SELECT r.party_id, r.year, r.municipality, {_FIGURES} {_FROM}"
        f" WHERE {_IN_SCOPE} AND r.year = ANY($2) AND ($3 = '' OR r.municipality_key = $3)"
        " ORDER BY r.party_id, r.year, r.municipality_key",
        _ids(scope),
        list(years),
        sort_key(municipality),
    )
    return [(row["party_id"], row["year"], row["municipality"], to_figures(row)) for row in rows]
