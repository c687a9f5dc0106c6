"""Summaries of the real database: every krona once, at its value date, as it was known."""

from itertools import pairwise, permutations
from typing import Any

import pytest

from registry.core.access import CONSOLE, Scope
from registry.database import fetch_value
from registry.grants.filters import read_filters
from registry.payments.pages import payment_filter
from registry.payments.queries import list_payments
from registry.summaries import queries
from registry.summaries.queries import UnknownLimitError, list_choices, summarise
from registry.summaries.rules import ControlTotalError, TooManyRowsError, narrow, payments_query, read_question
from registry.summaries.schemas import Control, Figures, Group, Summary
from registry.trail import read_anchor
from tests.factories import DALARNA, LUDVIKA
from tests.summaries.story import Story

WHOLE = Figures(190_000_01, 160_000_01, 20_000_00, 1_000_00, 5)
GROUPINGS = [*permutations(Group, 1), *permutations(Group, 2), tuple(Group)]
SOME_GROUPINGS = [*permutations(Group, 1), *pairwise(Group), (Group.MONTH, Group.YEAR), (Group.AREA, Group.BUDGET_YEAR)]


async def ask(**asked: str) -> Summary:
    """Ask as an address would; `from_` is `from`."""
    return await summarise(CONSOLE, read_question({name.rstrip("_"): value for name, value in asked.items()}))


def by_code(summary: Summary) -> dict[Any, Figures]:
    """The rows by the code of their only key."""
    return {row.cells[0].code: row.figures for row in summary.rows}


async def test_every_krona_stands_in_one_row_however_it_is_grouped(story: Story) -> None:
    for groups in GROUPINGS:
        summary = await ask(by=",".join(groups))
        assert summary.totals == WHOLE, groups
        assert sum((row.figures for row in summary.rows), Figures()) == WHOLE, groups
        assert len({row.cells for row in summary.rows}) == len(summary.rows), groups


async def test_a_rows_own_question_gives_the_rows_figures(story: Story) -> None:
    for groups in SOME_GROUPINGS:
        summary = await ask(by=",".join(groups))
        for row in summary.rows:
            assert (await summarise(CONSOLE, narrow(summary.question, row.cells))).totals == row.figures, row


async def test_a_rows_payments_add_up_to_what_it_says_is_paid(story: Story) -> None:
    for known in ({}, {"known_at": "2025-01-09"}, {"as_of": "2025-06-30"}):
        for groups in permutations(Group, 1):
            summary = await ask(by=",".join(groups), **known)
            for row in summary.rows:
                query = payments_query(narrow(summary.question, row.cells))
                filters = await read_filters(CONSOLE, query)
                wanted = await payment_filter(CONSOLE, filters)
                filters.demand()
                found = await list_payments(CONSOLE, wanted)
                assert (found.total_ore, found.total) == (row.figures.paid_ore, row.figures.payments), row


async def test_by_funder(story: Story) -> None:
    assert by_code(await ask(by="funder")) == {
        LUDVIKA: Figures(120_000_00, 115_000_00, 0, 1_000_00, 3),
        DALARNA: Figures(70_000_01, 45_000_01, 20_000_00, 0, 2),
    }


async def test_by_year_each_event_counts_at_its_own_value_date(story: Story) -> None:
    summary = await ask(by="year")
    assert by_code(summary) == {
        2024: Figures(100_000_00, 100_000_00, 0, 0, 2),
        2025: Figures(90_000_01, 60_000_01, 0, 1_000_00, 3),
        2026: Figures(0, 0, 20_000_00, 0, 0),
    }
    assert [row.figures.remaining_ore for row in summary.rows] == [0, 30_000_00, 20_000_00]


async def test_by_budget_year_everything_follows_the_decision(story: Story) -> None:
    assert by_code(await ask(by="budget_year")) == {
        2024: Figures(100_000_00, 100_000_00, 0, 1_000_00, 2),
        2025: Figures(90_000_01, 60_000_01, 20_000_00, 0, 3),
    }


async def test_by_month_in_order(story: Story) -> None:
    summary = await ask(by="month", year="2025")
    assert [row.cells[0].code for row in summary.rows] == [
        "2025-01", "2025-02", "2025-03", "2025-05", "2025-06", "2025-07",
    ]  # fmt: skip
    assert by_code(summary)["2025-06"] == Figures(decided_ore=-10_000_00)


async def test_year_and_month_together_sort_by_year_first(story: Story) -> None:
    summary = await ask(by="year,funder,month")
    keys = [(row.cells[0].code, row.cells[1].title, row.cells[2].code) for row in summary.rows]
    assert keys == sorted(keys)


async def test_by_kind_and_by_area_with_those_that_have_none(story: Story) -> None:
    assert by_code(await ask(by="kind")) == {
        "creators": Figures(20_000_00, 20_000_00, 20_000_00, 0, 1),
        "study_associations": Figures(170_000_01, 140_000_01, 0, 1_000_00, 4),
    }
    areas = await ask(by="area")
    assert [(row.cells[0].code, row.cells[0].title) for row in areas.rows] == [
        ("civil_society_study_associations", "Civilsamhälle och studieförbund"),
        (None, ""),
    ]


async def test_by_ksm_inside_first(story: Story) -> None:
    summary = await ask(by="ksm")
    assert [(row.cells[0].code, row.figures) for row in summary.rows] == [
        ("inside", Figures(20_000_00, 20_000_00, 20_000_00, 0, 1)),
        ("outside", Figures(170_000_01, 140_000_01, 0, 1_000_00, 4)),
    ]
    assert (await ask(ksm="inside", funder=LUDVIKA)).totals == Figures()


async def test_by_intermediary_a_krona_counts_once_at_its_funder(story: Story) -> None:
    number = await fetch_value("SELECT org_number FROM party WHERE id = $1", story.museum)
    summary = await ask(by="via,funder")
    assert [
        (row.cells[0].code, row.cells[0].title, row.cells[1].code, row.figures.decided_ore) for row in summary.rows
    ] == [
        (None, "", LUDVIKA, 120_000_00),
        (None, "", DALARNA, 20_000_00),
        (number, "Länets museum", DALARNA, 50_000_01),
    ]
    assert (await ask(via=number)).totals == (await ask(via=f"P-{story.museum}")).totals
    assert (await ask(via="none")).totals.decided_ore == 140_000_00
    assert (await ask(recipient=number)).totals == Figures(), "the intermediary receives nothing of its own"


async def test_recipients_in_swedish_order_and_a_persons_number_stays_hidden(story: Story) -> None:
    summary = await ask(by="recipient")
    assert [row.cells[0].title for row in summary.rows] == ["ABF Dalarna", "Sensus Dalarna", "Äpplet Konstnär"]
    assert [row.cells[0].code for row in summary.rows][-1] == f"P-{story.person}"


async def test_the_period_counts_both_its_days(story: Story) -> None:
    assert (await ask(from_="2024-04-01", to="2024-12-20")).totals == Figures(0, 100_000_00, 0, 0, 2)
    assert (await ask(from_="2024-04-02", to="2024-12-19")).totals == Figures()
    assert (await ask(from_="2026-01-01")).totals == Figures(reversed_ore=20_000_00)


async def test_as_at_leaves_out_later_value_dates(story: Story) -> None:
    assert (await ask(as_of="2024-12-31")).totals == Figures(100_000_00, 100_000_00, 0, 0, 2)
    assert (await ask(as_of="2024-12-19")).totals == Figures(100_000_00, 40_000_00, 0, 0, 1)
    assert (await ask(year="2025", as_of="2025-02-01")).totals == Figures(70_000_01, 25_000_01, 0, 0, 1)
    assert (await ask(year="2025", as_of="2024-06-30")).rows == ()


async def test_as_known_on_a_payment_is_paid_when_it_was_attested(story: Story) -> None:
    assert (await ask(year="2024", known_at="2025-01-09")).totals == Figures(100_000_00, 40_000_00, 0, 0, 1)
    assert (await ask(year="2024", known_at="2025-01-10T11:59:59Z")).totals.paid_ore == 40_000_00
    assert (await ask(year="2024", known_at="2025-01-10T12:00:00Z")).totals.paid_ore == 100_000_00
    assert (await ask(year="2024", known_at="2024-03-01")).totals == Figures()


async def test_as_known_on_a_decision_registered_later_is_unknown(story: Story) -> None:
    assert (await ask(year="2025", known_at="2025-02-09")).totals == Figures()
    assert (await ask(year="2025", known_at="2025-02-10")).totals.decided_ore == 100_000_01
    assert (await ask(year="2025", known_at="2025-06-02")).totals.decided_ore == 90_000_01


async def test_a_reversal_next_year_leaves_this_years_figures(story: Story) -> None:
    this, following = await ask(year="2025", programme="RD-KS"), await ask(year="2026", programme="RD-KS")
    assert this.totals == Figures(20_000_00, 20_000_00, 0, 0, 1)
    assert following.totals == Figures(reversed_ore=20_000_00)
    assert (await ask(programme="RD-KS", known_at="2025-12-31")).totals.reversed_ore == 0


async def test_what_waits_or_was_cancelled_before_attest_is_not_paid(story: Story) -> None:
    number = await fetch_value("SELECT org_number FROM party WHERE id = $1", story.sensus)
    assert (await ask(recipient=number)).totals == Figures(20_000_00, 15_000_00, 0, 0, 1)


@pytest.mark.parametrize(
    ("asked", "decided"),
    [
        ({"funder": LUDVIKA}, 120_000_00),
        ({"programme": "LK-STUD"}, 120_000_00),
        ({"programme": "LK-STUD", "funder": DALARNA}, 0),
        ({"area": "civil_society_study_associations"}, 170_000_01),
        ({"area": "none"}, 20_000_00),
        ({"kind": "creators"}, 20_000_00),
        ({"budget_year": "2024"}, 100_000_00),
        ({"kind": "creators", "area": "civil_society_study_associations"}, 0),
    ],
)
async def test_limits(story: Story, asked: dict[str, str], decided: int) -> None:
    assert (await ask(**asked)).totals.decided_ore == decided


async def test_a_recipient_by_either_number_is_the_same_question(story: Story) -> None:
    by_number, by_org = await ask(recipient=f"p-{story.abf}"), await ask(recipient=story.abf_number.replace("-", ""))
    assert by_number == by_org
    assert by_org.question.recipient == story.abf_number
    person = await ask(recipient=f"P-{story.person}")
    assert person.question.recipient == f"P-{story.person}"
    assert person.totals.decided_ore == 20_000_00


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("funder", "802001-1111"),
        ("funder", "nonsense"),
        ("recipient", "881130-9932"),
        ("recipient", "P-999999"),
        ("programme", "NOPE"),
        ("area", "nope"),
        ("kind", "nope"),
        ("ksm", "nope"),
        ("via", "P-999999"),
        ("via", "881130-9932"),
        ("area", "x\x00"),
        ("programme", "x" * 9000),
        ("funder", "\x00"),
    ],
)
async def test_a_limit_to_something_unknown_names_the_parameter(story: Story, name: str, value: str) -> None:
    with pytest.raises(UnknownLimitError) as refusal:
        await ask(**{name: value})
    assert (refusal.value.field, refusal.value.status) == (name, 404)


async def test_a_recipient_is_no_funder(story: Story) -> None:
    with pytest.raises(UnknownLimitError) as refusal:
        await ask(funder=story.abf_number)
    assert refusal.value.field == "funder"


async def test_a_scope_sees_its_own_party_only(story: Story) -> None:
    scope = Scope(user_id=1, role=None, party_ids=(story.abf,))
    assert (await summarise(scope, read_question({}))).totals == Figures(150_000_01, 125_000_01, 0, 1_000_00, 3)
    with pytest.raises(UnknownLimitError):
        await summarise(scope, read_question({"recipient": f"P-{story.sensus}"}))
    assert [choice.title for choice in (await list_choices(scope)).recipients] == ["ABF Dalarna"]


async def test_an_empty_registry_has_an_empty_answer(db: None) -> None:
    for group in Group:
        summary = await ask(by=group.value)
        assert (summary.rows, summary.totals) == ((), Figures())


async def test_the_anchor_is_the_trails_head_and_asking_writes_nothing(story: Story) -> None:
    summary = await ask()
    head = await read_anchor()
    assert (summary.anchor_seq, summary.anchor_hash) == (head.seq, head.hash.hex())


async def test_rows_that_miss_the_control_total_are_not_shown(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wrong(conditions: object) -> Control:
        return Control(WHOLE.decided_ore, WHOLE.paid_ore - WHOLE.reversed_ore + 1, WHOLE.repaid_ore)

    monkeypatch.setattr(queries, "fetch_control", wrong)
    with pytest.raises(ControlTotalError):
        await ask()


async def test_too_many_rows_are_refused(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MAX_ROWS", 2)
    with pytest.raises(TooManyRowsError):
        await ask(by="recipient")
    assert len((await ask(by="funder")).rows) == 2


async def test_the_control_total_equals_the_balances_that_the_triggers_keep(story: Story) -> None:
    totals = (await ask()).totals
    assert totals.decided_ore == await fetch_value("SELECT sum(granted_ore) FROM grant_balance")
    assert totals.paid_ore - totals.reversed_ore == await fetch_value("SELECT sum(paid_ore) FROM grant_balance")
    assert totals.repaid_ore == await fetch_value("SELECT sum(repaid_ore) FROM grant_balance")
