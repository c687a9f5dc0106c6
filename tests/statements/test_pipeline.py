"""The steps of issuing: many are prepared at one moment and stored together, each by itself."""

from datetime import date

import pytest

from registry import trail
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.database import fetch, fetch_value
from registry.statements import pipeline
from registry.statements.issues import read_pdf
from registry.statements.pipeline import Draft, NothingToStateError, Rendered, Unchanged, canonical, prepare, store
from registry.statements.rules import draw_up
from registry.statements.schemas import Language, StatementParty
from tests.factories import World, make_grant, make_payment

BASE = "https://bidrag.example.se"


async def drafts(languages: dict[int, Language]) -> list[Draft]:
    """What is to be rendered of 2025."""
    prepared = await prepare(CONSOLE, languages, 2025, base_url=BASE)
    return [one for one in prepared.values() if isinstance(one, Draft)]


def rendered(draft: Draft) -> Rendered:
    """A draft as if it had been rendered."""
    return Rendered(draft, f"PDF {draft.document.envelope.number}".encode())


@pytest.fixture
async def grants(world: World) -> list[str]:
    """A grant to each association."""
    return [await make_grant(world.programme, party) for party in (world.abf, world.bilda)]


async def test_many_are_prepared_and_stored_together_each_with_its_entry(world: World, grants: list[str]) -> None:
    languages: dict[int, Language] = {world.abf: "fi", world.bilda: "sv", world.kommun: "sv", 999_999: "sv"}
    prepared = await prepare(CONSOLE, languages, 2025, base_url=f"{BASE}/")
    assert set(prepared) == {world.abf, world.bilda, world.kommun}
    assert isinstance(prepared[world.kommun], NothingToStateError)
    made = [one for one in prepared.values() if isinstance(one, Draft)]
    assert [one.document.figures.language for one in made] == ["fi", "sv"]
    assert len({one.document.envelope.anchor_hash for one in made}) == 1
    assert len({one.document.envelope.code for one in made}) == 2
    before = await trail.read_anchor()
    issues = [issue for issue in await store(CONSOLE, [rendered(one) for one in made]) if issue is not None]
    assert [issue.number for issue in issues] == [f"2025-P{world.abf}-FI-1", f"2025-P{world.bilda}-SV-1"]
    assert [await read_pdf(CONSOLE, issue.id) for issue in issues] == [
        f"PDF {issue.number}".encode() for issue in issues
    ]
    entries = await fetch("SELECT action FROM trail_entry WHERE seq > $1", before.seq)
    assert [entry["action"] for entry in entries] == ["statements:statement:issue"] * 2
    assert not (await verify(CONSOLE)).findings
    again = await prepare(CONSOLE, {world.abf: "fi"}, 2025, base_url=BASE)
    assert isinstance(unchanged := again[world.abf], Unchanged)
    assert unchanged.issue == issues[0]


async def test_one_that_another_version_came_before_is_left_out_alone(world: World, grants: list[str]) -> None:
    first, second = await drafts({world.abf: "sv", world.bilda: "sv"})
    await store(CONSOLE, [rendered(first)])
    late, other = await store(CONSOLE, [rendered(first), rendered(second)])
    assert late is None
    assert other is not None
    assert await fetch_value("SELECT count(*) FROM statement") == 2
    await make_payment(grants[0], amount=1_00, voucher="V1")
    [newer] = await drafts({world.abf: "sv"})
    assert newer.document.envelope.version == 2
    assert "version 1" in (newer.document.envelope.replaces or "")


async def test_nothing_to_store_writes_nothing(world: World) -> None:
    before = await trail.read_anchor()
    assert await store(CONSOLE, []) == []
    assert await trail.read_anchor() == before


async def test_rendered_bytes_are_finished_as_they_are(world: World, grants: list[str]) -> None:
    [draft] = await drafts({world.abf: "sv"})
    assert await pipeline.finish(draft.document, b"PDF") == b"PDF"


def test_equal_figures_have_equal_bytes() -> None:
    party = StatementParty(number="P-1", name="Å", org_number="809900-0001")
    one, other = (
        draw_up(party, 2025, "sv", funders=(), grants=(), events=(), today=date(2026, day, 1)) for day in (1, 2)
    )
    assert canonical(one) == canonical(other)
    running = draw_up(party, 2025, "sv", funders=(), grants=(), events=(), today=date(2025, 12, 31))
    assert canonical(running) != canonical(one)
    assert one.totals.net_ore == Money(0)
