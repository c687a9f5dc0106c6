"""What each reader has to do: which matters are told to whom, how late they are, and when many become one line."""

from datetime import date, timedelta

import pytest

from registry import trail
from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.grants.schemas import ReportKind
from registry.grants.stops import release_grant, stop_grant
from registry.payments.service import attest_payment
from registry.reminders import queries
from registry.reminders.queries import count_of, list_persons, list_tasks, total_of, total_of_one_kind
from registry.reminders.rules import in_order, urgency_of
from registry.reminders.schemas import Task, TaskKind, Urgency
from registry.reports.schemas import ReportEvent
from tests.factories import (
    World,
    make_account_request,
    make_claim,
    make_creator,
    make_demand,
    make_grant,
    make_paid,
    make_payment,
    take_step,
)

TODAY = trail.today()
PAST, SOON, LATER = TODAY - timedelta(days=30), TODAY + timedelta(days=14), TODAY + timedelta(days=15)
DECIDED = date(TODAY.year - 1, 2, 3)


def told(tasks: list[Task]) -> list[tuple[TaskKind, str, Urgency]]:
    return [(task.kind, task.record, task.urgency) for task in tasks]


def test_the_day_itself_is_not_late_and_two_weeks_are_soon() -> None:
    days = (PAST, TODAY - timedelta(days=1), TODAY, SOON, LATER, None)
    late, soon = Urgency.LATE, Urgency.SOON
    assert [urgency_of(day, TODAY) for day in days] == [late, late, soon, soon, Urgency.LATER, Urgency.OPEN]


def test_what_has_a_day_comes_first_by_that_day() -> None:
    def task(record: str, due_on: date | None) -> Task:
        return Task(TaskKind.REPORT, record, "", "", "", Urgency.SOON, due_on)

    tasks = [task("a", None), task("b10", SOON), task("c", PAST), task("b9", SOON)]
    assert [one.record for one in in_order(tasks)] == ["c", "b9", "b10", "a"]


async def test_an_officer_has_what_the_own_funder_waits_for(world: World) -> None:
    grant = await make_grant(
        world.programme, world.abf, amount=600_00, decided_on=DECIDED,
        instalments=((PAST, 100_00), (SOON, 200_00), (LATER, 300_00)),
    )  # fmt: skip
    await make_grant(world.region_programme, world.bilda, decided_on=DECIDED, instalments=((PAST, 10_000_000),))
    claimed = await make_grant(world.programme, world.bilda, amount=1_000_00, decided_on=DECIDED)
    await make_paid(world, claimed, paid_on=DECIDED)
    claim = await make_claim(claimed, amount=400_00, decided_on=PAST, due_on=SOON)
    late, come = [await make_demand(grant, due_on=PAST, kind=kind) for kind in (ReportKind.FINAL, ReportKind.INTERIM)]
    await take_step(come, ReportEvent.RECEIVED, PAST)
    asked = await make_account_request(world.abf, scope=await world.scope("colleague"))
    officer = await world.scope("officer")
    tasks = await list_tasks(officer, until=SOON)
    assert told(tasks) == [
        (TaskKind.INSTALMENT, f"{grant}/1", Urgency.LATE),
        (TaskKind.REPORT, late, Urgency.LATE),
        (TaskKind.INSTALMENT, f"{grant}/2", Urgency.SOON),
        (TaskKind.CLAIM, claim, Urgency.SOON),
        (TaskKind.REVIEW, come, Urgency.OPEN),
        (TaskKind.ACCOUNT, asked, Urgency.OPEN),
    ]
    assert total_of(tasks) == 700_00
    assert total_of_one_kind(tasks) is None, "claims and instalments together are no sum"
    due = [task for task in tasks if task.kind is TaskKind.INSTALMENT]
    assert total_of_one_kind(due) == 300_00
    assert total_of_one_kind([task for task in tasks if task.kind is TaskKind.REPORT]) is None
    assert all(task.text.endswith(f", väntar på redovisning {late}, som är försenad") for task in due)
    assert (TaskKind.INSTALMENT, f"{grant}/3", Urgency.LATER) in told(await list_tasks(officer))
    assert TaskKind.ACCOUNT not in {task.kind for task in await list_tasks(await world.scope("colleague"))}
    region = await list_tasks(await world.scope("region_officer"), until=SOON)
    assert [task.kind for task in region] == [TaskKind.INSTALMENT, TaskKind.ACCOUNT]
    everything = await list_tasks(await world.scope("auditor"), until=SOON)
    assert len(everything) == len(tasks) + 1
    kommun = await list_tasks(await world.scope("auditor"), until=SOON, funder_id=world.kommun)
    assert told(kommun) == told(tasks)


async def test_a_stop_takes_the_place_of_the_instalments(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, decided_on=DECIDED)
    officer = await world.scope("officer")
    await stop_grant(officer, grant, reason="Vi väntar på er revisor.")
    assert told(await list_tasks(officer)) == [(TaskKind.STOP, grant, Urgency.OPEN)]
    [coming] = await list_tasks(await world.scope("abf_user"))
    assert (coming.kind, coming.urgency) == (TaskKind.COMING, Urgency.SOON)
    assert coming.text.endswith(", utbetalningarna är stoppade")
    await release_grant(officer, grant, reason="Klart")
    assert [task.kind for task in await list_tasks(officer)] == [TaskKind.INSTALMENT]


async def test_who_registered_a_payment_does_not_attest_it(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=1_000_00, decided_on=DECIDED)
    payment = await make_payment(grant, amount=1_000_00, paid_on=DECIDED, scope=await world.scope("officer"))
    assert await list_tasks(await world.scope("officer")) == []
    assert told(await list_tasks(await world.scope("colleague"))) == [(TaskKind.ATTEST, payment, Urgency.LATE)]
    assert await list_tasks(await world.scope("region_officer")) == []
    await attest_payment(await world.scope("colleague"), payment)
    assert await list_tasks(await world.scope("colleague")) == []


async def test_an_association_has_its_own_only(world: World) -> None:
    mine = await make_grant(world.programme, world.abf, decided_on=DECIDED, instalments=((LATER, 10_000_000),))
    other = await make_grant(world.programme, world.bilda, decided_on=DECIDED, instalments=((LATER, 10_000_000),))
    await make_paid(world, mine, paid_on=DECIDED)
    report = await make_demand(mine, due_on=PAST)
    await make_demand(other, due_on=PAST)
    come = await make_demand(mine, due_on=PAST, kind=ReportKind.INTERIM)
    await take_step(come, ReportEvent.RECEIVED, PAST)
    claim = await make_claim(mine, amount=50_00, decided_on=PAST, due_on=LATER)
    tasks = await list_tasks(await world.scope("abf_user"))
    assert {(task.kind, task.record) for task in tasks} == {
        (TaskKind.SEND, report), (TaskKind.REPAY, claim), (TaskKind.COMING, f"{mine}/1"),
    }  # fmt: skip
    assert {task.name for task in tasks} == {"Ludvika kommun"}


async def test_more_than_so_many_are_one_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST", 2)
    grant = await make_grant(world.programme, world.abf, amount=1_000_00, decided_on=DECIDED)
    for _number in range(2):
        await make_payment(grant, amount=1_00, paid_on=DECIDED, scope=await world.scope("officer"))
    colleague = await world.scope("colleague")
    attests = [task for task in await list_tasks(colleague) if task.kind is TaskKind.ATTEST]
    assert len(attests) == count_of(attests) == 2
    await make_payment(grant, amount=1_00, paid_on=DECIDED, scope=await world.scope("officer"))
    [several] = [task for task in await list_tasks(colleague) if task.kind is TaskKind.ATTEST]
    assert (several.count, several.amount_ore, several.href) == (3, 3_00, "/payments/attest")


async def test_creators_are_told_apart(world: World) -> None:
    creator = await make_creator("Åsa Skapare")
    for party_id in (creator, world.abf):
        await make_grant(world.programme, party_id, decided_on=DECIDED)
    tasks = await list_tasks(CONSOLE)
    assert {task.party_id for task in tasks} == {creator, world.abf}
    assert await list_persons(CONSOLE, tasks) == {creator}
    assert await fetch_value("SELECT kind FROM party WHERE id = $1", creator) == "creator"
