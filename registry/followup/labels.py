"""A follow-up in words and as a tree: the question as sentences, the facts that a file carries, and totals by level."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from registry.core.errors import N_
from registry.followup.schemas import Control, Figures, FollowUp, Question, Row
from registry.summaries.labels import by_text, cell_text
from registry.summaries.schemas import GROUP_TITLES, Cell, Group
from registry.texts import _, format_kronor, format_number

FIGURE_TITLES = {
    "frame": N_("Frame"),
    "decided": N_("Decided"),
    "undecided": N_("Left of the frame"),
    "paid": N_("Paid"),
    "unpaid": N_("Left to pay"),
    "repaid": N_("Repaid"),
    "grants": N_("Grants"),
}
MEANINGS = {
    "frame": N_("What may be decided from the programmes in the years."),
    "decided": N_("Decisions with their amendments, in the year of the frame that they were taken from."),
    "undecided": N_("Frame less decided."),
    "paid": N_("Attested payments of those decisions, less what was reversed, whenever they were made."),
    "unpaid": N_("Decided less paid."),
    "repaid": N_("What recipients have paid back of what was paid. It doesn't free the frame again."),
}
"""What each figure means, for whoever reads the report without knowing the registry."""


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the report: `cells` are its keys from the top, `text` its own name, `children` what it is made of."""

    cells: tuple[Cell, ...]
    text: str
    figures: Figures
    children: tuple["Node", ...] = ()

    @property
    def level(self) -> int:
        """How deep it lies, from 0."""
        return len(self.cells) - 1


def tree(rows: Sequence[Row], depth: int = 1) -> tuple[Node, ...]:
    """The rows, which are sorted by their keys, as lines with their parts beneath."""
    nodes = []
    for cells, part in groupby(rows, key=lambda row: row.cells[:depth]):
        inside = list(part)
        children = tree(inside, depth + 1) if depth < len(inside[0].cells) else ()
        figures = sum((row.figures for row in inside), Figures())
        nodes.append(Node(cells, cell_text(cells[-1]), figures, children))
    return tuple(nodes)


def lines(nodes: Sequence[Node]) -> Iterator[Node]:
    """Every line of a tree from the top; a part that is all of its whole stands on its line, by name."""
    for node in nodes:
        if len(node.children) == 1 and node.level > 0:
            [only] = node.children
            yield from lines([replace(node, text=f"{node.text} · {only.text}", children=only.children)])
        else:
            yield node
            yield from lines(node.children)


def years_text(question: Question) -> str:
    """`2023–2026`, `2025`, or what is open."""
    first, last = question.year_from, question.year_to
    if first and last:
        return str(first) if first == last else f"{first}–{last}"
    if first:
        return _("from %(first)s") % {"first": first}
    return _("until %(last)s") % {"last": last} if last else _("all years")


def _span(question: Question) -> str:
    if question.year_from is None and question.year_to is None:
        return "all"
    return "one" if question.year_from == question.year_to else "some"


_OF_YEARS = {
    "all": N_("Frames, decisions and payments of all budget years, by %(groups)s."),
    "one": N_("Frames, decisions and payments of the budget year %(years)s, by %(groups)s."),
    "some": N_("Frames, decisions and payments of the budget years %(years)s, by %(groups)s."),
}


def question_sentence(question: Question) -> str:
    """The years and the groups in a plain sentence."""
    return _(_OF_YEARS[_span(question)]) % {
        "years": years_text(question),
        "groups": by_text(question.by).lower().replace(" › ", ", "),
    }


def sentence(answer: FollowUp) -> str:
    """The question in plain sentences."""
    question = answer.question
    told = question_sentence(question)
    named = "; ".join(f"{name.lower()} {value}" for _key, name, value in limits_text(answer))
    return f"{told} " + _("Only %(limits)s.") % {"limits": named} if named else told


def limits_text(answer: FollowUp) -> list[tuple[str, str, str]]:
    """What the question is limited to: the parameter, its name, and its value as people read it."""
    shown = []
    for name, choice in answer.chosen.items():
        group = Group(name)
        title = f"{choice.value} {choice.title}" if group is Group.PROGRAMME else choice.title
        shown.append((name, _(GROUP_TITLES[group]), title or cell_text(Cell(group, choice.value))))
    return shown


def control_text(control: Control) -> str:
    """The control total as files name it."""
    return ", ".join(f"{name}={value}" for name, value in control.wire().items())


def facts(answer: FollowUp, *, asked: str) -> list[tuple[str, str]]:
    """What a file says of itself beside its rows, in the reader's language; `asked` is the moment of the answer."""
    control = answer.control
    return [
        (_("Question"), sentence(answer)),
        (_("Agreement"), answer.agreement or "–"),
        (_("Budget years"), years_text(answer.question)),
        (_("Grouped by"), by_text(answer.question.by)),
        (_("Limited to"), "; ".join(f"{name}: {value}" for _key, name, value in limits_text(answer)) or "–"),
        *((_(FIGURE_TITLES[name]), format_kronor(ore)) for name, ore in answer.totals.amounts().items()),
        (_("Grants"), format_number(answer.totals.grants)),
        (_("Rows"), format_number(len(answer.rows))),
        (_("Control total, frames"), format_kronor(control.frame_ore)),
        (_("Control total, decided"), format_kronor(control.decided_ore)),
        (_("Control total, paid less reversed"), format_kronor(control.paid_ore)),
        (_("Control total, repaid"), format_kronor(control.repaid_ore)),
        (_("Hash of the rows (SHA-256)"), answer.sha256),
        (_("Anchor in the trail"), f"{answer.anchor_seq}:{answer.anchor_hash}"),
        (_("Answered"), asked),
        *((_(FIGURE_TITLES[name]), _(meaning)) for name, meaning in MEANINGS.items()),
    ]
