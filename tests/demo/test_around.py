"""The demo around its grants: something in every state, and nothing twice when its loading goes on after a break."""

from collections.abc import AsyncIterator

import pytest

from registry import trail
from registry.core.access import CONSOLE
from registry.database import connect, disconnect, fetch, fetch_value, migrate
from registry.demo.around import close_years, load_around
from registry.demo.loader import ensure_demo
from registry.recoveries.queries import ClaimFilter, list_claims
from registry.reminders.queries import list_tasks
from registry.reminders.schemas import TaskKind
from registry.reports.queries import ReportFilter, list_reports
from registry.server import seed
from tests.factories import scope_of
from tests.server import make_database


@pytest.fixture
async def apart(connected: str) -> AsyncIterator[None]:
    """A registry beside the tests' own: what the demo begins, a server would go on with."""
    dsn = await make_database(connected, "registry_apart")
    await migrate(dsn)
    await disconnect()
    await connect(dsn)
    await seed()
    yield
    await disconnect()
    await connect(connected)


async def test_the_demo_shows_every_state_and_is_loaded_once(apart: None) -> None:
    await ensure_demo()
    reports = (await list_reports(CONSOLE, ReportFilter(), limit=None)).items
    assert {report.status for report in reports} == {
        "due", "overdue", "received", "in_review", "returned", "approved", "waived",
    }  # fmt: skip
    claims = (await list_claims(CONSOLE, ClaimFilter(), limit=None)).items
    assert {claim.status.value for claim in claims} == {"open", "overdue", "paid", "withdrawn"}
    assert await fetch_value("SELECT count(*) FROM report_override") == 1
    assert await fetch_value("SELECT count(*) FROM grant_stop") == 3
    assert await fetch_value("SELECT count(*) FROM stop_release") == 1
    outcomes = await fetch("SELECT outcome FROM account_decision ORDER BY 1")
    assert [row["outcome"] for row in outcomes] == ["approved", "rejected"]
    lars = await fetch_value("SELECT id FROM app_user WHERE email = 'lars.kommun@example.se'")
    kinds = {task.kind for task in await list_tasks(await scope_of(lars))}
    assert kinds >= {TaskKind.INSTALMENT, TaskKind.ATTEST, TaskKind.REPORT, TaskKind.REVIEW, TaskKind.ACCOUNT}
    last = (await trail.read_anchor()).seq
    await ensure_demo()
    await load_around()
    await close_years()
    assert (await trail.read_anchor()).seq == last
