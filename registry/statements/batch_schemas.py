"""Batches of statements as they cross the border: what is asked for, how far one is, what became of each party."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from registry.core.errors import N_
from registry.core.money import Money

AnyLanguage = Literal["", "sv", "fi", "en"]


class Origin(StrEnum):
    """Who takes a batch up again: the server, or the operator by the same command."""

    PAGE = "page"
    CONSOLE = "console"


class Outcome(StrEnum):
    """What became of a party's statement."""

    ISSUED = "issued"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class BatchStatus(StrEnum):
    """How a batch stands. One that nobody is at any more, though it hasn't ended, is interrupted."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    DONE = "done"
    CANCELLED = "cancelled"


OUTCOME_TITLES = {
    Outcome.ISSUED: N_("new version"),
    Outcome.UNCHANGED: N_("unchanged"),
    Outcome.FAILED: N_("failed"),
}
STATUS_TITLES = {
    BatchStatus.RUNNING: N_("running"),
    BatchStatus.INTERRUPTED: N_("has stopped"),
    BatchStatus.DONE: N_("done"),
    BatchStatus.CANCELLED: N_("broken off"),
}


class BatchRequest(BaseModel):
    """Whose statements are to be issued. Empty or None doesn't limit; no language is each recipient's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: int
    kind: str = ""
    funder_id: int | None = None
    language: AnyLanguage = ""

    @property
    def is_whole(self) -> bool:
        """Whether everyone with anything to state is meant."""
        return not self.kind and self.funder_id is None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many statements came to what."""

    issued: int = 0
    unchanged: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        """All that are settled."""
        return self.issued + self.unchanged + self.failed


@dataclass(frozen=True, slots=True)
class Difference:
    """A party whose statement says another sum than the summary. `stated_ore` is None for one that got none."""

    party: str
    stated_ore: Money | None
    summary_ore: Money


@dataclass(frozen=True, slots=True)
class BatchTotals:
    """The statements' sum and the summary's, both paid less reversed, in öre.

    `paid_ore` + `missing_ore` (what the summary says of those that failed) = `summary_ore`, unless there are
    `differences`.
    """

    paid_ore: Money
    missing_ore: Money
    summary_ore: Money
    differences: tuple[Difference, ...] = ()

    @property
    def agree(self) -> bool:
        """Whether every krona of the summary stands in a statement or with one that failed."""
        return not self.differences and self.paid_ore + self.missing_ore == self.summary_ore


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """How a batch ended. A cancelled one has no totals to compare: it isn't whole."""

    status: BatchStatus
    at: datetime
    by: str
    counts: Counts
    paid_ore: Money
    totals: BatchTotals | None
    manifest_sha256: str
    seq: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch: what was asked for, who began it and when, and its end when it has one."""

    id: int
    wanted: BatchRequest
    funder_name: str
    origin: Origin
    parties: int
    began_at: datetime
    began_by: str
    user_id: int | None
    seq: int
    end: BatchEnd | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch has come. `recent` of them were settled in the last `seconds`."""

    status: BatchStatus
    counts: Counts
    total: int
    recent: int
    seconds: float

    @property
    def per_minute(self) -> float:
        """The rate of late, in statements a minute; 0 while nothing has been settled."""
        return self.recent * 60 / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at that rate, None when that can't be told."""
        rate = self.per_minute
        return (self.total - self.counts.done) * 60 / rate if rate and self.status is BatchStatus.RUNNING else None


@dataclass(frozen=True, slots=True)
class Line:
    """A party of a batch and what became of its statement; `outcome` is None while it waits.

    `problem` is a code, `detail` the words of it as JSON: message and data.
    """

    position: int
    party_id: int
    name: str
    shown_number: str
    language: str
    outcome: Outcome | None
    problem: str
    detail: str
    statement_id: int | None
    statement_number: str
    version: int
    paid_ore: Money
    sha256: str

    @property
    def number(self) -> str:
        """The registry's own number of the party."""
        return f"P-{self.party_id}"
