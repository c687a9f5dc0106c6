"""A follow-up's question and its answer, as they cross the border. Groups and keys are those of summaries."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from registry.core.money import Money
from registry.summaries.schemas import Amount, Cell, Choice, Group, SummaryAnchor

GROUPS = (Group.AREA, Group.FUNDER, Group.BUDGET_YEAR, Group.KSM, Group.PROGRAMME)
"""What a follow-up may be grouped by."""
DEFAULT_BY = (Group.AREA, Group.FUNDER, Group.BUDGET_YEAR)


class Format(StrEnum):
    """The files a follow-up can be had as."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


class Question(BaseModel):
    """What is asked: whose period, how it is grouped, and what it is limited to.

    `agreement` is a number such as `A-1`, whose years are meant unless `year_from` and `year_to` say others. Years are
    budget years: everything that follows a decision counts in the year of the frame that it was taken from. The funder
    is an organisation number, programme and area are codes, `ksm` is `inside` or `outside`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: tuple[Group, ...] = DEFAULT_BY
    agreement: str | None = None
    year_from: int | None = None
    year_to: int | None = None
    funder: str | None = None
    area: str | None = None
    ksm: str | None = None
    programme: str | None = None

    def query(self) -> dict[str, str]:
        """The question as the parameters of an address; reading them gives the same question again."""
        asked = self.model_dump(mode="json", exclude_none=True)
        return {name: ",".join(value) if name == "by" else str(value) for name, value in asked.items()}

    def asking(self, **changes: object) -> Self:
        """The same question with some parts changed."""
        return self.model_copy(update=changes)


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums in öre. `paid_ore` is attested less reversed; a repayment settles a debt and frees nothing."""

    frame_ore: int = 0
    decided_ore: int = 0
    paid_ore: int = 0
    repaid_ore: int = 0
    grants: int = 0

    @property
    def undecided_ore(self) -> int:
        """What of the frames nobody has decided."""
        return self.frame_ore - self.decided_ore

    @property
    def unpaid_ore(self) -> int:
        """What is decided and not paid."""
        return self.decided_ore - self.paid_ore

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.frame_ore + other.frame_ore,
            self.decided_ore + other.decided_ore,
            self.paid_ore + other.paid_ore,
            self.repaid_ore + other.repaid_ore,
            self.grants + other.grants,
        )

    def amounts(self) -> dict[str, int]:
        """The amounts by name, in öre, in their fixed order."""
        return {
            "frame": self.frame_ore,
            "decided": self.decided_ore,
            "undecided": self.undecided_ore,
            "paid": self.paid_ore,
            "unpaid": self.unpaid_ore,
            "repaid": self.repaid_ore,
        }

    def wire(self) -> dict[str, str | int]:
        """The figures as JSON and CSV name and write them."""
        return {**{name: Money(ore).wire for name, ore in self.amounts().items()}, "grants": self.grants}


@dataclass(frozen=True, slots=True)
class Control:
    """What the rows must add up to, in öre, computed from the single decisions and payments."""

    frame_ore: int
    decided_ore: int
    paid_ore: int
    repaid_ore: int

    def wire(self) -> dict[str, str]:
        """The sums as files and the trail name and write them."""
        return {
            "frame": Money(self.frame_ore).wire,
            "decided": Money(self.decided_ore).wire,
            "paid": Money(self.paid_ore).wire,
            "repaid": Money(self.repaid_ore).wire,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a follow-up."""

    cells: tuple[Cell, ...]
    figures: Figures


@dataclass(frozen=True, slots=True)
class FollowUp:
    """An answer. `totals` is the sum of `rows` and agrees with `control`.

    `chosen` names what the question is limited to, `agreement` its agreement by title; `empty` are areas of the
    agreement in which no programme has a frame. `sha256` is over the rows as `summaries.rules.lines_hash` says.
    """

    question: Question
    agreement: str
    chosen: dict[str, Choice]
    rows: tuple[Row, ...]
    empty: tuple[Cell, ...]
    totals: Figures
    control: Control
    anchor_seq: int
    anchor_hash: str
    sha256: str


class FollowUpFigures(BaseModel):
    """The sums of a row, or of all rows."""

    frame: Amount
    decided: Amount
    undecided: Amount = Field(description="frame - decided")
    paid: Amount = Field(description="Attested, less what was reversed.")
    unpaid: Amount = Field(description="decided - paid")
    repaid: Amount
    grants: int = Field(ge=0)


class FollowUpRow(FollowUpFigures):
    """A row: the keys that `by` asks for, and its sums. A key that isn't asked for is left out."""

    area: str | None = Field(default=None, description="Code; null for programmes without a priority area.")
    area_title: str = ""
    funder: str = Field(default="", description="Organisation number.")
    funder_name: str = ""
    budget_year: int = 0
    ksm: str = Field(default="", description="`inside` or `outside` Kultursamverkansmodellen.")
    programme: str = Field(default="", description="Code, unique within `programme_funder`.")
    programme_title: str = ""
    programme_funder: str = ""


class FollowUpAnswer(BaseModel):
    """A follow-up as JSON."""

    question: Question
    rows: list[FollowUpRow]
    totals: FollowUpFigures
    rows_count: int
    anchor: SummaryAnchor
    sha256: str = Field(
        description=(
            "SHA-256 of the rows: each a line of its keys (codes, not names) in the order of `by`, then frame, decided,"
            " undecided, paid, unpaid, repaid and grants, joined by `;`, ended by a line feed; sorted by bytes."
        )
    )
