"""Pages of reminders: the list and its files, and the calendar address with its feed."""

import hashlib
from functools import partial
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import NotFoundError, RegistryError
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.parties.queries import list_funders
from registry.reminders.calendar import write_calendar
from registry.reminders.export import export_tasks
from registry.reminders.filters import DEFAULT_SORT, SORTS, find_tasks, read_wanted
from registry.reminders.queries import count_of, list_persons, list_tasks, total_of_one_kind
from registry.reminders.rules import YEAR
from registry.reminders.schemas import KIND_TITLES, STATUS_TITLES, URGENCY_TITLES, Task, TaskKind, Urgency
from registry.reminders.service import make_feed, revoke_feed
from registry.texts import _, describe, use_language
from registry.web.downloads import disposition, send_made
from registry.web.forms import read_form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import page, query_of, redirect, with_query
from registry.web.sessions import find_by_feed, read_feed

PATH = "/reminders"
PAGE = 50
ASSOCIATIONS = frozenset({TaskKind.SEND, TaskKind.REPAY, TaskKind.COMING})
CALENDAR_TYPE = "text/calendar"


class ReminderPages(Controller):
    """The list of what is due soon or late."""

    @get(PATH, permission=Permission.REMINDERS_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The list: what is late first."""
        return await _list_page(request, who)

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.REMINDERS_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as a file; the trail says that it was taken."""
        query = query_of(request)
        wanted, asked = await read_wanted(who, query)
        asked.demand()
        kind, sort = list_format(request.url.path), _sort(query)
        tasks = await find_tasks(who, wanted, sort=sort)
        make = partial(export_tasks, who, tasks, kind=kind, question=asked.question(sort=sort))
        return await send_made(_("reminders") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind], make)

    @post(f"{PATH}/feed", permission=Permission.REMINDERS_VIEW, status_code=200)
    async def make(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Make the calendar address, in the place of the one before, and show it once."""
        await read_form(request)
        token = await make_feed(who)
        return await _list_page(request, who, address=f"{request.app.state.base_url}{PATH}/{token}.ics")

    @post(f"{PATH}/feed/revoke", permission=Permission.REMINDERS_VIEW, status_code=200)
    async def revoke(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """End the calendar address."""
        await read_form(request)
        try:
            await revoke_feed(who)
        except RegistryError as error:
            return redirect(request, PATH, describe(error), kind="error")
        return redirect(request, PATH, _("The calendar address doesn't work any more."))


class FeedPages(Controller):
    """The calendar feed: whoever has the secret address reads it, as its user would."""

    @get(f"{PATH}/{{feed:str}}", permission=Permission.PUBLIC)
    async def feed(self, request: Request[Any, Any, Any], feed: str) -> Response[bytes]:
        """What has a day from a year ago to a year ahead; 304 when the reader has it already."""
        token, _dot, ending = feed.rpartition(".")
        visitor = await find_by_feed(token) if ending == "ics" and token else None
        if visitor is None or visitor.feed_at is None or not visitor.may(Permission.REMINDERS_VIEW):
            raise NotFoundError
        today = trail.today()
        with use_language(visitor.language):
            tasks = [
                task
                for task in await list_tasks(visitor.scope, until=today + YEAR)
                if task.due_on is not None and task.due_on >= today - YEAR
            ]
            body = write_calendar(
                tasks,
                persons=await list_persons(visitor.scope, tasks),
                base_url=request.app.state.base_url,
                made_at=visitor.feed_at,
            )
            name = disposition(_("reminders") + ".ics", inline=True)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Content-Disposition": name}
        if tag in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers)
        return Response(body, media_type=CALENDAR_TYPE, headers=headers)


def _sort(query: dict[str, str]) -> str:
    sort = query.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


async def _list_page(request: Request[Any, Any, Any], who: Scope, *, address: str = "") -> Response[Any]:
    query = query_of(request)
    wanted, asked = await read_wanted(who, query)
    number = page_number(query)
    tasks: list[Task] = [] if asked.errors else await find_tasks(who, wanted, sort=_sort(query))
    shown = tasks[(number - 1) * PAGE : number * PAGE]
    return page(
        request,
        "reminders/index.html",
        status=400 if asked.errors else 200,
        tasks=shown,
        total=count_of(tasks),
        late=count_of(task for task in tasks if task.urgency is Urgency.LATE),
        total_ore=total_of_one_kind(tasks),
        until=wanted.until,
        query=query,
        kinds=[
            (kind.value, _(title)) for kind, title in KIND_TITLES.items() if (kind in ASSOCIATIONS) != who.reads_all
        ],
        titles={kind.value: _(title) for kind, title in KIND_TITLES.items()},
        statuses={status: _(title) for status, title in STATUS_TITLES.items()},
        urgencies=[(one.value, _(title)) for one, title in URGENCY_TITLES.items()],
        funders=[(party.org_number, party.name) for party in await list_funders(who)] if not who.funder_id else [],
        errors=[describe(error) for _name, error in asked.errors],
        chips=chips(PATH, query, asked.shown),
        pager=offset_pager(PATH, query, number=number, size=PAGE, total=len(tasks)),
        downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, page=None)) for kind in ("xlsx", "csv")],
        feed_at=await read_feed(who.user_id or 0),
        address=address,
        reads_all=who.reads_all,
    )


PAGES: list[type[Controller]] = [ReminderPages, FeedPages]
