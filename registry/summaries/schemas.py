"""A summary's question and its answer, as they cross the border. A question is frozen: it is what the files repeat."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_serializer

from registry.core.errors import N_
from registry.core.money import Money


class Group(StrEnum):
    """What a summary may be grouped by. `year` and `month` are the event's, `budget_year` is the decision's frame."""

    FUNDER = "funder"
    PROGRAMME = "programme"
    RECIPIENT = "recipient"
    AREA = "area"
    KIND = "kind"
    YEAR = "year"
    MONTH = "month"
    BUDGET_YEAR = "budget_year"
    KSM = "ksm"
    VIA = "via"


class Format(StrEnum):
    """The files a summary can be had as."""

    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    PDF = "pdf"


NO_AREA = "none"
"""Stands in a question for the programmes without a priority area."""
NO_VIA = "none"
"""Stands in a question for the grants without an intermediary."""

GROUP_TITLES = {
    Group.FUNDER: N_("Funder"),
    Group.PROGRAMME: N_("Programme"),
    Group.RECIPIENT: N_("Recipient"),
    Group.AREA: N_("Priority area"),
    Group.KIND: N_("Kind of programme"),
    Group.YEAR: N_("Year"),
    Group.MONTH: N_("Month"),
    Group.BUDGET_YEAR: N_("Budget year"),
    Group.KSM: N_("Kultursamverkansmodellen"),
    Group.VIA: N_("Intermediary"),
}


class Question(BaseModel):
    """What is asked: the period by value date, how it is grouped, and what it is limited to.

    `as_of` leaves out what has a later value date, `known_at` what the registry learnt later. Funder, recipient and via
    are organisation numbers (`P-17` for a person), programme and area are codes; `ksm` is `inside` or `outside`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: tuple[Group, ...]
    year: int | None = None
    period_from: date | None = Field(default=None, serialization_alias="from")
    period_to: date | None = Field(default=None, serialization_alias="to")
    as_of: date | None = None
    known_at: datetime | None = None
    funder: str | None = None
    programme: str | None = None
    recipient: str | None = None
    area: str | None = None
    kind: str | None = None
    budget_year: int | None = None
    ksm: str | None = None
    via: str | None = None

    @field_serializer("known_at")
    def _utc(self, moment: datetime | None) -> str | None:
        return None if moment is None else moment.isoformat().replace("+00:00", "Z")

    @property
    def first(self) -> date | None:
        """The first value date that counts, or None."""
        return date(self.year, 1, 1) if self.year else self.period_from

    @property
    def end(self) -> date | None:
        """The last day of the period, or None."""
        return date(self.year, 12, 31) if self.year else self.period_to

    @property
    def last(self) -> date | None:
        """The last value date that counts: the period's end, or the day that it is seen from."""
        return min((day for day in (self.end, self.as_of) if day), default=None)

    def query(self) -> dict[str, str]:
        """The question as the parameters of an address; reading them gives the same question again."""
        asked = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {name: ",".join(value) if name == "by" else str(value) for name, value in asked.items()}

    def asking(self, **changes: object) -> Self:
        """The same question with some parts changed."""
        return self.model_copy(update=changes)


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums of some events, in öre. `payments` counts those in `paid_ore`, also when they were reversed later."""

    decided_ore: int = 0
    paid_ore: int = 0
    reversed_ore: int = 0
    repaid_ore: int = 0
    payments: int = 0

    @property
    def remaining_ore(self) -> int:
        """What is decided and not paid. A repayment settles a debt and doesn't open the grant again."""
        return self.decided_ore - self.paid_ore + self.reversed_ore

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.decided_ore + other.decided_ore,
            self.paid_ore + other.paid_ore,
            self.reversed_ore + other.reversed_ore,
            self.repaid_ore + other.repaid_ore,
            self.payments + other.payments,
        )

    def wire(self) -> dict[str, str | int]:
        """The figures as JSON and CSV name and write them."""
        return {
            "decided": Money(self.decided_ore).wire,
            "paid": Money(self.paid_ore).wire,
            "reversed": Money(self.reversed_ore).wire,
            "repaid": Money(self.repaid_ore).wire,
            "remaining": Money(self.remaining_ore).wire,
            "payments": self.payments,
        }


@dataclass(frozen=True, slots=True)
class Control:
    """What the rows must add up to, in öre, computed another way. `net_ore` is paid less reversed."""

    decided_ore: int
    net_ore: int
    repaid_ore: int

    def wire(self) -> dict[str, str]:
        """The sums as files and the trail name and write them."""
        return {
            "decided": Money(self.decided_ore).wire,
            "paid_less_reversed": Money(self.net_ore).wire,
            "repaid": Money(self.repaid_ore).wire,
        }


@dataclass(frozen=True, slots=True)
class Cell:
    """One group key of a row: its code as files hold it, and its title for people (empty for years and months).

    `owner` is the funder of a programme, whose code is unique only there.
    """

    group: Group
    code: str | int | None
    title: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a summary."""

    cells: tuple[Cell, ...]
    figures: Figures


@dataclass(frozen=True, slots=True)
class Choice:
    """What a filter names: the value in the question and its title."""

    value: str
    title: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the names of what it is limited to."""

    question: Question
    chosen: dict[str, Choice]


@dataclass(frozen=True, slots=True)
class Summary(Asked):
    """An answer. `totals` is the sum of `rows` and agrees with `control`.

    `anchor_seq` and `anchor_hash` are the trail's head at that moment; `sha256` is over the rows (see
    `rules.rows_hash`).
    """

    rows: tuple[Row, ...]
    totals: Figures
    control: Control
    anchor_seq: int
    anchor_hash: str
    sha256: str


Amount = Annotated[str, StringConstraints(pattern=Money.pattern)]


class SummaryFigures(BaseModel):
    """The sums of a row, or of all rows."""

    decided: Amount
    paid: Amount
    reversed: Amount
    repaid: Amount
    remaining: Amount = Field(description="decided - paid + reversed")
    payments: int = Field(ge=0, description="How many payments `paid` is the sum of.")


class SummaryRow(SummaryFigures):
    """A row: the keys that `by` asks for, and its sums. A key that isn't asked for is left out."""

    funder: str = Field(default="", description="Organisation number.")
    funder_name: str = ""
    programme: str = Field(default="", description="Code, unique within `programme_funder`.")
    programme_title: str = ""
    programme_funder: str = ""
    recipient: str = Field(default="", description="Organisation number, or the registry's number for a person.")
    recipient_name: str = ""
    area: str | None = Field(default=None, description="Code; null for programmes without a priority area.")
    area_title: str = ""
    kind: str = ""
    year: int = 0
    month: str = Field(default="", examples=["2025-03"])
    budget_year: int = 0
    ksm: str = Field(default="", description="`inside` or `outside` Kultursamverkansmodellen.")
    via: str | None = Field(default=None, description="As `recipient`; null for grants without an intermediary.")
    via_name: str = ""


class SummaryAnchor(BaseModel):
    """The head of the trail when the question was answered."""

    seq: int
    hash: str


class SummaryAnswer(BaseModel):
    """A summary as JSON."""

    question: Question
    rows: list[SummaryRow]
    totals: SummaryFigures
    rows_count: int
    anchor: SummaryAnchor
    sha256: str = Field(
        description=(
            "SHA-256 of the rows: each a line of its keys (codes, not names) in the order of `by`, then decided, paid,"
            " reversed, repaid, remaining and payments, joined by `;`, ended by a line feed; the lines sorted by bytes."
        )
    )
