"""Editions as the API and the JSON files give them, and a year of either kind."""

from datetime import date
from typing import Literal

from registry.core.money import Money
from registry.fees.schemas import Outcome
from registry.grants.schemas import Grant
from registry.initiatives.edition_rules import compare_budget
from registry.initiatives.edition_schemas import BudgetKind, BudgetOutcome, Edition, Event, LinkedEngagement
from registry.initiatives.records import Head, PictureRecord, Record, picture_record
from registry.initiatives.schemas import Picture


class EventRecord(Record):
    """An event as its latest version has it."""

    id: int
    version: int
    title: str
    held_on: date
    place: str
    audience: int | None
    cancelled: bool
    note: str
    reason: str


class EngagementRecord(Record):
    """An engagement of the edition with the outcome of its fee check; creators go by number."""

    number: str
    event: int | None
    creator: str
    agreed_fee: Money | None
    outcome: Outcome
    cancelled: bool


class EditionGrantRecord(Record):
    """A grant of the edition."""

    number: str
    funder: str
    recipient_name: str
    via: str | None
    decided: Money
    paid: Money
    benefit: str
    benefit_missing: bool


class BudgetRecord(Record):
    """The budget in force."""

    version: int
    income: Money
    cost: Money
    trail_seq: int


class FunderRecord(Record):
    """A funder's budget beside what it decided, paid and agreed in fees."""

    funder: str
    funder_name: str
    budget: Money | None
    decided: Money
    paid: Money
    difference: Money
    fees: Money


class CostRecord(Record):
    """A cost or other income; `outcome` is null where the registry knows none."""

    kind: BudgetKind
    title: str
    budget: Money
    outcome: Money | None
    difference: Money | None


class EditionTotals(Record):
    """The sums of an edition."""

    budget: Money
    decided: Money
    paid: Money
    fees: Money
    audience: int


class EditionRecord(Head):
    """An edition with all that belongs to it."""

    kind: Literal["edition"] = "edition"
    theme: str
    description: str
    events: list[EventRecord]
    engagements: list[EngagementRecord]
    grants: list[EditionGrantRecord]
    budget: BudgetRecord | None
    funders: list[FunderRecord]
    incomes: list[CostRecord]
    costs: list[CostRecord]
    totals: EditionTotals


def year_record(subject: Picture | Edition, anchor: str) -> PictureRecord | EditionRecord:
    """A year of either kind."""
    return picture_record(subject, anchor) if isinstance(subject, Picture) else edition_record(subject, anchor)


def edition_record(edition: Edition, anchor: str) -> EditionRecord:
    """An edition."""
    outcome, budget = compare_budget(edition), edition.budget
    initiative = edition.initiative
    return EditionRecord(
        initiative=initiative.number,
        title=initiative.title,
        party=f"P-{initiative.party_id}",
        party_name=initiative.party_name,
        year=edition.year,
        anchor=anchor,
        theme=edition.theme,
        description=edition.description,
        events=[_event(event) for event in edition.events],
        engagements=[_engagement(one) for one in edition.engagements],
        grants=[_grant(grant) for grant in edition.grants],
        budget=BudgetRecord(
            version=budget.version, income=budget.income_ore, cost=budget.cost_ore, trail_seq=budget.seq
        )
        if budget
        else None,
        funders=_funders(outcome),
        incomes=_costs(outcome, income=True),
        costs=_costs(outcome, income=False),
        totals=EditionTotals(
            budget=outcome.planned_ore,
            decided=outcome.decided_ore,
            paid=outcome.paid_ore,
            fees=outcome.fees_ore,
            audience=edition.audience,
        ),
    )


def _event(event: Event) -> EventRecord:
    names = EventRecord.model_fields
    return EventRecord(**{name: getattr(event, name) for name in names})


def _engagement(one: LinkedEngagement) -> EngagementRecord:
    return EngagementRecord(
        number=one.engagement.number,
        event=one.event_id,
        creator=f"P-{one.engagement.creator_id}",
        agreed_fee=one.engagement.agreed_fee_ore,
        outcome=one.engagement.check.outcome,
        cancelled=one.engagement.cancelled,
    )


def _grant(grant: Grant) -> EditionGrantRecord:
    return EditionGrantRecord(
        number=grant.number,
        funder=grant.funder_org_number,
        recipient_name=grant.recipient_name,
        via=grant.via_name or None,
        decided=grant.granted_ore,
        paid=grant.paid_ore,
        benefit=grant.benefit,
        benefit_missing=grant.benefit_missing,
    )


def _funders(outcome: BudgetOutcome) -> list[FunderRecord]:
    return [
        FunderRecord(
            funder=f"P-{one.funder_id}",
            funder_name=one.funder_name,
            budget=one.planned_ore,
            decided=one.decided_ore,
            paid=one.paid_ore,
            difference=one.difference_ore,
            fees=one.fees_ore,
        )
        for one in outcome.funders
    ]


def _costs(outcome: BudgetOutcome, *, income: bool) -> list[CostRecord]:
    return [
        CostRecord(
            kind=one.kind,
            title=one.title,
            budget=one.planned_ore,
            outcome=one.outcome_ore,
            difference=one.difference_ore,
        )
        for one in (outcome.incomes if income else outcome.costs)
    ]
