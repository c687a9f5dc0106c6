"""Yearly editions as they cross the border: events, engagements, grants, the budget and what came of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from registry.core.errors import N_
from registry.core.money import Money
from registry.fees.schemas import Engagement, Outcome
from registry.grants.schemas import Grant
from registry.initiatives.schemas import Frozen, Initiative, Line, Words

MOST_LINES = 24
LARGEST_AUDIENCE = 1_000_000


class EditionDetails(Frozen):
    """What an edition is about."""

    theme: Line = ""
    description: Words = ""


class EventDetails(Frozen):
    """An event as it is registered; `audience` is None until it is known, `reason` says why it was cancelled."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    held_on: date
    place: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    audience: Annotated[int, Field(ge=0, le=LARGEST_AUDIENCE)] | None = None
    note: Words = ""
    cancelled: bool = False
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class BudgetKind(StrEnum):
    """What a line of a budget is: money in from a funder of the registry or from elsewhere, fees, or another cost."""

    FUNDER = "funder"
    OTHER_INCOME = "other_income"
    FEES = "fees"
    OTHER_COST = "other_cost"


BUDGET_TITLES = {
    BudgetKind.FUNDER: N_("Grant from a funder"),
    BudgetKind.OTHER_INCOME: N_("Other income"),
    BudgetKind.FEES: N_("Fees of creators"),
    BudgetKind.OTHER_COST: N_("Other cost"),
}
INCOME = frozenset({BudgetKind.FUNDER, BudgetKind.OTHER_INCOME})


class BudgetLineDetails(Frozen):
    """A line of a budget as it is registered."""

    kind: BudgetKind
    funder_id: int | None = None
    title: Line = ""
    amount_ore: Money


class BudgetDetails(Frozen):
    """A budget as it is registered; a change has its reason."""

    lines: tuple[BudgetLineDetails, ...]
    source: Annotated[str, StringConstraints(max_length=500)] = ""
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An event as its latest version has it."""

    id: int
    version: int
    title: str
    held_on: date
    place: str
    audience: int | None
    note: str
    cancelled: bool
    reason: str
    seq: int


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A line of a budget."""

    kind: BudgetKind
    funder_id: int | None
    funder_name: str
    title: str
    amount_ore: Money


@dataclass(frozen=True, slots=True)
class Budget:
    """A version of an edition's budget."""

    version: int
    source: str
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int
    lines: tuple[BudgetLine, ...]

    @property
    def income_ore(self) -> Money:
        """All that is to come in."""
        return Money(sum(line.amount_ore for line in self.lines if line.kind in INCOME))

    @property
    def cost_ore(self) -> Money:
        """All that it is to cost."""
        return Money(sum(line.amount_ore for line in self.lines if line.kind not in INCOME))

    @property
    def balance_ore(self) -> Money:
        """Income less cost."""
        return Money(self.income_ore - self.cost_ore)


@dataclass(frozen=True, slots=True)
class LinkedEngagement:
    """An engagement of an edition, perhaps at one of its events."""

    engagement: Engagement
    event_id: int | None

    @property
    def is_short(self) -> bool:
        """Whether it is below its level."""
        return self.engagement.check.outcome is Outcome.BELOW


@dataclass(frozen=True, slots=True)
class Edition:
    """A year of an initiative with all that belongs to it, as this user may see it."""

    id: int
    initiative: Initiative
    year: int
    version: int
    theme: str
    description: str
    seq: int
    events: tuple[Event, ...]
    engagements: tuple[LinkedEngagement, ...]
    grants: tuple[Grant, ...]
    budget: Budget | None

    @property
    def title(self) -> str:
        """`Poesisatsningen 2025`."""
        return f"{self.initiative.title} {self.year}"

    @property
    def held(self) -> tuple[Event, ...]:
        """The events that weren't cancelled."""
        return tuple(event for event in self.events if not event.cancelled)

    @property
    def audience(self) -> int:
        """How many have come, as far as it is known."""
        return sum(event.audience or 0 for event in self.held)

    @property
    def live_engagements(self) -> tuple[LinkedEngagement, ...]:
        """The engagements that weren't called off."""
        return tuple(one for one in self.engagements if not one.engagement.cancelled)

    def at(self, event_id: int | None) -> tuple[LinkedEngagement, ...]:
        """The engagements at an event, or (None) at no event in particular."""
        return tuple(one for one in self.engagements if one.event_id == event_id)

    def event(self, event_id: int) -> Event | None:
        """One of the events."""
        return next((event for event in self.events if event.id == event_id), None)


@dataclass(frozen=True, slots=True)
class FunderOutcome:
    """What a funder was to pay for an edition, and what it decided, paid and agreed in fees.

    `planned_ore` is None where the budget says nothing of the funder.
    """

    funder_id: int
    funder_name: str
    planned_ore: Money | None
    decided_ore: Money
    paid_ore: Money
    fees_ore: Money
    grants: int

    @property
    def difference_ore(self) -> Money:
        """What is decided above the budget; negative when less."""
        return Money(self.decided_ore - (self.planned_ore or 0))


@dataclass(frozen=True, slots=True)
class CostOutcome:
    """A cost, or an income from elsewhere: what the budget says, and what came of it where the registry knows it."""

    kind: BudgetKind
    title: str
    planned_ore: Money
    outcome_ore: Money | None

    @property
    def difference_ore(self) -> Money | None:
        """The outcome above the budget; negative when less."""
        return None if self.outcome_ore is None else Money(self.outcome_ore - self.planned_ore)


@dataclass(frozen=True, slots=True)
class BudgetOutcome:
    """An edition's budget beside its outcome, by funder and by cost."""

    funders: tuple[FunderOutcome, ...]
    incomes: tuple[CostOutcome, ...]
    costs: tuple[CostOutcome, ...]

    @property
    def planned_ore(self) -> Money:
        """What the funders were to pay together."""
        return Money(sum(one.planned_ore or 0 for one in self.funders))

    @property
    def decided_ore(self) -> Money:
        """What they have decided together."""
        return Money(sum(one.decided_ore for one in self.funders))

    @property
    def paid_ore(self) -> Money:
        """What they have paid together, less what was reversed."""
        return Money(sum(one.paid_ore for one in self.funders))

    @property
    def fees_ore(self) -> Money:
        """The agreed fees together."""
        return Money(sum(one.fees_ore for one in self.funders))


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that an edition lacks: what, and where it is mended."""

    title: str
    text: str
    href: str
