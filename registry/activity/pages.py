"""Pages of activity reports: the list and its files, a report with its versions, registering and correcting."""

from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.activity.export import export_reports
from registry.activity.filters import read_filter, sort_of
from registry.activity.forms import (
    filled,
    party_label,
    read_association,
    read_details,
    read_figures,
    read_reason,
    suggest_associations,
)
from registry.activity.queries import (
    PAGE,
    ReportPage,
    get_report,
    list_missing_reports,
    list_municipalities,
    list_report_versions,
    list_report_years,
    list_reporting_parties,
    list_reports,
)
from registry.activity.schemas import ALWAYS, COUNTS, FURTHER, MEASURE_TITLES, Measure, Report, report_number
from registry.activity.service import correct_report, register_report
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.parties.queries import find_party
from registry.texts import _, describe
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form, read_form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import page, query_of, redirect, with_query

PATH = "/activity"


class ActivityPages(Controller):
    """The list of reports and their cards."""

    @get(PATH, permission=Permission.ACTIVITY_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The list, and who has not reported yet."""
        query = query_of(request)
        (asked, wanted), number = await read_filter(who, query), page_number(query)
        found = ReportPage([], 0)
        if not asked.errors:
            found = await list_reports(who, wanted, sort=sort_of(query), offset=(number - 1) * PAGE)
        years = await list_report_years(who)
        missing = []
        if years and who.reads_all and not asked.errors and wanted.party_id is None and not wanted.search:
            missing = await list_missing_reports(who, wanted.year or years[0], municipality=wanted.municipality)
        return page(
            request,
            "activity/index.html",
            status=400 if asked.errors else 200,
            found=found,
            query=query,
            titles={measure.value: _(title) for measure, title in MEASURE_TITLES.items()},
            years=[(str(year), str(year)) for year in years],
            municipalities=[(name, name) for name in await list_municipalities(who)],
            parties=[(f"P-{party_id}", name) for party_id, name in await list_reporting_parties(who)],
            errors=[describe(error) for _name, error in asked.errors],
            chips=chips(PATH, query, asked.shown),
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=found.total),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, page=None)) for kind in ("xlsx", "csv")],
            missing=missing,
            missing_year=wanted.year or (years[0] if years else None),
            may_register=who.may(Permission.ACTIVITY_REGISTER),
            reads_all=who.reads_all,
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.ACTIVITY_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as a file; the trail says that it was taken."""
        query = query_of(request)
        asked, wanted = await read_filter(who, query)
        asked.demand()
        kind = list_format(request.url.path)
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            question = asked.question(sort=sort_of(query))
            await export_reports(who, wanted, file, kind, sort=sort_of(query), question=question)
        except BaseException:
            file.close()
            raise
        return send_file(file, _("activity-reports") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind])

    @get(f"{PATH}/{{number:str}}", permission=Permission.ACTIVITY_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """One report: its figures in force and what it said before."""
        report = await get_report(who, number)
        return page(
            request,
            "activity/card.html",
            report=report,
            versions=await list_report_versions(who, report.id),
            measures=[(measure.value, _(MEASURE_TITLES[measure])) for measure in COUNTS],
            grant_title=_(MEASURE_TITLES[Measure.STATE_GRANT]),
            may_correct=who.may(Permission.ACTIVITY_REGISTER),
            may_audit=who.may(Permission.AUDIT_VIEW),
            reads_all=who.reads_all,
        )


class ActivityChangePages(Controller):
    """Registering and correcting a report."""

    @get(f"{PATH}/new", permission=Permission.ACTIVITY_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The form for a new report; `?party=P-3&municipality=Ludvika&year=2025` fills its head."""
        query = query_of(request)
        form = Form({"year": query.get("year", str(trail.today().year - 1))})
        form.values["municipality"] = query.get("municipality", "")
        if query.get("party"):
            try:
                form.values["party"] = party_label(await find_party(who, query["party"], field="party"))
            except RegistryError as error:
                form.add(error)
        return await _form_page(request, who, form, None)

    @post(f"{PATH}/new", permission=Permission.ACTIVITY_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Register the report, or give the form back with what is wrong."""
        form = await read_form(request)
        party, details = await read_association(who, form), read_details(form)
        if party is None or details is None:
            return await _form_page(request, who, form, None, status=400)
        try:
            report_id = await register_report(who, party.id, details)
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, None, status=error.status)
        text = _("The report of %(name)s is registered.") % {"name": party.name}
        return redirect(request, f"{PATH}/{report_number(report_id)}", text)

    @get(f"{PATH}/{{number:str}}/correct", permission=Permission.ACTIVITY_REGISTER)
    async def show_correct(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form with the figures in force."""
        report = await get_report(who, number)
        return await _form_page(request, who, filled(report), report)

    @post(f"{PATH}/{{number:str}}/correct", permission=Permission.ACTIVITY_REGISTER, status_code=200)
    async def correct(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register a new version, or give the form back."""
        form = await read_form(request)
        report = await get_report(who, number)
        reason, figures = read_reason(form), read_figures(form)
        if figures is None:
            return await _form_page(request, who, form, report, status=400)
        try:
            version = await correct_report(who, number, figures, reason=reason)
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, report, status=error.status)
        text = _("Version %(version)s of the report is registered.") % {"version": version}
        return redirect(request, f"{PATH}/{report.number}", text)


async def _form_page(
    request: Request[Any, Any, Any], who: Scope, form: Form, report: Report | None, *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "activity/form.html",
        status=status,
        form=form,
        report=report,
        parties=[party_label(party) for party in await suggest_associations(who)],
        municipalities=await list_municipalities(who),
        always=[(measure.value, _(MEASURE_TITLES[measure])) for measure in ALWAYS],
        further=[
            (measure.value, _(MEASURE_TITLES[measure])) for measure in FURTHER if measure is not Measure.STATE_GRANT
        ],
        grant_title=_(MEASURE_TITLES[Measure.STATE_GRANT]),
    )


PAGES: list[type[Controller]] = [ActivityPages, ActivityChangePages]
