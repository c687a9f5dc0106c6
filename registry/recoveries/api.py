"""Recovery claims over the JSON API."""

from datetime import date, datetime
from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import Parameter
from pydantic import BaseModel, ConfigDict, Field

from registry.core.access import Permission, Scope
from registry.core.money import Money, PositiveMoney
from registry.grants.api import find_funder, find_programme
from registry.grants.queries import get_grant
from registry.parties.queries import find_filter_party
from registry.recoveries.queries import SORTS, ClaimFilter, get_claim, list_claims, list_settlements
from registry.recoveries.schemas import Claim, ClaimDetails, ClaimStatus, ClosureKind, Ground, claim_number
from registry.recoveries.service import close_claim, decide_claim
from registry.web.access import guard_api
from registry.web.api import (
    Body,
    Cursor,
    Day,
    First,
    IdempotencyKey,
    Last,
    Limit,
    PartyNumber,
    line,
    next_offset,
    read_day,
    read_key,
    read_offset,
    text,
)
from registry.web.openapi import problems


class SettlementRecord(BaseModel):
    """What a repayment settled of a claim."""

    model_config = ConfigDict(frozen=True)

    repayment: str
    amount: Money
    repaid_on: date
    reason: str


class ClaimRecord(BaseModel):
    """A claim: `amount` less `settled` and `given_up` is what is left. A person's number is masked."""

    model_config = ConfigDict(frozen=True)

    number: str
    grant: str
    funder: str
    programme: str
    recipient: str
    recipient_number: str
    recipient_name: str
    dnr: str
    decided_on: date
    decider: str
    ground: Ground
    condition: str
    reason: str
    due_on: date
    status: ClaimStatus
    amount: Money
    settled: Money
    given_up: Money
    left: Money
    closed_on: date | None
    closure_reason: str | None
    recorded_at: datetime
    trail_seq: int


class ClaimCard(ClaimRecord):
    """A claim with what has settled it."""

    settlements: list[SettlementRecord]


class ClaimList(BaseModel):
    """A page of claims, and the sums of all that the filter finds."""

    model_config = ConfigDict(frozen=True)

    items: list[ClaimRecord]
    next_cursor: str | None
    total: int
    total_amount: Money
    total_left: Money


class ClaimBody(Body):
    """A claim to decide. `condition` is a line of the grant's conditions as it reads, where that is the ground."""

    grant: Annotated[str, line(40)]
    amount: PositiveMoney
    ground: Ground = Field(strict=False)
    condition: Annotated[str, text(5000)] = ""
    reason: Annotated[str, text(2000, filled=True)]
    decided_on: Day = Field(strict=False)
    decider: Annotated[str, line(200)]
    dnr: Annotated[str, line(60)]
    due_on: Day = Field(strict=False)


class ClosureBody(Body):
    """Why what is left of a claim is given up."""

    kind: ClosureKind = Field(strict=False)
    reason: Annotated[str, text(2000, filled=True)]
    closed_on: Day = Field(strict=False)


def to_record(claim: Claim) -> dict[str, object]:
    """The fields of `ClaimRecord`."""
    same = ("dnr", "decided_on", "decider", "ground", "condition", "reason", "due_on", "status", "recorded_at")
    return {
        **{name: getattr(claim, name) for name in same},
        "number": claim.number,
        "grant": claim.grant_number,
        "funder": claim.funder_org_number,
        "programme": claim.programme_code,
        "recipient": claim.recipient_org_number,
        "recipient_number": f"P-{claim.recipient_id}",
        "recipient_name": claim.recipient_name,
        "amount": claim.amount_ore,
        "settled": claim.settled_ore,
        "given_up": claim.closed_ore,
        "left": claim.left_ore,
        "closed_on": claim.closed_on,
        "closure_reason": claim.closure_reason or None,
        "trail_seq": claim.seq,
    }


async def _card(who: Scope, number: str) -> ClaimCard:
    claim = await get_claim(who, number)
    settlements = [
        SettlementRecord(
            repayment=f"R-{one.repayment_id}", amount=one.amount_ore, repaid_on=one.repaid_on, reason=one.reason
        )
        for one in (await list_settlements(who, [claim.id])).get(claim.id, ())
    ]
    return ClaimCard.model_validate({**to_record(claim), "settlements": settlements})


class ClaimApi(Controller):
    """Recovery claims."""

    path = "/api/v1/recoveries"
    tags = ("recoveries",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.RECOVERIES_VIEW,
        operation_id="listClaims",
        summary="Recovery claims, the latest decision first",
        responses=problems(400, 404),
    )
    async def index(
        self,
        who: Scope,
        funder: PartyNumber = None,
        programme: Annotated[str | None, Parameter(description="A programme's code.", max_length=30)] = None,
        recipient: PartyNumber = None,
        grant: Annotated[str | None, Parameter(description="A grant's number, such as `B-12`.", max_length=40)] = None,
        status: ClaimStatus | None = None,
        first: First = None,
        last: Last = None,
        sort: Literal["decided_on", "-decided_on", "due_on", "-due_on", "amount", "-amount"] = "-decided_on",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> ClaimList:
        """A page of the claims that the user may see; `from` and `to` are of the day of decision."""
        assert sort.removeprefix("-") in SORTS  # noqa: S101 - the annotation says so
        funder_id = await find_funder(who, funder)
        wanted = ClaimFilter(
            funder_id=funder_id,
            programme_id=await find_programme(who, programme, funder_id=funder_id),
            recipient_id=await find_filter_party(who, recipient, field="recipient"),
            grant_id=(await get_grant(who, grant)).id if grant else None,
            status=status,
            first=read_day(first, field="from"),
            last=read_day(last, field="to"),
        )
        offset = read_offset(cursor)
        found = await list_claims(who, wanted, sort=sort, offset=offset, limit=limit)
        return ClaimList(
            items=[ClaimRecord.model_validate(to_record(claim)) for claim in found.items],
            next_cursor=next_offset(offset, len(found.items), found.total),
            total=found.total,
            total_amount=found.sums["claimed"],
            total_left=found.sums["left"],
        )

    @get(
        "/{number:str}",
        permission=Permission.RECOVERIES_VIEW,
        operation_id="getClaim",
        summary="One recovery claim with what has settled it",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> ClaimCard:
        """One claim by its number, such as `K-12`."""
        return await _card(who, number)

    @post(
        "/",
        permission=Permission.RECOVERIES_CLAIM,
        operation_id="decideClaim",
        summary="Claim back money that a grant has paid",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def create(self, who: Scope, data: ClaimBody, idempotency_key: IdempotencyKey = None) -> ClaimCard:
        """Register a claim; the same key with the same body again answers the same."""
        key = read_key(idempotency_key)
        texts = {name: getattr(data, name).strip() for name in ("condition", "reason", "decider", "dnr")}
        claim = ClaimDetails(
            amount_ore=data.amount, ground=data.ground, decided_on=data.decided_on, due_on=data.due_on, **texts
        )
        return await _card(who, claim_number(await decide_claim(who, data.grant, claim, key=key)))

    @post(
        "/{number:str}/closure",
        permission=Permission.RECOVERIES_CLAIM,
        operation_id="closeClaim",
        summary="Withdraw a claim, or write off what is left of it",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def close(self, who: Scope, number: str, data: ClosureBody) -> ClaimCard:
        """What was repaid stays; what is left is given up."""
        await close_claim(who, number, data.kind, reason=data.reason.strip(), closed_on=data.closed_on)
        return await _card(who, number)


API: list[type[Controller]] = [ClaimApi]
