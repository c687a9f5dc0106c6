"""Writes of allocations: freeze one with its rule, inputs and result; discard it; or decide grants for all at once."""

import hashlib
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated

import asyncpg
from pydantic import StringConstraints

from registry.allocations.inputs import Inputs, LeftOut, read_inputs, standing_problem
from registry.allocations.queries import (
    UnknownAllocationError,
    allocation_number,
    parse_allocation_number,
)
from registry.allocations.results import Result, work_out
from registry.allocations.rule_queries import get_rule
from registry.allocations.schemas import Frozen, RuleVersion
from registry.allocations.simulation import find_allocated
from registry.core.access import Permission, Scope
from registry.core.errors import N_, RegistryError, RuleError
from registry.core.exact import Exact
from registry.core.money import LARGEST_ORE, Money
from registry.database import fetch, fetch_row
from registry.funders.service import demand_funder
from registry.grants.schemas import Decider, DemandedReport, Dnr, GrantDetails, PlannedInstalment, grant_number
from registry.grants.service import check_frame, decide_within
from registry.parties.service import demand
from registry.parties.statuses import read_statuses, status_on
from registry.programmes.queries import get_programme
from registry.programmes.schemas import Programme
from registry.tables import allocations as tables
from registry.trail import Recording, recording

_PERCENT = 100


class DraftExistsError(RegistryError):
    """The programme and year have a draft already."""

    code = "draft-exists"
    message = N_("%(programme)s %(year)s already has draft decisions, in %(allocation)s. Decide or discard them first.")


class NotOpenError(RegistryError):
    """The allocation is decided or discarded."""

    code = "allocation-closed"
    message = N_("The allocation %(allocation)s is already decided or discarded.")


class NotEligibleError(RegistryError):
    """Someone with a share isn't eligible on the day of decision."""

    code = "not-eligible"
    message = N_("%(party)s can't be decided for: %(reason)s. Discard the drafts and divide the frame again.")


class PlannedPart(Frozen):
    """A part of every grant, in per cent, and the day it is to be paid."""

    due_on: date
    percent: Exact


class Decision(Frozen):
    """What all the decisions of an allocation have in common. An empty plan: all of it on the day of decision."""

    dnr: Dnr
    paragraph: Annotated[str, StringConstraints(max_length=30)] = ""
    decided_on: date
    decider: Decider
    purpose: Annotated[str, StringConstraints(max_length=2000)] = ""
    conditions: Annotated[str, StringConstraints(max_length=5000)] = ""
    plan: tuple[PlannedPart, ...] = ()
    reports: tuple[DemandedReport, ...] = ()


async def freeze_allocation(
    scope: Scope, programme_text: str, rule_reference: str, *, year: int, frame: Money, eligible_on: date
) -> int:
    """Freeze an allocation: from now on it is draft decisions for all. Returns its id.

    `rule_reference` is an exact version, `FR-3.2`. What is read is read under the head's lock.
    Raises: UnknownProgrammeError, UnknownRuleError, OtherFunderError, FrameMissingError, ExceedsFrameError,
    DraftExistsError, and as `rules.divide`.
    """
    demand(scope, Permission.ALLOCATIONS_DECIDE)
    async with recording(scope) as unit:
        programme = await find_allocated(scope, programme_text)
        demand_funder(scope, programme.funder_id)
        if not 0 < frame <= LARGEST_ORE:
            raise RuleError(field="frame", message=N_("The frame must be more than 0."))
        await _check_frame_left(programme.id, year, frame)
        await _check_no_draft(programme, year)
        rule = await get_rule(scope, rule_reference)
        inputs = await read_inputs(scope, programme, year=year, definition=rule.definition, eligible_on=eligible_on)
        return await _insert(unit, programme, rule, inputs, work_out(rule, inputs, frame=frame))


async def discard_allocation(scope: Scope, number: str, *, reason: str) -> None:
    """Say that an allocation's drafts don't become decisions, and why.

    Raises: UnknownAllocationError, OtherFunderError, NotOpenError, FieldError for a missing reason.
    """
    demand(scope, Permission.ALLOCATIONS_DECIDE)
    async with recording(scope) as unit:
        row = await _open_allocation(scope, number)
        if not reason.strip():
            raise RuleError(field="reason", message=N_("Write the reason."))
        await unit.insert(
            unit.enter("allocations:allocation:discard", reason=reason),
            tables.AllocationDiscard,
            allocation_id=row["id"],
            reason=reason,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )


async def decide_allocation(scope: Scope, number: str, decision: Decision) -> list[str]:
    """Decide grants for every share of more than 0, all or none. Returns their numbers.

    Frame, closed year and everybody's standing are checked for the day of decision.
    Raises: UnknownAllocationError, OtherFunderError, NotOpenError, NotEligibleError, FieldError for the plan,
    and as `grants.service.decide_grant`.
    """
    demand(scope, Permission.ALLOCATIONS_DECIDE)
    async with recording(scope) as unit:
        row = await _open_allocation(scope, number)
        programme = await get_programme(scope, row["programme_id"])
        result = Result.model_validate_json(row["result"])
        shares = await fetch(
            "SELECT s.* FROM allocation_share s WHERE s.allocation_id = $1 AND s.amount_ore > 0 ORDER BY s.position",
            row["id"],
        )
        await _check_standing(scope, result, [share["party_id"] for share in shares], decision.decided_on)
        await _check_frame_left(programme.id, row["year"], Money(row["frame_ore"]))
        weights = _weights(decision)
        entry = unit.enter("allocations:allocation:decide", allocation=allocation_number(row["id"]))
        await unit.insert(
            entry,
            tables.AllocationDecision,
            allocation_id=row["id"],
            dnr=decision.dnr,
            paragraph=decision.paragraph,
            decided_on=decision.decided_on,
            decider=decision.decider,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )
        numbers = []
        for share in shares:
            amount = Money(share["amount_ore"])
            plan = _plan(decision, weights, amount, unit_ore=result.rule.definition.unit_ore)
            details = _details(decision, programme, share["party_id"], row["year"], amount, plan)
            grant_id = await decide_within(unit, details, allocation=allocation_number(row["id"]))
            await unit.insert(entry, tables.AllocationGrant, share_id=share["id"], grant_id=grant_id)
            numbers.append(grant_number(grant_id))
        return numbers


async def _insert(unit: Recording, programme: Programme, rule: RuleVersion, inputs: Inputs, result: Result) -> int:
    texts = {"inputs": inputs.model_dump_json(), "result": result.model_dump_json()}
    hashes = {f"{name}_sha256": hashlib.sha256(text.encode()).digest() for name, text in texts.items()}
    entry = unit.enter("allocations:allocation:freeze")
    allocation_id = await unit.insert(
        entry,
        tables.Allocation,
        programme_id=programme.id,
        year=inputs.year,
        frame_ore=int(result.frame),
        rule_version_id=rule.id,
        eligible_on=inputs.eligible_on,
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
        **texts,
        **hashes,
    )
    for share in result.shares:
        await unit.insert(
            entry,
            tables.AllocationShare,
            allocation_id=allocation_id,
            party_id=share.party_id,
            position=share.position,
            amount_ore=int(share.amount),
        )
    return allocation_id


async def _open_allocation(scope: Scope, number: str) -> asyncpg.Record:
    """An allocation of one's own funder that is neither decided nor discarded."""
    row = await fetch_row(
        "SELECT a.*, m.funder_id, d.id IS NOT NULL OR x.id IS NOT NULL AS closed FROM allocation a"
        " JOIN programme m ON m.id = a.programme_id LEFT JOIN allocation_decision d ON d.allocation_id = a.id"
        " LEFT JOIN allocation_discard x ON x.allocation_id = a.id WHERE a.id = $1",
        parse_allocation_number(number) or 0,
    )
    if row is None:
        raise UnknownAllocationError(field="allocation", allocation=number[:40])
    demand_funder(scope, row["funder_id"])
    if row["closed"]:
        raise NotOpenError(allocation=allocation_number(row["id"]))
    return row


async def _check_frame_left(programme_id: int, year: int, frame: Money) -> None:
    programme = await fetch_row("SELECT * FROM programme WHERE id = $1", programme_id)
    assert programme is not None  # noqa: S101 - the caller has just read it
    await check_frame(programme, year, frame, field="frame")


async def _check_no_draft(programme: Programme, year: int) -> None:
    draft = await fetch_row(
        "SELECT a.id FROM allocation a WHERE a.programme_id = $1 AND a.year = $2"
        " AND NOT EXISTS (SELECT 1 FROM allocation_decision d WHERE d.allocation_id = a.id)"
        " AND NOT EXISTS (SELECT 1 FROM allocation_discard x WHERE x.allocation_id = a.id)",
        programme.id,
        year,
    )
    if draft is not None:
        raise DraftExistsError(programme=programme.code, year=year, allocation=allocation_number(draft["id"]))


async def _check_standing(scope: Scope, result: Result, party_ids: Sequence[int], day: date) -> None:
    """Raises: NotEligibleError naming the first that can't be decided for on a day."""
    statuses = await read_statuses(scope)
    rows = await fetch(
        "SELECT p.id, p.name, p.kind, p.org_number, p.merged_on, p.successor_id, s.name AS successor FROM party p"
        " LEFT JOIN party s ON s.id = p.successor_id WHERE p.id = ANY($1) ORDER BY p.sort_key",
        list(party_ids),
    )
    for party in rows:
        standing = status_on(statuses.get(party["id"], ()), day)
        problem: LeftOut | None = standing_problem(
            party, standing, day=day, successor=party["successor"] or "", definition=result.rule.definition
        )
        if problem is not None:
            raise NotEligibleError(field="decided_on", party=party["name"], reason=problem.text)


def _weights(decision: Decision) -> list[Fraction]:
    """The plan's percentages. Raises: RuleError."""
    weights = [part.percent for part in decision.plan]
    if weights and sum(weights) != _PERCENT:
        raise RuleError(field="plan", message=N_("The instalments must be 100 per cent together."))
    return weights


def _plan(
    decision: Decision, weights: Sequence[Fraction], amount: Money, *, unit_ore: int
) -> tuple[PlannedInstalment, ...]:
    """A grant's instalments: its percentages, in whole kronor when the rule rounds to them."""
    if not weights:
        return (PlannedInstalment(due_on=decision.decided_on, amount_ore=amount),)
    parts = Money(amount // unit_ore).split(weights)
    return tuple(
        PlannedInstalment(due_on=planned.due_on, amount_ore=Money(part * unit_ore))
        for planned, part in zip(decision.plan, parts, strict=True)
    )


def _details(
    decision: Decision,
    programme: Programme,
    party_id: int,
    year: int,
    amount: Money,
    plan: tuple[PlannedInstalment, ...],
) -> GrantDetails:
    return GrantDetails(
        programme_id=programme.id,
        recipient_id=party_id,
        dnr=decision.dnr,
        paragraph=decision.paragraph,
        decided_on=decision.decided_on,
        decider=decision.decider,
        amount_ore=amount,
        period_from=date(year, 1, 1),
        period_to=date(year, 12, 31),
        purpose=decision.purpose,
        conditions=decision.conditions,
        instalments=plan,
        reports=decision.reports,
    )
