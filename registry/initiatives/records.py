"""Initiatives as the API and the JSON files give them: amounts as texts, each krona at its funder, memo lines apart."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from registry.core.money import Money
from registry.initiatives.schemas import Flow, Initiative, InitiativeKind, Picture, YearLine


class Record(BaseModel):
    """A value that leaves the registry."""

    model_config = ConfigDict(frozen=True)


class YearRecord(Record):
    """A year as a list shows it; `planned` is what is agreed, or the funders' part of the budget."""

    year: int
    theme: str
    planned: Money | None
    decided: Money
    paid: Money
    events: int
    audience: int


class InitiativeRecord(Record):
    """An initiative with its years, the latest first."""

    number: str
    kind: InitiativeKind
    title: str
    keeper: str = Field(description="The funder that keeps its particulars.")
    party: str
    party_name: str
    party_municipality: str
    note: str
    trail_seq: int
    years: list[YearRecord]


class PlanRecord(Record):
    """The version of the agreed shares that is in force."""

    version: int
    source: str
    reason: str
    whole: Money | None = Field(description="What is divided by parts.")
    trail_seq: int


class FlowRecord(Record):
    """What a funder has agreed to, decided and paid by one way."""

    funder: str
    funder_name: str
    via: str | None
    recipient: str
    parts: int | None
    agreed: Money | None
    decided: Money
    paid: Money
    left: Money
    difference: Money | None
    grants: int


class MemoRecord(Record):
    """An outside partner's share, which is part of no total."""

    partner: str
    parts: int | None
    agreed: Money | None


class PictureTotals(Record):
    """The sums of the flows."""

    agreed: Money
    decided: Money
    paid: Money
    difference: Money


class Head(Record):
    """Whose year it is, and the trail's head at that moment."""

    initiative: str
    title: str
    party: str
    party_name: str
    year: int
    anchor: str


class PictureRecord(Head):
    """The funding picture of a year."""

    kind: Literal["co_funded"] = "co_funded"
    plan: PlanRecord | None
    flows: list[FlowRecord]
    totals: PictureTotals
    memos: list[MemoRecord]


def initiative_record(initiative: Initiative, years: list[YearLine]) -> InitiativeRecord:
    """An initiative as the API gives it."""
    return InitiativeRecord(
        number=initiative.number,
        kind=initiative.kind,
        title=initiative.title,
        keeper=initiative.funder_name,
        party=f"P-{initiative.party_id}",
        party_name=initiative.party_name,
        party_municipality=initiative.party_municipality,
        note=initiative.note,
        trail_seq=initiative.seq,
        years=[
            YearRecord(
                year=line.year,
                theme=line.theme,
                planned=line.planned_ore,
                decided=line.decided_ore,
                paid=line.paid_ore,
                events=line.events,
                audience=line.audience,
            )
            for line in years
        ],
    )


def picture_record(picture: Picture, anchor: str) -> PictureRecord:
    """A funding picture."""
    plan = picture.plan
    initiative = picture.initiative
    return PictureRecord(
        initiative=initiative.number,
        title=initiative.title,
        party=f"P-{initiative.party_id}",
        party_name=initiative.party_name,
        year=picture.year,
        anchor=anchor,
        plan=PlanRecord(
            version=plan.version, source=plan.source, reason=plan.reason, whole=plan.whole_ore, trail_seq=plan.seq
        )
        if plan
        else None,
        flows=[_flow(flow) for flow in picture.flows],
        totals=PictureTotals(
            agreed=picture.agreed_ore,
            decided=picture.decided_ore,
            paid=picture.paid_ore,
            difference=picture.difference_ore,
        ),
        memos=[MemoRecord(partner=memo.funder, parts=memo.parts, agreed=memo.agreed_ore) for memo in picture.memos],
    )


def _flow(flow: Flow) -> FlowRecord:
    return FlowRecord(
        funder=flow.funder_number,
        funder_name=flow.funder,
        via=flow.via or None,
        recipient=flow.recipient,
        parts=flow.parts,
        agreed=flow.agreed_ore,
        decided=flow.decided_ore,
        paid=flow.paid_ore,
        left=flow.left_ore,
        difference=flow.difference_ore,
        grants=flow.grants,
    )
