"""Agreements as they cross the border: what is registered, and what is shown."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from registry.core.money import Money

MOST_PARTIES = 12
MOST_NEW_AREAS = 12
LONGEST_SUMMARY = 2000

Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Summary = Annotated[str, StringConstraints(max_length=LONGEST_SUMMARY)]


class Frozen(BaseModel):
    """A value that crosses a border."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SignedBy(Frozen):
    """A party that signs: it needs not be registered as a party of the registry yet."""

    org_number: str
    name: Title


class NewArea(Frozen):
    """An area that no agreement has had before; an empty Finnish or English title is the Swedish one."""

    title_sv: Title
    title_fi: Annotated[str, StringConstraints(max_length=200)] = ""
    title_en: Annotated[str, StringConstraints(max_length=200)] = ""
    summary_sv: Summary = ""


class AgreementDetails(Frozen):
    """An agreement as it is registered: `areas` are the codes of those that it carries over, in order."""

    title: Title
    period_from: date
    period_to: date
    source: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    parties: tuple[SignedBy, ...]
    areas: tuple[str, ...] = ()
    new_areas: tuple[NewArea, ...] = ()


class AreaText(Frozen):
    """A better summary of an area in one agreement, and why it is changed."""

    summary_sv: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SUMMARY)]
    summary_fi: Summary = ""
    summary_en: Summary = ""
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signed; `party_id` when it is registered as a party."""

    org_number: str
    name: str
    party_id: int | None


@dataclass(frozen=True, slots=True)
class AgreedArea:
    """An area as one agreement has it. `summary` is in the reader's language, or in Swedish when `is_swedish` says so.

    `before` is the title of the agreement whose summary is shown, when this one has none of its own.
    """

    id: int
    code: str
    title: str
    summary: str
    summaries: tuple[str, str, str]
    is_swedish: bool
    version: int
    is_new: bool
    seq: int
    before: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement with its parties and areas."""

    id: int
    title: str
    period_from: date
    period_to: date
    source: str
    parties: tuple[Signatory, ...]
    areas: tuple[AgreedArea, ...]
    seq: int
    withdrawn_at: datetime | None = None
    withdrawal_reason: str = ""

    @property
    def number(self) -> str:
        """The agreement's number."""
        return agreement_number(self.id)

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was registered by mistake."""
        return self.withdrawn_at is not None

    def has_begun(self, day: date) -> bool:
        """Whether its period had begun on a day."""
        return self.period_from <= day

    def has_ended(self, day: date) -> bool:
        """Whether its period was over on a day."""
        return self.period_to < day

    @property
    def years(self) -> range:
        """The years of its period."""
        return range(self.period_from.year, self.period_to.year + 1)

    def area(self, code: str) -> AgreedArea | None:
        """One of its areas by code."""
        return next((area for area in self.areas if area.code == code), None)


def agreement_number(agreement_id: int) -> str:
    """`A-1` for an agreement's id."""
    return f"A-{agreement_id}"


def parse_agreement_number(number: str) -> int | None:
    """The id in `A-1`, or None for anything else."""
    head, _, digits = number.strip().upper().partition("-")
    return int(digits) if head == "A" and digits.isascii() and digits.isdigit() and len(digits) < 16 else None


@dataclass(frozen=True, slots=True)
class AreaProgramme:
    """A programme in an area, with what its frames come to and what was decided from them in some years."""

    id: int
    area_code: str
    funder_name: str
    funder_org_number: str
    code: str
    title: str
    inside_ksm: bool
    frame_ore: Money
    decided_ore: Money
