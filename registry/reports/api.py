"""Reports over the JSON API."""

from datetime import date, datetime
from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import Parameter
from pydantic import BaseModel, ConfigDict, Field

from registry.core.access import Permission, Scope
from registry.grants.api import find_funder, find_programme
from registry.grants.queries import get_grant
from registry.grants.schemas import DemandedReport, ReportKind
from registry.parties.queries import find_filter_party
from registry.reports.queries import SORTS, ReportFilter, get_report, list_reports, list_steps
from registry.reports.schemas import EventDetails, Report, ReportEvent, ReportState, Step, report_number
from registry.reports.service import demand_report, register_event
from registry.web.access import guard_api
from registry.web.api import (
    Body,
    Cursor,
    Day,
    First,
    Last,
    Limit,
    PartyNumber,
    line,
    next_offset,
    read_day,
    read_offset,
    text,
)
from registry.web.openapi import problems


class StepRecord(BaseModel):
    """A step of a report; `state` and `due_on` are as they stood after it."""

    model_config = ConfigDict(frozen=True)

    event: ReportEvent
    happened_on: date
    state: ReportState
    due_on: date
    reference: str
    reason: str
    recorded_at: datetime
    trail_seq: int


class ReportRecord(BaseModel):
    """A report: what is demanded and how far it has come. A person's number is masked."""

    model_config = ConfigDict(frozen=True)

    number: str
    grant: str
    funder: str
    programme: str
    recipient: str
    recipient_number: str
    recipient_name: str
    dnr: str
    kind: ReportKind
    title: str
    demanded_on: date
    first_due_on: date
    due_on: date
    state: ReportState
    overdue: bool
    last_on: date | None
    reference: str
    recorded_at: datetime
    trail_seq: int


class ReportCard(ReportRecord):
    """A report with its steps."""

    events: list[StepRecord]


class ReportList(BaseModel):
    """A page of reports."""

    model_config = ConfigDict(frozen=True)

    items: list[ReportRecord]
    next_cursor: str | None
    total: int


class DemandBody(Body):
    """A report to demand of a grant; `title` where the kind doesn't say enough, `demanded_on` today unless said."""

    grant: Annotated[str, line(40)]
    kind: ReportKind = Field(strict=False)
    title: Annotated[str, line(200, filled=False)] = ""
    due_on: Day = Field(strict=False)
    demanded_on: Day | None = Field(default=None, strict=False)


class EventBody(Body):
    """A step of a report. `due_on` and `reason` are needed where it is returned or given more time."""

    event: ReportEvent = Field(strict=False)
    happened_on: Day = Field(strict=False)
    due_on: Day | None = Field(default=None, strict=False)
    reference: Annotated[str, line(200, filled=False)] = ""
    reason: Annotated[str, text(2000)] = ""


def to_record(report: Report) -> dict[str, object]:
    """The fields of `ReportRecord`."""
    return {
        "number": report.number,
        "grant": report.grant_number,
        "funder": report.funder_org_number,
        "programme": report.programme_code,
        "recipient": report.recipient_org_number,
        "recipient_number": f"P-{report.recipient_id}",
        "recipient_name": report.recipient_name,
        "dnr": report.dnr,
        "kind": report.kind,
        "title": report.shown_title,
        "demanded_on": report.demanded_on,
        "first_due_on": report.first_due_on,
        "due_on": report.due_on,
        "state": report.state,
        "overdue": report.overdue,
        "last_on": report.last_on,
        "reference": report.reference,
        "recorded_at": report.recorded_at,
        "trail_seq": report.seq,
    }


def _step(step: Step) -> StepRecord:
    values = step.model_dump(exclude={"recorded_by", "seq"})
    return StepRecord(**values, trail_seq=step.seq)


async def _card(who: Scope, number: str) -> ReportCard:
    report = await get_report(who, number)
    steps = (await list_steps(who, [report.id])).get(report.id, ())
    return ReportCard.model_validate({**to_record(report), "events": [_step(step) for step in steps]})


class ReportApi(Controller):
    """Reports."""

    path = "/api/v1/reports"
    tags = ("reports",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.REPORTS_VIEW,
        operation_id="listReports",
        summary="Reports that grants demand, the first due first",
        responses=problems(400, 404),
    )
    async def index(
        self,
        who: Scope,
        funder: PartyNumber = None,
        programme: Annotated[str | None, Parameter(description="A programme's code.", max_length=30)] = None,
        recipient: PartyNumber = None,
        grant: Annotated[str | None, Parameter(description="A grant's number, such as `B-12`.", max_length=40)] = None,
        year: Annotated[int | None, Parameter(description="The grant's budget year.", ge=1990, le=2100)] = None,
        status: Literal["overdue", "due", "received", "in_review", "returned", "approved", "waived"] | None = None,
        first: First = None,
        last: Last = None,
        sort: Literal["due_on", "-due_on", "number", "-number"] = "due_on",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> ReportList:
        """A page of the reports that the user may see; `from` and `to` are of the day that each is due."""
        assert sort.removeprefix("-") in SORTS  # noqa: S101 - the annotation says so
        funder_id = await find_funder(who, funder)
        wanted = ReportFilter(
            funder_id=funder_id,
            programme_id=await find_programme(who, programme, funder_id=funder_id),
            recipient_id=await find_filter_party(who, recipient, field="recipient"),
            grant_id=(await get_grant(who, grant)).id if grant else None,
            status=status,
            first=read_day(first, field="from"),
            last=read_day(last, field="to"),
            year=year,
        )
        offset = read_offset(cursor)
        found = await list_reports(who, wanted, sort=sort, offset=offset, limit=limit)
        return ReportList(
            items=[ReportRecord.model_validate(to_record(report)) for report in found.items],
            next_cursor=next_offset(offset, len(found.items), found.total),
            total=found.total,
        )

    @get(
        "/{number:str}",
        permission=Permission.REPORTS_VIEW,
        operation_id="getReport",
        summary="One report with its steps",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> ReportCard:
        """One report by its number, such as `D-12`."""
        return await _card(who, number)

    @post(
        "/",
        permission=Permission.REPORTS_REGISTER,
        operation_id="demandReport",
        summary="Demand a report of a grant",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def create(self, who: Scope, data: DemandBody) -> ReportCard:
        """Demand a report. The same kind, title and day again is refused."""
        demanded = DemandedReport(kind=data.kind, title=data.title.strip(), due_on=data.due_on)
        report_id = await demand_report(who, data.grant, demanded, demanded_on=data.demanded_on)
        return await _card(who, report_number(report_id))

    @post(
        "/{number:str}/events",
        permission=Permission.REPORTS_REGISTER,
        operation_id="registerReportEvent",
        summary="Register a step of a report",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def event(self, who: Scope, number: str, data: EventBody) -> ReportCard:
        """It came, was reviewed, approved, returned, given more time, isn't needed, or is opened again."""
        step = EventDetails(
            event=data.event,
            happened_on=data.happened_on,
            due_on=data.due_on,
            reference=data.reference.strip(),
            reason=data.reason.strip(),
        )
        await register_event(who, number, step)
        return await _card(who, number)


API: list[type[Controller]] = [ReportApi]
