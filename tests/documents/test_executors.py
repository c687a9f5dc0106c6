"""Any executor will do: what its workers raise is the document's error, what befalls them is a lost worker."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from registry.documents.executors import ExecutorRenderer, PoolRenderer, Renderer, UnknownExecutorError, open_renderer
from registry.documents.pdf import RenderError, RenderLostError, RenderTimeoutError, render_pdf
from tests.documents.work import die, doze, fail, make_source, stubborn, warm

LONGEST_S = 30


def processes() -> Executor:
    """One process."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("forkserver"))


@pytest.fixture(scope="module", params=["processes:1", "threads"])
def renderer(request: pytest.FixtureRequest) -> Iterator[Renderer]:
    made = open_renderer(request.param, warm)
    yield made
    made.close()


def test_the_bytes_are_the_same_wherever_they_are_made(renderer: Renderer) -> None:
    assert renderer.at_once == 1
    answers = [renderer.submit(render_pdf, make_source()) for _ in range(3)]
    assert {each.result(LONGEST_S) for each in answers} == {render_pdf(make_source())}
    with pytest.raises(RenderError, match="LookupError: hm"):
        renderer.submit(fail, "hm").result(LONGEST_S)


def test_a_thread_has_its_time_limit_too_and_works_on_after_it() -> None:
    made = ExecutorRenderer(lambda: ThreadPoolExecutor(2), at_once=lambda: 2)
    try:
        late = [made.submit(stubborn, 30.0, 0.2) for _ in range(2)]
        for each in late:
            with pytest.raises(RenderTimeoutError, match="time limit"):
                each.result(LONGEST_S)
        assert made.submit(doze, 0.0).result(LONGEST_S) == b"done"
        time.sleep(0.5)
        assert made.submit(doze, 0.1).result(LONGEST_S) == b"done"
    finally:
        made.close()


def test_an_executor_that_breaks_is_opened_anew() -> None:
    opened = []

    def open_() -> Executor:
        opened.append(processes())
        return opened[-1]

    made = ExecutorRenderer(open_, at_once=lambda: 0)
    try:
        assert made.at_once == 1
        with pytest.raises(RenderLostError, match="BrokenProcessPool"):
            made.submit(die, 1).result(LONGEST_S)
        assert made.submit(doze, 0.0).result(LONGEST_S) == b"done"
        assert len(opened) == 2
        opened[-1].shutdown()
        with pytest.raises(RenderLostError, match="RuntimeError"):
            made.submit(doze, 0.0).result(LONGEST_S)
        assert made.submit(doze, 0.0).result(LONGEST_S) == b"done"
    finally:
        made.close()
        for executor in opened:
            executor.shutdown()


def test_every_processor_is_used_unless_a_number_is_given() -> None:
    made = open_renderer("processes", warm)
    assert isinstance(made, PoolRenderer)
    assert made.at_once == made.pool.workers == os.cpu_count()
    assert open_renderer("processes:3", warm).at_once == 3


@pytest.mark.parametrize(
    "text",
    ["", "process", "processes:", "processes:0", "processes:65", "processes:-1", "processes:٣", "threads:2", "dask",
     "dask:", "dask://", "dask:host:1", "http://host:1"],
)  # fmt: skip
def test_what_names_no_executor_is_told(text: str) -> None:
    with pytest.raises(UnknownExecutorError) as refused:
        open_renderer(text, warm)
    assert refused.value.data == {"text": text}
