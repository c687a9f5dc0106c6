"""Grants over the JSON API."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from litestar import Controller, Request, get, post
from litestar.params import Parameter
from pydantic import BaseModel, ConfigDict, Field

from registry.core.access import Permission, Scope
from registry.core.errors import NotFoundError
from registry.core.money import Money, PositiveMoney
from registry.grants.demands import MOST_REPORTS
from registry.grants.queries import (
    SORTS,
    GrantFilter,
    get_grant,
    list_amendments,
    list_grants,
    list_instalments,
    list_stops,
)
from registry.grants.schemas import (
    AmendmentKind,
    DemandedReport,
    Grant,
    GrantDetails,
    InstalmentStatus,
    PlannedInstalment,
    ReportKind,
    grant_number,
)
from registry.grants.service import decide_grant, state_benefit
from registry.grants.stop_api import StopApi, StopRecord, to_stop
from registry.parties.queries import find_filter_party, list_funders
from registry.programmes.queries import UnknownProgrammeError, list_programmes
from registry.web.access import guard_api
from registry.web.api import (
    Body,
    Cursor,
    Day,
    First,
    Last,
    Limit,
    PartyNumber,
    line,
    next_offset,
    read_day,
    read_offset,
    text,
)
from registry.web.openapi import problems


class InstalmentRecord(BaseModel):
    """An instalment of the plan in force."""

    model_config = ConfigDict(frozen=True)

    position: int
    due_on: date
    amount: Money
    registered: Money
    status: InstalmentStatus


class AmendmentRecord(BaseModel):
    """A later decision; `delta` is signed."""

    model_config = ConfigDict(frozen=True)

    kind: AmendmentKind
    delta: Money
    decided_on: date
    decider: str
    reason: str
    recorded_at: datetime


class GrantRecord(BaseModel):
    """A grant: the decision and its balance. A person's number is masked."""

    model_config = ConfigDict(frozen=True)

    number: str
    funder: str
    funder_name: str
    programme: str
    programme_title: str
    priority_area: str | None
    year: int
    recipient: str
    recipient_number: str
    recipient_name: str
    via: str | None
    dnr: str
    paragraph: str
    decided_on: date
    decider: str
    amount: Money
    granted: Money
    registered: Money
    paid: Money
    repaid: Money
    remaining: Money
    period_from: date
    period_to: date
    purpose: str
    stopped_on: date | None
    recorded_at: datetime
    trail_seq: int


class GrantCard(GrantRecord):
    """A grant with its plan, amendments and stops."""

    conditions: str
    benefit: str
    benefit_missing: bool
    instalments: list[InstalmentRecord]
    amendments: list[AmendmentRecord]
    stops: list[StopRecord]


class GrantList(BaseModel):
    """A page of grants."""

    model_config = ConfigDict(frozen=True)

    items: list[GrantRecord]
    next_cursor: str | None
    total: int


class InstalmentBody(Body):
    """An instalment to plan."""

    due_on: Day = Field(strict=False)
    amount: PositiveMoney


class ReportBody(Body):
    """A report that the decision demands; `title` where the kind doesn't say enough."""

    kind: ReportKind = Field(strict=False)
    title: Annotated[str, line(200, filled=False)] = ""
    due_on: Day = Field(strict=False)


class GrantBody(Body):
    """A decision to register. `period_*` default to the year of decision, `instalments` to one on its day."""

    programme: Annotated[str, line(30)]
    recipient: Annotated[str, line(40)]
    via: Annotated[str, line(40)] | None = None
    dnr: Annotated[str, line(60)]
    paragraph: Annotated[str, line(30, filled=False)] = ""
    decided_on: Day = Field(strict=False)
    decider: Annotated[str, line(200)]
    amount: PositiveMoney
    period_from: Day | None = Field(default=None, strict=False)
    period_to: Day | None = Field(default=None, strict=False)
    purpose: Annotated[str, text(2000)] = ""
    conditions: Annotated[str, text(5000)] = ""
    instalments: Annotated[tuple[InstalmentBody, ...], Field(max_length=12, strict=False)] = ()
    benefit: Annotated[str, text(2000)] = ""
    reports: Annotated[tuple[ReportBody, ...], Field(max_length=MOST_REPORTS, strict=False)] = ()


class BenefitBody(Body):
    """What a kommun's inhabitants have of a grant to a recipient elsewhere."""

    benefit: Annotated[str, text(2000, filled=True)]


def to_record(grant: Grant) -> dict[str, Any]:
    """The fields of `GrantRecord`."""
    return {
        "number": grant.number,
        "funder": grant.funder_org_number,
        "funder_name": grant.funder_name,
        "programme": grant.programme_code,
        "programme_title": grant.programme_title,
        "priority_area": grant.area_code,
        "year": grant.year,
        "recipient": grant.recipient_org_number,
        "recipient_number": f"P-{grant.recipient_id}",
        "recipient_name": grant.recipient_name,
        "via": grant.via_name,
        "dnr": grant.dnr,
        "paragraph": grant.paragraph,
        "decided_on": grant.decided_on,
        "decider": grant.decider,
        "amount": grant.decided_ore,
        "granted": grant.granted_ore,
        "registered": grant.registered_ore,
        "paid": grant.paid_ore,
        "repaid": grant.repaid_ore,
        "remaining": grant.remaining_ore,
        "period_from": grant.period_from,
        "period_to": grant.period_to,
        "purpose": grant.purpose,
        "stopped_on": grant.stopped_on,
        "recorded_at": grant.recorded_at,
        "trail_seq": grant.seq,
    }


async def _card(who: Scope, number: str) -> GrantCard:
    grant = await get_grant(who, number)
    plan = (await list_instalments(who, [grant.id]))[grant.id]
    return GrantCard(
        **to_record(grant),
        conditions=grant.conditions,
        benefit=grant.benefit,
        benefit_missing=grant.benefit_missing,
        instalments=[
            InstalmentRecord(
                position=part.position,
                due_on=part.due_on,
                amount=part.amount_ore,
                registered=part.registered_ore,
                status=part.status,
            )
            for part in plan
        ],
        amendments=[
            AmendmentRecord(
                kind=one.kind,
                delta=one.delta_ore,
                decided_on=one.decided_on,
                decider=one.decider,
                reason=one.reason,
                recorded_at=one.recorded_at,
            )
            for one in await list_amendments(who, grant.id)
        ],
        stops=[to_stop(stop) for stop in (await list_stops(who, [grant.id])).get(grant.id, ())],
    )


async def find_funder(who: Scope, reference: str | None) -> int | None:
    """As `find_filter_party`, for a funder, which everyone may know; any other party answers like an unknown one."""
    funders = tuple(party.id for party in await list_funders(who))
    among = Scope(user_id=who.user_id, role=who.role, party_ids=funders)
    return await find_filter_party(among, reference, field="funder")


async def find_programme(who: Scope, code: str | None, *, funder_id: int | None) -> int | None:
    """The id of a programme by its code. Raises: UnknownProgrammeError."""
    if not code:
        return None
    for programme in await list_programmes(who, funder_id=funder_id):
        if programme.code == code:
            return programme.id
    raise UnknownProgrammeError(field="programme", code=code[:30])


class GrantApi(Controller):
    """Decisions."""

    path = "/api/v1/grants"
    tags = ("grants",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.GRANTS_VIEW,
        operation_id="listGrants",
        summary="Grants, the latest decision first",
        responses=problems(400, 404),
    )
    async def index(
        self,
        who: Scope,
        funder: PartyNumber = None,
        programme: Annotated[str | None, Parameter(description="A programme's code.", max_length=30)] = None,
        recipient: PartyNumber = None,
        year: Annotated[int | None, Parameter(description="The budget year.", ge=1990, le=2100)] = None,
        first: First = None,
        last: Last = None,
        sort: Literal["decided_on", "-decided_on", "number", "-number", "amount", "-amount"] = "-decided_on",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> GrantList:
        """A page of the grants that the user may see."""
        assert sort.removeprefix("-") in SORTS  # noqa: S101 - the annotation says so
        funder_id = await find_funder(who, funder)
        wanted = GrantFilter(
            funder_id=funder_id,
            programme_id=await find_programme(who, programme, funder_id=funder_id),
            recipient_id=await find_filter_party(who, recipient, field="recipient"),
            year=year,
            first=read_day(first, field="from"),
            last=read_day(last, field="to"),
        )
        offset = read_offset(cursor)
        found = await list_grants(who, wanted, sort=sort, offset=offset, limit=limit)
        return GrantList(
            items=[GrantRecord(**to_record(grant)) for grant in found.items],
            next_cursor=next_offset(offset, len(found.items), found.total),
            total=found.total,
        )

    @get(
        "/{number:str}",
        permission=Permission.GRANTS_VIEW,
        operation_id="getGrant",
        summary="One grant with its plan and amendments",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> GrantCard:
        """One grant by its number, such as `B-12`."""
        return await _card(who, number)

    @post(
        "/",
        permission=Permission.GRANTS_DECIDE,
        operation_id="decideGrant",
        summary="Register a decision of one's own funder",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def create(self, request: Request[Any, Any, Any], who: Scope, data: GrantBody) -> GrantCard:
        """Register a decision. The same registration number for the same recipient again is refused."""
        del request
        programme_id = await find_programme(who, data.programme, funder_id=who.funder_id)
        if programme_id is None:
            raise NotFoundError
        recipient_id = await find_filter_party(who, data.recipient, field="recipient")
        via_id = await find_filter_party(who, data.via, field="via")
        assert recipient_id is not None  # noqa: S101 - the body demands one
        period_from = data.period_from or date(data.decided_on.year, 1, 1)
        plan = [PlannedInstalment(due_on=part.due_on, amount_ore=part.amount) for part in data.instalments]
        grant_id = await decide_grant(
            who,
            GrantDetails(
                programme_id=programme_id,
                recipient_id=recipient_id,
                via_id=via_id,
                dnr=data.dnr,
                paragraph=data.paragraph,
                decided_on=data.decided_on,
                decider=data.decider,
                amount_ore=data.amount,
                period_from=period_from,
                period_to=data.period_to or date(period_from.year, 12, 31),
                purpose=data.purpose,
                conditions=data.conditions,
                benefit=data.benefit.strip(),
                instalments=tuple(plan or [PlannedInstalment(due_on=data.decided_on, amount_ore=data.amount)]),
                reports=tuple(
                    DemandedReport(kind=one.kind, title=one.title.strip(), due_on=one.due_on) for one in data.reports
                ),
            ),
        )
        return await _card(who, grant_number(grant_id))

    @post(
        "/{number:str}/benefit",
        permission=Permission.GRANTS_DECIDE,
        operation_id="stateBenefit",
        summary="State what the kommun's inhabitants have of a grant to a recipient elsewhere",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def benefit(self, who: Scope, number: str, data: BenefitBody) -> GrantCard:
        """What was stated before stays in the trail."""
        await state_benefit(who, number, data.benefit.strip())
        return await _card(who, number)


API: list[type[Controller]] = [GrantApi, StopApi]
