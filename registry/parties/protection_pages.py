"""Pages of protected identity: marking a person, ending it, and the particulars that only a named right shows."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import N_, NotFoundError, RegistryError
from registry.parties.forms import filled, kind_options
from registry.parties.protection import (
    TrueParticulars,
    list_protections,
    protect_party,
    unprotect_party,
    view_protected,
)
from registry.parties.queries import get_party, parse_number
from registry.parties.schemas import Party
from registry.texts import LANGUAGES, _
from registry.web.forms import Form, read_form
from registry.web.pages import page, redirect

PATH = "/parties/{number:str}"
LARGEST_ID = 2**62
NOT_CONFIRMED = N_("Tick the box to say that you want this.")


class ProtectionPages(Controller):
    """Marking a person, and ending it."""

    @get(f"{PATH}/protect", permission=Permission.PARTIES_REGISTER)
    async def show_protect(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form, above when the person was protected before."""
        return await _protect_page(request, who, await find_address(who, number), Form())

    @post(f"{PATH}/protect", permission=Permission.PARTIES_REGISTER, status_code=200)
    async def protect(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Mark the person, or give the form back."""
        form = await read_form(request)
        party = await find_address(who, number)
        reason = form.text("reason", required=True, most=500)
        if not form.checked("confirmed"):
            form.refuse("confirmed", _(NOT_CONFIRMED))
        if not form.ok:
            return await _protect_page(request, who, party, form, status=400)
        try:
            await protect_party(who, party.id, reason=reason)
        except RegistryError as error:
            form.add(error)
            return await _protect_page(request, who, party, form, status=error.status)
        return redirect(request, f"/parties/{party.number}", _("The identity of %s is protected.") % party.number)

    @get(f"{PATH}/unprotect", permission=Permission.PARTIES_PROTECTED)
    async def show_unprotect(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form for ending it."""
        return await _protect_page(request, who, await find_address(who, number), Form(), ends=True)

    @post(f"{PATH}/unprotect", permission=Permission.PARTIES_PROTECTED, status_code=200)
    async def unprotect(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Show the person's name and municipality again, or give the form back."""
        form = await read_form(request)
        party = await find_address(who, number)
        reason = form.text("reason", required=True, most=500)
        if not form.checked("confirmed"):
            form.refuse("confirmed", _(NOT_CONFIRMED))
        if not form.ok:
            return await _protect_page(request, who, party, form, ends=True, status=400)
        try:
            await unprotect_party(who, party.id, reason=reason)
        except RegistryError as error:
            form.add(error)
            return await _protect_page(request, who, party, form, ends=True, status=error.status)
        text = _("The identity of %s is no longer protected.") % party.number
        return redirect(request, f"/parties/{party.number}", text)

    @get(f"{PATH}/protected", permission=Permission.PARTIES_PROTECTED)
    async def ask(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Ask for the reason first."""
        return _view_page(request, who, await find_address(who, number), Form())

    @post(f"{PATH}/protected", permission=Permission.PARTIES_PROTECTED, status_code=200)
    async def view(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Write in the trail who looks and why, then show the true particulars."""
        form = await read_form(request)
        party = await find_address(who, number)
        reason = form.text("reason", required=True, most=500)
        if not form.ok:
            return _view_page(request, who, party, form, status=400)
        try:
            told = await view_protected(who, party.id, reason=reason)
        except RegistryError as error:
            form.add(error)
            return _view_page(request, who, party, form, status=error.status)
        return _view_page(request, who, party, form, told=told)


async def find_address(who: Scope, number: str) -> Party:
    """The party of an address. Raises: NotFoundError, also for a number of another form."""
    party_id = parse_number(number)
    if party_id is None or party_id >= LARGEST_ID:
        raise NotFoundError
    return await get_party(who, party_id)


async def _protect_page(
    request: Request[Any, Any, Any], who: Scope, party: Party, form: Form, *, ends: bool = False, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "parties/protect.html",
        status=status,
        form=form,
        party=party,
        ends=ends,
        possible=party.person and party.protected is ends,
        protections=await list_protections(who, party.id),
    )


def _view_page(
    request: Request[Any, Any, Any],
    who: Scope,
    party: Party,
    form: Form,
    *,
    told: TrueParticulars | None = None,
    status: int = 200,
) -> Response[Any]:
    change = Form()
    if told is not None:
        today = trail.today()
        now = next(version for version in told.versions if version.valid_from <= today)
        change = filled(party, now, valid_from=today.isoformat())
        change.values["municipality"] = told.municipality
    return page(
        request,
        "parties/protected.html",
        status=status,
        form=form,
        party=party,
        told=told,
        change=change,
        kinds=kind_options(party),
        party_languages=list(LANGUAGES.items()),
        today=trail.today(),
        may_change=who.may(Permission.PARTIES_REGISTER) and party.successor_id is None,
    )


PAGES: list[type[Controller]] = [ProtectionPages]
