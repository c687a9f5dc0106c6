"""Pages of reports: the list and its files, demanding one, and one with its steps."""

from functools import partial
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.funders.queries import get_terms
from registry.funders.service import demand_funder
from registry.grants.filters import read_filters
from registry.grants.queries import get_grant
from registry.grants.schemas import REPORT_TITLES, DemandedReport, Grant, ReportKind
from registry.reports.export import export_reports
from registry.reports.filters import STATUS_TITLES, report_filter
from registry.reports.queries import PAGE, SORTS, ReportPage, get_report, list_reports, list_steps, reports_of_grant
from registry.reports.rules import WITH_DAY, WITH_REASON, allowed_events
from registry.reports.schemas import EVENT_TITLES, PAST_TITLES, EventDetails, Report, ReportEvent, report_number
from registry.reports.service import demand_report, register_event
from registry.reports.timeline import steps_of
from registry.texts import _, describe, format_date
from registry.web.downloads import send_made
from registry.web.forms import Form, read_form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import page, query_of, redirect, with_query

PATH = "/reports"
GRANT_PATH = "/grants/{number:str}/report"
DEFAULT_SORT = "due_on"


class ReportListPages(Controller):
    """The list of reports."""

    @get(PATH, permission=Permission.REPORTS_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The list, the first due first."""
        query = query_of(request)
        filters = await read_filters(who, query)
        wanted, number = report_filter(filters), page_number(query)
        found = ReportPage([], 0)
        if not filters.errors:
            found = await list_reports(who, wanted, sort=_sort(query), offset=(number - 1) * PAGE)
        return page(
            request,
            "reports/index.html",
            status=400 if filters.errors else 200,
            found=found,
            query=query,
            funders=[(party.org_number, party.name) for party in filters.funders],
            programmes=filters.programme_options(),
            statuses=[(status, _(title)) for status, title in STATUS_TITLES.items()],
            titles={status: _(title) for status, title in STATUS_TITLES.items()},
            errors=[describe(error) for _name, error in filters.errors],
            chips=chips(PATH, query, filters.shown),
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=found.total),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, page=None)) for kind in ("xlsx", "csv")],
            reads_all=who.reads_all,
            may_register=who.may(Permission.REPORTS_REGISTER),
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.REPORTS_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as a file; the trail says that it was taken."""
        query = query_of(request)
        filters = await read_filters(who, query)
        wanted, kind = report_filter(filters), list_format(request.url.path)
        filters.demand()
        question = filters.question(sort=_sort(query))
        make = partial(export_reports, who, wanted, kind=kind, sort=_sort(query), question=question)
        return await send_made(_("reports") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind], make)


class DemandPages(Controller):
    """Demanding a report of a grant after its decision."""

    @get(GRANT_PATH, permission=Permission.REPORTS_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form."""
        grant = await get_grant(who, number)
        demand_funder(who, grant.funder_id)
        form = Form({"demanded_on": trail.today().isoformat()})
        return await _demand_page(request, who, grant, form)

    @post(GRANT_PATH, permission=Permission.REPORTS_REGISTER, status_code=200)
    async def demand(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register the demand, or give the form back."""
        form = await read_form(request)
        grant = await get_grant(who, number)
        demand_funder(who, grant.funder_id)
        kind = form.choice("kind", [kind.value for kind in ReportKind])
        title = form.text("title")
        due_on, demanded_on = form.date("due_on"), form.date("demanded_on")
        demanded = form.build(DemandedReport, kind=kind, title=title, due_on=due_on)
        if demanded is None:
            return await _demand_page(request, who, grant, form, status=400)
        try:
            report_id = await demand_report(who, grant.number, demanded, demanded_on=demanded_on)
        except RegistryError as error:
            form.add(error)
            return await _demand_page(request, who, grant, form, status=error.status)
        text = _("%(report)s is demanded. It is due on %(day)s.") % {
            "report": report_number(report_id),
            "day": format_date(demanded.due_on),
        }
        return redirect(request, f"/grants/{grant.number}#reports", text)


class ReportPages(Controller):
    """One report."""

    @get(f"{PATH}/{{number:str}}", permission=Permission.REPORTS_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """What is demanded, how far it has come, every step, and what may be done next."""
        report = await get_report(who, number)
        return await _card_page(request, who, report, Form({"happened_on": trail.today().isoformat()}))

    @post(f"{PATH}/{{number:str}}/step", permission=Permission.REPORTS_REGISTER, status_code=200)
    async def step(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register a step, or give the form back."""
        form = await read_form(request)
        report = await get_report(who, number)
        demand_funder(who, report.funder_id)
        event = form.choice("event", [event.value for event in ReportEvent])
        happened_on, due_on = form.date("happened_on"), form.date("due_on", required=False)
        reference, reason = form.text("reference"), form.text("reason", most=2000)
        step = form.build(
            EventDetails, event=event, happened_on=happened_on, due_on=due_on, reference=reference, reason=reason
        )
        if step is None:
            return await _card_page(request, who, report, form, status=400)
        try:
            await register_event(who, number, step)
        except RegistryError as error:
            form.add(error)
            return await _card_page(request, who, await get_report(who, number), form, status=error.status)
        text = _("%(report)s: %(step)s.") % {"report": report.number, "step": _(PAST_TITLES[step.event]).lower()}
        return redirect(request, f"{PATH}/{report.number}", text)


def _sort(query: dict[str, str]) -> str:
    sort = query.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


async def _demand_page(
    request: Request[Any, Any, Any], who: Scope, grant: Grant, form: Form, *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "reports/new.html",
        status=status,
        grant=grant,
        form=form,
        kinds=[(kind.value, _(title)) for kind, title in REPORT_TITLES.items()],
        reports=await reports_of_grant(who, grant.id),
        today=trail.today(),
    )


async def _card_page(
    request: Request[Any, Any, Any], who: Scope, report: Report, form: Form, *, status: int = 200
) -> Response[Any]:
    events = allowed_events(report.state)
    may_register = who.writes_for(report.funder_id) and who.may(Permission.REPORTS_REGISTER)
    return page(
        request,
        "reports/card.html",
        status=status,
        report=report,
        grant=await get_grant(who, report.grant_number),
        steps=steps_of(who, report, (await list_steps(who, [report.id])).get(report.id, ())),
        contact=(await get_terms(who, report.funder_id)).contact,
        titles={status: _(title) for status, title in STATUS_TITLES.items()},
        form=form,
        events=[(event.value, _(EVENT_TITLES[event])) for event in events] if may_register else [],
        with_day=[_(EVENT_TITLES[event]) for event in events if event in WITH_DAY],
        with_reason=[_(EVENT_TITLES[event]) for event in events if event in WITH_REASON],
        today=trail.today(),
        reads_all=who.reads_all,
    )


PAGES: list[type[Controller]] = [ReportListPages, DemandPages, ReportPages]
