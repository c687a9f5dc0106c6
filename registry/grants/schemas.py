"""Grants as they cross the border: what is decided, and what is shown."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from registry.core.errors import N_
from registry.core.money import Money
from registry.core.numbers import record_id

Dnr = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Decider = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Benefit = Annotated[str, StringConstraints(max_length=2000)]


class AmendmentKind(StrEnum):
    """What a later decision does to a grant."""

    INCREASE = "increase"
    DECREASE = "decrease"
    WITHDRAWAL = "withdrawal"


AMENDMENT_TITLES = {
    AmendmentKind.INCREASE: N_("Increase"),
    AmendmentKind.DECREASE: N_("Decrease"),
    AmendmentKind.WITHDRAWAL: N_("Withdrawal"),
}


class Frozen(BaseModel):
    """A value that crosses a border."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlannedInstalment(Frozen):
    """A part of a grant and the day it is to be paid."""

    due_on: date
    amount_ore: Money


class ReportKind(StrEnum):
    """What a report tells."""

    FINAL = "final"
    INTERIM = "interim"
    ACTIVITY = "activity"
    ACCOUNTS = "accounts"
    OTHER = "other"


REPORT_TITLES = {
    ReportKind.FINAL: N_("Final report"),
    ReportKind.INTERIM: N_("Interim report"),
    ReportKind.ACTIVITY: N_("Annual report of activities"),
    ReportKind.ACCOUNTS: N_("Annual accounts and auditor's report"),
    ReportKind.OTHER: N_("Other report"),
}


class DemandedReport(Frozen):
    """A report that a grant demands; `title` is empty when the kind says enough."""

    kind: ReportKind
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    due_on: date


class GrantDetails(Frozen):
    """A decision as it is registered. `year` is the budget frame's (the period's first year unless said).

    `benefit` is what a kommun's inhabitants have of a grant to a recipient elsewhere.
    """

    programme_id: int
    recipient_id: int
    via_id: int | None = None
    dnr: Dnr
    paragraph: Annotated[str, StringConstraints(max_length=30)] = ""
    decided_on: date
    decider: Decider
    amount_ore: Money
    period_from: date
    period_to: date
    purpose: Annotated[str, StringConstraints(max_length=2000)] = ""
    conditions: Annotated[str, StringConstraints(max_length=5000)] = ""
    instalments: tuple[PlannedInstalment, ...]
    benefit: Benefit = ""
    reports: tuple[DemandedReport, ...] = ()

    @property
    def year(self) -> int:
        """The year of the frame that the decision takes from."""
        return self.period_from.year


class AmendmentDetails(Frozen):
    """A later decision: `amount_ore` is unsigned, None for a withdrawal; `plan` is the new plan, None for the usual."""

    kind: AmendmentKind
    amount_ore: Money | None = None
    decided_on: date
    decider: Decider
    reason: Reason
    plan: tuple[PlannedInstalment, ...] | None = None


class InstalmentStatus(StrEnum):
    """How far an instalment has come."""

    PAID = "paid"
    WAITING = "waiting"
    OVERDUE = "overdue"
    DUE = "due"
    COMING = "coming"


class Instalment(Frozen):
    """An instalment of the plan in force: `registered_ore` is what payments cover of it, `left_ore` what they don't."""

    position: int
    due_on: date
    amount_ore: Money
    registered_ore: Money
    left_ore: Money
    status: InstalmentStatus


class Amendment(Frozen):
    """A registered amendment; `delta_ore` is signed."""

    id: int
    kind: AmendmentKind
    delta_ore: Money
    decided_on: date
    decider: str
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int


class Stop(Frozen):
    """A stop of a grant's payments; what is said of its release is empty while it stands."""

    id: int
    grant_id: int
    stopped_on: date
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int
    released_on: date | None
    release_reason: str
    released_at: datetime | None
    released_by: str
    release_seq: int | None

    @property
    def stands(self) -> bool:
        """Whether payments are stopped by it still."""
        return self.released_on is None


class Grant(Frozen):
    """A grant as lists show it, with its balance: granted, registered, paid (net) and repaid.

    `benefit` is what the kommun's inhabitants have of it; `benefit_missing` says that it ought to be stated and isn't.
    `stopped_on` is the day of the stop that stands, None while payments may be made.
    """

    id: int
    funder_id: int
    funder_name: str
    funder_org_number: str
    programme_id: int
    programme_code: str
    programme_title: str
    area_code: str | None
    area_title: str | None
    year: int
    recipient_id: int
    recipient_name: str
    recipient_org_number: str
    via_id: int | None
    via_name: str | None
    dnr: str
    paragraph: str
    decided_on: date
    decider: str
    decided_ore: Money
    granted_ore: Money
    registered_ore: Money
    paid_ore: Money
    repaid_ore: Money
    period_from: date
    period_to: date
    purpose: str
    conditions: str
    benefit: str
    benefit_missing: bool
    stopped_on: date | None
    recorded_at: datetime
    recorded_by: str
    seq: int

    @property
    def number(self) -> str:
        """The grant's number."""
        return grant_number(self.id)

    @property
    def remaining_ore(self) -> Money:
        """What may still be registered."""
        return Money(self.granted_ore - self.registered_ore)

    @property
    def waiting_ore(self) -> Money:
        """What is registered and waits for attest."""
        return Money(self.registered_ore - self.paid_ore)

    @property
    def left_ore(self) -> Money:
        """What is granted and not yet paid."""
        return Money(self.granted_ore - self.paid_ore)


def grant_number(grant_id: int) -> str:
    """`B-1023` for a grant's id."""
    return f"B-{grant_id}"


def parse_grant_number(number: str) -> int | None:
    """The id in `B-1023`, or None for anything else."""
    return record_id(number, "B")
