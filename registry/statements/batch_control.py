"""The control total: a batch's statements against the auditor's summary of the same year, recipient by recipient."""

from collections.abc import Mapping, Sequence

from registry.core.access import Scope
from registry.core.money import Money
from registry.core.numbers import is_personal_number
from registry.database import fetch
from registry.statements.batch_schemas import Batch, BatchTotals, Difference, Line, Outcome
from registry.summaries.queries import summarise
from registry.summaries.schemas import Group, Question


async def read_totals(scope: Scope, batch: Batch, lines: Sequence[Line]) -> BatchTotals:
    """What the summary says of the year now, beside what the statements said when they were issued."""
    summary = await summarise(scope, Question(by=(Group.RECIPIENT,), year=batch.wanted.year))
    said = {str(row.cells[0].code): row.figures.paid_ore - row.figures.reversed_ore for row in summary.rows}
    codes = await _codes([line.party_id for line in lines])
    return compare_totals(said, lines, codes, is_whole=batch.wanted.is_whole)


async def _codes(party_ids: list[int]) -> dict[int, str]:
    """How a summary names some parties."""
    rows = await fetch("SELECT id, org_number FROM party WHERE id = ANY($1)", party_ids)
    return {row["id"]: f"P-{row['id']}" if is_personal_number(row["org_number"]) else row["org_number"] for row in rows}


def compare_totals(
    said: Mapping[str, int], lines: Sequence[Line], codes: Mapping[int, str], *, is_whole: bool
) -> BatchTotals:
    """Compare the settled lines with a summary: recipient's code → paid less reversed in öre.

    A batch that isn't limited must hold every recipient of the summary; of another only its own are compared.
    """
    left = dict(said)
    paid = missing = known = 0
    differences = []
    for line in lines:
        summed = left.pop(codes[line.party_id], 0)
        known += summed
        if line.outcome is Outcome.FAILED:
            missing += summed
            continue
        paid += line.paid_ore
        if line.paid_ore != summed:
            differences.append(Difference(line.number, line.paid_ore, Money(summed)))
    if is_whole:
        known += sum(left.values())
        differences += [Difference(code, None, Money(summed)) for code, summed in left.items() if summed]
    return BatchTotals(Money(paid), Money(missing), Money(known), tuple(differences))
