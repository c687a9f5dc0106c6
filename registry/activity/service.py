"""Writes of activity reports: register, correct by a new version, and import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from registry.activity.queries import UnknownReportError, to_figures
from registry.activity.rules import check_report, refuse_personal
from registry.activity.schemas import Figures, Measure, ReportDetails, parse_report_number, report_number
from registry.core.access import Permission, Scope
from registry.core.errors import N_, FieldError, RegistryError, RuleError
from registry.core.numbers import mask_org_number, normalise_org_number
from registry.database import fetch, fetch_row
from registry.documents.sheet import SheetErrors
from registry.imports import Imported, Source, importing, refuse
from registry.parties.queries import UnknownPartyError
from registry.parties.schemas import PartyKind
from registry.parties.service import demand
from registry.tables import activity as tables
from registry.texts import _, sort_key
from registry.trail import Entry, Recording, recording


class ReportExistsError(RegistryError):
    """There is a report of that association, kommun and year."""

    code = "activity-report-exists"
    message = N_(
        "%(municipality)s %(year)s is already reported for this association, as %(report)s."
        " Correct that report instead."
    )


class NotAStudyAssociationError(RuleError):
    """Only study associations report activity."""

    code = "not-an-association"
    message = N_("%(party)s is not a study association, and only they report activity.")


class ReporterMergedError(RuleError):
    """The association was part of another before the year began."""

    code = "recipient-merged"
    message = N_("%(party)s was merged into another party on %(day)s. Report the year for the successor instead.")


class SameFiguresError(RuleError):
    """A correction that corrects nothing."""

    code = "nothing-corrected"
    message = N_("These are the figures that are registered already. Change what is to be corrected.")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row of an import file. `given` are its figures by field; a field that the file has no column for is missing."""

    org_number: str
    municipality: str
    year: int
    given: Mapping[str, Any]


async def register_report(scope: Scope, party_id: int, details: ReportDetails) -> int:
    """Register an association's figures of a kommun and year. Returns the report's id.

    Raises: InvalidInputError, UnknownPartyError, NotAStudyAssociationError, ReporterMergedError, ReportExistsError.
    """
    demand(scope, Permission.ACTIVITY_REGISTER)
    async with recording(scope) as unit:
        check_report(details, today=unit.today)
        party = await fetch_row("SELECT id, name, kind, merged_on FROM party WHERE id = $1", party_id)
        _check_party(party, details.year)
        existing = await fetch_row(
            "SELECT id FROM activity_report WHERE party_id = $1 AND municipality_key = $2 AND year = $3",
            party_id,
            sort_key(details.municipality),
            details.year,
        )
        if existing is not None:
            raise ReportExistsError(
                field="municipality",
                municipality=details.municipality,
                year=details.year,
                report=report_number(existing["id"]),
            )
        return await _insert(unit, unit.enter("activity:report:register"), party_id, details)


async def correct_report(scope: Scope, number: str, figures: Figures, *, reason: str) -> int:
    """Register new figures of a report, with the reason; the earlier version stays readable. Returns the version.

    Raises: InvalidInputError, UnknownReportError, SameFiguresError, FieldError for a missing reason.
    """
    demand(scope, Permission.ACTIVITY_REGISTER)
    async with recording(scope) as unit:
        row = await fetch_row(
            "SELECT r.municipality, r.year, v.* FROM activity_report r JOIN activity_version v ON v.report_id = r.id"
            " WHERE r.id = $1 ORDER BY v.version DESC LIMIT 1",
            parse_report_number(number) or 0,
        )
        if row is None:
            raise UnknownReportError(field="report", report=number[:40])
        details = ReportDetails(municipality=row["municipality"], year=row["year"], figures=figures)
        check_report(details, today=unit.today)
        _check_reason(reason)
        if to_figures(row) == figures:
            raise SameFiguresError
        version = row["version"] + 1
        entry = unit.enter("activity:report:correct", reason=reason)
        await _insert_version(unit, entry, row["report_id"], version, figures, reason)
        return int(version)


async def import_reports(
    scope: Scope,
    rows: Sequence[tuple[int, ReportRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
) -> Imported:
    """Register the reports of a file, all or none; a row that says something new becomes a new version.

    Raises: RefusedRowsError.
    """
    demand(scope, Permission.ACTIVITY_REGISTER)
    done = Imported()
    async with importing(scope, dry_run=dry_run) as unit:
        known = await _Known.read(unit.today)
        reason = _("The file %(file)s has other figures.") % {"file": source.name}
        entry: Entry | None = None
        for number, row in rows:
            try:
                party_id, details = known.take(number, row)
                before = known.before(party_id, details)
            except RegistryError as error:
                errors.add_refusal(number, "org_number", error)
                continue
            if before is not None and to_figures(before) == details.figures:
                done.unchanged += 1
                continue
            done.new += before is None
            done.changed += before is not None
            if len(errors):
                continue
            entry = entry or unit.enter("activity:import", file=source.name, sha256=source.sha256)
            if before is None:
                await _insert(unit, entry, party_id, details)
            else:
                await _insert_version(unit, entry, before["report_id"], before["version"] + 1, details.figures, reason)
        refuse(errors)
    return done


class _Known:
    """What an import needs to know, read once."""

    def __init__(
        self, today: date, parties: Mapping[str, asyncpg.Record], latest: Mapping[Any, asyncpg.Record]
    ) -> None:
        self._today = today
        self._parties = parties
        self._latest = latest
        self._seen: dict[tuple[int, str, int], int] = {}

    @classmethod
    async def read(cls, today: date) -> "_Known":
        """Read parties and the figures in force."""
        parties = {row["org_number"]: row for row in await fetch("SELECT * FROM party")}
        rows = await fetch(
            "SELECT DISTINCT ON (r.id) r.party_id, r.municipality_key, r.year, v.* FROM activity_report r"
            " JOIN activity_version v ON v.report_id = r.id ORDER BY r.id, v.version DESC"
        )
        return cls(today, parties, {(row["party_id"], row["municipality_key"], row["year"]): row for row in rows})

    def take(self, number: int, row: ReportRow) -> tuple[int, ReportDetails]:
        """The row's association and what it says, with what it doesn't say as it was. Raises: RegistryError."""
        party = self._parties.get(row.org_number)
        if party is None:
            raise UnknownPartyError(field="org_number", party=mask_org_number(normalise_org_number(row.org_number)))
        _check_party(party, row.year)
        place = (party["id"], sort_key(row.municipality), row.year)
        if place in self._seen:
            raise FieldError(
                field="municipality",
                message=N_("The same association, kommun and year stand in row %(row)s too. Remove one."),
                row=self._seen[place],
            )
        self._seen[place] = number
        before = self._latest.get(place)
        kept = to_figures(before).model_dump() if before is not None else {}
        figures = Figures(**{**kept, **row.given})
        details = ReportDetails(municipality=row.municipality, year=row.year, figures=figures)
        check_report(details, today=self._today)
        return party["id"], details

    def before(self, party_id: int, details: ReportDetails) -> asyncpg.Record | None:
        """The figures in force of the same report, if there is one."""
        return self._latest.get((party_id, sort_key(details.municipality), details.year))


def _check_party(party: asyncpg.Record | None, year: int) -> None:
    if party is None:
        raise UnknownPartyError(field="party", party="")
    if party["kind"] != PartyKind.STUDY_ASSOCIATION:
        raise NotAStudyAssociationError(field="org_number", party=party["name"])
    if party["merged_on"] is not None and date(year, 1, 1) >= party["merged_on"]:
        raise ReporterMergedError(field="org_number", party=party["name"], day=party["merged_on"])


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleError(field="reason", message=N_("Write why the figures are corrected."))
    try:
        refuse_personal(reason)
    except ValueError as error:
        raise FieldError(field="reason", message=str(error)) from None


async def _insert(unit: Recording, entry: Entry, party_id: int, details: ReportDetails) -> int:
    report_id = await unit.insert(
        entry,
        tables.ActivityReport,
        party_id=party_id,
        municipality=details.municipality,
        municipality_key=sort_key(details.municipality),
        year=details.year,
    )
    await _insert_version(unit, entry, report_id, 1, details.figures, "")
    return report_id


async def _insert_version(
    unit: Recording, entry: Entry, report_id: int, version: int, figures: Figures, reason: str
) -> None:
    values = figures.model_dump(exclude={Measure.STATE_GRANT.value})
    await unit.insert(
        entry,
        tables.ActivityVersion,
        report_id=report_id,
        version=version,
        state_grant_ore=None if figures.state_grant is None else int(figures.state_grant),
        reason=reason,
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
        **values,
    )
