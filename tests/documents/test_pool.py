"""Workers: the same bytes as here, every failure an error of its document alone, people before batches."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registry.documents import pool
from registry.documents.pdf import RenderBusyError, RenderError, RenderLostError, RenderTimeoutError, render_pdf
from registry.documents.pool import RenderPool
from tests.documents.work import (
    deaf,
    die,
    die_once,
    doze,
    fail,
    make_source,
    process,
    spell,
    stubborn,
    swell,
    warm,
)

LONGEST_S = 30
DONE = b"done"


@pytest.fixture(scope="module")
def workers() -> Iterator[RenderPool]:
    made = RenderPool(warm, workers=2, seconds=1, grace=0.5)
    yield made
    made.close()


def test_workers_make_the_same_bytes(workers: RenderPool) -> None:
    async def both() -> list[bytes]:
        return await asyncio.gather(*(workers.render(render_pdf, make_source()) for _ in range(4)))

    assert set(asyncio.run(both())) == {render_pdf(make_source())}


@pytest.mark.parametrize(
    ("function", "argument", "error", "text"),
    [
        (doze, 30, RenderTimeoutError, "time limit"),
        (stubborn, 30, RenderTimeoutError, "time limit"),
        (deaf, 30, RenderTimeoutError, "time limit"),
        (swell, 3 * 1024**3, RenderTimeoutError, "memory"),
        (fail, "hm", RenderError, "LookupError: hm"),
        (die, 3, RenderLostError, "died"),
    ],
)
def test_a_render_that_goes_wrong_is_a_reported_error(
    workers: RenderPool,
    function: Callable[[object], bytes],
    argument: object,
    error: type[RenderError],
    text: str,
) -> None:
    with pytest.raises(error, match=text):
        workers.submit(function, argument).result(LONGEST_S)
    assert workers.submit(doze, 0.0).result(LONGEST_S) == DONE


def test_a_document_that_kills_its_process_harms_no_other(workers: RenderPool, tmp_path: Path) -> None:
    others = [workers.submit(doze, 0.1) for _ in range(3)]
    deadly = workers.submit(die, 1)
    others += [workers.submit(doze, 0.1) for _ in range(3)]
    assert [each.result(LONGEST_S) for each in others] == [DONE] * 6
    assert isinstance(deadly.exception(LONGEST_S), RenderLostError)
    assert workers.submit(die_once, str(tmp_path / "mark")).result(LONGEST_S) == DONE


def test_a_queue_has_an_end(workers: RenderPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "WAITING", 2)
    waiting = [workers.submit(doze, 0.2) for _ in range(2)]
    with pytest.raises(RenderBusyError):
        workers.submit(doze, 0.2)
    waiting.append(workers.submit(doze, 0.0, background=True))
    assert [each.result(LONGEST_S) for each in waiting] == [DONE] * 3


def test_a_batch_leaves_a_worker_for_people_and_they_go_first(workers: RenderPool) -> None:
    assert workers.background == 1
    batch = [workers.submit(spell, 0.1, background=True) for _ in range(6)]
    people = [workers.submit(spell, 0.1) for _ in range(4)]
    spells = [[float(part) for part in each.result(LONGEST_S).split()] for each in (*batch, *people)]
    behind, ahead = spells[:6], spells[6:]
    for (_, end), (begun, _) in zip(sorted(behind), sorted(behind)[1:], strict=False):
        assert end <= begun, "one of a batch at a time"
    assert max(end for _, end in ahead) < sorted(end for _, end in behind)[-3]


def test_workers_are_renewed_without_losing_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "RENDERS", 4)
    monkeypatch.setattr(pool, "AHEAD", 2)
    made = RenderPool(warm, workers=1, seconds=5)
    try:
        seen: set[bytes] = set()
        until = time.monotonic() + LONGEST_S
        while len(seen) < 3 and time.monotonic() < until:
            answers = [made.submit(doze, 0.01), made.submit(process, None)]
            done = [each.result(LONGEST_S) for each in answers]
            assert done[0] == DONE
            seen.add(done[1])
        assert len(seen) == 3
    finally:
        made.close()


def test_stopping_drops_what_waits_and_takes_no_more() -> None:
    made = RenderPool(warm, workers=1, seconds=5)
    work = [made.submit(doze, 0.3) for _ in range(3)]
    until = time.monotonic() + LONGEST_S
    while not work[0].running() and time.monotonic() < until:
        time.sleep(0.01)
    made.close()
    assert work[0].result(0) == DONE
    assert [str(each.exception(0)) for each in work[1:]] == ["the workers were stopped"] * 2
    with pytest.raises(RenderError, match="stopped"):
        made.submit(doze, 0.0)
