"""Pages of the closing of a year: what is left to do, the figures with their files, and the closing itself."""

from functools import partial
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry.closing.export import export_closing
from registry.closing.queries import read_closing
from registry.closing.schemas import CHECK_HELP, CHECK_TITLES, Closing
from registry.closing.service import close
from registry.core.access import Permission, Scope
from registry.core.errors import N_, NotFoundError, RegistryError
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.funders.service import demand_funder
from registry.parties.queries import parse_number
from registry.programmes.rules import parse_year
from registry.texts import _, describe
from registry.web.downloads import send_made
from registry.web.forms import Form, read_form
from registry.web.pages import page, redirect

PATH = "/funders/{number:str}/years/{year:str}"
LARGEST_ID = 2**62
NOT_CONFIRMED = N_("Tick the box to say that you want this: it can't be undone.")


class ClosingPages(Controller):
    """A funder's year on its way to being closed, and as it was closed."""

    @get(PATH, permission=Permission.FUNDERS_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: str, year: str) -> Response[str]:
        """The checklist and the figures."""
        return _card_page(request, who, await _closing(who, number, year))

    @get([f"{PATH}/figures.csv", f"{PATH}/figures.xlsx"], permission=Permission.FUNDERS_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope, number: str, year: str) -> Stream:
        """The figures as a file; the trail says that it was taken."""
        closing = await _closing(who, number, year)
        kind = list_format(request.url.path)
        make = partial(export_closing, who, closing, kind=kind)
        name = _("closing") + f"-{closing.funder.org_number}-{closing.year}.{kind}"
        return await send_made(name, MEDIA_TYPES[kind], make)

    @post(f"{PATH}/close", permission=Permission.FUNDERS_SET, status_code=200)
    async def close(self, request: Request[Any, Any, Any], who: Scope, number: str, year: str) -> Response[Any]:
        """Close the year for good, or say what stands in the way."""
        form = await read_form(request)
        closing = await _closing(who, number, year)
        demand_funder(who, closing.funder.id)
        if not form.checked("confirmed"):
            form.refuse("confirmed", _(NOT_CONFIRMED))
            return _card_page(request, who, closing, form, status=400)
        try:
            await close(who, closing.funder.id, closing.year)
        except RegistryError as error:
            form.refuse("", describe(error))
            return _card_page(request, who, closing, form, status=error.status)
        text = _("%(year)s is closed for %(name)s.") % {"year": closing.year, "name": closing.funder.name}
        return redirect(request, request.url.path.removesuffix("/close"), text)


async def _closing(who: Scope, number: str, year: str) -> Closing:
    """The year of an address. Raises: NotFoundError, also for a party that is no funder."""
    funder_id, parsed = parse_number(number), parse_year(year)
    if funder_id is None or funder_id >= LARGEST_ID or parsed is None:
        raise NotFoundError
    return await read_closing(who, funder_id, parsed)


def _card_page(
    request: Request[Any, Any, Any], who: Scope, closing: Closing, form: Form | None = None, *, status: int = 200
) -> Response[str]:
    path = f"/funders/{closing.funder.number}/years/{closing.year}"
    return page(
        request,
        "closing/card.html",
        status=status,
        closing=closing,
        address=path,
        form=form or Form(),
        titles={check.value: _(title) for check, title in CHECK_TITLES.items()},
        help={check.value: _(text) for check, text in CHECK_HELP.items()},
        may_set=who.may(Permission.FUNDERS_SET) and who.writes_for(closing.funder.id),
        may_audit=who.may(Permission.AUDIT_VIEW),
        downloads=[(kind.upper(), f"{path}/figures.{kind}") for kind in ("xlsx", "csv")],
    )


PAGES: list[type[Controller]] = [ClosingPages]
