"""Reminders as they cross the border: what somebody has to do, by when, and how late it is."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registry.core.errors import N_
from registry.core.money import Money


class TaskKind(StrEnum):
    """What is to be done. The last three are an association's."""

    INSTALMENT = "instalment"
    ATTEST = "attest"
    REPORT = "report"
    REVIEW = "review"
    CLAIM = "claim"
    ACCOUNT = "account"
    STOP = "stop"
    DRAFT = "draft"
    BENEFIT = "benefit"
    MOTIVE = "motive"
    SEND = "send"
    REPAY = "repay"
    COMING = "coming"


KIND_TITLES = {
    TaskKind.INSTALMENT: N_("Instalment to pay"),
    TaskKind.ATTEST: N_("Payment to attest"),
    TaskKind.REPORT: N_("Report that is awaited"),
    TaskKind.REVIEW: N_("Report to review"),
    TaskKind.CLAIM: N_("Claim that is awaited"),
    TaskKind.ACCOUNT: N_("Change of account to decide"),
    TaskKind.STOP: N_("Stopped payments"),
    TaskKind.DRAFT: N_("Draft decisions"),
    TaskKind.BENEFIT: N_("Benefit to state"),
    TaskKind.MOTIVE: N_("Motive to write"),
    TaskKind.SEND: N_("Report to send"),
    TaskKind.REPAY: N_("Claim to pay back"),
    TaskKind.COMING: N_("Coming payment"),
}


class Urgency(StrEnum):
    """How soon. `open`: it has no day."""

    LATE = "late"
    SOON = "soon"
    LATER = "later"
    OPEN = "open"


URGENCY_TITLES = {
    Urgency.LATE: N_("late"),
    Urgency.SOON: N_("soon"),
    Urgency.LATER: N_("later"),
    Urgency.OPEN: N_("no day"),
}


STATUS_TITLES = {
    "overdue": N_("late"),
    "due": N_("soon"),
    "coming": N_("later"),
    "stopped": N_("stopped"),
    "draft": N_("draft"),
    "waiting": N_("waits"),
}
"""What pages say of `Task.status`."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that needs the reader. `record` is the number of what it is about, `name` whom it concerns.

    `text` says the rest in the reader's language; `party_id` is the party of the name, if it is one. `count` is more
    than one where so many wait that a list of their own shows them.
    """

    kind: TaskKind
    record: str
    name: str
    text: str
    href: str
    urgency: Urgency
    due_on: date | None = None
    funder_name: str = ""
    party_id: int | None = None
    amount_ore: Money | None = None
    count: int = 1

    @property
    def key(self) -> str:
        """What stays the same of it, for calendars."""
        return f"{self.kind.value}-{self.record}".lower().replace("/", "-")

    @property
    def status(self) -> str:
        """How pages mark it."""
        if self.urgency is Urgency.OPEN:
            return {TaskKind.STOP: "stopped", TaskKind.DRAFT: "draft"}.get(self.kind, "waiting")
        return {Urgency.LATE: "overdue", Urgency.SOON: "due"}.get(self.urgency, "coming")
