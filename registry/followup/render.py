"""The follow-up on paper. Top-level functions without state: any process can render."""

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from registry.core.errors import N_
from registry.documents.bars import Bar, Part, divided_bars
from registry.documents.paper import Letterhead, clip, paper_css, paper_html
from registry.documents.pdf import Attachment, PdfSource, render_pdf
from registry.followup.files import answer_csv, answer_json
from registry.followup.labels import FIGURE_TITLES, MEANINGS, Node, lines, sentence, tree, years_text
from registry.followup.schemas import FollowUp
from registry.summaries.labels import cell_text
from registry.summaries.schemas import GROUP_TITLES
from registry.texts import _, format_kronor, format_number, use_language

TEMPLATE = "followup/followup.pdf.html"
STYLESHEET = "followup/followup.css"
MOST_LINES = 1_500
"""Lines of the report on paper; the attached data holds all."""
MOST_BARS = 14

PARTS = ((N_("Paid"), "#1f5f7a"), (N_("Decided and not paid"), "#8fb8c9"), (N_("Left of the frame"), "#dfe5e8"))


@dataclass(frozen=True, slots=True)
class FollowUpDocument:
    """All that a worker needs: the answer, whose letterheads it carries, the reader's language and the day."""

    answer: FollowUp
    funders: tuple[Letterhead, ...]
    language: str
    issued_on: date


def render_follow_up(document: FollowUpDocument) -> bytes:
    """Render a follow-up as PDF. Equal documents make equal bytes, in any process.

    Raises: RenderUnavailableError when the system's text libraries are missing.
    """
    return render_pdf(follow_up_source(document))


def follow_up_source(document: FollowUpDocument) -> PdfSource:
    """What the PDF of a follow-up is made from."""
    answer, language = document.answer, document.language
    with use_language(language):
        attachments = (
            Attachment("followup.json", _("The figures of the follow-up (JSON)"), answer_json(answer).decode()),
            Attachment("followup.csv", _("The figures of the follow-up (CSV)"), answer_csv(answer)),
        )
    return PdfSource(
        html=follow_up_html(document),
        stylesheet=paper_css(STYLESHEET),
        identifier=f"followup/{answer.sha256}/{answer.anchor_seq}/{language}",
        issued_on=document.issued_on,
        attachments=attachments,
    )


def follow_up_html(document: FollowUpDocument) -> str:
    """The follow-up as well-formed HTML in its language, laid out for paper."""
    answer = document.answer
    with use_language(document.language):
        nodes = tree(answer.rows)
        shown = list(lines(nodes))
        values = {
            "answer": answer,
            "funders": document.funders,
            "years": years_text(answer.question),
            "sentence": sentence(answer),
            "heading": _(GROUP_TITLES[answer.question.by[0]]),
            "lines": shown[:MOST_LINES],
            "cut": len(shown) > MOST_LINES,
            "empty": [cell_text(cell) for cell in answer.empty],
            "titles": {name: _(title) for name, title in FIGURE_TITLES.items()},
            "meanings": [(_(FIGURE_TITLES[name]), _(meaning)) for name, meaning in MEANINGS.items()],
            "chart": follow_up_chart(answer, nodes),
            "chart_caption": chart_caption(answer),
        }
    return paper_html(
        TEMPLATE,
        language=document.language,
        issued_on=document.issued_on,
        authors=[funder.name for funder in document.funders],
        accents=[funder.colour for funder in document.funders],
        **values,
    )


def chart_caption(answer: FollowUp) -> str:
    """What the bars are, in a few words."""
    return _("Frames by %(group)s: paid, decided and not paid, and what nobody has decided") % {
        "group": _(GROUP_TITLES[answer.question.by[0]]).lower()
    }


def follow_up_chart(answer: FollowUp, nodes: tuple[Node, ...]) -> Markup | None:
    """A bar for each first line; the title says in words what the bars show."""
    if not 1 < len(nodes) <= MOST_BARS:
        return None
    totals = answer.totals
    largest = max(nodes, key=lambda node: node.figures.frame_ore)
    title = _(
        "Bar chart. Of %(frame)s in frames, %(decided)s is decided and %(paid)s of that is paid."
        " Largest: %(name)s, %(largest)s. Every figure is in the table."
    ) % {
        "frame": format_kronor(totals.frame_ore),
        "decided": format_kronor(totals.decided_ore),
        "paid": format_kronor(totals.paid_ore),
        "name": clip(largest.text, 90),
        "largest": format_kronor(largest.figures.frame_ore),
    }
    return divided_bars(
        [Part(_(name), colour) for name, colour in PARTS],
        [Bar(node.text, _bar(node)) for node in nodes],
        title=title,
        amount=lambda ore: f"{format_number(ore // 100)}\u00a0kr",
    )


def _bar(node: Node) -> tuple[int, ...]:
    figures = node.figures
    return figures.paid_ore, figures.unpaid_ore, figures.undecided_ore
