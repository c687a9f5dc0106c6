"""Pages of recovery claims: the list and its files, deciding one on a grant, and one with what has settled it."""

from functools import partial
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.core.money import Money
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.funders.queries import get_terms
from registry.funders.service import demand_funder
from registry.grants.filters import read_filters
from registry.grants.queries import get_grant, list_deciders
from registry.grants.schemas import Grant
from registry.recoveries.export import export_claims
from registry.recoveries.filters import TITLES, claim_filter
from registry.recoveries.forms import ground_options, read_claim
from registry.recoveries.queries import (
    PAGE,
    SORTS,
    ClaimPage,
    claims_of_grant,
    get_claim,
    list_claims,
    list_settlements,
)
from registry.recoveries.rules import condition_lines
from registry.recoveries.schemas import CLOSURE_TITLES, GROUND_TITLES, Claim, ClosureKind, claim_number
from registry.recoveries.service import close_claim, decide_claim
from registry.recoveries.timeline import events_of
from registry.texts import _, describe, format_kronor
from registry.web.downloads import send_made
from registry.web.forms import Form, key_of, read_form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import new_key, page, query_of, redirect, with_query

PATH = "/recoveries"
GRANT_PATH = "/grants/{number:str}/claim"
DEFAULT_SORT = "-decided_on"


class ClaimListPages(Controller):
    """The list of claims."""

    @get(PATH, permission=Permission.RECOVERIES_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The list, the latest decision first, with its sums."""
        query = query_of(request)
        filters = await read_filters(who, query)
        wanted, number = claim_filter(filters), page_number(query)
        found = ClaimPage([], 0)
        if not filters.errors:
            found = await list_claims(who, wanted, sort=_sort(query), offset=(number - 1) * PAGE)
        return page(
            request,
            "recoveries/index.html",
            status=400 if filters.errors else 200,
            found=found,
            query=query,
            funders=[(party.org_number, party.name) for party in filters.funders],
            programmes=filters.programme_options(),
            statuses=[(status, _(title)) for status, title in TITLES.items()],
            titles=_titles(),
            errors=[describe(error) for _name, error in filters.errors],
            chips=chips(PATH, query, filters.shown),
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=found.total),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, page=None)) for kind in ("xlsx", "csv")],
            reads_all=who.reads_all,
            may_claim=who.may(Permission.RECOVERIES_CLAIM),
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.RECOVERIES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as a file; the trail says that it was taken."""
        query = query_of(request)
        filters = await read_filters(who, query)
        wanted, kind = claim_filter(filters), list_format(request.url.path)
        filters.demand()
        question = filters.question(sort=_sort(query))
        make = partial(export_claims, who, wanted, kind=kind, sort=_sort(query), question=question)
        return await send_made(_("recovery-claims") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind], make)


class DecidePages(Controller):
    """Claiming back money of a grant."""

    @get(GRANT_PATH, permission=Permission.RECOVERIES_CLAIM)
    async def new(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form."""
        grant = await get_grant(who, number)
        demand_funder(who, grant.funder_id)
        form = Form({"decided_on": trail.today().isoformat()})
        return await _decide_page(request, who, grant, form, new_key())

    @post(GRANT_PATH, permission=Permission.RECOVERIES_CLAIM, status_code=200)
    async def decide(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register the claim, or give the form back."""
        form = await read_form(request)
        grant = await get_grant(who, number)
        demand_funder(who, grant.funder_id)
        key = key_of(form)
        claim = read_claim(form, grant)
        if claim is None:
            return await _decide_page(request, who, grant, form, key, status=400)
        try:
            claim_id = await decide_claim(who, number, claim, key=key)
        except RegistryError as error:
            form.add(error)
            key = new_key() if error.code == "key-reused" else key
            return await _decide_page(request, who, grant, form, key, status=error.status)
        text = _("%(claim)s is decided: %(amount)s is claimed back.") % {
            "claim": claim_number(claim_id),
            "amount": format_kronor(claim.amount_ore),
        }
        return redirect(request, f"{PATH}/{claim_number(claim_id)}", text)


class ClaimPages(Controller):
    """One claim."""

    @get(f"{PATH}/{{number:str}}", permission=Permission.RECOVERIES_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """What is claimed and why, what has come, and what may be done."""
        claim = await get_claim(who, number)
        return await _card_page(request, who, claim, Form({"closed_on": trail.today().isoformat()}))

    @post(f"{PATH}/{{number:str}}/close", permission=Permission.RECOVERIES_CLAIM, status_code=200)
    async def close(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Withdraw the claim or write off the rest of it, or give the form back."""
        form = await read_form(request)
        claim = await get_claim(who, number)
        demand_funder(who, claim.funder_id)
        kind = form.choice("kind", [kind.value for kind in ClosureKind])
        reason, closed_on = form.text("reason", required=True, most=2000), form.date("closed_on")
        if form.errors or kind is None or closed_on is None:
            return await _card_page(request, who, claim, form, status=400)
        try:
            await close_claim(who, number, ClosureKind(kind), reason=reason, closed_on=closed_on)
        except RegistryError as error:
            form.add(error)
            return await _card_page(request, who, claim, form, status=error.status)
        return redirect(request, f"{PATH}/{claim.number}", _("%(claim)s is closed.") % {"claim": claim.number})


def _titles() -> dict[str, str]:
    return {status: _(title) for status, title in TITLES.items()}


def _sort(query: dict[str, str]) -> str:
    sort = query.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


async def _decide_page(
    request: Request[Any, Any, Any], who: Scope, grant: Grant, form: Form, key: str, *, status: int = 200
) -> Response[Any]:
    claims = await claims_of_grant(who, grant.id)
    left = grant.paid_ore - grant.repaid_ore - sum(claim.left_ore for claim in claims)
    return page(
        request,
        "recoveries/new.html",
        status=status,
        grant=grant,
        form=form,
        key=key,
        grounds=ground_options(grant),
        has_conditions=bool(condition_lines(grant.conditions)),
        claims=[claim for claim in claims if claim.unsettled],
        claimed_ore=Money(sum(claim.left_ore for claim in claims)),
        left_ore=Money(max(0, left)),
        deciders=await list_deciders(who, grant.funder_id),
        today=trail.today(),
    )


async def _card_page(
    request: Request[Any, Any, Any], who: Scope, claim: Claim, form: Form, *, status: int = 200
) -> Response[Any]:
    settlements = (await list_settlements(who, [claim.id])).get(claim.id, ())
    own = who.writes_for(claim.funder_id) and claim.unsettled
    return page(
        request,
        "recoveries/card.html",
        status=status,
        claim=claim,
        grant=await get_grant(who, claim.grant_number),
        settlements=settlements,
        events=events_of(who, claim, settlements),
        ground=_(GROUND_TITLES[claim.ground]),
        titles=_titles(),
        contact=(await get_terms(who, claim.funder_id)).contact,
        form=form,
        closures=[(kind.value, _(title)) for kind, title in CLOSURE_TITLES.items()],
        may_close=own and who.may(Permission.RECOVERIES_CLAIM),
        may_repay=own and who.may(Permission.PAYMENTS_REGISTER),
        reads_all=who.reads_all,
        today=trail.today(),
    )


PAGES: list[type[Controller]] = [ClaimListPages, DecidePages, ClaimPages]
