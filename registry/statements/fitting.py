"""Whether a statement is to be set closer: one page when it fits on one. An estimate, the same on every machine."""

from collections.abc import Sequence

from registry.statements.ledger import Ledger

PAGE_MM = 268
"""What is between the margins of a first page."""
TIGHT_MM = 20
"""About what the closer setting saves of a page."""
TOP_MM, YEAR_MM, BESIDE_MM, NOTES_MM = 67, 21, 32, 34
"""Letterhead and title; the year's sums less its rows; the comparison and the chart; the notes."""
FUNDER_MM, ROW_MM, DETAIL_MM = 24, 4.7, 3.6
"""A funder's heading, head and sum; a row; a line of small text."""
DETAIL_SIGNS = 105
"""Signs in a line of small text."""


def is_tight(books: Sequence[Sequence[Ledger]], *, beside: bool) -> bool:
    """Whether the statement is longer than a page by so little that the closer setting saves it."""
    height: float = TOP_MM + YEAR_MM + NOTES_MM + BESIDE_MM * beside
    for ledgers in books:
        height += FUNDER_MM + ROW_MM + sum(_height(ledger) for ledger in ledgers)
    return PAGE_MM < height <= PAGE_MM + TIGHT_MM


def _height(ledger: Ledger) -> float:
    grant = ledger.grant
    facts = len(grant.dnr) + len(grant.decider) + len(grant.priority_area) + len(grant.via) + 30
    signs = [
        facts,
        len(grant.purpose[:300]),
        len(grant.benefit),
        24 * len(grant.instalments) * (len(grant.instalments) > 1),
    ]
    details = sum(-(-count // DETAIL_SIGNS) for count in signs) + bool(ledger.coming)
    return ROW_MM * len(ledger.lines) + DETAIL_MM * details + 0.8
