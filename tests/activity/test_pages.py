"""Pages and API of activity reports."""

import pytest

from registry.activity.queries import get_report
from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.users.service import create_token
from tests.browsing import browser, csv_rows, held, shown, wrong_fields, xlsx_rows
from tests.conftest import Client, Clients
from tests.factories import World, make_report

NEW = {
    "municipality": "Ludvika",
    "year": "2025",
    "study_hours": "1 200",
    "participant_hours": "9600",
    "unique_participants": "310",
    "cultural_programmes": "14",
    "other_group_hours": "0",
    "state_grant": "12 500,50",
    "source": "SCB 2025",
    "signed_by": "A. Ordförande",
}


@pytest.fixture
async def officer(clients: Clients, world: World) -> Client:
    """The officer of the kommun."""
    return await browser(clients, world.officer)


async def test_a_report_is_registered_and_corrected_in_the_browser(officer: Client, world: World) -> None:
    assert "No activity reports yet" in shown(await officer.get("/activity"))
    answer = await officer.submit("/activity/new", party=f"ABF Dalarna (test) (P-{world.abf})", **NEW)
    assert answer.headers["location"] == "/activity/V-1", shown(answer)
    card = shown(await officer.get("/activity/V-1"))
    assert "ABF Dalarna (test)" in card
    assert "1,200" in card
    assert "12,500.50 kr" in card
    form = await officer.get("/activity/V-1/correct")
    assert (held(form, "study_hours"), held(form, "state_grant")) == ("1200", "12500,50")
    kept = {**NEW, "study_hours": "1 300", "reason": "Fel i summan"}
    answer = await officer.submit("/activity/V-1/correct", **kept)
    assert answer.headers["location"] == "/activity/V-1", shown(answer)
    card = shown(await officer.get("/activity/V-1"))
    assert "Version 2" in card
    assert "Fel i summan" in card
    assert "1,200" in card, "the first version stays readable"


async def test_a_refused_form_keeps_what_was_typed(officer: Client, world: World) -> None:
    wrong = {**NEW, "unique_participants": "9 601", "source": "Anna 640312-9817", "year": "x", "party": "Nobody"}
    answer = await officer.submit("/activity/new", **wrong)
    assert answer.status_code == 400
    assert wrong_fields(answer) == {"party", "source", "year"}
    assert held(answer, "unique_participants") == "9 601"
    implausible = {**NEW, "unique_participants": "9 601", "party": f"P-{world.abf}"}
    answer = await officer.submit("/activity/new", **implausible)
    assert answer.status_code == 409
    assert wrong_fields(answer) == {"unique_participants"}
    assert await fetch_value("SELECT count(*) FROM activity_report") == 0
    await make_report(world.abf)
    answer = await officer.submit("/activity/new", party=f"P-{world.abf}", **NEW)
    assert (answer.status_code, wrong_fields(answer)) == (409, {"municipality"})
    assert "Correct that report instead" in shown(answer)
    answer = await officer.submit("/activity/V-1/correct", **{**NEW, "study_hours": "1,5"})
    assert wrong_fields(answer) == {"study_hours", "reason"}
    assert held(answer, "study_hours") == "1,5"


async def test_the_list_and_its_files_are_filtered_alike(officer: Client, world: World) -> None:
    await make_report(world.abf, study_hours=100)
    await make_report(world.abf, municipality="Falun", study_hours=200)
    await make_report(world.bilda, year=2024, study_hours=400)
    text = shown(await officer.get("/activity?municipality=Falun"))
    assert "1 activity report" in text
    assert "Bilda Dalarna (test) </a>" not in text
    rows = csv_rows((await officer.get("/activity.csv?municipality=Falun")).content)
    assert [(row["municipality"], row["study_hours"]) for row in rows] == [("Falun", "200")]
    sheet = xlsx_rows((await officer.get("/activity.xlsx?sort=study_hours")).content)
    place = sheet[0].index("Study hours")
    assert [row[place] for row in sheet[1:]] == [100, 200, 400, 700]
    missing = shown(await officer.get("/activity?year=2025"))
    assert "1 report of 2025 is missing" in missing
    assert (await officer.get("/activity?year=x")).status_code == 400
    assert (await officer.get("/activity.csv?party=640312-9817")).status_code == 400
    assert (await officer.get("/activity?sort=nonsense&page=9")).status_code == 200


async def test_an_association_sees_its_own(clients: Clients, world: World) -> None:
    own, other = await make_report(world.abf), await make_report(world.bilda, source="BILDAS KÄLLA")
    client = await browser(clients, world.abf_user)
    text = shown(await client.get("/activity"))
    assert "1 activity report" in text
    assert "Bilda" not in text
    assert (await client.get(f"/activity/{own}")).status_code == 200
    assert (await client.get(f"/activity/{other}")).status_code == 404
    assert (await client.get("/activity/new")).status_code == 403


async def test_the_api_registers_corrects_and_lists(clients: Clients, world: World) -> None:
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    client.headers["accept-language"] = "en"
    org_number = await fetch_value("SELECT org_number FROM party WHERE id = $1", world.abf)
    body = {
        "org_number": org_number, "municipality": "Ludvika", "year": 2025, "study_hours": 100,
        "participant_hours": 900, "unique_participants": 30, "cultural_programmes": 2, "other_group_hours": 0,
        "state_grant": "12500.00", "source": "SCB",
    }  # fmt: skip
    answer = await client.post("/api/v1/activity", json=body)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["number"], answer.json()["state_grant"], answer.json()["version"]) == ("V-1", "12500.00", 1)
    assert (await client.post("/api/v1/activity", json=body)).json()["code"] == "activity-report-exists"
    figures = {name: value for name, value in body.items() if name not in ("org_number", "municipality", "year")}
    corrected = {**figures, "study_hours": 110, "reason": "Fel"}
    answer = await client.post("/api/v1/activity/V-1/versions", json=corrected)
    assert answer.status_code == 201, answer.text
    assert [one["study_hours"] for one in answer.json()["versions"]] == [110, 100]
    listed = (await client.get(f"/api/v1/activity?year=2025&municipality=Ludvika&party={org_number}")).json()
    assert (listed["total"], listed["items"][0]["study_hours"], listed["next_cursor"]) == (1, 110, None)
    for wrong, field in (({"study_hours": True}, "study_hours"), ({"year": 2999}, "year"),
                         ({"source": "640312-9817"}, "source"), ({"unique_participants": 901}, "unique_participants"),
                         ({"municipality": "Falu kommun"}, "municipality"), ({"more": 1}, "more")):  # fmt: skip
        answer = await client.post("/api/v1/activity", json={**body, "municipality": "Falun", **wrong})
        assert answer.status_code == (409 if field == "unique_participants" else 400), answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await get_report(CONSOLE, "V-1")).version == 2
    assert await fetch_value("SELECT count(*) FROM activity_report") == 1
