"""Fees as the JSON API says them: records that go out, bodies that come in."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from registry.core.money import Money, UnsignedMoney
from registry.fees.reading import parse_percent, parse_quantity, plain_percent, plain_quantity
from registry.fees.schemas import (
    Check,
    Discipline,
    Engagement,
    EngagementDetails,
    EngagementKind,
    Outcome,
    Tax,
    Terms,
)
from registry.fees.working import explain
from registry.web.api import WHOLE, Body, Day, YesOrNo, line, text

Quantity = Annotated[
    str,
    StringConstraints(pattern=r"^([1-9][0-9]{0,8}(\.[0-9]{1,3})?|0\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$"),
    Field(description='How many, as a string with at most three decimals, such as "2.5".', examples=["1"]),
]
Percent = Annotated[
    str,
    StringConstraints(pattern=r"^(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?)$"),
    Field(description='Per cent, as a string such as "25" or "31.42".', examples=["25"]),
]


class Frozen(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class CheckRecord(Frozen):
    """What the check finds. Amounts are F-tax without VAT; null is what there is not."""

    outcome: Outcome
    level: Money | None
    normalised_fee: Money | None
    gap: Money | None
    gap_percent: str | None
    schedule: str | None
    schedule_number: str | None
    missing: list[str]
    working: list[str]


class EngagementRecord(Frozen):
    """An engagement in force. For auditors `creator_name` is the registry's number."""

    number: str
    state: EngagementKind
    creator: str
    creator_name: str
    commissioner: str
    commissioner_name: str
    funder_name: str
    grant: str | None
    title: str
    day: date
    discipline: Discipline | None
    issuer: str
    code: str
    booking_date: date | None
    contract_date: date | None
    event_date: date | None
    quantity: str | None
    artists: int
    agreed_fee: Money | None
    tax: Tax | None
    vat_included: bool
    vat_rate: str | None
    travel: Money
    material: Money
    motive: str
    motive_missing: bool
    reason: str
    check: CheckRecord
    recorded_at: datetime
    trail_seq: int


class EngagementList(Frozen):
    """A page of engagements."""

    items: list[EngagementRecord]
    next_cursor: str | None
    total: int


class FollowupRecord(Frozen):
    """A group of the yearly follow-up; `key` names it in the filter of the list of engagements."""

    key: str
    group: str
    engagements: int
    compared: int
    fee: Money
    level: Money
    below: int
    below_percent: str | None
    gap: Money
    median_gap: Money | None
    median_gap_percent: str | None
    no_schedule: int
    no_schedule_percent: str | None
    incomplete: int
    unmotivated: int


class FollowupAnswer(Frozen):
    """The yearly follow-up."""

    question: str
    year: int
    by: str
    rows: list[FollowupRecord]
    total: FollowupRecord
    anchor: str


class TermsBody(Body):
    """What a check reads of an engagement; what is left out is for the check to tell."""

    issuer: Annotated[str, line(120, filled=False)] = ""
    code: Annotated[str, line(40, filled=False)] = ""
    booking_date: Day | None = Field(default=None, strict=False)
    contract_date: Day | None = Field(default=None, strict=False)
    event_date: Day | None = Field(default=None, strict=False)
    quantity: Quantity | None = None
    artists: Annotated[int, Field(ge=1, le=10_000), WHOLE] = 1
    agreed_fee: UnsignedMoney | None = None
    tax: Literal["F", "A"] | None = None
    vat_included: YesOrNo = False
    vat_rate: Percent | None = None


class EngagementBody(TermsBody):
    """An engagement to register, for the user's own funder. Parties by organisation number or `P-17`."""

    creator: Annotated[str, line(40)]
    commissioner: Annotated[str, line(40, filled=False)] | None = None
    grant: Annotated[str, line(60, filled=False)] | None = None
    title: Annotated[str, line(200, filled=False)] = ""
    travel: UnsignedMoney | None = None
    material: UnsignedMoney | None = None
    motive: Annotated[str, text(2000)] = ""


class CorrectionBody(EngagementBody):
    """Everything that the engagement says from now on, and why it is corrected."""

    reason: Annotated[str, text(2000, filled=True)]


class CancellationBody(Body):
    """Why an engagement was called off."""

    reason: Annotated[str, text(2000, filled=True)]


def terms_of(data: TermsBody) -> Terms:
    """What the check reads of a body."""
    return Terms(
        issuer=data.issuer,
        code=data.code,
        booking_date=data.booking_date,
        contract_date=data.contract_date,
        event_date=data.event_date,
        quantity=parse_quantity(data.quantity) if data.quantity else None,
        artists=data.artists,
        agreed_fee_ore=data.agreed_fee,
        tax=data.tax or "",
        vat_included=data.vat_included,
        vat_basis_points=parse_percent(data.vat_rate) if data.vat_rate else None,
    )


def details_of(
    data: EngagementBody, *, creator_id: int, commissioner_id: int, funder_id: int, grant_id: int | None
) -> EngagementDetails:
    """An engagement to register, its parties found."""
    terms = terms_of(data)
    return EngagementDetails(
        creator_id=creator_id,
        commissioner_id=commissioner_id,
        funder_id=funder_id,
        grant_id=grant_id,
        title=data.title.strip(),
        issuer=" ".join(data.issuer.split()),
        code=data.code.strip(),
        booking_date=data.booking_date,
        contract_date=data.contract_date,
        event_date=data.event_date,
        quantity=terms.quantity,
        artists=data.artists,
        agreed_fee_ore=data.agreed_fee,
        tax=Tax(data.tax) if data.tax else None,
        vat_included=data.vat_included,
        vat_basis_points=terms.vat_basis_points,
        travel_ore=data.travel or Money(0),
        material_ore=data.material or Money(0),
        motive=data.motive.strip(),
    )


def check_record(terms: Terms, done: Check) -> CheckRecord:
    """A check as the API says it."""
    return CheckRecord(
        outcome=done.outcome,
        level=done.level_ore,
        normalised_fee=done.fee_ore,
        gap=done.gap_ore,
        gap_percent=plain_percent(done.gap_basis_points),
        schedule=done.schedule.title if done.schedule else None,
        schedule_number=done.schedule.number if done.schedule else None,
        missing=list(done.missing),
        working=explain(terms, done),
    )


def engagement_record(one: Engagement) -> EngagementRecord:
    """An engagement as the API says it."""
    alike = {name: getattr(one, name) for name in _ALIKE}
    return EngagementRecord(
        **alike,
        state=one.kind,
        creator=f"P-{one.creator_id}",
        commissioner=f"P-{one.commissioner_id}",
        grant=f"B-{one.grant_id}" if one.grant_id else None,
        quantity=plain_quantity(one.quantity) or None,
        agreed_fee=one.agreed_fee_ore,
        vat_rate=plain_percent(one.vat_basis_points),
        travel=one.travel_ore,
        material=one.material_ore,
        motive_missing=one.unmotivated,
        check=check_record(one.terms(), one.check),
        trail_seq=one.seq,
    )


_ALIKE = (
    "number", "creator_name", "commissioner_name", "funder_name", "title", "day", "discipline", "issuer", "code",
    "booking_date", "contract_date", "event_date", "artists", "tax", "vat_included", "motive", "reason", "recorded_at",
)  # fmt: skip
