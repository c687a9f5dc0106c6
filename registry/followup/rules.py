"""Reading a follow-up's question, checking its answer, and the steps from a total to what it is made of. No I/O."""

from collections.abc import Iterable, Mapping

from registry.core.errors import N_, FieldError, InvalidInputError, RegistryError
from registry.followup.schemas import DEFAULT_BY, GROUPS, Control, Figures, Question, Row
from registry.programmes.rules import YEAR_MESSAGE, parse_year
from registry.summaries.rules import ControlTotalError, UnknownGroupError, UnknownParameterError, lines_hash
from registry.summaries.schemas import NO_AREA, Cell, Group

NAMED = ("agreement", "funder", "area", "ksm", "programme")
"""The parts of a question that name something in the registry."""
PARAMETERS = ("by", "year_from", "year_to", *NAMED)
"""The parts of a question, as addresses, options and files name them."""
DEEPER = (Group.AREA, Group.FUNDER, Group.BUDGET_YEAR, Group.PROGRAMME)
"""The way from a total down to the programmes."""

_LONGEST = 80


def read_question(values: Mapping[str, str]) -> Question:
    """Read a question from its parameters; an empty one is as good as none.

    Raises: InvalidInputError naming each wrong parameter.
    """
    given = {name: value.strip() for name, value in values.items()}
    errors: list[tuple[str, RegistryError]] = []
    for name in given:
        if name not in PARAMETERS:
            shown = name[:_LONGEST]
            errors.append((shown, UnknownParameterError(field=shown, name=shown, names=", ".join(PARAMETERS))))
    years: dict[str, int | None] = {}
    for name in ("year_from", "year_to"):
        years[name] = parse_year(given.get(name, ""))
        if given.get(name) and years[name] is None:
            errors.append((name, FieldError(field=name, message=YEAR_MESSAGE)))
    first, last = years["year_from"], years["year_to"]
    if first and last and last < first:
        errors.append(("year_to", FieldError(field="year_to", message=N_("The last year comes before the first."))))
    names = [name.strip().lower() for name in given.get("by", "").split(",") if name.strip()]
    unknown = next((name for name in names if name not in GROUPS), None)
    if unknown is not None:
        errors.append(("by", UnknownGroupError(field="by", group=unknown[:_LONGEST], groups=", ".join(GROUPS))))
    if errors:
        raise InvalidInputError(errors)
    by = tuple(Group(name) for name in dict.fromkeys(names)) or DEFAULT_BY
    return Question(by=by, year_from=first, year_to=last).asking(**{name: given.get(name) or None for name in NAMED})


def rows_hash(rows: Iterable[Row]) -> str:
    """The SHA-256 of an answer's rows, the same in every channel and language."""
    return lines_hash([*(cell.code for cell in row.cells), *row.figures.wire().values()] for row in rows)


def check_control(rows: Iterable[Row], control: Control) -> Figures:
    """Sum the rows and see that every krona stands in one of them. Raises: ControlTotalError."""
    totals = sum((row.figures for row in rows), Figures())
    if Control(totals.frame_ore, totals.decided_ore, totals.paid_ore, totals.repaid_ore) != control:
        raise ControlTotalError
    return totals


def narrow(question: Question, cells: Iterable[Cell]) -> Question:
    """The question limited to what one row, or the part of it that these keys name, holds."""
    for cell in cells:
        match cell.group:
            case Group.BUDGET_YEAR:
                question = question.asking(year_from=int(cell.code or 0), year_to=int(cell.code or 0))
            case Group.PROGRAMME:
                question = question.asking(programme=cell.code, funder=cell.owner)
            case Group.AREA:
                question = question.asking(area=cell.code or NO_AREA)
            case _:
                question = question.asking(**{cell.group.value: cell.code})
    return question


def deeper(question: Question, cells: Iterable[Cell]) -> Question | None:
    """The question about one row, grouped by what it isn't limited to yet; None when there is nothing left.

    `question.by` may say more levels than the row has keys: then those come first.
    """
    cells = tuple(cells)
    narrowed = narrow(question, cells)
    if len(question.by) > len(cells):
        return narrowed.asking(by=question.by[len(cells) :])
    settled = {*question.by, *_limited(narrowed)}
    following = next((group for group in DEEPER if group not in settled), None)
    return narrowed.asking(by=(following,)) if following else None


def _limited(question: Question) -> set[Group]:
    """The groups of which a question leaves only one."""
    limited = {Group(name) for name in ("funder", "area", "programme") if getattr(question, name)}
    if question.programme:
        limited.add(Group.AREA)
    if question.year_from is not None and question.year_from == question.year_to:
        limited.add(Group.BUDGET_YEAR)
    return limited


def programmes_query(question: Question) -> dict[str, str] | None:
    """The parameters of the list of programmes whose frames a figure is the sum of; None unless it is of one year."""
    if question.year_from is None or question.year_from != question.year_to or question.programme:
        return None
    return {"year": str(question.year_from), **_asked(question, "funder", "area", "ksm")}


def grants_query(question: Question) -> dict[str, str]:
    """The parameters of the list of grants whose sum `decided` is."""
    return {**_years(question, "year", "year_from", "year_to"), **_limits(question)}


def payments_query(question: Question) -> dict[str, str]:
    """The parameters of the list of payments whose sum `paid` is."""
    years = _years(question, "budget_year", "budget_from", "budget_to")
    return {**years, **_limits(question), "status": "paid"}


def _limits(question: Question) -> dict[str, str]:
    asked = _asked(question, "funder", "area", "ksm")
    if question.programme:
        prefix = f"{question.funder}:" if question.funder else ""
        asked["programme"] = f"{prefix}{question.programme}"
    return asked


def _asked(question: Question, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := getattr(question, name))}


def _years(question: Question, one: str, first: str, last: str) -> dict[str, str]:
    if question.year_from is not None and question.year_from == question.year_to:
        return {one: str(question.year_from)}
    years = {first: question.year_from, last: question.year_to}
    return {name: str(year) for name, year in years.items() if year is not None}
