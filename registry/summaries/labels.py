"""A summary in words: the question as sentences, the groups' names, and the facts that a file carries."""

from collections.abc import Sequence

from registry.core.errors import N_
from registry.programmes.schemas import KIND_TITLES, KSM_TITLES, ProgrammeKind
from registry.summaries.schemas import GROUP_TITLES, Asked, Cell, Control, Figures, Group, Question, Summary
from registry.texts import _, format_date, format_datetime, format_kronor, format_month, format_number

FIGURE_TITLES = {
    "decided": N_("Decided"),
    "paid": N_("Paid"),
    "reversed": N_("Reversed"),
    "repaid": N_("Repaid"),
    "remaining": N_("Remaining"),
    "payments": N_("Payments"),
}
NOTHING = {Group.AREA: N_("No priority area"), Group.VIA: N_("Without an intermediary")}
"""What stands for a group key that grants may lack."""


def cell_text(cell: Cell) -> str:
    """A group key as people read it."""
    match cell.group:
        case Group.KIND:
            return _(KIND_TITLES[ProgrammeKind(str(cell.code))])
        case Group.KSM:
            return _(KSM_TITLES[str(cell.code)])
        case Group.AREA | Group.VIA:
            return cell.title or _(NOTHING[cell.group])
        case Group.MONTH:
            year, month = str(cell.code).split("-")
            return f"{format_month(int(month))} {year}"
        case Group.YEAR | Group.BUDGET_YEAR:
            return str(cell.code)
        case _:
            return cell.title


def by_text(by: Sequence[Group]) -> str:
    """The groups in order: `Funder › Programme`."""
    return " › ".join(_(GROUP_TITLES[group]) for group in by)


def period_text(question: Question) -> str:
    """The question's period, without its value date."""
    if question.year:
        return str(question.year)
    first, last = format_date(question.period_from), format_date(question.period_to)
    if first and last:
        return f"{first} – {last}"
    if first:
        return _("from %(first)s") % {"first": first}
    return _("until %(last)s") % {"last": last} if last else _("all years")


def sentence(summary: Summary) -> str:
    """The question in plain sentences: period, groups, limits, and what it is seen from."""
    question = summary.question
    parts = [
        _("What was decided, paid, reversed and repaid: %(period)s, by %(groups)s.")
        % {"period": period_text(question), "groups": by_text(question.by).lower().replace(" › ", ", ")}
    ]
    limits = limits_text(summary)
    if limits:
        named = "; ".join(f"{name.lower()} {value}" for _key, name, value in limits)
        parts.append(_("Only %(limits)s.") % {"limits": named})
    if question.as_of:
        parts.append(_("As at %(day)s: later value dates are left out.") % {"day": format_date(question.as_of)})
    if question.known_at:
        parts.append(
            _("As known on %(moment)s: what was registered later is left out.")
            % {"moment": format_datetime(question.known_at)}
        )
    return " ".join(parts)


def limits_text(asked: Asked) -> list[tuple[str, str, str]]:
    """What the question is limited to: the parameter, its name, and its value as people read it."""
    shown = []
    for name, choice in asked.chosen.items():
        group = Group(name)
        title = choice.title
        if group is Group.PROGRAMME:
            title = f"{choice.value} {choice.title}"
        elif not choice.title:
            title = cell_text(Cell(group, choice.value))
        shown.append((name, _(GROUP_TITLES[group]), title))
    if asked.question.budget_year:
        shown.append(("budget_year", _(GROUP_TITLES[Group.BUDGET_YEAR]), str(asked.question.budget_year)))
    return shown


def control_text(control: Control) -> str:
    """The control total as files name it."""
    return ", ".join(f"{name}={value}" for name, value in control.wire().items())


def facts(summary: Summary, *, asked: str) -> list[tuple[str, str]]:
    """What a file says of itself beside its rows, in the reader's language; `asked` is the moment of the answer."""
    question, totals = summary.question, summary.totals
    return [
        (_("Question"), sentence(summary)),
        (_("Period"), period_text(question)),
        (_("Grouped by"), by_text(question.by)),
        (_("Limited to"), "; ".join(f"{name}: {value}" for _key, name, value in limits_text(summary)) or "–"),
        (_("As at"), format_date(question.as_of) or "–"),
        (_("As known on"), format_datetime(question.known_at) or "–"),
        *((_(FIGURE_TITLES[name]), format_kronor(ore)) for name, ore in amounts_of(totals)),
        (_("Payments"), format_number(totals.payments)),
        (_("Rows"), format_number(len(summary.rows))),
        (_("Control total, decided"), format_kronor(summary.control.decided_ore)),
        (_("Control total, paid less reversed"), format_kronor(summary.control.net_ore)),
        (_("Control total, repaid"), format_kronor(summary.control.repaid_ore)),
        (_("Hash of the rows (SHA-256)"), summary.sha256),
        (_("Anchor in the trail"), f"{summary.anchor_seq}:{summary.anchor_hash}"),
        (_("Answered"), asked),
        (_("Remaining"), _("Decided less paid, with what was reversed added again, all within the question.")),
    ]


def amounts_of(figures: Figures) -> list[tuple[str, int]]:
    """The amounts by name, in öre, in their fixed order."""
    return [
        ("decided", figures.decided_ore),
        ("paid", figures.paid_ore),
        ("reversed", figures.reversed_ore),
        ("repaid", figures.repaid_ore),
        ("remaining", figures.remaining_ore),
    ]
