"""What a statement says in words, in the reader's language, for page and paper alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from registry.core.money import Money
from registry.core.periods import Period
from registry.documents.charts import Series, monthly_bars
from registry.documents.paper import clip, day_in_table, names
from registry.statements.schemas import GrantLine, Position, StatementFigures
from registry.texts import _, format_kronor, format_month, format_number, ngettext


@dataclass(frozen=True, slots=True)
class Note:
    """What a word of the statement means, or something to know about it."""

    term: str
    text: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A sum of the year before, of the year, and of the time from its end until the statement was issued."""

    label: str
    amounts: tuple[Money | None, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions as they read at decision, and the decisions that they are of."""

    grants: str
    lines: tuple[str, ...]


def left_label(figures: StatementFigures) -> str:
    """What remains is said of the year's end, or of now while the year runs."""
    return _("Left to pay now") if figures.is_running else _("Left on 31 December")


def then_label(figures: StatementFigures) -> str:
    """The day that the figures are of, as a column's head."""
    return _("Now") if figures.is_running else day_in_table(Period.of_year(figures.year).last)


def statement_sentence(figures: StatementFigures) -> str:
    """The year in a few sentences: what was decided and paid, what is left, and what was taken back."""
    told = {
        "year": figures.year,
        "funders": names(tuple(clip(funder.name, 80) for funder in figures.funders)),
        "decided": format_kronor(figures.totals.decided_ore),
        "paid": format_kronor(figures.totals.net_ore),
    }
    payments = sum(event.kind == "payment" for event in figures.events)
    happened = _happened_so_far if figures.is_running else _happened
    return " ".join([happened(figures, payments, told), _left(figures), *_taken_back(figures)])


def _happened(figures: StatementFigures, payments: int, told: dict[str, object]) -> str:
    told = told | {"count": format_number(payments)}
    if not payments:
        if not figures.totals.decided_ore:
            return _("In %(year)s, nothing was decided or paid.") % told
        return _("In %(year)s, %(funders)s decided %(decided)s. Nothing was paid.") % told
    if not figures.totals.decided_ore:
        sentence = ngettext(
            "In %(year)s, %(funders)s paid %(paid)s in %(count)s\u00a0payment.",
            "In %(year)s, %(funders)s paid %(paid)s in %(count)s\u00a0payments.",
            payments,
        )
        return sentence % told
    sentence = ngettext(
        "In %(year)s, %(funders)s decided %(decided)s and paid %(paid)s in %(count)s\u00a0payment.",
        "In %(year)s, %(funders)s decided %(decided)s and paid %(paid)s in %(count)s\u00a0payments.",
        payments,
    )
    return sentence % told


def _happened_so_far(figures: StatementFigures, payments: int, told: dict[str, object]) -> str:
    told = told | {"count": format_number(payments)}
    if not payments:
        if not figures.totals.decided_ore:
            return _("So far in %(year)s, nothing has been decided or paid.") % told
        return _("So far in %(year)s, %(funders)s decided %(decided)s. Nothing has been paid.") % told
    if not figures.totals.decided_ore:
        sentence = ngettext(
            "So far in %(year)s, %(funders)s paid %(paid)s in %(count)s\u00a0payment.",
            "So far in %(year)s, %(funders)s paid %(paid)s in %(count)s\u00a0payments.",
            payments,
        )
        return sentence % told
    sentence = ngettext(
        "So far in %(year)s, %(funders)s decided %(decided)s and paid %(paid)s in %(count)s\u00a0payment.",
        "So far in %(year)s, %(funders)s decided %(decided)s and paid %(paid)s in %(count)s\u00a0payments.",
        payments,
    )
    return sentence % told


def _left(figures: StatementFigures) -> str:
    remaining = {"remaining": format_kronor(figures.totals.remaining_ore)}
    if not figures.totals.remaining_ore:
        return _("Nothing is left to pay.") if figures.is_running else _("Nothing was left to pay on 31\u00a0December.")
    if figures.is_running:
        return _("%(remaining)s is left to pay.") % remaining
    return _("On 31\u00a0December, %(remaining)s was left to pay.") % remaining


def _taken_back(figures: StatementFigures) -> Iterator[str]:
    totals = figures.totals
    if totals.reversed_ore:
        yield _("Payments of %(amount)s were reversed and are not counted.") % {
            "amount": format_kronor(totals.reversed_ore)
        }
    if totals.repaid_ore:
        yield _("%(amount)s was repaid during the year.") % {"amount": format_kronor(totals.repaid_ore)}


def period_text(grant: GrantLine) -> str:
    """The time that a grant of a statement is for."""
    return grant_period_text(grant.period_from, grant.period_to)


def grant_period_text(first: date, last: date) -> str:
    """The time that a grant is for: whole calendar years by their numbers, anything else by its days."""
    if (first.month, first.day, last.month, last.day) != (1, 1, 12, 31):
        return _("for %(period)s") % {"period": f"{day_in_table(first)}–{day_in_table(last)}"}
    years = (first.year,) if first.year == last.year else (first.year, last.year)
    return _("for %(period)s") % {"period": "–".join(map(str, years))}


def statement_conditions(figures: StatementFigures) -> tuple[Conditions, ...]:
    """The conditions, each text once with all its decisions."""
    of: dict[str, list[str]] = {}
    for grant in figures.grants:
        if grant.conditions.strip():
            of.setdefault(grant.conditions.strip(), []).append(grant.number)
    return tuple(
        Conditions(names(numbers), tuple(line.strip() for line in text.splitlines() if line.strip()))
        for text, numbers in of.items()
    )


def compare_years(figures: StatementFigures, position: Position | None) -> tuple[Compared, ...]:
    """The year beside the one before, and what has happened to its decisions since; None where there is nothing."""
    before, now, after = figures.previous, figures.totals, position

    def row(label: str, earlier: Money | None, ore: Money | None, later: Money | None) -> Compared:
        return Compared(label, (earlier, ore, later) if after else (earlier, ore))

    earlier = (before.decided_ore, before.net_ore, before.remaining_ore) if before else (None, None, None)
    later = (after.decided_ore, after.paid_ore, after.remaining_ore) if after else (None, None, None)
    rows = [
        row(_("Decided"), earlier[0], now.decided_ore, later[0]),
        row(_("Paid"), earlier[1], now.net_ore, later[1]),
        row(_("Left"), earlier[2], now.remaining_ore, later[2]),
    ]
    due, due_later = figures.to_report_ore, after.to_report_ore if after else None
    if due is not None or due_later is not None:
        rows.append(row(_("To be reported"), None, due, due_later))
    return tuple(rows)


def statement_chart(figures: StatementFigures, *, small: bool = False) -> Markup:
    """What was paid each month, net, in the funders' colours; the title says in words what the bars show."""
    size = {"width": 260, "height": 78, "lines": 2} if small else {"height": 96}
    label = format_month_initial if small else format_month
    return monthly_bars(
        [Series(funder.name, funder.colour, tuple(map(int, funder.monthly_ore))) for funder in figures.funders],
        labels=[label(month) for month in range(1, 13)],
        title=_chart_title(figures),
        number=format_number,
        **size,
    )


def format_month_initial(month: int) -> str:
    """`J` for January: twelve of them stand under a small chart."""
    return format_month(month)[:1].upper()


def months_of(figures: StatementFigures) -> list[int]:
    """What all funders paid in each month, net, in öre."""
    return [sum(funder.monthly_ore[month] for funder in figures.funders) for month in range(12)]


def _chart_title(figures: StatementFigures) -> str:
    """Every bar as words: whoever can't see the chart misses nothing of it."""
    bars = [
        f"{format_month(month)} {format_number(ore // 100)}"
        for month, ore in enumerate(months_of(figures), start=1)
        if ore
    ]
    return _("Bar chart of what was paid in each month of %(year)s, less reversals, in kronor: %(bars)s.") % {
        "year": figures.year,
        "bars": ", ".join(bars) or "0",
    }


def chart_text(figures: StatementFigures) -> str:
    """What the chart shows, in a line beneath it."""
    months = months_of(figures)
    most = max(range(12), key=lambda month: months[month])
    return _("Paid each month, in kronor. Most in %(month)s: %(amount)s.") % {
        "month": format_month(most + 1, "wide"),
        "amount": format_kronor(months[most]),
    }


def statement_notes(figures: StatementFigures, position: Position | None = None) -> tuple[Note, ...]:
    """What each word means, in plain language; only of what the statement tells."""
    return tuple(_notes(figures, position))


def _notes(figures: StatementFigures, position: Position | None) -> Iterator[Note]:
    totals = figures.totals
    if figures.is_running:
        yield Note(_("The year is not over."), _("The statement tells of it so far."))
    yield Note(_("Left on 1 January:"), _("decided in earlier years and not paid when the year began."))
    yield Note(_("Decided:"), _("the year's decisions, and the year's changes of earlier ones."))
    yield Note(_("Paid:"), _("with its value date in the year, approved by two people at the funder, less reversals."))
    yield Note(_("Left:"), _("what was left before, plus decided, less paid: what is still to come."))
    if totals.reversed_ore:
        yield Note(_("Reversal:"), _("a payment that went wrong was taken back. It is to be paid again."))
    if totals.repaid_ore:
        yield Note(_("Repaid:"), _("money sent back to the funder. It doesn't make the grant larger again."))
    if position is not None:
        yield Note(
            _("Since then, to %(day)s:") % {"day": day_in_table(position.on)},
            _("what happened to the same decisions from the year's end until the statement was issued."),
        )
    if figures.reports or (position and position.reports):
        yield Note(_("To be reported:"), _("paid on decisions whose reports are not all approved."))
    if figures.claims:
        yield Note(_("Claim:"), _("money that the funder has decided is to be paid back."))
    if any(flow.via for flow in figures.flows):
        yield Note(
            _("Intermediary:"),
            _("receives the money and passes it on. It stands once, at the funder that decided it."),
        )
    if figures.engagements:
        yield Note(
            _("Fees:"),
            _("compared with the recommended least, as F-tax without VAT. A fee below it is to have a motive."),
        )
    yield Note(_("Days:"), _("a decision counts on the day it was made, and money on its value date."))
    yield Note(
        _("Corrections:"),
        _("the statement tells what the registry knew when it was issued; a later correction makes a new version."),
    )
    yield Note(_("Questions:"), _("ask the funder; its address stands at the top."))
