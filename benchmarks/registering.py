"""Registering payments: sixteen at once through the service, and one alone through HTTP, beside a bare INSERT."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from itertools import count
from statistics import median

import asyncpg
import httpx

from benchmarks.ground import GRANTS, PAID_BEFORE, POOL, Ground, bare_table, ground
from benchmarks.measure import by_turns
from benchmarks.report import Figure
from benchmarks.serving import serving
from benchmarks.sizes import Sizes
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.database import APP_ROLE, fetch_value
from registry.payments.registrar import COLUMNS
from registry.payments.schemas import PaymentDetails
from registry.payments.service import register_payment
from registry.users.service import create_token

AT_ONCE = 16
PAID_ON = date(2025, 3, 31)

_serial = count(1)


async def register(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """Sixteen clients register payments at once; the floor has as many connections that INSERT and COMMIT."""
    async with ground(server_dsn) as place, _bare_pool(place.dsn) as pool:
        insert = _insert_into(await bare_table(place.dsn))

        async def bare() -> None:
            async with asyncio.TaskGroup() as clients:
                for _client in range(AT_ONCE):
                    clients.create_task(_insert(pool, insert, sizes.registrations))

        async def service() -> None:
            async with asyncio.TaskGroup() as clients:
                for _client in range(AT_ONCE):
                    clients.create_task(_register(place, sizes.registrations))

        floor, measured = await by_turns(bare, service, rounds=sizes.rounds)
        written = await fetch_value("SELECT count(*) FROM payment")
    number = AT_ONCE * sizes.registrations
    assert written == number * (sizes.rounds + 1) + GRANTS * PAID_BEFORE
    return [Figure(f"register a payment, {AT_ONCE} at once", floor / number, measured / number, "ratio", 1.5)]


async def http(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """One client registers one payment after the other over the JSON API of a server process of its own."""
    async with ground(server_dsn) as place, _bare_pool(place.dsn) as pool:
        insert = _insert_into(await bare_table(place.dsn))
        email = await fetch_value("SELECT email FROM app_user WHERE id = $1", place.world.officer)
        token = await create_token(CONSOLE, email)
        with serving(place.dsn) as base_url:
            headers = {"authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(base_url=base_url, headers=headers) as client:
                floors, works = [], []
                for _request in range(sizes.requests):
                    start = time.perf_counter()
                    await _insert(pool, insert, 1)
                    between = time.perf_counter()
                    await _post(client, place)
                    works.append(time.perf_counter() - between)
                    floors.append(between - start)
    return [Figure("register one payment through HTTP", median(floors), median(works), "more_ms", 15)]


@asynccontextmanager
async def _bare_pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections of the same role and number as the registry's own."""
    options = {"role": APP_ROLE, "jit": "off"}
    async with asyncpg.create_pool(dsn, min_size=POOL, max_size=POOL, server_settings=options) as pool:
        yield pool


def _insert_into(table: str) -> str:
    places = ", ".join(f"${place}" for place in range(1, len(COLUMNS) + 1))
    return f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES ({places})"


async def _insert(pool: asyncpg.Pool, insert: str, times: int) -> None:
    """Insert one row and commit, again and again on one connection."""
    async with pool.acquire() as connection:
        for _time in range(times):
            serial = next(_serial)
            await connection.execute(
                insert, serial, serial % 200, None, 100_00, PAID_ON, f"V{serial}", "", "officer", "user:1",
                f"K{serial}", bytes(32), datetime.now(UTC), 1, serial,
            )  # fmt: skip


async def _register(place: Ground, times: int) -> None:
    for _time in range(times):
        serial = next(_serial)
        details = PaymentDetails(
            grant=place.grants[serial % len(place.grants)],
            amount_ore=Money(100_00),
            paid_on=PAID_ON,
            voucher=f"V{serial}",
        )
        await register_payment(place.officer, details, key=f"K{serial}")


async def _post(client: httpx.AsyncClient, place: Ground) -> None:
    serial = next(_serial)
    body = {
        "grant": place.grants[serial % len(place.grants)],
        "amount": "100.00",
        "paid_on": PAID_ON.isoformat(),
        "voucher": f"V{serial}",
    }
    answer = await client.post("/api/v1/payments", json=body, headers={"idempotency-key": f"K{serial}"})
    assert answer.status_code == 201, answer.text
