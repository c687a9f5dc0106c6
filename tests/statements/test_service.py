"""Issuing: the same figures are the same bytes, others a new version, and two at once are one."""

import asyncio
import hashlib
import io
import re
from datetime import date

import asyncpg
import pypdf
import pytest

from registry import trail
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import ForbiddenError, NotFoundError
from registry.database import fetch_row, fetch_value
from registry.documents import rendering
from registry.payments.service import attest_payment
from registry.statements import service
from registry.statements.issues import UnknownStatementError, list_issues, read_pdf, verify_code
from registry.statements.pipeline import NothingToStateError, canonical
from registry.statements.schemas import Language, StatementDocument
from registry.statements.service import IssuedStatement, StatementChangedError, issue_statement
from tests.factories import World, make_grant, make_payment

BASE = "https://bidrag.example.se"


async def issue(party_id: int, year: int = 2025, language: Language = "sv") -> IssuedStatement:
    """Issue as the operator."""
    return await issue_statement(CONSOLE, party_id, year, language, base_url=BASE)


def fake(monkeypatch: pytest.MonkeyPatch) -> list[StatementDocument]:
    """Render without the engine; returns what was rendered."""
    rendered: list[StatementDocument] = []

    class Pool:
        async def render(self, _function: object, document: StatementDocument, **_limits: object) -> bytes:
            rendered.append(document)
            await asyncio.sleep(0.05)
            return f"PDF {document.envelope.number} {document.envelope.code}".encode()

    monkeypatch.setattr(rendering, "pool", Pool)
    return rendered


@pytest.fixture
async def grant(world: World) -> str:
    """A grant of 195 999.00 to the first association."""
    return await make_grant(world.programme, world.abf, amount=195_999_00, decided_on=date(2025, 2, 3))


async def test_the_pdf_says_what_is_registered(world: World, grant: str) -> None:
    await make_payment(grant, amount=195_999_00, scope=await world.scope("officer"))
    await attest_payment(await world.scope("colleague"), "U-1")
    issued = await issue(world.abf)
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(issued.pdf)).pages).replace(
        "\u00a0", " "
    )
    assert "ABF Dalarna (test)" in text
    assert "195 999,00" in text
    assert issued.issue.code in text
    assert issued.issue.number in text
    anchor = f"{issued.issue.anchor_seq:,}".replace(",", " ")
    assert anchor in text
    assert issued.issue.anchor_hash[:16] in re.sub(r"\s", "", text)
    assert issued.issue.paid_ore == 195_999_00
    assert hashlib.sha256(issued.pdf).hexdigest() == issued.issue.pdf_sha256


async def test_the_same_figures_are_the_same_bytes(world: World, grant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = fake(monkeypatch)
    first, second = await issue(world.abf), await issue(world.abf)
    assert (first.is_new, second.is_new) == (True, False)
    assert second.pdf == first.pdf
    assert len(rendered) == 1
    assert first.issue.number == f"2025-P{world.abf}-SV-1"
    assert rendered[0].envelope.verify_url == f"{BASE}/verify/{first.issue.code}"
    assert rendered[0].envelope.replaces is None
    assert (await issue(world.abf, language="fi")).issue.number == f"2025-P{world.abf}-FI-1"


async def test_other_figures_are_a_new_version(world: World, grant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = fake(monkeypatch)
    first = await issue(world.abf)
    await make_payment(grant, amount=1_00, scope=await world.scope("officer"))
    second = await issue(world.abf)
    assert second.issue.number == f"2025-P{world.abf}-SV-2"
    assert second.issue.code != first.issue.code
    assert "version 1" in (rendered[1].envelope.replaces or "")
    assert [one.is_latest for one in await list_issues(CONSOLE, world.abf, 2025)] == [True, False]
    assert await read_pdf(CONSOLE, first.issue.id) == first.pdf
    assert (await verify_code(first.issue.code)).is_latest is False
    assert (await verify_code(second.issue.code)).is_latest is True


async def test_the_anchor_is_the_head_before_and_the_trail_tells_the_hashes(
    world: World, grant: str, monkeypatch: pytest.MonkeyPatch, owner: asyncpg.Connection
) -> None:
    fake(monkeypatch)
    before = await trail.read_anchor()
    issued = await issue(world.abf)
    assert (issued.issue.anchor_seq, issued.issue.anchor_hash) == (before.seq, before.hash.hex())
    entry = await fetch_row("SELECT action, body FROM trail_entry ORDER BY seq DESC LIMIT 1")
    assert entry is not None
    assert entry["action"] == "statements:statement:issue"
    assert issued.pdf not in entry["body"]
    stored = await fetch_row("SELECT figures, figures_sha256, pdf_sha256 FROM statement")
    assert stored is not None
    assert stored["figures"] == canonical(issued.figures)
    assert stored["figures_sha256"].hex() == issued.issue.figures_sha256
    assert not (await verify(CONSOLE)).findings
    await owner.execute("ALTER TABLE statement DISABLE TRIGGER append_only")
    await owner.execute("UPDATE statement SET pdf = 'another'")
    await owner.execute("ALTER TABLE statement ENABLE ALWAYS TRIGGER append_only")
    assert [finding.code for finding in (await verify(CONSOLE)).findings] == ["statement"]


async def test_ten_at_once_are_one_version(world: World, grant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch)
    issued = await asyncio.gather(*(issue(world.abf) for _ in range(10)))
    assert {one.pdf for one in issued} == {issued[0].pdf}
    assert sum(one.is_new for one in issued) == 1
    assert await fetch_value("SELECT count(*) FROM statement") == 1


async def test_figures_that_never_stand_still_are_refused(
    world: World, grant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(monkeypatch)

    async def taken(*_: object) -> list[None]:
        return [None]

    monkeypatch.setattr(service, "store", taken)
    with pytest.raises(StatementChangedError):
        await issue(world.abf)


async def test_an_empty_year_and_another_party_have_no_statement(
    world: World, grant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = fake(monkeypatch)
    with pytest.raises(NothingToStateError):
        await issue(world.abf, year=2019)
    with pytest.raises(NotFoundError):
        await issue_statement(await world.scope("bilda_user"), world.abf, 2025, "sv", base_url=BASE)
    with pytest.raises(ForbiddenError):
        await issue_statement(await world.scope("admin"), world.abf, 2025, "sv", base_url=BASE)
    assert rendered == []
    issued = await issue_statement(await world.scope("abf_user"), world.abf, 2025, "sv", base_url=BASE)
    with pytest.raises(UnknownStatementError):
        await read_pdf(await world.scope("bilda_user"), issued.issue.id)
    assert await list_issues(await world.scope("bilda_user"), world.abf, 2025) == []
