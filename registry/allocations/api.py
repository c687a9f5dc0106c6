"""Allocations over the JSON API: simulating, rules, and allocations frozen, decided and discarded."""

from fractions import Fraction
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import Parameter, QueryParameter
from pydantic import Field

from registry.allocations.filters import allocation_filter, read_filters
from registry.allocations.queries import (
    Allocation,
    State,
    allocation_number,
    get_allocation,
    list_allocations,
    list_grants_of,
    read_result,
)
from registry.allocations.records import (
    AllocationCard,
    AllocationList,
    AllocationRecord,
    DivisionRecord,
    RuleCard,
    RuleList,
    RuleRecord,
    VersionRecord,
    to_card,
    to_division,
    to_record,
    to_rule,
    to_version,
)
from registry.allocations.rule_queries import find_rule, get_rule, list_rule_versions, list_rules
from registry.allocations.service import (
    Decision,
    PlannedPart,
    decide_allocation,
    discard_allocation,
    freeze_allocation,
)
from registry.allocations.simulation import day_of, find_allocated, read_weights, simulate
from registry.core.access import Permission, Scope
from registry.core.errors import N_, FieldError
from registry.core.exact import read_exact
from registry.core.money import Money, PositiveMoney
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.grants.api import ReportBody
from registry.grants.demands import MOST_REPORTS
from registry.grants.rules import MOST_INSTALMENTS
from registry.grants.schemas import DemandedReport
from registry.web.access import guard_api
from registry.web.api import (
    DAY_PATTERN,
    WHOLE,
    Body,
    Cursor,
    Day,
    Limit,
    line,
    next_offset,
    read_day,
    read_offset,
    text,
)
from registry.web.openapi import problems

PROGRAMME = "A programme for study associations, as `CODE` or `FUNDER:CODE`."
RULE = "A rule's name, its number such as `FR-1`, or a version: `FR-1.2` or `NAME@2`."
AMOUNT = r"^(0\.(0[1-9]|[1-9][0-9])|[1-9][0-9]{0,11}\.[0-9]{2})$"
WEIGHTS = r"^[a-z][a-z0-9_]*=[0-9]{1,3}([.,][0-9]{1,6})?(;[a-z][a-z0-9_]*=[0-9]{1,3}([.,][0-9]{1,6})?)*$"
PERCENT = r"^[0-9]{1,3}([.,][0-9]{1,6})?$"

Year = Annotated[int, Parameter(description="The year of the grants.", ge=FIRST_YEAR, le=LAST_YEAR)]


class FreezeBody(Body):
    """What to freeze. Without a day, today's standings count."""

    programme: Annotated[str, line(80), Field(description=PROGRAMME)]
    rule: Annotated[str, line(120), Field(description=RULE)]
    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR), WHOLE]
    frame: PositiveMoney
    eligible_on: Day | None = Field(default=None, strict=False)


class PlannedBody(Body):
    """An instalment of every grant, in per cent of it."""

    due_on: Day = Field(strict=False)
    percent: Annotated[str, Field(pattern=PERCENT, description="33.25")]


class DecisionBody(Body):
    """What all the decisions have in common. Without instalments all of it is to be paid on the day of decision."""

    dnr: Annotated[str, line(60)]
    paragraph: Annotated[str, line(30, filled=False)] = ""
    decided_on: Day = Field(strict=False)
    decider: Annotated[str, line(200)]
    purpose: Annotated[str, text(2000)] = ""
    conditions: Annotated[str, text(5000)] = ""
    instalments: Annotated[list[PlannedBody], Field(max_length=MOST_INSTALMENTS)] = Field(default_factory=list)
    reports: Annotated[list[ReportBody], Field(max_length=MOST_REPORTS)] = Field(default_factory=list)


class DiscardBody(Body):
    """Why the drafts don't become decisions."""

    reason: Annotated[str, text(2000, filled=True)]


async def _card(who: Scope, allocation: Allocation) -> AllocationCard:
    return to_card(allocation, await read_result(who, allocation), await list_grants_of(who, allocation))


class SimulationApi(Controller):
    """Simulating: nothing is written."""

    path = "/api/v1/allocations"
    tags = ("allocations",)
    guards = (guard_api,)

    @get(
        "/simulate",
        permission=Permission.ALLOCATIONS_SIMULATE,
        operation_id="simulateAllocation",
        summary="What a rule would give each study association, part by part",
        responses=problems(400, 404, 409),
    )
    async def simulate(
        self,
        who: Scope,
        rule: Annotated[str, Parameter(description=RULE, max_length=120)],
        year: Year,
        frame: Annotated[str, Parameter(description="What is divided, 700000.00.", pattern=AMOUNT)],
        programme: Annotated[
            str | None, Parameter(description=PROGRAMME + " Without it, all of them.", max_length=80)
        ] = None,
        weights: Annotated[
            str | None,
            Parameter(
                description="Other weights than the rule's: `base=75;volume=25`.", pattern=WEIGHTS, max_length=500
            ),
        ] = None,
        decided_on: Annotated[
            str | None,
            Parameter(description="The day whose standings count, 2026-03-18; today without it.", pattern=DAY_PATTERN),
        ] = None,
    ) -> DivisionRecord:
        """Divide a frame by a rule, as the page of simulating does."""
        await find_rule(who, rule, year=year)
        day = read_day(decided_on, field="decided_on")
        chosen = await find_allocated(who, programme) if programme else None
        run = await simulate(
            who,
            rule,
            year=year,
            frame=Money.from_wire(frame),
            programme=chosen,
            weights=read_weights(weights or ""),
            eligible_on=day,
        )
        return to_division(run.result)


class RuleApi(Controller):
    """Rules of allocation."""

    path = "/api/v1/allocations/rules"
    tags = ("allocations",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.ALLOCATIONS_VIEW,
        operation_id="listAllocationRules",
        summary="Rules of allocation by name, each as it reads now",
        responses=problems(),
    )
    async def index(self, who: Scope) -> RuleList:
        """All rules: the presets and those of the funders."""
        return RuleList(items=[RuleRecord(**to_rule(rule)) for rule in await list_rules(who)])

    @get(
        "/{number:str}",
        permission=Permission.ALLOCATIONS_VIEW,
        operation_id="getAllocationRule",
        summary="One rule with its versions",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> RuleCard:
        """One rule by its number, such as `FR-1`."""
        rule = await get_rule(who, number)
        versions = [VersionRecord(**to_version(one)) for one in await list_rule_versions(who, rule.rule_id)]
        return RuleCard(**to_rule(rule), versions=versions)


class AllocationApi(Controller):
    """Frozen allocations."""

    path = "/api/v1/allocations"
    tags = ("allocations",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.ALLOCATIONS_VIEW,
        operation_id="listAllocations",
        summary="Frozen allocations, the latest first",
        responses=problems(400, 404),
    )
    async def index(
        self,
        who: Scope,
        programme: Annotated[str | None, Parameter(description=PROGRAMME, max_length=80)] = None,
        year: Annotated[
            int | None, Parameter(description="The year of the grants.", ge=FIRST_YEAR, le=LAST_YEAR)
        ] = None,
        progress: Annotated[
            State | None, QueryParameter(name="state", description="draft, decided or discarded.")
        ] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> AllocationList:
        """A page of the allocations that the user may see; an association sees the decided ones that it is in."""
        chosen = await find_allocated(who, programme) if programme else None
        given = {
            "programme": f"{chosen.funder_org_number}:{chosen.code}" if chosen else None,
            "year": str(year) if year is not None else None,
            "state": progress,
        }
        filters = await read_filters(who, {name: value for name, value in given.items() if value})
        wanted = allocation_filter(filters)
        filters.demand()
        offset = read_offset(cursor)
        found = await list_allocations(who, wanted, offset=offset, limit=limit)
        return AllocationList(
            items=[AllocationRecord(**to_record(one)) for one in found.items],
            next_cursor=next_offset(offset, len(found.items), found.total),
            total=found.total,
        )

    @get(
        "/{number:str}",
        permission=Permission.ALLOCATIONS_VIEW,
        operation_id="getAllocation",
        summary="One allocation with its shares, and the grants that they became",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> AllocationCard:
        """One allocation by its number, such as `F-3`. An association reads its own share."""
        return await _card(who, await get_allocation(who, number))

    @post(
        "/",
        permission=Permission.ALLOCATIONS_DECIDE,
        operation_id="freezeAllocation",
        summary="Freeze an allocation of one's own funder as draft decisions",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def freeze(self, request: Request[Any, Any, Any], who: Scope, data: FreezeBody) -> AllocationCard:
        """Freeze the rule's version, what was read and the result. A second draft for the same year is refused."""
        del request
        await find_allocated(who, data.programme)
        rule = await find_rule(who, data.rule, year=data.year)
        allocation_id = await freeze_allocation(
            who,
            data.programme,
            rule.reference,
            year=data.year,
            frame=data.frame,
            eligible_on=data.eligible_on or day_of(data.year),
        )
        return await _card(who, await get_allocation(who, allocation_number(allocation_id)))

    @post(
        "/{number:str}/decision",
        permission=Permission.ALLOCATIONS_DECIDE,
        operation_id="decideAllocation",
        summary="Decide grants for every share, all or none",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def decide(
        self, request: Request[Any, Any, Any], who: Scope, number: str, data: DecisionBody
    ) -> AllocationCard:
        """Decide what was frozen. Frame, closed year and everybody's standing are checked for the day of decision."""
        del request
        allocation = await get_allocation(who, number)
        await decide_allocation(who, allocation.number, _decision(data))
        return await _card(who, await get_allocation(who, allocation.number))

    @post(
        "/{number:str}/discarding",
        permission=Permission.ALLOCATIONS_DECIDE,
        operation_id="discardAllocation",
        summary="Discard the draft decisions",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def discard(
        self, request: Request[Any, Any, Any], who: Scope, number: str, data: DiscardBody
    ) -> AllocationCard:
        """Say that the drafts don't become decisions, and why; the allocation stays readable."""
        del request
        allocation = await get_allocation(who, number)
        await discard_allocation(who, allocation.number, reason=data.reason)
        return await _card(who, await get_allocation(who, allocation.number))


def _percent(text: str) -> Fraction:
    percent = read_exact(text)
    if percent <= 0:
        raise FieldError(field="instalments", message=N_("Write a number that is more than 0."))
    return percent


def _decision(data: DecisionBody) -> Decision:
    return Decision(
        dnr=data.dnr,
        paragraph=data.paragraph,
        decided_on=data.decided_on,
        decider=data.decider,
        purpose=data.purpose,
        conditions=data.conditions,
        plan=tuple(PlannedPart(due_on=one.due_on, percent=_percent(one.percent)) for one in data.instalments),
        reports=tuple(
            DemandedReport(kind=one.kind, title=one.title.strip(), due_on=one.due_on) for one in data.reports
        ),
    )


API: list[type[Controller]] = [SimulationApi, RuleApi, AllocationApi]
