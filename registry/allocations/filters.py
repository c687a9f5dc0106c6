"""The filters of the list of allocations: what the parameters of an address mean."""

from collections.abc import Mapping

from registry.allocations.queries import SORTS, STATE_TITLES, AllocationFilter, State
from registry.core.access import Scope
from registry.core.errors import N_
from registry.grants import filters as grant_filters
from registry.grants.filters import Filters
from registry.programmes.schemas import ProgrammeKind

DEFAULT_SORT = "-number"


def sort_of(query: Mapping[str, str]) -> str:
    """The order that an address asks for."""
    sort = query.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


async def read_filters(scope: Scope, query: Mapping[str, str]) -> Filters:
    """Read what parameters may name; only programmes for study associations have allocations."""
    named = {name: text for name, text in query.items() if name != "recipient"}
    filters = await grant_filters.read_filters(scope, named)
    filters.programmes = [one for one in filters.programmes if one.kind is ProgrammeKind.STUDY_ASSOCIATIONS]
    return filters


def allocation_filter(filters: Filters) -> AllocationFilter:
    """The filter of a list of allocations."""
    funder_id = filters.funder_id()
    state = filters.choice("state", N_("State: %s"), {one.value: title for one, title in STATE_TITLES.items()})
    return AllocationFilter(
        funder_id=funder_id,
        programme_id=filters.programme_id(funder_id),
        year=filters.year("year", N_("Year: %s")),
        state=State(state) if state else None,
    )
