"""Payments over the JSON API."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

from litestar import Controller, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from pydantic import BaseModel, ConfigDict, Field

from registry.core.access import Permission, Scope
from registry.core.money import Money, PositiveMoney
from registry.grants.api import find_funder, find_programme
from registry.grants.queries import get_grant
from registry.parties.queries import find_filter_party
from registry.payments.queries import PaymentFilter, get_payment, list_overrides, list_payments
from registry.payments.repayment_api import RepaymentApi
from registry.payments.schemas import Override, Payment, PaymentDetails, PaymentStatus, payment_number
from registry.payments.service import attest_payment, register_payment, reverse_payment
from registry.web.access import guard_api
from registry.web.api import (
    WHOLE,
    Body,
    Cursor,
    Day,
    First,
    IdempotencyKey,
    Last,
    Limit,
    PartyNumber,
    line,
    read_day,
    read_key,
    text,
)
from registry.web.openapi import problems


class ReversalRecord(BaseModel):
    """The counter-entry of a payment."""

    model_config = ConfigDict(frozen=True)

    reversed_on: date
    reason: str
    recorded_at: datetime
    trail_seq: int


class OverrideRecord(BaseModel):
    """A report that was overdue when the payment was registered, and why it was paid: decided, or booked already."""

    model_config = ConfigDict(frozen=True)

    report: str
    due_on: date
    kind: Literal["override", "booked"]
    reason: str


class PaymentRecord(BaseModel):
    """A payment. A person's number is masked."""

    model_config = ConfigDict(frozen=True)

    number: str
    grant: str
    funder: str
    funder_name: str
    programme: str
    recipient: str
    recipient_number: str
    recipient_name: str
    dnr: str
    instalment: int | None
    amount: Money
    paid_on: date
    voucher: str
    reference: str
    status: PaymentStatus
    attest: Literal["officer", "ledger", "exempt"]
    recorded_at: datetime
    attested_at: datetime | None
    reversal: ReversalRecord | None
    overrides: list[OverrideRecord]
    trail_seq: int


class PaymentList(BaseModel):
    """A page of payments; `total_amount` is the sum of all that the filter finds."""

    model_config = ConfigDict(frozen=True)

    items: list[PaymentRecord]
    next_cursor: str | None
    total: int
    total_amount: Money


class PaymentBody(Body):
    """A payment to register; `instalment` is a position of the grant's plan, left out for a free payment.

    `override_reason` says why it is paid although a report is overdue.
    """

    grant: Annotated[str, line(40)]
    amount: PositiveMoney
    paid_on: Day = Field(strict=False)
    voucher: Annotated[str, line(60, filled=False)] | None = None
    reference: Annotated[str, line(200, filled=False)] | None = None
    instalment: Annotated[int, Field(ge=1, le=12), WHOLE] | None = None
    override_reason: Annotated[str, text(2000, filled=False)] | None = None


class ReversalBody(Body):
    """Why and on which day a payment is taken back."""

    reason: Annotated[str, text(2000, filled=True)]
    reversed_on: Day = Field(strict=False)


def to_record(payment: Payment, overrides: Sequence[Override] = ()) -> PaymentRecord:
    """A payment as the API shows it."""
    reversal = None
    if payment.reversed_on is not None and payment.reversed_at is not None:
        reversal = ReversalRecord(
            reversed_on=payment.reversed_on,
            reason=payment.reversal_reason or "",
            recorded_at=payment.reversed_at,
            trail_seq=payment.reversal_seq or 0,
        )
    return PaymentRecord(
        number=payment.number,
        grant=payment.grant_number,
        funder=payment.funder_org_number,
        funder_name=payment.funder_name,
        programme=payment.programme_code,
        recipient=payment.recipient_org_number,
        recipient_number=f"P-{payment.recipient_id}",
        recipient_name=payment.recipient_name,
        dnr=payment.dnr,
        instalment=payment.instalment,
        amount=payment.amount_ore,
        paid_on=payment.paid_on,
        voucher=payment.voucher,
        reference=payment.reference,
        status=payment.status,
        attest=payment.attest.value,
        recorded_at=payment.recorded_at,
        attested_at=payment.attested_at,
        reversal=reversal,
        overrides=[
            OverrideRecord(report=one.report_number, due_on=one.due_on, kind=one.kind.value, reason=one.reason)
            for one in overrides
        ],
        trail_seq=payment.seq,
    )


async def _record(who: Scope, number: str) -> PaymentRecord:
    payment = await get_payment(who, number)
    return to_record(payment, (await list_overrides(who, [payment.id])).get(payment.id, ()))


_CREATED = ResponseSpec(data_container=PaymentRecord, description="Registered, or registered before with this key.")


class PaymentApi(Controller):
    """Payments."""

    path = "/api/v1/payments"
    tags = ("payments",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.PAYMENTS_VIEW,
        operation_id="listPayments",
        summary="Payments, the latest first",
        responses=problems(400, 404),
    )
    async def index(
        self,
        who: Scope,
        funder: PartyNumber = None,
        programme: Annotated[str | None, Parameter(description="A programme's code.", max_length=30)] = None,
        recipient: PartyNumber = None,
        grant: Annotated[str | None, Parameter(description="A grant's number, such as `B-12`.", max_length=40)] = None,
        first: First = None,
        last: Last = None,
        status: PaymentStatus | None = None,
        sort: Literal["paid_on", "-paid_on", "amount", "-amount", "number", "-number"] = "-paid_on",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> PaymentList:
        """A page of the payments that the user may see."""
        funder_id = await find_funder(who, funder)
        wanted = PaymentFilter(
            funder_id=funder_id,
            programme_id=await find_programme(who, programme, funder_id=funder_id),
            recipient_id=await find_filter_party(who, recipient, field="recipient"),
            grant_id=(await get_grant(who, grant)).id if grant else None,
            first=read_day(first, field="from"),
            last=read_day(last, field="to"),
            status=status,
        )
        found = await list_payments(who, wanted, sort=sort, cursor=cursor, limit=limit)
        overrides = await list_overrides(who, [payment.id for payment in found.items])
        return PaymentList(
            items=[to_record(payment, overrides.get(payment.id, ())) for payment in found.items],
            next_cursor=found.next_cursor,
            total=found.total,
            total_amount=found.total_ore,
        )

    @get(
        "/{number:str}",
        permission=Permission.PAYMENTS_VIEW,
        operation_id="getPayment",
        summary="One payment",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> PaymentRecord:
        """One payment by its number, such as `U-345`."""
        return await _record(who, number)

    @post(
        "/",
        permission=Permission.PAYMENTS_REGISTER,
        operation_id="registerPayment",
        summary="Register a payment on a grant of one's own funder",
        responses={**problems(400, 404, 409, 413, 415, 422), 201: _CREATED},
    )
    async def create(
        self,
        who: Scope,
        data: PaymentBody,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[PaymentRecord]:
        """Register a payment; it waits for a colleague's attest where the funder asks for one."""
        key = read_key(idempotency_key)
        details = PaymentDetails(
            grant=data.grant,
            amount_ore=data.amount,
            paid_on=data.paid_on,
            voucher=(data.voucher or "").strip(),
            reference=(data.reference or "").strip(),
            instalment=data.instalment,
            override_reason=(data.override_reason or "").strip(),
        )
        done = await register_payment(who, details, key=key)
        record = await _record(who, payment_number(done.payment_id))
        headers = {"Location": f"/api/v1/payments/{record.number}"}
        if done.replay:
            headers["Idempotent-Replay"] = "true"
        return Response(record, status_code=201, headers=headers)

    @post(
        "/{number:str}/attest",
        permission=Permission.PAYMENTS_ATTEST,
        operation_id="attestPayment",
        summary="Attest a colleague's payment",
        status_code=200,
        responses=problems(404, 409),
    )
    async def attest(self, who: Scope, number: str) -> PaymentRecord:
        """Attest a payment that somebody else registered; it counts as paid from then on."""
        await attest_payment(who, number)
        return await _record(who, number)

    @post(
        "/{number:str}/reversal",
        permission=Permission.PAYMENTS_REVERSE,
        operation_id="reversePayment",
        summary="Take back a whole payment",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def reverse(self, who: Scope, number: str, data: ReversalBody) -> PaymentRecord:
        """Reverse a payment by a counter-entry with a reason; the grant may be paid again."""
        await reverse_payment(who, number, reason=data.reason, reversed_on=data.reversed_on)
        return await _record(who, number)


API: list[type[Controller]] = [PaymentApi, RepaymentApi]
