"""What a statement tells besides money that moved: reports, claims, stops, allocations' bases, engagements, ways."""

from datetime import date
from typing import Literal, Self

from pydantic import model_validator

from registry.core.money import Money
from registry.statements.values import Figures

ReportState = Literal["due", "received", "in_review", "returned", "approved", "waived"]
ClaimGround = Literal["condition", "false_facts", "wrong_payment"]
Outcome = Literal["meets", "below", "no_schedule", "incomplete"]


class ReportLine(Figures):
    """A report that a decision demands, as it stood on the statement's day. `overdue`: it should have come by then."""

    number: str
    grant: str
    funder: str
    title: str
    due_on: date
    state: ReportState
    overdue: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is still to be sent or read."""
        return self.state not in ("approved", "waived")


class ClaimLine(Figures):
    """A claim for money to be paid back: `opening` + `claimed` - `settled` - `closed` = `left`, in the year.

    `condition` is the line of the decision's conditions that it rests on; `closed_ore` was withdrawn or written off.
    """

    number: str
    grant: str
    funder: str
    dnr: str
    decided_on: date
    due_on: date
    ground: ClaimGround
    condition: str = ""
    reason: str
    opening_ore: Money
    claimed_ore: Money
    settled_ore: Money
    closed_ore: Money
    left_ore: Money


class StopLine(Figures):
    """A stop of a decision's payments that stood in the year; `released_on` is None when it stood at its end."""

    grant: str
    funder: str
    stopped_on: date
    reason: str
    released_on: date | None = None


class BasisPart(Figures):
    """A part of an allocation: `basis`, `sum` and `note` say in words how the association's piece of it came about."""

    title: str
    weight: str
    key: str
    part_ore: Money
    basis: str
    sum: str = ""
    note: str = ""
    amount_ore: Money


class BasisLine(Figures):
    """What a decision out of an allocation rests on: the rule, the frame, and the association's piece of each part."""

    grant: str
    funder: str
    allocation: str
    rule: str
    source: str = ""
    year: int
    frame_ore: Money
    amount_ore: Money
    parts: tuple[BasisPart, ...]


class EngagementLine(Figures):
    """A creator's engagement with its check. `fee_ore` is as agreed.

    `level_ore` and `compared_ore`, what is compared with it, are F-tax without VAT; `gap_basis_points` is in hundredths
    of a per cent. `schedule` is the one that was in force on `day`.
    """

    number: str
    day: date
    title: str
    commissioner: str
    grant: str = ""
    fee_ore: Money | None = None
    outcome: Outcome
    schedule: str = ""
    level_ore: Money | None = None
    compared_ore: Money | None = None
    gap_ore: Money | None = None
    gap_basis_points: int | None = None
    motive: str = ""


class FlowLine(Figures):
    """A way that money takes to the party: a funder's decisions of one initiative, direct or `via` an intermediary.

    `title` is the initiative or its edition, empty for decisions of none; `initiative` its number. `agreed_ore` is the
    funder's agreed share of the year. The other sums are those of the decisions `grants`, as the year's six sums are.
    `funder` is its key, also of one that has agreed to a share and decided nothing.
    """

    title: str = ""
    initiative: str = ""
    funder: str
    name: str
    via: str = ""
    grants: tuple[str, ...] = ()
    agreed_ore: Money | None = None
    opening_ore: Money
    decided_ore: Money
    paid_ore: Money
    remaining_ore: Money

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        if self.opening_ore + self.decided_ore - self.paid_ore != self.remaining_ore:
            raise ValueError("opening + decided - paid must be what remains")
        return self


class PartnerLine(Figures):
    """What someone outside the registry has agreed to pay to the party's initiative: a memo, part of no sum."""

    title: str
    name: str
    agreed_ore: Money
