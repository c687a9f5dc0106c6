"""Reminders over the JSON API."""

from datetime import date
from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter
from pydantic import BaseModel, ConfigDict

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.money import Money
from registry.grants.api import find_funder
from registry.reminders.queries import count_of, list_tasks
from registry.reminders.rules import HORIZON
from registry.reminders.schemas import Task, TaskKind, Urgency
from registry.web.access import guard_api
from registry.web.api import DAY_PATTERN, PartyNumber, read_day
from registry.web.openapi import problems

Until = Annotated[
    str | None,
    QueryParameter(
        name="to", description="The last day to look at; 30 days ahead unless said.",
        schema_extra={"pattern": DAY_PATTERN},
    ),
]  # fmt: skip


class TaskRecord(BaseModel):
    """Something to do or to wait for; `due_on` is null where it has no day. `href` is the page where it is done.

    `count` is more than one where so many of a kind wait that their own list shows them.
    """

    model_config = ConfigDict(frozen=True)

    kind: TaskKind
    record: str
    name: str
    text: str
    funder_name: str
    due_on: date | None
    urgency: Urgency
    amount: Money | None
    count: int
    href: str


class TaskList(BaseModel):
    """All reminders of the reader up to a day, what is late first."""

    model_config = ConfigDict(frozen=True)

    items: list[TaskRecord]
    total: int
    late: int


def _record(task: Task) -> TaskRecord:
    return TaskRecord(
        kind=task.kind,
        record=task.record,
        name=task.name,
        text=task.text,
        funder_name=task.funder_name,
        due_on=task.due_on,
        urgency=task.urgency,
        amount=task.amount_ore,
        count=task.count,
        href=task.href,
    )


class ReminderApi(Controller):
    """Reminders."""

    path = "/api/v1/reminders"
    tags = ("reminders",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.REMINDERS_VIEW,
        operation_id="listReminders",
        summary="What is late or due soon for the reader",
        responses=problems(400, 404),
    )
    async def index(
        self,
        who: Scope,
        funder: PartyNumber = None,
        kind: TaskKind | None = None,
        urgency: Urgency | None = None,
        until: Until = None,
    ) -> TaskList:
        """An officer's are of the own funder; who reads everything may name one."""
        last = read_day(until, field="to") or trail.today() + HORIZON
        found = await list_tasks(who, until=last, funder_id=await find_funder(who, funder))
        tasks = [task for task in found if kind in (None, task.kind) and urgency in (None, task.urgency)]
        return TaskList(
            items=[_record(task) for task in tasks],
            total=count_of(tasks),
            late=count_of(task for task in tasks if task.urgency is Urgency.LATE),
        )


API: list[type[Controller]] = [ReminderApi]
