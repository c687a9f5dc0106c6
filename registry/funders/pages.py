"""Pages of funders: the list, and one's own funder's terms with its closed and open years."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from registry.core.access import Permission, Scope
from registry.core.errors import NotFoundError, RegistryError
from registry.core.money import Money
from registry.funders.queries import Funder, get_terms, list_open_years, list_terms
from registry.funders.service import change_funder, demand_funder
from registry.parties.queries import parse_number
from registry.texts import _
from registry.web.forms import Form, read_form
from registry.web.pages import page, redirect

PATH = "/funders"
LARGEST_ID = 2**62
MOST_CONTACT = 1_000


class FunderPages(Controller):
    """Funders and their terms."""

    @get(PATH, permission=Permission.FUNDERS_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """All funders."""
        return page(request, "funders/index.html", funders=await list_terms(who), own=who.funder_id)

    @get(f"{PATH}/{{number:str}}", permission=Permission.FUNDERS_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[str]:
        """One funder; its own officers may change its terms."""
        return await _card_page(request, who, await _funder(who, number))

    @post(f"{PATH}/{{number:str}}", permission=Permission.FUNDERS_SET, status_code=200)
    async def change(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Set the terms, or give the form back."""
        form = await read_form(request)
        funder = await _funder(who, number)
        demand_funder(who, funder.id)
        attest_from = form.money("attest_from")
        contact = form.text("contact", most=MOST_CONTACT)
        accent = form.get("accent").lower()
        if attest_from is None or not form.ok:
            return await _card_page(request, who, funder, terms=form, status=400)
        try:
            await change_funder(who, funder.id, attest_from=attest_from, accent=accent, contact=contact)
        except RegistryError as error:
            form.add(error)
            return await _card_page(request, who, funder, terms=form, status=error.status)
        return redirect(request, f"{PATH}/{funder.number}", _("The terms of %(name)s are set.") % {"name": funder.name})


async def _funder(who: Scope, number: str) -> Funder:
    """The funder of an address. Raises: NotFoundError, also for a party that is none."""
    funder_id = parse_number(number)
    if funder_id is None or funder_id >= LARGEST_ID:
        raise NotFoundError
    return await get_terms(who, funder_id)


def _terms_form(funder: Funder) -> Form:
    amount = Money(funder.attest_from_ore).wire.replace(".", ",").removesuffix(",00")
    return Form({"attest_from": amount, "accent": funder.accent, "contact": funder.contact})


async def _card_page(
    request: Request[Any, Any, Any],
    who: Scope,
    funder: Funder,
    *,
    terms: Form | None = None,
    status: int = 200,
) -> Response[str]:
    may_set = who.may(Permission.FUNDERS_SET) and who.writes_for(funder.id)
    return page(
        request,
        "funders/card.html",
        status=status,
        funder=funder,
        may_set=may_set,
        may_audit=who.may(Permission.AUDIT_VIEW),
        terms=terms or _terms_form(funder),
        open_years=await list_open_years(who, funder.id),
    )


PAGES: list[type[Controller]] = [FunderPages]
