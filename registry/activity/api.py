"""Activity reports over the JSON API."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import Parameter
from pydantic import BaseModel, ConfigDict, Field

from registry.activity.filters import read_filter
from registry.activity.queries import get_report, list_report_versions, list_reports
from registry.activity.rules import COUNT_MESSAGE, read_municipality
from registry.activity.schemas import MOST, Figures, Report, ReportDetails, ReportVersion, report_number
from registry.activity.service import correct_report, register_report
from registry.core.access import Permission, Scope
from registry.core.errors import FieldError
from registry.core.money import Money
from registry.parties.queries import find_filter_party
from registry.web.access import guard_api
from registry.web.api import WHOLE, Body, Cursor, Limit, PartyNumber, line, next_offset, read_offset, text
from registry.web.openapi import problems


class FiguresRecord(BaseModel):
    """What a report counts; the last four are null where nobody has reported them. `state_grant` is money."""

    model_config = ConfigDict(frozen=True)

    study_hours: int
    participant_hours: int
    unique_participants: int
    cultural_programmes: int
    other_group_hours: int
    target_group_hours: int | None
    disability_participants: int | None
    swedish_for_foreign_born: int | None
    state_grant: Money | None
    source: str
    signed_by: str
    version: int
    reason: str
    recorded_at: datetime
    trail_seq: int


class ActivityRecord(FiguresRecord):
    """An association's report of a kommun and year, with the figures in force."""

    number: str
    org_number: str
    party_number: str
    name: str
    municipality: str
    year: int


class ActivityCard(ActivityRecord):
    """A report with everything that it has said, the latest first."""

    versions: list[FiguresRecord]


class ActivityList(BaseModel):
    """A page of reports."""

    model_config = ConfigDict(frozen=True)

    items: list[ActivityRecord]
    next_cursor: str | None
    total: int


KOMMUN = r"^[A-ZÅÄÖa-zåäöéü]+([ -][A-ZÅÄÖa-zåäöéü]+)*$"
Whole = Annotated[int, Field(ge=0, le=MOST, description=COUNT_MESSAGE), WHOLE]


class FiguresBody(Body):
    """The figures to register."""

    study_hours: Whole
    participant_hours: Whole
    unique_participants: Whole
    cultural_programmes: Whole
    other_group_hours: Whole
    target_group_hours: Whole | None = None
    disability_participants: Whole | None = None
    swedish_for_foreign_born: Whole | None = None
    state_grant: Money | None = None
    source: Annotated[str, line(200)]
    signed_by: Annotated[str, line(200, filled=False)] = ""


class ActivityBody(FiguresBody):
    """A new report. `municipality` is the kommun's name, such as `Ludvika`."""

    org_number: Annotated[str, line(40)]
    municipality: Annotated[str, Field(max_length=80, pattern=KOMMUN)]
    year: Annotated[int, Field(ge=1990, le=2100), WHOLE]


class ActivityCorrectionBody(FiguresBody):
    """New figures of a report, all of them, and why."""

    reason: Annotated[str, text(2000, filled=True)]


HEAD = frozenset({"org_number", "municipality", "year", "reason"})


def _figures(data: FiguresBody) -> Figures:
    return Figures(**data.model_dump(exclude=set(HEAD)))


def _said(version: Report | ReportVersion) -> dict[str, Any]:
    """The fields of `FiguresRecord`."""
    return {
        **{name: getattr(version.figures, name) for name in Figures.model_fields},
        "version": version.version,
        "reason": version.reason,
        "recorded_at": version.recorded_at,
        "trail_seq": version.seq,
    }


def to_record(report: Report) -> dict[str, Any]:
    """The fields of `ActivityRecord`."""
    return {
        **_said(report),
        "number": report.number,
        "org_number": report.party_org_number,
        "party_number": report.party_number,
        "name": report.party_name,
        "municipality": report.municipality,
        "year": report.year,
    }


async def _card(who: Scope, number: str) -> ActivityCard:
    report = await get_report(who, number)
    versions = [FiguresRecord(**_said(version)) for version in await list_report_versions(who, report.id)]
    return ActivityCard(**to_record(report), versions=versions)


def _municipality(name: str) -> str:
    try:
        return read_municipality(name)
    except ValueError as error:
        raise FieldError(field="municipality", message=str(error)) from None


class ActivityApi(Controller):
    """Activity reports."""

    path = "/api/v1/activity"
    tags = ("activity",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.ACTIVITY_VIEW,
        operation_id="listActivityReports",
        summary="Activity reports, the latest year first",
        responses=problems(400, 404),
    )
    async def index(
        self,
        who: Scope,
        party: PartyNumber = None,
        municipality: Annotated[str | None, Parameter(description="A kommun's name.", max_length=80)] = None,
        year: Annotated[int | None, Parameter(description="The year of the activity.", ge=1990, le=2100)] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> ActivityList:
        """A page of the reports that the user may see."""
        given = {"party": party, "municipality": municipality, "year": str(year) if year is not None else None}
        asked, wanted = await read_filter(who, {name: value for name, value in given.items() if value})
        asked.demand()
        offset = read_offset(cursor)
        found = await list_reports(who, wanted, offset=offset, limit=limit)
        return ActivityList(
            items=[ActivityRecord(**to_record(report)) for report in found.items],
            next_cursor=next_offset(offset, len(found.items), found.total),
            total=found.total,
        )

    @get(
        "/{number:str}",
        permission=Permission.ACTIVITY_VIEW,
        operation_id="getActivityReport",
        summary="One report with its versions",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> ActivityCard:
        """One report by its number, such as `V-17`."""
        return await _card(who, number)

    @post(
        "/",
        permission=Permission.ACTIVITY_REGISTER,
        operation_id="registerActivityReport",
        summary="Register an association's report of a kommun and year",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def create(self, request: Request[Any, Any, Any], who: Scope, data: ActivityBody) -> ActivityCard:
        """Register a report. A second one of the same association, kommun and year is refused: correct the first."""
        del request
        party_id = await find_filter_party(who, data.org_number, field="org_number")
        assert party_id is not None  # noqa: S101 - the body demands one
        details = ReportDetails(municipality=_municipality(data.municipality), year=data.year, figures=_figures(data))
        return await _card(who, report_number(await register_report(who, party_id, details)))

    @post(
        "/{number:str}/versions",
        permission=Permission.ACTIVITY_REGISTER,
        operation_id="correctActivityReport",
        summary="Correct a report by a new version",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def correct(
        self, request: Request[Any, Any, Any], who: Scope, number: str, data: ActivityCorrectionBody
    ) -> ActivityCard:
        """Register new figures with the reason; the earlier version stays readable."""
        del request
        report = await get_report(who, number)
        await correct_report(who, report.number, _figures(data), reason=data.reason)
        return await _card(who, report.number)


API: list[type[Controller]] = [ActivityApi]
