"""A statement's figures as HTML and as PDF. Top-level functions without state: any process can render."""

import csv
import io
import json
from datetime import date
from functools import cache

from babel.dates import format_date as babel_date
from markupsafe import Markup

from registry.core.money import Money
from registry.documents.charts import Series, monthly_bars
from registry.documents.csv import guard
from registry.documents.pdf import Attachment, PdfSource, render_pdf
from registry.documents.qr import qr_svg
from registry.statements.schemas import (
    StatementDocument,
    StatementEnvelope,
    StatementFigures,
    StatementParty,
    Sums,
)
from registry.templating import TEMPLATES, render
from registry.texts import (
    _,
    format_date,
    format_kronor,
    format_month,
    format_number,
    get_language,
    ngettext,
    use_language,
)

TEMPLATE = "statements/statement.pdf.html"
STYLESHEET = TEMPLATES / "statements" / "statement.css"

CHART_FROM = 8
"""Fewer events than this say as much as their rows, and the statement has a chance of one page."""

COLUMNS = ("on", "number", "kind", "grant", "funder", "voucher", "account", "amount", "note")


def render_statement(document: StatementDocument) -> bytes:
    """Render a statement as PDF. Equal documents make equal bytes, in any process.

    Raises: RenderUnavailableError when the system's text libraries are missing.
    """
    return render_pdf(statement_source(document))


def warm_up() -> None:
    """Render a statement of nothing, so that a worker's first one finds style sheet, fonts and template ready."""
    nothing = Sums(**dict.fromkeys(Sums.model_fields, Money(0)))
    party = StatementParty(number="", name="–", org_number="")
    figures = StatementFigures(
        party=party, year=2000, language="sv", funders=(), grants=(), events=(), coming=(), totals=nothing
    )
    envelope = StatementEnvelope(
        number="", version=0, code="", issued_on=date(2000, 1, 1), anchor_seq=0, anchor_hash="", verify_url="–"
    )
    render_statement(StatementDocument(figures=figures, envelope=envelope))


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
            chart=statement_chart(figures) if len(figures.events) >= CHART_FROM else "",
            qr=qr_svg(envelope.verify_url, title=_("QR code that leads to the verification page")),
            place={funder.key: index for index, funder in enumerate(figures.funders)},
            programmes={grant.number: grant.programme for grant in figures.grants},
            address=envelope.verify_url.rpartition("/")[0].partition("://")[2],
            clip=clip,
            day=day_in_table,
        )


@cache
def statement_css() -> str:
    """The style sheet of the paper."""
    return STYLESHEET.read_text("utf-8")


def statement_sentence(figures: StatementFigures) -> str:
    """The year in one sentence, in the reader's language."""
    totals, payments = figures.totals, sum(event.kind == "payment" for event in figures.events)
    told = {
        "year": figures.year,
        "funders": names(tuple(clip(funder.name, 80) for funder in figures.funders)),
        "decided": format_kronor(totals.decided_ore),
        "paid": format_kronor(totals.net_ore),
        "count": format_number(payments),
        "remaining": format_kronor(totals.remaining_ore),
    }
    if figures.is_running:
        sentence = ngettext(
            "So far in %(year)s, %(funders)s decided %(decided)s and paid %(paid)s in %(count)s payment. "
            "%(remaining)s is left to pay.",
            "So far in %(year)s, %(funders)s decided %(decided)s and paid %(paid)s in %(count)s payments. "
            "%(remaining)s is left to pay.",
            payments,
        )
    else:
        sentence = ngettext(
            "In %(year)s, %(funders)s decided %(decided)s and paid %(paid)s in %(count)s payment. "
            "On 31 December %(remaining)s was left to pay.",
            "In %(year)s, %(funders)s decided %(decided)s and paid %(paid)s in %(count)s payments. "
            "On 31 December %(remaining)s was left to pay.",
            payments,
        )
    return sentence % told


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
        height=96,
    )


def names(parts: tuple[str, ...]) -> str:
    """`A, B and C`."""
    if len(parts) < 2:
        return "".join(parts)
    return _("%(first)s and %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def day_in_table(day: date) -> str:
    """A date that is short enough for a column: `31 Jan 2025` in English, otherwise as everywhere."""
    return babel_date(day, "d MMM yyyy", locale="en_GB") if get_language() == "en" else format_date(day)


def clip(text: str, most: int) -> str:
    """At most so many signs; a cut text ends in `…`. The attached data holds it whole."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _attachments(document: StatementDocument) -> tuple[Attachment, ...]:
    figures, stem = document.figures, document.envelope.number
    with use_language(figures.language):
        return (
            Attachment(f"{stem}.json", _("The statement's figures (JSON)"), _json(document)),
            Attachment(f"{stem}.csv", _("Payments, reversals and repayments (CSV)"), _events_csv(figures)),
        )


def _json(document: StatementDocument) -> str:
    return json.dumps(document.wire(), ensure_ascii=False, indent=1)


def _events_csv(figures: StatementFigures) -> str:
    """The year's events, `;` between columns, with a byte order mark for spreadsheets."""
    funders = {funder.key: funder.org_number for funder in figures.funders}
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for event in figures.events:
        cells = [event.number, event.kind, event.grant, funders[event.funder], event.voucher, event.account]
        rows.writerow([event.on.isoformat(), *map(guard, cells), Money(event.amount_ore).wire, guard(event.note)])
    return f"\ufeff{text.getvalue()}"
