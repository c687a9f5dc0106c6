"""A real Dask cluster: the same bytes, a killed worker loses nothing, and workers that would differ are refused."""

import sys
from collections.abc import Iterator

import pytest

from registry.documents import cluster as documents_cluster
from registry.documents.cluster import (
    ClusterMissingError,
    ClusterUnreachableError,
    WorkerMismatchError,
    fingerprint,
    render_alike,
)
from registry.documents.executors import Renderer, open_renderer
from registry.documents.pdf import RenderError, RenderTimeoutError, render_pdf
from tests.cluster import Cluster, clustered
from tests.documents.work import doze, fail, make_source, stubborn, warm

LONGEST_S = 60


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with clustered(workers=2) as made:
        yield made


@pytest.fixture
def renderer(cluster: Cluster) -> Iterator[Renderer]:
    made = open_renderer(cluster.address, warm)
    yield made
    made.close()


def test_a_cluster_makes_the_same_bytes_and_tells_the_same_errors(renderer: Renderer) -> None:
    assert renderer.at_once == 2
    answers = [renderer.submit(render_pdf, make_source()) for _ in range(6)]
    assert {each.result(LONGEST_S) for each in answers} == {render_pdf(make_source())}
    with pytest.raises(RenderError, match="LookupError: hm"):
        renderer.submit(fail, "hm").result(LONGEST_S)


def test_a_document_that_takes_too_long_on_a_cluster_is_told(renderer: Renderer) -> None:
    with pytest.raises(RenderTimeoutError, match="time limit"):
        renderer.submit(stubborn, 30.0, 0.2).result(LONGEST_S)
    assert renderer.submit(doze, 0.0).result(LONGEST_S) == b"done"


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("import registry; registry.__version__ = '0.0.9'", "registry 0.0.9"),
        ("import sys; sys.modules['registry'] = None", "No module named 'registry"),
    ],
)
def test_workers_that_would_make_other_documents_are_refused(cluster: Cluster, first: str, told: str) -> None:
    other = cluster.add_worker(first=first)
    try:
        cluster.wait_for(3)
        with pytest.raises(WorkerMismatchError, match=told) as refused:
            open_renderer(cluster.address, warm)
        assert "tcp://" in str(refused.value)
    finally:
        other.kill()
        other.wait()
        cluster.wait_for(2)


def test_a_worker_that_comes_later_is_asked_with_its_document() -> None:
    assert render_alike(fingerprint(), doze, 0.0, 1.0) == b"done"
    with pytest.raises(WorkerMismatchError, match="code"):
        render_alike({**fingerprint(), "code": "another"}, doze, 0.0, 1.0)


@pytest.mark.parametrize("address", ["dask://127.0.0.1:1", "dask://nowhere.invalid:8786", "dask://127.0.0.1:port"])
def test_an_address_without_a_cluster_is_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_cluster, "CONNECT_S", 1)
    with pytest.raises(ClusterUnreachableError) as refused:
        open_renderer(address, warm)
    assert refused.value.data["address"] == address.replace("dask", "tcp")


def test_without_the_package_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterMissingError, match="pip install"):
        open_renderer("dask://127.0.0.1:8786", warm)


def test_a_cluster_without_workers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_cluster, "CONNECT_S", 1)
    with clustered(workers=0) as empty, pytest.raises(ClusterUnreachableError) as refused:
        open_renderer(empty.address, warm)
    assert refused.value.data["reason"] == "no workers"
