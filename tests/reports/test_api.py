"""Reports and stops over the JSON API."""

from datetime import date, timedelta

from registry import trail
from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.users.service import create_token
from tests.conftest import Client, Clients
from tests.factories import World, make_demand, make_grant

PAST, FUTURE = date(2026, 2, 28), trail.today() + timedelta(days=30)


async def api(clients: Clients, user_id: int) -> Client:
    """A client with a user's token."""
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    return client


async def test_a_report_is_demanded_followed_and_listed(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    officer = await api(clients, world.officer)
    made = await officer.post("/api/v1/reports", json={"grant": grant, "kind": "final", "due_on": FUTURE.isoformat()})
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["number"], body["state"], body["overdue"], body["events"]) == ("D-1", "due", False, [])
    again = await officer.post("/api/v1/reports", json={"grant": grant, "kind": "final", "due_on": FUTURE.isoformat()})
    assert (again.status_code, again.json()["code"]) == (409, "report-exists")
    step = {"event": "received", "happened_on": trail.today().isoformat(), "reference": "KUN 2026/1"}
    moved = (await officer.post("/api/v1/reports/D-1/events", json=step)).json()
    assert (moved["state"], moved["reference"], moved["events"][0]["event"]) == ("received", "KUN 2026/1", "received")
    refused = await officer.post("/api/v1/reports/D-1/events", json={**step, "event": "returned"})
    assert (refused.status_code, refused.json()["code"]) == (409, "step-refused")
    assert {one["field"] for one in refused.json()["errors"]} == {"reason", "due_on"}
    listed = (await officer.get("/api/v1/reports", params={"status": "received", "grant": grant})).json()
    assert (listed["total"], listed["items"][0]["number"]) == (1, "D-1")
    assert (await officer.get("/api/v1/reports", params={"status": "lost"})).status_code == 400


async def test_bad_bodies_are_refused_with_the_field(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    officer = await api(clients, world.officer)
    for body in (
        {"grant": grant, "kind": "novel", "due_on": "2026-05-01"},
        {"grant": grant, "kind": "final", "due_on": 20_260_501},
        {"grant": grant, "kind": "final"},
        {"grant": grant, "kind": "final", "due_on": "2026-05-01", "more": 1},
    ):
        assert (await officer.post("/api/v1/reports", json=body)).status_code == 400, body
    missing = await officer.post("/api/v1/reports", json={"grant": "B-999", "kind": "final", "due_on": "2026-05-01"})
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown-grant")


async def test_an_overdue_report_refuses_a_payment_unless_a_reason_is_given(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    report = await make_demand(grant, due_on=PAST)
    officer = await api(clients, world.officer)
    body = {"grant": grant, "amount": "100.00", "paid_on": "2025-03-01"}
    refused = await officer.post("/api/v1/payments", json=body, headers={"idempotency-key": "one"})
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["errors"][0]["field"]) == (
        409, "report-overdue", "override_reason",
    )  # fmt: skip
    assert report in problem["detail"]
    assert "2026-02-28" in problem["detail"]
    body["override_reason"] = "Hyran förfaller"
    paid = await officer.post("/api/v1/payments", json=body, headers={"idempotency-key": "one"})
    assert paid.status_code == 201, paid.text
    override = {"report": report, "due_on": "2026-02-28", "kind": "override", "reason": "Hyran förfaller"}
    assert paid.json()["overrides"] == [override]
    replay = await officer.post("/api/v1/payments", json=body, headers={"idempotency-key": "one"})
    assert (replay.json(), replay.headers["idempotent-replay"]) == (paid.json(), "true")
    assert (await officer.get("/api/v1/payments")).json()["items"][0]["overrides"] == [override]


async def test_a_grant_is_stopped_and_released(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    officer = await api(clients, world.officer)
    stopped = await officer.post(f"/api/v1/grants/{grant}/stop", json={"reason": "Utredning"})
    assert (stopped.status_code, stopped.json()["released_on"]) == (201, None)
    body = {"grant": grant, "amount": "100.00", "paid_on": "2025-03-01"}
    refused = await officer.post("/api/v1/payments", json=body, headers={"idempotency-key": "one"})
    assert (refused.status_code, refused.json()["code"]) == (409, "grant-stopped")
    card = (await officer.get(f"/api/v1/grants/{grant}")).json()
    assert (card["stopped_on"], card["stops"][0]["reason"]) == (trail.today().isoformat(), "Utredning")
    released = await officer.post(f"/api/v1/grants/{grant}/release", json={"reason": "Klart"})
    assert released.json()["release_reason"] == "Klart"
    paid = await officer.post("/api/v1/payments", json=body, headers={"idempotency-key": "one"})
    assert paid.status_code == 201


async def test_a_decision_may_demand_reports(clients: Clients, world: World) -> None:
    officer = await api(clients, world.officer)
    body = {
        "programme": "LK-STUD", "recipient": f"P-{world.abf}", "dnr": "KUN 2025/1", "decided_on": "2025-02-03",
        "decider": "Nämnden", "amount": "1000.00", "reports": [{"kind": "final", "due_on": "2026-02-28"}],
    }  # fmt: skip
    made = await officer.post("/api/v1/grants", json=body)
    assert made.status_code == 201, made.text
    listed = (await officer.get("/api/v1/reports", params={"grant": made.json()["number"]})).json()
    assert [one["due_on"] for one in listed["items"]] == ["2026-02-28"]
