"""Reminders in the browser, as files, over the API and by the command."""

from datetime import date, timedelta

from registry import trail
from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.users.service import create_token
from tests.browsing import browser, csv_rows, shown, xlsx_rows
from tests.conftest import Clients
from tests.factories import World, make_demand, make_grant
from tests.importing import run_command

TODAY = trail.today()
PAST, SOON, FAR = TODAY - timedelta(days=3), TODAY + timedelta(days=10), TODAY + timedelta(days=60)
DECIDED = date(TODAY.year - 1, 2, 3)


async def two_matters(world: World) -> tuple[str, str]:
    """A late report and an instalment that is due soon, of different recipients; one that lies far ahead."""
    grant = await make_grant(
        world.programme, world.abf, amount=3_000_00, decided_on=DECIDED, instalments=((SOON, 1_000_00), (FAR, 2_000_00))
    )
    other = await make_grant(world.programme, world.bilda, decided_on=DECIDED, instalments=((FAR, 10_000_000),))
    return grant, await make_demand(other, due_on=PAST)


async def test_the_list_and_its_files_say_the_same(clients: Clients, world: World) -> None:
    grant, report = await two_matters(world)
    officer = await browser(clients, world.officer)
    page = await officer.get("/reminders")
    text = shown(page)
    assert "2 reminders, 1 late" in text
    assert f"Register instalment 1 of {grant}" in text
    assert "instalment 2" not in text
    assert f'href="/reports/{report}"' in page.text
    rows = csv_rows((await officer.get("/reminders.csv?sort=name")).content)
    assert [(row["kind"], row["record"], row["amount"]) for row in rows] == [
        ("Instalment to pay", f"{grant}/1", "1000.00"), ("Report that is awaited", report, ""),
    ]  # fmt: skip
    assert "together" not in text
    assert "All 1 together 1,000.00" in shown(await officer.get("/reminders?kind=instalment"))
    sheet = xlsx_rows((await officer.get("/reminders.xlsx?kind=report")).content)
    assert sheet[1][1] == report
    far = await officer.get(f"/reminders?to={FAR}&urgency=later&q=bilda&sort=-amount")
    assert "1 reminder " in shown(far)
    assert "100,000.00" in shown(far)
    assert "No reminder fits the filter" in shown(await officer.get("/reminders?kind=claim"))
    for wrong in ("kind=nothing", "to=soon", "urgency=never"):
        assert (await officer.get(f"/reminders?{wrong}")).status_code == 400
        assert (await officer.get(f"/reminders.csv?{wrong}")).status_code == 400


async def test_who_reads_everything_chooses_a_funder(clients: Clients, world: World) -> None:
    await two_matters(world)
    auditor = await browser(clients, world.auditor)
    region = await fetch_value("SELECT org_number FROM party WHERE id = $1", world.region)
    assert "2 reminders" in shown(await auditor.get("/reminders"))
    assert "No reminder fits the filter" in shown(await auditor.get(f"/reminders?funder={region}"))
    assert "Nothing is late or due soon" in shown(
        await (await browser(clients, world.region_officer)).get("/reminders")
    )


async def test_over_the_api(clients: Clients, world: World) -> None:
    grant, report = await two_matters(world)
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    found = (await client.get("/api/v1/reminders")).json()
    assert (found["total"], found["late"]) == (2, 1)
    assert [(one["kind"], one["record"], one["amount"]) for one in found["items"]] == [
        ("report", report, None), ("instalment", f"{grant}/1", "1000.00"),
    ]  # fmt: skip
    assert (await client.get("/api/v1/reminders", params={"to": str(FAR)})).json()["total"] == 4
    late = (await client.get("/api/v1/reminders", params={"urgency": "late"})).json()
    assert [one["record"] for one in late["items"]] == [report]
    assert (await client.get("/api/v1/reminders", params={"kind": "claim"})).json()["total"] == 0
    assert (await client.get("/api/v1/reminders", params={"to": "soon"})).status_code == 400


async def test_the_command(connected: str, world: World) -> None:
    _grant, report = await two_matters(world)
    done = await run_command(connected, "reminders", "export", "--urgency", "late", "--output", "-")
    assert [row["record"] for row in csv_rows(done.out.encode())] == [report]
    assert (await run_command(connected, "reminders", "export", "--kind", "x", "--output", "-")).status == 2
