"""The published schedules as the check sees them, without a database."""

from datetime import UTC, date, datetime
from typing import Any

from registry.core.money import Money
from registry.fees.rules import Book
from registry.fees.schedules import SEED_RATES, read_published
from registry.fees.schemas import Level, Rates, RatesDetails, Schedule, ScheduleDetails, Terms

WRITERS = "Sveriges Författarförbund / KLYS"
ARTISTS = "Konstnärernas Riksorganisation"
MUSICIANS = "Musikerförbundet"
ACTORS = "Scen & Film"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def published(*more: ScheduleDetails, rates: tuple[RatesDetails, ...] = ()) -> Book:
    """A book of the published schedules, and of `more` as if they were registered after them."""
    return Book(
        [registered(number, details) for number, details in enumerate([*read_published(), *more], start=1)],
        [
            Rates(**details.model_dump(), id=number, recorded_at=MOMENT, recorded_by="", seq=1)
            for number, details in enumerate([SEED_RATES, *rates], start=1)
        ],
    )


def registered(number: int, details: ScheduleDetails) -> Schedule:
    """A schedule as if it were registered under a number."""
    levels = tuple(
        Level(**level.model_dump(), id=number * 100 + place, position=place)
        for place, level in enumerate(details.levels, start=1)
    )
    facts = {name: getattr(details, name) for name in ScheduleDetails.model_fields if name != "levels"}
    return Schedule(**facts, id=number, recorded_at=MOMENT, recorded_by="", seq=1, levels=levels)


def terms(fee: int | None, tax: str = "F", /, **facts: Any) -> Terms:
    """An engagement of a writer, booked in 2024; the fee in öre."""
    usual = {"issuer": WRITERS, "code": "appearance-120", "booking_date": date(2024, 3, 1), "quantity": 1000}
    return Terms(**{**usual, "agreed_fee_ore": fee, "tax": tax, **facts})


def kronor(amount: int, ore: int = 0) -> Money:
    """An amount in öre."""
    return Money(amount * 100 + ore)
