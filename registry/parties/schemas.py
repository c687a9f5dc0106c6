"""Parties as they cross the border: what is registered, and what is shown."""

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from registry.core.errors import N_


class PartyKind(StrEnum):
    """What a party is."""

    REGION = "region"
    KOMMUN = "kommun"
    STUDY_ASSOCIATION = "study_association"
    CREATOR = "creator"
    SOCIETY = "society"
    FOUNDATION = "foundation"
    MUSEUM = "museum"
    ASSOCIATION = "association"
    COMPANY = "company"
    OTHER = "other"


KIND_TITLES = {
    PartyKind.REGION: N_("Region"),
    PartyKind.KOMMUN: N_("Kommun"),
    PartyKind.STUDY_ASSOCIATION: N_("Study association"),
    PartyKind.CREATOR: N_("Cultural creator"),
    PartyKind.SOCIETY: N_("Society"),
    PartyKind.FOUNDATION: N_("Foundation"),
    PartyKind.MUSEUM: N_("Museum"),
    PartyKind.ASSOCIATION: N_("Association"),
    PartyKind.COMPANY: N_("Company"),
    PartyKind.OTHER: N_("Other"),
}
FUNDER_KINDS = frozenset({PartyKind.REGION, PartyKind.KOMMUN})


class PartyDetails(BaseModel):
    """What someone registers about a party; numbers are normalised and checked by `rules.check_party`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    org_number: str
    name: str
    kind: PartyKind
    municipality: str = ""
    language: str = "sv"
    bankgiro: str = ""
    plusgiro: str = ""
    email: str = ""
    address: str = ""


class Party(BaseModel):
    """A party as a list shows it. `org_number` is masked when it may be a personnummer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    kind: PartyKind
    org_number: str
    name: str
    municipality: str
    language: str
    personal: bool
    protected: bool = False
    successor_id: int | None = None
    merged_on: date | None = None

    @property
    def number(self) -> str:
        """The registry's own number, fit for addresses."""
        return f"P-{self.id}"


class PartyVersion(BaseModel):
    """A party's particulars from a day on; accounts are shown whole only where they may be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    valid_from: date
    org_number: str
    name: str
    email: str
    address: str
    bankgiro: str
    plusgiro: str
    seq: int
