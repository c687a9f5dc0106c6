"""Payout accounts of parties over the JSON API: asking for another, and the second officer's word."""

from datetime import date, datetime
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import Parameter
from pydantic import BaseModel, ConfigDict, Field

from registry.core.access import Permission, Scope
from registry.parties.account_queries import RequestFilter, get_request, list_requests
from registry.parties.accounts import decide_account, request_account
from registry.parties.queries import find_party
from registry.parties.schemas import AccountDetails, AccountRequest, AccountSource, AccountStatus, request_number
from registry.web.access import guard_api
from registry.web.api import Body, Cursor, Day, Limit, line, next_offset, read_offset, text
from registry.web.openapi import problems


class AccountRecord(BaseModel):
    """A request for another account. Accounts are whole only for those who may change them."""

    model_config = ConfigDict(frozen=True)

    number: str
    party: str
    party_name: str
    old_bankgiro: str
    old_plusgiro: str
    bankgiro: str
    plusgiro: str
    valid_from: date
    reason: str
    evidence: str
    status: AccountStatus
    recorded_at: datetime
    decided_at: datetime | None
    decision_reason: str | None
    trail_seq: int


class AccountList(BaseModel):
    """A page of requests, those that wait first."""

    model_config = ConfigDict(frozen=True)

    items: list[AccountRecord]
    next_cursor: str | None
    total: int


class AccountBody(Body):
    """The accounts to pay from a day on, both as they are to be: one that is left out is taken away."""

    party: Annotated[str, line(40)]
    bankgiro: Annotated[str, line(40, filled=False)] = ""
    plusgiro: Annotated[str, line(40, filled=False)] = ""
    valid_from: Day = Field(strict=False)
    reason: Annotated[str, text(2000, filled=True)]
    evidence: Annotated[str, line(200, filled=False)] = ""


class AccountDecisionBody(Body):
    """Approve or reject a colleague's request, or take one's own back; all but an approval say why."""

    outcome: AccountStatus = Field(strict=False)
    reason: Annotated[str, text(2000)] = ""


def to_record(asked: AccountRequest) -> AccountRecord:
    """A request as the API shows it."""
    same = ("old_bankgiro", "old_plusgiro", "bankgiro", "plusgiro", "valid_from", "reason", "evidence", "status")
    return AccountRecord(
        number=asked.number,
        party=asked.party_number,
        party_name=asked.party_name,
        recorded_at=asked.recorded_at,
        decided_at=asked.decided_at,
        decision_reason=asked.decision_reason or None,
        trail_seq=asked.seq,
        **{name: getattr(asked, name) for name in same},
    )


class AccountApi(Controller):
    """Requests for another payout account."""

    path = "/api/v1/parties/accounts"
    tags = ("parties",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.PARTIES_VIEW,
        operation_id="listAccountRequests",
        summary="Requests for another payout account, those that wait first",
        responses=problems(400, 404),
    )
    async def index(
        self,
        who: Scope,
        party: Annotated[str | None, Parameter(description="A party's number, such as `P-17`.", max_length=40)] = None,
        status: AccountStatus | None = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> AccountList:
        """A page of the requests."""
        party_id = (await find_party(who, party)).id if party else None
        offset = read_offset(cursor)
        found = await list_requests(who, RequestFilter(party_id=party_id, status=status), offset=offset, limit=limit)
        return AccountList(
            items=[to_record(asked) for asked in found.items],
            next_cursor=next_offset(offset, len(found.items), found.total),
            total=found.total,
        )

    @get(
        "/{number:str}",
        permission=Permission.PARTIES_VIEW,
        operation_id="getAccountRequest",
        summary="One request for another payout account",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> AccountRecord:
        """One request by its number, such as `C-12`."""
        return to_record(await get_request(who, number))

    @post(
        "/",
        permission=Permission.PARTIES_REGISTER,
        operation_id="requestAccount",
        summary="Ask that a party is paid to another account",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def create(self, who: Scope, data: AccountBody) -> AccountRecord:
        """Register a request; the old account is paid until another officer has approved it."""
        party = await find_party(who, data.party)
        details = AccountDetails(
            bankgiro=data.bankgiro,
            plusgiro=data.plusgiro,
            valid_from=data.valid_from,
            reason=data.reason.strip(),
            evidence=data.evidence.strip(),
        )
        request_id = await request_account(who, party.id, details, source=AccountSource.API)
        return to_record(await get_request(who, request_number(request_id)))

    @post(
        "/{number:str}/decision",
        permission=Permission.PARTIES_APPROVE,
        operation_id="decideAccountRequest",
        summary="Approve or reject a colleague's request, or take one's own back",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def decide(self, who: Scope, number: str, data: AccountDecisionBody) -> AccountRecord:
        """The account applies from its day on, at the earliest from the day of approval."""
        await decide_account(who, number, data.outcome, reason=data.reason.strip())
        return to_record(await get_request(who, number))


API: list[type[Controller]] = [AccountApi]
