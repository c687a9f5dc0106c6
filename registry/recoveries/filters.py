"""The filters of the list of claims: what the parameters of an address mean."""

from registry.core.errors import N_
from registry.grants.filters import Filters
from registry.recoveries.queries import ClaimFilter
from registry.recoveries.schemas import STATUS_TITLES, ClaimStatus

TITLES = {status.value: title for status, title in STATUS_TITLES.items()}


def claim_filter(filters: Filters) -> ClaimFilter:
    """The filter of a list of claims."""
    funder_id = filters.funder_id()
    status = filters.choice("status", N_("Status: %s"), TITLES)
    return ClaimFilter(
        funder_id=funder_id,
        programme_id=filters.programme_id(funder_id),
        recipient_id=filters.recipient_id,
        status=ClaimStatus(status) if status else None,
        first=filters.date("from", N_("Decided from %s")),
        last=filters.date("to", N_("Decided to %s")),
        open=filters.flag("open", N_("Only with something left to repay")),
        search=filters.search,
    )
