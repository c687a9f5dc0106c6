"""Pages of grants: the list and its files, deciding, and amending. A grant's card shows payments and lives there."""

from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.core.money import Money
from registry.documents.listing import MEDIA_TYPES
from registry.funders.service import demand_funder
from registry.grants.benefit_pages import BenefitPages
from registry.grants.demand_forms import ROWS as REPORT_ROWS
from registry.grants.demand_forms import kind_options, names, suggest
from registry.grants.export import Format, export_grants
from registry.grants.filters import SELDOM, Filters, grant_filter, read_filters
from registry.grants.forms import (
    KIND_HINTS,
    ROWS,
    add_rows,
    fill_plan,
    frame_options,
    plan_rows,
    read_amendment,
    read_decision,
    remaining_of,
    split_evenly,
)
from registry.grants.queries import (
    PAGE,
    SORTS,
    GrantPage,
    get_grant,
    list_deciders,
    list_grants,
    list_instalments,
    list_years,
)
from registry.grants.rules import MOST_INSTALMENTS
from registry.grants.schemas import AMENDMENT_TITLES, AmendmentKind, grant_number
from registry.grants.service import amend_grant, decide_grant
from registry.grants.stop_pages import StopPages
from registry.parties.forms import label_of
from registry.parties.queries import find_party, suggest_parties
from registry.programmes.queries import list_programmes
from registry.texts import _, describe, format_kronor
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form, key_of, read_form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import new_key, page, query_of, redirect, with_query

PATH = "/grants"
DEFAULT_SORT = "-decided_on"


class GrantPages(Controller):
    """The list of grants, and decisions."""

    @get(PATH, permission=Permission.GRANTS_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The list."""
        query = query_of(request)
        filters = await read_filters(who, query)
        wanted, number = grant_filter(filters), page_number(query)
        sort = _sort(query)
        found = GrantPage([], 0)
        if not filters.errors:
            found = await list_grants(who, wanted, sort=sort, offset=(number - 1) * PAGE)
        return page(
            request,
            "grants/index.html",
            status=400 if filters.errors else 200,
            found=found,
            query=query,
            **_choices(filters, who),
            years=[(str(year), str(year)) for year in await list_years(who)],
            errors=[describe(error) for _name, error in filters.errors],
            chips=chips(PATH, query, filters.shown),
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=found.total),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, page=None)) for kind in ("xlsx", "csv")],
            may_decide=who.may(Permission.GRANTS_DECIDE),
            reads_all=who.reads_all,
            kept=[name for name in SELDOM if name in filters.shown],
        )

    @get(f"{PATH}.csv", permission=Permission.GRANTS_VIEW)
    async def csv(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as CSV."""
        return await _download(request, who, "csv")

    @get(f"{PATH}.xlsx", permission=Permission.GRANTS_VIEW)
    async def xlsx(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as XLSX."""
        return await _download(request, who, "xlsx")

    @get(f"{PATH}/new", permission=Permission.GRANTS_DECIDE)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The form for a decision."""
        query = query_of(request)
        form = Form({"decided_on": trail.today().isoformat(), "plan": "once", "programme": query.get("programme", "")})
        if query.get("recipient"):
            try:
                form.values["recipient"] = label_of(await find_party(who, query["recipient"], field="recipient"))
            except RegistryError as error:
                form.add(error)
        return await _decision_page(request, who, form)

    @post(f"{PATH}/new", permission=Permission.GRANTS_DECIDE, status_code=200)
    async def decide(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Register the decision, or give the form back with what is wrong, or with more rows."""
        form = await read_form(request)
        programmes = await list_programmes(who, funder_id=who.funder_id)
        if form.get("action") == "suggest":
            suggest(form, programmes)
            return await _decision_page(request, who, form, status=400 if form.errors else 200)
        if _only_rows(form):
            return await _decision_page(request, who, form, status=400 if form.errors else 200)
        details = await read_decision(who, form, programmes)
        if details is None:
            return await _decision_page(request, who, form, status=400)
        try:
            number = grant_number(await decide_grant(who, details))
        except RegistryError as error:
            form.add(error)
            return await _decision_page(request, who, form, status=error.status)
        text = _("%(grant)s is registered: %(amount)s.") % {
            "grant": number,
            "amount": format_kronor(details.amount_ore),
        }
        return redirect(request, f"{PATH}/{number}", text)


class AmendmentPages(Controller):
    """Raising, lowering and withdrawing a grant."""

    @get(f"{PATH}/{{number:str}}/amend", permission=Permission.GRANTS_DECIDE)
    async def show_amend(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form for an amendment; `?kind=withdrawal` chooses that."""
        grant = await get_grant(who, number)
        demand_funder(who, grant.funder_id)
        form = Form({"decided_on": trail.today().isoformat(), "plan": "usual"})
        kind = query_of(request).get("kind", "")
        if kind in list(AmendmentKind):
            form.values["kind"] = kind
        fill_plan(form, (await list_instalments(who, [grant.id]))[grant.id])
        return await _amendment_page(request, who, number, form, new_key())

    @post(f"{PATH}/{{number:str}}/amend", permission=Permission.GRANTS_DECIDE, status_code=200)
    async def amend(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register the amendment, or give the form back."""
        form = await read_form(request)
        grant = await get_grant(who, number)
        demand_funder(who, grant.funder_id)
        key = key_of(form)
        if _only_rows(form):
            return await _amendment_page(request, who, number, form, key, status=400 if form.errors else 200)
        details = read_amendment(form)
        if details is None:
            return await _amendment_page(request, who, number, form, key, status=400)
        try:
            await amend_grant(who, number, details, key=key)
        except RegistryError as error:
            form.add(error)
            key = new_key() if error.code == "key-reused" else key
            return await _amendment_page(request, who, number, form, key, status=error.status)
        granted = (await get_grant(who, number)).granted_ore
        text = _("The amendment is registered. %(amount)s is now granted.") % {"amount": format_kronor(granted)}
        return redirect(request, f"{PATH}/{grant.number}", text)


def _only_rows(form: Form) -> bool:
    """Whether the button was one that changes the rows of the plan only."""
    action = form.get("action")
    if action == "rows":
        add_rows(form)
    elif action == "even":
        split_evenly(form)
    else:
        return False
    form.values["plan"] = "parts"
    return True


def _choices(filters: Filters, who: Scope) -> dict[str, Any]:
    """What the selects of a list offer."""
    own = {grant.org_number: grant.name for grant in filters.funders}
    return {
        "funders": list(own.items()),
        "programmes": filters.programme_options() if who.reads_all else [],
        "areas": [(area.code, area.title) for area in filters.areas] if who.reads_all else [],
    }


def _sort(query: dict[str, str]) -> str:
    sort = query.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


async def _download(request: Request[Any, Any, Any], who: Scope, kind: Format) -> Stream:
    query = query_of(request)
    filters = await read_filters(who, query)
    wanted = grant_filter(filters)
    filters.demand()
    file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
    try:
        sort = _sort(query)
        await export_grants(who, wanted, file, kind, sort=sort, question=filters.question(sort=sort))
    except BaseException:
        file.close()
        raise
    return send_file(file, _("grants") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind])


async def _decision_page(
    request: Request[Any, Any, Any], who: Scope, form: Form, *, status: int = 200
) -> Response[Any]:
    programmes = await list_programmes(who, funder_id=who.funder_id)
    options = frame_options(programmes)
    left = remaining_of(options, form.get("programme"))
    return page(
        request,
        "grants/new.html",
        status=status,
        form=form,
        frames=options,
        remaining_ore=None if left is None else Money(left),
        parties=[label_of(party) for party in await suggest_parties(who)],
        deciders=await list_deciders(who, who.funder_id or 0),
        rows=plan_rows(form),
        may_add=plan_rows(form) < MOST_INSTALMENTS,
        more=ROWS,
        report_kinds=kind_options(),
        report_rows=[names(row) for row in range(1, REPORT_ROWS + 1)],
    )


async def _amendment_page(
    request: Request[Any, Any, Any], who: Scope, number: str, form: Form, key: str, *, status: int = 200
) -> Response[Any]:
    grant = await get_grant(who, number)
    programmes = await list_programmes(who, funder_id=grant.funder_id)
    frame = next(
        (programme.frame_of(grant.year) for programme in programmes if programme.id == grant.programme_id), None
    )
    return page(
        request,
        "grants/amend.html",
        status=status,
        form=form,
        key=key,
        grant=grant,
        frame=frame,
        plan=(await list_instalments(who, [grant.id]))[grant.id],
        kinds=[(kind.value, _(title), _(KIND_HINTS[kind])) for kind, title in AMENDMENT_TITLES.items()],
        deciders=await list_deciders(who, grant.funder_id),
        rows=plan_rows(form),
        may_add=plan_rows(form) < MOST_INSTALMENTS,
        more=ROWS,
    )


PAGES: list[type[Controller]] = [GrantPages, AmendmentPages, StopPages, BenefitPages]
