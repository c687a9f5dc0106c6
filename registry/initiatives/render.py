"""A year of an initiative on paper. Top-level functions without state: any process can render."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from registry.documents.paper import Letterhead, paper_css, paper_html
from registry.documents.pdf import Attachment, PdfSource, render_pdf
from registry.initiatives.edition_labels import cost_title, edition_sentence, outcome_text
from registry.initiatives.edition_rules import compare_budget
from registry.initiatives.edition_schemas import Edition
from registry.initiatives.files import Told, answer_json, year_csv
from registry.initiatives.labels import memo_share, parts_text, picture_chart, picture_sentence, way_text
from registry.initiatives.schemas import Picture
from registry.texts import _, use_language

STYLESHEET = "initiatives/initiative.css"


@dataclass(frozen=True, slots=True)
class YearDocument:
    """All that a worker needs: the year, whose letterheads it carries, the reader's language and the day."""

    told: Told
    funders: tuple[Letterhead, ...]
    language: str
    issued_on: date


def render_year(document: YearDocument) -> bytes:
    """Render a year as PDF. Equal documents make equal bytes, in any process.

    Raises: RenderUnavailableError when the system's text libraries are missing.
    """
    return render_pdf(year_source(document))


def year_source(document: YearDocument) -> PdfSource:
    """What the PDF of a year is made from."""
    told, language = document.told, document.language
    moment = datetime.combine(document.issued_on, time(12), UTC)
    stem = f"{told.initiative.number}-{told.year}"
    with use_language(language):
        attachments = (
            Attachment(f"{stem}.json", _("The figures of the year (JSON)"), answer_json(told).decode()),
            Attachment(f"{stem}.csv", _("The figures of the year (CSV)"), year_csv(told, made_at=moment)),
        )
    return PdfSource(
        html=year_html(document),
        stylesheet=paper_css(STYLESHEET),
        identifier=f"initiative/{stem}/{told.anchor}/{language}",
        issued_on=document.issued_on,
        attachments=attachments,
        end="proof",
    )


def year_html(document: YearDocument) -> str:
    """The year as well-formed HTML in its language, laid out for paper."""
    subject = document.told.subject
    with use_language(document.language):
        values = _picture(subject) if isinstance(subject, Picture) else _edition(subject)
    template = "picture.pdf.html" if isinstance(subject, Picture) else "edition.pdf.html"
    return paper_html(
        f"initiatives/{template}",
        language=document.language,
        issued_on=document.issued_on,
        authors=[funder.name for funder in document.funders],
        accents=[funder.colour for funder in document.funders],
        funders=document.funders,
        anchor=document.told.anchor,
        **values,
    )


def _picture(picture: Picture) -> dict[str, Any]:
    return {
        "picture": picture,
        "sentence": picture_sentence(picture),
        "chart": picture_chart(picture),
        "lines": [(flow, way_text(flow), parts_text(flow, picture)) for flow in picture.flows],
        "memos": [(flow, parts_text(flow, picture), memo_share(flow, picture)) for flow in picture.memos],
    }


def _edition(edition: Edition) -> dict[str, Any]:
    outcome = compare_budget(edition)
    return {
        "edition": edition,
        "sentence": edition_sentence(edition),
        "outcome": outcome,
        "costs": [(cost_title(cost), cost) for cost in (*outcome.incomes, *outcome.costs)],
        "checks": {one.engagement.id: outcome_text(one) for one in edition.engagements},
    }
