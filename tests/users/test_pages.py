"""Pages of users: what an administrator sees, and what is shown once."""

import re

from registry.core.tokens import token_hash
from registry.database import fetch_value
from tests.conftest import Clients
from tests.factories import World

PASSWORD = "a password that is long enough"


async def test_an_administrator_lets_an_officer_in(clients: Clients, world: World) -> None:
    client = await clients.open(world.admin)
    answer = await client.submit(
        "/users/new", email="o@example.se", name="Olle", role="officer", funder="212000-2270", language="sv",
        password=PASSWORD,
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    listed = (await client.get("/users")).text
    assert "o@example.se" in listed
    assert PASSWORD not in listed
    browser = await clients.open()
    assert (await browser.submit("/login", email="o@example.se", password=PASSWORD)).status_code == 303
    assert (await browser.get("/payments/new")).status_code == 200


async def test_a_refused_form_keeps_all_but_the_password(clients: Clients, world: World) -> None:
    client = await clients.open(world.admin)
    answer = await client.submit("/users/new", email="bad", name="Olle", role="auditor", password=PASSWORD)
    assert answer.status_code == 400
    assert 'value="Olle"' in answer.text
    assert PASSWORD not in answer.text


async def test_a_token_is_shown_once_and_works(clients: Clients, world: World) -> None:
    client = await clients.open(world.admin)
    shown = re.findall(r"rgt_[\w-]{43}", (await client.submit(f"/users/{world.auditor}/token")).text)
    assert shown
    assert (
        await fetch_value("SELECT user_id FROM api_token WHERE token_hash = $1", token_hash(shown[0])) == world.auditor
    )
    for path in ("/users", "/audit", "/"):
        assert shown[0] not in (await client.get(path)).text
    nobody = await clients.open()
    answer = await nobody.get("/api/v1/summaries", headers={"authorization": f"Bearer {shown[0]}"})
    assert answer.status_code == 200


async def test_nobody_shuts_themselves_out(clients: Clients, world: World) -> None:
    client = await clients.open(world.admin)
    await client.submit(f"/users/{world.admin}/disable", disabled="1")
    assert (await client.get("/users")).status_code == 200
    assert not await fetch_value("SELECT disabled FROM app_user WHERE id = $1", world.admin)


async def test_the_log_in_says_the_same_to_all_who_may_not(clients: Clients, world: World) -> None:
    client = await clients.open()
    known = await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer)
    answers = [
        await client.submit("/login", email=email, password="wrong password") for email in (known, "x@example.se")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    first, second = (
        answer.text.replace(email, "EMAIL") for answer, email in zip(answers, (known, "x@example.se"), strict=True)
    )
    assert first == second
    assert "wrong password" not in first
