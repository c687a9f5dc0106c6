"""Repayments over the JSON API."""

from datetime import date, datetime
from typing import Annotated

from litestar import Controller, get, post
from pydantic import BaseModel, ConfigDict, Field

from registry.core.access import Permission, Scope
from registry.core.money import Money, PositiveMoney
from registry.grants.queries import get_grant
from registry.payments.queries import Repayment, repayments_of_grant
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.recoveries.queries import claims_of_grant, list_settlements
from registry.recoveries.schemas import Settlement, claim_number
from registry.web.access import guard_api
from registry.web.api import Body, Day, IdempotencyKey, line, read_key, text
from registry.web.openapi import problems


class RepaymentRecord(BaseModel):
    """Money that came back; `settled` is how much of it settled the claim."""

    model_config = ConfigDict(frozen=True)

    number: str
    grant: str
    amount: Money
    repaid_on: date
    reason: str
    claim: str | None
    settled: Money | None
    recorded_at: datetime
    trail_seq: int


class RepaymentList(BaseModel):
    """The repayments of a grant, the earliest first."""

    model_config = ConfigDict(frozen=True)

    items: list[RepaymentRecord]
    total: int
    total_amount: Money


class RepaymentBody(Body):
    """Money that came back; `claim` is the number of the recovery claim that it settles, wholly or partly."""

    amount: PositiveMoney
    repaid_on: Day = Field(strict=False)
    reason: Annotated[str, text(2000, filled=True)]
    claim: Annotated[str, line(40)] | None = None


def _record(grant: str, repayment: Repayment, settled: Settlement | None) -> RepaymentRecord:
    return RepaymentRecord(
        number=f"R-{repayment.id}",
        grant=grant,
        amount=repayment.amount_ore,
        repaid_on=repayment.repaid_on,
        reason=repayment.reason,
        claim=claim_number(settled.claim_id) if settled else None,
        settled=settled.amount_ore if settled else None,
        recorded_at=repayment.recorded_at,
        trail_seq=repayment.seq,
    )


async def _records(who: Scope, number: str) -> list[RepaymentRecord]:
    grant = await get_grant(who, number)
    claims = [claim.id for claim in await claims_of_grant(who, grant.id)]
    settled = {one.repayment_id: one for every in (await list_settlements(who, claims)).values() for one in every}
    repayments = await repayments_of_grant(who, grant.id)
    return [_record(grant.number, repayment, settled.get(repayment.id)) for repayment in repayments]


class RepaymentApi(Controller):
    """Repayments."""

    path = "/api/v1/grants/{number:str}/repayments"
    tags = ("payments",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.PAYMENTS_VIEW,
        operation_id="listRepayments",
        summary="What has been paid back of a grant",
        responses=problems(404),
    )
    async def index(self, who: Scope, number: str) -> RepaymentList:
        """All of them, the earliest first."""
        items = await _records(who, number)
        return RepaymentList(items=items, total=len(items), total_amount=Money(sum(one.amount for one in items)))

    @post(
        "/",
        permission=Permission.PAYMENTS_REGISTER,
        operation_id="registerRepayment",
        summary="Register money that the recipient has paid back",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def create(
        self, who: Scope, number: str, data: RepaymentBody, idempotency_key: IdempotencyKey = None
    ) -> RepaymentRecord:
        """The same key with the same body again answers the same. The grant isn't opened again."""
        key = read_key(idempotency_key)
        details = RepaymentDetails(data.amount, data.repaid_on, data.reason.strip(), (data.claim or "").strip())
        repayment_id = await register_repayment(who, number, details, key=key)
        return next(one for one in await _records(who, number) if one.number == f"R-{repayment_id}")
