"""Figures drawn up from facts: whatever happened, the sums agree and what is coming is what remains."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from registry.core.money import Money
from registry.statements.facts import FunderFacts, GrantFacts
from registry.statements.rules import coming_of, draw_up, plan_in_force
from registry.statements.schemas import Amendment, StatementEvent, StatementParty

PARTY = StatementParty(number="P-3", name="Föreningen", org_number="809900-0005")
FUNDER = FunderFacts("P-1", "Ludvika kommun", "212000-2270", "#1b3a5c", ())
LAST = date(2025, 12, 31)

Plan = tuple[tuple[int, date, int], ...]


def grant_of(
    plan: Plan,
    *,
    settled: dict[int | None, int] | None = None,
    waiting: dict[int | None, int] | None = None,
    amended: tuple[Amendment, ...] = (),
    plans: dict[int, Plan] | None = None,
    amount: int | None = None,
) -> GrantFacts:
    """A grant decided on 2025-01-15 with a plan of (position, due day, öre)."""
    return GrantFacts(
        number="B-1",
        funder=FUNDER.key,
        dnr="KUN 2025/1",
        paragraph="",
        decided_on=date(2025, 1, 15),
        decider="Nämnden",
        programme="Programmet",
        priority_area="",
        purpose="",
        via="",
        period_from=date(2025, 1, 1),
        period_to=LAST,
        amount_ore=sum(part[2] for part in plan) if amount is None else amount,
        amended=amended,
        plans=plans or {0: plan},
        settled=settled or {},
        waiting=waiting or {},
    )


def change(day: date, delta: int) -> Amendment:
    """An amendment of some öre."""
    kind = "increase" if delta > 0 else "decrease"
    return Amendment(decided_on=day, kind=kind, delta_ore=Money(delta), reason="Ändrat")  # type: ignore[arg-type]


@st.composite
def grants(draw: st.DrawFn) -> GrantFacts:
    """A grant of one to five instalments, of which some is paid and some waits, by position or freely."""
    amounts = draw(st.lists(st.integers(0, 10**11), min_size=1, max_size=5))
    days = [date(2025, 1, 15) + timedelta(days=draw(st.integers(0, 700))) for _ in amounts]
    plan = tuple((place, day, amount) for place, (day, amount) in enumerate(zip(days, amounts, strict=True), start=1))
    settled: dict[int | None, int] = {}
    waiting: dict[int | None, int] = {}
    left = sum(amounts)
    for position in (None, *range(1, len(amounts) + 1)):
        most = left if position is None else min(left, amounts[position - 1])
        paid = draw(st.integers(0, most))
        unattested = draw(st.integers(0, most - paid))
        settled[position], waiting[position] = paid, unattested
        left -= paid + unattested
    return grant_of(plan, settled=settled, waiting=waiting)


@given(grants(), st.dates(date(2025, 1, 15), date(2027, 1, 1)))
def test_what_is_coming_adds_up_to_what_remains(grant: GrantFacts, today: date) -> None:
    coming = coming_of(grant, LAST, today=today)
    assert sum(part.amount_ore for part in coming) == grant.remaining_by(LAST)
    assert sum(part.amount_ore for part in coming if part.status == "waiting") == sum(grant.waiting.values())
    assert all((part.due_on < today) == (part.status == "overdue") for part in coming if part.status != "waiting")


@given(grants())
def test_the_figures_agree_whatever_is_paid(grant: GrantFacts) -> None:
    events = [
        StatementEvent(
            on=date(2025, 6, 1),
            number=f"U-{place}",
            kind="payment",
            grant="B-1",
            funder="P-1",
            amount_ore=Money(paid),
        )
        for place, paid in enumerate(grant.settled.values())
        if paid
    ]
    figures = draw_up(PARTY, 2025, "sv", funders=(FUNDER,), grants=(grant,), events=events, today=date(2026, 1, 1))
    assert figures.totals.opening_ore == 0
    assert figures.totals.remaining_ore == sum(part.amount_ore for part in figures.coming)


def test_the_plan_is_the_one_of_the_day() -> None:
    first: Plan = ((1, date(2025, 3, 1), 100),)
    second: Plan = ((1, date(2025, 3, 1), 100), (2, date(2025, 9, 1), 50))
    third: Plan = ((1, date(2025, 3, 1), 100), (2, date(2025, 9, 1), 30))
    amended = (change(date(2025, 5, 1), 50), change(date(2026, 2, 1), -20))
    grant = grant_of(first, amended=amended, plans={0: first, 1: second, 2: third})
    assert plan_in_force(grant, date(2025, 4, 30)) == first
    assert plan_in_force(grant, LAST) == second
    assert plan_in_force(grant, date(2026, 2, 1)) == third


def test_a_plan_registered_out_of_order_gives_way_to_one_that_adds_up() -> None:
    first: Plan = ((1, date(2025, 3, 1), 100),)
    second: Plan = ((1, date(2025, 3, 1), 150),)
    third: Plan = ((1, date(2025, 3, 1), 140),)
    amended = (change(date(2026, 5, 1), 50), change(date(2025, 6, 1), -10))
    grant = grant_of(first, amended=amended, plans={0: first, 1: second, 2: third})
    assert grant.granted_by(LAST) == 90
    assert plan_in_force(grant, LAST) == third
    assert plan_in_force(grant, date(2025, 5, 31)) == first


def test_a_funder_without_a_listed_grant_is_left_out() -> None:
    settled = replace(grant_of(((1, date(2025, 3, 1), 100),), settled={1: 100}), paid_before_ore=100)
    figures = draw_up(PARTY, 2026, "sv", funders=(FUNDER,), grants=(settled,), events=(), today=date(2027, 1, 1))
    assert figures.funders == ()
    assert figures.grants == ()
