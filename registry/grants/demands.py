"""The reports that a decision demands: what may be demanded, and what usually is. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from registry.core.errors import N_, RegistryError, RuleError
from registry.grants.schemas import DemandedReport, ReportKind
from registry.programmes.schemas import ProgrammeKind

MOST_REPORTS = 6
"""So many reports a decision may demand at once; more are demanded later."""

USUAL: dict[ProgrammeKind, tuple[tuple[ReportKind, int], ...]] = {
    ProgrammeKind.STUDY_ASSOCIATIONS: ((ReportKind.ACTIVITY, 135), (ReportKind.ACCOUNTS, 135)),
    ProgrammeKind.CREATORS: ((ReportKind.FINAL, 60),),
    ProgrammeKind.INITIATIVE: ((ReportKind.FINAL, 60),),
    ProgrammeKind.CO_FUNDING: ((ReportKind.ACTIVITY, 135), (ReportKind.ACCOUNTS, 135)),
    ProgrammeKind.GENERAL: ((ReportKind.FINAL, 60),),
}
"""What is usually demanded, and how many days after the period's end it is due. A suggestion, which nobody has to take.

An event is usually reported within two months; associations that report by year do so by the middle of May.
"""


class TooManyReportsError(RuleError):
    """More reports than a decision demands."""

    code = "too-many-reports"
    message = N_("A decision demands at most %(most)s reports. Demand the others afterwards.")


def suggest_reports(kind: ProgrammeKind, period_to: date) -> tuple[DemandedReport, ...]:
    """What a programme of this kind usually demands for a period."""
    return tuple(DemandedReport(kind=report, due_on=period_to + timedelta(days=days)) for report, days in USUAL[kind])


def check_demand(demanded: DemandedReport, *, demanded_on: date) -> None:
    """Check one report. Raises: RuleError."""
    if demanded.kind is ReportKind.OTHER and not demanded.title.strip():
        raise RuleError(field="title", message=N_("Write what the report is called."))
    if demanded.due_on < demanded_on:
        raise RuleError(
            field="due_on", message=N_("A report can't be due before it is demanded, on %(day)s."), day=demanded_on
        )


def check_demands(reports: Sequence[DemandedReport], *, demanded_on: date) -> list[tuple[str, RegistryError]]:
    """What is wrong with the reports of a decision."""
    if len(reports) > MOST_REPORTS:
        return [("reports", TooManyReportsError(field="reports", most=MOST_REPORTS))]
    if len(set(reports)) < len(reports):
        return [("reports", RuleError(field="reports", message=N_("The same report is demanded twice.")))]
    errors: list[tuple[str, RegistryError]] = []
    for report in reports:
        try:
            check_demand(report, demanded_on=demanded_on)
        except RegistryError as error:
            errors.append(("reports", error))
    return errors
