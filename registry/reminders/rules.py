"""How late something is, and in which order things are to be done. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

from registry.grants.rules import DUE_SOON
from registry.reminders.schemas import Task, TaskKind, Urgency

HORIZON = timedelta(days=30)
"""So far ahead the list looks unless somebody asks for more."""
YEAR = timedelta(days=366)
"""So far back and ahead a calendar goes."""


def urgency_of(due_on: date | None, today: date) -> Urgency:
    """How soon something is to be done; the day itself isn't late."""
    if due_on is None:
        return Urgency.OPEN
    if due_on < today:
        return Urgency.LATE
    return Urgency.SOON if due_on <= today + DUE_SOON else Urgency.LATER


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """What is late or has a day first, by that day, and then what has none; each kind together."""
    kinds = list(TaskKind)
    return sorted(
        tasks,
        key=lambda task: (
            task.due_on is None, task.due_on or date.min, kinds.index(task.kind), len(task.record), task.record,
        ),
    )  # fmt: skip
