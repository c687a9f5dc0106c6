"""Initiatives over the JSON API: the same figures, and the same refusals at the same fields."""

import json

import pytest

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.users.service import create_token
from tests.browsing import browser, csv_rows
from tests.conftest import Client, Clients
from tests.factories import LUDVIKA
from tests.initiatives.story import Kept

PATH = "/api/v1/initiatives"


async def program(clients: Clients, user_id: int) -> Client:
    """A client with a token of a user and no session."""
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    return client


@pytest.fixture
async def officer(clients: Clients, kept: Kept) -> Client:
    """A program of the kommun's officer."""
    return await program(clients, kept.world.officer)


@pytest.fixture
async def region(clients: Clients, kept: Kept) -> Client:
    """A program of the region's officer."""
    return await program(clients, kept.world.region_officer)


async def test_lists_and_records(officer: Client, kept: Kept) -> None:
    first = (await officer.get(f"{PATH}?limit=1")).json()
    assert (first["total"], [one["number"] for one in first["items"]]) == (2, [kept.body])
    second = (await officer.get(f"{PATH}?limit=1&cursor={first['next_cursor']}")).json()
    assert ([one["number"] for one in second["items"]], second["next_cursor"]) == ([kept.poetry], None)
    assert [one["number"] for one in (await officer.get(f"{PATH}?kind=edition")).json()["items"]] == [kept.poetry]
    record = (await officer.get(f"{PATH}/{kept.poetry}")).json()
    assert (record["keeper"], record["party"]) == ("Ludvika kommun", f"P-{kept.society}")
    assert record["years"] == [
        {
            "year": 2025, "theme": "Sommaren", "planned": "50000.00", "decided": "100000.00", "paid": "60000.00",
            "events": 2, "audience": 42,
        }
    ]  # fmt: skip
    assert (await officer.get(f"{PATH}/S-99")).status_code == 404
    assert (await officer.get(f"{PATH}?kind=x")).status_code == 400


async def test_a_year_is_the_same_everywhere(officer: Client, clients: Clients, kept: Kept) -> None:
    page = await browser(clients, kept.world.officer)
    for number in (kept.body, kept.poetry):
        answer = (await officer.get(f"{PATH}/{number}/2025")).json()
        file = json.loads((await page.get(f"/initiatives/{number}/2025/export.json")).content)
        assert answer | {"anchor": ""} == file | {"anchor": ""}
        assert csv_rows((await officer.get(f"{PATH}/{number}/2025/export.csv")).content)
        assert (await officer.get(f"{PATH}/{number}/2025/export.xlsx")).content.startswith(b"PK")
    picture = (await officer.get(f"{PATH}/{kept.body}/2025")).json()
    assert picture["flows"][1] == {
        "funder": "232100-0180", "funder_name": "Region Dalarna", "via": "Länets museum", "recipient": "Ekomuseet",
        "parts": 3, "agreed": "428571.43", "decided": "500000.01", "paid": "400000.01", "left": "100000.00",
        "difference": "71428.58", "grants": 1,
    }  # fmt: skip
    assert picture["memos"][0] == {"partner": "Smedjebackens kommun", "parts": 2, "agreed": "285714.28"}
    assert (await officer.get(f"{PATH}/{kept.poetry}/2024")).status_code == 404


async def test_shares_are_agreed(region: Client, officer: Client, kept: Kept) -> None:
    body = {
        "whole": "100.00", "source": "Avtal 2026",
        "shares": [{"funder": LUDVIKA, "parts": 1}, {"partner": "Fagersta", "parts": 2}],
    }  # fmt: skip
    answer = await region.post(f"{PATH}/{kept.body}/2026/shares", json=body)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["totals"]["agreed"], answer.json()["memos"][0]["agreed"]) == ("33.33", "66.67")
    again = await region.post(f"{PATH}/{kept.body}/2026/shares", json=body)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "reason")
    unknown = await region.post(f"{PATH}/{kept.body}/2026/shares", json=body | {"shares": [{"funder": "802001-1111"}]})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (404, "whose_1")
    assert (await officer.post(f"{PATH}/{kept.body}/2026/shares", json=body)).status_code == 403


async def test_an_initiative_and_its_edition_are_written(officer: Client, kept: Kept) -> None:
    body = {"kind": "edition", "title": "Sommarscenen", "party": f"P-{kept.society}"}
    answer = await officer.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    here = f"{PATH}/{answer.json()['number']}"
    assert (await officer.post(PATH, json=body)).json()["code"] == "initiative-exists"
    assert (await officer.post(f"{here}/editions", json={"year": 2025, "theme": "Ljus"})).status_code == 201
    event = {"title": "Läsning", "held_on": "2025-06-01", "place": "Ludvika"}
    edition = (await officer.post(f"{here}/2025/events", json=event)).json()
    event_id = edition["events"][0]["id"]
    changed = await officer.put(f"{here}/2025/events/{event_id}", json=event | {"audience": 12})
    assert (changed.json()["totals"]["audience"], changed.json()["events"][0]["version"]) == (12, 2)
    same = await officer.put(f"{here}/2025/events/{event_id}", json=event | {"audience": 12})
    assert (same.status_code, same.json()["code"]) == (409, "nothing-new")
    lines = [{"kind": "funder", "funder": LUDVIKA, "amount": "100.00"}, {"kind": "other_cost", "amount": "5.00"}]
    refused = await officer.post(f"{here}/2025/budget", json={"lines": lines})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "title_2")
    lines[1]["title"] = "Hyra"
    budget = (await officer.post(f"{here}/2025/budget", json={"lines": lines})).json()["budget"]
    assert (budget["version"], budget["income"], budget["cost"]) == (1, "100.00", "5.00")
    links = {"grants": [kept.society_grant], "engagements": []}
    taken = await officer.put(f"{here}/2025/links", json=links)
    assert (taken.status_code, taken.json()["errors"][0]["field"]) == (409, "grants")
    await officer.put(f"{PATH}/{kept.poetry}/2025/links", json={"grants": [], "engagements": []})
    linked = (await officer.put(f"{here}/2025/links", json=links)).json()
    assert [grant["number"] for grant in linked["grants"]] == [kept.society_grant]
