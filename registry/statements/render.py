"""A statement's figures as HTML and as PDF. Top-level functions without state: any process can render."""

import csv
import io
import json
from datetime import date

from registry.core.money import Money
from registry.documents.csv import guard
from registry.documents.paper import paper_css, paper_html
from registry.documents.pdf import Attachment, PdfSource, render_pdf
from registry.documents.qr import qr_svg
from registry.statements.changes import IN_SENTENCE
from registry.statements.ledger import ledgers
from registry.statements.matter_wording import (
    claim_rows,
    engagement_rows,
    flow_rows,
    flow_sentence,
    partner_sentence,
    report_rows,
    stop_text,
)
from registry.statements.schemas import (
    StatementDocument,
    StatementEnvelope,
    StatementFigures,
    StatementParty,
    Sums,
)
from registry.statements.wording import (
    Note,
    chart_text,
    compare_years,
    left_label,
    period_text,
    statement_chart,
    statement_conditions,
    statement_notes,
    statement_sentence,
    then_label,
)
from registry.texts import _, use_language

TEMPLATE = "statements/statement.pdf.html"
STYLESHEET = "statements/statement.css"

END = "end"
"""The id of the template's last line."""
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
        stylesheet=paper_css(STYLESHEET),
        identifier=f"{envelope.number}/{envelope.version}/{document.figures.language}",
        issued_on=envelope.issued_on,
        attachments=_attachments(document),
        address=envelope.verify_url,
        end=END,
    )


def statement_html(document: StatementDocument) -> str:
    """The statement as well-formed HTML in its own language, laid out for paper."""
    figures, envelope = document.figures, document.envelope
    books = {funder.key: ledgers(figures, funder.key) for funder in figures.funders}
    beside = bool(figures.events or figures.previous or envelope.position)
    with use_language(figures.language):
        return paper_html(
            TEMPLATE,
            language=figures.language,
            issued_on=envelope.issued_on,
            authors=[funder.name for funder in figures.funders],
            accents=[funder.colour for funder in figures.funders],
            figures=figures,
            envelope=envelope,
            books=books,
            sentence=statement_sentence(figures),
            left=left_label(figures),
            period=period_text,
            named=IN_SENTENCE,
            conditions=statement_conditions(figures),
            then=then_label(figures),
            stop_text=stop_text,
            reports=report_rows(figures, envelope.position),
            claims=claim_rows(figures),
            engagements=engagement_rows(figures),
            flows=flow_rows(figures),
            flow_texts=[flow_sentence(figures), partner_sentence(figures)],
            beside=beside,
            compared=compare_years(figures, envelope.position),
            chart=statement_chart(figures, small=True) if figures.events else "",
            chart_text=chart_text(figures),
            notes=[*statement_notes(figures, envelope.position), _proof()],
            qr=qr_svg(envelope.verify_url, title=_("QR code that leads to the verification page")),
            address=envelope.verify_url.rpartition("/")[0].partition("://")[2],
            place={funder.key: index for index, funder in enumerate(figures.funders)},
        )


def _proof() -> Note:
    """What only the issued document has to say of itself."""
    text = _("scan the code or write it at the address above. The figures are attached (JSON, CSV).")
    return Note(_("Check it:"), text)


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
