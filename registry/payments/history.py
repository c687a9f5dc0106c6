"""The whole history of a grant or a payment, the latest first: who did what, when and why."""

from collections.abc import Sequence
from functools import partial

from markupsafe import Markup, escape

from registry.core.access import Scope
from registry.core.errors import N_
from registry.core.money import Money
from registry.core.periods import today as day_of
from registry.grants.events import Event, make_event
from registry.grants.schemas import Amendment, AmendmentKind, Grant, Stop
from registry.payments.queries import Repayment
from registry.payments.schemas import ATTEST_TITLES, Attest, Payment
from registry.texts import _

AMENDED = {
    AmendmentKind.INCREASE: N_("Raised"),
    AmendmentKind.DECREASE: N_("Lowered"),
    AmendmentKind.WITHDRAWAL: N_("Withdrawn"),
}


class History:
    """Makes the lines for one reader: officers' names and links to the trail only for those who may see them."""

    def __init__(self, scope: Scope) -> None:
        self._event = partial(make_event, scope)

    def of_grant(
        self,
        grant: Grant,
        amendments: Sequence[Amendment],
        payments: Sequence[Payment],
        repayments: Sequence[Repayment],
        stops: Sequence[Stop] = (),
        more: Sequence[Event] = (),
    ) -> list[Event]:
        """Everything that happened to a grant; `more` are lines that other slices made of their own."""
        events = [self._decision(grant)]
        events += [self._amendment(amendment) for amendment in amendments]
        events += [event for payment in payments for event in self.of_payment(payment)]
        events += [self._repayment(repayment) for repayment in repayments]
        events += [event for stop in stops for event in self._stop(stop)] + list(more)
        return sorted(events, key=lambda event: (event.when, event.seq), reverse=True)

    def of_payment(self, payment: Payment) -> list[Event]:
        """Registered, attested and reversed; the latest first."""
        events = [self._registered(payment)]
        if payment.attested_at is not None and payment.attest_seq is not None:
            what = _about(payment, _("%(payment)s attested"))
            day, name = day_of(payment.attested_at), payment.attested_by or ""
            events.append(self._event(day, what, "attest", payment.attest_seq, name, payment.attested_at))
        if payment.reversed_on is not None and payment.reversal_seq is not None and payment.reversed_at is not None:
            what = _about(payment, _("%(payment)s reversed"))
            events.append(
                self._event(
                    payment.reversed_on, what, "reversal", payment.reversal_seq, payment.reversed_by or "",
                    payment.reversed_at, text=payment.reversal_reason or "", amount=Money(-payment.amount_ore),
                )
            )  # fmt: skip
        return sorted(events, key=lambda event: event.seq, reverse=True)

    def _registered(self, payment: Payment) -> Event:
        parts = [
            _("Instalment %(number)s") % {"number": payment.instalment} if payment.instalment else "",
            _("voucher %(voucher)s") % {"voucher": payment.voucher} if payment.voucher else "",
            payment.reference,
            _(ATTEST_TITLES[payment.attest]).lower() if payment.attest is not Attest.OFFICER else "",
        ]
        return self._event(
            payment.paid_on, _about(payment, _("%(payment)s registered")), "payment", payment.seq, payment.recorded_by,
            payment.recorded_at, text=" · ".join(part for part in parts if part), amount=payment.amount_ore,
        )  # fmt: skip

    def _decision(self, grant: Grant) -> Event:
        parts = [grant.decider, f"{grant.dnr} {grant.paragraph}".strip()]
        return self._event(
            grant.decided_on, _("Decided"), "decision", grant.seq, grant.recorded_by, grant.recorded_at,
            text=" · ".join(parts), amount=grant.decided_ore,
        )  # fmt: skip

    def _amendment(self, amendment: Amendment) -> Event:
        return self._event(
            amendment.decided_on, _(AMENDED[amendment.kind]), "amendment", amendment.seq, amendment.recorded_by,
            amendment.recorded_at, text=f"{amendment.decider}: {amendment.reason}", amount=amendment.delta_ore,
        )  # fmt: skip

    def _repayment(self, repayment: Repayment) -> Event:
        return self._event(
            repayment.repaid_on, _("Repaid by the recipient"), "reversal", repayment.seq, repayment.recorded_by,
            repayment.recorded_at, text=repayment.reason, amount=Money(-repayment.amount_ore),
        )  # fmt: skip

    def _stop(self, stop: Stop) -> list[Event]:
        events = [
            self._event(
                stop.stopped_on, _("Payments stopped"), "stop", stop.seq, stop.recorded_by, stop.recorded_at,
                text=stop.reason,
            )
        ]  # fmt: skip
        if stop.released_on is not None and stop.released_at is not None and stop.release_seq is not None:
            events.append(
                self._event(
                    stop.released_on, _("Stop released"), "attest", stop.release_seq, stop.released_by,
                    stop.released_at, text=stop.release_reason,
                )
            )  # fmt: skip
        return events


def _about(payment: Payment, text: str) -> Markup:
    """The text with the payment's number as a link."""
    link = Markup('<a href="/payments/{0}">{0}</a>').format(payment.number)
    return escape(text) % {"payment": link}
