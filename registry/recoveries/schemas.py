"""Recovery claims as they cross the border: what is claimed back and why, and how much of it has come."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from registry.core.errors import N_
from registry.core.money import Money
from registry.core.numbers import record_id
from registry.grants.schemas import Decider, Dnr, Frozen, Reason, grant_number


class Ground(StrEnum):
    """What a claim rests on: a condition of the decision, or what needs none."""

    CONDITION = "condition"
    FALSE_FACTS = "false_facts"
    WRONG_PAYMENT = "wrong_payment"


GROUND_TITLES = {
    Ground.CONDITION: N_("A condition of the decision"),
    Ground.FALSE_FACTS: N_("False or missing facts"),
    Ground.WRONG_PAYMENT: N_("Paid by mistake"),
}


class ClosureKind(StrEnum):
    """Why what is left of a claim is given up."""

    WITHDRAWN = "withdrawn"
    WRITTEN_OFF = "written_off"


CLOSURE_TITLES = {
    ClosureKind.WITHDRAWN: N_("Withdrawn"),
    ClosureKind.WRITTEN_OFF: N_("Written off"),
}


class ClaimStatus(StrEnum):
    """How far a claim has come. `overdue`: something is left, and the day is past."""

    OPEN = "open"
    PARTLY = "partly"
    OVERDUE = "overdue"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    WRITTEN_OFF = "written_off"


STATUS_TITLES = {
    ClaimStatus.OPEN: N_("open"),
    ClaimStatus.PARTLY: N_("partly repaid"),
    ClaimStatus.OVERDUE: N_("past due"),
    ClaimStatus.PAID: N_("repaid"),
    ClaimStatus.WITHDRAWN: N_("withdrawn"),
    ClaimStatus.WRITTEN_OFF: N_("written off"),
}
UNSETTLED = frozenset({ClaimStatus.OPEN, ClaimStatus.PARTLY, ClaimStatus.OVERDUE})
"""Statuses in which something is left to repay."""


class ClaimDetails(Frozen):
    """A claim as it is decided. `condition` is a line of the grant's conditions, empty where the ground needs none."""

    amount_ore: Money
    ground: Ground
    condition: Annotated[str, StringConstraints(max_length=5000)] = ""
    reason: Reason
    decided_on: date
    decider: Decider
    dnr: Dnr
    due_on: date


class Claim(Frozen):
    """A claim as it is shown; `settled_ore` is what repayments have settled, `left_ore` what is still owed."""

    id: int
    grant_id: int
    funder_id: int
    funder_name: str
    funder_org_number: str
    programme_code: str
    recipient_id: int
    recipient_name: str
    recipient_org_number: str
    grant_dnr: str
    amount_ore: Money
    settled_ore: Money
    left_ore: Money
    ground: Ground
    condition: str
    reason: str
    decided_on: date
    decider: str
    dnr: str
    due_on: date
    status: ClaimStatus
    recorded_at: datetime
    recorded_by: str
    seq: int
    closed_on: date | None
    closed_ore: Money
    closure_reason: str
    closure_at: datetime | None
    closure_by: str
    closure_seq: int | None

    @property
    def number(self) -> str:
        """The claim's number."""
        return claim_number(self.id)

    @property
    def grant_number(self) -> str:
        """Its grant's number."""
        return grant_number(self.grant_id)

    @property
    def unsettled(self) -> bool:
        """Whether something is left to repay."""
        return self.status in UNSETTLED


class Settlement(Frozen):
    """What a repayment settled of a claim."""

    claim_id: int
    repayment_id: int
    amount_ore: Money
    repaid_on: date
    reason: str
    recorded_by: str
    recorded_at: datetime
    seq: int


def claim_number(claim_id: int) -> str:
    """`K-12` for a claim's id."""
    return f"K-{claim_id}"


def parse_claim_number(number: str) -> int | None:
    """The id in `K-12`, or None for anything else."""
    return record_id(number, "K")
