"""Pages of agreements: the list, a card with areas and programmes, registering the next one, and better summaries."""

from collections import defaultdict
from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.agreements.export import export_agreements
from registry.agreements.forms import NEW_ROWS, PARTY_ROWS, filled, filled_text, read_agreement, read_text, rows_of
from registry.agreements.queries import (
    get_agreement,
    list_agreements,
    list_area_programmes,
    list_areas,
)
from registry.agreements.schemas import (
    MOST_NEW_AREAS,
    MOST_PARTIES,
    AgreedArea,
    Agreement,
    AreaProgramme,
    agreement_number,
)
from registry.agreements.service import describe_area, register_agreement, withdraw_agreement
from registry.core.access import Permission, Scope
from registry.core.errors import NotFoundError, RegistryError
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.texts import _
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form, read_form
from registry.web.pages import page, redirect

PATH = "/agreements"
CARD = f"{PATH}/{{number:str}}"


class AgreementPages(Controller):
    """The list of agreements and their cards."""

    @get(PATH, permission=Permission.AGREEMENTS_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """Every agreement, the latest period first."""
        agreements = await list_agreements(who, withdrawn=True)
        return page(
            request,
            "agreements/index.html",
            agreements=agreements,
            today=trail.today(),
            downloads=[(kind.upper(), f"{PATH}.{kind}") for kind in ("xlsx", "csv")],
            may_register=who.may(Permission.AGREEMENTS_REGISTER),
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.AGREEMENTS_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The agreements with their areas as a file; the trail says that it was taken."""
        kind = list_format(request.url.path)
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            await export_agreements(who, file, kind)
        except BaseException:
            file.close()
            raise
        return send_file(file, _("agreements") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind])

    @get(CARD, permission=Permission.AGREEMENTS_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[str]:
        """One agreement: parties, period, and each area with what it says and the programmes in it."""
        return await _card(request, who, await get_agreement(who, number), Form())


class AgreementFormPages(Controller):
    """Registering an agreement, and taking one back."""

    @get(f"{PATH}/new", permission=Permission.AGREEMENTS_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """The form, with the parties and areas of the latest agreement."""
        return await _form_page(request, who, filled(next(iter(await list_agreements(who)), None)))

    @post(f"{PATH}/new", permission=Permission.AGREEMENTS_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Register the agreement, or give the form back, also with more rows."""
        form = await read_form(request)
        if form.get("action") == "rows":
            return await _form_page(request, who, form)
        details = await read_agreement(who, form, codes=[area.code for area in await list_areas(who)])
        if details is None:
            return await _form_page(request, who, form, status=400)
        try:
            number = agreement_number(await register_agreement(who, details))
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, status=error.status)
        return redirect(request, f"{PATH}/{number}", _("%(name)s is registered.") % {"name": details.title})

    @post(f"{CARD}/withdraw", permission=Permission.AGREEMENTS_REGISTER, status_code=200)
    async def withdraw(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Take back an agreement that was registered by mistake."""
        form = await read_form(request)
        agreement = await get_agreement(who, number)
        reason = form.text("reason", required=True, most=500)
        if not form.ok:
            return await _card(request, who, agreement, form, status=400)
        try:
            await withdraw_agreement(who, agreement.number, reason=reason)
        except RegistryError as error:
            form.add(error)
            return await _card(request, who, agreement, form, status=error.status)
        return redirect(request, PATH, _("%(name)s is withdrawn.") % {"name": agreement.title})


class AreaPages(Controller):
    """What an agreement says of an area."""

    @get(f"{CARD}/areas/{{code:str}}", permission=Permission.AGREEMENTS_REGISTER)
    async def show(self, request: Request[Any, Any, Any], who: Scope, number: str, code: str) -> Response[str]:
        """The form with the summary in force."""
        agreement, area = await _area(who, number, code)
        return page(request, "agreements/area.html", agreement=agreement, area=area, form=filled_text(area))

    @post(f"{CARD}/areas/{{code:str}}", permission=Permission.AGREEMENTS_REGISTER, status_code=200)
    async def describe(self, request: Request[Any, Any, Any], who: Scope, number: str, code: str) -> Response[Any]:
        """Write the better summary, or give the form back."""
        form = await read_form(request)
        agreement, area = await _area(who, number, code)
        text = read_text(form)
        if text is None:
            return page(request, "agreements/area.html", status=400, agreement=agreement, area=area, form=form)
        try:
            await describe_area(who, agreement.number, code, text)
        except RegistryError as error:
            form.add(error)
            status = error.status
            return page(request, "agreements/area.html", status=status, agreement=agreement, area=area, form=form)
        told = _("The summary of %(area)s is changed.") % {"area": area.title}
        return redirect(request, f"{PATH}/{agreement.number}#{code}", told)


async def _area(who: Scope, number: str, code: str) -> tuple[Agreement, AgreedArea]:
    """An agreement and one of its areas. Raises: NotFoundError."""
    agreement = await get_agreement(who, number)
    area = agreement.area(code)
    if area is None:
        raise NotFoundError
    return agreement, area


async def _card(
    request: Request[Any, Any, Any], who: Scope, agreement: Agreement, form: Form, *, status: int = 200
) -> Response[str]:
    programmes = defaultdict[str, list[AreaProgramme]](list)
    for programme in await list_area_programmes(who, agreement.years):
        programmes[programme.area_code].append(programme)
    others = [one for one in await list_agreements(who) if one.id != agreement.id]
    return page(
        request,
        "agreements/card.html",
        status=status,
        agreement=agreement,
        programmes=programmes,
        count=sum(len(programmes[area.code]) for area in agreement.areas),
        others=others,
        is_later=any(one.period_from < agreement.period_from for one in others),
        today=trail.today(),
        may_register=who.may(Permission.AGREEMENTS_REGISTER) and not agreement.is_withdrawn,
        may_follow=who.may(Permission.FOLLOWUP_VIEW),
        may_audit=who.may(Permission.AUDIT_VIEW),
        form=form,
    )


async def _form_page(request: Request[Any, Any, Any], who: Scope, form: Form, *, status: int = 200) -> Response[str]:
    return page(
        request,
        "agreements/new.html",
        status=status,
        form=form,
        areas=await list_areas(who),
        party_rows=rows_of(form, "party_number", least=PARTY_ROWS, most=MOST_PARTIES),
        new_rows=rows_of(form, "new_title_sv", least=NEW_ROWS, most=MOST_NEW_AREAS),
    )


PAGES: list[type[Controller]] = [AgreementPages, AgreementFormPages, AreaPages]
