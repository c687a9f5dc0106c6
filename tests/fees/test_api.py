"""Fees over the JSON API: the same rules, the same figures."""

from typing import Any

from httpx import Response

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.users.service import create_token
from tests.conftest import Client, Clients
from tests.factories import World, make_creator, make_engagement, make_grant
from tests.fees.levels import WRITERS


async def client_of(clients: Clients, user_id: int) -> Client:
    """A client with a user's bearer token."""
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    return client


async def post(client: Client, path: str, key: str | None = None, **body: Any) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post(f"/api/v1/fees{path}", json=body, headers=headers)


async def test_a_check_saves_nothing(clients: Clients, world: World) -> None:
    client = await client_of(clients, world.auditor)
    terms: dict[str, Any] = {
        "issuer": WRITERS,
        "code": "appearance",
        "booking_date": "2025-02-01",
        "quantity": "2.5",
        "tax": "A",
    }
    answer = await post(client, "/check", **terms, agreed_fee="7000.00")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["outcome"], body["level"], body["normalised_fee"]) == ("below", "9630.00", "9199.40")
    assert (body["gap"], body["gap_percent"], body["schedule"]) == ("430.60", "4.47", "Författararvoden 2024")
    assert body["working"][-1].endswith("arvodet ligger 4,47\u00a0% under nivån.")
    bare = (await post(client, "/check")).json()
    assert (bare["outcome"], bare["missing"]) == ("incomplete", ["issuer", "code"])
    for wrong in ({"quantity": "0"}, {"quantity": 2}, {"agreed_fee": 7000}, {"tax": "B"}, {"vat_rate": "101"},
                  {"booking_date": "2025-02-30"}, {"creator": "X"}, {"artists": 0}, {"vat_included": 0}):  # fmt: skip
        refused = await post(client, "/check", **{**terms, **wrong})
        assert refused.status_code == 400, wrong
        assert refused.json()["errors"][0]["field"] == next(iter(wrong))


async def test_registering_is_idempotent(clients: Clients, world: World) -> None:
    creator = await make_creator("Åsa Skapare")
    grant = await make_grant(world.programme, creator)
    client = await client_of(clients, world.officer)
    body = {"creator": f"P-{creator}", "grant": grant, "issuer": WRITERS, "code": "panel", "quantity": "1", "tax": "F",
            "booking_date": "2025-02-01", "agreed_fee": "3000.00", "travel": "120.50"}  # fmt: skip
    assert (await post(client, "/engagements", **body)).json()["code"] == "idempotency-key-missing"
    first = await post(client, "/engagements", "a", **body)
    assert (first.status_code, first.headers["location"]) == (201, "/api/v1/fees/engagements/E-1")
    record = first.json()
    assert (record["creator_name"], record["grant"], record["travel"]) == ("Åsa Skapare", grant, "120.50")
    assert (record["check"]["outcome"], record["check"]["gap"], record["motive_missing"]) == ("below", "400.00", True)
    again = await post(client, "/engagements", "a", **body)
    assert (again.json(), again.headers["idempotent-replay"]) == (record, "true")
    other = await post(client, "/engagements", "a", **{**body, "agreed_fee": "3400.00"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert await fetch_value("SELECT count(*) FROM engagement") == 1


async def test_refusals_name_their_field(clients: Clients, world: World) -> None:
    creator = await make_creator()
    client = await client_of(clients, world.officer)
    body = {"creator": f"P-{creator}", "event_date": "2025-02-01"}
    cases: tuple[tuple[dict[str, Any], int, str], ...] = (
        ({"creator": "P-999"}, 404, "creator"),
        ({"creator": f"P-{world.kommun}"}, 409, "creator"),
        ({"commissioner": "640312-9818"}, 404, "commissioner"),
        ({"grant": "B-99"}, 404, "grant"),
        ({"event_date": None}, 409, "event_date"),
        ({"agreed_fee": "-1.00"}, 400, "agreed_fee"),
    )
    for change, status, field in cases:
        answer = await post(client, "/engagements", "k", **{**body, **change})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field), change
    auditor = await client_of(clients, world.auditor)
    assert (await post(auditor, "/engagements", "k", **body)).status_code == 403


async def test_correction_and_cancellation(clients: Clients, world: World) -> None:
    number = await make_engagement(await make_creator(), world.kommun, fee=100)
    client = await client_of(clients, world.officer)
    creator = (await client.get(f"/api/v1/fees/engagements/{number}")).json()["creator"]
    body = {"creator": creator, "issuer": WRITERS, "code": "panel", "quantity": "1", "tax": "F",
            "booking_date": "2025-02-01", "agreed_fee": "3400.00", "reason": "Fel belopp"}  # fmt: skip
    for _twice in range(2):
        done = await post(client, f"/engagements/{number}/correction", "c", **body)
        assert (done.status_code, done.json()["check"]["outcome"], done.json()["state"]) == (201, "meets", "corrected")
    gone = await post(client, f"/engagements/{number}/cancellation", "d", reason="Inställt")
    assert (gone.status_code, gone.json()["state"]) == (201, "cancelled")
    late = await post(client, f"/engagements/{number}/correction", "e", **body)
    assert (late.status_code, late.json()["code"]) == (409, "engagement-cancelled")
    assert (await client.get("/api/v1/fees/engagements")).json()["total"] == 0
    assert (await client.get("/api/v1/fees/engagements?cancelled=true")).json()["total"] == 1


async def test_lists_are_paged_filtered_and_without_names_for_auditors(clients: Clients, world: World) -> None:
    creator = await make_creator("Åsa Skapare")
    for fee in (700_000, 800_000, 850_000):
        await make_engagement(creator, world.kommun, fee=fee)
    client = await client_of(clients, world.auditor)
    first = (await client.get("/api/v1/fees/engagements?limit=2&sort=number")).json()
    assert ([one["number"] for one in first["items"]], first["total"]) == (["E-1", "E-2"], 3)
    rest = (await client.get(f"/api/v1/fees/engagements?limit=2&sort=number&cursor={first['next_cursor']}")).json()
    assert ([one["number"] for one in rest["items"]], rest["next_cursor"]) == (["E-3"], None)
    below = await client.get("/api/v1/fees/engagements?outcome=below&unmotivated=true&year=2025&sort=-gap")
    assert [one["check"]["gap"] for one in below.json()["items"]] == ["1500.00", "500.00"]
    assert "Skapare" not in below.text
    assert below.json()["items"][0]["creator_name"] == f"P-{creator}"
    for unknown in ("funder=640312-9817", "creator=0", "commissioner=P-99", "grant=12", "issuer=Ingen"):
        answer = await client.get(f"/api/v1/fees/engagements?{unknown}")
        if unknown.startswith("issuer"):
            assert answer.json()["total"] == 0
        else:
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown-name"), unknown
    assert (await client.get("/api/v1/fees/schedules?issuer=Ingen")).status_code == 404


async def test_schedules_and_the_follow_up(clients: Clients, world: World) -> None:
    await make_engagement(await make_creator(), world.kommun, fee=700_000)
    client = await client_of(clients, world.auditor)
    found = (await client.get("/api/v1/fees/schedules?discipline=literature&year=2025")).json()
    assert [(one["number"], one["title"], len(one["levels"])) for one in found["items"]] == [
        ("T-1", "Författararvoden 2024", 12)
    ]
    assert (await client.get("/api/v1/fees/schedules/T-3")).json()["levels"][0]["amount"] == "975.00"
    answer = (await client.get("/api/v1/fees/followup?year=2025&by=commissioner")).json()
    assert (answer["by"], answer["question"]) == ("commissioner", "by=commissioner&year=2025")
    assert answer["rows"][0]["key"] == f"P-{world.kommun}"
    assert (answer["total"]["fee"], answer["total"]["level"], answer["total"]["below_percent"]) == (
        "7000.00", "8500.00", "100.00",
    )  # fmt: skip


async def test_a_new_version_is_registered_and_overwrites_nothing(clients: Clients, world: World) -> None:
    client = await client_of(clients, world.officer)
    before = (await client.get("/api/v1/fees/schedules")).json()["total"]
    body: dict[str, Any] = {
        "issuer": "klys", "title": "Författararvoden 2027", "discipline": "literature", "valid_from": "2027-01-01",
        "applies_by": "booking_date", "source": "provkälla",
        "levels": [{"code": "panel", "title": "Paneldeltagare", "unit": "appearance", "amount": "3500.00"}],
    }  # fmt: skip
    made = await post(client, "/schedules", **body)
    assert made.status_code == 201
    record = (await client.get(made.headers["location"])).json()
    assert record == made.json()
    assert (record["issuer"], record["levels"][0]["source"]) == (WRITERS, "provkälla"), "an issuer has one name"
    again = await post(client, "/schedules", **body)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "reason")
    assert (await post(client, "/schedules", **body, reason="Fel belopp i källan")).status_code == 201
    terms: dict[str, Any] = {"issuer": "KLYS", "code": "panel", "quantity": "1", "tax": "F", "agreed_fee": "3400.00"}
    assert (await post(client, "/check", **terms, booking_date="2027-02-01")).json()["gap"] == "100.00"
    assert (await post(client, "/check", **terms, booking_date="2026-12-31")).json()["outcome"] == "meets"
    assert (await client.get("/api/v1/fees/schedules")).json()["total"] == before + 2
    [level] = body["levels"]
    for wrong in ({"unit": "mil"}, {"amount": "-1.00"}, {"code": ""}, {"amount": "1.5"}):
        refused = await post(client, "/schedules", **{**body, "levels": [{**level, **wrong}]})
        assert refused.status_code == 400, wrong
        assert refused.json()["errors"][0]["field"].startswith("levels"), wrong
    odd: dict[str, Any]
    for odd in ({"levels": []}, {"source": " "}, {"discipline": "opera"}, {"valid_to": "2026-02-30"}):
        assert (await post(client, "/schedules", **{**body, **odd})).status_code == 400, odd
    auditor = await client_of(clients, world.auditor)
    assert (await post(auditor, "/schedules", **body)).status_code == 403


async def test_the_percentages_of_a_year_are_data(clients: Clients, world: World) -> None:
    client = await client_of(clients, world.officer)
    [first] = (await client.get("/api/v1/fees/rates")).json()["items"]
    assert (first["year_from"], first["employer"], first["holiday"], first["vat"]) == (2019, "31.42", "12.00", "25.00")
    body: dict[str, Any] = {"year_from": 2027, "employer": "25", "holiday": "12", "vat": "25", "source": "provkälla"}
    made = await post(client, "/rates", **body)
    assert (made.status_code, made.json()["employer"]) == (201, "25.00")
    terms: dict[str, Any] = {"issuer": WRITERS, "code": "panel", "quantity": "1", "tax": "A", "agreed_fee": "2720.00"}
    later = (await post(client, "/check", **terms, booking_date="2027-02-01")).json()
    assert (later["normalised_fee"], later["outcome"]) == ("3400.00", "meets")  # 2 720 × 1.25
    assert (await post(client, "/check", **terms, booking_date="2026-02-01")).json()["normalised_fee"] == "3574.62"
    for wrong in ({"employer": "101"}, {"year_from": 1800}, {"source": ""}, {"vat": 25}):
        assert (await post(client, "/rates", **{**body, **wrong})).status_code == 400, wrong
    assert (await post(client, "/rates", **{**body, "year_to": 2026})).status_code == 409
