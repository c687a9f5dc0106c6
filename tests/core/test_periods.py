"""Dates and periods: one way to write a day, and Stockholm decides which day it is."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.core.periods import FIRST_YEAR, LAST_YEAR, Period, end_of_day, parse_date, parse_moment, today

days = st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))


@given(days)
def test_a_day_reads_back(day: date) -> None:
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    ["", "2025-02-29", "2025-13-01", "25-01-31", "20250131", "2025-1-31", "31/1 2025", "1989-12-31", "2101-01-01",
     "2025-01-31 ", "２０２５-01-31", "2025-01-31T00:00"],
)  # fmt: skip
def test_anything_else_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match="Write the date"):
        parse_date(text)


def test_a_leap_day_is_a_day() -> None:
    assert parse_date("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2025, 12, 31, 22, 59, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 12, 31, 23, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2025, 6, 30, 22, 0, tzinfo=UTC), date(2025, 7, 1)),
    ],
)
def test_the_booking_date_is_stockholm_s(moment: datetime, day: date) -> None:
    assert today(moment) == day


@given(days)
def test_the_end_of_a_day_is_in_that_day(day: date) -> None:
    assert today(end_of_day(day)) == day


def test_a_plain_date_as_a_moment_is_its_end() -> None:
    assert parse_moment("2025-01-31") == datetime(2025, 1, 31, 22, 59, 59, 999_999, tzinfo=UTC)
    assert parse_moment("2025-07-31T12:00") == datetime(2025, 7, 31, 10, 0, tzinfo=UTC)
    assert parse_moment("2025-07-31T12:00:00+00:00") == datetime(2025, 7, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2025-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Write the moment"):
        parse_moment(text)


def test_a_period_holds_both_of_its_ends() -> None:
    year = Period.of_year(2024)
    assert date(2024, 1, 1) in year
    assert date(2024, 12, 31) in year
    assert date(2025, 1, 1) not in year
    assert "2024-05-01" not in year
    with pytest.raises(ValueError, match="must end"):
        Period(date(2025, 1, 2), date(2025, 1, 1))
