"""The summary on paper. Top-level functions without state: any process can render."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from markupsafe import Markup

from registry.documents.bars import Bar, Part, divided_bars
from registry.documents.paper import Letterhead, clip, paper_css, paper_html
from registry.documents.pdf import Attachment, PdfSource, render_pdf
from registry.summaries.files import answer_json, rows_csv
from registry.summaries.labels import FIGURE_TITLES, amounts_of, by_text, cell_text, period_text, sentence
from registry.summaries.schemas import Figures, Row, Summary
from registry.texts import _, format_kronor, format_number, use_language

TEMPLATE = "summaries/summary.pdf.html"
STYLESHEET = "summaries/summary.css"
MOST_LINES = 1_500
"""Lines on paper; the attached data holds all."""
MOST_BARS = 12
PAID, LEFT = "#1f5f7a", "#c5d6de"


@dataclass(frozen=True, slots=True)
class SummaryDocument:
    """All that a worker needs: the answer, whose letterheads it carries, the reader's language and the day."""

    summary: Summary
    funders: tuple[Letterhead, ...]
    language: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: a first group with its sum (`level` 0), or a row under it."""

    level: int
    text: str
    figures: Figures


def render_summary(document: SummaryDocument) -> bytes:
    """Render a summary as PDF. Equal documents make equal bytes, in any process."""
    return render_pdf(summary_source(document))


def summary_source(document: SummaryDocument) -> PdfSource:
    """What the PDF of a summary is made from; its rows are attached whole."""
    summary, language = document.summary, document.language
    with use_language(language):
        lines = list(lines_of(summary))
        values = {
            "summary": summary,
            "funders": document.funders,
            "period": period_text(summary.question),
            "by": by_text(summary.question.by),
            "sentence": sentence(summary),
            "lines": lines[:MOST_LINES],
            "cut": len(lines) > MOST_LINES,
            "amounts_of": amounts_of,
            "titles": {name: _(title) for name, title in FIGURE_TITLES.items()},
            "chart": summary_chart(summary, lines),
        }
        attachments = (
            Attachment("summary.json", _("The summary's figures (JSON)"), answer_json(summary).decode()),
            Attachment("summary.csv", _("The summary's rows (CSV)"), rows_csv(summary)),
        )
    html = paper_html(
        TEMPLATE,
        language=language,
        issued_on=document.issued_on,
        authors=[funder.name for funder in document.funders],
        accents=[funder.colour for funder in document.funders],
        **values,
    )
    return PdfSource(
        html=html,
        stylesheet=paper_css(STYLESHEET),
        identifier=f"summary/{summary.sha256}/{summary.anchor_seq}/{language}",
        issued_on=document.issued_on,
        attachments=attachments,
        end="end",
    )


def lines_of(summary: Summary) -> Iterator[Line]:
    """The rows under their first group, each group with its sum."""
    for cell, rows in groupby(summary.rows, key=lambda row: row.cells[0]):
        own = list(rows)
        yield Line(0, cell_text(cell), sum((row.figures for row in own), Figures()))
        if len(summary.question.by) > 1:
            yield from (Line(1, _rest(row), row.figures) for row in own)


def _rest(row: Row) -> str:
    return " · ".join(cell_text(cell) for cell in row.cells[1:])


def summary_chart(summary: Summary, lines: list[Line]) -> Markup | None:
    """A bar for each first group, paid and left; the title says in words what the bars show."""
    groups = [line for line in lines if line.level == 0]
    if not 1 < len(groups) <= MOST_BARS:
        return None
    largest = max(groups, key=lambda line: _net(line.figures))
    title = _("Bar chart. %(paid)s paid, less reversals. Most: %(name)s, %(most)s. Every figure is in the table.") % {
        "paid": format_kronor(_net(summary.totals)),
        "name": clip(largest.text, 90),
        "most": format_kronor(_net(largest.figures)),
    }
    return divided_bars(
        [Part(_("Paid, net"), PAID), Part(_("Remaining"), LEFT)],
        [Bar(line.text, (_net(line.figures), line.figures.remaining_ore)) for line in groups],
        title=title,
        amount=lambda ore: f"{format_number(ore // 100)}\u00a0kr",
    )


def _net(figures: Figures) -> int:
    return figures.paid_ore - figures.reversed_ore
