"""Reads of schedules and of the year's percentages: all of them make the book that engagements are checked against."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.money import Money
from registry.core.numbers import record_id
from registry.database import fetch
from registry.fees.rules import Book
from registry.fees.schemas import AppliesBy, Basis, Discipline, Level, Rates, Schedule, Unit
from registry.texts import sort_key


class UnknownScheduleError(NotFoundError):
    """No such schedule."""

    code = "unknown-schedule"
    message = N_("There is no fee schedule %(schedule)s. Check the number.")


@dataclass(frozen=True, slots=True)
class ScheduleFilter:
    """What a list of schedules is narrowed to; `current` leaves those that are in force on a day."""

    issuer: str = ""
    discipline: Discipline | None = None
    year: int | None = None
    search: str = ""


_SCHEDULES = """
SELECT s.id, s.issuer, s.title, s.discipline, s.valid_from, s.valid_to, s.applies_by, s.source, s.url, s.note, s.reason,
       s.recorded_at, coalesce(u.name, '') AS recorded_by, s.seq
FROM fee_schedule s LEFT JOIN app_user u ON u.id = s.recorded_by ORDER BY s.id
"""
_LEVELS = "SELECT id, schedule_id, position, code, title, unit, amount_ore, basis, source FROM fee_level ORDER BY id"
_RATES = """
SELECT r.id, r.year_from, r.year_to, r.employer_basis_points, r.holiday_basis_points, r.vat_basis_points, r.source,
       r.reason, r.recorded_at, coalesce(u.name, '') AS recorded_by, r.seq
FROM fee_rates r LEFT JOIN app_user u ON u.id = r.recorded_by ORDER BY r.year_from DESC, r.id DESC
"""


async def read_book(scope: Scope) -> Book:
    """Every schedule and the percentages of every year; what is recommended is public, so everyone may know it."""
    return Book(await list_schedules(scope), await list_rates(scope))


async def list_schedules(scope: Scope) -> list[Schedule]:
    """Every registered schedule with its levels, in the order in which they were registered."""
    del scope
    levels = defaultdict[int, list[Level]](list)
    for row in await fetch(_LEVELS):
        levels[row["schedule_id"]].append(_level(row))
    return [_schedule(row, levels[row["id"]]) for row in await fetch(_SCHEDULES)]


def _level(row: asyncpg.Record) -> Level:
    return Level(
        id=row["id"],
        position=row["position"],
        code=row["code"],
        title=row["title"],
        unit=Unit(row["unit"]),
        amount_ore=Money(row["amount_ore"]),
        basis=Basis(row["basis"]),
        source=row["source"],
    )


def _schedule(row: asyncpg.Record, levels: list[Level]) -> Schedule:
    values = dict(row)
    values["discipline"], values["applies_by"] = Discipline(row["discipline"]), AppliesBy(row["applies_by"])
    return Schedule(**values, levels=tuple(sorted(levels, key=lambda level: level.position)))


async def list_rates(scope: Scope) -> list[Rates]:
    """The percentages of all years; those of the latest years come first."""
    del scope
    return [Rates(**dict(row)) for row in await fetch(_RATES)]


async def get_schedule(scope: Scope, number: str) -> Schedule:
    """One schedule by its number, such as `T-3`. Raises: UnknownScheduleError."""
    schedule_id = record_id(number, "T")
    for schedule in await list_schedules(scope):
        if schedule.id == schedule_id:
            return schedule
    raise UnknownScheduleError(field="schedule", schedule=number[:40])


def filter_schedules(book: Book, wanted: ScheduleFilter) -> list[Schedule]:
    """The schedules of a filter by issuer, the latest first; `year` finds those that are in force some day of it."""
    words = wanted.search.casefold()
    return [
        schedule
        for issuer in book.issuers
        for schedule in book.versions(issuer)
        if (not wanted.issuer or issuer == wanted.issuer)
        and (wanted.discipline is None or schedule.discipline is wanted.discipline)
        and (wanted.year is None or _touches(schedule, wanted.year))
        and (not words or any(words in text.casefold() for text in _texts(schedule)))
    ]


SORTS: dict[str, Callable[[Schedule], object]] = {
    "title": lambda one: sort_key(one.title),
    "issuer": lambda one: sort_key(one.issuer),
    "art": lambda one: one.discipline.value,
    "from": lambda one: one.valid_from or date.min,
    "to": lambda one: one.valid_to or date.max,
    "levels": lambda one: len(one.levels),
}
"""What a list of schedules can be sorted by; within an issuer the latest stays first."""


def in_order(schedules: list[Schedule], sort: str) -> list[Schedule]:
    """Schedules by a key of `SORTS`, with `-` for falling; any other leaves them by issuer."""
    key: Any = SORTS.get(sort.removeprefix("-"))
    return sorted(schedules, key=key, reverse=sort.startswith("-")) if key else schedules


def _touches(schedule: Schedule, year: int) -> bool:
    return (schedule.valid_from is None or schedule.valid_from.year <= year) and (
        schedule.valid_to is None or year <= schedule.valid_to.year
    )


def _texts(schedule: Schedule) -> list[str]:
    return [schedule.issuer, schedule.title, *(text for level in schedule.levels for text in (level.code, level.title))]
