"""Values of the trail as they cross the border: entries, what a verification found, and a drawn sample."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from registry.core.money import Money


class TrailLine(BaseModel):
    """An entry as a list shows it. `actor` is `console` or `user:ID`; `title` is in the reader's language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    recorded_at: datetime
    actor: str
    actor_name: str
    action: str
    title: str
    hash: str


class TrailRow(BaseModel):
    """A row that an entry wrote: all of `new`, and of `old` the columns that changed (None for an inserted row)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    new: dict[str, Any]
    old: dict[str, Any] | None = None


class TrailEntry(TrailLine):
    """One entry whole. `body` is the exact text that was hashed after `previous_hash` and the seq."""

    app: str
    note: dict[str, Any]
    rows: list[TrailRow]
    previous_hash: str
    body: str
    sound: bool
    """Whether the hash, computed again from the body, is the stored one."""


class TrailFilter(BaseModel):
    """Which entries to list. `action` is a prefix, `seqs` a record's entries; `first` and `last` are included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: str = ""
    actor: str = ""
    first: datetime | None = None
    last: datetime | None = None
    seqs: tuple[int, ...] | None = None


class TrailPage(BaseModel):
    """A page of entries, the newest first. `older` and `newer` say where the next page begins, None at the ends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: list[TrailLine]
    older: int | None
    newer: int | None


class Finding(BaseModel):
    """Something that isn't as the trail says. `message` is a msgid with places for `data`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    code: str
    message: str
    data: dict[str, Any] = Field(default_factory=dict)


class Verification(BaseModel):
    """What a verification found. `first_bad` is None when nothing is; `found` counts all, `findings` holds some."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_bad: int | None
    found: int
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    entries: int
    rows: int
    head: str
    """The last entry as an anchor, `SEQ:HASH`."""
    anchors: int
    seconds: float

    @property
    def intact(self) -> bool:
        """Whether the trail and the tables agree with each other and with the anchors."""
        return self.found == 0


class SampleQuestion(BaseModel):
    """What to draw from: payments by `year` of payment and funder, and up to entry `until` of the trail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: str
    size: int
    year: int | None = None
    funder: str | None = None
    until: int | None = None


class SampleLine(BaseModel):
    """A drawn payment, and the entry of the trail that registered it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    position: int
    number: str
    grant: str
    dnr: str
    funder: str
    recipient: str
    amount: Money
    paid_on: date
    voucher: str
    reference: str
    status: str
    seq: int
    hash: str


class Sample(BaseModel):
    """A sample and what is needed to draw it again: the question with `until` filled in, and the size of the whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: SampleQuestion
    population: int
    population_amount: Money
    anchor: str
    items: list[SampleLine]
