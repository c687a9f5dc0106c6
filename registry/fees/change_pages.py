"""Pages that register, correct and cancel an engagement; the check is shown before anything is saved."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from registry.core.access import Permission, Scope
from registry.core.errors import ForbiddenError, RegistryError
from registry.fees.book import read_book
from registry.fees.card import card_page
from registry.fees.forms import digest_of, filled, level_options, read_engagement, tax_options
from registry.fees.queries import get_engagement
from registry.fees.rules import Book, check
from registry.fees.schemas import (
    OUTCOME_TITLES,
    Engagement,
    EngagementDetails,
    Outcome,
    engagement_number,
)
from registry.fees.service import cancel_engagement, correct_engagement, register_engagement
from registry.fees.tabs import PATH
from registry.fees.working import explain
from registry.funders.service import demand_funder
from registry.parties.forms import label_of
from registry.parties.queries import find_party, suggest_parties
from registry.parties.schemas import FUNDER_KINDS
from registry.texts import _
from registry.web.forms import Form, key_of, read_form
from registry.web.pages import new_key, page, query_of, redirect

CARD = f"{PATH}/engagements/{{number:str}}"
PREFILLED = ("creator", "commissioner", "grant")
"""What an address may fill in, in a new form, by the registry's numbers."""


class EngagementChangePages(Controller):
    """Registering, correcting and cancelling an engagement; the check is shown before anything is saved."""

    @get(f"{PATH}/new", permission=Permission.FEES_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The form for a new engagement; `?creator=P-17&commissioner=P-3&grant=B-12` fills its head."""
        query = query_of(request)
        form = Form({"grant": query.get("grant", ""), "tax": "F"})
        for name in ("creator", "commissioner"):
            if query.get(name):
                try:
                    form.values[name] = label_of(await find_party(who, query[name], field=name))
                except RegistryError as error:
                    form.add(error)
        return await _form_page(request, who, form, new_key(), await read_book(who))

    @post(f"{PATH}/new", permission=Permission.FEES_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Show the check; register what it was shown of."""
        form, book, funder_id = await read_form(request), await read_book(who), _own_funder(who)
        key = key_of(form)
        details = await read_engagement(who, form, book, funder_id=funder_id)
        if details is None:
            return await _form_page(request, who, form, key, book, status=400)
        if form.get("checked") != digest_of(details) or form.get("action") != "save":
            return await _form_page(request, who, form, key, book, details=details)
        try:
            done = await register_engagement(who, details, key=key)
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, new_key(), book, status=error.status)
        number = engagement_number(done.engagement_id)
        return redirect(request, f"{PATH}/engagements/{number}", _("%(number)s is registered.") % {"number": number})

    @get(f"{CARD}/correct", permission=Permission.FEES_REGISTER)
    async def show_correct(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form with what the engagement says now."""
        engagement, book = await get_engagement(who, number), await read_book(who)
        demand_funder(who, engagement.funder_id)
        form = await filled(who, engagement, book)
        form.values["version"] = str(engagement.version_id)
        return await _form_page(request, who, form, new_key(), book, engagement=engagement)

    @post(f"{CARD}/correct", permission=Permission.FEES_REGISTER, status_code=200)
    async def correct(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Show the check; register the correction that it was shown of."""
        form, book = await read_form(request), await read_book(who)
        engagement = await get_engagement(who, number)
        demand_funder(who, engagement.funder_id)
        key = key_of(form)
        reason = form.text("reason", required=True, most=2000)
        version = form.integer("version", required=False, high=2**62)
        details = await read_engagement(who, form, book, funder_id=engagement.funder_id)
        if details is None:
            return await _form_page(request, who, form, key, book, engagement=engagement, status=400)
        if form.get("checked") != digest_of(details) or form.get("action") != "save":
            return await _form_page(request, who, form, key, book, engagement=engagement, details=details)
        try:
            await correct_engagement(who, number, details, reason=reason, key=key, version_id=version)
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, new_key(), book, engagement=engagement, status=error.status)
        return redirect(request, f"{PATH}/engagements/{engagement.number}", _("The correction is registered."))

    @post(f"{CARD}/cancel", permission=Permission.FEES_REGISTER, status_code=200)
    async def cancel(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register that the engagement was called off."""
        form = await read_form(request)
        engagement = await get_engagement(who, number)
        demand_funder(who, engagement.funder_id)
        reason = form.text("reason", required=True, most=2000)
        if not form.ok:
            return await card_page(request, who, engagement, form, status=400)
        try:
            await cancel_engagement(who, number, reason=reason, key=key_of(form))
        except RegistryError as error:
            form.add(error)
            return await card_page(request, who, engagement, form, status=error.status)
        return redirect(request, f"{PATH}/engagements/{engagement.number}", _("The engagement is cancelled."))


def _own_funder(who: Scope) -> int:
    """The funder that an officer registers for. Raises: ForbiddenError."""
    if who.funder_id is None:
        raise ForbiddenError
    return who.funder_id


def _shown_check(book: Book, details: EngagementDetails, *, again: bool) -> dict[str, Any]:
    """The check before anything is saved: its outcome in words, and the working; `again`: saving brought it up anew."""
    done = check(book, details.terms())
    return {
        "outcome": done.outcome.value,
        "title": _(OUTCOME_TITLES[done.outcome]),
        "gap_ore": done.gap_ore,
        "gap_basis_points": done.gap_basis_points,
        "working": explain(details.terms(), done),
        "motive_missing": done.outcome is Outcome.BELOW and not details.motive.strip(),
        "digest": digest_of(details),
        "again": again,
    }


async def _form_page(
    request: Request[Any, Any, Any],
    who: Scope,
    form: Form,
    key: str,
    book: Book,
    *,
    engagement: Engagement | None = None,
    details: EngagementDetails | None = None,
    status: int = 200,
) -> Response[Any]:
    parties = await suggest_parties(who)
    return page(
        request,
        "fees/form.html",
        status=status,
        form=form,
        key=key,
        engagement=engagement,
        check=_shown_check(book, details, again=form.get("action") == "save") if details is not None else None,
        levels=level_options(book),
        taxes=tax_options(),
        creators=[label_of(party) for party in parties if party.kind not in FUNDER_KINDS],
        commissioners=[label_of(party) for party in parties],
    )
