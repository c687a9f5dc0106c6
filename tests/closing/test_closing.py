"""Closing a year: the checklist and its links, figures that agree with the summaries, pages, files, API and command."""

import re
from datetime import date, timedelta
from html import unescape

import pytest

from registry import trail
from registry.closing.queries import read_closing
from registry.closing.schemas import Check, ProgrammeFigures
from registry.closing.service import FiguresDisagreeError, close
from registry.core.access import CONSOLE
from registry.core.errors import ConflictError, NotFoundError, RuleError
from registry.core.money import Money
from registry.database import fetch_value
from registry.funders.service import OtherFunderError
from registry.grants.stops import stop_grant
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.service import attest_payment, reverse_payment
from registry.summaries.queries import summarise
from registry.summaries.schemas import Figures, Group, Question
from registry.users.service import create_token
from tests.browsing import browser, csv_rows, shown, wrong_fields, xlsx_rows
from tests.conftest import Client, Clients
from tests.factories import World, make_claim, make_demand, make_grant, make_paid, make_payment
from tests.importing import run_command

TODAY = trail.today()
YEAR = TODAY.year - 1
FRAME = 1_000_000_00
"""That of a programme of the factories."""
BEFORE, IN_YEAR = date(YEAR - 1, 3, 1), date(YEAR, 3, 1)


async def make_years(world: World) -> str:
    """A grant of the year before, half paid in each year, and one of the year with everything that is looked at."""
    old = await make_grant(world.programme, world.abf, amount=2_000_00, decided_on=BEFORE)
    await make_paid(world, old, amount=1_000_00, paid_on=BEFORE)
    await make_paid(world, old, amount=400_00, paid_on=IN_YEAR)
    grant = await make_grant(world.programme, world.bilda, amount=5_000_00, decided_on=IN_YEAR)
    wrong = await make_paid(world, grant, amount=700_00, paid_on=IN_YEAR)
    officer = await world.scope("officer")
    await reverse_payment(officer, wrong, reason="Fel konto", reversed_on=IN_YEAR)
    await make_paid(world, grant, amount=900_00, paid_on=IN_YEAR)
    await register_repayment(officer, grant, RepaymentDetails(Money(50_00), IN_YEAR, "Rest"), key="r")
    await make_demand(grant, due_on=TODAY - timedelta(days=5), demanded_on=IN_YEAR)
    await make_claim(grant, amount=100_00, decided_on=IN_YEAR, due_on=date(YEAR, 4, 1))
    await stop_grant(officer, grant, reason="Vi väntar på er revisor.")
    await make_grant(world.region_programme, world.abf, amount=9_999_00, decided_on=IN_YEAR)
    return grant


async def test_the_figures_are_those_of_the_summaries(world: World) -> None:
    await make_years(world)
    found = await read_closing(CONSOLE, world.kommun, YEAR)
    [one] = found.programmes
    assert one.before == Figures(decided_ore=2_000_00, paid_ore=1_000_00, payments=1)
    assert one.year == Figures(5_000_00, 2_000_00, 700_00, 50_00, 3)
    assert (one.before.remaining_ore, one.after.remaining_ore) == (1_000_00, 4_700_00)
    assert found.agrees
    number = found.funder.org_number
    asked = Question(by=(Group.PROGRAMME,), funder=number, period_to=date(YEAR, 12, 31))
    assert found.total.after == (await summarise(CONSOLE, asked)).totals
    assert (await read_closing(CONSOLE, world.kommun, YEAR + 1)).total.before == found.total.after


async def test_the_checklist_tells_what_is_left(world: World) -> None:
    grant = await make_years(world)
    lines = {
        line.check: (line.count, line.amount_ore) for line in (await read_closing(CONSOLE, world.kommun, YEAR)).checks
    }
    assert lines == {
        Check.ATTEST: (0, 0), Check.OVERDUE: (1, None), Check.REPORTS: (1, None), Check.CLAIMS: (1, 100_00),
        Check.UNPAID: (2, 4_700_00), Check.STOPPED: (1, 4_100_00), Check.FRAMES: (1, FRAME - 5_000_00),
        Check.DRAFTS: (0, None), Check.BENEFITS: (0, None),
    }  # fmt: skip
    region = {line.check: line.count for line in (await read_closing(CONSOLE, world.region, YEAR)).checks}
    assert (region[Check.UNPAID], region[Check.OVERDUE], region[Check.CLAIMS]) == (1, 0, 0)
    early = {line.check: line.count for line in (await read_closing(CONSOLE, world.kommun, YEAR - 1)).checks}
    assert (early[Check.UNPAID], early[Check.OVERDUE], early[Check.CLAIMS], early[Check.STOPPED]) == (1, 0, 0, 0)
    assert grant


async def test_a_year_with_a_payment_to_attest_is_not_closed(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf, decided_on=IN_YEAR)
    waiting = await make_payment(grant, paid_on=IN_YEAR)
    officer = await browser(clients, world.officer)
    path = f"/funders/P-{world.kommun}/years/{YEAR}"
    page = shown(await officer.get(path))
    assert "Do first what the checklist says must be done." in page
    answer = await officer.submit(f"{path}/close", confirmed="1")
    assert answer.status_code == 409
    assert "1 payments of that year wait for attest" in shown(answer)
    await attest_payment(await world.scope("colleague"), waiting)
    assert wrong_fields(await officer.submit(f"{path}/close")) == {"confirmed"}
    done = await officer.submit(f"{path}/close", confirmed="1")
    assert (done.status_code, done.headers["location"]) == (303, path)
    closed = shown(await officer.get(path))
    assert f"{YEAR} is closed" in closed
    assert f"corrected with a date in {YEAR + 1}" in closed
    assert "I know that this can't be undone" not in closed
    again = await officer.submit(f"{path}/close", confirmed="1")
    assert (again.status_code, "The year is already closed." in shown(again)) == (409, True)
    assert await fetch_value("SELECT closed_by FROM closed_year") == world.officer


async def test_a_correction_after_the_closing_changes_no_figure_of_the_year(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, decided_on=IN_YEAR)
    payment = await make_paid(world, grant, paid_on=IN_YEAR)
    officer = await world.scope("officer")
    await close(officer, world.kommun, YEAR)
    before = (await read_closing(CONSOLE, world.kommun, YEAR)).programmes
    await reverse_payment(officer, payment, reason="Fel", reversed_on=TODAY)
    assert (await read_closing(CONSOLE, world.kommun, YEAR)).programmes == before
    following = await read_closing(CONSOLE, world.kommun, YEAR + 1)
    assert (following.total.year.reversed_ore, following.next_open) == (1_000_00, YEAR + 2)


async def test_only_the_own_funder_a_past_year_and_once(world: World) -> None:
    officer = await world.scope("officer")
    for year in (TODAY.year, TODAY.year + 1):
        with pytest.raises(RuleError):
            await close(officer, world.kommun, year)
    with pytest.raises(OtherFunderError):
        await close(officer, world.region, YEAR)
    with pytest.raises(NotFoundError):
        await close(CONSOLE, world.abf, YEAR)
    await close(officer, world.kommun, YEAR)
    with pytest.raises(ConflictError):
        await close(officer, world.kommun, YEAR)


async def test_figures_that_disagree_stop_the_closing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ProgrammeFigures("A", "", Figures(5), Figures(3, 1), Figures(8, 1)).agrees
    assert not ProgrammeFigures("A", "", Figures(5), Figures(3), Figures(9)).agrees
    found = await read_closing(CONSOLE, world.kommun, YEAR)
    wrong = ProgrammeFigures("LK-STUD", "", Figures(5), Figures(3), Figures(9))

    async def disagreeing(*_asked: object) -> object:
        return type(found)(found.funder, YEAR, True, found.checks, (wrong,), found.anchor, YEAR + 1)  # noqa: FBT003

    monkeypatch.setattr("registry.closing.service.read_closing", disagreeing)
    with pytest.raises(FiguresDisagreeError):
        await close(CONSOLE, world.kommun, YEAR)
    assert not await fetch_value("SELECT count(*) FROM closed_year")


async def test_the_page_leads_to_what_its_figures_are_made_of(clients: Clients, world: World) -> None:
    grant = await make_years(world)
    officer = await browser(clients, world.officer)
    path = f"/funders/P-{world.kommun}/years/{YEAR}"
    assert f'href="{path}"' in (await officer.get(f"/funders/P-{world.kommun}")).text
    page = await officer.get(path)
    links = [unescape(link) for link in re.findall(r'href="(/[a-z]+\?funder=[^"]+|/summaries\?[^"]+)"', page.text)]
    assert len(links) == 9
    found = {link: shown(await officer.get(link)) for link in links}
    assert all(text for text in found.values())
    assert "1 report, 1 overdue" in next(text for link, text in found.items() if "status=overdue" in link)
    assert "1 claim" in next(text for link, text in found.items() if link.startswith("/recoveries"))
    assert grant in next(text for link, text in found.items() if "stopped=1" in link)
    auditor = await browser(clients, world.auditor)
    assert "Only the funder's own officers close its years." in shown(await auditor.get(path))
    for address in (
        f"/funders/P-{world.abf}/years/{YEAR}",
        f"/funders/P-{world.kommun}/years/x",
        "/funders/P-0/years/2025",
    ):
        assert (await officer.get(address)).status_code == 404


async def test_the_figures_as_files(clients: Clients, world: World) -> None:
    await make_years(world)
    officer = await browser(clients, world.officer)
    path = f"/funders/P-{world.kommun}/years/{YEAR}/figures"
    [row] = csv_rows((await officer.get(f"{path}.csv")).content)
    assert (row["programme"], row["opening"], row["closing"], row["repaid"]) == (
        "LK-STUD",
        "1000.00",
        "4700.00",
        "50.00",
    )
    assert xlsx_rows((await officer.get(f"{path}.xlsx")).content)[1][2] == 1000
    assert await fetch_value("SELECT count(*) FROM trail_entry WHERE action = 'closing:figures:export'") == 2


async def api(clients: Clients, user_id: int) -> Client:
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    return client


async def test_over_the_api(clients: Clients, world: World) -> None:
    await make_years(world)
    officer = await api(clients, world.officer)
    path = f"/api/v1/funders/P-{world.kommun}/years/{YEAR}"
    found = (await officer.get(path)).json()
    assert (found["may_be_closed"], found["closed_at"], found["corrections_from"]) == (True, None, YEAR + 1)
    assert (found["total"]["opening"], found["total"]["closing"], found["total"]["agrees"]) == (
        "1000.00",
        "4700.00",
        True,
    )
    assert {"check": "claims", "count": 1, "amount": "100.00", "blocks": False} in found["checks"]
    assert (await officer.post(f"{path}/close", json={})).status_code == 400
    assert (await officer.post(f"{path}/close", json={"confirmed": False})).status_code == 400
    closed = await officer.post(f"{path}/close", json={"confirmed": True})
    assert (closed.status_code, closed.json()["closed_at"] is not None) == (200, True)
    assert (await officer.post(f"{path}/close", json={"confirmed": True})).status_code == 409
    other = f"/api/v1/funders/P-{world.region}/years/{YEAR}"
    assert (await officer.get(other)).status_code == 200
    assert (await officer.post(f"{other}/close", json={"confirmed": True})).status_code == 403


async def test_the_commands(connected: str, world: World) -> None:
    await make_years(world)
    number = str(await fetch_value("SELECT org_number FROM party WHERE id = $1", world.kommun))
    asked = ("--funder", number, "--year", str(YEAR))
    told = (await run_command(connected, "closing", "show", *asked)).out
    assert f"Ludvika kommun {YEAR}: may be closed" in told
    assert "Left to pay at the start: 1,000.00\u00a0kr" in told
    done = await run_command(connected, "closing", "export", *asked, "--output", "-")
    assert [row["closing"] for row in csv_rows(done.out.encode())] == ["4700.00"]
    assert (await run_command(connected, "closing", "close", *asked)).status == 2
    assert (await run_command(connected, "closing", "close", *asked, "--yes")).status == 0
    assert (await run_command(connected, "closing", "close", *asked, "--yes")).status == 1
    assert (await run_command(connected, "closing", "show", "--funder", "1", "--year", str(YEAR))).status == 1
