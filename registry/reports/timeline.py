"""The steps of a report as a timeline shows them, the latest first."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from registry.core.access import Scope
from registry.grants.events import Event, make_event
from registry.reports.rules import WITH_DAY
from registry.reports.schemas import PAST_TITLES, Report, ReportEvent, Step
from registry.texts import _, format_date

KINDS = {
    ReportEvent.RECEIVED: "import",
    ReportEvent.REVIEWED: "",
    ReportEvent.APPROVED: "attest",
    ReportEvent.RETURNED: "reversal",
    ReportEvent.EXTENDED: "amendment",
    ReportEvent.WAIVED: "reversal",
    ReportEvent.REOPENED: "amendment",
}
"""How a timeline marks each step."""


def steps_of(scope: Scope, report: Report, steps: Sequence[Step], *, named: bool = False) -> list[Event]:
    """The demand and every step, the latest first; `named` where the steps of several reports stand together."""
    text = _("due on %(day)s") % {"day": format_date(report.first_due_on)}
    demanded = make_event(
        scope, report.demanded_on, _about(report, _("Demanded"), named=named), "decision", report.seq,
        report.recorded_by, report.recorded_at, text=text,
    )  # fmt: skip
    return [*(_event(scope, report, step, named=named) for step in reversed(steps)), demanded]


def _event(scope: Scope, report: Report, step: Step, *, named: bool) -> Event:
    day = _("new day: %(day)s") % {"day": format_date(step.due_on)} if step.event in WITH_DAY else ""
    text = " · ".join(part for part in (step.reference, step.reason, day) if part)
    return make_event(
        scope, step.happened_on, _about(report, _(PAST_TITLES[step.event]), named=named), KINDS[step.event], step.seq,
        step.recorded_by, step.recorded_at, text=text,
    )  # fmt: skip


def _about(report: Report, what: str, *, named: bool) -> str:
    """The step, after the report's number as a link where it is named."""
    if not named:
        return what
    link = Markup('<a href="/reports/{0}">{0}</a>').format(report.number)
    return link + escape(f" {report.shown_title}: {what.lower()}")
