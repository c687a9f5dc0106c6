"""Fees as they cross the border: schedules with their levels, the year's percentages, engagements and their check."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from registry.core.errors import N_
from registry.core.money import Money

Line = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=2000)]
THOUSAND = 1000
"""A quantity is held in thousandths: 1.5 hours is 1500."""


class Frozen(BaseModel):
    """A value that crosses a border."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AppliesBy(StrEnum):
    """The date of an engagement that picks the schedule in force."""

    BOOKING_DATE = "booking_date"
    CONTRACT_DATE = "contract_date"


class Basis(StrEnum):
    """What a level is stated as: an invoice with F-tax, without VAT, or a gross salary."""

    F_TAX = "f_tax"
    SALARY = "salary"


class Tax(StrEnum):
    """How a creator is paid: against an invoice (F-tax) or as a salary (A-tax)."""

    F = "F"
    A = "A"


class Unit(StrEnum):
    """What a level is paid for."""

    APPEARANCE = "appearance"
    STARTED_HOUR = "started_hour"
    HOUR = "hour"
    VISIT = "visit"
    LESSON = "lesson"
    GIG = "gig"
    PERFORMANCE = "performance"
    DAY = "day"
    WEEK = "week"
    WEEK_ARTISTS = "week_artists"


class Discipline(StrEnum):
    """The art that a schedule is about."""

    LITERATURE = "literature"
    VISUAL_ARTS = "visual_arts"
    MUSIC = "music"
    THEATRE = "theatre"
    DANCE = "dance"
    FILM = "film"
    OTHER = "other"


class Outcome(StrEnum):
    """What the check finds."""

    MEETS = "meets"
    BELOW = "below"
    NO_SCHEDULE = "no_schedule"
    INCOMPLETE = "incomplete"


class EngagementKind(StrEnum):
    """Why a row of an engagement was written."""

    REGISTERED = "registered"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"


UNIT_TITLES = {
    Unit.APPEARANCE: N_("appearance"),
    Unit.STARTED_HOUR: N_("started hour"),
    Unit.HOUR: N_("hour"),
    Unit.VISIT: N_("visit"),
    Unit.LESSON: N_("lesson"),
    Unit.GIG: N_("gig"),
    Unit.PERFORMANCE: N_("performance"),
    Unit.DAY: N_("day"),
    Unit.WEEK: N_("week"),
    Unit.WEEK_ARTISTS: N_("week × artists"),
}
DISCIPLINE_TITLES = {
    Discipline.LITERATURE: N_("Literature"),
    Discipline.VISUAL_ARTS: N_("Visual arts"),
    Discipline.MUSIC: N_("Music"),
    Discipline.THEATRE: N_("Theatre and performing arts"),
    Discipline.DANCE: N_("Dance"),
    Discipline.FILM: N_("Film"),
    Discipline.OTHER: N_("Other arts"),
}
APPLIES_BY_TITLES = {AppliesBy.BOOKING_DATE: N_("booking date"), AppliesBy.CONTRACT_DATE: N_("contract date")}
BASIS_TITLES = {Basis.F_TAX: N_("F-tax, without VAT"), Basis.SALARY: N_("salary")}
TAX_TITLES = {Tax.F: N_("F-tax (invoice)"), Tax.A: N_("A-tax (salary)")}
OUTCOME_TITLES = {
    Outcome.MEETS: N_("meets the level"),
    Outcome.BELOW: N_("below the level"),
    Outcome.NO_SCHEDULE: N_("no schedule"),
    Outcome.INCOMPLETE: N_("incomplete"),
}


KIND_TITLES = {
    EngagementKind.REGISTERED: N_("Registered"),
    EngagementKind.CORRECTED: N_("Corrected"),
    EngagementKind.CANCELLED: N_("Cancelled"),
}


class LevelDetails(Frozen):
    """A level to register: the least for one unit."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    unit: Unit
    amount_ore: Money
    basis: Basis = Basis.F_TAX
    source: Text = ""


class ScheduleDetails(Frozen):
    """A version of an issuer's schedule to register; `reason` says why when it corrects one with the same start."""

    issuer: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    discipline: Discipline
    valid_from: date | None = None
    valid_to: date | None = None
    applies_by: AppliesBy
    source: Text = ""
    url: Text = ""
    note: Text = ""
    reason: Text = ""
    levels: tuple[LevelDetails, ...]


class Level(LevelDetails):
    """A registered level."""

    id: int
    position: int


class Schedule(Frozen):
    """A registered version of an issuer's schedule, with its levels in their order."""

    id: int
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
    recorded_by: str
    seq: int
    levels: tuple[Level, ...]

    @property
    def number(self) -> str:
        """The registry's own number, fit for addresses."""
        return f"T-{self.id}"

    def level(self, code: str) -> Level | None:
        """The level with a code."""
        return next((level for level in self.levels if level.code == code), None)

    def __contains__(self, day: object) -> bool:
        """Whether a day lies in the schedule's validity."""
        return (
            isinstance(day, date)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


class RatesDetails(Frozen):
    """The percentages of some years, in hundredths of a per cent; `year_to` is None until others take over."""

    year_from: int
    year_to: int | None = None
    employer_basis_points: Annotated[int, Field(ge=0, le=10_000)]
    holiday_basis_points: Annotated[int, Field(ge=0, le=10_000)]
    vat_basis_points: Annotated[int, Field(ge=0, le=10_000)]
    source: Text = ""
    reason: Text = ""


class Rates(RatesDetails):
    """Registered percentages."""

    id: int
    recorded_at: datetime
    recorded_by: str
    seq: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What the check reads of an engagement: amounts in öre, quantity in thousandths; None or "" is not known."""

    issuer: str = ""
    code: str = ""
    booking_date: date | None = None
    contract_date: date | None = None
    event_date: date | None = None
    quantity: int | None = None
    artists: int = 1
    agreed_fee_ore: int | None = None
    tax: str = ""
    vat_included: bool = False
    vat_basis_points: int | None = None
    """The VAT of the invoice; None: the year's ordinary one."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what an engagement should at least be paid: a level so many times (`quantity` in thousandths)."""

    level: Level
    quantity: int
    artists: int = 1


@dataclass(frozen=True, slots=True)
class Check:
    """What the check found. `level_ore` and `fee_ore` are both F-tax without VAT; the gap is there only when below."""

    outcome: Outcome
    missing: tuple[str, ...] = ()
    """What makes it incomplete; see `working.MISSING`."""
    schedule: Schedule | None = None
    day: date | None = None
    """The date that picked the schedule."""
    rates: Rates | None = None
    """The percentages used, None when none was needed."""
    parts: tuple[Part, ...] = ()
    level_ore: Money | None = None
    fee_ore: Money | None = None
    gap_ore: Money | None = None
    gap_basis_points: int | None = None


class CheckedRow(Frozen):
    """The check of a row of a file, as it goes out. `level`, `normalised_fee` and `gap` are F-tax without VAT."""

    row: int
    creator: str
    issuer: str
    code: str
    outcome: Outcome
    level: Money | None
    normalised_fee: Money | None
    gap: Money | None
    gap_percent: str | None
    """With two decimals."""
    schedule: str | None
    motive_missing: bool
    missing: tuple[str, ...]
    working: tuple[str, ...]


class FollowupRow(Frozen):
    """A group of the yearly follow-up. Sums are F-tax without VAT, of the engagements that could be compared.

    Shares are in hundredths of a per cent: `below` of the compared, `no_schedule` of all; None of nothing. The median
    gaps are of those below.
    """

    key: str
    label: str
    engagements: int
    compared: int
    fee_ore: Money
    level_ore: Money
    below: int
    below_basis_points: int | None
    gap_ore: Money
    median_gap_ore: Money | None
    median_gap_basis_points: int | None
    no_schedule: int
    no_schedule_basis_points: int | None
    incomplete: int
    unmotivated: int


class EngagementDetails(Frozen):
    """An engagement as it is registered. The fee is for the whole engagement; travel and material stand apart."""

    creator_id: int
    commissioner_id: int
    funder_id: int
    grant_id: int | None = None
    title: Line = ""
    issuer: Annotated[str, StringConstraints(max_length=120)] = ""
    code: Annotated[str, StringConstraints(max_length=40)] = ""
    booking_date: date | None = None
    contract_date: date | None = None
    event_date: date | None = None
    quantity: Annotated[int, Field(gt=0, le=10**12)] | None = None
    artists: Annotated[int, Field(gt=0, le=10_000)] = 1
    agreed_fee_ore: Money | None = None
    tax: Tax | None = None
    vat_included: bool = False
    vat_basis_points: Annotated[int, Field(ge=0, le=10_000)] | None = None
    travel_ore: Money = Money(0)
    material_ore: Money = Money(0)
    motive: Text = ""

    def terms(self) -> Terms:
        """What the check reads."""
        return Terms(
            self.issuer, self.code, self.booking_date, self.contract_date, self.event_date, self.quantity,
            self.artists, self.agreed_fee_ore, self.tax or "", self.vat_included, self.vat_basis_points,
        )  # fmt: skip


class Engagement(EngagementDetails):
    """An engagement in force with its check. `id` is its chain's, `version_id` the row's. A creator may lack a name.

    `creator_name` is the registry's number for everybody but officers and the creator.
    """

    id: int
    version_id: int
    kind: EngagementKind
    reason: str
    creator_name: str
    commissioner_name: str
    funder_name: str
    day: date
    discipline: Discipline | None
    check: Check
    recorded_at: datetime
    recorded_by: str
    seq: int

    @property
    def number(self) -> str:
        """The registry's own number, fit for addresses."""
        return engagement_number(self.id)

    @property
    def level_title(self) -> str:
        """The level as its schedule calls it, else its code."""
        return " + ".join(part.level.title for part in self.check.parts) or self.code

    @property
    def cancelled(self) -> bool:
        """Whether it was called off."""
        return self.kind is EngagementKind.CANCELLED

    @property
    def unmotivated(self) -> bool:
        """Whether it is below its level and nobody has said why."""
        return self.check.outcome is Outcome.BELOW and not self.motive.strip() and not self.cancelled


def engagement_number(engagement_id: int) -> str:
    """`E-12` for an engagement's id."""
    return f"E-{engagement_id}"
