"""Importing a file of payments with rules and trail, beside COPY of the same rows into a bare table."""

import asyncio
import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import asyncpg

from benchmarks.ground import Ground, bare_table, ground
from benchmarks.measure import forget_peak, in_process, peak_memory, seconds_of
from benchmarks.report import Figure
from benchmarks.sizes import Sizes
from registry.core.access import CONSOLE
from registry.database import connect, disconnect, fetch, fetch_value
from registry.imports import import_file
from registry.payments.commands import FILE, OPTIONAL, REQUIRED
from registry.payments.registrar import COLUMNS
from tests.factories import LUDVIKA

ROUNDS = 3
IMPORTED = "payment WHERE key_scope LIKE 'import:%'"


@dataclass(frozen=True, slots=True)
class Run:
    """How long an import took, and the most memory that its process held, in bytes."""

    seconds: float
    peak: int
    new: int


async def import_payments(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """Import a CSV file in a process of its own, as the command does; each time into a fresh database."""
    floors, runs = [], []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path, rows = Path(folder) / "payments.csv", Path(folder) / "rows.copy"
        for _round in range(ROUNDS):
            async with ground(server_dsn) as place:
                await _write_file(path, place, sizes.imported)
                run = await asyncio.to_thread(in_process, _import, place.dsn, path)
                assert run.new == sizes.imported == await fetch_value(f"SELECT count(*) FROM {IMPORTED}")
                runs.append(run)
                floors.append(await _copy(place.dsn, rows))
    middle = sorted(runs, key=lambda run: run.seconds)[ROUNDS // 2]
    work = f"import {sizes.imported:,} payments".replace(",", " ")
    return [
        Figure(work, sorted(floors)[ROUNDS // 2], middle.seconds, "ratio", 20),
        Figure(f"{work}: memory", 0, max(run.peak for run in runs), "memory_mb", 400),
    ]


def _import(dsn: str, path: Path) -> Run:
    return asyncio.run(_timed(dsn, path))


async def _timed(dsn: str, path: Path) -> Run:
    await connect(dsn)
    try:
        forget_peak()
        start = perf_counter()
        done = await import_file(CONSOLE, FILE, path)
        return Run(perf_counter() - start, peak_memory(), done.new)
    finally:
        await disconnect()


async def _copy(dsn: str, path: Path) -> float:
    """Write the rows that the import made to a file, and time COPY of that file into a bare table."""
    table, columns = await bare_table(dsn), ", ".join(COLUMNS)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.copy_from_query(f"SELECT {columns} FROM {IMPORTED} ORDER BY id", output=path)
        await connection.execute("CHECKPOINT")
        return await seconds_of(lambda: connection.copy_to_table(table, source=path, columns=list(COLUMNS)))
    finally:
        await connection.close()


async def _write_file(path: Path, place: Ground, rows: int) -> None:
    grants = [
        (row["dnr"], row["org_number"])
        for row in await fetch(
            "SELECT g.dnr, p.org_number FROM funding_grant g JOIN party p ON p.id = g.recipient_id"
            " WHERE g.funder_id = $1",
            place.world.kommun,
        )
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, delimiter=";")
        lines.writerow([*REQUIRED, *OPTIONAL])
        lines.writerows(_lines(grants, rows))


def _lines(grants: list[tuple[str, str]], rows: int) -> Iterator[tuple[str, ...]]:
    for number in range(rows):
        dnr, recipient = grants[number % len(grants)]
        paid_on = date(2025, 3, 1) + timedelta(days=number % 240)
        amount = f"{100 + number % 900}.{number % 100:02d}"
        voucher = "" if number % 10 == 0 else f"V{number}"
        yield f"K{number}", LUDVIKA, dnr, recipient, amount, paid_on.isoformat(), voucher, f"Utbetalning {number}"
