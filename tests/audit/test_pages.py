"""The trail in the browser and over the API."""

import json
import re
from pathlib import Path

import pytest

from registry.audit.verify_export import check_chain
from registry.trail import read_anchor
from tests.audit.story import PERSON, make_story
from tests.conftest import Client, Clients
from tests.factories import World


@pytest.fixture
async def story(db: None) -> World:
    """A small registry."""
    return await make_story()


@pytest.fixture
async def auditor(story: World, clients: Clients) -> Client:
    """The auditor's browser, in English."""
    client = await clients.open(story.auditor)
    client.cookies.set("language", "en")
    return client


async def test_the_trail_is_listed_with_names_and_filters(auditor: Client, story: World) -> None:
    page = await auditor.get("/audit")
    assert page.status_code == 200
    last = (await read_anchor()).seq
    assert f'href="/audit/{last}"' in page.text
    one = await auditor.get("/audit", params={"record": "U-1", "action": "payments:"})
    assert len(re.findall(r'<a href="/audit/\d+">', one.text)) == 3
    actor = f"user:{story.colleague}"
    attests = await auditor.get("/audit", params={"actor": actor})
    assert len(re.findall(r'<a href="/audit/\d+">', attests.text)) == 6


@pytest.mark.parametrize("query", ["record=U-99999", "from=yesterday", "to=2025-02-30"])
async def test_a_filter_that_cannot_be_is_explained(auditor: Client, query: str) -> None:
    page = await auditor.get(f"/audit?{query}")
    assert page.status_code == 400
    assert "error" in page.text


async def test_every_entry_opens(auditor: Client) -> None:
    last = (await read_anchor()).seq
    for seq in range(1, last + 1):
        page = await auditor.get(f"/audit/{seq}")
        assert page.status_code == 200, seq
        assert PERSON not in page.text
    assert (await auditor.get(f"/audit/{last + 1}")).status_code == 404
    assert (await auditor.get("/audit/99999999999999999999")).status_code == 404


async def test_verification_says_intact_and_changes_nothing(auditor: Client) -> None:
    before = await read_anchor()
    assert (await auditor.get("/audit/verify")).status_code == 200
    page = await auditor.submit("/audit/verify", anchor=str(before))
    assert page.status_code == 200
    assert "The trail is intact" in page.text
    assert str(before) in page.text
    assert await read_anchor() == before


async def test_verification_names_the_first_bad_entry(auditor: Client) -> None:
    page = await auditor.submit("/audit/verify", anchor=f"9:{'a' * 64}")
    assert page.status_code == 200
    assert 'href="/audit/9"' in page.text
    wrong = await auditor.submit("/audit/verify", anchor="9:a")
    assert wrong.status_code == 400


async def test_verification_needs_the_form(auditor: Client) -> None:
    assert (await auditor.post("/audit/verify", data={"anchor": ""})).status_code == 403


async def test_the_downloads_verify(auditor: Client, tmp_path: Path) -> None:
    anchor = await read_anchor()
    export = await auditor.get("/audit/export")
    path = tmp_path / "trail.jsonl"
    path.write_bytes(export.content)
    assert check_chain(str(path), {anchor.seq: {anchor.hash.hex()}}) == (anchor.seq, anchor.hash.hex())
    verifier = await auditor.get("/audit/verifier")
    compile(verifier.text, "verify_export.py", "exec")
    assert "attachment" in verifier.headers["content-disposition"]


async def test_a_sample_is_drawn_and_downloaded(auditor: Client) -> None:
    assert (await auditor.get("/audit/sample")).status_code == 200
    page = await auditor.get("/audit/sample", params={"seed": "s", "size": "5", "year": "2025"})
    assert page.status_code == 200
    numbers = re.findall(r'href="/payments/(U-\d+)"', page.text)
    assert len(numbers) == 5
    address = re.search(r'href="(/audit/sample\.csv[^"]*)"', page.text)
    assert address is not None
    file = await auditor.get(address[1].replace("&amp;", "&"))
    assert [line.split(";")[1] for line in file.text.splitlines()[1:6]] == numbers
    assert (await auditor.get("/audit/sample", params={"seed": "s", "size": "0"})).status_code == 400
    assert (await auditor.get("/audit/sample.csv", params={"seed": "s"})).status_code == 400


async def test_the_api_lists_and_shows(auditor: Client) -> None:
    first = (await auditor.get("/api/v1/audit", params={"limit": 10})).json()
    last = (await read_anchor()).seq
    assert (first["total"], len(first["items"]), first["items"][0]["seq"]) == (last, 10, last)
    second = (await auditor.get("/api/v1/audit", params={"limit": 10, "cursor": first["next_cursor"]})).json()
    assert second["items"][0]["seq"] == last - 10
    entry = (await auditor.get("/api/v1/audit/1")).json()
    assert json.loads(entry["body"])["action"] == entry["action"]
    assert (await auditor.get("/api/v1/audit", params={"record": "U-1"})).json()["total"] == 3
    assert (await auditor.get("/api/v1/audit/999999")).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "cursor=x", "action=%00", "actor=nobody", "record=1", "from=2025", "to=2025-02-30"],
)
async def test_the_api_refuses_what_cannot_be(auditor: Client, query: str) -> None:
    answer = await auditor.get(f"/api/v1/audit?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("name", ["abf_user", "admin"])
async def test_others_see_nothing(story: World, clients: Clients, name: str) -> None:
    client = await clients.open(getattr(story, name))
    for path in (
        "/audit",
        "/audit/1",
        "/audit/verify",
        "/audit/export",
        "/audit/sample",
        "/api/v1/audit",
        "/api/v1/audit/1",
    ):
        assert (await client.get(path)).status_code == 403
