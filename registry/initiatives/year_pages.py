"""A year of an initiative: the funding picture with its agreed shares, or the edition; and its files."""

from dataclasses import dataclass
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import NotFoundError, RegistryError
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.documents import rendering
from registry.initiatives.edition_labels import cost_title, edition_sentence, outcome_text, todos
from registry.initiatives.edition_queries import list_budgets, suggest_grants
from registry.initiatives.edition_rules import compare_budget
from registry.initiatives.edition_schemas import Edition
from registry.initiatives.export import export_year, list_years, read_year
from registry.initiatives.files import Format
from registry.initiatives.forms import (
    PARTNER,
    fill_plan,
    funder_options,
    read_plan,
    share_rows,
    tell_rows,
    used_rows,
)
from registry.initiatives.labels import memo_share, parts_text, picture_chart, picture_sentence, way_text
from registry.initiatives.queries import list_plans
from registry.initiatives.schemas import MOST_SHARES, Flow, Initiative, InitiativeKind, Picture
from registry.initiatives.service import agree_shares, own_initiative
from registry.parties.forms import label_of
from registry.parties.queries import suggest_parties
from registry.texts import _
from registry.web.downloads import send_file
from registry.web.forms import Form, read_form
from registry.web.pages import page, redirect, with_query

PATH = "/initiatives"
YEAR = f"{PATH}/{{number:str}}/{{year:int}}"


@dataclass(frozen=True, slots=True)
class Tab:
    """Another year of the same initiative."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class FlowLine:
    """A flow with its words, and where its sums lead."""

    flow: Flow
    way: str
    parts: str
    grants_href: str
    payments_href: str


class YearPages(Controller):
    """A year of an initiative of either kind."""

    @get(YEAR, permission=Permission.INITIATIVES_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[str]:
        """The funding picture, or the edition."""
        rendering.expect()
        told = await read_year(who, number, _year(year))
        subject = told.subject
        if isinstance(subject, Picture):
            return await _picture_page(request, who, subject)
        return await edition_page(request, who, subject)

    @get([f"{YEAR}/export.{kind.value}" for kind in Format], permission=Permission.INITIATIVES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Stream:
        """The year as a file; the trail says that it was taken."""
        kind = Format(request.url.path.rpartition(".")[2])
        done = await export_year(who, number, _year(year), kind)
        return send_file(done.file, done.name, done.media_type)


class SharePages(Controller):
    """What each has agreed to pay to a co-funded body in a year."""

    @get(f"{YEAR}/shares", permission=Permission.INITIATIVES_REGISTER)
    async def show(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[str]:
        """The form, with the shares of the year, or of the latest year before."""
        initiative = await own_initiative(who, number, InitiativeKind.CO_FUNDED)
        plans = await list_plans(who, initiative)
        known = next((plan for plan in plans if plan.year <= _year(year)), None)
        return await _shares_page(request, who, initiative, year, fill_plan(known))

    @post(f"{YEAR}/shares", permission=Permission.INITIATIVES_REGISTER, status_code=200)
    async def agree(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[Any]:
        """Register the shares as the year's next version, or give the form back, also with more rows."""
        form = await read_form(request)
        initiative = await own_initiative(who, number, InitiativeKind.CO_FUNDED)
        if form.get("action") == "rows":
            return await _shares_page(request, who, initiative, _year(year), form)
        details = await read_plan(who, form)
        if details is None:
            return await _shares_page(request, who, initiative, _year(year), form, status=400)
        try:
            version = await agree_shares(who, number, _year(year), details)
        except RegistryError as error:
            form.add(error)
            tell_rows(form, used_rows(form))
            return await _shares_page(request, who, initiative, year, form, status=error.status)
        text = _("Version %(version)s of the shares of %(year)s is registered.") % {"version": version, "year": year}
        return redirect(request, f"{PATH}/{initiative.number}/{year}", text)


def _year(year: int) -> int:
    """A year of an address. Raises: NotFoundError for an unlikely one."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFoundError
    return year


async def year_tabs(who: Scope, initiative: Initiative, year: int) -> list[Tab]:
    """A link to each year."""
    years = sorted({year, *(line.year for line in await list_years(who, initiative))}, reverse=True)
    return [Tab(str(one), f"{PATH}/{initiative.number}/{one}", current=one == year) for one in years]


def year_downloads(initiative: Initiative, year: int) -> list[tuple[str, str]]:
    """The files of a year."""
    return [(kind.value.upper(), f"{PATH}/{initiative.number}/{year}/export.{kind.value}") for kind in Format]


async def _picture_page(request: Request[Any, Any, Any], who: Scope, picture: Picture) -> Response[str]:
    initiative = picture.initiative
    return page(
        request,
        "initiatives/picture.html",
        picture=picture,
        initiative=initiative,
        sentence=picture_sentence(picture),
        chart=picture_chart(picture),
        lines=[_line(picture, flow) for flow in picture.flows],
        memos=[(flow, parts_text(flow, picture), memo_share(flow, picture)) for flow in picture.memos],
        plans=await list_plans(who, initiative, year=picture.year),
        tabs=await year_tabs(who, initiative, picture.year),
        downloads=year_downloads(initiative, picture.year),
        total_href=with_query("/grants", _asked(picture)),
        payments_href=with_query("/payments", _asked_payments(picture)),
        may_change=who.may(Permission.INITIATIVES_REGISTER) and who.writes_for(initiative.funder_id),
        may_audit=who.may(Permission.AUDIT_VIEW),
    )


def _line(picture: Picture, flow: Flow) -> FlowLine:
    own = {"funder": flow.funder_number, "via": f"P-{flow.via_id}" if flow.via_id else "none"}
    return FlowLine(
        flow,
        way_text(flow),
        parts_text(flow, picture),
        with_query("/grants", {**_asked(picture), **own}),
        with_query("/payments", {**_asked_payments(picture), **own}),
    )


def _asked(picture: Picture) -> dict[str, str]:
    recipient = f"P-{picture.initiative.party_id}"
    return {"recipient": recipient, "year": str(picture.year), "kind": "co_funding"}


def _asked_payments(picture: Picture) -> dict[str, str]:
    recipient = f"P-{picture.initiative.party_id}"
    return {"recipient": recipient, "budget_year": str(picture.year), "kind": "co_funding", "status": "paid"}


async def _shares_page(
    request: Request[Any, Any, Any], who: Scope, initiative: Initiative, year: int, form: Form, *, status: int = 200
) -> Response[str]:
    plans = await list_plans(who, initiative, year=year)
    rows = share_rows(form)
    return page(
        request,
        "initiatives/shares.html",
        status=status,
        form=form,
        initiative=initiative,
        year=year,
        version=len(plans) + 1,
        whose=[*await funder_options(who), (PARTNER, _("Outside partner"))],
        parties=[label_of(party) for party in await suggest_parties(who)],
        rows=rows,
        may_add=rows < MOST_SHARES,
    )


async def edition_page(request: Request[Any, Any, Any], who: Scope, edition: Edition) -> Response[str]:
    """The page of an edition."""
    initiative = edition.initiative
    outcome = compare_budget(edition)
    may_change = who.may(Permission.INITIATIVES_REGISTER) and who.writes_for(initiative.funder_id)
    return page(
        request,
        "initiatives/edition.html",
        edition=edition,
        initiative=initiative,
        sentence=edition_sentence(edition),
        outcome=outcome,
        costs=[(cost_title(cost), cost) for cost in (*outcome.incomes, *outcome.costs)],
        checks={one.engagement.id: outcome_text(one) for one in edition.engagements},
        todos=todos(edition, await suggest_grants(who, edition), today=trail.today()) if may_change else [],
        budgets=await list_budgets(who, edition.id),
        tabs=await year_tabs(who, initiative, edition.year),
        downloads=year_downloads(initiative, edition.year),
        today=trail.today(),
        may_change=may_change,
        may_audit=who.may(Permission.AUDIT_VIEW),
    )
