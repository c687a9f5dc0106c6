"""The summaries' page: the question as a form, the answer as a table that leads down to the events, and its files."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.response import Stream
from markupsafe import Markup

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import N_, RegistryError
from registry.programmes.schemas import KIND_TITLES, KSM_TITLES
from registry.summaries.addresses import PATH, figure_links, parameters, question_chips
from registry.summaries.chart import paid_bars
from registry.summaries.event_pages import PartPages
from registry.summaries.labels import FIGURE_TITLES, amounts_of, cell_text, period_text, sentence
from registry.summaries.queries import Choices, list_choices, summarise
from registry.summaries.rules import check_period, deeper, narrow, read_question
from registry.summaries.schemas import GROUP_TITLES, NO_VIA, Figures, Format, Group, Question, Row, Summary
from registry.summaries.service import Export, export_summary
from registry.texts import _, format_kronor
from registry.web.downloads import send_file
from registry.web.forms import Form
from registry.web.pages import page, with_query

MOST_LINES = 500
"""Rows shown on the page; the files hold all."""
LEVELS = 4
"""Groups that the form offers, one after the other."""
SELDOM = ("from", "to", "as_of", "known_at", "area", "kind", "budget_year", "ksm", "via")
"""Parts of a question that the form keeps folded until they are used."""

PRESETS = (
    (N_("Funders and programmes"), (Group.FUNDER, Group.PROGRAMME)),
    (N_("By priority area"), (Group.AREA, Group.FUNDER)),
    (N_("By recipient"), (Group.RECIPIENT, Group.FUNDER)),
    (N_("By kind"), (Group.KIND, Group.FUNDER)),
    (N_("Inside and outside the model"), (Group.KSM, Group.FUNDER)),
    (N_("By month"), (Group.MONTH, Group.FUNDER)),
    (N_("Year by year"), (Group.YEAR, Group.FUNDER)),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to a question asked often."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: its group keys as texts, its figures, what each is made of, and where it leads down."""

    texts: tuple[str, ...]
    figures: Figures
    links: dict[str, str]
    href: str | None = None
    subtotal: bool = False


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One of the totals on top of the page."""

    label: str
    value: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page shows of a summary."""

    summary: Summary
    sentence: str
    figures: list[KeyFigure]
    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Line
    hidden: bool
    chart: Markup | None
    chart_title: str
    downloads: list[tuple[str, str]]


class SummaryPages(Controller):
    """Summaries for people."""

    @get(PATH, permission=Permission.SUMMARIES_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """Ask, and show the answer. Without a question: this year, by funder and programme."""
        given = parameters(request) or {"year": str(trail.today().year)}
        form, answer = Form(given), None
        try:
            answer = _answer(await summarise(who, check_period(read_question(given))))
        except RegistryError as error:
            if error.status not in (400, 404):
                raise
            form.add(error)
        choices = await list_choices(who)
        return page(
            request,
            "summaries/index.html",
            status=200 if answer else 400,
            form=form,
            levels=_levels(given, form),
            options=_options(choices),
            group_options=[(group.value, _(title)) for group, title in GROUP_TITLES.items()],
            more_open=any(given.get(name) for name in SELDOM),
            presets=_presets(given, answer.summary.question if answer else None),
            chips=question_chips(PATH, answer.summary.question.query(), answer.summary) if answer else [],
            answer=answer,
        )

    @get([f"{PATH}.{kind.value}" for kind in Format], permission=Permission.SUMMARIES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The answer as a file; the trail says that it was taken."""
        kind = Format(request.url.path.rpartition(".")[2])
        return send_export(await export_summary(who, check_period(read_question(parameters(request))), kind))


def send_export(export: Export) -> Stream:
    """Send a finished file."""
    return send_file(export.file, export.name, export.media_type)


def _net(totals: Figures) -> str:
    """What is left of the paid when reversals are taken off: the figure that statements and frames show."""
    if not totals.reversed_ore:
        return ""
    return _("%(amount)s after reversals") % {"amount": format_kronor(totals.paid_ore - totals.reversed_ore)}


def _answer(summary: Summary) -> Answer:
    question = summary.question
    query = question.query()
    bars = [(text, sum(row.figures.paid_ore for row in rows)) for text, rows in _by_first(summary.rows)]
    first = _(GROUP_TITLES[question.by[0]])
    chart_title = _("Paid by %(group)s, %(period)s") % {"group": first.lower(), "period": period_text(question)}
    if question.by[0] not in (Group.MONTH, Group.YEAR, Group.BUDGET_YEAR):
        bars.sort(key=lambda bar: -bar[1])
    return Answer(
        summary=summary,
        sentence=sentence(summary),
        figures=[
            KeyFigure(_(FIGURE_TITLES[name]), format_kronor(ore), _net(summary.totals) if name == "paid" else "")
            for name, ore in amounts_of(summary.totals)
        ],
        headings=tuple(_(GROUP_TITLES[group]) for group in question.by),
        lines=tuple(_lines(summary)),
        total=Line((), summary.totals, figure_links(question)),
        hidden=len(summary.rows) > MOST_LINES,
        chart=paid_bars(bars, title=chart_title, others=_("All others"), amount=format_kronor),
        chart_title=chart_title,
        downloads=[(kind.value.upper(), with_query(f"{PATH}.{kind.value}", query)) for kind in Format],
    )


def _by_first(rows: tuple[Row, ...]) -> Iterator[tuple[str, list[Row]]]:
    """The rows by their first group, which they are sorted by."""
    for cell, part in groupby(rows, key=lambda row: row.cells[0]):
        yield cell_text(cell), list(part)


def _lines(summary: Summary) -> Iterator[Line]:
    """The first rows; each first group of several ends with its subtotal over all of its rows."""
    question, shown = summary.question, 0
    for text, rows in _by_first(summary.rows):
        if shown >= MOST_LINES:
            return
        for row in rows[: MOST_LINES - shown]:
            yield _line(question, row)
        shown += len(rows)
        if len(question.by) > 1 and len(rows) > 1 and shown <= MOST_LINES:
            narrowed = narrow(question, rows[0].cells[:1])
            totals = sum((row.figures for row in rows), Figures())
            yield Line((text,), totals, figure_links(narrowed), subtotal=True)


def _line(question: Question, row: Row) -> Line:
    below = deeper(question, row.cells)
    links = figure_links(narrow(question, row.cells))
    return Line(
        tuple(cell_text(cell) for cell in row.cells),
        row.figures,
        links,
        with_query(PATH, below.query()) if below else links["paid"],
    )


def _levels(given: dict[str, str], form: Form) -> list[Form]:
    """The selects for the groups: each holds one name of `by`."""
    names = (given.get("by") or "funder,programme").split(",")[:LEVELS]
    errors = form.errors.get("by", [])
    return [
        Form({"by": name}, {"by": errors} if errors and place == 0 else {})
        for place, name in enumerate([*names, *[""] * (LEVELS - len(names))])
    ]


def _options(choices: Choices) -> dict[str, list[tuple[str, str]]]:
    """What each select of the form offers."""
    years = sorted({*choices.years, trail.today().year}, reverse=True)
    return {
        "year": [(str(year), str(year)) for year in years],
        "kind": [(kind.value, _(title)) for kind, title in KIND_TITLES.items()],
        "ksm": [(code, _(title)) for code, title in KSM_TITLES.items()],
        "via": [(NO_VIA, _("Without an intermediary")), *((one.value, one.title) for one in choices.vias)],
        **{
            name: [(choice.value, choice.title) for choice in getattr(choices, f"{name}s")]
            for name in ("funder", "programme", "recipient", "area")
        },
    }


def _presets(given: dict[str, str], question: Question | None) -> list[Tab]:
    """The usual questions, within the period and limits at hand."""
    tabs = []
    for label, by in PRESETS:
        whole = {"year": None, "from": None, "to": None} if by[0] is Group.YEAR else {}
        href = with_query(PATH, given, **{"by": ",".join(by), **whole})
        tabs.append(Tab(_(label), href, current=question is not None and question.by == by))
    return tabs


PAGES = [SummaryPages, PartPages]
