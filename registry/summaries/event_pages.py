"""The page of what a figure is made of: the events that it sums, their sum, and their files."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import N_, InvalidInputError, RegistryError
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.summaries.addresses import PARTS_PATH, PATH, parameters, question_chips
from registry.summaries.event_export import export_parts
from registry.summaries.events import DEFAULT_SORT, KIND_TITLES, PAGE, SORTS, Figure, Parts, list_parts, read_figure
from registry.summaries.labels import FIGURE_TITLES, period_text
from registry.summaries.rules import check_period, read_question
from registry.summaries.schemas import Question
from registry.texts import _, describe
from registry.web.downloads import send_made
from registry.web.lists import offset_pager, page_number
from registry.web.pages import page, query_of, with_query

LEADS = {
    Figure.DECIDED: N_("Each decision and each later change that the sum holds, on the day it counts."),
    Figure.REVERSED: N_("Each reversal of a payment that the sum holds, on the day it counts."),
    Figure.REPAID: N_("Each repayment that the sum holds, on the day it counts."),
}


@dataclass(frozen=True, slots=True)
class FigureTab:
    """A link to another figure of the same question."""

    label: str
    href: str
    current: bool


class PartPages(Controller):
    """The events of a figure for people."""

    @get(PARTS_PATH, permission=Permission.SUMMARIES_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The list, the latest day first; its sum is the figure."""
        number, sort = page_number(query_of(request)), _sort(request)
        found: Parts | None = None
        errors: list[str] = []
        try:
            figure, question = _asked(request)
            found = await list_parts(who, question, figure, sort=sort, offset=(number - 1) * PAGE)
        except InvalidInputError as error:
            errors = [describe(inner) for _name, inner in error.errors]
        except RegistryError as error:
            if error.status not in (400, 404):
                raise
            errors = [describe(error)]
        if found is None:
            return page(request, "summaries/events.html", status=400, found=None, errors=errors)
        query = _query(found, sort)
        return page(
            request,
            "summaries/events.html",
            found=found,
            errors=errors,
            query=query,
            title=f"{_(FIGURE_TITLES[found.figure])}: {period_text(found.question)}",
            lead=_(LEADS[found.figure]),
            kinds={kind: _(title) for kind, title in KIND_TITLES.items()},
            tabs=_tabs(found.figure, query),
            chips=question_chips(PARTS_PATH, query, found),
            back=with_query(PATH, found.question.query()),
            pager=offset_pager(PARTS_PATH, query, number=number, size=PAGE, total=found.total),
            downloads=[(kind.upper(), with_query(f"{PARTS_PATH}.{kind}", query)) for kind in ("xlsx", "csv")],
        )

    @get([f"{PARTS_PATH}.csv", f"{PARTS_PATH}.xlsx"], permission=Permission.SUMMARIES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as a file; the trail says that it was taken."""
        (figure, question), kind = _asked(request), list_format(request.url.path)
        make = partial(export_parts, who, question, figure, kind=kind, sort=_sort(request))
        return await send_made(f"summary-{figure.value}-{trail.today()}.{kind}", MEDIA_TYPES[kind], make)


def _asked(request: Request[Any, Any, Any]) -> tuple[Figure, Question]:
    """The figure and the question in the address. Raises: InvalidInputError naming each wrong parameter."""
    given = parameters(request)
    for name in ("page", "sort"):
        given.pop(name, None)
    errors: list[tuple[str, RegistryError]] = []
    figure, question = Figure.DECIDED, None
    try:
        figure = read_figure(given.pop("figure", ""))
    except RegistryError as error:
        errors.append((error.field, error))
    try:
        question = check_period(read_question(given))
    except InvalidInputError as error:
        errors += error.errors
    if errors or question is None:
        raise InvalidInputError(errors)
    return figure, question


def _query(found: Parts, sort: str) -> dict[str, str]:
    """The list's address in its one written form, without the page."""
    order = {"sort": sort} if sort != DEFAULT_SORT else {}
    return {"figure": found.figure.value, **found.question.query(), **order}


def _tabs(present: Figure, query: dict[str, str]) -> list[FigureTab]:
    """The figures of the same question."""
    return [
        FigureTab(_(FIGURE_TITLES[figure]), with_query(PARTS_PATH, query, figure=figure.value), figure is present)
        for figure in Figure
    ]


def _sort(request: Request[Any, Any, Any]) -> str:
    sort = query_of(request).get("sort", "")
    return sort if sort in SORTS else DEFAULT_SORT
