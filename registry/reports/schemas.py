"""Reports as they cross the border: what a grant demands, how far it has come, and every step on the way."""

from datetime import date, datetime
from enum import StrEnum

from registry.core.errors import N_
from registry.core.numbers import record_id
from registry.grants.schemas import REPORT_TITLES, Frozen, ReportKind, grant_number
from registry.texts import _


class ReportState(StrEnum):
    """How far a report has come."""

    DUE = "due"
    RECEIVED = "received"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    APPROVED = "approved"
    WAIVED = "waived"


STATE_TITLES = {
    ReportState.DUE: N_("awaited"),
    ReportState.RECEIVED: N_("received"),
    ReportState.IN_REVIEW: N_("under review"),
    ReportState.RETURNED: N_("returned"),
    ReportState.APPROVED: N_("approved"),
    ReportState.WAIVED: N_("not needed"),
}
AWAITED = frozenset({ReportState.DUE, ReportState.RETURNED})
"""States in which the recipient has something to send."""
UNREVIEWED = frozenset({ReportState.RECEIVED, ReportState.IN_REVIEW})
"""States in which the funder has something to read."""


class ReportEvent(StrEnum):
    """What may happen to a report."""

    RECEIVED = "received"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    RETURNED = "returned"
    EXTENDED = "extended"
    WAIVED = "waived"
    REOPENED = "reopened"


EVENT_TITLES = {
    ReportEvent.RECEIVED: N_("It has come"),
    ReportEvent.REVIEWED: N_("The review has begun"),
    ReportEvent.APPROVED: N_("Approve it"),
    ReportEvent.RETURNED: N_("Return it, with reasons and a new date"),
    ReportEvent.EXTENDED: N_("Give more time"),
    ReportEvent.WAIVED: N_("It isn't needed any more"),
    ReportEvent.REOPENED: N_("Open it again: the last decision was a mistake"),
}
PAST_TITLES = {
    ReportEvent.RECEIVED: N_("Received"),
    ReportEvent.REVIEWED: N_("Review begun"),
    ReportEvent.APPROVED: N_("Approved"),
    ReportEvent.RETURNED: N_("Returned"),
    ReportEvent.EXTENDED: N_("More time given"),
    ReportEvent.WAIVED: N_("Not needed any more"),
    ReportEvent.REOPENED: N_("Opened again"),
}


class EventDetails(Frozen):
    """A step as it is registered. `due_on` is the new day, where the step gives one."""

    event: ReportEvent
    happened_on: date
    due_on: date | None = None
    reference: str = ""
    reason: str = ""


class Step(Frozen):
    """A registered step; `state` and `due_on` are as they stood after it."""

    event: ReportEvent
    happened_on: date
    state: ReportState
    due_on: date
    reference: str
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int


class Report(Frozen):
    """A report as lists show it. `first_due_on` is the day that was demanded, `due_on` the one that holds now.

    `last_on` is the day of the last step, None while nothing has happened.
    """

    id: int
    grant_id: int
    funder_id: int
    funder_name: str
    funder_org_number: str
    programme_code: str
    programme_title: str
    recipient_id: int
    recipient_name: str
    recipient_org_number: str
    dnr: str
    kind: ReportKind
    title: str
    demanded_on: date
    first_due_on: date
    due_on: date
    state: ReportState
    last_on: date | None
    reference: str
    overdue: bool
    recorded_at: datetime
    recorded_by: str
    seq: int

    @property
    def number(self) -> str:
        """The report's number."""
        return report_number(self.id)

    @property
    def grant_number(self) -> str:
        """Its grant's number."""
        return grant_number(self.grant_id)

    @property
    def shown_title(self) -> str:
        """What it is called, in the reader's language unless it has a title of its own."""
        return report_title(self.kind, self.title)

    @property
    def status(self) -> str:
        """The state, or `overdue`: what lists and filters go by."""
        return "overdue" if self.overdue else self.state.value


def report_title(kind: ReportKind, title: str) -> str:
    """What a report is called."""
    return title or _(REPORT_TITLES[kind])


def report_number(report_id: int) -> str:
    """`D-12` for a report's id."""
    return f"D-{report_id}"


def parse_report_number(number: str) -> int | None:
    """The id in `D-12`, or None for anything else."""
    return record_id(number, "D")
