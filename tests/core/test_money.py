"""Money: exact whatever is written, printed or split."""

from fractions import Fraction
from math import lcm

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from registry.core.money import LARGEST_ORE, Money, PositiveMoney
from registry.texts import format_money, use_language

amounts = st.integers(-LARGEST_ORE, LARGEST_ORE).map(Money)


@pytest.mark.parametrize(
    ("text", "ore"),
    [
        ("12500", 1_250_000),
        ("12 500,50", 1_250_050),
        ("12500.5", 1_250_050),
        ("12\u00a0500,50\u00a0kr", 1_250_050),
        ("0,01", 1),
        ("-1 000", -100_000),
        (" 7 ", 700),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, ore: int) -> None:
    assert Money.parse(text) == ore


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kr",
        "12,345",
        "1.000.000",
        "12 50",
        "1e5",
        "٣",
        "--5",
        "1,",
        ",5",
        "9999999999999",
        "NaN",
        "12 500,5 0",
        "½",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Write the amount"):
        Money.parse(text)


@given(amounts)
def test_the_wire_format_reads_back(amount: Money) -> None:
    assert Money.from_wire(amount.wire) == amount


@pytest.mark.parametrize("text", ["1", "1.5", "01.00", "1,00", " 1.00", "1.000", "+1.00", "1.00\n", 1.0, 100, None])
def test_the_wire_format_is_strict(text: object) -> None:
    with pytest.raises(ValueError, match="two decimals"):
        Money.from_wire(text)


@given(amounts, st.sampled_from(["sv", "fi"]))
def test_what_is_shown_can_be_typed_again(amount: Money, language: str) -> None:
    with use_language(language):
        shown = format_money(amount).replace("\u2212", "-")
    assert Money.parse(shown) == amount


@given(st.integers(0, LARGEST_ORE).map(Money), st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_a_split_adds_up_and_no_part_is_an_ore_from_its_share(amount: Money, weights: list[int]) -> None:
    total = sum(weights)
    if total == 0:
        with pytest.raises(ValueError, match="weights"):
            amount.split(weights)
        return
    parts = amount.split(weights)
    assert sum(parts) == amount
    assert all(
        abs(part - Fraction(int(amount)) * weight / total) < 1 for part, weight in zip(parts, weights, strict=True)
    )
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(st.integers(0, 10**6).map(Money), st.lists(st.integers(1, 1000), min_size=2, max_size=12))
def test_a_split_gives_the_spare_ore_to_the_largest_remainders(amount: Money, weights: list[int]) -> None:
    parts = amount.split(weights)
    exact = [Fraction(int(amount)) * weight / sum(weights) for weight in weights]
    lucky = [share - share.__floor__() for part, share in zip(parts, exact, strict=True) if part > share]
    unlucky = [share - share.__floor__() for part, share in zip(parts, exact, strict=True) if part < share]
    assert not lucky or not unlucky or min(lucky) >= max(unlucky)


def test_a_tie_goes_to_the_earlier_part() -> None:
    assert Money(100).split([1, 1, 1]) == [34, 33, 33]
    assert Money(5).split([1, 1]) == [3, 2]


@given(amounts, st.lists(st.fractions(0, 1000, max_denominator=60), min_size=1, max_size=12).filter(any))
def test_fractions_split_as_their_whole_multiples(amount: Money, weights: list[Fraction]) -> None:
    """A weight of 7.3 is 73 of tenths, also where the amount is taken back."""
    common = lcm(*(weight.denominator for weight in weights))
    parts = amount.split(weights)
    assert parts == amount.split([int(weight * common) for weight in weights])
    assert sum(parts) == amount


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [-1, 2]])
def test_weights_that_can_t_be_shared_by_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Money(100).split(weights)


class _Body(BaseModel):
    amount: Money


class _Paid(BaseModel):
    amount: PositiveMoney


def test_a_model_takes_and_gives_the_wire_format() -> None:
    body = _Body.model_validate_json('{"amount": "12500.00"}')
    assert body.amount == 1_250_000
    assert body.model_dump_json() == '{"amount":"12500.00"}'
    with pytest.raises(ValidationError):
        _Body.model_validate_json('{"amount": 12500}')
    with pytest.raises(ValidationError):
        _Body.model_validate({"amount": 12500})


def test_a_positive_amount_is_more_than_nothing() -> None:
    assert _Paid.model_validate({"amount": "0.01"}).amount == 1
    for text in ("0.00", "-1.00"):
        with pytest.raises(ValidationError):
            _Paid.model_validate({"amount": text})
