"""Writes of payments: register, attest and reverse. Imports stand in `importer`, repayments in `repayments`."""

from datetime import date

import asyncpg

from registry.core.access import Permission, Scope
from registry.core.errors import N_, NotFoundError, RegistryError, RuleError
from registry.core.money import Money
from registry.database import fetch_row, fetch_value
from registry.funders.service import demand_funder
from registry.grants.service import check_open
from registry.parties.service import demand
from registry.payments.holds import read_overdue, read_stops
from registry.payments.registrar import Registered, register
from registry.payments.rules import AttestWaitsForReportError, GrantStoppedError
from registry.payments.schemas import PaymentDetails, parse_payment_number
from registry.recoveries.queries import read_claimable
from registry.recoveries.rules import check_takes_away
from registry.tables import Attestation, Reversal
from registry.trail import recording


class UnknownPaymentError(NotFoundError):
    """No such payment, or none that this user may see."""

    code = "unknown-payment"
    message = N_("There is no payment %(payment)s. Check the number.")


class OwnPaymentError(RegistryError):
    """Four eyes: the one who registered a payment can't attest it."""

    code = "own-payment"
    message = N_("You registered this payment yourself, so a colleague must attest it.")


class NeedsNoAttestError(RegistryError):
    """The payment is already vouched for."""

    code = "already-attested"
    message = N_("The payment is already attested.")


class AlreadyReversedError(RegistryError):
    """The payment has been taken back."""

    code = "already-reversed"
    message = N_("The payment was already reversed on %(day)s.")


class RepaidExceedsPaidError(RegistryError):
    """More would be repaid than was paid."""

    code = "repaid-exceeds-paid"
    message = N_("%(amount)s is more than the %(left)s that has been paid out and not repaid.")


async def register_payment(scope: Scope, details: PaymentDetails, *, key: str) -> Registered:
    """Register a payment under the client's key; it reserves its part of the grant at once.

    Raises: ForbiddenError, UnknownGrantError, OtherFunderError, GrantStoppedError, ReportOverdueError,
    ExceedsGrantError, ExceedsInstalmentError, PaidBeforeDecisionError, NotYetGrantedError, PaidInClosedYearError,
    PaidTwiceError, KeyReusedError.
    """
    demand(scope, Permission.PAYMENTS_REGISTER)
    return await register(scope, details, key)


async def attest_payment(scope: Scope, number: str) -> None:
    """Attest a colleague's payment.

    Raises: UnknownPaymentError, OtherFunderError, OwnPaymentError, NeedsNoAttestError, AlreadyReversedError,
    GrantStoppedError, AttestWaitsForReportError.
    """
    demand(scope, Permission.PAYMENTS_ATTEST)
    async with recording(scope) as unit:
        payment = await _payment(number)
        demand_funder(scope, payment["funder_id"])
        if payment["reversed_on"] is not None:
            raise AlreadyReversedError(day=payment["reversed_on"])
        if payment["attest"] != "officer" or payment["attested"]:
            raise NeedsNoAttestError
        if payment["recorded_by"] == scope.user_id:
            raise OwnPaymentError
        for stop in (await read_stops([payment["grant_id"]])).values():
            raise GrantStoppedError(day=stop.stopped_on, name=stop.name, reason=stop.reason)
        await _check_reports(payment["id"], payment["grant_id"], unit.today)
        await unit.insert(
            unit.enter("payments:payment:attest"),
            Attestation,
            payment_id=payment["id"],
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )


async def _check_reports(payment_id: int, grant_id: int, today: date) -> None:
    """A report that became overdue after the registration stops the payment too. Raises: AttestWaitsForReportError."""
    for report in (await read_overdue([grant_id], today)).get(grant_id, ()):
        decided = await fetch_value(
            "SELECT 1 FROM report_override WHERE payment_id = $1 AND accounting_report_id = $2", payment_id, report.id
        )
        if decided is None:
            raise AttestWaitsForReportError(report=report.number, title=report.title, day=report.due_on)


async def reverse_payment(scope: Scope, number: str, *, reason: str, reversed_on: date) -> None:
    """Take back a whole payment by a counter-entry.

    Raises: UnknownPaymentError, OtherFunderError, AlreadyReversedError, RuleError, YearClosedError,
    RepaidExceedsPaidError, ClaimedBackError.
    """
    demand(scope, Permission.PAYMENTS_REVERSE)
    async with recording(scope) as unit:
        payment = await _payment(number)
        demand_funder(scope, payment["funder_id"])
        if payment["reversed_on"] is not None:
            raise AlreadyReversedError(day=payment["reversed_on"])
        if not reason.strip():
            raise RuleError(field="reason", message=N_("Write the reason."))
        if reversed_on < payment["paid_on"]:
            raise RuleError(field="reversed_on", message=N_("A reversal can't be dated before the payment."))
        # Dated ahead it would free the grant today, and leave more paid than granted until then.
        if reversed_on > max(unit.today, payment["paid_on"]):
            raise RuleError(field="reversed_on", message=N_("The date can't be after today."))
        await check_open(payment["funder_id"], reversed_on, field="reversed_on")
        counts = payment["attest"] != "officer" or payment["attested"]
        if counts and payment["paid_ore"] - payment["amount_ore"] < payment["repaid_ore"]:
            raise RepaidExceedsPaidError(
                amount=Money(payment["amount_ore"]), left=Money(payment["paid_ore"] - payment["repaid_ore"])
            )
        claimable = await read_claimable(payment["grant_id"]) if counts else None
        if claimable is not None:
            check_takes_away(payment["amount_ore"], claimable)
        await unit.insert(
            unit.enter("payments:payment:reverse", reason=reason),
            Reversal,
            payment_id=payment["id"],
            reversed_on=reversed_on,
            reason=reason,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )


async def _payment(number: str) -> asyncpg.Record:
    row = await fetch_row(
        "SELECT p.*, g.funder_id, b.paid_ore, b.repaid_ore, a.payment_id IS NOT NULL AS attested, r.reversed_on"
        " FROM payment p JOIN funding_grant g ON g.id = p.grant_id JOIN grant_balance b ON b.grant_id = g.id"
        " LEFT JOIN attestation a ON a.payment_id = p.id LEFT JOIN reversal r ON r.payment_id = p.id WHERE p.id = $1",
        parse_payment_number(number) or 0,
    )
    if row is None:
        raise UnknownPaymentError(field="payment", payment=number[:40])
    return row
