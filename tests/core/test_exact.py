"""Exact numbers: read as people write them, written without loss."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.core.exact import read_exact, write_exact, write_number


@pytest.mark.parametrize(
    ("text", "value"),
    [("20", Fraction(20)), ("33,25", Fraction(133, 4)), ("7.3 %", Fraction(73, 10)), ("100/3", Fraction(100, 3))],
)
def test_a_number_is_read_as_people_write_it(text: str, value: Fraction) -> None:
    assert read_exact(text) == value


@pytest.mark.parametrize("text", ["", "-1", "1e3", "1_0", "1/0", "٣", "NaN", "1,2,3", "1234567", 20, 0.5, None, True])
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="33,25"):
        read_exact(text)


@given(st.fractions(0, 10**6, max_denominator=10**5))
def test_what_is_written_is_the_same_number(value: Fraction) -> None:
    assert Fraction(write_exact(value)) == value
    assert Fraction(str(write_number(value))) == value


def test_decimals_where_they_end_and_a_fraction_where_they_do_not() -> None:
    assert [write_exact(Fraction(text)) for text in ("33.25", "80", "100/3", "-1/8", "1/1000")] == [
        "33.25", "80", "100/3", "-0.125", "0.001",
    ]  # fmt: skip
    assert [write_number(Fraction(text)) for text in ("33.25", "80", "100/3")] == [33.25, 80, "100/3"]
