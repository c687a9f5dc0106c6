"""Allocations over the JSON API: the same rules and the same figures as the pages."""

from typing import Any

import pytest

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.users.service import create_token
from tests.allocations.prepared import register_2025
from tests.conftest import Client, Clients
from tests.factories import World, make_allocation

ASK: dict[str, str] = {
    "rule": "Rättvik", "year": "2026", "frame": "100000.01", "programme": "LK-STUD", "decided_on": "2026-03-01",
}  # fmt: skip
FREEZE: dict[str, Any] = {**ASK, "year": 2026, "eligible_on": "2026-03-01"}
FREEZE.pop("decided_on")
DECISION: dict[str, Any] = {
    "dnr": "KUN 2026/0019", "paragraph": "§ 14", "decided_on": "2026-03-18", "decider": "Nämnden",
    "instalments": [{"due_on": "2026-03-31", "percent": "33.25"}, {"due_on": "2026-09-30", "percent": "66.75"}],
    "reports": [{"kind": "final", "due_on": "2027-02-28"}],
}  # fmt: skip


async def client_of(clients: Clients, user_id: int) -> Client:
    """A client with a user's bearer token."""
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    return client


async def test_simulating_writes_nothing(clients: Clients, world: World) -> None:
    await register_2025(world)
    client = await client_of(clients, world.auditor)
    answer = await client.get("/api/v1/allocations/simulate", params=ASK)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["total"], told["municipality"]) == ("100000.01", "Ludvika")
    assert [(one["amount"], one["last_year"], one["change"], one["change_percent"]) for one in told["shares"]] == [
        ("63000.01", "60000.00", "3000.01", "5.00"), ("37000.00", "40000.00", "-3000.00", "-7.50"),
    ]  # fmt: skip
    changed = (await client.get("/api/v1/allocations/simulate", params={**ASK, "weights": "base=50;volume=50"})).json()
    assert [one["amount"] for one in changed["shares"]] == ["67500.01", "32500.00"]
    assert changed["rule"]["changed"] is True
    assert await fetch_value("SELECT count(*) FROM allocation") == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"rule": "Ingen"}, 404),
        ({"programme": "NO"}, 404),
        ({"year": "20"}, 400),
        ({"frame": "100000"}, 400),
        ({"frame": "0.00"}, 400),
        ({"decided_on": "2026-02-30"}, 400),
        ({"weights": "base=x"}, 400),
        ({"weights": "base=50;volume=49"}, 409),
        ({"rule": "Älmhult"}, 409),
    ],
)
async def test_a_question_that_means_nothing_is_refused(
    clients: Clients, world: World, change: dict[str, str], status: int
) -> None:
    await register_2025(world)
    client = await client_of(clients, world.officer)
    answer = await client.get("/api/v1/allocations/simulate", params={**ASK, **change})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["detail"] or answer.json()["errors"]


async def test_frozen_decided_and_read(clients: Clients, world: World) -> None:
    await register_2025(world)
    client = await client_of(clients, world.officer)
    frozen = await client.post("/api/v1/allocations", json=FREEZE)
    assert frozen.status_code == 201, frozen.text
    assert (frozen.json()["number"], frozen.json()["state"]) == ("F-1", "draft")
    again = await client.post("/api/v1/allocations", json=FREEZE)
    assert (again.status_code, again.json()["code"]) == (409, "draft-exists")
    for wrong in ({"dnr": ""}, {"decided_on": "x"}, {"instalments": [{"due_on": "2026-03-31", "percent": "x"}]}):
        refused = await client.post("/api/v1/allocations/F-1/decision", json={**DECISION, **wrong})
        assert refused.status_code == 400, refused.text
    short = {**DECISION, "instalments": DECISION["instalments"][:1]}
    assert (await client.post("/api/v1/allocations/F-1/decision", json=short)).status_code == 409
    assert await fetch_value("SELECT count(*) FROM allocation_grant") == 0
    done = await client.post("/api/v1/allocations/F-1/decision", json=DECISION)
    assert done.status_code == 201, done.text
    assert (done.json()["state"], [one["grant"] for one in done.json()["grants"]]) == ("decided", ["B-3", "B-4"])
    grant = (await client.get("/api/v1/grants/B-3")).json()
    assert [part["amount"] for part in grant["instalments"]] == ["20947.50", "42052.51"], "33.25 % of 63 000.01"
    twice = await client.post("/api/v1/allocations/F-1/decision", json=DECISION)
    assert (twice.status_code, twice.json()["code"]) == (409, "allocation-closed")
    listed = (await client.get("/api/v1/allocations", params={"state": "decided"})).json()
    assert ([one["number"] for one in listed["items"]], listed["total"], listed["next_cursor"]) == (["F-1"], 1, None)


async def test_drafts_are_discarded_with_a_reason(clients: Clients, world: World) -> None:
    await register_2025(world)
    await make_allocation()
    client = await client_of(clients, world.officer)
    assert (await client.post("/api/v1/allocations/F-1/discarding", json={"reason": " "})).status_code == 400
    done = await client.post("/api/v1/allocations/F-1/discarding", json={"reason": "Fel regel"})
    assert (done.status_code, done.json()["state"], done.json()["reason"]) == (201, "discarded", "Fel regel")


async def test_who_sees_and_does_what(clients: Clients, world: World) -> None:
    await register_2025(world)
    await make_allocation(dnr="KUN 2026/0019", frame=50_000_00)
    await make_allocation(frame=20_000_00)
    abf = await client_of(clients, world.abf_user)
    told = (await abf.get("/api/v1/allocations/F-1")).json()
    assert [one["amount"] for one in told["division"]["shares"]] == ["31500.00"]
    assert told["division"]["left_out"] == []
    assert "Bilda" not in (await abf.get("/api/v1/allocations/F-1")).text
    assert [one["number"] for one in (await abf.get("/api/v1/allocations")).json()["items"]] == ["F-1"]
    assert (await abf.get("/api/v1/allocations/F-2")).status_code == 404
    assert (await abf.get("/api/v1/allocations/simulate", params=ASK)).status_code == 403
    region = await client_of(clients, world.region_officer)
    assert (await region.get("/api/v1/allocations/F-2")).status_code == 200, "officers read both"
    assert (await region.post("/api/v1/allocations/F-2/decision", json=DECISION)).status_code == 403
    auditor = await client_of(clients, world.auditor)
    assert (await auditor.post("/api/v1/allocations", json=FREEZE)).status_code == 403


async def test_rules_are_read_with_their_versions(clients: Clients, world: World) -> None:
    client = await client_of(clients, world.auditor)
    rules = (await client.get("/api/v1/allocations/rules")).json()["items"]
    assert {rule["name"] for rule in rules if rule["is_preset"]} == {
        "Rättvik", "Malung-Sälen", "Kungsbacka", "Lidköping", "Älmhult", "Region Jönköping",
    }  # fmt: skip
    card = (await client.get("/api/v1/allocations/rules/FR-1")).json()
    assert [part["weight"] for part in card["versions"][0]["parts"]] == [80, 20]
    assert card["source"]
    assert (await client.get("/api/v1/allocations/rules/FR-99")).status_code == 404
