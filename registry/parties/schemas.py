"""Parties as they cross the border: what is registered, and what is shown."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from registry.core.errors import N_
from registry.core.numbers import record_id


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


class AccountSource(StrEnum):
    """Where a request for another account came from."""

    FORM = "form"
    API = "api"
    IMPORT = "import"


class AccountStatus(StrEnum):
    """What became of a request for another account."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


ACCOUNT_TITLES = {
    AccountStatus.PENDING: N_("waits for a colleague"),
    AccountStatus.APPROVED: N_("approved"),
    AccountStatus.REJECTED: N_("rejected"),
    AccountStatus.WITHDRAWN: N_("withdrawn by who asked"),
}


class AccountDetails(BaseModel):
    """The accounts that a party wants to be paid to, both of them as they are to be; numbers are checked by rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bankgiro: str = ""
    plusgiro: str = ""
    valid_from: date
    reason: str
    evidence: str = ""


class AccountRequest(BaseModel):
    """A request for another account: what was in force before, what is wanted, and what became of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    party_id: int
    party_name: str
    old_bankgiro: str
    old_plusgiro: str
    bankgiro: str
    plusgiro: str
    valid_from: date
    reason: str
    evidence: str
    source: AccountSource
    recorded_at: datetime
    recorded_by_id: int | None
    recorded_by: str
    seq: int
    status: AccountStatus
    decision_reason: str
    decided_at: datetime | None
    decided_by: str
    decision_seq: int | None

    @property
    def number(self) -> str:
        """The request's number."""
        return request_number(self.id)

    @property
    def party_number(self) -> str:
        """Its party's number."""
        return f"P-{self.party_id}"

    @property
    def pending(self) -> bool:
        """Whether it waits for a colleague."""
        return self.status is AccountStatus.PENDING


def request_number(request_id: int) -> str:
    """`C-12` for a request's id."""
    return f"C-{request_id}"


def parse_request_number(number: str) -> int | None:
    """The id in `C-12`, or None for anything else."""
    return record_id(number, "C")


class Party(BaseModel):
    """A party as a list shows it. `org_number` is masked when it is a personal number: then it is a `person`.

    `personal`: the trail holds its particulars as digests. `protected`: `name` is a mask.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int
    kind: PartyKind
    org_number: str
    name: str
    municipality: str
    language: str
    personal: bool
    person: bool = False
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
