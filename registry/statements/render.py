"""A statement's figures as HTML and as PDF. Top-level functions without state: any process can render."""

import csv
import io
from functools import cache

from markupsafe import Markup

from registry.core.money import Money
from registry.documents.charts import Series, monthly_bars
from registry.documents.pdf import Attachment, PdfSource, render_pdf
from registry.documents.qr import qr_svg
from registry.statements.schemas import StatementDocument, StatementFigures
from registry.templating import TEMPLATES, render
from registry.texts import _, format_kronor, format_month, format_number, ngettext, use_language

TEMPLATE = "statements/statement.pdf.html"
STYLESHEET = TEMPLATES / "statements" / "statement.css"

COLUMNS = ("on", "number", "kind", "grant", "funder", "voucher", "account", "amount", "note")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""


def render_statement(document: StatementDocument) -> bytes:
    """Render a statement as PDF. Equal documents make equal bytes, in any process.

    Raises: RenderUnavailableError when the system's text libraries are missing.
    """
    return render_pdf(statement_source(document))


def statement_source(document: StatementDocument) -> PdfSource:
    """What the PDF of a statement is made from."""
    envelope = document.envelope
    return PdfSource(
        html=statement_html(document),
        stylesheet=statement_css(),
        identifier=f"{envelope.number}/{envelope.version}/{document.figures.language}",
        issued_on=envelope.issued_on,
        attachments=_attachments(document),
    )


def statement_html(document: StatementDocument) -> str:
    """The statement as well-formed HTML in its own language, laid out for paper."""
    figures, envelope = document.figures, document.envelope
    with use_language(figures.language):
        return render(
            TEMPLATE,
            figures=figures,
            envelope=envelope,
            sentence=statement_sentence(figures),
            chart=statement_chart(figures),
            qr=qr_svg(envelope.verify_url, title=_("QR code that leads to the verification page")),
            clip=clip,
        )


@cache
def statement_css() -> str:
    """The style sheet of the paper."""
    return STYLESHEET.read_text("utf-8")


def statement_sentence(figures: StatementFigures) -> str:
    """The year in one sentence, in the reader's language."""
    totals, payments = figures.totals, sum(event.kind == "payment" for event in figures.events)
    return ngettext(
        "In %(year)s, %(funders)s decided %(decided)s and paid %(paid)s in %(count)s payment. "
        "On 31 December %(remaining)s was left to pay.",
        "In %(year)s, %(funders)s decided %(decided)s and paid %(paid)s in %(count)s payments. "
        "On 31 December %(remaining)s was left to pay.",
        payments,
    ) % {
        "year": figures.year,
        "funders": names(tuple(clip(funder.name, 80) for funder in figures.funders)),
        "decided": format_kronor(totals.decided_ore),
        "paid": format_kronor(totals.net_ore),
        "count": format_number(payments),
        "remaining": format_kronor(totals.remaining_ore),
    }


def statement_chart(figures: StatementFigures) -> Markup:
    """What was paid each month, net, in the funders' colours; the title says in words what the bars show."""
    months = [sum(funder.monthly_ore[month] for funder in figures.funders) for month in range(12)]
    most = max(range(12), key=lambda month: months[month])
    title = _(
        "Bar chart of what was paid in each month of %(year)s, less reversals. "
        "Most in %(month)s: %(amount)s. Every payment is in the table below."
    ) % {"year": figures.year, "month": format_month(most + 1), "amount": format_kronor(months[most])}
    return monthly_bars(
        [Series(funder.name, funder.colour, tuple(map(int, funder.monthly_ore))) for funder in figures.funders],
        labels=[format_month(month) for month in range(1, 13)],
        title=title,
        number=format_number,
        height=112,
    )


def names(parts: tuple[str, ...]) -> str:
    """`A, B and C`."""
    if len(parts) < 2:
        return "".join(parts)
    return _("%(first)s and %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def clip(text: str, most: int) -> str:
    """At most so many signs; a cut text ends in `…`. The attached data holds it whole."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _attachments(document: StatementDocument) -> tuple[Attachment, ...]:
    figures, stem = document.figures, document.envelope.number
    with use_language(figures.language):
        return (
            Attachment(f"{stem}.json", _("The statement's figures (JSON)"), document.model_dump_json(indent=1)),
            Attachment(f"{stem}.csv", _("Payments, reversals and repayments (CSV)"), _events_csv(figures)),
        )


def _events_csv(figures: StatementFigures) -> str:
    """The year's events, `;` between columns, with a byte order mark for spreadsheets."""
    funders = {funder.key: funder.org_number for funder in figures.funders}
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for event in figures.events:
        cells = [event.number, event.kind, event.grant, funders[event.funder], event.voucher, event.account]
        rows.writerow([event.on.isoformat(), *map(_inert, cells), Money(event.amount_ore).wire, _inert(event.note)])
    return f"\ufeff{text.getvalue()}"


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
