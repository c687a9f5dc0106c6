"""The filters of the list of reminders: what the parameters of an address mean, and the tasks that they leave."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.parties.queries import list_funders
from registry.parties.schemas import Party
from registry.reminders.queries import list_tasks
from registry.reminders.rules import HORIZON
from registry.reminders.schemas import KIND_TITLES, URGENCY_TITLES, Task, TaskKind, Urgency
from registry.texts import sort_key
from registry.web.filters import Asked

SORTS: Mapping[str, Callable[[Task], object]] = {
    "due_on": lambda task: (task.due_on is None, task.due_on or date.min),
    "name": lambda task: sort_key(task.name),
    "amount": lambda task: int(task.amount_ore or 0),
}
DEFAULT_SORT = "due_on"


@dataclass(slots=True)
class Wanted:
    """What a list of reminders is narrowed to; `until` is the last day that it looks at."""

    until: date
    funder: Party | None = None
    kind: TaskKind | None = None
    urgency: Urgency | None = None
    search: str = ""


async def read_wanted(scope: Scope, query: Mapping[str, str]) -> tuple[Wanted, Asked]:
    """Read what an address asks for; what can't be read stands in the second part's errors."""
    asked = Asked(query)
    funders = {party.org_number: party for party in await list_funders(scope)} if scope.funder_id is None else {}
    funder = asked.one_of("funder", N_("Funder: %s"), funders, lambda party: party.name)
    kind = asked.choice("kind", N_("What: %s"), {kind.value: title for kind, title in KIND_TITLES.items()})
    urgency = asked.choice("urgency", N_("How soon: %s"), {one.value: title for one, title in URGENCY_TITLES.items()})
    until = asked.date("to", N_("Due to %s")) or trail.today() + HORIZON
    wanted = Wanted(
        until,
        funder,
        TaskKind(kind) if kind else None,
        Urgency(urgency) if urgency else None,
        asked.text("q", N_("Name: %s")),
    )
    return wanted, asked


async def find_tasks(scope: Scope, wanted: Wanted, *, sort: str = DEFAULT_SORT) -> list[Task]:
    """The reader's tasks that are wanted, sorted; `sort` is a key of `SORTS`, with `-` for falling."""
    pattern = sort_key(wanted.search)
    tasks = [
        task
        for task in await list_tasks(scope, until=wanted.until, funder_id=wanted.funder.id if wanted.funder else None)
        if wanted.kind in (None, task.kind)
        and wanted.urgency in (None, task.urgency)
        and (not wanted.search or (pattern and pattern in sort_key(task.name)))
    ]
    key = SORTS.get(sort.removeprefix("-"), SORTS[DEFAULT_SORT])
    return sorted(tasks, key=key, reverse=sort.startswith("-"))  # type: ignore[arg-type]
