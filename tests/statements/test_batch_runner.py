"""Running a batch: every party once, whatever fails, whoever stops it, in flat flight."""

import asyncio
from datetime import date

import pytest

from registry import trail
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.database import BATCH_LOCK, fetch, fetch_value, hold_lock
from registry.documents.pdf import RenderError, RenderLostError, RenderTimeoutError, RenderUnavailableError
from registry.payments.service import attest_payment
from registry.statements import batch_runner
from registry.statements.batch_queries import get_batch, read_progress
from registry.statements.batch_runner import BatchBusyError, RendererGoneError, follow_batch
from registry.statements.batch_schemas import Batch, BatchStatus, Counts
from registry.statements.batch_service import cancel_batch
from registry.statements.pipeline import prepare
from registry.statements.schemas import StatementDocument
from registry.statements.service import issue_statement
from tests.factories import World, make_grant, make_party, make_payment
from tests.statements.batches import BASE, StubRenderer, begin, results, run, versions


@pytest.fixture
async def parties(world: World) -> list[int]:
    """Five associations with a grant of 2025 each, the first of them with a payment of 97 999.00."""
    made = [world.abf, world.bilda, *[await make_party(f"Förening {letter} (test)") for letter in "CDE"]]
    for party in made:
        grant = await make_grant(world.programme, party, amount=195_999_00, decided_on=date(2025, 2, 3))
        if party == world.abf:
            payment = await make_payment(grant, amount=97_999_00, scope=await world.scope("officer"))
            await attest_payment(await world.scope("colleague"), payment)
    return made


async def test_everyone_gets_one_statement_and_the_sums_are_the_summarys(world: World, parties: list[int]) -> None:
    settled: list[int] = []
    renderer = StubRenderer()
    batch = await run(await begin(), renderer, advance=settled.append)
    assert batch.end is not None
    assert batch.end.status is BatchStatus.DONE
    assert batch.end.counts == Counts(issued=5)
    assert (batch.end.paid_ore, sum(settled)) == (97_999_00, 5)
    assert batch.end.totals is not None
    assert batch.end.totals.agree
    assert batch.end.totals.summary_ore == 97_999_00
    assert renderer.most <= 4
    assert not renderer.closed
    assert await versions() == sorted((f"2025-P{party}-SV-1", 97_999_00 * (party == world.abf)) for party in parties)
    actions = [row["action"] for row in await fetch("SELECT action FROM trail_entry WHERE seq >= $1", batch.seq)]
    assert actions == ["statements:batch:begin", *["statements:statement:issue"] * 5, "statements:batch:end"]
    assert (await verify(CONSOLE)).intact


async def test_a_second_batch_renders_only_what_has_changed(world: World, parties: list[int]) -> None:
    await run(await begin(), StubRenderer())
    await make_payment("B-2", amount=1_00, scope=await world.scope("officer"))
    renderer = StubRenderer()
    batch = await run(await begin(), renderer)
    assert batch.end is not None
    assert batch.end.counts == Counts(issued=1, unchanged=4)
    assert len(renderer.rendered) == 1
    assert await fetch_value("SELECT count(*) FROM statement") == 6


async def test_one_that_fails_is_told_and_the_others_are_issued(world: World, parties: list[int]) -> None:
    number = f"P-{world.abf}"
    renderer = StubRenderer({number: [RenderTimeoutError("late")]})
    batch = await run(await begin(), renderer)
    assert batch.end is not None
    assert batch.end.counts == Counts(issued=4, failed=1)
    assert [result[1:] for result in await results(batch) if result[1] == "failed"] == [("failed", "render-timeout")]
    assert batch.end.totals is not None
    assert batch.end.totals.agree
    assert (batch.end.totals.paid_ore, batch.end.totals.missing_ore, batch.end.totals.summary_ore) == (
        0,
        97_999_00,
        97_999_00,
    )
    assert renderer.rendered.count(number) == 1


async def test_lost_documents_are_tried_again_alone_at_the_end(world: World, parties: list[int]) -> None:
    lost, deadly = f"P-{parties[0]}", f"P-{parties[1]}"
    renderer = StubRenderer({lost: [RenderLostError("gone")], deadly: [RenderLostError("gone") for _ in range(9)]})
    batch = await run(await begin(), renderer)
    assert batch.end is not None
    assert batch.end.counts == Counts(issued=4, failed=1)
    assert ("failed", "render-lost") in [result[1:] for result in await results(batch)]
    assert sorted(renderer.rendered[-2:]) == sorted([lost, deadly])
    assert len(renderer.rendered) == 7


async def test_a_worker_that_never_answers_is_that_partys_error(
    world: World, parties: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "ANSWER_S", 0.2)
    monkeypatch.setattr(batch_runner, "seconds_for", lambda _document: 0.0)

    renderer = StubRenderer(silent=lambda document, _count: document.figures.party.number == f"P-{world.bilda}")
    batch = await run(await begin(), renderer)
    assert batch.end is not None
    assert batch.end.counts == Counts(issued=4, failed=1)
    assert ("failed", "render-timeout") in [result[1:] for result in await results(batch)]


@pytest.mark.parametrize("error", [RenderUnavailableError, RenderLostError])
async def test_what_would_befall_them_all_stops_the_batch_and_it_goes_on_later(
    world: World, parties: list[int], error: type[RenderError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "LOST_IN_A_ROW", 3)
    batch = await begin()
    renderer = StubRenderer({f"P-{party}": [error("all") for _ in range(9)] for party in parties})
    with pytest.raises((RenderUnavailableError, RendererGoneError)):
        await run(batch, renderer)
    assert (await get_batch(CONSOLE, batch.id)).end is None
    assert (await read_progress(CONSOLE, batch)).status is BatchStatus.INTERRUPTED
    done = await run(batch, StubRenderer())
    assert done.end is not None
    assert done.end.counts == Counts(issued=5)


async def test_a_party_whose_figures_cannot_be_drawn_up_stops_no_other(
    world: World, parties: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def faulty(scope: object, languages: dict[int, str], *rest: object, **named: object) -> object:
        if world.bilda in languages:
            raise ValueError("months don't add up")
        return await prepare(scope, languages, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(batch_runner, "prepare", faulty)
    batch = await run(await begin(), StubRenderer())
    assert batch.end is not None
    assert batch.end.counts == Counts(issued=4, failed=1)
    assert ("failed", "unexpected") in [result[1:] for result in await results(batch)]


async def test_a_version_that_comes_between_is_taken_as_it_is(world: World, parties: list[int]) -> None:
    ready = asyncio.Event()
    loop = asyncio.get_running_loop()

    def before(document: StatementDocument) -> None:
        if document.figures.party.number == f"P-{world.abf}":
            asyncio.run_coroutine_threadsafe(between(), loop).result(10)

    async def between() -> None:
        if not ready.is_set():
            ready.set()
            await issue_statement(CONSOLE, world.abf, 2025, "sv", base_url=BASE)

    batch = await run(await begin(), StubRenderer(before=before))
    assert batch.end is not None
    assert batch.end.counts == Counts(issued=4, unchanged=1)
    assert await fetch_value("SELECT count(*) FROM statement WHERE party_id = $1", world.abf) == 1


async def test_a_batch_that_stops_midway_is_taken_up_where_it_was(
    world: World, parties: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "GROUP", 2)
    batch = await begin()
    first = asyncio.create_task(run(batch, StubRenderer(silent=lambda _document, count: count > 3)))
    async with asyncio.timeout(10):
        while (await read_progress(CONSOLE, batch)).counts.done < 2:  # noqa: ASYNC110 - another process would poll too
            await asyncio.sleep(0.01)
    assert (await read_progress(CONSOLE, batch)).status is BatchStatus.RUNNING
    with pytest.raises(BatchBusyError):
        await run(batch, StubRenderer())
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    before = (await read_progress(CONSOLE, batch)).counts
    renderer = StubRenderer()
    done = await run(batch, renderer)
    assert done.end is not None
    assert done.end.counts == Counts(issued=5)
    assert len(renderer.rendered) == 5 - before.done
    assert len(await versions()) == 5


async def test_two_processes_at_one_batch_settle_nothing_twice(
    world: World, parties: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock went with a lost connection, say: what one has settled the other leaves as it is."""
    batch = await begin()
    settled: list[int] = []
    runs = [batch_runner._Run(batch, StubRenderer(), BASE, settled.append) for _ in range(2)]
    await asyncio.gather(*(run.work() for run in runs))
    assert len(await results(batch)) == 5
    assert len(await versions()) == 5
    assert (await verify(CONSOLE)).intact


async def test_a_cancelled_batch_stops_and_keeps_what_is_issued(
    world: World, parties: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "GROUP", 1)
    batch = await begin()
    loop = asyncio.get_running_loop()

    def before(document: StatementDocument) -> None:
        if document.figures.party.number == f"P-{parties[-1]}":
            asyncio.run_coroutine_threadsafe(cancel_batch(CONSOLE, batch.id), loop).result(10)

    done = await run(batch, StubRenderer(before=before, at_once=1))
    assert done.end is not None
    assert done.end.status is BatchStatus.CANCELLED
    assert done.end.totals is None
    assert done.end.counts.issued == len(await versions()) < 5
    assert (await verify(CONSOLE)).intact


async def test_another_process_can_watch(world: World, parties: list[int]) -> None:
    batch, seen = await begin(), list[int]()
    assert await follow_batch(batch, tell=seen.append) is None, "nobody is at it"
    async with hold_lock(BATCH_LOCK) as is_mine:
        assert is_mine
        watching = asyncio.create_task(follow_batch(batch, tell=seen.append))
        await asyncio.sleep(0.05)
        await batch_runner._Run(batch, StubRenderer(), BASE, lambda _count: None).work()
        await cancel_batch(CONSOLE, batch.id)
        ended = await watching
    assert ended is not None
    assert (seen[0], seen[-1]) == (0, 5)


async def test_what_is_registered_meanwhile_is_told_as_a_difference(world: World, parties: list[int]) -> None:
    batch = await begin()
    await batch_runner._Run(batch, StubRenderer(), BASE, lambda _count: None).work()
    late = await make_party("Sen förening (test)")
    grant = await make_grant(world.programme, late, amount=5_000_00)
    for number, amount in (("B-1", 1_000_00), (grant, 500_00)):
        payment = await make_payment(number, amount=amount, scope=await world.scope("officer"))
        await attest_payment(await world.scope("colleague"), payment)
    done = await run(batch, StubRenderer())
    assert done.end is not None
    totals = done.end.totals
    assert totals is not None
    assert not totals.agree
    assert totals.summary_ore - totals.paid_ore == 1_500_00
    told = {one.party: (one.stated_ore, one.summary_ore) for one in totals.differences}
    assert told[f"P-{world.abf}"] == (97_999_00, 98_999_00)
    assert list(told.values())[1] == (None, Money(500_00))


async def test_the_rate_tells_how_long_it_will_take(
    world: World, parties: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch: Batch = await begin()
    progress = await read_progress(CONSOLE, batch)
    assert (progress.status, progress.counts.done, progress.total) == (BatchStatus.INTERRUPTED, 0, 5)
    assert progress.seconds_left is None
    await batch_runner._Run(batch, StubRenderer(), BASE, lambda _count: None).work()
    now = trail.now()
    monkeypatch.setattr(trail, "now", lambda: now)
    async with hold_lock(BATCH_LOCK):
        progress = await read_progress(CONSOLE, batch)
    assert progress.status is BatchStatus.RUNNING
    assert progress.recent == 5
    assert progress.per_minute > 0
    assert progress.seconds_left == 0
