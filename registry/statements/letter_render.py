"""The decision letter on paper. A top-level function without state: any process can render."""

from registry.documents.paper import paper_css, paper_html
from registry.documents.pdf import PdfSource, render_pdf
from registry.statements.letters import Letter, LetterChange
from registry.statements.wording import grant_period_text
from registry.texts import _, format_kronor, use_language

TEMPLATE = "statements/letter.pdf.html"
STYLESHEET = "statements/letter.css"


def render_letter(letter: Letter) -> bytes:
    """Render a decision letter as PDF. Equal letters make equal bytes, in any process."""
    return render_pdf(letter_source(letter))


def letter_source(letter: Letter) -> PdfSource:
    """What the PDF of a letter is made from; it is dated as the decision, or its latest change."""
    issued_on = max([letter.decided_on, *(change.decided_on for change in letter.changes)])
    html = paper_html(
        TEMPLATE,
        language=letter.language,
        issued_on=issued_on,
        authors=[letter.funder.name],
        accents=[letter.funder.colour],
        letter=letter,
        period=_period(letter),
        change_text=change_text,
    )
    return PdfSource(
        html=html,
        stylesheet=paper_css(STYLESHEET),
        identifier=f"letter/{letter.number}/{letter.language}",
        issued_on=issued_on,
        end="end",
    )


def _period(letter: Letter) -> str:
    with use_language(letter.language):
        return grant_period_text(letter.period_from, letter.period_to)


def change_text(change: LetterChange) -> str:
    """What a later decision did."""
    amount = format_kronor(abs(change.delta_ore))
    if change.kind == "increase":
        return _("The grant was increased by %(amount)s.") % {"amount": amount}
    if change.kind == "decrease":
        return _("The grant was decreased by %(amount)s.") % {"amount": amount}
    return _("The grant was withdrawn, %(amount)s.") % {"amount": amount}


def letter_name(number: str, language: str) -> str:
    """`grant-notice-B12-sv.pdf`: no name, which may be a person's."""
    return f"grant-notice-{number.replace('-', '')}-{language}.pdf"
