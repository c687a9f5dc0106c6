"""Addresses of summaries: reading a question from one, and the ones that a question's figures and limits lead to."""

from typing import Any

from litestar import Request

from registry.summaries.events import Figure
from registry.summaries.labels import limits_text
from registry.summaries.rules import payments_query
from registry.summaries.schemas import Asked, Question
from registry.texts import _, format_date, format_datetime
from registry.web.lists import Chip, chips
from registry.web.pages import query_of, with_query

PATH = "/summaries"
PARTS_PATH = f"{PATH}/events"


def parameters(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The question's parameters in an address: the choices of `by` in order, as one, and without what is empty."""
    given = query_of(request)
    given.pop("language", None)
    groups = [part for name, value in request.query_params.multi_items() if name == "by" for part in value.split(",")]
    given["by"] = ",".join(dict.fromkeys(group.strip() for group in groups if group.strip()))
    return {name: value for name, value in given.items() if value}


def figure_links(question: Question) -> dict[str, str]:
    """The address of what each figure of a question is the sum of, by the figure's name."""
    query = question.query()
    parts = {figure.value: with_query(PARTS_PATH, {"figure": figure.value, **query}) for figure in Figure}
    return {**parts, "paid": with_query("/payments", payments_query(question))}


def question_chips(path: str, query: dict[str, str], asked: Asked) -> list[Chip]:
    """What the question is limited to, each with the address without it; `query` is the present address's."""
    question = asked.question
    shown = {"year": str(question.year)} if question.year else {}
    for name, label, day in (
        ("from", _("From"), question.period_from),
        ("to", _("To"), question.period_to),
        ("as_of", _("As at"), question.as_of),
    ):
        if day:
            shown[name] = f"{label}: {format_date(day)}"
    if question.known_at:
        shown["known_at"] = _("As known on") + f": {format_datetime(question.known_at)}"
    shown |= {key: f"{name}: {value}" for key, name, value in limits_text(asked)}
    return chips(path, query, shown)
