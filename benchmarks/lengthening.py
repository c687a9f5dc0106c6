"""A statement of five thousand payments, from its figures to the PDF, beside as many statements of forty."""

import time
from statistics import median

from benchmarks.associations import YEAR, import_associations
from benchmarks.ground import ground
from benchmarks.measure import in_process, no_garbage, peak_memory
from benchmarks.report import Figure
from benchmarks.sizes import Sizes
from registry.core.access import CONSOLE
from registry.statements.queries import read_figures
from registry.statements.render import render_statement, warm_up
from registry.statements.schemas import StatementDocument
from tests.statements.documents import make_envelope

FEW = 40
ROUNDS = 6
"""Short ones before the long one, and as many after it."""


async def long_statement(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """Set statements of forty payments, a long one, and of forty again, in a process of their own."""
    many = sizes.long
    async with ground(server_dsn) as place:
        few_id, many_id = await import_associations(place, [FEW, many])
        start = time.perf_counter()
        long = await _draw_up(many_id)
        reading = time.perf_counter() - start
        short = await _draw_up(few_id)
    for document, count in ((short, FEW), (long, many)):
        assert sum(event.kind == "payment" for event in document.figures.events) == count
    floor, measured, memory = in_process(_set, short, long)
    return [
        Figure(f"statement of {many} payments", floor * many / FEW, reading + measured, "ratio", 1.3),
        Figure(f"statement of {many} payments: memory", 0, memory, "memory_mb", 1500),
    ]


async def _draw_up(party_id: int) -> StatementDocument:
    return StatementDocument(figures=await read_figures(CONSOLE, party_id, YEAR, "sv"), envelope=make_envelope())


def _set(short: StatementDocument, long: StatementDocument) -> tuple[float, float, int]:
    """Seconds of a short one and of the long one, and the memory that it took."""
    warm_up()
    before = [_seconds(short) for _round in range(ROUNDS)]
    measured = _seconds(long)
    memory = peak_memory()
    return median([*before, *(_seconds(short) for _round in range(ROUNDS))]), measured, memory


def _seconds(document: StatementDocument) -> float:
    with no_garbage():
        start = time.perf_counter()
        render_statement(document)
        return time.perf_counter() - start
