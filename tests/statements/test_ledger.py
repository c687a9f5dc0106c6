"""The decisions as a ledger: every line follows from the one before."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from registry.core.money import Money
from registry.statements.ledger import ledgers
from registry.statements.schemas import Amendment, StatementFigures
from tests.statements.documents import FUNDERS, make_document


def check(figures: StatementFigures) -> None:
    """Each line is what was left before, plus decided, less paid; a decision ends with what its line says is left."""
    for funder in figures.funders:
        books = ledgers(figures, funder.key)
        assert [book.grant for book in books] == list(figures.of_funder(funder.key))
        for book in books:
            left = book.first.left_ore - (book.first.decided_ore or 0) if book.earlier else 0
            for line in book.lines[1 if book.earlier else 0 :]:
                left += (line.decided_ore or 0) - (line.paid_ore or 0)
                assert line.left_ore == left
            assert left == book.grant.remaining_ore
        assert sum(book.decided_ore for book in books) == funder.decided_ore
        assert sum(line.paid_ore or 0 for book in books for line in book.lines) == funder.net_ore


@given(st.integers(1, 9), st.integers(1, 40), st.integers(0, 1), st.booleans())
def test_every_line_follows_from_the_one_before(grants: int, payments: int, reversals: int, amended: bool) -> None:  # noqa: FBT001
    check(make_document(grants=grants, payments=payments, reversals=reversals, amended=amended).figures)


def test_a_reversal_and_a_change_stand_in_their_place() -> None:
    books = ledgers(make_document(reversals=1, amended=True).figures, FUNDERS[0][0])
    first = books[0]
    assert [line.kind for line in first.lines] == ["decision", "payment", "reversal", "increase", "payment"]
    assert [line.left_ore // 100_00 for line in first.lines] == [4000, 2400, 4000, 4250, 2650]
    assert first.lines[2].note == "U-20311, fel konto"
    assert first.coming[0].amount_ore == first.grant.remaining_ore


def test_an_older_decision_begins_with_what_was_left() -> None:
    figures = make_document(grants=1, payments=2).figures
    change = Amendment(decided_on=date(2024, 6, 1), kind="decrease", delta_ore=Money(-50_000_00), reason="Färre kurser")
    older = figures.grants[0].model_copy(update={"decided_on": date(2024, 1, 2), "amendments": (change,)})
    (book,) = ledgers(figures.model_copy(update={"grants": (older,)}), FUNDERS[0][0])
    assert book.earlier
    assert (book.first.on, book.first.left_ore) == (date(2025, 1, 1), 400_000_00)
    assert [line.left_ore for line in book.lines][-1] == older.remaining_ore
    assert len(book.lines) == 3
