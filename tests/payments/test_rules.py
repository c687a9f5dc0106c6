"""What must hold for a payment, decided on plain values."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.core.access import CONSOLE, Role, Scope
from registry.core.errors import FieldError, RegistryError
from registry.core.money import LARGEST_ORE, Money
from registry.funders.service import OtherFunderError
from registry.payments.rules import (
    ExceedsGrantError,
    ExceedsInstalmentError,
    GrantState,
    PaidBeforeDecisionError,
    PaidInClosedYearError,
    PaidTwiceError,
    UnknownInstalmentError,
    attest_of,
    body_hash,
    check_payment,
    details_hash,
)
from registry.payments.schemas import Attest, PaymentDetails

TODAY = date(2025, 6, 1)
DECIDED = date(2025, 2, 3)


def state(**changes: object) -> GrantState:
    facts: dict[str, object] = {
        "id": 1,
        "funder_id": 7,
        "recipient_id": 3,
        "decided_on": DECIDED,
        "granted_ore": 100_000,
        "registered_ore": 40_000,
        "attest_from_ore": 5_000,
        "closed_years": frozenset({2024}),
        "plan": {1: (60_000, 40_000), 2: (40_000, 0)},
        "vouchers": {("V-1", 20_000, date(2025, 3, 1)): "U-9"},
    }
    return GrantState(**{**facts, **changes})  # type: ignore[arg-type]


def payment(**changes: object) -> PaymentDetails:
    facts: dict[str, object] = {"grant": "B-1", "amount_ore": Money(10_000), "paid_on": date(2025, 3, 31)}
    return PaymentDetails.model_validate({**facts, **changes})


def test_a_right_payment_passes() -> None:
    check_payment(payment(), state(), CONSOLE, today=TODAY)


@pytest.mark.parametrize(
    ("changes", "expected", "field"),
    [
        ({"amount_ore": Money(60_001)}, ExceedsGrantError, "amount"),
        ({"amount_ore": Money(0)}, FieldError, "amount"),
        ({"amount_ore": Money(-1)}, FieldError, "amount"),
        ({"amount_ore": Money(LARGEST_ORE + 1)}, FieldError, "amount"),
        ({"paid_on": DECIDED - timedelta(days=1)}, PaidBeforeDecisionError, "paid_on"),
        ({"paid_on": TODAY + timedelta(days=367)}, FieldError, "paid_on"),
        ({"instalment": 3}, UnknownInstalmentError, "instalment"),
        ({"instalment": 1, "amount_ore": Money(20_001)}, ExceedsInstalmentError, "amount"),
        (
            {"voucher": "V-1", "amount_ore": Money(20_000), "paid_on": date(2025, 3, 1)},
            PaidTwiceError,
            "voucher",
        ),
    ],
)
def test_a_wrong_payment_is_refused_at_its_field(
    changes: dict[str, object], expected: type[RegistryError], field: str
) -> None:
    with pytest.raises(expected) as caught:
        check_payment(payment(**changes), state(), CONSOLE, today=TODAY)
    assert caught.value.field == field


def test_a_closed_year_takes_no_payment() -> None:
    with pytest.raises(PaidInClosedYearError):
        check_payment(payment(paid_on=date(2024, 3, 1)), state(decided_on=date(2024, 1, 1)), CONSOLE, today=TODAY)


def test_the_whole_rest_may_be_paid_on_the_day_of_decision() -> None:
    check_payment(payment(amount_ore=Money(60_000), paid_on=DECIDED), state(), CONSOLE, today=TODAY)


def test_only_the_funder_s_own_officer_pays() -> None:
    own, other = (Scope(user_id=1, role=Role.OFFICER, funder_id=funder) for funder in (7, 8))
    check_payment(payment(), state(), own, today=TODAY)
    for scope in (other, Scope(user_id=2, role=Role.AUDITOR), Scope(user_id=3, role=Role.ADMIN, funder_id=7)):
        with pytest.raises(OtherFunderError):
            check_payment(payment(), state(), scope, today=TODAY)


@pytest.mark.parametrize(("ore", "attest"), [(4_999, Attest.EXEMPT), (5_000, Attest.OFFICER)])
def test_two_must_sign_from_the_funder_s_sum(ore: int, attest: Attest) -> None:
    assert attest_of(payment(amount_ore=Money(ore)), state()) is attest


@given(st.lists(st.integers(1, 50_000), max_size=20))
def test_accepted_payments_never_exceed_the_grant(amounts: list[int]) -> None:
    now = state(registered_ore=0)
    for place, ore in enumerate(amounts):
        details = payment(amount_ore=Money(ore))
        try:
            check_payment(details, now, CONSOLE, today=TODAY)
        except ExceedsGrantError:
            assert ore > now.granted_ore - now.registered_ore
            continue
        now.take(details, f"U-{place}")
    assert now.registered_ore <= now.granted_ore


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(1, 30_000)), max_size=20))
def test_accepted_payments_never_exceed_their_instalment(amounts: list[tuple[int, int]]) -> None:
    now = state(registered_ore=0, plan={1: (60_000, 0), 2: (40_000, 0)})
    for position, ore in amounts:
        details = payment(amount_ore=Money(ore), instalment=position)
        try:
            check_payment(details, now, CONSOLE, today=TODAY)
        except (ExceedsGrantError, ExceedsInstalmentError):
            continue
        now.take(details, "U-1")
    assert all(registered <= amount for amount, registered in now.plan.values())


def test_the_same_body_has_the_same_hash_and_another_has_not() -> None:
    assert details_hash(payment()) == details_hash(payment())
    for changes in (
        {"amount_ore": Money(1)},
        {"voucher": "V"},
        {"reference": "R"},
        {"instalment": 1},
        {"grant": "B-2"},
    ):
        assert details_hash(payment(**changes)) != details_hash(payment())


def test_a_value_can_t_slip_into_its_neighbour() -> None:
    assert body_hash({"a": "1", "b": "2"}) != body_hash({"a": "1b=2", "b": ""})
