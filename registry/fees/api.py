"""Fees over the JSON API: engagements with their check, and the yearly follow-up."""

from typing import Annotated, Any, Literal

from litestar import Controller, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, QueryParameter

from registry.core.access import Permission, Scope
from registry.core.errors import ForbiddenError
from registry.fees import schedule_api
from registry.fees.api_names import Art, Funder, Issuer, UnknownNameError, Year, demand_names, query_from
from registry.fees.book import read_book
from registry.fees.filters import (
    followup_question,
    read_engagement_filter,
    read_followup_question,
)
from registry.fees.followup import Grouping
from registry.fees.queries import find_funder_grant, get_engagement, list_engagements
from registry.fees.records import (
    CancellationBody,
    CheckRecord,
    CorrectionBody,
    EngagementBody,
    EngagementList,
    EngagementRecord,
    FollowupAnswer,
    FollowupRecord,
    TermsBody,
    check_record,
    details_of,
    engagement_record,
    terms_of,
)
from registry.fees.rules import check
from registry.fees.schemas import EngagementDetails, FollowupRow, Outcome, engagement_number
from registry.fees.service import (
    UnknownGrantOfFunderError,
    cancel_engagement,
    correct_engagement,
    register_engagement,
)
from registry.fees.yearly import follow_up, row_record
from registry.funders.service import demand_funder
from registry.parties.queries import find_party
from registry.web.access import guard_api
from registry.web.api import Cursor, First, IdempotencyKey, Last, Limit, PartyNumber, next_offset, read_key, read_offset
from registry.web.openapi import problems

_CREATED = ResponseSpec(data_container=EngagementRecord, description="Registered, or registered before with this key.")


class EngagementApi(Controller):
    """Engagements of creators."""

    path = "/api/v1/fees/engagements"
    tags = ("fees",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.FEES_VIEW,
        operation_id="listEngagements",
        summary="Engagements with their check, the latest first",
        responses=problems(400, 404),
    )
    async def index(
        self,
        who: Scope,
        year: Year = None,
        first: First = None,
        last: Last = None,
        issuer: Issuer = None,
        discipline: Art = None,
        creator: PartyNumber = None,
        commissioner: PartyNumber = None,
        funder: Funder = None,
        grant: Annotated[str | None, Parameter(description="A grant's number, such as `B-12`.", max_length=40)] = None,
        outcome: Outcome | None = None,
        unmotivated: Annotated[bool, Parameter(description="Only those below without a motive.")] = False,  # noqa: FBT002
        cancelled: Annotated[bool, Parameter(description="Cancelled ones too.")] = False,  # noqa: FBT002
        sort: Literal["day", "-day", "number", "-number", "fee", "-fee", "gap", "-gap"] = "-day",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> EngagementList:
        """A page of engagements. Creators are named to officers; auditors see the registry's number."""
        query = query_from(
            **{"from": first, "to": last}, year=year, issuer=issuer, discipline=discipline, creator=creator,
            commissioner=commissioner, funder=funder, grant=grant, outcome=outcome, unmotivated=unmotivated,
            cancelled=cancelled,
        )  # fmt: skip
        asked, wanted = await read_engagement_filter(who, query, await read_book(who))
        demand_names(asked)
        offset = read_offset(cursor)
        found = await list_engagements(who, wanted, sort=sort, offset=offset, limit=limit)
        return EngagementList(
            items=[engagement_record(one) for one in found.items],
            next_cursor=next_offset(offset, len(found.items), found.total),
            total=found.total,
        )

    @get(
        "/{number:str}",
        permission=Permission.FEES_VIEW,
        operation_id="getEngagement",
        summary="One engagement",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> EngagementRecord:
        """One engagement by its number, such as `E-12`."""
        return engagement_record(await get_engagement(who, number))

    @post(
        "/",
        permission=Permission.FEES_REGISTER,
        operation_id="registerEngagement",
        summary="Register an engagement of one's own funder",
        responses={**problems(400, 404, 409, 413, 415, 422), 201: _CREATED},
    )
    async def create(
        self, who: Scope, data: EngagementBody, idempotency_key: IdempotencyKey = None
    ) -> Response[EngagementRecord]:
        """Register an engagement. The answer holds its check, which warns and never blocks."""
        key = read_key(idempotency_key)
        done = await register_engagement(who, await _details(who, data, who.funder_id), key=key)
        record = engagement_record(await get_engagement(who, engagement_number(done.engagement_id)))
        headers = {"Location": f"/api/v1/fees/engagements/{record.number}"}
        if done.replayed:
            headers["Idempotent-Replay"] = "true"
        return Response(record, status_code=201, headers=headers)

    @post(
        "/{number:str}/correction",
        permission=Permission.FEES_REGISTER,
        operation_id="correctEngagement",
        summary="Correct an engagement: say everything anew, with the reason",
        responses={**problems(400, 404, 409, 413, 415, 422), 201: _CREATED},
    )
    async def correct(
        self, who: Scope, number: str, data: CorrectionBody, idempotency_key: IdempotencyKey = None
    ) -> Response[EngagementRecord]:
        """What it said before stays in its history."""
        engagement = await get_engagement(who, number)
        demand_funder(who, engagement.funder_id)
        details = await _details(who, data, engagement.funder_id)
        await correct_engagement(who, number, details, reason=data.reason.strip(), key=read_key(idempotency_key))
        return Response(engagement_record(await get_engagement(who, number)), status_code=201)

    @post(
        "/{number:str}/cancellation",
        permission=Permission.FEES_REGISTER,
        operation_id="cancelEngagement",
        summary="Say that an engagement was called off",
        responses={**problems(400, 404, 409, 413, 415, 422), 201: _CREATED},
    )
    async def cancel(
        self, who: Scope, number: str, data: CancellationBody, idempotency_key: IdempotencyKey = None
    ) -> Response[EngagementRecord]:
        """It leaves lists and follow-up, and stays in the history."""
        demand_funder(who, (await get_engagement(who, number)).funder_id)
        await cancel_engagement(who, number, reason=data.reason.strip(), key=read_key(idempotency_key))
        return Response(engagement_record(await get_engagement(who, number)), status_code=201)


async def _details(who: Scope, data: EngagementBody, funder_id: int | None) -> EngagementDetails:
    """The body with its parties and grant found. Raises: UnknownPartyError, UnknownNameError."""
    if funder_id is None:
        raise ForbiddenError
    creator = (await find_party(who, data.creator, field="creator", personal=True)).id
    commissioner = funder_id
    if data.commissioner and data.commissioner.strip():
        commissioner = (await find_party(who, data.commissioner, field="commissioner", personal=True)).id
    grant_id = None
    if data.grant and data.grant.strip():
        grant_id = await find_funder_grant(who, funder_id, data.grant, creator)
        if grant_id is None:
            raise UnknownNameError(field="grant", message=UnknownGrantOfFunderError.message)
    return details_of(data, creator_id=creator, commissioner_id=commissioner, funder_id=funder_id, grant_id=grant_id)


class FeeApi(Controller):
    """Checking without saving, and the yearly follow-up."""

    path = "/api/v1/fees"
    tags = ("fees",)
    guards = (guard_api,)

    @post(
        "/check",
        permission=Permission.FEES_VIEW,
        status_code=200,
        operation_id="checkFee",
        summary="Check a fee against the level in force, and save nothing",
        responses=problems(400, 413, 415),
    )
    async def check_fee(self, who: Scope, data: TermsBody) -> CheckRecord:
        """The outcome with its working, step by step."""
        terms = terms_of(data)
        return check_record(terms, check(await read_book(who), terms))

    @get(
        "/followup",
        permission=Permission.FEES_VIEW,
        operation_id="getFeeFollowup",
        summary="Paid against the levels in a year, by art, issuer or commissioner",
        responses=problems(400, 404),
    )
    async def followup(
        self,
        who: Scope,
        year: Year = None,
        by: Annotated[Grouping, QueryParameter(description="What it is divided by.")] = Grouping.DISCIPLINE,
        issuer: Issuer = None,
        discipline: Art = None,
        commissioner: PartyNumber = None,
        funder: Funder = None,
    ) -> FollowupAnswer:
        """The latest year with engagements when none is named. Creators are neither named nor told apart."""
        query = query_from(
            year=year, by=by, issuer=issuer, discipline=discipline, commissioner=commissioner, funder=funder
        )
        asked, wanted, asked_year, grouping = await read_followup_question(who, query)
        demand_names(asked)
        found = await follow_up(who, wanted, year=asked_year, grouping=grouping)
        return FollowupAnswer(
            question=followup_question(asked, asked_year, grouping),
            year=asked_year,
            by=grouping.value,
            rows=[_row(row) for row in found.rows],
            total=_row(found.total),
            anchor=str(found.anchor),
        )


def _row(row: FollowupRow) -> FollowupRecord:
    facts: dict[str, Any] = row_record(row)
    return FollowupRecord(key=row.key, group=row.label, **facts)


API: list[type[Controller]] = [*schedule_api.API, EngagementApi, FeeApi]
