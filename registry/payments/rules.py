"""What must hold for a payment to be registered, attested or reversed. Pure: a state in, a refusal out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from registry.core.access import Scope
from registry.core.errors import N_, RegistryError, RuleError
from registry.core.money import LARGEST_ORE, Money
from registry.funders.service import OtherFunderError
from registry.payments.schemas import Attest, PaymentDetails

FARTHEST_AHEAD = timedelta(days=366)
"""A value date further ahead than this is taken for a slip of the pen."""


class ExceedsGrantError(RegistryError):
    """The payment would be more than what is left of the grant."""

    code = "payment-exceeds-grant"
    message = N_(
        "%(amount)s is more than the %(left)s that is left of the grant. Lower the amount, or amend the decision first."
    )


class ExceedsInstalmentError(RegistryError):
    """The payment would be more than what is left of the instalment."""

    code = "payment-exceeds-instalment"
    message = N_(
        "%(amount)s is more than the %(left)s that is left of instalment %(position)s."
        " Lower the amount, or register it as a free payment."
    )


class PaidBeforeDecisionError(RegistryError):
    """Money can't be paid before it is granted."""

    code = "before-decision"
    message = N_("The payment is dated before the decision of %(day)s. Check the date.")


class PaidInClosedYearError(RegistryError):
    """The funder has closed the year of the payment."""

    code = "year-closed"
    message = N_("The funder has closed %(year)s. Register the payment with a date in an open year.")


class KeyReusedError(RegistryError):
    """The idempotency key stands for another payment."""

    code = "idempotency-key-reused"
    status = 422
    message = N_("The key %(key)s has been used for another payment. Use a new key for a new payment.")


class PaidTwiceError(RegistryError):
    """The same voucher, amount and day on the same grant."""

    code = "paid-twice"
    message = N_(
        "Voucher %(voucher)s with the same amount and date is already registered on this grant as %(payment)s."
        " Check that it is not the same payment."
    )


class UnknownInstalmentError(RuleError):
    """The plan has no such position."""

    code = "unknown-instalment"
    message = N_("The grant has no instalment %(position)s. It has %(count)s.")


class Payable(Protocol):
    """What is decided on: the details of a payment, typed in or read from a file."""

    @property
    def amount_ore(self) -> Money:
        """How much."""
        ...

    @property
    def paid_on(self) -> date:
        """The value date."""
        ...

    @property
    def voucher(self) -> str:
        """The accounting system's own number, or nothing."""
        ...

    @property
    def instalment(self) -> int | None:
        """A position of the grant's plan, or None: free."""
        ...


@dataclass(slots=True)
class GrantState:
    """What a decision on a payment needs to know of its grant; `take` moves it on.

    `plan` is amount and registered öre per position; `vouchers` names live payments by (voucher, amount, day).
    """

    id: int
    funder_id: int
    recipient_id: int
    decided_on: date
    granted_ore: int
    registered_ore: int
    attest_from_ore: int
    closed_years: frozenset[int]
    plan: dict[int, tuple[int, int]] = field(default_factory=dict)
    vouchers: dict[tuple[str, int, date], str] = field(default_factory=dict)

    def take(self, details: Payable, number: str) -> None:
        """Count a payment that was accepted."""
        self.registered_ore += details.amount_ore
        if details.voucher:
            self.vouchers[(details.voucher, int(details.amount_ore), details.paid_on)] = number
        if details.instalment is not None:
            amount, registered = self.plan[details.instalment]
            self.plan[details.instalment] = (amount, registered + details.amount_ore)


def check_payment(details: Payable, state: GrantState, scope: Scope, *, today: date) -> None:
    """Check a payment against its grant.

    Raises: OtherFunderError, RuleError, PaidBeforeDecisionError, PaidInClosedYearError, ExceedsGrantError,
    ExceedsInstalmentError, UnknownInstalmentError, PaidTwiceError.
    """
    if not scope.writes_for(state.funder_id):
        raise OtherFunderError(field="grant")
    if not 0 < details.amount_ore <= LARGEST_ORE:
        raise RuleError(field="amount", message=N_("The amount must be more than 0."))
    if details.paid_on < state.decided_on:
        raise PaidBeforeDecisionError(field="paid_on", day=state.decided_on)
    if details.paid_on > today + FARTHEST_AHEAD:
        raise RuleError(field="paid_on", message=N_("The date is more than a year ahead. Check the date."))
    if details.paid_on.year in state.closed_years:
        raise PaidInClosedYearError(field="paid_on", year=details.paid_on.year)
    left = state.granted_ore - state.registered_ore
    if details.amount_ore > left:
        raise ExceedsGrantError(field="amount", amount=details.amount_ore, left=Money(left))
    if details.instalment is not None:
        _check_instalment(details, state)
    if details.voucher:
        same = state.vouchers.get((details.voucher, int(details.amount_ore), details.paid_on))
        if same is not None:
            raise PaidTwiceError(field="voucher", voucher=details.voucher, payment=same)


def _check_instalment(details: Payable, state: GrantState) -> None:
    if details.instalment not in state.plan:
        raise UnknownInstalmentError(field="instalment", position=details.instalment, count=len(state.plan))
    amount, registered = state.plan[details.instalment]
    if details.amount_ore > amount - registered:
        raise ExceedsInstalmentError(
            field="amount", amount=details.amount_ore, left=Money(amount - registered), position=details.instalment
        )


def attest_of(details: Payable, state: GrantState) -> Attest:
    """Whether a colleague must attest: from the funder's sum on."""
    return Attest.OFFICER if details.amount_ore >= state.attest_from_ore else Attest.EXEMPT


def body_hash(values: Mapping[str, object]) -> bytes:
    """What a key stands for: a hash of the request's values, for telling a repeat from another request."""
    text = "\x1f".join([f"{name}={value}" for name, value in values.items()])
    return hashlib.sha256(text.encode()).digest()


def details_hash(details: PaymentDetails) -> bytes:
    """The hash of a payment's details."""
    return body_hash(
        {
            "grant": details.grant,
            "amount": int(details.amount_ore),
            "paid_on": details.paid_on,
            "voucher": details.voucher,
            "reference": details.reference,
            "instalment": details.instalment,
        }
    )
