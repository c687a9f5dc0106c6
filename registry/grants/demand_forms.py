"""The reports in the form of a decision: reading the rows, and filling in what is usually demanded."""

from collections.abc import Sequence
from datetime import date

from registry.grants.demands import suggest_reports
from registry.grants.schemas import REPORT_TITLES, DemandedReport, ReportKind
from registry.programmes.schemas import Programme
from registry.texts import _
from registry.web.forms import Form

ROWS = 3
"""Rows of the form; more reports are demanded on the grant's page."""


def kind_options() -> list[tuple[str, str]]:
    """The kinds to choose among."""
    return [(kind.value, _(title)) for kind, title in REPORT_TITLES.items()]


def names(row: int) -> tuple[str, str, str]:
    """The fields of a row: kind, day and title."""
    return f"report_kind_{row}", f"report_due_{row}", f"report_title_{row}"


def suggest(form: Form, programmes: Sequence[Programme]) -> None:
    """Fill empty rows with what the chosen programme's kind usually demands for the period."""
    programme_id, _colon, year = form.get("programme").partition(":")
    programme = next((one for one in programmes if str(one.id) == programme_id), None)
    if programme is None or not year.isdigit():
        form.refuse("programme", _("Choose the programme first: what is usually demanded depends on it."))
        return
    period_to = form.date("period_to", required=False) or date(int(year), 12, 31)
    for row, report in enumerate(suggest_reports(programme.kind, period_to), start=1):
        kind, due_on, title = names(row)
        if row <= ROWS and not any(form.get(name) for name in (kind, due_on, title)):
            form.values |= {kind: report.kind.value, due_on: report.due_on.isoformat()}


def read_reports(form: Form) -> tuple[DemandedReport, ...]:
    """The rows that hold something, in their order; what is wrong is added to the form."""
    reports = []
    for row in range(1, ROWS + 1):
        kind_name, due_name, title_name = names(row)
        if not any(form.get(name) for name in names(row)):
            continue
        kind = form.choice(kind_name, [kind.value for kind in ReportKind])
        due_on, title = form.date(due_name), form.text(title_name)
        if kind is not None and due_on is not None and not form.errors:
            reports.append(DemandedReport(kind=ReportKind(kind), title=title, due_on=due_on))
    return tuple(reports)
