"""Recovery claims in the browser, over the API and by the command."""

from datetime import date

from registry import trail
from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.users.service import create_token
from tests.browsing import browser, csv_rows, held, shown, wrong_fields, xlsx_rows
from tests.conftest import Client, Clients
from tests.factories import World, make_claim, make_grant, make_paid
from tests.importing import run_command

CONDITIONS = "Använd bidraget under 2025.\nRedovisa senast 28 februari."


async def paid_grant(world: World, conditions: str = CONDITIONS) -> str:
    grant = await make_grant(world.programme, world.abf, conditions=conditions)
    await make_paid(world, grant)
    return grant


async def test_a_claim_is_decided_settled_and_closed(clients: Clients, world: World) -> None:
    grant = await paid_grant(world)
    officer = await browser(clients, world.officer)
    form = shown(await officer.get(f"/grants/{grant}/claim"))
    assert "Condition: Redovisa senast 28 februari." in form
    assert "False or missing facts" in form
    fields = {
        "ground": "condition-2", "amount": "600", "reason": "Redovisningen kom aldrig.", "decided_on": "2026-01-15",
        "due_on": "2026-03-31", "decider": "Nämnden", "dnr": "KUN 2026/9", "idempotency_key": "k1",
    }  # fmt: skip
    answer = await officer.submit(f"/grants/{grant}/claim", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/recoveries/K-1")
    card = shown(await officer.get("/recoveries/K-1"))
    for text in ("600.00 kr", "past due", "Redovisa senast 28 februari.", "Nämnden", "KUN 2026/9"):
        assert text in card
    repay = await officer.get(f"/grants/{grant}/repay?claim=K-1")
    assert held(repay, "amount") == "600"
    fields = {"claim": "K-1", "amount": "250", "repaid_on": "2026-02-01", "reason": "Insatt", "idempotency_key": "k2"}
    assert (await officer.submit(f"/grants/{grant}/repay", **fields)).status_code == 303
    own = shown(await officer.get(f"/grants/{grant}"))
    assert "Claimed back, left to repay 350.00 kr" in own
    assert "settles 250.00 kr of K-1" in own
    seq = await fetch_value("SELECT seq FROM claim_settlement")
    assert f'href="/audit/{seq}"' in (await officer.get("/recoveries/K-1")).text
    abf = (await (await browser(clients, world.abf_user)).get("/recoveries/K-1")).text
    assert "/audit/" not in abf
    today = trail.today().isoformat()
    answer = await officer.submit("/recoveries/K-1/close", kind="written_off", reason="Konkurs", closed_on=today)
    assert answer.status_code == 303
    assert "written off" in shown(await officer.get("/recoveries/K-1"))


async def test_without_conditions_it_says_what_can_be_the_ground(clients: Clients, world: World) -> None:
    grant = await paid_grant(world, conditions="")
    officer = await browser(clients, world.officer)
    form = shown(await officer.get(f"/grants/{grant}/claim"))
    assert "The decision has no conditions" in form
    assert "Condition:" not in form


async def test_what_was_typed_comes_back_with_what_is_wrong(clients: Clients, world: World) -> None:
    grant = await paid_grant(world)
    officer = await browser(clients, world.officer)
    fields = {
        "ground": "condition-7",
        "amount": "många",
        "reason": "Skäl",
        "decided_on": "",
        "due_on": "",
        "decider": "",
    }
    answer = await officer.submit(f"/grants/{grant}/claim", **fields)
    assert answer.status_code == 400
    assert wrong_fields(answer) == {"ground", "amount", "decided_on", "due_on", "decider", "dnr"}
    assert held(answer, "amount") == "många"
    fields = {
        "ground": "false_facts", "amount": "1000,01", "reason": "Skäl", "decided_on": "2026-01-15",
        "due_on": "2026-01-01", "decider": "Nämnden", "dnr": "1",
    }  # fmt: skip
    answer = await officer.submit(f"/grants/{grant}/claim", **fields)
    assert (answer.status_code, wrong_fields(answer)) == (409, {"amount", "due_on"})
    await make_claim(grant, amount=1_000_00)
    fields = {"amount": "1", "repaid_on": "2026-02-01", "reason": "Insatt"}
    answer = await officer.submit(f"/grants/{grant}/repay", **fields)
    assert (answer.status_code, wrong_fields(answer)) == (409, {"claim"})
    answer = await officer.submit("/recoveries/K-1/close", kind="", reason="", closed_on="")
    assert answer.status_code == 400


async def test_the_list_and_its_files_say_the_same(clients: Clients, world: World) -> None:
    grant = await paid_grant(world)
    claim = await make_claim(grant, amount=600_00)
    officer = await browser(clients, world.officer)
    page = shown(await officer.get("/recoveries?status=overdue"))
    assert "1 claim" in page
    assert "600.00" in page
    [row] = csv_rows((await officer.get("/recoveries.csv?status=overdue")).content)
    assert (row["claim"], row["claimed"], row["left"], row["condition"]) == (claim, "600.00", "600.00", "")
    sheet = xlsx_rows((await officer.get("/recoveries.xlsx")).content)
    assert sheet[1][0] == claim
    assert "No claim fits the filter" in shown(await officer.get("/recoveries?status=paid"))
    abf = await browser(clients, world.abf_user)
    assert "How to pay it back" in shown(await abf.get(f"/recoveries/{claim}"))
    assert claim in shown(await abf.get("/recoveries"))
    bilda = await browser(clients, world.bilda_user)
    assert "Nothing is claimed back" in shown(await bilda.get("/recoveries"))


async def api(clients: Clients, user_id: int) -> Client:
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    return client


async def test_over_the_api(clients: Clients, world: World) -> None:
    grant = await paid_grant(world)
    officer = await api(clients, world.officer)
    body = {
        "grant": grant, "amount": "600.00", "ground": "condition", "condition": "Redovisa senast 28 februari.",
        "reason": "Kom aldrig", "decided_on": "2026-01-15", "decider": "Nämnden", "dnr": "1", "due_on": "2026-03-31",
    }  # fmt: skip
    assert (await officer.post("/api/v1/recoveries", json=body)).json()["code"] == "idempotency-key-missing"
    key = {"idempotency-key": "one"}
    made = await officer.post("/api/v1/recoveries", json=body, headers=key)
    assert made.status_code == 201, made.text
    assert (await officer.post("/api/v1/recoveries", json=body, headers=key)).json() == made.json()
    wrong = {**body, "amount": "1.00", "condition": "Redovisa i tid."}
    refused = await officer.post("/api/v1/recoveries", json=wrong, headers={"idempotency-key": "two"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "condition")
    repaid = {"amount": "100.00", "repaid_on": "2026-02-01", "reason": "Insatt", "claim": "K-1"}
    back = await officer.post(f"/api/v1/grants/{grant}/repayments", json=repaid, headers=key)
    assert (back.status_code, back.json()["claim"], back.json()["settled"]) == (201, "K-1", "100.00")
    listed = (await officer.get(f"/api/v1/grants/{grant}/repayments")).json()
    assert (listed["total"], listed["total_amount"]) == (1, "100.00")
    card = (await officer.get("/api/v1/recoveries/K-1")).json()
    assert (card["status"], card["left"], card["settlements"][0]["amount"]) == ("overdue", "500.00", "100.00")
    closing = {"kind": "withdrawn", "reason": "Fel", "closed_on": "2026-03-01"}
    closed = (await officer.post("/api/v1/recoveries/K-1/closure", json=closing)).json()
    assert (closed["status"], closed["given_up"], closed["left"]) == ("withdrawn", "500.00", "0.00")
    found = (await officer.get("/api/v1/recoveries", params={"status": "withdrawn"})).json()
    assert (found["total"], found["total_amount"], found["total_left"]) == (1, "600.00", "0.00")


async def test_the_command(connected: str, world: World) -> None:
    claim = await make_claim(await paid_grant(world), amount=1_00, due_on=date(2026, 2, 1))
    done = await run_command(connected, "recoveries", "export", "--status", "overdue", "--output", "-")
    assert [row["claim"] for row in csv_rows(done.out.encode())] == [claim]
    assert (await run_command(connected, "recoveries", "export", "--status", "x", "--output", "-")).status == 2
