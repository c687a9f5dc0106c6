"""The filters of the list of reports: what the parameters of an address mean."""

from registry.core.errors import N_
from registry.grants.filters import Filters
from registry.reports.queries import ReportFilter
from registry.reports.schemas import STATE_TITLES

STATUS_TITLES = {"overdue": N_("overdue"), **{state.value: title for state, title in STATE_TITLES.items()}}
"""What the list can be narrowed to: each state, and what should have come."""


def report_filter(filters: Filters) -> ReportFilter:
    """The filter of a list of reports. A report that is overdue isn't shown as awaited or returned."""
    funder_id = filters.funder_id()
    return ReportFilter(
        funder_id=funder_id,
        programme_id=filters.programme_id(funder_id),
        recipient_id=filters.recipient_id,
        status=filters.choice("status", N_("Status: %s"), STATUS_TITLES),
        first=filters.date("from", N_("Due from %s")),
        last=filters.date("to", N_("Due to %s")),
        search=filters.search,
        open=filters.flag("open", N_("Only those that aren't settled")),
        year=filters.year("year", N_("Budget year: %s")),
    )
