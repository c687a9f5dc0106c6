"""Allocations and rules as the JSON API tells them. Amounts are texts with two decimals, weights numbers."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer

from registry.allocations.queries import Allocation, State
from registry.allocations.results import Result
from registry.allocations.schemas import Fixed, Measure, Part, Rounding, RuleVersion, Thresholds
from registry.allocations.simulation import wire
from registry.core.exact import write_number
from registry.core.money import Money

FACTORS = ("weight", "programme_hours", "other_group_percent", "most_per_study_hour", "most_percent")


def _tell_weight(value: float | str) -> float | str:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Weight = Annotated[float | str, PlainSerializer(_tell_weight, return_type=Any, when_used="json")]
"""A number, or a text such as `100/3` where a number would round it."""


class Record(BaseModel):
    """Something that is told and never read."""

    model_config = ConfigDict(frozen=True)


class PartRecord(Record):
    """A part of a rule; the factors are null where the rule has none."""

    code: str
    title: str
    weight: Weight
    key: str
    programme_hours: Weight | None
    other_group_percent: Weight | None
    most_per_study_hour: Weight | None
    most_percent: Weight | None
    note: str


class VersionRecord(Record):
    """What a rule says in one version."""

    reference: str
    version: int
    valid_from: date | None
    issuer: str
    source: str
    note: str
    reason: str
    parts: list[PartRecord]
    rounding: Rounding
    activity_lag: int
    needs_state_grant: bool
    thresholds: Thresholds
    fixed: Fixed | None
    uses: int
    recorded_at: datetime
    trail_seq: int


class RuleRecord(VersionRecord):
    """A rule with what it says in its latest version. A preset belongs to no funder."""

    number: str
    name: str
    is_preset: bool


class RuleCard(RuleRecord):
    """A rule with everything that it has said, the latest first."""

    versions: list[VersionRecord]


class RuleList(Record):
    """All rules, by name."""

    items: list[RuleRecord]


class RuleUsedRecord(Record):
    """The version that a division used; `changed` when its weights were changed for a simulation."""

    name: str
    reference: str
    version: int
    issuer: str
    source: str
    valid_from: date | None
    changed: bool


class PartSumRecord(Record):
    """A part of the frame and what it was shared by: `basis` is everybody's together, in `unit`."""

    part: str
    title: str
    weight: Weight
    key: str
    unit: str
    years: list[int]
    amount: Money
    basis: str


class TermRecord(Record):
    """What a year's basis is made of: `count` of a measure, each counting `factor`."""

    measure: Measure
    count: str
    factor: str


class YearRecord(Record):
    """A basis in one year."""

    year: int
    value: str
    terms: list[TermRecord]


class PieceRecord(Record):
    """A share of a part: `divided_amount` × `basis` ÷ `divided_basis` is `exact`, `amount` is it rounded."""

    part: str
    title: str
    weight: Weight
    key: str
    unit: str
    years: list[YearRecord]
    basis: str
    total_basis: str
    part_amount: Money
    divided_amount: Money
    divided_basis: str
    exact: str
    amount: Money
    raised: bool
    bounded: bool


class ShareRecord(Record):
    """What an association gets, beside what it was granted the year before."""

    position: int
    org_number: str
    party_number: str
    name: str
    inherits: list[str]
    amount: Money
    last_year: Money
    change: Money
    change_percent: Money | None
    parts: list[PieceRecord]


class LeftOutRecord(Record):
    """An association that gets no share, and why."""

    org_number: str
    name: str
    reason: str
    text: str


class DivisionRecord(Record):
    """A frame divided for a year. An association reads its own share only."""

    rule: RuleUsedRecord
    programme: str
    funder: str
    municipality: str
    year: int
    frame: Money
    rounding: Rounding
    eligible_on: date
    parts: list[PartSumRecord]
    shares: list[ShareRecord]
    left_out: list[LeftOutRecord]
    total: Money


class AllocationRecord(Record):
    """A frozen allocation. `shares` counts those that get something."""

    number: str
    state: State
    funder: str
    funder_name: str
    programme: str
    programme_title: str
    year: int
    frame: Money
    rule: str
    rule_name: str
    eligible_on: date
    shares: int
    dnr: str
    paragraph: str
    decided_on: date | None
    decider: str
    reason: str
    inputs_sha256: str
    result_sha256: str
    recorded_at: datetime
    trail_seq: int


class GrantOfShare(Record):
    """The grant that a share became."""

    party_number: str
    grant: str


class AllocationCard(AllocationRecord):
    """A frozen allocation with its division, and the grants that were decided."""

    division: DivisionRecord
    grants: list[GrantOfShare]


class AllocationList(Record):
    """A page of allocations."""

    items: list[AllocationRecord]
    next_cursor: str | None
    total: int


def to_division(result: Result) -> DivisionRecord:
    """A result as the API tells it."""
    return DivisionRecord.model_validate(wire(result))


def to_record(one: Allocation) -> dict[str, Any]:
    """The fields of `AllocationRecord`."""
    kept = {name: getattr(one, name) for name in AllocationRecord.model_fields if hasattr(one, name)}
    return kept | {
        "funder": one.funder_org_number,
        "programme": one.programme_code,
        "frame": one.frame_ore,
        "rule": one.rule_reference,
        "trail_seq": one.seq,
    }


def to_card(one: Allocation, result: Result, grants: dict[int, str]) -> AllocationCard:
    """An allocation with its division."""
    return AllocationCard(
        **to_record(one),
        division=to_division(result),
        grants=[GrantOfShare(party_number=f"P-{party_id}", grant=number) for party_id, number in grants.items()],
    )


def to_version(one: RuleVersion) -> dict[str, Any]:
    """The fields of `VersionRecord`."""
    said = one.definition
    return {
        **{name: getattr(one, name) for name in ("reference", "version", "valid_from", "issuer", "source", "note")},
        **{name: getattr(one, name) for name in ("reason", "uses", "recorded_at")},
        **{name: getattr(said, name) for name in ("rounding", "activity_lag", "needs_state_grant", "thresholds")},
        "fixed": said.fixed,
        "parts": [_to_part(part) for part in said.parts],
        "trail_seq": one.seq,
    }


def _to_part(part: Part) -> PartRecord:
    factors = {name: getattr(part, name) for name in FACTORS}
    told: dict[str, Any] = {name: write_number(one) if one is not None else None for name, one in factors.items()}
    return PartRecord(code=part.code, title=part.title, key=part.key, note=part.note, **told)


def to_rule(one: RuleVersion) -> dict[str, Any]:
    """The fields of `RuleRecord`."""
    return {**to_version(one), "number": one.number, "name": one.name, "is_preset": one.funder_id is None}
