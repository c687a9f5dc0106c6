"""A request that can't be read is told what to do, field by field, in the reader's language."""

from typing import Any

import pytest

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.users.service import create_token
from registry.web.messages import ELSE, say
from tests.conftest import Client, Clients
from tests.factories import World

GRANT: dict[str, Any] = {
    "programme": "P", "recipient": "809901-0103", "dnr": "K 1", "decided_on": "2025-03-01", "decider": "Nämnden",
    "amount": "100.00",
}  # fmt: skip
PLANNED = {"due_on": "2025-03-01", "amount": "1.00"}
LIBRARIES = ("should", "Expected", "Input", "Invalid", "valid", "regex", "pattern", "`")


@pytest.fixture
async def api(clients: Clients, world: World) -> Client:
    """An officer's client over the API, in Swedish."""
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    client.headers["accept-language"] = "sv"
    return client


@pytest.mark.parametrize(
    ("field", "wrong", "expected"),
    [
        ("dnr", {"dnr": ""}, "Skriv en text på en rad"),
        ("dnr", {"dnr": "a\x00"}, "Skriv en text på en rad"),
        ("dnr", {"dnr": "x" * 61}, "högst 60 tecken"),
        ("dnr", {"dnr": 1}, "en text"),
        ("purpose", {"purpose": "\x01"}, "styrtecken"),
        ("decided_on", {"decided_on": "2025-02-30"}, "2025-01-31"),
        ("instalments", {"instalments": {}}, "lista"),
        ("instalments.0", {"instalments": [1]}, "objekt"),
        ("instalments.0.amount", {"instalments": [{"due_on": "2025-03-01"}]}, "Fyll i"),
        ("instalments", {"instalments": [PLANNED] * 13}, "Högst 12"),
        ("reports.0.kind", {"reports": [{"kind": "x", "due_on": "2025-03-01"}]}, "activity, accounts, other"),
    ],
)  # fmt: skip
async def test_a_field_of_a_body_is_told_what_to_be(
    api: Client, field: str, wrong: dict[str, Any], expected: str
) -> None:
    answer = await api.post("/api/v1/grants", json={**GRANT, **wrong})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert expected in error["message"]
    assert not [word for word in LIBRARIES if word in error["message"]], error["message"]


@pytest.mark.parametrize(
    ("address", "field", "expected"),
    [
        ("grants?limit=0", "limit", "1 eller mer"),
        ("grants?limit=201", "limit", "200 eller mindre"),
        ("grants?limit=x", "limit", "heltal"),
        ("grants?programme=" + "x" * 31, "programme", "högst 30 tecken"),
        ("fees/engagements?unmotivated=perhaps", "unmotivated", "true eller false"),
        ("fees/followup?by=zork", "by", "discipline, issuer, commissioner"),
        ("allocations?state=zork", "state", "draft, decided, discarded"),
        ("statements/2025?party=P-1&language=de", "language", "sv, fi, en"),
        ("allocations/simulate?rule=x&year=2026", "frame", "Fyll i"),
    ],
)
async def test_a_parameter_is_told_what_to_be_under_the_name_it_was_sent_by(
    api: Client, address: str, field: str, expected: str
) -> None:
    answer = await api.get(f"/api/v1/{address}")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["field"], expected in error["message"]) == (field, True), error


@pytest.mark.parametrize("body", [b"{", b"\xff", b"null", b"[]", b""])
async def test_a_body_that_is_no_object_says_what_to_send(api: Client, body: bytes) -> None:
    answer = await api.post("/api/v1/grants", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    told = answer.json()
    assert "JSON" in told["detail"] or "objekt" in told["errors"][0]["message"], told


def test_words_of_a_library_that_nobody_knew_do_not_reach_the_reader() -> None:
    assert say("URL scheme should be 'http' or 'https'") == say("Something else") != ELSE
