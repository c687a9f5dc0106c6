"""Lists of the trail, and samples that can be drawn again."""

from hashlib import sha256

import asyncpg
import pytest

from registry.audit.queries import UnknownRecordError, draw_sample, find_record, get_entry, list_actors, list_entries
from registry.audit.schemas import SampleQuestion, TrailFilter
from registry.core.access import CONSOLE, NOBODY
from registry.core.errors import FieldError, NotFoundError
from registry.database import fetch, fetch_value
from registry.trail import read_anchor
from tests.audit.story import make_story
from tests.factories import LUDVIKA, World, make_payment

EVERYTHING = TrailFilter()


@pytest.fixture
async def story(db: None) -> World:
    """A small registry."""
    return await make_story()


async def test_pages_lead_down_and_up_again(story: World) -> None:
    last = (await read_anchor()).seq
    seen, before = [], None
    while True:
        page = await list_entries(CONSOLE, EVERYTHING, before=before, limit=9)
        seen += [line.seq for line in page.items]
        assert (page.newer is None) == (before is None)
        if page.older is None:
            break
        before = page.older
    assert seen == list(range(last, 0, -1))
    up = await list_entries(CONSOLE, EVERYTHING, after=9, limit=9)
    assert [line.seq for line in up.items] == list(range(18, 9, -1))
    assert (up.newer, up.older) == (18, 10)
    top = await list_entries(CONSOLE, EVERYTHING, after=last - 3, limit=9)
    assert [line.seq for line in top.items] == [last, last - 1, last - 2]
    assert (top.newer, top.older) == (None, last - 2)


async def test_filters(story: World) -> None:
    payments = await list_entries(CONSOLE, TrailFilter(action="payments:payment:attest"))
    assert len(payments.items) == 6
    assert {line.actor for line in payments.items} == {f"user:{story.colleague}"}
    assert all(line.title and line.title != line.action for line in payments.items)
    own = await list_entries(CONSOLE, TrailFilter(actor=f"user:{story.officer}"), limit=100)
    assert {line.action for line in own.items} == {"payments:payment:register", "payments:payment:reverse"}
    moment = own.items[0].recorded_at
    assert all(line.recorded_at >= moment for line in (await list_entries(CONSOLE, TrailFilter(first=moment))).items)


async def test_a_record_leads_to_its_entries(story: World) -> None:
    number = await make_payment("B-1", amount=1_00)
    actions = [(await get_entry(CONSOLE, seq)).action for seq in await find_record(CONSOLE, "u-1")]
    assert actions == ["payments:payment:register", "payments:payment:attest", "payments:payment:reverse"]
    assert await find_record(CONSOLE, number)
    assert len(await find_record(CONSOLE, "B-1")) > 12
    assert await find_record(CONSOLE, f"P-{story.abf}")
    for nothing in ("U-999", "X-1", "", "U-99999999999999999999"):
        with pytest.raises(UnknownRecordError):
            await find_record(CONSOLE, nothing)


async def test_an_entry_tells_old_and_new(story: World) -> None:
    seq = await fetch_value("SELECT max(seq) FROM trail_entry WHERE action = 'parties:party:merge'")
    entry = await get_entry(CONSOLE, seq)
    assert entry.sound
    change = next(row for row in entry.rows if row.table == "party" and row.old)
    assert change.old is not None
    assert change.old["successor_id"] is None
    assert change.new["successor_id"] == story.abf
    for missing in (0, 10**6, 2**63, 2**80):
        with pytest.raises(NotFoundError):
            await get_entry(CONSOLE, missing)


async def test_only_those_who_read_everything_read_the_trail(story: World) -> None:
    association = await story.scope("abf_user")
    for scope in (NOBODY, association):
        with pytest.raises(NotFoundError):
            await list_entries(scope, EVERYTHING)
        with pytest.raises(NotFoundError):
            await get_entry(scope, 1)
        with pytest.raises(NotFoundError):
            await list_actors(scope)
        with pytest.raises(NotFoundError):
            await draw_sample(scope, SampleQuestion(seed="x", size=1))


async def test_a_sample_is_what_anybody_can_draw(story: World) -> None:
    sample = await draw_sample(CONSOLE, SampleQuestion(seed="2025-11", size=7, year=2025, funder=LUDVIKA))
    rows = await fetch(
        "SELECT p.id FROM payment p JOIN funding_grant g ON g.id = p.grant_id WHERE g.funder_id = $1"
        " AND p.paid_on BETWEEN '2025-01-01' AND '2025-12-31'",
        story.kommun,
    )
    numbers = sorted(
        (f"U-{row['id']}" for row in rows), key=lambda number: sha256(f"2025-11:{number}".encode()).digest()
    )
    assert [line.number for line in sample.items] == numbers[:7]
    assert sample.population == len(numbers)
    for line in sample.items:
        entry = await get_entry(CONSOLE, line.seq)
        assert entry.hash == line.hash
        assert entry.rows[0].new["id"] == int(line.number[2:])


async def test_later_payments_do_not_disturb_a_sample(story: World) -> None:
    first = await draw_sample(CONSOLE, SampleQuestion(seed="s", size=10))
    for step in range(5):
        await make_payment("B-1", amount=1_00 + step)
    again = await draw_sample(CONSOLE, first.question)
    assert (again.items, again.population) == (first.items, first.population)
    assert await draw_sample(CONSOLE, SampleQuestion(seed="s", size=10)) != first


@pytest.mark.parametrize("question", [{"size": 0}, {"size": 10_001}, {"seed": ""}, {"until": 10**9}, {"until": -1}])
async def test_a_sample_that_cannot_be_drawn_is_refused(db: None, question: dict[str, object]) -> None:
    with pytest.raises(FieldError):
        await draw_sample(CONSOLE, SampleQuestion.model_validate({"seed": "s", "size": 1, **question}))


async def test_a_tampered_entry_is_shown_as_such(story: World, owner: asyncpg.Connection) -> None:
    last = (await read_anchor()).seq
    async with owner.transaction():
        await owner.execute("ALTER TABLE trail_entry DISABLE TRIGGER append_only")
        await owner.execute("UPDATE trail_entry SET body = '[1' WHERE seq = $1", last)
        await owner.execute("ALTER TABLE trail_entry ENABLE ALWAYS TRIGGER append_only")
    entry = await get_entry(CONSOLE, last)
    assert (entry.sound, entry.rows, entry.body) == (False, [], "[1")
    assert (await get_entry(CONSOLE, 1)).sound
