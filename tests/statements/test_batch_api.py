"""Everyone's statements over the API: the same batches, figures and files as on the page."""

import io
import zipfile
from typing import Any

import pytest

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.documents.pdf import RenderTimeoutError
from registry.statements.batch_queries import get_batch
from registry.users.service import create_token
from tests.conftest import Client, Clients
from tests.factories import World, make_grant
from tests.statements.batches import StubRenderer, run

PATH = "/api/v1/statements/batches"


async def caller(clients: Clients, user_id: int) -> Client:
    """A program of a user."""
    client = await clients.open()
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id)
    client.headers["authorization"] = f"Bearer {await create_token(CONSOLE, email)}"
    return client


@pytest.fixture
async def officer(world: World, clients: Clients) -> Client:
    """An officer's program; both associations have a grant."""
    for party in (world.abf, world.bilda):
        await make_grant(world.programme, party)
    return await caller(clients, world.officer)


async def test_a_batch_from_beginning_to_zip(world: World, clients: Clients, officer: Client) -> None:
    begun = await officer.post(PATH, json={"year": 2025})
    assert begun.status_code == 201
    batch: dict[str, Any] = begun.json()
    assert (batch["number"], batch["status"], batch["recipients"], batch["total"]) == (1, "interrupted", 2, None)
    assert (await officer.post(PATH, json={"year": 2025})).json()["number"] == 1
    other = await officer.post(PATH, json={"year": 2025, "language": "fi"})
    assert (other.status_code, other.json()["code"]) == (409, "batch-running")
    early = await officer.get(f"{PATH}/1/statements.zip")
    assert (early.status_code, early.json()["code"]) == (409, "batch-unfinished")
    await run(await get_batch(CONSOLE, 1), StubRenderer({f"P-{world.bilda}": [RenderTimeoutError("late")]}))
    auditor = await caller(clients, world.auditor)
    done = (await auditor.get(f"{PATH}/1")).json()
    assert (done["status"], done["issued"], done["failed"], done["total"]) == ("done", 1, 1, "0.00")
    assert done["comparison"]["agrees"] is True
    listed = (await auditor.get(PATH, params={"limit": 1})).json()
    assert (listed["items"], listed["total"], listed["next_cursor"]) == ([done], 1, None)
    first = (await auditor.get(f"{PATH}/1/recipients", params={"limit": 1})).json()
    assert (first["total"], first["items"][0]["party"]) == (2, f"P-{world.abf}")
    rest = (await auditor.get(f"{PATH}/1/recipients", params={"cursor": first["next_cursor"]})).json()
    assert [(one["problem_code"], one["paid"]) for one in rest["items"]] == [("render-timeout", None)]
    failed = (await auditor.get(f"{PATH}/1/recipients", params={"outcome": "failed"})).json()
    assert failed["items"] == rest["items"]
    archive = await auditor.get(f"{PATH}/1/statements.zip")
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert opened.namelist() == ["manifest.csv", "manifest.json", first["items"][0]["file"]]
    ended = await officer.post(f"{PATH}/1/cancel")
    assert (ended.status_code, ended.json()["code"]) == (409, "batch-ended")


async def test_limits_and_what_is_wrong_with_them(world: World, officer: Client) -> None:
    for body, status, code in (
        ({}, 400, "invalid-input"),
        ({"year": "2025"}, 400, "invalid-input"),
        ({"year": 1889}, 400, "invalid-input"),
        ({"year": 2025, "kind": "dragon"}, 400, "invalid-input"),
        ({"year": 2025, "language": "de"}, 400, "invalid-input"),
        ({"year": 2025, "extra": 1}, 400, "invalid-input"),
        ({"year": 2025, "kind": "museum"}, 404, "nothing-to-issue"),
        ({"year": 2099}, 404, "year-not-begun"),
    ):
        answer = await officer.post(PATH, json=body)
        assert (body, answer.status_code, answer.json()["code"]) == (body, status, code)
    unknown = await officer.post(PATH, json={"year": 2025, "funder": f"P-{world.abf}"})
    assert unknown.status_code in (400, 404)
    limited = await officer.post(PATH, json={"year": 2025, "funder": "212000-2270", "kind": "study_association"})
    assert (limited.status_code, limited.json()["funder"]) == (201, f"P-{world.kommun}")
    cancelled = await officer.post(f"{PATH}/1/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    for path in ("/0", "/99", "/1/recipients?cursor=x", "/1/recipients?outcome=odd"):
        assert (await officer.get(f"{PATH}{path}")).status_code in (400, 404)
