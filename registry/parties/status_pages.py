"""The page on which an officer says what a study association is from a day on."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import NotFoundError, RegistryError
from registry.parties.queries import get_party, parse_number
from registry.parties.schemas import Party, PartyKind
from registry.parties.statuses import (
    STATUS_TITLES,
    NotAnAssociationError,
    Status,
    StatusDetails,
    list_statuses,
    set_status,
)
from registry.texts import _
from registry.web.forms import Form, read_form
from registry.web.pages import page, redirect

PATH = "/parties/{number:str}/status"
LARGEST_ID = 2**62


class StatusPages(Controller):
    """The standing of one association."""

    @get(PATH, permission=Permission.PARTIES_REGISTER)
    async def show(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form, above what was said before."""
        party = await _association(who, number)
        return await _page(request, who, party, Form({"valid_from": trail.today().isoformat()}))

    @post(PATH, permission=Permission.PARTIES_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register the standing, or give the form back."""
        form = await read_form(request)
        party = await _association(who, number)
        status = form.choice("status", list(Status))
        valid_from = form.date("valid_from")
        source = form.text("source", required=True, most=500)
        reason = form.text("reason", most=2000)
        details = form.build(StatusDetails, status=status, valid_from=valid_from, source=source, reason=reason)
        if details is None:
            return await _page(request, who, party, form, status=400)
        try:
            await set_status(who, party.id, details)
        except RegistryError as error:
            form.add(error)
            return await _page(request, who, party, form, status=error.status)
        text = _("The standing of %(name)s is registered.") % {"name": party.name}
        return redirect(request, f"/parties/{party.number}", text)


async def _association(who: Scope, number: str) -> Party:
    """The association of an address. Raises: NotFoundError, NotAnAssociationError."""
    party_id = parse_number(number)
    if party_id is None or party_id >= LARGEST_ID:
        raise NotFoundError
    party = await get_party(who, party_id)
    if party.kind is not PartyKind.STUDY_ASSOCIATION:
        raise NotAnAssociationError(party=party.name)
    return party


async def _page(
    request: Request[Any, Any, Any], who: Scope, party: Party, form: Form, *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "parties/status.html",
        status=status,
        form=form,
        party=party,
        choices=[(one.value, _(title)) for one, title in STATUS_TITLES.items()],
        titles={one.value: _(title) for one, title in STATUS_TITLES.items()},
        statuses=await list_statuses(who, party.id),
    )


PAGES: list[type[Controller]] = [StatusPages]
