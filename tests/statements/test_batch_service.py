"""Batches: one at a time, who may begin and cancel one, whom it holds, and that what is written stays."""

from typing import Any

import asyncpg
import pytest

from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import ForbiddenError, NotFoundError
from registry.database import fetch, fetch_value
from registry.documents.pdf import RenderTimeoutError
from registry.parties.schemas import PartyKind
from registry.statements.batch_queries import (
    LineFilter,
    UnknownBatchError,
    find_unfinished,
    get_batch,
    list_batches,
    list_lines,
    read_progress,
)
from registry.statements.batch_schemas import BatchStatus, Counts, Origin, Outcome
from registry.statements.batch_service import (
    BatchEndedError,
    NothingToIssueError,
    OtherBatchError,
    acting_scope,
    cancel_batch,
    problem_of,
)
from registry.statements.years import YearNotBegunError
from tests.factories import World, make_grant, make_party
from tests.statements.batches import StubRenderer, begin, run

APPEND_ONLY = {
    "statement_batch": "year",
    "statement_batch_item": "position",
    "statement_batch_result": "outcome",
    "statement_batch_end": "outcome",
}
RESULT = """
INSERT INTO statement_batch_result (item_id, outcome, problem, recorded_at) VALUES ($1, 'failed', 'x', now())
"""


@pytest.fixture
async def grants(world: World) -> int:
    """A grant of the kommun to ABF, one of the region to Bilda, one of both to a Finnish-speaking creator."""
    creator = await make_party("Konstnär Exempel", kind=PartyKind.CREATOR, number="811228-9874", language="fi")
    await make_grant(world.programme, world.abf)
    await make_grant(world.region_programme, world.bilda)
    for programme in (world.programme, world.region_programme):
        await make_grant(programme, creator)
    return creator


async def names(batch_id: int) -> list[tuple[int, str]]:
    """Whom a batch holds, in order, with the language."""
    lines = (await list_lines(CONSOLE, batch_id, limit=None)).items
    return [(line.party_id, line.language) for line in lines]


async def test_a_batch_holds_everyone_or_those_it_is_limited_to(world: World, grants: int) -> None:
    cases: list[tuple[dict[str, Any], list[tuple[int, str]]]] = [
        ({}, [(world.abf, "sv"), (world.bilda, "sv"), (grants, "fi")]),
        ({"language": "en"}, [(world.abf, "en"), (world.bilda, "en"), (grants, "en")]),
        ({"kind": "creator"}, [(grants, "fi")]),
        ({"funder_id": world.kommun}, [(world.abf, "sv"), (grants, "fi")]),
        ({"funder_id": world.region, "kind": "study_association"}, [(world.bilda, "sv")]),
    ]
    for limits, wanted in cases:
        batch = await begin(**limits)
        assert (batch.parties, await names(batch.id)) == (len(wanted), wanted)
        await cancel_batch(CONSOLE, batch.id)


async def test_one_at_a_time_and_the_same_again_is_the_same(
    world: World, grants: int, owner: asyncpg.Connection
) -> None:
    batch = await begin()
    assert await begin() == batch == await find_unfinished(CONSOLE)
    with pytest.raises(OtherBatchError) as refused:
        await begin(language="fi")
    assert refused.value.data == {"number": batch.id, "year": "2025"}
    with pytest.raises(asyncpg.CheckViolationError, match="another batch"):
        await owner.execute(
            "INSERT INTO statement_batch (id, year, origin, parties, recorded_at, seq)"
            " VALUES (99, 2025, 'page', 1, now(), 99)"
        )
    await cancel_batch(CONSOLE, batch.id)
    assert (await begin(language="fi")).id == batch.id + 1


async def test_nobody_to_state_and_years_to_come_are_refused(world: World, grants: int) -> None:
    for year, kind, error in (
        (2019, "", NothingToIssueError),
        (2025, "museum", NothingToIssueError),
        (2099, "", YearNotBegunError),
    ):
        with pytest.raises(error):
            await begin(year, kind=kind)
    assert await fetch_value("SELECT count(*) FROM statement_batch") == 0


async def test_officers_begin_and_cancel_and_others_do_not(world: World, grants: int) -> None:
    for name in ("auditor", "abf_user", "admin"):
        with pytest.raises(ForbiddenError):
            await begin(scope=await world.scope(name))
    officer = await world.scope("officer")
    batch = await begin(scope=officer, origin=Origin.PAGE)
    assert (batch.user_id, batch.origin) == (world.officer, Origin.PAGE)
    acting = acting_scope(batch)
    assert (acting.user_id, acting.reads_all) == (world.officer, True)
    for name in ("auditor", "abf_user"):
        with pytest.raises(ForbiddenError):
            await cancel_batch(await world.scope(name), batch.id)
    with pytest.raises(NotFoundError):
        await cancel_batch(officer, batch.id + 1)
    ended = await cancel_batch(await world.scope("region_officer"), batch.id)
    assert ended.end is not None
    assert (ended.end.status, ended.end.counts) == (BatchStatus.CANCELLED, Counts())
    with pytest.raises(BatchEndedError):
        await cancel_batch(officer, batch.id)
    actors = [row["actor"] for row in await fetch("SELECT actor FROM trail_entry WHERE seq >= $1", batch.seq)]
    assert actors == [f"user:{world.officer}", f"user:{world.region_officer}"]


async def test_statements_of_a_batch_are_its_beginners(world: World, grants: int) -> None:
    batch = await run(await begin(scope=await world.scope("officer")), StubRenderer())
    assert batch.end is not None
    assert batch.end.by == batch.began_by != ""
    assert await fetch_value("SELECT array_agg(DISTINCT recorded_by) FROM statement") == [world.officer]


async def test_an_association_reads_no_batch(world: World, grants: int) -> None:
    batch, scope = await begin(), await world.scope("abf_user")
    with pytest.raises(UnknownBatchError):
        await get_batch(scope, batch.id)
    with pytest.raises(UnknownBatchError):
        await read_progress(scope, batch)
    assert await find_unfinished(scope) is None
    assert (await list_batches(scope)).items == []
    assert (await list_lines(scope, batch.id)).items == []


async def test_the_parties_of_a_batch_are_searched_sorted_and_told(world: World, grants: int) -> None:
    renderer = StubRenderer({f"P-{grants}": [RenderTimeoutError("late")]})
    batch = await run(await begin(), renderer)
    failed = await list_lines(CONSOLE, batch.id, LineFilter(outcome=Outcome.FAILED))
    assert [(line.number, line.shown_number) for line in failed.items] == [(f"P-{grants}", f"P-{grants}")]
    assert "tog för lång tid" in problem_of(failed.items[0])
    found = await list_lines(CONSOLE, batch.id, LineFilter(search="bilda"))
    assert [(line.party_id, found.total) for line in found.items] == [(world.bilda, 1)]
    assert (await list_lines(CONSOLE, batch.id, LineFilter(search="811228"))).total == 0
    falling = await list_lines(CONSOLE, batch.id, sort="-name", limit=2)
    assert [line.party_id for line in falling.items] == [grants, world.bilda]
    assert (await list_lines(CONSOLE, batch.id, sort="outcome")).items[0].outcome is Outcome.FAILED
    assert (await list_batches(CONSOLE, year=2025)).total == 1
    assert (await list_batches(CONSOLE, year=2024)).items == []


async def test_what_is_written_of_a_batch_stays(world: World, grants: int, owner: asyncpg.Connection) -> None:
    batch = await run(await begin(), StubRenderer())
    for table, column in APPEND_ONLY.items():
        for change in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="never changed"):
                await owner.execute(change)
    item = await fetch_value("SELECT max(id) FROM statement_batch_item")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner.execute(RESULT, item)
    await owner.execute("ALTER TABLE statement_batch_end DISABLE TRIGGER append_only")
    await owner.execute("UPDATE statement_batch_end SET paid_ore = paid_ore + 1")
    await owner.execute("ALTER TABLE statement_batch_end ENABLE ALWAYS TRIGGER append_only")
    assert batch.end is not None
    assert (await verify(CONSOLE)).first_bad == batch.end.seq


async def test_nothing_is_settled_of_a_batch_that_has_ended(
    world: World, grants: int, owner: asyncpg.Connection
) -> None:
    batch = await begin()
    await cancel_batch(CONSOLE, batch.id)
    item = await fetch_value("SELECT min(id) FROM statement_batch_item")
    with pytest.raises(asyncpg.CheckViolationError, match="the batch has ended"):
        await owner.execute(RESULT, item)
