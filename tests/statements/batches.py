"""Batches to test with: renderers that set no type, and what is left in the database after them."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from registry.core.access import CONSOLE, Scope
from registry.database import fetch
from registry.documents.executors import Renderer
from registry.documents.pdf import RenderError
from registry.statements.batch_runner import Advance, run_batch
from registry.statements.batch_schemas import Batch, BatchRequest, Origin
from registry.statements.batch_service import begin_batch
from registry.statements.render import render_statement
from registry.statements.schemas import StatementDocument

T = TypeVar("T")
BASE = "https://bidrag.example.se"


async def begin(year: int = 2025, *, scope: Scope = CONSOLE, origin: Origin = Origin.CONSOLE, **limits: Any) -> Batch:
    """Begin a batch, as the operator unless somebody else is named."""
    return await begin_batch(scope, BatchRequest(year=year, **limits), origin=origin)


async def run(batch: Batch, renderer: Renderer, *, advance: Advance = lambda _count: None) -> Batch:
    """Run a batch to its end."""
    return await run_batch(batch, renderer, base_url=BASE, advance=advance)


@dataclass
class StubRenderer:
    """Renders at once. `fails`: party number → the errors that its document meets, one each time.

    `before` is called when a document comes in; one that is `silent` (told how many have come) never comes back.
    """

    fails: dict[str, list[RenderError]] = field(default_factory=dict)
    before: Callable[[StatementDocument], None] = lambda _document: None
    at_once: int = 2
    rendered: list[str] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    closed: bool = False
    silent: Callable[[StatementDocument, int], bool] = lambda _document, _count: False

    def submit(self, function: Callable[[T], bytes], argument: T, seconds: float = 30.0) -> Future[bytes]:
        """A future that is settled a moment later, in another thread."""
        assert function is render_statement
        assert seconds >= 0
        document = cast("StatementDocument", argument)
        answer: Future[bytes] = Future()
        answer.set_running_or_notify_cancel()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        number = document.figures.party.number
        self.rendered.append(number)
        self.before(document)

        def settle() -> None:
            self.under_way -= 1
            if self.fails.get(number):
                answer.set_exception(self.fails[number].pop(0))
            else:
                answer.set_result(f"PDF {document.envelope.number} {document.envelope.code}".encode())

        if not self.silent(document, len(self.rendered)):
            threading.Timer(0.005, settle).start()
        return answer

    def close(self) -> None:
        """As `Renderer.close`."""
        self.closed = True


async def versions() -> list[tuple[str, int]]:
    """The issued statements: number and sum in öre, in the order of their numbers."""
    return [tuple(row) for row in await fetch("SELECT number, paid_ore FROM statement ORDER BY number")]


async def results(batch: Batch) -> list[tuple[int, str, str]]:
    """What became of each party: its place, the outcome, and the problem's code."""
    rows = await fetch(
        "SELECT i.position, r.outcome, r.problem FROM statement_batch_item i"
        " JOIN statement_batch_result r ON r.item_id = i.id WHERE i.batch_id = $1 ORDER BY 1",
        batch.id,
    )
    return [tuple(row) for row in rows]
