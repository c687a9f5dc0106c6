"""The forms of an edition: a new year, its theme, its events, its budget, and what belongs to it."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import NotFoundError, RegistryError
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.initiatives.edition_forms import (
    NO_EVENT,
    NOWHERE,
    budget_rows,
    fill_budget,
    filled_event,
    read_budget,
    read_details,
    read_event,
    read_links,
    used_rows,
)
from registry.initiatives.edition_queries import (
    get_edition,
    list_edition_years,
    suggest_engagements,
    suggest_grants,
)
from registry.initiatives.edition_schemas import BUDGET_TITLES, MOST_LINES, BudgetKind, Edition
from registry.initiatives.edition_service import (
    change_event,
    describe_edition,
    link,
    register_edition,
    register_event,
    set_budget,
)
from registry.initiatives.forms import funder_options, tell_rows
from registry.initiatives.schemas import Initiative, InitiativeKind
from registry.initiatives.service import own_initiative
from registry.initiatives.year_pages import PATH, YEAR
from registry.texts import _, ngettext
from registry.web.forms import Form, read_form
from registry.web.pages import page, redirect


class EditionPages(Controller):
    """A new year, its theme and its budget."""

    @get(f"{PATH}/{{number:str}}/editions", permission=Permission.INITIATIVES_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[str]:
        """The form for the next year."""
        initiative = await own_initiative(who, number, InitiativeKind.EDITION)
        years = [line.year for line in await list_edition_years(who, initiative)]
        form = Form({"year": str(max([trail.today().year, *(year + 1 for year in years)]))})
        return _theme_page(request, initiative, form, None)

    @post(f"{PATH}/{{number:str}}/editions", permission=Permission.INITIATIVES_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register the year, or give the form back."""
        form = await read_form(request)
        initiative = await own_initiative(who, number, InitiativeKind.EDITION)
        year = form.integer("year", low=FIRST_YEAR, high=LAST_YEAR)
        details = read_details(form)
        if details is None or year is None:
            return _theme_page(request, initiative, form, None, status=400)
        try:
            await register_edition(who, number, year, details)
        except RegistryError as error:
            form.add(error)
            return _theme_page(request, initiative, form, None, status=error.status)
        return redirect(request, f"{PATH}/{initiative.number}/{year}", _("The edition is registered."))

    @get(f"{YEAR}/theme", permission=Permission.INITIATIVES_REGISTER)
    async def theme(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[str]:
        """The form with what the edition is about."""
        edition = await _own(who, number, year)
        form = Form({"theme": edition.theme, "description": edition.description})
        return _theme_page(request, edition.initiative, form, edition)

    @post(f"{YEAR}/theme", permission=Permission.INITIATIVES_REGISTER, status_code=200)
    async def describe(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[Any]:
        """Say it anew, or give the form back."""
        form = await read_form(request)
        edition = await _own(who, number, year)
        details = read_details(form)
        if details is None:
            return _theme_page(request, edition.initiative, form, edition, status=400)
        try:
            await describe_edition(who, number, year, details)
        except RegistryError as error:
            form.add(error)
            return _theme_page(request, edition.initiative, form, edition, status=error.status)
        return redirect(request, _here(edition), _("The edition is changed."))

    @get(f"{YEAR}/budget", permission=Permission.INITIATIVES_REGISTER)
    async def budget(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[str]:
        """The form with the budget in force, or with the one of the edition before."""
        edition = await _own(who, number, year)
        known = edition.budget or await _budget_before(who, edition)
        return await _budget_page(request, who, edition, fill_budget(known))

    @post(f"{YEAR}/budget", permission=Permission.INITIATIVES_REGISTER, status_code=200)
    async def set(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[Any]:
        """Set the budget as its next version, or give the form back, also with more rows."""
        form = await read_form(request)
        edition = await _own(who, number, year)
        if form.get("action") == "rows":
            return await _budget_page(request, who, edition, form)
        details = await read_budget(who, form)
        if details is None:
            return await _budget_page(request, who, edition, form, status=400)
        try:
            version = await set_budget(who, number, year, details)
        except RegistryError as error:
            form.add(error)
            tell_rows(form, used_rows(form))
            return await _budget_page(request, who, edition, form, status=error.status)
        return redirect(
            request, _here(edition), _("Version %(version)s of the budget is registered.") % {"version": version}
        )


class EventPages(Controller):
    """The events of an edition."""

    @get(f"{YEAR}/events/new", permission=Permission.INITIATIVES_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[str]:
        """The form for a new event."""
        return _event_page(request, await _own(who, number, year), Form(), None)

    @post(f"{YEAR}/events/new", permission=Permission.INITIATIVES_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[Any]:
        """Register the event, or give the form back."""
        form = await read_form(request)
        edition = await _own(who, number, year)
        details = read_event(form)
        if details is None:
            return _event_page(request, edition, form, None, status=400)
        try:
            await register_event(who, number, year, details)
        except RegistryError as error:
            form.add(error)
            return _event_page(request, edition, form, None, status=error.status)
        return redirect(request, _here(edition), _("%(name)s is registered.") % {"name": details.title})

    @get(f"{YEAR}/events/{{event_id:int}}", permission=Permission.INITIATIVES_REGISTER)
    async def show(
        self, request: Request[Any, Any, Any], who: Scope, number: str, year: int, event_id: int
    ) -> Response[str]:
        """The form with the event."""
        edition = await _own(who, number, year)
        event = edition.event(event_id)
        if event is None:
            raise NotFoundError
        return _event_page(request, edition, filled_event(event), event_id)

    @post(f"{YEAR}/events/{{event_id:int}}", permission=Permission.INITIATIVES_REGISTER, status_code=200)
    async def change(
        self, request: Request[Any, Any, Any], who: Scope, number: str, year: int, event_id: int
    ) -> Response[Any]:
        """Change the event or cancel it, or give the form back."""
        form = await read_form(request)
        edition = await _own(who, number, year)
        if edition.event(event_id) is None:
            raise NotFoundError
        details = read_event(form)
        if details is None:
            return _event_page(request, edition, form, event_id, status=400)
        try:
            await change_event(who, number, year, event_id, details)
        except RegistryError as error:
            form.add(error)
            return _event_page(request, edition, form, event_id, status=error.status)
        return redirect(request, _here(edition), _("%(name)s is changed.") % {"name": details.title})


class LinkPages(Controller):
    """Which grants and engagements belong to an edition."""

    @get(f"{YEAR}/links", permission=Permission.INITIATIVES_REGISTER)
    async def show(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[str]:
        """The form: what belongs to the edition, and what might."""
        edition = await _own(who, number, year)
        form = Form({f"grant_{grant.id}": "1" for grant in edition.grants})
        form.values |= {f"engagement_{one.engagement.id}": str(one.event_id or NO_EVENT) for one in edition.engagements}
        return await _links_page(request, who, edition, form)

    @post(f"{YEAR}/links", permission=Permission.INITIATIVES_REGISTER, status_code=200)
    async def choose(self, request: Request[Any, Any, Any], who: Scope, number: str, year: int) -> Response[Any]:
        """Let exactly what is chosen belong to the edition, or give the form back."""
        form = await read_form(request)
        edition = await _own(who, number, year)
        grants = [*edition.grants, *await suggest_grants(who, edition)]
        engagements = [*(one.engagement for one in edition.engagements), *await suggest_engagements(who, edition)]
        chosen, places = read_links(form, grants, engagements, edition.events)
        if not form.ok:
            return await _links_page(request, who, edition, form, status=400)
        try:
            changed = await link(who, number, year, chosen, places)
        except RegistryError as error:
            form.add(error)
            return await _links_page(request, who, edition, form, status=error.status)
        text = ngettext("%(num)s link is changed.", "%(num)s links are changed.", changed) % {"num": changed}
        return redirect(request, _here(edition), text)


async def _own(who: Scope, number: str, year: int) -> Edition:
    """An edition that one's own funder keeps. Raises: NotFoundError, OtherFunderError, OtherKindError."""
    initiative = await own_initiative(who, number, InitiativeKind.EDITION)
    return await get_edition(who, initiative, year if FIRST_YEAR <= year <= LAST_YEAR else 0)


def _here(edition: Edition) -> str:
    return f"{PATH}/{edition.initiative.number}/{edition.year}"


async def _budget_before(who: Scope, edition: Edition) -> Any:
    """The budget of the latest edition before that has one."""
    for line in await list_edition_years(who, edition.initiative):
        if line.year < edition.year and line.planned_ore is not None:
            return (await get_edition(who, edition.initiative, line.year)).budget
    return None


def _theme_page(
    request: Request[Any, Any, Any], initiative: Initiative, form: Form, edition: Edition | None, *, status: int = 200
) -> Response[str]:
    return page(request, "initiatives/theme.html", status=status, form=form, initiative=initiative, edition=edition)


def _event_page(
    request: Request[Any, Any, Any], edition: Edition, form: Form, event_id: int | None, *, status: int = 200
) -> Response[str]:
    return page(
        request,
        "initiatives/event.html",
        status=status,
        form=form,
        edition=edition,
        event=edition.event(event_id) if event_id else None,
        places=sorted({event.place for event in edition.events}),
    )


async def _budget_page(
    request: Request[Any, Any, Any], who: Scope, edition: Edition, form: Form, *, status: int = 200
) -> Response[str]:
    rows = budget_rows(form)
    funders = [(value, _("Grant from %(name)s") % {"name": name}) for value, name in await funder_options(who)]
    others = [(kind.value, _(title)) for kind, title in BUDGET_TITLES.items() if kind is not BudgetKind.FUNDER]
    return page(
        request,
        "initiatives/budget.html",
        status=status,
        form=form,
        edition=edition,
        version=(edition.budget.version if edition.budget else 0) + 1,
        kinds=[*funders, *others],
        rows=rows,
        may_add=rows < MOST_LINES,
    )


async def _links_page(
    request: Request[Any, Any, Any], who: Scope, edition: Edition, form: Form, *, status: int = 200
) -> Response[str]:
    general = [(NOWHERE, _("not of this edition")), (NO_EVENT, _("of the edition, at no event in particular"))]
    return page(
        request,
        "initiatives/links.html",
        status=status,
        form=form,
        edition=edition,
        grants=edition.grants,
        suggested_grants=await suggest_grants(who, edition),
        engagements=[one.engagement for one in edition.engagements],
        suggested_engagements=await suggest_engagements(who, edition),
        places=[*general, *((str(event.id), event.title) for event in edition.events)],
    )
