"""What may happen to a report, when, and what it leads to. Pure."""

from collections.abc import Mapping
from datetime import date

from registry.core.errors import N_, FieldError, InvalidInputError, RegistryError, RuleError
from registry.grants.schemas import ReportKind
from registry.reports.schemas import AWAITED, UNREVIEWED, EventDetails, ReportEvent, ReportState

ALLOWED: Mapping[ReportEvent, frozenset[ReportState]] = {
    ReportEvent.RECEIVED: AWAITED,
    ReportEvent.REVIEWED: frozenset({ReportState.RECEIVED}),
    ReportEvent.APPROVED: UNREVIEWED,
    ReportEvent.RETURNED: UNREVIEWED,
    ReportEvent.EXTENDED: AWAITED,
    ReportEvent.WAIVED: AWAITED | UNREVIEWED,
    ReportEvent.REOPENED: frozenset({ReportState.APPROVED, ReportState.WAIVED}),
}
"""From which states each step may be taken."""

LEADS_TO: Mapping[ReportEvent, ReportState] = {
    ReportEvent.RECEIVED: ReportState.RECEIVED,
    ReportEvent.REVIEWED: ReportState.IN_REVIEW,
    ReportEvent.APPROVED: ReportState.APPROVED,
    ReportEvent.RETURNED: ReportState.RETURNED,
    ReportEvent.WAIVED: ReportState.WAIVED,
}
"""The states that steps lead to, whatever was before."""

WITH_REASON = frozenset({ReportEvent.RETURNED, ReportEvent.EXTENDED, ReportEvent.WAIVED, ReportEvent.REOPENED})
WITH_DAY = frozenset({ReportEvent.RETURNED, ReportEvent.EXTENDED})
"""Steps that give a new day to send it."""


KIND_NAMES = {
    "slutredovisning": ReportKind.FINAL,
    "delredovisning": ReportKind.INTERIM,
    "verksamhetsberättelse": ReportKind.ACTIVITY,
    "årsredovisning": ReportKind.ACCOUNTS,
    "annan": ReportKind.OTHER,
}
"""Names that an import file may use besides the kinds themselves."""


class UnknownKindError(FieldError):
    """No such kind of report."""

    code = "invalid-kind"
    message = N_("%(kind)s is no kind of report. Use one of: %(kinds)s.")


class RefusedStepError(InvalidInputError):
    """A step that is well formed but breaks rules, each at its field."""

    code = "step-refused"
    status = 409


class StepNotPossibleError(RegistryError):
    """The report isn't where this step begins."""

    code = "step-not-possible"
    message = N_("That can't happen while the report stands as “%(state)s”. Look at the report again.")


def read_report_kind(text: str) -> ReportKind:
    """Read a kind as a file names it. Raises: UnknownKindError."""
    name = text.strip().lower()
    if name in KIND_NAMES:
        return KIND_NAMES[name]
    if name not in list(ReportKind):
        raise UnknownKindError(field="kind", kind=text[:40], kinds=", ".join(ReportKind))
    return ReportKind(name)


def allowed_events(state: ReportState) -> list[ReportEvent]:
    """What may happen next."""
    return [event for event, states in ALLOWED.items() if state in states]


def next_state(event: ReportEvent, state: ReportState, *, ever_received: bool) -> ReportState:
    """The state after a step."""
    if event is ReportEvent.EXTENDED:
        return state
    if event is ReportEvent.REOPENED:
        return ReportState.RECEIVED if ever_received else ReportState.DUE
    return LEADS_TO[event]


def check_step(step: EventDetails, *, due_on: date, not_before: date, today: date) -> None:
    """Check a step's fields; `not_before` is the day of the last step, or of the demand.

    Raises: RefusedStepError naming every field that is wrong.
    """
    errors: list[tuple[str, RegistryError]] = []

    def refuse(field: str, message: str, **data: object) -> None:
        errors.append((field, RuleError(field=field, message=message, **data)))

    if step.happened_on > today:
        refuse("happened_on", N_("The date can't be after today."))
    elif step.happened_on < not_before:
        refuse("happened_on", N_("The step before was on %(day)s. Choose that day or a later one."), day=not_before)
    if step.event in WITH_REASON and not step.reason.strip():
        refuse("reason", N_("Write the reason."))
    try:
        _check_new_day(step, due_on)
    except RegistryError as error:
        errors.append(("due_on", error))
    if errors:
        raise RefusedStepError(errors)


def _check_new_day(step: EventDetails, due_on: date) -> None:
    """The new day that some steps give. Raises: RuleError."""
    message = ""
    if step.event not in WITH_DAY:
        if step.due_on is not None:
            message = N_("Only a report that is returned or given more time gets a new day.")
    elif step.due_on is None:
        message = N_("Write the day when it is to be sent.")
    elif step.due_on <= step.happened_on:
        message = N_("The new day must come after the day of the step.")
    elif step.event is ReportEvent.EXTENDED and step.due_on <= due_on:
        message = N_("More time means a later day than %(day)s.")
    if message:
        raise RuleError(field="due_on", message=message, day=due_on)
