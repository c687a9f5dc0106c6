"""The form in which an allocation is decided: what all the decisions have in common, and their plan in per cent."""

from registry.allocations.service import Decision, PlannedPart
from registry.core.exact import read_exact
from registry.grants.demand_forms import read_reports
from registry.grants.rules import MOST_INSTALMENTS
from registry.texts import _
from registry.web.forms import MISSING, Form

ROWS = 2
"""Rows of the plan at first, and how many more each press adds."""


def row_names(row: int) -> tuple[str, str]:
    """The fields of an instalment: day and per cent."""
    return f"instalment_date_{row}", f"instalment_percent_{row}"


def rows_shown(form: Form) -> int:
    """How many rows to show: as many as were shown or filled, at least `ROWS`."""
    filled = [row for row in range(1, MOST_INSTALMENTS + 1) if any(form.get(name) for name in row_names(row))]
    shown = form.get("rows")
    wanted = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 3 else 0
    return min(max(ROWS, wanted, *filled), MOST_INSTALMENTS)


def add_rows(form: Form) -> None:
    """Show more rows, and keep what was typed."""
    form.values["rows"] = str(min(rows_shown(form) + ROWS, MOST_INSTALMENTS))


def read_decision(form: Form) -> Decision | None:
    """The decision that the form holds, or None with the messages added."""
    plan = _read_plan(form)
    return form.build(
        Decision,
        dnr=form.text("dnr", required=True, most=60),
        paragraph=form.text("paragraph", most=30),
        decided_on=form.date("decided_on"),
        decider=form.text("decider", required=True),
        purpose=form.text("purpose", most=2000),
        conditions=form.text("conditions", most=5000),
        plan=plan,
        reports=read_reports(form),
    )


def _read_plan(form: Form) -> tuple[PlannedPart, ...]:
    if form.get("plan") != "parts":
        if any(form.get(name) for row in range(1, MOST_INSTALMENTS + 1) for name in row_names(row)):
            form.refuse("plan", _("You have written instalments. Choose to pay in instalments, or empty their rows."))
        return ()
    parts = []
    for row in range(1, MOST_INSTALMENTS + 1):
        date_name, percent_name = row_names(row)
        text = form.get(percent_name)
        if not text and not form.get(date_name):
            continue
        due_on = form.date(date_name)
        try:
            percent = read_exact(text) if text else None
        except ValueError as error:
            form.refuse(percent_name, _(str(error)))
            continue
        if percent is None or percent <= 0:
            form.refuse(percent_name, _(MISSING))
        elif due_on is not None:
            parts.append(PlannedPart(due_on=due_on, percent=percent))
    if not parts and not form.errors:
        form.refuse("instalment_date_1", _("Write at least one instalment, or choose one payment on decision."))
    return tuple(parts)
