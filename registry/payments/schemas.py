"""Payments as they cross the border."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from registry.core.errors import N_
from registry.core.money import Money
from registry.core.numbers import record_id
from registry.grants.schemas import Frozen, grant_number
from registry.reports.schemas import report_number

Voucher = Annotated[str, StringConstraints(max_length=60)]
Reference = Annotated[str, StringConstraints(max_length=200)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]


class Attest(StrEnum):
    """Who vouches for a payment."""

    OFFICER = "officer"
    LEDGER = "ledger"
    EXEMPT = "exempt"


ATTEST_TITLES = {
    Attest.OFFICER: N_("Attested by a colleague"),
    Attest.LEDGER: N_("Attested in the accounting system"),
    Attest.EXEMPT: N_("Below the sum that two must sign for"),
}


class PaymentStatus(StrEnum):
    """How far a payment has come. `cancelled`: reversed before it was attested."""

    WAITING = "waiting"
    PAID = "paid"
    REVERSED = "reversed"
    CANCELLED = "cancelled"


OverrideReason = Annotated[str, StringConstraints(max_length=2000)]


class OverrideKind(StrEnum):
    """How a payment came about although a report was overdue."""

    OVERRIDE = "override"
    BOOKED = "booked"


class Override(Frozen):
    """A report that was overdue when a payment was registered, and why the payment was made: decided, or booked."""

    payment_id: int
    report_id: int
    report_title: str
    due_on: date
    kind: OverrideKind
    reason: str

    @property
    def report_number(self) -> str:
        """The report's number."""
        return report_number(self.report_id)


class PaymentDetails(Frozen):
    """A payment as it is registered, on a grant's number. `instalment` is a position of its plan, or None: free.

    `override_reason` says why it is paid although a report is overdue.
    """

    grant: str
    amount_ore: Money
    paid_on: date
    voucher: Voucher = ""
    reference: Reference = ""
    instalment: int | None = None
    override_reason: OverrideReason = ""


class Payment(Frozen):
    """A payment as it is shown."""

    id: int
    grant_id: int
    funder_id: int
    funder_name: str
    funder_org_number: str
    programme_code: str
    recipient_id: int
    recipient_name: str
    recipient_org_number: str
    dnr: str
    instalment: int | None
    amount_ore: Money
    paid_on: date
    voucher: str
    reference: str
    attest: Attest
    status: PaymentStatus
    recorded_at: datetime
    recorded_by_id: int | None
    recorded_by: str
    attested_at: datetime | None
    attested_by: str | None
    reversed_on: date | None
    reversed_at: datetime | None
    reversed_by: str | None
    reversal_reason: str | None
    seq: int
    attest_seq: int | None
    reversal_seq: int | None

    @property
    def number(self) -> str:
        """The payment's number."""
        return payment_number(self.id)

    @property
    def grant_number(self) -> str:
        """Its grant's number."""
        return grant_number(self.grant_id)


def payment_number(payment_id: int) -> str:
    """`U-20345` for a payment's id."""
    return f"U-{payment_id}"


def parse_payment_number(number: str) -> int | None:
    """The id in `U-20345`, or None for anything else."""
    return record_id(number, "U")
