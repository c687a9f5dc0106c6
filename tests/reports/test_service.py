"""Reports by the service: demanded with the decision or later, moved on step by step, and seen by whom they concern."""

from datetime import date, timedelta

import asyncpg
import pytest

from registry import trail
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import ForbiddenError, RuleError
from registry.database import fetch, fetch_value
from registry.funders.service import OtherFunderError
from registry.grants.queries import UnknownGrantError
from registry.grants.rules import RefusedDecisionError
from registry.grants.schemas import DemandedReport, ReportKind
from registry.reports.queries import (
    ReportFilter,
    UnknownReportError,
    get_report,
    list_reports,
    list_statement_reports,
    list_steps,
)
from registry.reports.rules import StepNotPossibleError
from registry.reports.schemas import ReportEvent, ReportState
from registry.reports.service import ReportExistsError
from tests.factories import World, make_demand, make_grant, take_step

PAST, FUTURE = date(2026, 2, 28), trail.today() + timedelta(days=30)


async def test_a_decision_demands_its_reports_in_its_own_entry(world: World) -> None:
    reports = (
        DemandedReport(kind=ReportKind.ACTIVITY, due_on=PAST),
        DemandedReport(kind=ReportKind.OTHER, title="Bilder från utställningen", due_on=FUTURE),
    )
    grant = await make_grant(world.programme, world.abf, reports=reports)
    found = (await list_reports(CONSOLE, ReportFilter())).items
    assert [(one.grant_number, one.kind, one.shown_title, one.due_on, one.overdue) for one in found] == [
        (grant, ReportKind.ACTIVITY, "Verksamhetsberättelse", PAST, True),
        (grant, ReportKind.OTHER, "Bilder från utställningen", FUTURE, False),
    ]
    seqs = await fetch("SELECT seq FROM report UNION SELECT seq FROM funding_grant WHERE id = $1", int(grant[2:]))
    assert len(seqs) == 1
    assert (await verify(CONSOLE)).first_bad is None


async def test_a_decision_with_a_wrong_report_is_not_registered(world: World) -> None:
    late = (DemandedReport(kind=ReportKind.FINAL, due_on=date(2024, 1, 1)),)
    with pytest.raises(RefusedDecisionError) as refused:
        await make_grant(world.programme, world.abf, reports=late)
    assert [field for field, _error in refused.value.errors] == ["reports"]
    assert await fetch_value("SELECT count(*) FROM funding_grant") == 0


async def test_the_whole_life_of_a_report(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    report = await make_demand(grant, due_on=PAST)
    assert (await get_report(CONSOLE, report)).status == "overdue"
    await take_step(report, ReportEvent.RECEIVED, date(2026, 3, 2), reference="KUN 2026/55")
    await take_step(report, ReportEvent.REVIEWED, date(2026, 3, 3))
    await take_step(report, ReportEvent.RETURNED, date(2026, 3, 4), reason="Bilagor saknas", due_on=FUTURE)
    returned = await get_report(CONSOLE, report)
    assert (returned.state, returned.due_on, returned.first_due_on) == (ReportState.RETURNED, FUTURE, PAST)
    assert not returned.overdue
    await take_step(report, ReportEvent.RECEIVED, date(2026, 3, 20))
    await take_step(report, ReportEvent.APPROVED, date(2026, 3, 21))
    approved = await get_report(CONSOLE, report)
    assert (approved.status, approved.reference) == ("approved", "KUN 2026/55")
    with pytest.raises(StepNotPossibleError):
        await take_step(report, ReportEvent.RECEIVED, date(2026, 3, 22))
    [steps] = (await list_steps(CONSOLE, [approved.id])).values()
    assert [step.event.value for step in steps] == ["received", "reviewed", "returned", "received", "approved"]
    assert (await verify(CONSOLE)).first_bad is None


async def test_a_report_as_it_stood_on_a_day(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    report = await make_demand(grant, due_on=PAST)
    await make_demand(grant, due_on=date(2026, 6, 30), kind=ReportKind.ACCOUNTS, demanded_on=date(2026, 1, 15))
    await take_step(report, ReportEvent.RECEIVED, date(2026, 3, 2))

    async def told(day: date) -> list[tuple[str, ReportState, bool]]:
        found = await list_statement_reports(CONSOLE, [int(grant[2:])], day)
        return [(one.title, one.state, one.overdue) for one in found]

    final, accounts = "Slutredovisning", "Årsredovisning och revisionsberättelse"
    assert await told(date(2024, 12, 31)) == []
    assert await told(date(2025, 12, 31)) == [(final, ReportState.DUE, False)]
    assert await told(date(2026, 3, 1)) == [(final, ReportState.DUE, True), (accounts, ReportState.DUE, False)]
    assert await told(date(2026, 3, 2)) == [(final, ReportState.RECEIVED, False), (accounts, ReportState.DUE, False)]


async def test_who_may_demand_and_who_sees(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    report = await make_demand(grant, scope=await world.scope("officer"))
    with pytest.raises(OtherFunderError):
        await make_demand(grant, due_on=FUTURE, scope=await world.scope("region_officer"))
    with pytest.raises(OtherFunderError):
        await take_step(report, ReportEvent.RECEIVED, PAST, scope=await world.scope("region_officer"))
    for name in ("abf_user", "auditor", "admin"):
        with pytest.raises(ForbiddenError):
            await make_demand(grant, due_on=FUTURE, scope=await world.scope(name))
    assert (await get_report(await world.scope("abf_user"), report)).number == report
    with pytest.raises(UnknownReportError):
        await get_report(await world.scope("bilda_user"), report)
    assert (await list_reports(await world.scope("bilda_user"), ReportFilter())).total == 0
    for number in ("D-999", "D-x", "B-1", "D-99999999999999999999"):
        with pytest.raises(UnknownReportError):
            await get_report(CONSOLE, number)


async def test_what_can_not_be_demanded(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    await make_demand(grant, due_on=FUTURE)
    with pytest.raises(ReportExistsError):
        await make_demand(grant, due_on=FUTURE)
    with pytest.raises(UnknownGrantError):
        await make_demand("B-999", due_on=FUTURE)
    for day in (date(2025, 2, 2), trail.today() + timedelta(days=1)):
        with pytest.raises(RuleError) as refused:
            await make_demand(grant, due_on=FUTURE, kind=ReportKind.INTERIM, demanded_on=day)
        assert refused.value.field == "demanded_on"


async def test_lists_by_status_and_day(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    other = await make_grant(world.region_programme, world.bilda)
    late, coming = await make_demand(grant, due_on=PAST), await make_demand(grant, due_on=FUTURE)
    sent = await make_demand(other, due_on=PAST)
    await take_step(sent, ReportEvent.RECEIVED, PAST)

    async def numbers(**wanted: object) -> set[str]:
        return {one.number for one in (await list_reports(CONSOLE, ReportFilter(**wanted))).items}  # type: ignore[arg-type]

    assert await numbers() == {late, coming, sent}
    assert await numbers(status="overdue") == {late}
    assert await numbers(status="due") == {coming}
    assert await numbers(status="received") == {sent}
    assert await numbers(funder_id=world.region) == {sent}
    assert await numbers(first=FUTURE) == {coming}
    assert await numbers(last=PAST) == {late, sent}
    assert await numbers(search="bilda") == {sent}
    assert await numbers(open=True) == {late, coming, sent}
    page = await list_reports(CONSOLE, ReportFilter(), sort="-number", limit=1)
    assert ([one.number for one in page.items], page.total, page.overdue) == ([sent], 3, 1)


async def test_nothing_of_a_report_is_ever_changed(world: World, owner: asyncpg.Connection) -> None:
    report = await make_demand(await make_grant(world.programme, world.abf))
    await take_step(report, ReportEvent.RECEIVED, PAST)
    for table in ("report", "report_event"):
        for sql in (f"UPDATE {table} SET due_on = '2030-01-01'", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await owner.execute(sql)
