"""A Dask cluster as an executor: optional, reached by its address, refused when its workers would do something else."""

import hashlib
from concurrent.futures import Executor
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import registry
from registry.core.errors import N_, RegistryError
from registry.documents.executors import ExecutorRenderer
from registry.documents.limits import T, render_within
from registry.documents.pdf import RenderError
from registry.templating import TEMPLATES

CONNECT_S = 15
"""The longest that the scheduler may take to answer."""
CODE = (("*.py", Path(registry.__file__).parent), ("*.po", Path(registry.__file__).parent), ("*", TEMPLATES))
"""What a document is made by."""


class ClusterMissingError(RegistryError):
    """The package that talks to a cluster isn't installed."""

    code = "cluster-missing"
    message = N_("A Dask cluster needs the package distributed: .venv/bin/pip install distributed")


class ClusterUnreachableError(RegistryError):
    """No scheduler at the address, or one without workers."""

    code = "cluster-unreachable"
    status = 503
    message = N_("There is no Dask cluster with workers at %(address)s: %(reason)s")


class WorkerMismatchError(RenderError):
    """A worker would make other documents than this process: another version of the code or of a library."""

    code = "worker-mismatch"
    status = 503
    message = N_("The cluster's workers must run the same code as here. They differ: %(detail)s")

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.data = {"detail": detail}


def open_cluster(address: str) -> ExecutorRenderer:
    """Connect to a scheduler such as `tcp://host:8786`.

    Raises: ClusterMissingError, ClusterUnreachableError, WorkerMismatchError.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise ClusterMissingError from error
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False, name="registry")
    except (OSError, ValueError, TypeError) as error:
        raise ClusterUnreachableError(address=address, reason=str(error) or type(error).__name__) from error
    try:
        _check_workers(client, address)
    except BaseException:
        client.close()
        raise
    return ExecutorRenderer(
        lambda: cast("Executor", client.get_executor(pure=False)),
        at_once=lambda: len(client.nthreads()),
        task=partial(render_alike, fingerprint()),
        close=client.close,
    )


def _check_workers(client: Any, address: str) -> None:
    """Ask every worker what it is made of. One that joins later is asked with its first document."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
    except TimeoutError as error:
        raise ClusterUnreachableError(address=address, reason="no workers") from error
    answers = client.run(fingerprint, on_error="return")
    for worker, answer in answers.items():
        if not isinstance(answer, dict):
            raise WorkerMismatchError(f"{worker}: {answer}")
        _compare(worker, answer)


def _compare(worker: str, other: dict[str, str]) -> None:
    here = fingerprint()
    wrong = [f"{name} {other.get(name)}, {here[name]}" for name in here if other.get(name) != here[name]]
    if wrong:
        raise WorkerMismatchError(f"{worker}: {'; '.join(wrong)}")


def render_alike(expected: dict[str, str], function: Any, argument: T, seconds: float) -> bytes:
    """As `render_within`, in a worker that is what the sender takes it for. Raises: WorkerMismatchError."""
    if fingerprint() != expected:
        _compare("", expected)
    return render_within(function, argument, seconds)


@cache
def fingerprint() -> dict[str, str]:
    """What decides the bytes of a document: the code, and the libraries that lay it out."""
    code = hashlib.sha256()
    for pattern, root in CODE:
        for path in sorted(path for path in root.rglob(pattern) if path.is_file() and "__pycache__" not in path.parts):
            code.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return {
        "registry": registry.__version__,
        "code": code.hexdigest()[:12],
        "weasyprint": version("weasyprint"),
        "pango": _pango(),
    }


def _pango() -> str:
    """The version of the system's text library, as a number; empty where it is missing."""
    with suppress(OSError):
        from weasyprint.text.ffi import pango  # noqa: PLC0415 - a second, and only for a cluster

        return str(pango.pango_version())
    return ""
