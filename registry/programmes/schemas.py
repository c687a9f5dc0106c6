"""Programmes and their frames as they cross the border."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from registry.core.errors import N_
from registry.core.money import Money


class ProgrammeKind(StrEnum):
    """What a programme gives grants to."""

    STUDY_ASSOCIATIONS = "study_associations"
    CREATORS = "creators"
    INITIATIVE = "initiative"
    CO_FUNDING = "co_funding"
    GENERAL = "general"


KIND_TITLES = {
    ProgrammeKind.STUDY_ASSOCIATIONS: N_("Study associations"),
    ProgrammeKind.CREATORS: N_("Cultural creators"),
    ProgrammeKind.INITIATIVE: N_("Yearly initiative"),
    ProgrammeKind.CO_FUNDING: N_("Co-funding"),
    ProgrammeKind.GENERAL: N_("General grants"),
}


INSIDE, OUTSIDE = "inside", "outside"
KSM_TITLES = {
    INSIDE: N_("inside Kultursamverkansmodellen"),
    OUTSIDE: N_("outside Kultursamverkansmodellen"),
}
"""How filters and files name whether a programme lies inside Kultursamverkansmodellen."""


class ProgrammeDetails(BaseModel):
    """What someone registers about a programme. `area_id` is None when it belongs to no priority area."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-zÅÄÖåäö._/-]{1,30}$")]
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    kind: ProgrammeKind
    area_id: int | None = None
    inside_ksm: bool = False
    account: Annotated[str, StringConstraints(max_length=30)] = ""


class Frame(BaseModel):
    """A programme's frame for a year: all sums in öre; `left` is what may still be decided."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: int
    amount_ore: Money
    decided_ore: Money
    paid_ore: Money

    @property
    def left_ore(self) -> Money:
        """What may still be decided."""
        return Money(self.amount_ore - self.decided_ore)


class Programme(BaseModel):
    """A programme as it is shown, with its frames, the latest year first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    funder_id: int
    funder_name: str
    funder_org_number: str
    code: str
    title: str
    kind: ProgrammeKind
    area_id: int | None
    area_code: str | None
    area_title: str | None
    inside_ksm: bool
    account: str
    frames: tuple[Frame, ...] = ()

    def frame_of(self, year: int) -> Frame | None:
        """The frame of a year, if there is one."""
        return next((frame for frame in self.frames if frame.year == year), None)
