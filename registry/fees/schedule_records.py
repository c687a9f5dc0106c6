"""Schedules and percentages as the JSON API says them: records that go out, bodies that come in."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from registry.core.money import Money, UnsignedMoney
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.fees.reading import parse_percent, plain_percent
from registry.fees.records import Percent
from registry.fees.schedules import MOST_LEVELS
from registry.fees.schemas import (
    AppliesBy,
    Basis,
    Discipline,
    LevelDetails,
    Rates,
    RatesDetails,
    Schedule,
    ScheduleDetails,
    Unit,
)
from registry.web.api import WHOLE, Body, Day, line, text

BodyYear = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR), WHOLE]


class Frozen(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class LevelRecord(Frozen):
    """A level of a schedule."""

    code: str
    title: str
    unit: Unit
    amount: Money
    basis: Basis
    source: str


class ScheduleRecord(Frozen):
    """A version of an issuer's schedule. `valid_from` and `valid_to` are null where it has no end."""

    number: str
    issuer: str
    title: str
    discipline: Discipline
    valid_from: date | None
    valid_to: date | None
    applies_by: AppliesBy
    source: str
    url: str
    note: str
    reason: str
    recorded_at: datetime
    trail_seq: int
    levels: list[LevelRecord]


class ScheduleList(Frozen):
    """Schedules by issuer, the latest first."""

    items: list[ScheduleRecord]
    total: int


class RatesRecord(Frozen):
    """The percentages of some years, as strings; `year_to` is null until others take over."""

    year_from: int
    year_to: int | None
    employer: str
    holiday: str
    vat: str
    source: str
    reason: str
    recorded_at: datetime
    trail_seq: int


class RatesList(Frozen):
    """The percentages, those of the latest years first; of two that cover a year the one registered last applies."""

    items: list[RatesRecord]
    total: int


class LevelBody(Body):
    """A level to register: the least for one unit."""

    code: Annotated[str, line(40)]
    title: Annotated[str, line(200)]
    unit: Unit = Field(strict=False)
    amount: UnsignedMoney
    basis: Basis = Field(default=Basis.F_TAX, strict=False)
    source: Annotated[str, line(2000, filled=False)] = ""


class ScheduleBody(Body):
    """A version to register; `reason` says why when one with the same start is there already."""

    issuer: Annotated[str, line(120)]
    title: Annotated[str, line(200)]
    discipline: Discipline = Field(strict=False)
    valid_from: Day | None = Field(default=None, strict=False)
    valid_to: Day | None = Field(default=None, strict=False)
    applies_by: AppliesBy = Field(strict=False)
    source: Annotated[str, text(2000, filled=True)]
    url: Annotated[str, line(2000, filled=False)] = ""
    note: Annotated[str, text(2000)] = ""
    reason: Annotated[str, text(2000)] = ""
    levels: Annotated[list[LevelBody], Field(min_length=1, max_length=MOST_LEVELS)]


class RatesBody(Body):
    """Percentages to register; they go before those that were registered earlier."""

    year_from: BodyYear
    year_to: BodyYear | None = None
    employer: Percent
    holiday: Percent
    vat: Percent
    source: Annotated[str, text(2000, filled=True)]
    reason: Annotated[str, text(2000)] = ""


def schedule_record(schedule: Schedule) -> ScheduleRecord:
    """A schedule as the API says it."""
    facts: dict[str, Any] = {name: getattr(schedule, name) for name in ScheduleRecord.model_fields if name not in _OWN}
    levels = [
        LevelRecord(
            code=level.code,
            title=level.title,
            unit=level.unit,
            amount=level.amount_ore,
            basis=level.basis,
            source=level.source,
        )
        for level in schedule.levels
    ]
    return ScheduleRecord(**facts, trail_seq=schedule.seq, levels=levels)


_OWN = ("trail_seq", "levels")


def rates_record(rates: Rates) -> RatesRecord:
    """Percentages as the API says them."""
    return RatesRecord(
        year_from=rates.year_from,
        year_to=rates.year_to,
        employer=plain_percent(rates.employer_basis_points) or "",
        holiday=plain_percent(rates.holiday_basis_points) or "",
        vat=plain_percent(rates.vat_basis_points) or "",
        source=rates.source,
        reason=rates.reason,
        recorded_at=rates.recorded_at,
        trail_seq=rates.seq,
    )


def schedule_of(data: ScheduleBody) -> ScheduleDetails:
    """A version to register."""
    facts = data.model_dump(exclude={"levels"})
    for name in ("issuer", "title", "url"):
        facts[name] = " ".join(facts[name].split())
    levels = tuple(
        LevelDetails(
            code=level.code.strip(),
            title=" ".join(level.title.split()),
            unit=level.unit,
            amount_ore=level.amount,
            basis=level.basis,
            source=level.source.strip() or data.source.strip(),
        )
        for level in data.levels
    )
    return ScheduleDetails(**facts, levels=levels)


def rates_of(data: RatesBody) -> RatesDetails:
    """Percentages to register."""
    return RatesDetails(
        year_from=data.year_from,
        year_to=data.year_to,
        employer_basis_points=parse_percent(data.employer),
        holiday_basis_points=parse_percent(data.holiday),
        vat_basis_points=parse_percent(data.vat),
        source=data.source.strip(),
        reason=data.reason.strip(),
    )
