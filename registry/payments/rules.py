"""What must hold for a payment to be registered, attested or reversed. Pure: a state in, a refusal out."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from registry.core.access import Scope
from registry.core.errors import N_, RegistryError, RuleError
from registry.core.money import LARGEST_ORE, Money
from registry.funders.service import OtherFunderError
from registry.payments.schemas import Attest, PaymentDetails
from registry.texts import Later

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


class GrantStoppedError(RegistryError):
    """Nothing is paid while a stop stands."""

    code = "grant-stopped"
    message = N_(
        "Payments on this grant were stopped on %(day)s by %(name)s: %(reason)s"
        " Release the stop first, if it is settled."
    )


class ReportOverdueError(RegistryError):
    """An overdue report stops the next payment."""

    code = "report-overdue"
    message = N_(
        "%(report)s, %(title)s, was due on %(day)s and has not come, so nothing more is paid."
        " Register that it has come, or write why you pay all the same."
    )


class AttestWaitsForReportError(ReportOverdueError):
    """A report has become overdue since the payment was registered."""

    message = N_(
        "%(report)s, %(title)s, was due on %(day)s and has not come, so the payment isn't attested."
        " Register that it has come or give it more time, or cancel the payment and register it again with the reason."
    )


class NotYetGrantedError(RegistryError):
    """By the payment's day, less was granted and not paid than the payment asks for."""

    code = "not-yet-granted"
    message = N_(
        "On %(day)s only %(left)s of the grant could be paid; the rest was granted, or came back, later."
        " Lower the amount, or choose %(first)s or a later day."
    )


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


class StandingStop(NamedTuple):
    """The stop of a grant's payments: since when, why, and who made it (None: the operator)."""

    stopped_on: date
    reason: str
    name: str | Later


class OverdueReport(NamedTuple):
    """A report that should have come; `title` says what it is in the reader's language."""

    id: int
    number: str
    title: str | Later
    due_on: date


@dataclass(slots=True)
class Holds:
    """What may keep a grant from being paid. `moves` is each day's change of what may be paid: plus and minus öre.

    `moves` is left out (None) where every day leaves as much as the last one.
    """

    stop: StandingStop | None = None
    overdue: tuple[OverdueReport, ...] = ()
    moves: dict[date, int] | None = None


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
    holds: Holds | None = None

    def take(self, details: Payable, number: str) -> None:
        """Count a payment that was accepted."""
        self.registered_ore += details.amount_ore
        if details.voucher:
            self.vouchers[(details.voucher, int(details.amount_ore), details.paid_on)] = number
        if details.instalment is not None:
            amount, registered = self.plan[details.instalment]
            self.plan[details.instalment] = (amount, registered + details.amount_ore)
        if self.holds is not None and self.holds.moves is not None:
            moves = self.holds.moves
            moves[details.paid_on] = moves.get(details.paid_on, 0) - details.amount_ore


def check_payment(details: Payable, state: GrantState, scope: Scope, *, today: date) -> None:
    """Check a payment against its grant.

    Raises: OtherFunderError, GrantStoppedError, RuleError, PaidBeforeDecisionError, PaidInClosedYearError,
    ExceedsGrantError, ExceedsInstalmentError, UnknownInstalmentError, PaidTwiceError.
    """
    if not scope.writes_for(state.funder_id):
        raise OtherFunderError(field="grant")
    if state.holds is not None and state.holds.stop is not None:
        stop = state.holds.stop
        raise GrantStoppedError(field="grant", day=stop.stopped_on, name=stop.name, reason=stop.reason)
    if not 0 < details.amount_ore <= LARGEST_ORE:
        raise RuleError(field="amount", message=N_("The amount must be more than 0."))
    _check_day(details, state, today)
    left = state.granted_ore - state.registered_ore
    if details.amount_ore > left:
        raise ExceedsGrantError(field="amount", amount=details.amount_ore, left=Money(left))
    if details.instalment is not None:
        _check_instalment(details, state)
    if details.voucher:
        same = state.vouchers.get((details.voucher, int(details.amount_ore), details.paid_on))
        if same is not None:
            raise PaidTwiceError(field="voucher", voucher=details.voucher, payment=same)


def _check_day(details: Payable, state: GrantState, today: date) -> None:
    if details.paid_on < state.decided_on:
        raise PaidBeforeDecisionError(field="paid_on", day=state.decided_on)
    if details.paid_on > today + FARTHEST_AHEAD:
        raise RuleError(field="paid_on", message=N_("The date is more than a year ahead. Check the date."))
    if details.paid_on.year in state.closed_years:
        raise PaidInClosedYearError(field="paid_on", year=details.paid_on.year)


def check_holds(details: Payable, state: GrantState, *, override: str = "") -> None:
    """Check what holds for money that hasn't left yet: reports have come, and the day leaves enough.

    `override` is why it is paid although a report is overdue. Raises: ReportOverdueError, NotYetGrantedError.
    """
    for error in find_oddities(details, state, override=override):
        raise error


def find_oddities(details: Payable, state: GrantState, *, override: str = "") -> Iterator[RegistryError]:
    """What `check_holds` would refuse, one by one; of a payment that was made already it is told and no more."""
    holds = state.holds
    if holds is None:
        return
    if holds.overdue and not override:
        report = holds.overdue[0]
        yield ReportOverdueError(field="override_reason", report=report.number, title=report.title, day=report.due_on)
    if holds.moves is not None:
        left, first = room_of(holds.moves, details.paid_on, details.amount_ore)
        if details.amount_ore > left:
            yield NotYetGrantedError(field="paid_on", day=details.paid_on, left=Money(max(left, 0)), first=first)


def room_of(moves: Mapping[date, int], day: date, amount: int) -> tuple[int, date]:
    """What may be paid on a day without overspending it or any later one, and the first day from which `amount` may.

    `moves` is each day's change of what may be paid. After the last of them the amount must fit, or there is no such
    day; `check_payment` has seen to that.
    """
    room = least = sum(moves.values())
    first = max(moves, default=day)
    for mark in sorted(moves, reverse=True):
        least = min(least, room)
        if least >= amount:
            first = mark
        if mark <= day:
            break
        room -= moves[mark]
    else:
        least = min(least, room)
    return least, max(first, day)


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
        | ({"override_reason": details.override_reason} if details.override_reason else {})
    )
