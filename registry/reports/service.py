"""Writes of reports: demanded with a decision or later, and each step that is taken with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import asyncpg

from registry.core.access import Permission, Scope
from registry.core.errors import N_, RegistryError, RuleError
from registry.database import fetch, fetch_row
from registry.documents.sheet import SheetErrors
from registry.funders.service import OtherFunderError, demand_funder
from registry.grants.demands import check_demand
from registry.grants.queries import UnknownGrantError
from registry.grants.schemas import DemandedReport, grant_number, parse_grant_number
from registry.grants.service import insert_demand
from registry.imports import Imported, Source, importing, refuse
from registry.parties.service import demand
from registry.reports.queries import UnknownReportError
from registry.reports.rules import StepNotPossibleError, allowed_events, check_step, next_state
from registry.reports.schemas import (
    STATE_TITLES,
    EventDetails,
    ReportEvent,
    ReportState,
    parse_report_number,
    report_number,
)
from registry.tables.reports import ReportEvent as EventRow
from registry.texts import Later
from registry.trail import recording


class ReportExistsError(RegistryError):
    """The same report twice."""

    code = "report-exists"
    message = N_("The grant already demands that report with the same day, as %(report)s.")


async def demand_report(scope: Scope, number: str, demanded: DemandedReport, *, demanded_on: date | None = None) -> int:
    """Demand a report of a grant of one's own funder, today unless `demanded_on` says when. Returns its id.

    Raises: UnknownGrantError, OtherFunderError, RuleError, ReportExistsError.
    """
    demand(scope, Permission.REPORTS_REGISTER)
    async with recording(scope) as unit:
        grant = await fetch_row(
            "SELECT id, funder_id, decided_on FROM funding_grant WHERE id = $1", parse_grant_number(number) or 0
        )
        if grant is None:
            raise UnknownGrantError(field="grant", grant=number[:40])
        demand_funder(scope, grant["funder_id"])
        day = demanded_on or unit.today
        _check_day(day, grant["decided_on"], unit.today)
        check_demand(demanded, demanded_on=day)
        twin = await _find_twin(grant["id"], demanded)
        if twin is not None:
            raise ReportExistsError(field="due_on", report=report_number(twin))
        return await insert_demand(unit, unit.enter("reports:report:demand"), grant["id"], demanded, demanded_on=day)


def _check_day(day: date, decided_on: date, today: date) -> None:
    if day < decided_on:
        raise RuleError(
            field="demanded_on",
            message=N_("A report can't be demanded before the decision of %(day)s."),
            day=decided_on,
        )
    if day > today:
        raise RuleError(field="demanded_on", message=N_("The date can't be after today."))


async def _find_twin(grant_id: int, demanded: DemandedReport) -> int | None:
    row = await fetch_row(
        "SELECT id FROM report WHERE grant_id = $1 AND kind = $2 AND title = $3 AND due_on = $4",
        grant_id, demanded.kind.value, demanded.title, demanded.due_on,
    )  # fmt: skip
    return row["id"] if row else None


async def register_event(scope: Scope, number: str, step: EventDetails) -> None:
    """Register a step of a report: that it came, was reviewed, approved, returned and so on.

    Raises: UnknownReportError, OtherFunderError, StepNotPossibleError, RefusedStepError.
    """
    demand(scope, Permission.REPORTS_REGISTER)
    async with recording(scope) as unit:
        report = await _report(number)
        demand_funder(scope, report["funder_id"])
        state = ReportState(report["state"])
        if step.event not in allowed_events(state):
            raise StepNotPossibleError(field="event", state=Later(STATE_TITLES[state]))
        check_step(step, due_on=report["due_on"], not_before=report["last_on"], today=unit.today)
        await unit.insert(
            unit.enter(
                "reports:report:event", event=step.event.value, **({"reason": step.reason} if step.reason else {})
            ),
            EventRow,
            accounting_report_id=report["id"],
            event=step.event.value,
            happened_on=step.happened_on,
            state=next_state(step.event, state, ever_received=report["ever_received"]).value,
            due_on=step.due_on or report["due_on"],
            reference=step.reference,
            reason=step.reason,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )


async def _report(number: str) -> asyncpg.Record:
    row = await fetch_row(
        "SELECT r.id, g.funder_id, coalesce(e.state, 'due') AS state, coalesce(e.due_on, r.due_on) AS due_on,"
        " coalesce(e.happened_on, r.demanded_on) AS last_on,"
        " EXISTS (SELECT 1 FROM report_event y WHERE y.accounting_report_id = r.id AND y.event = $2)"
        " AS ever_received"
        " FROM report r JOIN funding_grant g ON g.id = r.grant_id LEFT JOIN LATERAL ("
        "  SELECT * FROM report_event x WHERE x.accounting_report_id = r.id ORDER BY x.id DESC LIMIT 1) e ON true"
        " WHERE r.id = $1",
        parse_report_number(number) or 0,
        ReportEvent.RECEIVED.value,
    )
    if row is None:
        raise UnknownReportError(field="report", report=number[:40])
    return row


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row of an import file: the grant by its number, or by funder, dnr and recipient."""

    grant: str
    funder: str
    dnr: str
    recipient: str
    demanded: DemandedReport
    demanded_on: date | None


class NoGrantError(RegistryError):
    """The row names no grant."""

    code = "unknown-grant"
    status = 400
    message = N_("There is no such grant. Name it by its number, or by funder, dnr and recipient.")


async def import_reports(
    scope: Scope,
    rows: Sequence[tuple[int, ReportRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
) -> Imported:
    """Demand the reports of a file, all or none; one that is already demanded is left alone.

    A report is demanded by the decision unless the file says another day. Raises: RefusedRowsError.
    """
    demand(scope, Permission.REPORTS_REGISTER)
    done = Imported()
    async with importing(scope, dry_run=dry_run) as unit:
        known = await _Known.read()
        for number, row in rows:
            try:
                grant = known.grant_of(row)
                if not scope.writes_for(grant["funder_id"]):
                    raise OtherFunderError(field="grant")
                day = row.demanded_on or grant["decided_on"]
                _check_day(day, grant["decided_on"], unit.today)
                check_demand(row.demanded, demanded_on=day)
                mark = (grant["id"], row.demanded.kind.value, row.demanded.title, row.demanded.due_on)
                if mark in known.reports:
                    done.unchanged += 1
                    continue
                known.reports.add(mark)
                done.new += 1
                if not len(errors):
                    entry = unit.enter("reports:report:demand", file=source.name, sha256=source.sha256, row=number)
                    await insert_demand(unit, entry, grant["id"], row.demanded, demanded_on=day)
            except RegistryError as error:
                errors.add_refusal(number, "due_on", error)
        refuse(errors)
    return done


@dataclass(slots=True)
class _Known:
    """The grants and the reports that there are, read once."""

    by_number: dict[str, asyncpg.Record]
    by_dnr: dict[tuple[str, str, str], asyncpg.Record]
    reports: set[tuple[int, str, str, date]]

    @classmethod
    async def read(cls) -> "_Known":
        """Read them."""
        rows = await fetch(
            "SELECT g.id, g.funder_id, g.decided_on, g.dnr, f.org_number AS funder, c.org_number AS recipient"
            " FROM funding_grant g JOIN party f ON f.id = g.funder_id JOIN party c ON c.id = g.recipient_id"
        )
        reports = await fetch("SELECT grant_id, kind, title, due_on FROM report")
        return cls(
            {grant_number(row["id"]): row for row in rows},
            {(row["funder"], row["dnr"], row["recipient"]): row for row in rows},
            {(row["grant_id"], row["kind"], row["title"], row["due_on"]) for row in reports},
        )

    def grant_of(self, row: ReportRow) -> asyncpg.Record:
        """The grant that a row names. Raises: NoGrantError."""
        find = partial(self.by_number.get, row.grant.strip().upper()) if row.grant else None
        found = find() if find else self.by_dnr.get((row.funder, row.dnr, row.recipient))
        if found is None:
            raise NoGrantError(field="grant" if row.grant else "dnr")
        return found
