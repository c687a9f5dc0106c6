"""Pages of programmes: a year's frames by funder, a programme's card, registering, changing, setting a frame."""

from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.agreements.queries import list_areas
from registry.core.access import Permission, Scope
from registry.core.errors import NotFoundError, RegistryError
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.funders.service import demand_funder
from registry.parties.queries import list_funders
from registry.programmes.export import export_programmes
from registry.programmes.forms import amount_text, filled, read_details
from registry.programmes.overview import NO_AREA, PATH, View, grants_href, groups_of, tabs_of, view_of
from registry.programmes.queries import get_programme
from registry.programmes.rules import parse_year
from registry.programmes.schemas import KIND_TITLES, KSM_TITLES, Programme, ProgrammeKind
from registry.programmes.service import change_programme, register_programme, set_frame
from registry.texts import _, format_kronor
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form, read_form
from registry.web.lists import chips
from registry.web.pages import page, query_of, redirect, with_query

LARGEST_ID = 2**62
MOST_REASON = 500


class ProgrammePages(Controller):
    """The list of programmes and their cards."""

    @get(PATH, permission=Permission.PROGRAMMES_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """The frames of a year by funder."""
        query = query_of(request)
        view = await view_of(who, query)
        return page(
            request,
            "programmes/index.html",
            view=view,
            groups=groups_of(view, who),
            tabs=tabs_of(query, view),
            kinds={kind.value: _(title) for kind, title in KIND_TITLES.items()},
            query=query,
            **await _filters(who, query, view),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query)) for kind in ("xlsx", "csv")],
            may_register=_may_register(who),
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.PROGRAMMES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as a file; the trail says that it was taken."""
        query = query_of(request)
        view = await view_of(who, query)
        kind = list_format(request.url.path)
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            await export_programmes(
                who, file, kind, programmes=view.programmes, year=view.year, question=view.question()
            )
        except BaseException:
            file.close()
            raise
        return send_file(file, _("programmes") + f"-{view.year}.{kind}", MEDIA_TYPES[kind])

    @get(f"{PATH}/{{programme_id:int}}", permission=Permission.PROGRAMMES_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, programme_id: int) -> Response[str]:
        """One programme and its frames, year by year."""
        programme = await _programme(who, programme_id)
        return page(
            request,
            "programmes/card.html",
            programme=programme,
            kind=_(KIND_TITLES[programme.kind]),
            links={frame.year: grants_href(programme, frame.year) for frame in programme.frames},
            may_change=_may_register(who) and who.writes_for(programme.funder_id),
        )


class ProgrammeFormPages(Controller):
    """Registering and changing a programme."""

    @get(f"{PATH}/new", permission=Permission.PROGRAMMES_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """The form for a new programme of one's own funder."""
        form = Form({"year": str(trail.today().year), "kind": ProgrammeKind.STUDY_ASSOCIATIONS.value})
        return await _form_page(request, who, form, None)

    @post(f"{PATH}/new", permission=Permission.PROGRAMMES_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Register the programme, and its first frame when one is given; or give the form back."""
        form = await read_form(request)
        details = await read_details(who, form)
        year = form.integer("year", low=FIRST_YEAR, high=LAST_YEAR, required=bool(form.get("frame")))
        frame = form.money("frame", required=False)
        if frame is not None and frame < 0:
            form.refuse("frame", _("A frame can't be less than 0."))
        if details is None or who.funder_id is None or not form.ok:
            return await _form_page(request, who, form, None, status=400)
        try:
            programme_id = await register_programme(who, who.funder_id, details)
            if year is not None and frame is not None:
                await set_frame(who, programme_id, year, frame)
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, None, status=error.status)
        return redirect(request, f"{PATH}/{programme_id}", _("%(name)s is registered.") % {"name": details.title})

    @get(f"{PATH}/{{programme_id:int}}/edit", permission=Permission.PROGRAMMES_REGISTER)
    async def edit(self, request: Request[Any, Any, Any], who: Scope, programme_id: int) -> Response[str]:
        """The form with the programme's particulars."""
        programme = await _own_programme(who, programme_id)
        return await _form_page(request, who, filled(programme), programme)

    @post(f"{PATH}/{{programme_id:int}}/edit", permission=Permission.PROGRAMMES_REGISTER, status_code=200)
    async def change(self, request: Request[Any, Any, Any], who: Scope, programme_id: int) -> Response[Any]:
        """Change the particulars, or give the form back."""
        form = await read_form(request)
        programme = await _own_programme(who, programme_id)
        details = await read_details(who, form)
        if details is None:
            return await _form_page(request, who, form, programme, status=400)
        try:
            await change_programme(who, programme.id, details)
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, programme, status=error.status)
        return redirect(request, f"{PATH}/{programme.id}", _("%(name)s is changed.") % {"name": details.title})


class FramePages(Controller):
    """Setting a programme's frame for a year."""

    @get(f"{PATH}/{{programme_id:int}}/frames", permission=Permission.PROGRAMMES_REGISTER)
    async def show(self, request: Request[Any, Any, Any], who: Scope, programme_id: int) -> Response[str]:
        """The form; `?year=` fills in the frame of that year."""
        programme = await _own_programme(who, programme_id)
        year = parse_year(query_of(request).get("year", "")) or trail.today().year
        amount = amount_text(programme.frame_of(year))
        return _frame_page(request, Form({"year": str(year), "frame": amount}), programme)

    @post(f"{PATH}/{{programme_id:int}}/frames", permission=Permission.PROGRAMMES_REGISTER, status_code=200)
    async def change(self, request: Request[Any, Any, Any], who: Scope, programme_id: int) -> Response[Any]:
        """Set the frame, or give the form back."""
        form = await read_form(request)
        programme = await _own_programme(who, programme_id)
        year = form.integer("year", low=FIRST_YEAR, high=LAST_YEAR)
        frame = form.money("frame")
        reason = form.text("reason", most=MOST_REASON)
        if year is None or frame is None or not form.ok:
            return _frame_page(request, form, programme, status=400)
        try:
            await set_frame(who, programme.id, year, frame, reason=reason)
        except RegistryError as error:
            _add_frame_error(form, error)
            return _frame_page(request, form, programme, status=error.status)
        text = _("The frame of %(name)s for %(year)s is %(amount)s.") % {
            "name": programme.title,
            "year": year,
            "amount": format_kronor(frame),
        }
        return redirect(request, f"{PATH}/{programme.id}", text)


def _add_frame_error(form: Form, error: RegistryError) -> None:
    """A frame that is too low names no field of its own."""
    if not error.field:
        error.field = "frame"
    form.add(error)


async def _filters(who: Scope, query: dict[str, str], view: View) -> dict[str, Any]:
    """What the list can be limited to, and what it is limited to."""
    offered = {
        "funder": [(funder.org_number, funder.name) for funder in await list_funders(who)],
        "area": [(area.code, area.title) for area in await list_areas(who)] + [(NO_AREA, _("none"))],
        "ksm": [(code, _(title)) for code, title in KSM_TITLES.items()],
    }
    titles = {name: dict(options).get(view.shown.get(name, ""), "") for name, options in offered.items()}
    return {
        "offered": offered,
        "chips": chips(PATH, query, {name: titles[name] or value for name, value in view.shown.items()}),
        "clear_url": with_query(PATH, {"year": str(view.year)}),
    }


def _may_register(who: Scope) -> bool:
    return who.may(Permission.PROGRAMMES_REGISTER) and who.funder_id is not None


async def _programme(who: Scope, programme_id: int) -> Programme:
    if not 0 < programme_id < LARGEST_ID:
        raise NotFoundError
    return await get_programme(who, programme_id)


async def _own_programme(who: Scope, programme_id: int) -> Programme:
    """A programme of one's own funder. Raises: NotFoundError, OtherFunderError."""
    programme = await _programme(who, programme_id)
    demand_funder(who, programme.funder_id)
    return programme


async def _form_page(
    request: Request[Any, Any, Any], who: Scope, form: Form, programme: Programme | None, *, status: int = 200
) -> Response[str]:
    return page(
        request,
        "programmes/form.html",
        status=status,
        form=form,
        programme=programme,
        kinds=[(kind.value, _(title)) for kind, title in KIND_TITLES.items()],
        areas=[(str(area.id), area.title) for area in await list_areas(who)],
    )


def _frame_page(
    request: Request[Any, Any, Any], form: Form, programme: Programme, *, status: int = 200
) -> Response[str]:
    frame = programme.frame_of(parse_year(form.get("year")) or 0)
    return page(request, "programmes/frames.html", status=status, form=form, programme=programme, frame=frame)


PAGES: list[type[Controller]] = [ProgrammePages, ProgrammeFormPages, FramePages]
