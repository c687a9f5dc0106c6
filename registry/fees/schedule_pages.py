"""Pages of fee schedules: the list and its files, a schedule beside another version, and registering a new one."""

from dataclasses import dataclass
from fractions import Fraction
from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.core.money import Money
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.fees.book import filter_schedules, get_schedule, in_order, list_rates, read_book
from registry.fees.export import export_schedules
from registry.fees.filters import DISCIPLINES, read_schedule_filter
from registry.fees.rules import WHOLE, Book, rounded
from registry.fees.schedule_forms import (
    add_rows,
    filled_schedule,
    level_rows,
    rate_form,
    read_rates,
    read_schedule,
    schedule_options,
)
from registry.fees.schedules import MOST_LEVELS, register_schedule, set_rates
from registry.fees.schemas import APPLIES_BY_TITLES, BASIS_TITLES, DISCIPLINE_TITLES, UNIT_TITLES, Level, Schedule
from registry.fees.tabs import PATH, tabs
from registry.texts import _, describe
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form, read_form
from registry.web.lists import chips
from registry.web.pages import page, query_of, redirect, with_query

HERE = f"{PATH}/schedules"


@dataclass(frozen=True, slots=True)
class Compared:
    """A level beside that of another version; None where a version lacks it. `change` in öre and basis points."""

    level: Level
    now: Money | None
    before: Money | None
    change_ore: int | None
    change_basis_points: int | None


class SchedulePages(Controller):
    """Schedules and percentages."""

    @get(HERE, permission=Permission.FEES_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Every version by issuer, and the percentages by year."""
        query, book = query_of(request), await read_book(who)
        asked, wanted = read_schedule_filter(query, book)
        return page(
            request,
            "fees/schedules.html",
            status=400 if asked.errors else 200,
            tabs=tabs("schedules"),
            schedules=[] if asked.errors else in_order(filter_schedules(book, wanted), query.get("sort", "")),
            states={one.id: _state(book, one) for issuer in book.issuers for one in book.versions(issuer)},
            rates=await list_rates(who),
            query=query,
            issuers=[(issuer, issuer) for issuer in book.issuers],
            disciplines=[(value, _(title)) for value, title in DISCIPLINES.items()],
            titles=_titles(),
            errors=[describe(error) for _name, error in asked.errors],
            chips=chips(HERE, query, asked.shown),
            downloads=[(kind.upper(), with_query(f"{HERE}.{kind}", query)) for kind in ("xlsx", "csv")],
            may_register=who.may(Permission.FEES_REGISTER),
        )

    @get([f"{HERE}.csv", f"{HERE}.xlsx"], permission=Permission.FEES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The schedules as a file that can be read in again; the trail says that it was taken."""
        query, kind, book = query_of(request), list_format(request.url.path), await read_book(who)
        asked, wanted = read_schedule_filter(query, book)
        asked.demand()
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            question = with_query("", {name: query[name] for name in asked.shown}).removeprefix("?")
            found = in_order(filter_schedules(book, wanted), query.get("sort", ""))
            await export_schedules(who, found, file, kind, question=question)
        except BaseException:
            file.close()
            raise
        return send_file(file, _("fee-levels") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind])

    @get(f"{HERE}/new", permission=Permission.FEES_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The form for a new version; `?from=T-3` starts from another one's levels."""
        start = query_of(request).get("from")
        form = filled_schedule(await get_schedule(who, start)) if start else Form({"applies_by": "contract_date"})
        return await _form_page(request, who, form)

    @post(f"{HERE}/new", permission=Permission.FEES_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Register the version, or give the form back with what is wrong, or with more rows."""
        form = await read_form(request)
        if form.get("action") == "rows":
            add_rows(form)
            return await _form_page(request, who, form)
        details = read_schedule(form)
        if details is None:
            return await _form_page(request, who, form, status=400)
        try:
            schedule_id = await register_schedule(who, details)
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, status=error.status)
        return redirect(request, f"{HERE}/T-{schedule_id}", _("%(title)s is registered.") % {"title": details.title})

    @get(f"{HERE}/{{number:str}}", permission=Permission.FEES_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """One schedule with all its levels, beside the version before it or the one that `?with=T-1` names."""
        schedule, book = await get_schedule(who, number), await read_book(who)
        versions = book.versions(schedule.issuer)
        wanted = query_of(request).get("with", "")
        other = await get_schedule(who, wanted) if wanted else _before(schedule, versions)
        return page(
            request,
            "fees/schedule.html",
            schedule=schedule,
            versions=versions,
            other=other,
            compared=compare(schedule, other),
            titles=_titles(),
            state=_state(book, schedule),
            may_register=who.may(Permission.FEES_REGISTER),
            may_audit=who.may(Permission.AUDIT_VIEW),
        )


class RatesPages(Controller):
    """The percentages of a year."""

    @get(f"{PATH}/rates/new", permission=Permission.FEES_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The form, filled with the percentages of the latest years."""
        return page(request, "fees/rates.html", form=rate_form(await list_rates(who), trail.today().year + 1))

    @post(f"{PATH}/rates/new", permission=Permission.FEES_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Register them, or give the form back."""
        form = await read_form(request)
        details = read_rates(form)
        if details is None:
            return page(request, "fees/rates.html", status=400, form=form)
        try:
            await set_rates(who, details)
        except RegistryError as error:
            form.add(error)
            return page(request, "fees/rates.html", status=error.status, form=form)
        text = _("The percentages apply from %(year)s.") % {"year": details.year_from}
        return redirect(request, HERE, text)


def _state(book: Book, schedule: Schedule) -> str:
    """Whether a schedule applies today, is coming, has ended, or is replaced though it has no end of its own."""
    today = trail.today()
    if book.applies(schedule, today):
        return "active"
    if today in schedule:
        return "replaced"
    return "coming" if schedule.valid_from is not None and schedule.valid_from > today else "closed"


def compare(schedule: Schedule, other: Schedule | None) -> list[Compared]:
    """Every level of a schedule beside another version's, then those that only the other has."""
    found = [_compared(level, level.amount_ore, other) for level in schedule.levels]
    gone = [level for level in other.levels if schedule.level(level.code) is None] if other else []
    return [*found, *(Compared(level, None, level.amount_ore, None, None) for level in gone)]


def _compared(level: Level, now: Money, other: Schedule | None) -> Compared:
    twin = other.level(level.code) if other else None
    if twin is None or (twin.unit, twin.basis) != (level.unit, level.basis):
        return Compared(level, now, None, None, None)
    change = now - twin.amount_ore
    share = int(rounded(Fraction(change * WHOLE, int(twin.amount_ore))))
    return Compared(level, now, twin.amount_ore, change, share)


def _before(schedule: Schedule, versions: list[Schedule]) -> Schedule | None:
    """The issuer's version that shares a level and goes before this one."""
    later = versions[versions.index(schedule) + 1 :] if schedule in versions else []
    return next((one for one in later if any(one.level(level.code) for level in schedule.levels)), None)


def _titles() -> dict[str, dict[str, str]]:
    return {
        "discipline": {one.value: _(title) for one, title in DISCIPLINE_TITLES.items()},
        "unit": {one.value: _(title) for one, title in UNIT_TITLES.items()},
        "basis": {one.value: _(title) for one, title in BASIS_TITLES.items()},
        "applies_by": {one.value: _(title) for one, title in APPLIES_BY_TITLES.items()},
    }


async def _form_page(request: Request[Any, Any, Any], who: Scope, form: Form, *, status: int = 200) -> Response[Any]:
    rows = level_rows(form)
    return page(
        request,
        "fees/schedule_form.html",
        status=status,
        form=form,
        rows=rows,
        may_add=rows < MOST_LEVELS,
        issuers=(await read_book(who)).issuers,
        **schedule_options(),
    )
