"""Reading a question, the hash of an answer's rows, and the step from a row to the next level. No I/O."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from registry.core.errors import N_, FieldError, InvalidInputError, RegistryError
from registry.core.periods import FIRST_YEAR, LAST_YEAR, parse_date, parse_moment
from registry.summaries.schemas import NO_AREA, NO_VIA, Cell, Control, Figures, Group, Question, Row

PARAMETERS = (
    "by", "year", "from", "to", "as_of", "known_at", "funder", "programme", "recipient", "area", "kind", "budget_year",
    "ksm", "via",
)  # fmt: skip
"""The parts of a question, as addresses, options and files name them."""

NAMED = ("funder", "programme", "recipient", "area", "kind", "ksm", "via")
"""Those that name something in the registry."""

DEFAULT_BY = (Group.FUNDER, Group.PROGRAMME)
DEEPER = (Group.FUNDER, Group.PROGRAMME, Group.RECIPIENT, Group.MONTH)
"""The way from a total down to the payments."""

_LONGEST = 80
_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:[0-9]{2})")

Read = TypeVar("Read")


class UnknownGroupError(FieldError):
    """The summary can't be grouped by that."""

    code = "unknown-group"
    message = N_("A summary can't be grouped by %(group)s. Use some of: %(groups)s.")


class UnknownParameterError(FieldError):
    """The question has no such part: to leave it out in silence would answer something else."""

    code = "unknown-parameter"
    message = N_("There is no parameter %(name)s. Use some of: %(names)s.")


class ControlTotalError(RegistryError):
    """The rows don't add up to the total that was computed without grouping: nothing is shown."""

    code = "control-total"
    status = 500
    message = N_("The rows do not add up to the control total. Nothing is shown. Tell the administrator.")


class TooManyRowsError(RegistryError):
    """The answer is longer than a summary may be."""

    code = "too-many-rows"
    status = 400
    message = N_("The answer has more than %(limit)s rows. Group by less, or choose a shorter period.")


def read_question(values: Mapping[str, str]) -> Question:
    """Read a question from its parameters; an empty one is as good as none. A year and days narrow each other.

    Raises: InvalidInputError naming each wrong parameter.
    """
    reader = _Reader(values)
    year = reader.read("year", _year)
    period_from, period_to = reader.read("from", parse_date), reader.read("to", parse_date)
    as_of, known_at = reader.read("as_of", parse_date), reader.read("known_at", _moment)
    by, budget_year = reader.groups(), reader.read("budget_year", _year)
    if reader.errors:
        raise InvalidInputError(reader.errors)
    named = {name: values.get(name, "").strip() or None for name in NAMED}
    question = Question(by=by, year=year, as_of=as_of, known_at=known_at, budget_year=budget_year).asking(**named)
    return _within(question, period_from, period_to)


def check_period(question: Question) -> Question:
    """Refuse a period that holds no day, which a person never means. Raises: InvalidInputError."""
    if question.first and question.end and question.end < question.first:
        refusal = FieldError(field="to", message=N_("The period must end on or after the day it starts."))
        raise InvalidInputError([("to", refusal)])
    return question


class _Reader:
    """The parameters of a question and what is wrong with them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: value.strip() for name, value in values.items()}
        self.errors: list[tuple[str, RegistryError]] = [
            (
                name[:_LONGEST],
                UnknownParameterError(field=name[:_LONGEST], name=name[:_LONGEST], names=", ".join(PARAMETERS)),
            )
            for name in self._values
            if name not in PARAMETERS
        ]

    def refuse(self, name: str, message: str) -> None:
        self.errors.append((name, FieldError(field=name, message=message)))

    def read(self, name: str, parse: Callable[[str], Read]) -> Read | None:
        value = self._values.get(name)
        if not value:
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.refuse(name, str(error))
            return None

    def groups(self) -> tuple[Group, ...]:
        names = [name.strip().lower() for name in self._values.get("by", "").split(",") if name.strip()]
        known = dict.fromkeys(name for name in names if name in list(Group))
        for name in names:
            if name not in known:
                refusal = UnknownGroupError(field="by", group=name[:_LONGEST], groups=", ".join(Group))
                self.errors.append(("by", refusal))
                break
        return tuple(Group(name) for name in known) or DEFAULT_BY


def _year(text: str) -> int:
    if not re.fullmatch(r"[0-9]{4}", text, re.ASCII) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise ValueError(N_("Write the year with four digits, for example 2025."))
    return int(text)


def _moment(text: str) -> datetime:
    """A `+` before a time zone that wasn't escaped in an address arrives as a space."""
    return parse_moment(_LOST_PLUS.sub(r"\1+\2", text))


def rows_hash(rows: Iterable[Row]) -> str:
    """The SHA-256 of an answer's rows, the same in every channel and language.

    Each row is a line: its keys in the order of `by`, then decided, paid, reversed, repaid, remaining and payments, as
    the CSV file writes them, joined by `;` and ended by a line feed. Names and titles are left out. The lines are
    sorted by their bytes.
    """
    return lines_hash([*(cell.code for cell in row.cells), *row.figures.wire().values()] for row in rows)


def lines_hash(rows: Iterable[Sequence[str | int | None]]) -> str:
    """The SHA-256 of rows as lines: the values joined by `;`, each line ended by a line feed, sorted by their bytes."""
    lines = sorted(";".join("" if value is None else str(value) for value in row).encode() for row in rows)
    return hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()


def check_control(rows: Iterable[Row], control: Control) -> Figures:
    """Sum the rows and see that every krona stands in one of them. Raises: ControlTotalError."""
    totals = sum((row.figures for row in rows), Figures())
    if Control(totals.decided_ore, totals.paid_ore - totals.reversed_ore, totals.repaid_ore) != control:
        raise ControlTotalError
    return totals


def narrow(question: Question, cells: Iterable[Cell]) -> Question:
    """The question limited to what one row, or the part of it that these keys name, holds."""
    for cell in cells:
        match cell.group:
            case Group.YEAR:
                question = _within(question, date(int(cell.code or 0), 1, 1), date(int(cell.code or 0), 12, 31))
            case Group.MONTH:
                year, month = map(int, str(cell.code).split("-"))
                question = _within(question, date(year, month, 1), _month_end(year, month))
            case Group.PROGRAMME:
                question = question.asking(programme=cell.code, funder=cell.owner)
            case Group.AREA:
                question = question.asking(area=cell.code or NO_AREA)
            case Group.VIA:
                question = question.asking(via=cell.code or NO_VIA)
            case _:
                question = question.asking(**{cell.group.value: cell.code})
    return question


def _within(question: Question, first: date | None, last: date | None) -> Question:
    """The part of the question's period that lies between two days; a whole year stays a year."""
    first = max((day for day in (first, question.first) if day), default=None)
    last = min((day for day in (last, question.end) if day), default=None)
    if first and last and first == date(first.year, 1, 1) and last == date(first.year, 12, 31):
        return question.asking(year=first.year, period_from=None, period_to=None)
    return question.asking(year=None, period_from=first, period_to=last)


def _month_end(year: int, month: int) -> date:
    after = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(after.toordinal() - 1)


def deeper(question: Question, cells: Iterable[Cell]) -> Question | None:
    """The question about one row alone, grouped one level deeper; None at the last level."""
    narrowed = narrow(question, cells)
    settled = {*question.by, *(Group(name) for name in ("funder", "programme", "recipient") if getattr(narrowed, name))}
    following = next((group for group in DEEPER if group not in settled), None)
    return narrowed.asking(by=(following,)) if following else None


def payments_query(question: Question) -> dict[str, str]:
    """The parameters of the list of payments that `paid` is the sum of."""
    period = {"from": question.first, "to": question.last}
    kept = {name: value for name, value in question.query().items() if name not in ("by", "year", "as_of", *period)}
    return {**kept, **{name: str(day) for name, day in period.items() if day}, "status": "counted"}
