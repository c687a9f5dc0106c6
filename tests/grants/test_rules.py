"""The plan of a grant: it adds up before and after every amendment, and never falls below what is registered."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from registry.core.errors import FieldError, InvalidInputError, RegistryError
from registry.core.money import Money
from registry.grants.rules import (
    MOST_INSTALMENTS,
    BelowRegisteredError,
    InstalmentsDifferError,
    Registered,
    check_covered,
    check_decision,
    check_plan,
    cover,
    delta_of,
    instalments_of,
    read_instalments,
    spread,
    usual_plan,
)
from registry.grants.schemas import (
    AmendmentDetails,
    AmendmentKind,
    GrantDetails,
    InstalmentStatus,
    PlannedInstalment,
)

TODAY = date(2025, 6, 1)
DECIDED = date(2025, 2, 3)

days = st.dates(date(2025, 1, 1), date(2025, 12, 31))
plans = st.lists(
    st.builds(PlannedInstalment, due_on=days, amount_ore=st.integers(0, 10**9).map(Money)),
    min_size=1,
    max_size=MOST_INSTALMENTS,
).filter(lambda plan: sum(part.amount_ore for part in plan) > 0)


def part(day: date, ore: int) -> PlannedInstalment:
    return PlannedInstalment(due_on=day, amount_ore=Money(ore))


def decision(**changes: object) -> GrantDetails:
    facts: dict[str, object] = {
        "programme_id": 1,
        "recipient_id": 2,
        "dnr": "KUN 2025/1",
        "decided_on": DECIDED,
        "decider": "Nämnden",
        "amount_ore": Money(10_000),
        "period_from": date(2025, 1, 1),
        "period_to": date(2025, 12, 31),
        "instalments": (part(DECIDED, 10_000),),
    }
    return GrantDetails.model_validate({**facts, **changes})


def amendment(kind: AmendmentKind, ore: int | None = None) -> AmendmentDetails:
    return AmendmentDetails(
        kind=kind,
        amount_ore=None if ore is None else Money(ore),
        decided_on=TODAY,
        decider="Nämnden",
        reason="Fler deltagare",
    )


@st.composite
def registered_on(draw: st.DrawFn, plan: list[PlannedInstalment]) -> Registered:
    """Payments on a plan: no more than each position holds, and freely no more than what is left."""
    by_position = {
        position: draw(st.integers(0, int(one.amount_ore)))
        for position, one in enumerate(plan, start=1)
        if draw(st.booleans())
    }
    left = sum(int(one.amount_ore) for one in plan) - sum(by_position.values())
    return Registered(by_position, draw(st.integers(0, left)), {})


@st.composite
def paid_plans(draw: st.DrawFn) -> tuple[list[PlannedInstalment], Registered]:
    """A plan and what is registered on it."""
    plan = draw(plans)
    return plan, draw(registered_on(plan))


def rows_of(plan: list[PlannedInstalment]) -> list[tuple[int, date, int]]:
    return [(position, one.due_on, int(one.amount_ore)) for position, one in enumerate(plan, start=1)]


def test_a_right_decision_passes() -> None:
    check_decision(decision(), today=TODAY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_ore": Money(0), "instalments": (part(DECIDED, 0),)}, "amount"),
        ({"amount_ore": Money(10**14)}, "amount"),
        ({"decided_on": TODAY + timedelta(days=1)}, "decided_on"),
        ({"period_to": date(2024, 12, 31)}, "period_to"),
        ({"via_id": 2}, "via"),
        ({"instalments": (part(DECIDED, 9_999),)}, "instalments"),
        ({"instalments": ()}, "instalments"),
    ],
)
def test_a_wrong_decision_names_the_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_decision(decision(**changes), today=TODAY)
    assert field in [name for name, _error in caught.value.errors]


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_decision(decision(amount_ore=Money(-1), via_id=2, period_to=date(2020, 1, 1)), today=TODAY)
    assert {name for name, _error in caught.value.errors} == {"amount", "via", "period_to"}


def test_a_plan_that_differs_says_by_how_much() -> None:
    with pytest.raises(InstalmentsDifferError) as caught:
        check_plan([part(DECIDED, 6_000), part(TODAY, 3_000)], Money(10_000))
    assert caught.value.data == {"planned": 9_000, "wanted": 10_000, "gap": 1_000}


def test_instalments_are_read_from_a_cell() -> None:
    assert read_instalments("2025-01-31:50000|2025-06-30: 50 000,50", decided_on=DECIDED, amount=Money(1)) == (
        part(date(2025, 1, 31), 5_000_000),
        part(date(2025, 6, 30), 5_000_050),
    )
    assert read_instalments("", decided_on=DECIDED, amount=Money(7)) == (part(DECIDED, 7),)


@pytest.mark.parametrize("text", ["50000", "2025-01-31:", "2025-01-31:1|", "2025-02-30:1", "2025-01-31;1", "|"])
def test_a_cell_that_can_t_be_read_is_refused(text: str) -> None:
    with pytest.raises(FieldError) as caught:
        read_instalments(text, decided_on=DECIDED, amount=Money(1))
    assert caught.value.field == "instalments"


@given(st.integers(1, 10**12).map(Money), st.lists(days, min_size=1, max_size=MOST_INSTALMENTS))
def test_an_even_spread_adds_up(amount: Money, due: list[date]) -> None:
    plan = spread(amount, due)
    check_plan(plan, amount)
    assert max(one.amount_ore for one in plan) - min(one.amount_ore for one in plan) <= 1


@given(paid_plans())
def test_what_covers_a_plan_is_what_is_registered(case: tuple[list[PlannedInstalment], Registered]) -> None:
    plan, registered = case
    covered = cover(rows_of(plan), registered)
    assert sum(covered) == registered.total_ore
    assert all(0 <= done <= one.amount_ore for done, one in zip(covered, plan, strict=True))
    assert all(done >= registered.by_position.get(position, 0) for position, done in enumerate(covered, start=1))


@given(paid_plans())
def test_free_money_covers_the_first_due(case: tuple[list[PlannedInstalment], Registered]) -> None:
    plan, registered = case
    freely = Registered({}, registered.total_ore, {})
    covered = cover(rows_of(plan), freely)
    order = sorted(range(len(plan)), key=lambda place: (plan[place].due_on, place))
    seen_open = False
    for index in order:
        assert not (seen_open and covered[index])
        seen_open = seen_open or covered[index] < plan[index].amount_ore


@given(paid_plans(), st.integers(1, 10**9))
def test_the_usual_plan_after_an_increase_adds_up(case: tuple[list[PlannedInstalment], Registered], delta: int) -> None:
    plan, registered = case
    granted = sum(int(one.amount_ore) for one in plan)
    after = usual_plan(plan, delta, registered, decided_on=TODAY)
    check_plan(after, Money(granted + delta))
    check_covered(after, registered)


@given(paid_plans(), st.data())
def test_the_usual_plan_after_a_decrease_adds_up(
    case: tuple[list[PlannedInstalment], Registered], data: st.DataObject
) -> None:
    plan, registered = case
    granted = sum(int(one.amount_ore) for one in plan)
    assume(granted > registered.total_ore)
    delta = -data.draw(st.integers(1, granted - registered.total_ore))
    after = usual_plan(plan, delta, registered, decided_on=TODAY)
    assert sum(one.amount_ore for one in after) == granted + delta
    check_covered(after, registered)


@given(paid_plans(), st.integers(0, 10**9))
def test_the_instalments_shown_add_up(case: tuple[list[PlannedInstalment], Registered], waiting: int) -> None:
    plan, registered = case
    waiting = min(waiting, registered.total_ore)
    shown = instalments_of(rows_of(plan), registered, waiting_ore=waiting, today=TODAY)
    assert sum(one.registered_ore for one in shown) == registered.total_ore
    assert all(one.registered_ore + one.left_ore == one.amount_ore for one in shown)
    for one in shown:
        if one.status is InstalmentStatus.OVERDUE:
            assert one.due_on < TODAY
            assert one.left_ore
        if waiting == 0:
            assert one.status is not InstalmentStatus.WAITING


@pytest.mark.parametrize(
    ("due", "status"),
    [
        (TODAY - timedelta(days=1), InstalmentStatus.OVERDUE),
        (TODAY, InstalmentStatus.DUE),
        (TODAY + timedelta(days=14), InstalmentStatus.DUE),
        (TODAY + timedelta(days=15), InstalmentStatus.COMING),
    ],
)
def test_an_instalment_is_due_for_two_weeks(due: date, status: InstalmentStatus) -> None:
    shown = instalments_of([(1, due, 100)], Registered({}, 0, {}), waiting_ore=0, today=TODAY)
    assert shown[0].status is status


def test_what_waits_for_attest_is_not_paid() -> None:
    registered = Registered({1: 100}, 0, {1: 100})
    rows = [(1, DECIDED, 100), (2, TODAY, 50)]
    assert instalments_of(rows, registered, waiting_ore=100, today=TODAY)[0].status is InstalmentStatus.WAITING
    assert instalments_of(rows, registered, waiting_ore=0, today=TODAY)[0].status is InstalmentStatus.PAID


def test_an_amendment_changes_the_grant() -> None:
    assert delta_of(amendment(AmendmentKind.INCREASE, 500), granted=1_000, registered=400) == 500
    assert delta_of(amendment(AmendmentKind.DECREASE, 600), granted=1_000, registered=400) == -600
    assert delta_of(amendment(AmendmentKind.WITHDRAWAL), granted=1_000, registered=400) == -600


@pytest.mark.parametrize(
    ("kind", "ore", "expected"),
    [
        (AmendmentKind.DECREASE, 601, BelowRegisteredError),
        (AmendmentKind.INCREASE, 0, FieldError),
        (AmendmentKind.INCREASE, None, FieldError),
        (AmendmentKind.DECREASE, -5, FieldError),
    ],
)
def test_an_amendment_that_can_t_be_is_refused(
    kind: AmendmentKind, ore: int | None, expected: type[RegistryError]
) -> None:
    with pytest.raises(expected):
        delta_of(amendment(kind, ore), granted=1_000, registered=400)


def test_nothing_left_can_t_be_withdrawn() -> None:
    with pytest.raises(FieldError):
        delta_of(amendment(AmendmentKind.WITHDRAWAL), granted=400, registered=400)


def test_a_new_plan_keeps_what_is_registered_at_its_position() -> None:
    with pytest.raises(FieldError):
        check_covered([part(DECIDED, 99)], Registered({1: 100}, 0, {}))
    with pytest.raises(FieldError):
        check_covered([part(DECIDED, 500)], Registered({2: 1}, 0, {}))
    check_covered([part(DECIDED, 100)], Registered({1: 100}, 0, {}))
