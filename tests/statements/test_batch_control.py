"""The control total, against sums worked out another way."""

from hypothesis import given
from hypothesis import strategies as st

from registry.core.money import Money
from registry.statements.batch_control import compare_totals
from registry.statements.batch_schemas import Difference, Line, Outcome

AMOUNTS = st.integers(-(10**12), 10**12)


def make_line(party_id: int, paid: int, *, failed: bool = False) -> Line:
    return Line(
        position=party_id, party_id=party_id, name="", shown_number="", language="sv",
        outcome=Outcome.FAILED if failed else Outcome.ISSUED, problem="x" if failed else "", detail="",
        statement_id=None if failed else party_id, statement_number="", version=1,
        paid_ore=Money(0 if failed else paid), sha256="",
    )  # fmt: skip


@given(st.lists(st.tuples(AMOUNTS, st.booleans()), max_size=30))
def test_statements_and_those_that_failed_are_the_whole_summary(sums: list[tuple[int, bool]]) -> None:
    lines = [make_line(place, paid, failed=failed) for place, (paid, failed) in enumerate(sums, 1)]
    said = {f"P-{place}": paid for place, (paid, _failed) in enumerate(sums, 1)}
    totals = compare_totals(said, lines, {line.party_id: line.number for line in lines}, is_whole=True)
    assert totals.agree
    assert totals.summary_ore == sum(paid for paid, _failed in sums)
    assert totals.missing_ore == sum(paid for paid, failed in sums if failed)


@given(st.lists(AMOUNTS, min_size=1, max_size=30), st.data())
def test_a_sum_that_has_changed_is_told_with_its_party(sums: list[int], data: st.DataObject) -> None:
    lines = [make_line(place, paid) for place, paid in enumerate(sums, 1)]
    codes = {line.party_id: line.number for line in lines}
    said = {line.number: int(line.paid_ore) for line in lines}
    place = data.draw(st.integers(1, len(sums)))
    more = data.draw(AMOUNTS.filter(bool))
    said[f"P-{place}"] += more
    totals = compare_totals(said, lines, codes, is_whole=data.draw(st.booleans()))
    assert not totals.agree
    assert totals.differences == (Difference(f"P-{place}", Money(sums[place - 1]), Money(sums[place - 1] + more)),)
    assert totals.summary_ore - totals.paid_ore == more


def test_a_recipient_without_a_statement_is_told_of_a_whole_batch_only() -> None:
    lines, said = [make_line(1, 100)], {"P-1": 100, "802000-0009": 50, "P-3": 0}
    whole = compare_totals(said, lines, {1: "P-1"}, is_whole=True)
    assert whole.differences == (Difference("802000-0009", None, Money(50)),)
    assert (whole.summary_ore, whole.agree) == (150, False)
    limited = compare_totals(said, lines, {1: "P-1"}, is_whole=False)
    assert (limited.summary_ore, limited.agree) == (100, True)
