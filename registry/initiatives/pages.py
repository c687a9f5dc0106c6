"""Pages of initiatives: the list by year and its files, a card, registering and changing. Years lie in `year_pages`."""

from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.initiatives.edition_pages import EditionPages, EventPages, LinkPages
from registry.initiatives.export import export_list, list_years
from registry.initiatives.filters import list_asked, read_asked
from registry.initiatives.forms import filled, read_initiative
from registry.initiatives.register import get_initiative
from registry.initiatives.schemas import KIND_TITLES, Initiative, InitiativeKind, initiative_number
from registry.initiatives.service import change_initiative, own_initiative, register_initiative
from registry.initiatives.year_pages import PATH, SharePages, YearPages
from registry.parties.forms import label_of
from registry.parties.queries import suggest_parties
from registry.texts import _
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form, read_form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import page, query_of, redirect, with_query

PAGE = 50
CARD = f"{PATH}/{{number:str}}"


class InitiativePages(Controller):
    """The list of initiatives and their cards."""

    @get(PATH, permission=Permission.INITIATIVES_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """Each initiative with its latest year."""
        query, number = query_of(request), page_number(query_of(request))
        asked = read_asked(query)
        found = await list_asked(who, asked)
        shown = found[(number - 1) * PAGE : number * PAGE]
        return page(
            request,
            "initiatives/index.html",
            lines=[(one, next(iter(await list_years(who, one)), None)) for one in shown],
            total=len(found),
            query=query,
            kinds=[(one.value, _(title)) for one, title in KIND_TITLES.items()],
            titles={one.value: _(title) for one, title in KIND_TITLES.items()},
            chips=chips(PATH, query, asked.shown),
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=len(found)),
            downloads=[(ending.upper(), with_query(f"{PATH}.{ending}", asked.query)) for ending in ("xlsx", "csv")],
            may_register=_may_register(who),
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.INITIATIVES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The initiatives year by year as a file; the trail says that it was taken."""
        asked = read_asked(query_of(request))
        found = await list_asked(who, asked)
        ending = list_format(request.url.path)
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            await export_list(who, file, ending, initiatives=found, question=asked.text)
        except BaseException:
            file.close()
            raise
        return send_file(file, _("initiatives") + f"-{trail.today()}.{ending}", MEDIA_TYPES[ending])

    @get(CARD, permission=Permission.INITIATIVES_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[str]:
        """One initiative, year by year."""
        initiative = await get_initiative(who, number)
        years = await list_years(who, initiative)
        return page(
            request,
            "initiatives/card.html",
            initiative=initiative,
            kind=_(KIND_TITLES[initiative.kind]),
            years=years,
            next_year=max([trail.today().year, *(line.year + 1 for line in years[:1])]),
            may_change=_may_register(who) and who.writes_for(initiative.funder_id),
            may_audit=who.may(Permission.AUDIT_VIEW),
        )


class InitiativeFormPages(Controller):
    """Registering and changing an initiative."""

    @get(f"{PATH}/new", permission=Permission.INITIATIVES_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """The form for a new initiative that one's own funder keeps."""
        return await _form_page(request, who, Form({"kind": InitiativeKind.EDITION.value}), None)

    @post(f"{PATH}/new", permission=Permission.INITIATIVES_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Register it, or give the form back."""
        form = await read_form(request)
        details = await read_initiative(who, form, None)
        if details is None or who.funder_id is None:
            return await _form_page(request, who, form, None, status=400)
        try:
            number = initiative_number(await register_initiative(who, who.funder_id, details))
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, None, status=error.status)
        return redirect(request, f"{PATH}/{number}", _("%(name)s is registered.") % {"name": details.title})

    @get(f"{CARD}/edit", permission=Permission.INITIATIVES_REGISTER)
    async def edit(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[str]:
        """The form with the initiative's particulars."""
        initiative = await own_initiative(who, number)
        return await _form_page(request, who, await filled(who, initiative), initiative)

    @post(f"{CARD}/edit", permission=Permission.INITIATIVES_REGISTER, status_code=200)
    async def change(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Change them, or give the form back."""
        form = await read_form(request)
        initiative = await own_initiative(who, number)
        details = await read_initiative(who, form, initiative.kind)
        if details is None:
            return await _form_page(request, who, form, initiative, status=400)
        try:
            await change_initiative(who, number, details)
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, initiative, status=error.status)
        return redirect(request, f"{PATH}/{initiative.number}", _("%(name)s is changed.") % {"name": details.title})


def _may_register(who: Scope) -> bool:
    return who.may(Permission.INITIATIVES_REGISTER) and who.funder_id is not None


async def _form_page(
    request: Request[Any, Any, Any], who: Scope, form: Form, initiative: Initiative | None, *, status: int = 200
) -> Response[str]:
    return page(
        request,
        "initiatives/form.html",
        status=status,
        form=form,
        initiative=initiative,
        kinds=[(kind.value, _(title)) for kind, title in KIND_TITLES.items()],
        parties=[label_of(party) for party in await suggest_parties(who)],
    )


PAGES: list[type[Controller]] = [
    InitiativePages,
    InitiativeFormPages,
    YearPages,
    SharePages,
    EditionPages,
    EventPages,
    LinkPages,
]
