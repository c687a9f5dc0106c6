"""Initiatives as they cross the border: their particulars, agreed shares, and the funding picture of a year."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from registry.core.errors import N_
from registry.core.money import Money
from registry.core.numbers import record_id

MOST_SHARES = 24
NOTHING = Money(0)

Line = Annotated[str, StringConstraints(max_length=200)]
Words = Annotated[str, StringConstraints(max_length=2000)]


class InitiativeKind(StrEnum):
    """What an initiative is: held anew every year, or a body that several keep up together."""

    EDITION = "edition"
    CO_FUNDED = "co_funded"


KIND_TITLES = {
    InitiativeKind.EDITION: N_("Yearly edition"),
    InitiativeKind.CO_FUNDED: N_("Co-funded body"),
}


class Frozen(BaseModel):
    """A value that crosses a border."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InitiativeDetails(Frozen):
    """What someone registers about an initiative; `party_id` is the body, or the society that holds it."""

    kind: InitiativeKind
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    party_id: int
    note: Words = ""


@dataclass(frozen=True, slots=True)
class Initiative:
    """An initiative as it is shown. The funder keeps its particulars; others may well pay for it too."""

    id: int
    kind: InitiativeKind
    title: str
    funder_id: int
    funder_name: str
    party_id: int
    party_name: str
    party_municipality: str
    note: str
    seq: int

    @property
    def number(self) -> str:
        """The initiative's number."""
        return initiative_number(self.id)


def initiative_number(initiative_id: int) -> str:
    """`S-1` for an initiative's id."""
    return f"S-{initiative_id}"


def parse_initiative_number(number: str) -> int | None:
    """The id in `S-1`, or None for anything else."""
    return record_id(number, "S")


class ShareDetails(Frozen):
    """A share as it is agreed: a funder's, perhaps via an intermediary, or an outside partner's, who is named.

    Either a fixed amount, or so many parts of the plan's whole.
    """

    funder_id: int | None = None
    via_id: int | None = None
    partner: Line = ""
    amount_ore: Money | None = None
    parts: Annotated[int, Field(gt=0, le=1_000_000)] | None = None


class PlanDetails(Frozen):
    """The agreed shares of a year as they are registered; `whole_ore` is what is divided by parts."""

    whole_ore: Money | None = None
    shares: tuple[ShareDetails, ...]
    source: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


@dataclass(frozen=True, slots=True)
class Share:
    """An agreed share. `amount_ore` is what it comes to; `parts` of how the whole was divided, or None when fixed."""

    position: int
    funder_id: int | None
    via_id: int | None
    name: str
    org_number: str
    via_name: str
    parts: int | None
    amount_ore: Money

    @property
    def is_memo(self) -> bool:
        """Whether it is an outside partner's, which never enters the registry's totals."""
        return self.funder_id is None


@dataclass(frozen=True, slots=True)
class Plan:
    """A version of the agreed shares of a year."""

    id: int
    year: int
    version: int
    whole_ore: Money | None
    source: str
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int
    shares: tuple[Share, ...]

    @property
    def all_parts(self) -> int:
        """How many parts the whole is divided into."""
        return sum(share.parts or 0 for share in self.shares)

    @property
    def agreed_ore(self) -> Money:
        """What the funders of the registry have agreed to."""
        return Money(sum(share.amount_ore for share in self.shares if not share.is_memo))

    @property
    def memo_ore(self) -> Money:
        """What outside partners have agreed to: a memo, no part of any total."""
        return Money(sum(share.amount_ore for share in self.shares if share.is_memo))


@dataclass(frozen=True, slots=True)
class GrantSum:
    """What one funder has decided and paid to the body in a year, by one way: derived from its grants."""

    funder_id: int
    funder_name: str
    funder_org_number: str
    funder_colour: str
    via_id: int | None
    via_name: str
    decided_ore: Money
    paid_ore: Money
    grants: int


@dataclass(frozen=True, slots=True)
class Flow:
    """A stream of money to a recipient. `agreed_ore` is None when nothing is agreed.

    A memo is an outside partner's share: it has neither decisions nor payments here and enters no total. `via` is the
    intermediary's name, or empty for money that goes the direct way.
    """

    funder: str
    funder_number: str
    via: str
    recipient: str
    agreed_ore: Money | None
    decided_ore: Money
    paid_ore: Money
    is_memo: bool
    parts: int | None = None
    grants: int = 0
    colour: str = ""
    funder_id: int | None = None
    via_id: int | None = None

    @property
    def left_ore(self) -> Money:
        """What is decided and not paid."""
        return Money(self.decided_ore - self.paid_ore)

    @property
    def difference_ore(self) -> Money | None:
        """What is decided above the agreed share; negative when less. None where nothing is agreed, and for a memo."""
        return None if self.agreed_ore is None or self.is_memo else Money(self.decided_ore - self.agreed_ore)


@dataclass(frozen=True, slots=True)
class Picture:
    """The funding picture of a year: the registry's own flows, and outside partners apart as memo lines."""

    initiative: Initiative
    year: int
    plan: Plan | None
    flows: tuple[Flow, ...]
    memos: tuple[Flow, ...]

    @property
    def agreed_ore(self) -> Money:
        """What the funders have agreed to."""
        return Money(sum(flow.agreed_ore or 0 for flow in self.flows))

    @property
    def decided_ore(self) -> Money:
        """What they have decided."""
        return Money(sum(flow.decided_ore for flow in self.flows))

    @property
    def paid_ore(self) -> Money:
        """What they have paid, less what was reversed."""
        return Money(sum(flow.paid_ore for flow in self.flows))

    @property
    def memo_ore(self) -> Money:
        """What outside partners have agreed to."""
        return Money(sum(flow.agreed_ore or 0 for flow in self.memos))

    @property
    def difference_ore(self) -> Money:
        """What is decided above what is agreed; negative when less."""
        return Money(self.decided_ore - self.agreed_ore)


@dataclass(frozen=True, slots=True)
class Belonging:
    """The initiative that a grant belongs to; `title` is its edition's, or a co-funded body's own."""

    grant_id: int
    initiative_id: int
    title: str


@dataclass(frozen=True, slots=True)
class YearLine:
    """A year of an initiative as a list shows it: what is agreed or planned, decided and paid."""

    year: int
    planned_ore: Money | None
    decided_ore: Money
    paid_ore: Money
    theme: str = ""
    events: int = 0
    audience: int = 0
