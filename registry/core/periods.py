"""Dates and periods. Booking dates are plain dates in Europe/Stockholm; moments are UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from registry.core.errors import N_

STOCKHOLM = ZoneInfo("Europe/Stockholm")
DATE_MESSAGE = N_("Write the date as year-month-day, for example 2025-01-31.")
MOMENT_MESSAGE = N_("Write the moment as 2025-01-31 or 2025-01-31T12:00:00+01:00.")
FIRST_YEAR = 1990
LAST_YEAR = 2100

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def parse_date(text: str) -> date:
    """Read a date such as `2025-01-31`. Raises: ValueError for another form, an impossible day or an unlikely year."""
    if not _DATE.fullmatch(text):
        raise ValueError(DATE_MESSAGE)
    try:
        value = date.fromisoformat(text)
    except ValueError:
        raise ValueError(DATE_MESSAGE) from None
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(DATE_MESSAGE)
    return value


def parse_moment(text: str) -> datetime:
    """Read a moment; a plain date means the end of that day in Stockholm. Raises: ValueError."""
    try:
        if _DATE.fullmatch(text):
            return end_of_day(parse_date(text))
        value = datetime.fromisoformat(text)
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise ValueError(MOMENT_MESSAGE)
        return (value if value.tzinfo else value.replace(tzinfo=STOCKHOLM)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(MOMENT_MESSAGE) from None


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day in Stockholm, as UTC."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999_999, tzinfo=STOCKHOLM).astimezone(UTC)


def today(now: datetime) -> date:
    """The booking date of a moment: 23:30 UTC on New Year's Eve is next year in Stockholm."""
    return now.astimezone(STOCKHOLM).date()


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(N_("The period must end on or after the day it starts."))

    @classmethod
    def of_year(cls, year: int) -> "Period":
        """A calendar year."""
        return cls(date(year, 1, 1), date(year, 12, 31))

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last
