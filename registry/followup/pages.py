"""The follow-up's page: the question as a form, the answer as a report that leads down to the payments, its files."""

from dataclasses import dataclass
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.response import Stream
from markupsafe import Markup

from registry.core.access import Permission, Scope
from registry.core.errors import N_, RegistryError
from registry.documents import rendering
from registry.followup.labels import (
    FIGURE_TITLES,
    MEANINGS,
    Node,
    lines,
    sentence,
    tree,
    years_text,
)
from registry.followup.queries import Choices, follow_up, list_choices, usual_question
from registry.followup.render import chart_caption, follow_up_chart
from registry.followup.rules import deeper, grants_query, narrow, payments_query, programmes_query, read_question
from registry.followup.schemas import GROUPS, Figures, FollowUp, Format, Question
from registry.followup.service import Export, export_follow_up
from registry.programmes.schemas import KSM_TITLES
from registry.summaries.labels import cell_text
from registry.summaries.schemas import GROUP_TITLES, Group
from registry.texts import _, format_kronor, format_percent
from registry.web.downloads import send_file
from registry.web.forms import Form
from registry.web.lists import Chip, chips
from registry.web.pages import page, query_of, with_query

PATH = "/followup"
MOST_LINES = 600
"""Lines shown on the page; the files hold all."""
LEVELS = 4
"""Groups that the form offers, one after the other."""

PRESETS = (
    (N_("By priority area"), (Group.AREA, Group.FUNDER, Group.BUDGET_YEAR)),
    (N_("Year by year"), (Group.BUDGET_YEAR, Group.FUNDER, Group.AREA)),
    (N_("By funder"), (Group.FUNDER, Group.AREA, Group.BUDGET_YEAR)),
    (N_("Inside and outside the model"), (Group.KSM, Group.FUNDER, Group.BUDGET_YEAR)),
    (N_("By programme"), (Group.AREA, Group.PROGRAMME, Group.BUDGET_YEAR)),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to a question asked often."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report, with the addresses that its name and figures lead to."""

    level: int
    text: str
    figures: Figures
    href: str | None
    frame_href: str | None
    grants_href: str
    payments_href: str


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One of the totals on top of the page."""

    label: str
    value: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows of a follow-up."""

    answer: FollowUp
    sentence: str
    figures: list[KeyFigure]
    heading: str
    lines: tuple[Line, ...]
    empty: list[str]
    total: Line
    hidden: bool
    chart: Markup | None
    chart_title: str
    downloads: list[tuple[str, str]]


def parameters(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The question's parameters in an address: the choices of `by` in order, as one, and without what is empty."""
    given = query_of(request)
    given.pop("language", None)
    groups = [part for name, value in request.query_params.multi_items() if name == "by" for part in value.split(",")]
    given["by"] = ",".join(dict.fromkeys(group.strip() for group in groups if group.strip()))
    return {name: value for name, value in given.items() if value}


class FollowUpPages(Controller):
    """The follow-up for people."""

    @get(PATH, permission=Permission.FOLLOWUP_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """Ask, and show the answer. Without a question: the agreement in force, or the latest one."""
        rendering.expect()
        given = parameters(request)
        if not set(given) - {"by"}:
            given = {**(await usual_question(who)).query(), **given}
        form, view = Form(given), None
        try:
            view = _view(await follow_up(who, read_question(given)))
        except RegistryError as error:
            if error.status not in (400, 404):
                raise
            form.add(error)
        choices = await list_choices(who)
        return page(
            request,
            "followup/index.html",
            status=200 if view else 400,
            form=form,
            levels=_levels(given, form),
            options=_options(choices),
            group_options=[(group.value, _(GROUP_TITLES[group])) for group in GROUPS],
            presets=_presets(given, view.answer.question if view else None),
            chips=_chips(view.answer) if view else [],
            view=view,
            titles={name: _(title) for name, title in FIGURE_TITLES.items()},
            meanings=[(_(FIGURE_TITLES[name]), _(meaning)) for name, meaning in MEANINGS.items()],
            years=years_text(view.answer.question) if view else "",
        )

    @get([f"{PATH}.{kind.value}" for kind in Format], permission=Permission.FOLLOWUP_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The answer as a file; the trail says that it was taken."""
        kind = Format(request.url.path.rpartition(".")[2])
        return send_export(await export_follow_up(who, read_question(parameters(request)), kind))


def send_export(export: Export) -> Stream:
    """Send a finished file."""
    return send_file(export.file, export.name, export.media_type)


def _view(answer: FollowUp) -> View:
    question = answer.question
    nodes = tree(answer.rows)
    shown = list(lines(nodes))
    query = question.query()
    return View(
        answer=answer,
        sentence=sentence(answer),
        figures=_key_figures(answer.totals),
        heading=_(GROUP_TITLES[question.by[0]]),
        lines=tuple(_line(question, node) for node in shown[:MOST_LINES]),
        empty=[cell_text(cell) for cell in answer.empty],
        total=_total(question, answer.totals),
        hidden=len(shown) > MOST_LINES,
        chart=follow_up_chart(answer, nodes),
        chart_title=chart_caption(answer),
        downloads=[(kind.value.upper(), with_query(f"{PATH}.{kind.value}", query)) for kind in Format],
    )


def _key_figures(totals: Figures) -> list[KeyFigure]:
    hints = {}
    if totals.frame_ore:
        hints["decided"] = _("%s of the frames") % format_percent(totals.decided_ore, totals.frame_ore)
    if totals.decided_ore:
        hints["paid"] = _("%s of what is decided") % format_percent(totals.paid_ore, totals.decided_ore)
    if totals.repaid_ore:
        hints["unpaid"] = _("%s has been repaid") % format_kronor(totals.repaid_ore)
    return [
        KeyFigure(_(FIGURE_TITLES[name]), format_kronor(ore), hints.get(name, ""))
        for name, ore in totals.amounts().items()
        if name != "repaid"
    ]


def _line(question: Question, node: Node) -> Line:
    below = deeper(question, node.cells)
    narrowed = narrow(question, node.cells)
    return Line(
        level=node.level,
        text=node.text,
        figures=node.figures,
        href=with_query(PATH, below.query()) if below else with_query("/grants", grants_query(narrowed)),
        frame_href=_frame(narrowed),
        grants_href=with_query("/grants", grants_query(narrowed)),
        payments_href=with_query("/payments", payments_query(narrowed)),
    )


def _frame(narrowed: Question) -> str | None:
    """Where a frame leads: to the programmes of its year, or to the years that it is the sum of."""
    programmes = programmes_query(narrowed)
    if programmes is not None:
        return with_query("/programmes", programmes)
    if narrowed.programme:
        return None
    return with_query(PATH, narrowed.asking(by=(Group.BUDGET_YEAR, Group.PROGRAMME)).query())


def _total(question: Question, totals: Figures) -> Line:
    return Line(
        0,
        "",
        totals,
        None,
        _frame(question),
        with_query("/grants", grants_query(question)),
        with_query("/payments", payments_query(question)),
    )


def _levels(given: dict[str, str], form: Form) -> list[Form]:
    """The selects for the groups: each holds one name of `by`."""
    names = (given.get("by") or ",".join(Question().by)).split(",")[:LEVELS]
    errors = form.errors.get("by", [])
    return [
        Form({"by": name}, {"by": errors} if errors and place == 0 else {})
        for place, name in enumerate([*names, *[""] * (LEVELS - len(names))])
    ]


def _options(choices: Choices) -> dict[str, list[tuple[str, str]]]:
    """What each select of the form offers."""
    return {
        "agreement": [(choice.value, choice.title) for choice in choices.agreements],
        "year": [(str(year), str(year)) for year in choices.years],
        "funder": [(choice.value, choice.title) for choice in choices.funders],
        "area": [(choice.value, choice.title) for choice in choices.areas],
        "ksm": [(code, _(title)) for code, title in KSM_TITLES.items()],
        "programme": [(choice.value, choice.title) for choice in choices.programmes],
    }


def _presets(given: dict[str, str], question: Question | None) -> list[Tab]:
    """The usual questions, within the years and limits at hand."""
    return [
        Tab(_(label), with_query(PATH, given, by=",".join(by)), current=question is not None and question.by == by)
        for label, by in PRESETS
    ]


def _chips(answer: FollowUp) -> list[Chip]:
    """What the question is limited to, each with the address without it."""
    question = answer.question
    shown = {"agreement": answer.agreement} if answer.agreement else {}
    for name, choice in answer.chosen.items():
        title = choice.title or (_(KSM_TITLES[choice.value]) if name == "ksm" else _("No priority area"))
        shown[name] = f"{_(GROUP_TITLES[Group(name)])}: {title}"
    if not answer.agreement:
        years = {"year_from": _("From %s"), "year_to": _("To %s")}
        shown |= {name: text % getattr(question, name) for name, text in years.items() if getattr(question, name)}
    return chips(PATH, question.query(), shown)


PAGES: list[type[Controller]] = [FollowUpPages]
