"""The first byte of an issued statement over HTTP, beside a static file of the same server."""

import time
from statistics import median

import httpx

from benchmarks.associations import YEAR, import_associations
from benchmarks.ground import ground
from benchmarks.report import Figure
from benchmarks.serving import serving
from benchmarks.sizes import Sizes
from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.statements.service import issue_statement
from registry.users.service import create_token

PAYMENTS = 40
STATIC = "/static/registry.css"


async def first_byte(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """One client asks by turns for a static file and for version 1 of a statement of forty payments."""
    async with ground(server_dsn) as place:
        [party_id] = await import_associations(place, [PAYMENTS])
        issued = await issue_statement(CONSOLE, party_id, YEAR, "sv", base_url="https://bench.example.se")
        email = await fetch_value("SELECT email FROM app_user WHERE id = $1", place.world.officer)
        headers = {"authorization": f"Bearer {await create_token(CONSOLE, email)}"}
        version = f"/api/v1/statements/{YEAR}.pdf?party=P-{party_id}&version=1"
        with serving(place.dsn) as base_url:
            async with httpx.AsyncClient(base_url=base_url, headers=headers) as client:
                answer = await client.get(version)
                assert answer.content == issued.pdf, answer.status_code
                floors, works = [], []
                for _request in range(sizes.requests):
                    floors.append(await _wait_for_byte(client, STATIC))
                    works.append(await _wait_for_byte(client, version))
    return [Figure("first byte of an issued statement", median(floors), median(works), "more_ms", 3)]


async def _wait_for_byte(client: httpx.AsyncClient, address: str) -> float:
    """Seconds until the body begins; the rest is read, so that the connection is free again."""
    start = time.perf_counter()
    async with client.stream("GET", address) as answer:
        assert answer.status_code == 200
        chunks = answer.aiter_raw()
        await anext(chunks)
        seconds = time.perf_counter() - start
        async for _chunk in chunks:
            pass
    return seconds
