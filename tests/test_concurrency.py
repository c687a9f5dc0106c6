"""Many at once: never above the grant, at most once for a key, and nothing acknowledged is lost by a kill."""

import asyncio
import os
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.database import fetch, fetch_value
from registry.payments import registrar
from registry.payments.schemas import PaymentDetails
from registry.payments.service import register_payment
from registry.settings import PROJECT
from registry.users.service import create_token
from tests.conftest import Client, Clients
from tests.factories import World, make_grant
from tests.server import Server, make_database

FULL = os.environ.get("PROVE") == "full"
SUBMISSIONS = 10_000 if FULL else 300
ROUNDS = 500 if FULL else 3
RACES = 200 if FULL else 1
CLIENTS = 32
FILES = PROJECT / "registry" / "demo" / "falun-2023"
FUNDER = "212000-2239"


def body(grant: str, amount: str) -> dict[str, str]:
    """A payment's body."""
    return {"grant": grant, "amount": amount, "paid_on": "2025-04-01"}


async def officers(clients: Clients, world: World, count: int) -> list[Client]:
    """Browsers of one officer with a token, as a system that sends payments from many places."""
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer)
    token = await create_token(CONSOLE, email)
    opened = [await clients.open() for _client in range(count)]
    for client in opened:
        client.headers["authorization"] = f"Bearer {token}"
    return opened


async def race(clients: Clients, world: World, *, senders: int, each: int) -> None:
    """All send payments of 10 kr to a grant that holds half of what they ask for."""
    total = senders * each
    grant = await make_grant(world.programme, world.abf, amount=total // 2 * 10_00)
    opened = await officers(clients, world, senders)

    async def send(client: Client, number: int) -> list[int]:
        return [
            (
                await client.post(
                    "/api/v1/payments",
                    json=body(grant, "10.00"),
                    headers={"idempotency-key": f"{grant}-{number}-{turn}"},
                )
            ).status_code
            for turn in range(each)
        ]

    answers = await asyncio.gather(*(send(client, number) for number, client in enumerate(opened)))
    statuses = [status for some in answers for status in some]
    assert sorted(set(statuses)) == [201, 409]
    assert statuses.count(201) == total // 2, "neither above nor below what is granted"
    row = await fetch("SELECT granted_ore, registered_ore FROM grant_balance WHERE grant_id = $1", int(grant[2:]))
    assert row[0]["registered_ore"] == row[0]["granted_ore"]
    held = await fetch_value("SELECT sum(amount_ore) FROM payment WHERE grant_id = $1", int(grant[2:]))
    assert held == row[0]["granted_ore"]


async def test_twenty_clients_on_one_grant_fill_it_exactly(clients: Clients, world: World) -> None:
    await race(clients, world, senders=20, each=10)
    assert (await verify(CONSOLE)).intact


@pytest.mark.prove
async def test_many_races_on_one_grant_fill_it_exactly(clients: Clients, world: World) -> None:
    for _race in range(RACES):
        await race(clients, world, senders=40, each=2)
    assert (await verify(CONSOLE)).intact


@dataclass
class Said:
    """What the clients were told: the payment's number by key, and how many answers of each status."""

    numbers: dict[str, set[str]] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)

    def hear(self, key: str, answer: httpx.Response) -> None:
        """Take an answer down."""
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if answer.status_code == 201:
            self.numbers.setdefault(key, set()).add(answer.json()["number"])


async def submit_repeatedly(clients: Clients, world: World, count: int) -> None:
    """Every key is sent two to five times, by any client; some hang up, some come back with another body."""
    grant = await make_grant(world.programme, world.abf, amount=count * 1_00)
    opened = await officers(clients, world, CLIENTS)
    chance = random.Random(20260101)  # noqa: S311 - the same each time
    sent = [f"key-{number}" for number in range(count) for _copy in range(chance.randint(2, 5))]
    chance.shuffle(sent)
    said, queue = Said(), list(sent)

    async def send(client: Client) -> None:
        while queue:
            key = queue.pop()
            asked = client.post("/api/v1/payments", json=body(grant, "1.00"), headers={"idempotency-key": key})
            if chance.random() < 0.3:
                with suppress(TimeoutError):
                    said.hear(key, await asyncio.wait_for(asked, timeout=chance.random() * 0.02))
            else:
                said.hear(key, await asked)

    await asyncio.gather(*(send(client) for client in opened))
    for number in range(count):
        key = f"key-{number}"
        again = await opened[0].post("/api/v1/payments", json=body(grant, "1.00"), headers={"idempotency-key": key})
        said.hear(key, again)
        if number % 10 == 0:
            other = await opened[1].post("/api/v1/payments", json=body(grant, "2.00"), headers={"idempotency-key": key})
            assert other.status_code == 422
    assert set(said.statuses) == {201}
    assert all(len(numbers) == 1 for numbers in said.numbers.values()), "a key was answered with two payments"
    rows = await fetch("SELECT key, id FROM payment WHERE grant_id = $1", int(grant[2:]))
    assert len(rows) == count
    assert {row["key"]: {f"U-{row['id']}"} for row in rows} == said.numbers


async def test_a_key_pays_once_however_often_it_is_sent(clients: Clients, world: World) -> None:
    await submit_repeatedly(clients, world, 300)
    assert (await verify(CONSOLE)).intact


@pytest.mark.prove
async def test_ten_thousand_keys_pay_once_each(clients: Clients, world: World) -> None:
    await submit_repeatedly(clients, world, SUBMISSIONS)
    assert (await verify(CONSOLE)).intact


async def test_who_joins_as_the_leader_leaves_is_served(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registration that comes between the leader's last look and its end must not wait for the next one."""
    grant = await make_grant(world.programme, world.abf)
    gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    commit = registrar._commit

    async def opening(group: Sequence[registrar.Waiting]) -> None:
        await commit(group)
        if not gate.done():
            gate.set_result(None)

    def payment() -> PaymentDetails:
        return PaymentDetails(grant=grant, amount_ore=Money(100), paid_on=date(2025, 4, 1))

    async def late() -> registrar.Registered:
        await gate
        return await register_payment(CONSOLE, payment(), key="late")

    monkeypatch.setattr(registrar, "_commit", opening)
    waiting = asyncio.create_task(late())
    await register_payment(CONSOLE, payment(), key="first")
    done = await asyncio.wait_for(waiting, timeout=10)
    assert not done.replay


@dataclass
class Sender:
    """A client of a server that may die: it keeps what was acknowledged and sends again what was not."""

    url: str
    token: str
    grant: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    async def send(self, client: httpx.AsyncClient, key: str) -> None:
        """Send one payment; an answer that never came leaves it unknown."""
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": key}
        try:
            answer = await client.post(f"{self.url}/api/v1/payments", json=body(self.grant, "1.00"), headers=headers)
        except httpx.TransportError:
            self.unknown.append(key)
            return
        assert answer.status_code == 201, answer.text
        number = answer.json()["number"]
        assert self.acknowledged.setdefault(key, number) == number, f"{key} is another payment than before"

    async def hammer(self, prefix: str, stop: asyncio.Event) -> None:
        """Send until told to stop."""
        async with httpx.AsyncClient(timeout=30) as client:
            turn = 0
            while not stop.is_set():
                await self.send(client, f"{prefix}-{turn}")
                turn += 1
                if self.unknown:
                    return


async def prepare(server: Server) -> tuple[str, str]:
    """An officer's token and a grant, made by the commands and the API alone."""
    for arguments in (
        ("parties", "import", str(FILES / "parties.csv")),
        ("programmes", "import", str(FILES / "programmes.csv")),
        ("grants", "import", str(FILES / "grants.csv")),
        ("users", "create", "--email", "o@example.se", "--name", "O", "--role", "officer", "--funder", FUNDER),
    ):
        done = server.run(*arguments)
        assert done.returncode == 0, done.stderr
    token = server.run("users", "token", "--email", "o@example.se").stdout.strip()
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}) as client:
        grants = (await client.get(f"{server.url}/api/v1/grants")).json()["items"]
    return token, str(max(grants, key=lambda grant: float(grant["amount"]))["number"])


async def kill_and_recover(dsn: str, rounds: int) -> None:
    """Kill the server in the middle of writes, start it again, and send again what wasn't acknowledged."""
    own = await make_database(dsn, "registry_kill")
    server = Server(own)
    server.start()
    chance = random.Random(7)  # noqa: S311 - the same each time
    try:
        token, grant = await prepare(server)
        sender = Sender(server.url, token, grant)
        for turn in range(rounds):
            stop = asyncio.Event()
            tasks = [asyncio.create_task(sender.hammer(f"{turn}-{number}", stop)) for number in range(8)]
            await asyncio.sleep(0.15 + chance.random() * 0.4)
            await asyncio.to_thread(server.kill)
            stop.set()
            await asyncio.gather(*tasks)
            await asyncio.to_thread(server.start)
            again, sender.unknown = sender.unknown, []
            async with httpx.AsyncClient(timeout=30) as client:
                for key in (*again, *chance.sample(sorted(sender.acknowledged), k=min(5, len(sender.acknowledged)))):
                    await sender.send(client, key)
            assert sender.unknown == []
        await check_kept(own, sender.acknowledged)
        verified = await asyncio.to_thread(server.run, "audit", "verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr
    finally:
        await asyncio.to_thread(server.kill)


async def check_kept(dsn: str, acknowledged: dict[str, str]) -> None:
    """What was acknowledged is there, under its number, once; and nothing else is."""
    connection: Any = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT key, 'U-' || id AS number FROM payment")
        assert len(rows) > 20, "the clients got nothing done"
        assert len({row["key"] for row in rows}) == len(rows)
        assert {row["key"]: row["number"] for row in rows} == acknowledged
        held, counted = await connection.fetchrow(
            "SELECT (SELECT sum(amount_ore) FROM payment), (SELECT sum(registered_ore) FROM grant_balance)"
        )
        assert held == counted
    finally:
        await connection.close()


async def test_a_killed_server_loses_nothing_that_it_acknowledged(connected: str) -> None:
    await kill_and_recover(connected, 3)


@pytest.mark.prove
async def test_five_hundred_kills_lose_nothing(connected: str) -> None:
    await kill_and_recover(connected, ROUNDS)
