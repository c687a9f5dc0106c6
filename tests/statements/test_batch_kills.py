"""Kill -9 in the middle of a batch: of a worker, of the command, of the server, of a cluster's worker.

Nothing is lost, nothing is done twice, and what comes out is what an uninterrupted run would have made.
"""

import asyncio
import json
import os
import random
import signal
import sys
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import pytest

from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.database import fetch, fetch_value
from registry.documents.executors import Renderer, open_renderer
from registry.documents.pool import RenderPool
from registry.payments.service import attest_payment
from registry.statements.batch_queries import find_unfinished, get_batch
from registry.statements.batch_schemas import Batch, BatchStatus, Counts
from registry.statements.render import render_statement, warm_up
from registry.statements.schemas import StatementDocument
from registry.users.service import create_token
from tests.cluster import Cluster, clustered
from tests.factories import World, make_grant, make_party, make_payment
from tests.server import Server
from tests.statements.batches import StubRenderer, begin, run
from tests.statements.documents import make_document
from tests.statements.probe import held, sockets

FULL = os.environ.get("PROVE") == "full"
PARTIES = 150 if FULL else 20
KILLS = 20 if FULL else 1
LONGEST_S = 600 if FULL else 60
COMMAND = (sys.executable, "-c", "from registry.cli import main; main()", "statements", "issue", "--year", "2025",
           "--all", "--executor", "processes:2")  # fmt: skip
BROKEN_OFF = "Broken off. What is issued stays issued: the same command goes on where it stopped."
T = TypeVar("T")


@pytest.fixture
async def parties(world: World) -> list[int]:
    """Associations with a grant and a payment each, of another sum each."""
    made = [world.abf, world.bilda]
    made += [await make_party(f"Förening {number:03} (test)") for number in range(PARTIES - 2)]
    officer, colleague = await world.scope("officer"), await world.scope("colleague")
    for number, party in enumerate(made, start=1):
        grant = await make_grant(world.programme, party, amount=100_000_00 // PARTIES, decided_on=date(2025, 2, 3))
        await attest_payment(colleague, await make_payment(grant, amount=number * 1_01, scope=officer))
    return made


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(LONGEST_S):
        while not await holds():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.05)


async def settled(count: int) -> None:
    """Wait until so many parties are settled."""

    async def enough() -> bool:
        return bool(await fetch_value("SELECT count(*) >= $1 FROM statement_batch_result", count))

    await until(enough)


async def check_whole(batch: Batch, parties: list[int]) -> None:
    """Every party has one statement, and a run that nothing interrupts finds nothing to do and the same files."""
    assert batch.end is not None
    assert batch.end.status is BatchStatus.DONE
    assert batch.end.counts == Counts(issued=len(parties))
    assert batch.end.totals is not None
    assert batch.end.totals.agree
    rows = await fetch("SELECT party_id, version, pdf FROM statement ORDER BY party_id")
    assert [(row["party_id"], row["version"]) for row in rows] == [(party, 1) for party in sorted(parties)]
    assert all(bytes(row["pdf"]).startswith(b"%PDF-") for row in rows)
    assert (await verify(CONSOLE)).intact
    renderer = StubRenderer()
    again = await run(await begin(), renderer)
    assert again.end is not None
    assert renderer.rendered == []
    assert (again.end.paid_ore, again.end.manifest_sha256) == (batch.end.paid_ore, batch.end.manifest_sha256)


async def start(dsn: str, *arguments: str) -> asyncio.subprocess.Process:
    """The real command, in a session of its own."""
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        env={**os.environ, "DATABASE_URL": dsn, "REGISTRY_LANGUAGE": "en"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


def leaves(pid: int) -> list[psutil.Process]:
    """The processes at the end of a family: the workers."""
    return [child for child in psutil.Process(pid).children(recursive=True) if not child.children()]


async def kill_the_command(parties: list[int], dsn: str, tmp_path: Path) -> None:
    """Break the command off, kill a worker once and the command some times, and let the same command finish."""
    chance = random.Random(11)  # noqa: S311 - the same each time
    process = await start(dsn, "--zip", str(tmp_path / "stopped.zip"))
    await settled(1)
    process.send_signal(signal.SIGINT)
    _out, err = await process.communicate()
    assert (process.returncode, err.decode().splitlines()[-1:]) == (130, [BROKEN_OFF])
    for kill in range(KILLS):
        process = await start(dsn, "--zip", str(tmp_path / "killed.zip"))
        before = await fetch_value("SELECT count(*) FROM statement_batch_result")
        await settled(min(before + 2, PARTIES - 2))
        family = psutil.Process(process.pid).children(recursive=True)
        if kill == 0:
            chance.choice(leaves(process.pid)).kill()
            await settled(before + 3)
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        _gone, alive = await asyncio.to_thread(psutil.wait_procs, family, timeout=LONGEST_S)
        assert alive == [], "workers end with the process that they work for"
        assert await find_unfinished(CONSOLE) is not None
    process = await start(dsn, "--zip", str(tmp_path / "all.zip"), "--output", str(tmp_path))
    out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (0, "")
    assert f"{PARTIES} statements" in out.decode()
    assert "says the same" in out.decode()
    await check_whole(await get_batch(CONSOLE, 1), parties)
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]  # noqa: PTH208 - not awaited
    with zipfile.ZipFile(tmp_path / "all.zip") as opened:
        for party in parties:
            name = f"statement-2025-P{party}-sv.pdf"
            assert opened.read(name) == (tmp_path / name).read_bytes()


async def test_a_killed_command_goes_on_where_it_stopped(parties: list[int], dsn: str, tmp_path: Path) -> None:
    await kill_the_command(parties, dsn, tmp_path)


@pytest.mark.prove
async def test_a_command_that_is_killed_twenty_times(parties: list[int], dsn: str, tmp_path: Path) -> None:
    await kill_the_command(parties, dsn, tmp_path)


async def kill_the_server(world: World, parties: list[int], dsn: str) -> None:
    """Begin a batch over the API, and kill the server some times while it is at it."""
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer)
    token = await create_token(CONSOLE, email)
    server = Server(dsn)
    await asyncio.to_thread(server.start)
    try:
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=30) as client:
            begun = await client.post(f"{server.url}/api/v1/statements/batches", json={"year": 2025})
            assert begun.status_code == 201, begun.text
            for _kill in range(KILLS):
                before = await fetch_value("SELECT count(*) FROM statement_batch_result")
                await settled(min(before + 2, PARTIES - 2))
                await asyncio.to_thread(server.kill)
                assert await find_unfinished(CONSOLE) is not None
                await asyncio.to_thread(server.start)

            async def is_done() -> bool:
                answer = await client.get(f"{server.url}/api/v1/statements/batches/1")
                return bool(answer.json()["status"] == "done")

            await until(is_done)
    finally:
        await asyncio.to_thread(server.kill)
    await check_whole(await get_batch(CONSOLE, 1), parties)


async def test_a_killed_server_goes_on_at_its_next_start(world: World, parties: list[int], dsn: str) -> None:
    await kill_the_server(world, parties, dsn)


@pytest.mark.prove
async def test_a_server_that_is_killed_twenty_times(world: World, parties: list[int], dsn: str) -> None:
    await kill_the_server(world, parties, dsn)


class Recorder:
    """Passes documents on and keeps them, to be rendered again."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self.documents: dict[str, StatementDocument] = {}

    @property
    def at_once(self) -> int:
        """As the renderer's."""
        return self._renderer.at_once

    def submit(self, function: Callable[[T], bytes], argument: T, seconds: float = 30.0) -> Future[bytes]:
        """As the renderer's."""
        assert isinstance(argument, StatementDocument)
        self.documents[argument.envelope.number] = argument
        return self._renderer.submit(function, argument, seconds)

    def close(self) -> None:
        """As the renderer's."""
        self._renderer.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with clustered(workers=2) as made:
        yield made


async def test_a_cluster_that_loses_a_worker_midway_loses_nothing(cluster: Cluster, parties: list[int]) -> None:
    """Two worker processes of a real Dask cluster; one is killed. The bytes are those that this process makes."""
    renderer = Recorder(await asyncio.to_thread(open_renderer, cluster.address, warm_up))
    assert renderer.at_once == 2
    try:
        running = asyncio.create_task(run(await begin(), renderer))
        await settled(2)
        await asyncio.to_thread(cluster.kill, 0)
        batch = await running
    finally:
        await asyncio.to_thread(renderer.close)
    stored: dict[str, Any] = {row["number"]: row["pdf"] for row in await fetch("SELECT number, pdf FROM statement")}
    await check_whole(batch, parties)
    for number in sorted(stored)[:3]:
        assert bytes(stored[number]) == render_statement(renderer.documents[number])


async def test_the_command_renders_on_a_cluster(cluster: Cluster, world: World, dsn: str, tmp_path: Path) -> None:
    await make_grant(world.programme, world.abf)
    process = await start(dsn, "--output", str(tmp_path), "--executor", cluster.address)
    out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (0, "")
    assert "1 statement in" in out.decode()
    assert (tmp_path / f"statement-2025-P{world.abf}-sv.pdf").read_bytes().startswith(b"%PDF-")


async def test_a_worker_holds_no_connection_to_the_database(parties: list[int], dsn: str) -> None:
    """Figures in, bytes out: it has not even loaded what speaks to a database, and the database sees nobody more."""
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    before = await fetch_value(sessions)
    pool = RenderPool(warm_up, workers=1)
    try:
        answer = await pool.render(held, make_document(payments=4))
        assert await fetch_value(sessions) <= before
    finally:
        await asyncio.to_thread(pool.close)
    modules, open_sockets = json.loads(answer)
    assert modules == []
    assert not sockets() & set(open_sockets)
