"""Showing a file to the registry: the issued one, an older one, one that was changed or added to, and others."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from registry.database import fetch_value
from registry.documents.seal import current_seal, is_sealed, make_demo_certificate
from registry.statements import checking
from registry.statements.checking import MOST_BYTES, Checked, Door, NoPdfError, TooManyChecksError, check_file
from registry.statements.service import issue_statement
from tests.conftest import Client, Clients
from tests.factories import World, make_grant, make_payment
from tests.statements.test_pages import plain

BASE = "http://testserver"


@pytest.fixture
async def grant(world: World) -> str:
    return await make_grant(world.programme, world.abf, amount=195_999_00)


async def issue(world: World) -> bytes:
    return (await issue_statement(await world.scope("abf_user"), world.abf, 2025, "sv", base_url=BASE)).pdf


async def send(client: Client, data: bytes | None) -> httpx.Response:
    files = None if data is None else {"file": ("utdrag.pdf", data, "application/pdf")}
    return await client.post("/verify", files=files, data={"csrf_token": client.csrf})


async def test_the_issued_file_an_older_one_a_changed_one_and_a_strange_one(
    world: World, clients: Clients, grant: str
) -> None:
    first = await issue(world)
    nobody = await clients.open()
    same = await send(nobody, first)
    assert same.status_code == 200
    text = plain(same.text)
    assert "exakt den som utfärdades" in text
    assert "is-success" in same.text
    for secret in ("ABF", "Ludvika kommun", grant, "195 999"):
        assert secret not in text
    changed = await send(nobody, first.replace(b"Ludvika kommun</rdf:li>", b"Ludvika k0mmun</rdf:li>"))
    assert "har ändrats" in plain(changed.text)
    assert "is-error" in changed.text
    assert "is-success" not in changed.text
    added = await send(nobody, first + b"\n%% somebody's remark\n")
    assert "något har lagts till" in plain(added.text)
    strange = await send(nobody, b"%PDF-1.7 something else")
    assert "inte ett utdrag som det här registret" in plain(strange.text)
    await make_payment(grant, amount=1_00, scope=await world.scope("officer"))
    await issue(world)
    older = await send(nobody, first)
    assert "exakt den som utfärdades" in plain(older.text)
    assert "En nyare version har ersatt" in plain(older.text)


async def test_nothing_is_kept_and_nothing_wrong_is_taken(world: World, clients: Clients, grant: str) -> None:
    pdf = await issue(world)
    before = await fetch_value("SELECT seq FROM chain_head")
    for client in (await clients.open(), await clients.open(world.auditor)):
        assert (await send(client, None)).status_code == 400
        assert (await send(client, b"")).status_code == 400
        answer = await send(client, b"<html>")
        assert answer.status_code == 400
        assert 'id="f-file-error"' in answer.text
        assert (await send(client, pdf)).status_code == 200
        too_big = await send(client, pdf + b"\0" * (MOST_BYTES + 100_000))
        assert too_big.status_code == 413
        assert "20 MB" in too_big.text
        broken = {"content-type": "multipart/form-data; boundary=x"}
        assert (await client.post("/verify", content=b"--y\r\n", headers=broken)).status_code in (400, 403)
        assert (await client.post("/verify", json={"file": "x"})).status_code in (400, 403)
        assert (await client.post("/verify", data={"file": "%PDF-"})).status_code in (400, 403)
    foreign = await (await clients.open()).post("/verify", files={"file": b"x"}, headers={"origin": "http://evil.test"})
    assert foreign.status_code == 403
    assert await fetch_value("SELECT seq FROM chain_head") == before


async def test_a_logged_in_form_needs_its_token(world: World, clients: Clients, grant: str) -> None:
    client = await clients.open(world.auditor)
    answer = await client.post("/verify", files={"file": ("x.pdf", await issue(world))}, data={"csrf_token": "other"})
    assert answer.status_code == 403


async def test_an_address_of_somewhere_else_is_not_believed(world: World, grant: str) -> None:
    pdf = await issue(world)
    code = str(await fetch_value("SELECT code FROM statement"))
    assert code.encode() in pdf, "the file bears the address of its check in clear"
    assert await check_file(pdf.replace(code.encode(), b"0000-0000-0000-0000")) == Checked("unknown")
    with pytest.raises(NoPdfError):
        await check_file(b"")


async def test_the_hash_is_looked_up_by_its_index(world: World, grant: str) -> None:
    await issue(world)
    found = await fetch_value("SELECT indexdef FROM pg_indexes WHERE indexname = 'statement_by_file'")
    assert "(pdf_sha256)" in found


async def test_more_than_a_few_at_once_are_turned_away(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(1)
    with door, pytest.raises(TooManyChecksError), door:
        pass
    with door:
        monkeypatch.setattr("registry.statements.verification.door", door)
        answer = await send(await clients.open(), b"%PDF-")
    assert answer.status_code == 429
    assert (await send(await clients.open(), b"%PDF-")).status_code == 200


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("REGISTRY_SEAL_CERTIFICATE", str(make_demo_certificate(tmp_path)))
    current_seal.cache_clear()
    yield
    current_seal.cache_clear()


async def test_a_sealed_statement_is_sealed_once_and_the_trail_holds_its_hash(
    world: World, grant: str, sealed: None
) -> None:
    first, again = await issue(world), await issue(world)
    assert is_sealed(first)
    assert again == first
    entry = str(await fetch_value("SELECT convert_from(body, 'UTF8') FROM trail_entry ORDER BY seq DESC LIMIT 1"))
    assert '"sealed":true' in entry
    assert await fetch_value("SELECT pdf_sha256 FROM statement") == hashlib.sha256(first).digest()
    assert (await check_file(first)).verdict == "issued"
    unsealed = first[: first.rindex(b"%%EOF", 0, first.rindex(b"%%EOF")) + 6]
    assert (await check_file(unsealed)).verdict == "changed", "a seal that was cut away is missed"
    assert len(first) < checking.MOST_BYTES
