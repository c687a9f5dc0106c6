"""An allocation on paper: the appendix to the committee's minutes. Top-level functions without state.

Order: whose and what, the shares, the chart, the rule, how it is worked out, the basis of each, who is left out, proof.
"""

import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from registry.allocations import words
from registry.allocations.chart import allocation_chart
from registry.allocations.files import write_shares
from registry.allocations.queries import STATE_TITLES, Allocation, State
from registry.allocations.results import Result
from registry.allocations.simulation import wire
from registry.documents.paper import Letterhead, clip, paper_css, paper_html
from registry.documents.pdf import Attachment, PdfSource, render_pdf
from registry.texts import _, format_kronor, format_number, use_language

TEMPLATE = "allocations/appendix.pdf.html"
STYLESHEET = "allocations/appendix.css"
MOST_LINES = 1_000
"""Pieces whose basis stands on paper; the attached data holds all."""
MOST_COLUMNS = 4
"""Parts that have a column of their own in the table of shares."""


@dataclass(frozen=True, slots=True)
class AppendixDocument:
    """All that a worker needs: the allocation, its result, the grants by party, whose letterhead and which language."""

    allocation: Allocation
    result: Result
    grants: dict[int, str]
    funder: Letterhead
    language: str

    @property
    def issued_on(self) -> date:
        """The day of decision, or of freezing: nothing of the document depends on the clock."""
        return self.allocation.decided_on or self.allocation.recorded_at.date()


def render_appendix(document: AppendixDocument) -> bytes:
    """Render an allocation as PDF. Equal documents make equal bytes, in any process.

    Raises: RenderUnavailableError when the system's text libraries are missing.
    """
    return render_pdf(appendix_source(document))


def appendix_source(document: AppendixDocument) -> PdfSource:
    """What the PDF is made from."""
    allocation, language = document.allocation, document.language
    stem = f"{allocation.number}-{allocation.year}"
    with use_language(language):
        attachments = (
            Attachment(f"{stem}.json", _("The allocation with the basis of every share (JSON)"), _json(document)),
            Attachment(f"{stem}.csv", _("The basis of every share (CSV)"), _csv(document)),
        )
    return PdfSource(
        html=appendix_html(document),
        stylesheet=paper_css(STYLESHEET),
        identifier=f"allocation/{allocation.number}/{allocation.state}/{allocation.result_sha256}/{language}",
        issued_on=document.issued_on,
        attachments=attachments,
    )


def appendix_html(document: AppendixDocument) -> str:
    """The appendix as well-formed HTML in its language, laid out for paper."""
    allocation, result = document.allocation, document.result
    with use_language(document.language):
        explained, lines = [], 0
        for share in result.shares:
            lines += len(share.parts)
            if lines <= MOST_LINES:
                explained.append(share)
        values = {
            "allocation": allocation,
            "result": result,
            "grants": document.grants,
            "funders": (document.funder,),
            "state": _(STATE_TITLES[allocation.state]),
            "is_draft": allocation.state is State.DRAFT,
            "sentence": sentence(allocation, result),
            "columns": result.parts if len(result.parts) <= MOST_COLUMNS else (),
            "chart": allocation_chart(result) if len(result.shares) > 1 else None,
            "is_whole": sum(share.amount for share in result.shares) == result.total,
            "explained": explained,
            "cut": len(explained) < len(result.shares),
            "words": words,
        }
    return paper_html(
        TEMPLATE,
        language=document.language,
        issued_on=document.issued_on,
        authors=[document.funder.name],
        accents=[document.funder.colour],
        **values,
    )


def sentence(allocation: Allocation, result: Result) -> str:
    """The allocation in one sentence."""
    told = {
        "funder": clip(allocation.funder_name, 80),
        "frame": format_kronor(result.frame),
        "count": format_number(allocation.shares),
        "year": allocation.year,
        "rule": clip(allocation.rule_name, 80),
        "version": allocation.rule_version,
    }
    if allocation.state is State.DECIDED:
        return (
            _("%(funder)s divides %(frame)s for %(year)s among %(count)s study associations by the rule %(rule)s,"
              " version %(version)s.")
            % told
        )  # fmt: skip
    return (
        _("Proposal: %(funder)s divides %(frame)s for %(year)s among %(count)s study associations by the rule %(rule)s,"
          " version %(version)s.")
        % told
    )  # fmt: skip


def _json(document: AppendixDocument) -> str:
    allocation = document.allocation
    head = {
        "allocation": allocation.number,
        "state": allocation.state.value,
        "dnr": allocation.dnr,
        "paragraph": allocation.paragraph,
        "decided_on": allocation.decided_on.isoformat() if allocation.decided_on else None,
        "decider": allocation.decider,
        "inputs_sha256": allocation.inputs_sha256,
        "result_sha256": allocation.result_sha256,
        "trail_seq": allocation.seq,
    }
    return json.dumps(head | {"result": wire(document.result)}, ensure_ascii=False, indent=1)


def _csv(document: AppendixDocument) -> str:
    file = io.BytesIO()
    made_at = datetime.combine(document.issued_on, time(), UTC)
    facts = [("allocation", document.allocation.number), ("result_sha256", document.allocation.result_sha256)]
    write_shares(file, "csv", document.result, detail="basis", facts=facts, made_at=made_at)
    return file.getvalue().decode()
