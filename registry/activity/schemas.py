"""Activity reports as they cross the border: yearly aggregates of an association in a kommun, in versions."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from registry.core.errors import N_
from registry.core.money import Money

MOST = 10**12
"""The largest count that a report may hold."""

Count = Annotated[int, Field(ge=0, le=MOST)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class Measure(StrEnum):
    """What a report counts; the same words as the columns of an import file."""

    STUDY_HOURS = "study_hours"
    PARTICIPANT_HOURS = "participant_hours"
    UNIQUE_PARTICIPANTS = "unique_participants"
    CULTURAL_PROGRAMMES = "cultural_programmes"
    OTHER_GROUP_HOURS = "other_group_hours"
    TARGET_GROUP_HOURS = "target_group_hours"
    DISABILITY_PARTICIPANTS = "disability_participants"
    SWEDISH_FOR_FOREIGN_BORN = "swedish_for_foreign_born"
    STATE_GRANT = "state_grant"


MEASURE_TITLES = {
    Measure.STUDY_HOURS: N_("Study hours"),
    Measure.PARTICIPANT_HOURS: N_("Participant hours"),
    Measure.UNIQUE_PARTICIPANTS: N_("Unique participants"),
    Measure.CULTURAL_PROGRAMMES: N_("Cultural programmes"),
    Measure.OTHER_GROUP_HOURS: N_("Hours of other group activity"),
    Measure.TARGET_GROUP_HOURS: N_("Study hours with target groups"),
    Measure.DISABILITY_PARTICIPANTS: N_("Participants with disabilities"),
    Measure.SWEDISH_FOR_FOREIGN_BORN: N_("Swedish for those born abroad, hours"),
    Measure.STATE_GRANT: N_("State grant"),
}
ALWAYS = tuple(Measure)[:5]
"""Measures that every report has."""
FURTHER = tuple(Measure)[5:]
"""Measures that some rules of allocation ask for; null where nobody has reported them."""
COUNTS = tuple(measure for measure in Measure if measure is not Measure.STATE_GRANT)
"""All measures but the one that is money."""


class Frozen(BaseModel):
    """A value that crosses a border."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Figures(Frozen):
    """What a report says, with where it is known from and who signed it."""

    study_hours: Count
    participant_hours: Count
    unique_participants: Count
    cultural_programmes: Count
    other_group_hours: Count
    target_group_hours: Count | None = None
    disability_participants: Count | None = None
    swedish_for_foreign_born: Count | None = None
    state_grant: Money | None = None
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    signed_by: Annotated[str, StringConstraints(max_length=200)] = ""


class ReportDetails(Frozen):
    """A report as it is registered. `municipality` is a kommun's name without the word kommun."""

    municipality: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    year: int
    figures: Figures


class ReportVersion(Frozen):
    """What a report said from one registration to the next; `reason` is empty for the first."""

    version: int
    figures: Figures
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int


class Report(Frozen):
    """A report as a list shows it, with the figures in force."""

    id: int
    party_id: int
    party_name: str
    party_org_number: str
    municipality: str
    year: int
    version: int
    figures: Figures
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int

    @property
    def number(self) -> str:
        """The report's number."""
        return report_number(self.id)

    @property
    def party_number(self) -> str:
        """The association's number."""
        return f"P-{self.party_id}"


def report_number(report_id: int) -> str:
    """`V-17` for a report's id (verksamhetsrapport)."""
    return f"V-{report_id}"


def parse_report_number(number: str) -> int | None:
    """The id in `V-17`, or None for anything else."""
    head, _, digits = number.strip().upper().partition("-")
    return int(digits) if head == "V" and digits.isascii() and digits.isdigit() and len(digits) < 16 else None
