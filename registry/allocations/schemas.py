"""Rules of allocation as they cross the border: weighted parts, each with a key, and what bounds them."""

import re
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from registry.core.errors import N_
from registry.core.exact import Exact
from registry.core.money import Money

MOST_PARTS = 20
MOST_YEARS = 5
WHOLE_PERCENT = 100

FIXED_CODE = "fixed"
"""The short name of the fixed amount among the parts of a result."""

CODE_MESSAGE = N_("Write a short name of small letters, digits and _, beginning with a letter, such as base.")


class Measure(StrEnum):
    """What a part can be shared by."""

    PREVIOUS_GRANTS = "previous_grants"
    EVEN = "even"
    STUDY_HOURS = "study_hours"
    PARTICIPANT_HOURS = "participant_hours"
    UNIQUE_PARTICIPANTS = "unique_participants"
    CULTURAL_PROGRAMMES = "cultural_programmes"
    OTHER_GROUP_HOURS = "other_group_hours"
    TARGET_GROUP_HOURS = "target_group_hours"
    DISABILITY_PARTICIPANTS = "disability_participants"
    SWEDISH_FOR_FOREIGN_BORN = "swedish_for_foreign_born"
    STATE_GRANT = "state_grant"
    MUNICIPALITIES = "municipalities"


MEASURE_TITLES = {
    Measure.PREVIOUS_GRANTS: N_("Earlier grants"),
    Measure.EVEN: N_("The same to each"),
    Measure.STUDY_HOURS: N_("Study hours"),
    Measure.PARTICIPANT_HOURS: N_("Participant hours"),
    Measure.UNIQUE_PARTICIPANTS: N_("Unique participants"),
    Measure.CULTURAL_PROGRAMMES: N_("Cultural programmes"),
    Measure.OTHER_GROUP_HOURS: N_("Hours of other group activity"),
    Measure.TARGET_GROUP_HOURS: N_("Study hours with target groups"),
    Measure.DISABILITY_PARTICIPANTS: N_("Participants with disabilities"),
    Measure.SWEDISH_FOR_FOREIGN_BORN: N_("Swedish for those born abroad, hours"),
    Measure.STATE_GRANT: N_("State grant"),
    Measure.MUNICIPALITIES: N_("Kommuner"),
}
MONEY = frozenset({Measure.PREVIOUS_GRANTS, Measure.STATE_GRANT})
"""Measures that count öre."""

_NUMBERS = ("two", "three", "four", "five")


class Key(NamedTuple):
    """A measure and how many years it is averaged over."""

    measure: Measure
    years: int = 1

    @property
    def text(self) -> str:
        """The key as files and the API write it: `study_hours`, `two_year_mean`, `state_grant_two_years`."""
        if self.measure is Measure.PREVIOUS_GRANTS:
            return "previous_year_share" if self.years == 1 else f"{_NUMBERS[self.years - 2]}_year_mean"
        return self.measure.value if self.years == 1 else f"{self.measure}_{_NUMBERS[self.years - 2]}_years"


KEYS = {
    key.text: key
    for measure in Measure
    for years in range(1, 2 if measure is Measure.EVEN else MOST_YEARS + 1)
    for key in (Key(measure, years),)
}
"""Every key by its text."""


def read_key(value: object) -> str:
    """A key's text. Raises: ValueError."""
    text = value.strip().lower() if isinstance(value, str) else ""
    if text not in KEYS:
        raise ValueError(N_("There is no such key. Use for example previous_year_share, study_hours or even."))
    return text


class Rounding(StrEnum):
    """What shares are rounded to."""

    ORE = "ore"
    KRONA = "krona"


ROUNDING_TITLES = {Rounding.ORE: N_("To the öre"), Rounding.KRONA: N_("To whole kronor")}
UNITS = {Rounding.ORE: 1, Rounding.KRONA: 100}
"""Öre in the smallest part of a share."""


class Frozen(BaseModel):
    """A value that crosses a border."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Count = Annotated[int, Field(ge=0, le=10**9)]


class Thresholds(Frozen):
    """What an association must reach in the year of activity; 0 asks for nothing.

    `municipalities` counts the kommuner with at least `municipality_hours` study hours each, or any at all.
    """

    hours: Count = 0
    municipalities: Count = 0
    municipality_hours: Count = 0

    @property
    def ask(self) -> bool:
        """Whether anything must be reached."""
        return bool(self.hours or self.municipalities)


class Fixed(Frozen):
    """The same amount to each that reaches something, taken from the frame before the weights."""

    amount: Money
    thresholds: Thresholds = Thresholds()


class Part(Frozen):
    """A part of the frame and how it is shared.

    `programme_hours`: what a cultural programme counts in hours; `other_group_percent`: how much of an hour of other
    group activity counts (both for study hours). `most_per_study_hour`: at most so many participant hours are counted
    for each study hour. `most_percent`: at most so much of the part goes to one association; the rest goes on.
    """

    code: Code
    title: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    weight: Exact
    key: Annotated[str, BeforeValidator(read_key)]
    programme_hours: Exact | None = None
    other_group_percent: Exact | None = None
    most_per_study_hour: Exact | None = None
    most_percent: Exact | None = None
    note: Annotated[str, StringConstraints(max_length=500)] = ""

    @property
    def measure(self) -> Measure:
        """What is counted."""
        return KEYS[self.key].measure

    @property
    def years(self) -> int:
        """Over how many years."""
        return KEYS[self.key].years

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.programme_hours or self.other_group_percent) and self.measure is not Measure.STUDY_HOURS:
            raise ValueError(N_("Only study hours can take in cultural programmes and other group activity."))
        if self.most_per_study_hour and self.measure is not Measure.PARTICIPANT_HOURS:
            raise ValueError(N_("Only participant hours can be bounded for each study hour."))
        if self.most_percent and self.most_percent > WHOLE_PERCENT:
            raise ValueError(N_("At most 100 % of a part can go to one association."))
        return self


class Definition(Frozen):
    """What a version of a rule says. The weights are per cent of the frame, less fixed amounts, and sum to 100.

    `activity_lag`: the year of activity is so many years before the year of allocation.
    """

    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=MOST_PARTS)]
    rounding: Rounding = Rounding.ORE
    activity_lag: Annotated[int, Field(ge=0, le=3)] = 1
    needs_state_grant: bool = False
    thresholds: Thresholds = Thresholds()
    fixed: Fixed | None = None

    @property
    def unit_ore(self) -> int:
        """The smallest part of a share, in öre."""
        return UNITS[self.rounding]

    @property
    def weights(self) -> dict[str, Fraction]:
        """The parts' weights by code."""
        return {part.code: part.weight for part in self.parts}

    def activity_years(self, year: int, part: Part) -> tuple[int, ...]:
        """The years that a part reads for an allocation of `year`, the latest first."""
        lag = 1 if part.measure is Measure.PREVIOUS_GRANTS else self.activity_lag
        return () if part.measure is Measure.EVEN else tuple(range(year - lag, year - lag - part.years, -1))

    def with_weights(self, weights: dict[str, Fraction]) -> "Definition":
        """The same rule with other weights; a part of weight 0 falls away. Raises: ValueError."""
        given = [(part, weights.get(part.code, part.weight)) for part in self.parts]
        parts = [part.model_dump() | {"weight": weight} for part, weight in given if weight]
        return Definition.model_validate(self.model_dump() | {"parts": parts})

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        codes = [part.code for part in self.parts]
        if len(set(codes)) < len(codes):
            raise ValueError(N_("Two parts have the same short name."))
        if FIXED_CODE in codes:
            raise ValueError(N_("The short name fixed is kept for the fixed amount. Choose another."))
        total = sum(part.weight for part in self.parts)
        if total != WHOLE_PERCENT:
            raise ValueError(WEIGHTS_MESSAGE)
        return self


WEIGHTS_MESSAGE = N_("The weights must sum to 100.")


class RuleDetails(Frozen):
    """A version to register. `valid_from` None: always; `source` says where the rule is written."""

    valid_from: date | None = None
    issuer: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    source: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    note: Annotated[str, StringConstraints(max_length=2000)] = ""
    definition: Definition


class RuleVersion(RuleDetails):
    """A registered version of a rule."""

    id: int
    rule_id: int
    name: str
    funder_id: int | None
    version: int
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int
    uses: int = 0
    """How many allocations were frozen with it."""

    @property
    def number(self) -> str:
        """The rule's number."""
        return rule_number(self.rule_id)

    @property
    def reference(self) -> str:
        """How an address names exactly this version: `FR-3.2`."""
        return f"{self.number}.{self.version}"


def rule_number(rule_id: int) -> str:
    """`FR-3` for a rule's id (fördelningsregel)."""
    return f"FR-{rule_id}"


def parse_rule_reference(text: str) -> tuple[int, int | None] | None:
    """The id and version in `FR-3` or `FR-3.2`, or None for anything else."""
    match = re.fullmatch(r"FR-([0-9]{1,15})(?:\.([0-9]{1,4}))?", text.strip().upper(), re.ASCII)
    return (int(match[1]), int(match[2]) if match[2] else None) if match else None
