"""What is measured on: a database of one's own with fsync on, and a registry in it, small or with many payments."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date
from io import StringIO
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from registry.core.access import Role, Scope
from registry.database import APP_ROLE, connect, disconnect, migrate, start_server, stop_server
from registry.server import seed
from registry.settings import Settings
from tests import factories

GRANTS = 200
"""Grants that the benchmarks of writing pay."""
PAID_BEFORE = 20
"""Payments that each of them has already."""
PAYMENTS_A_GRANT = 10
"""Payments of each grant among the many."""
POOL = 16
TEMPLATE = "bench_template"
_serial = count(1)

_PAYMENT_COLUMNS = """
  id bigint PRIMARY KEY, grant_id bigint NOT NULL, instalment smallint, amount_ore bigint NOT NULL,
  paid_on date NOT NULL, voucher varchar(60) NOT NULL, reference varchar(200) NOT NULL, attest varchar(8) NOT NULL,
  key_scope varchar(40) NOT NULL, key varchar(255) NOT NULL, body_hash bytea NOT NULL,
  recorded_at timestamptz NOT NULL, recorded_by bigint, seq bigint NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """A registry to measure: the owner's connection string, and who acts."""

    dsn: str
    world: factories.World
    officer: Scope
    grants: list[str]


@contextmanager
def server() -> Iterator[str]:
    """An embedded PostgreSQL in a temporary folder, as the registry starts its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data_dir = Path(folder)
        settings = Settings(database_url=None, data_dir=data_dir, secret=None, base_url="http://bench", language="sv")
        try:
            server_dsn = start_server(settings)
            asyncio.run(_make_template(server_dsn))
            yield server_dsn
        finally:
            stop_server()


async def _make_template(server_dsn: str) -> None:
    """A migrated, seeded database that the others are copies of."""
    owner = await asyncpg.connect(server_dsn)
    try:
        await owner.execute(f"CREATE DATABASE {TEMPLATE}")
    finally:
        await owner.close()
    dsn = _database(server_dsn, TEMPLATE)
    with redirect_stdout(StringIO()):
        await migrate(dsn)
    await connect(dsn)
    try:
        await seed()
    finally:
        await disconnect()


@asynccontextmanager
async def ground(server_dsn: str, *, payments: int = 0) -> AsyncIterator[Ground]:
    """A database with two funders, their people and grants, and the app role's pool of 16 open on it.

    `payments` is how many the owner loads by SQL past the services. Without them there are 200 grants with 20 each.
    """
    dsn = await _new_database(server_dsn)
    await connect(dsn, pool_size=POOL)
    try:
        world = await factories.make_world()
        grants = [] if payments else await _make_grants(world)
        owner = await asyncpg.connect(dsn)
        try:
            assert await owner.fetchval("SHOW fsync") == "on"
            assert await owner.fetchval("SHOW synchronous_commit") == "on"
            if payments:
                await _load(owner, world, payments)
            await owner.execute("VACUUM ANALYZE")
        finally:
            await owner.close()
        yield Ground(dsn, world, Scope(world.officer, Role.OFFICER, funder_id=world.kommun), grants)
    finally:
        await disconnect()


async def bare_table(dsn: str) -> str:
    """Make a table with the columns of a payment and no index but the key. Returns its name."""
    name = f"bare_{next(_serial)}"
    owner = await asyncpg.connect(dsn)
    try:
        await owner.execute(f"CREATE TABLE {name} ({_PAYMENT_COLUMNS})")
        await owner.execute(f"GRANT SELECT, INSERT ON {name} TO {APP_ROLE}")
    finally:
        await owner.close()
    return name


async def _new_database(server_dsn: str) -> str:
    name = f"bench_{next(_serial)}"
    owner = await asyncpg.connect(server_dsn)
    try:
        await owner.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    finally:
        await owner.close()
    return _database(server_dsn, name)


def _database(server_dsn: str, name: str) -> str:
    parts = urlsplit(server_dsn)
    return urlunsplit(parts._replace(path=f"/{name}"))


async def _make_grants(world: factories.World) -> list[str]:
    programme = await factories.make_programme(world.kommun, code="BENCH", frame=10**13)
    grants = [
        await factories.make_grant(programme, (world.abf, world.bilda)[place % 2], amount=10**10, dnr=f"KUN {place}")
        for place in range(GRANTS)
    ]
    await asyncio.gather(
        *(
            factories.make_payment(
                grant, amount=100_00, paid_on=date(2025, 3, 1), voucher=f"A{number}", key=f"A{number}"
            )
            for number, grant in enumerate(grants * PAID_BEFORE)
        )
    )
    return grants


_RECIPIENTS = """
INSERT INTO party (id, kind, org_number, name, sort_key, municipality, language, protected, seq)
SELECT 1000 + i, 'study_association', '80' || lpad((2000 + i)::text, 4, '0') || '-' || lpad(i::text, 4, '0'),
       'Föreningen ' || i, 'foreningen ' || lpad(i::text, 4, '0'), 'Ludvika', 'sv', false, 1
FROM generate_series(1, 400) i
"""
_PROGRAMMES = """
INSERT INTO programme (id, funder_id, code, title, kind, priority_area_id, seq)
SELECT 1000 + i, CASE WHEN i % 2 = 0 THEN $1::bigint ELSE $2::bigint END, 'BENCH-' || i, 'Programme ' || i,
       'study_associations', 1 + i, 1
FROM generate_series(0, 9) i
"""
_PAYMENTS = """
INSERT INTO payment (id, grant_id, instalment, amount_ore, paid_on, voucher, reference, attest, key_scope, key,
                     body_hash, recorded_at, recorded_by, seq)
SELECT i, 1 + y * ($1 / 10) + (i::bigint * 7919 + 13) % ($1 / 10), NULL, 10000 + (i::bigint * 104729) % 900000, day,
       CASE WHEN i % 11 = 0 THEN '' ELSE 'V' || i END, 'Bidrag ' || 2017 + y,
       CASE WHEN i % 11 = 0 THEN 'officer' ELSE 'ledger' END, 'import:212000-2270', 'K' || i,
       sha256(i::text::bytea), day + interval '32 hours', $3, 1
FROM (SELECT i, y, make_date(2017 + y, 3, 20) + ((i::bigint * 10 - y * $2::bigint) * 285 / $2)::int AS day
      FROM (SELECT i, ((i - 1)::bigint * 10 / $2)::int AS y FROM generate_series(1, $2::int) i) n) d
"""
_ATTESTATIONS = """
INSERT INTO attestation (payment_id, recorded_at, recorded_by, seq)
SELECT id, recorded_at + interval '1 day', $1, 1 FROM payment WHERE attest = 'officer' AND id % 1001 <> 0
"""
_REVERSALS = """
INSERT INTO reversal (payment_id, reversed_on, reason, recorded_at, recorded_by, seq)
SELECT id, paid_on + 7, 'Fel konto', recorded_at + interval '7 days', $1, 1 FROM payment WHERE id % 97 = 0
"""
_GRANTS = """
INSERT INTO funding_grant (id, funder_id, programme_id, year, recipient_id, dnr, decided_on, decider, amount_ore,
                           period_from, period_to, recorded_at, seq)
SELECT g.id, m.funder_id, m.id, g.year, 1001 + g.id * 31 % 400, 'KUN ' || g.year || '/' || g.id,
       make_date(g.year, 1, 10) + (g.id % 60)::int, 'Nämnden', g.amount + 100000,
       make_date(g.year, 1, 1), make_date(g.year, 12, 31), make_timestamptz(g.year, 3, 15, 9, 0, 0), 1
FROM (SELECT grant_id AS id, (2017 + (grant_id - 1) / ($1 / 10))::int AS year, sum(amount_ore) AS amount
      FROM payment GROUP BY 1) g
JOIN programme m ON m.id = 1000 + g.id % 10
"""
_INSTALMENTS = """
INSERT INTO instalment (id, grant_id, plan, position, due_on, amount_ore, seq)
SELECT id, id, 0, 1, make_date(year, 3, 31), amount_ore, 1 FROM funding_grant
"""
_BALANCES = """
INSERT INTO grant_balance (grant_id, granted_ore, registered_ore, paid_ore, repaid_ore)
SELECT g.id, g.amount_ore, p.registered, p.paid, 0
FROM funding_grant g JOIN (
  SELECT p.grant_id, sum(p.amount_ore) AS registered,
         coalesce(sum(p.amount_ore) FILTER (WHERE p.attest <> 'officer' OR a.payment_id IS NOT NULL), 0) AS paid
  FROM payment p LEFT JOIN attestation a ON a.payment_id = p.id
  WHERE NOT EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id) GROUP BY 1) p ON p.grant_id = g.id
"""
_FRAMES = """
INSERT INTO budget_frame (id, programme_id, year, amount_ore, decided_ore, seq)
SELECT 1000 + row_number() OVER (), programme_id, year, sum(amount_ore) * 2, sum(amount_ore), 1
FROM funding_grant GROUP BY programme_id, year
"""
_GUARDED = ("payment", "attestation", "reversal", "funding_grant", "instalment")


async def _load(owner: asyncpg.Connection, world: factories.World, payments: int) -> None:
    """Fill ten years with payments by SQL as the owner, past triggers and trail; the balances are made to fit."""
    grants = payments // PAYMENTS_A_GRANT
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        for table in _GUARDED:
            await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await owner.execute(_RECIPIENTS)
        await owner.execute(_PROGRAMMES, world.kommun, world.region)
        await owner.execute(_PAYMENTS, grants, payments, world.officer)
        await owner.execute(_ATTESTATIONS, world.colleague)
        await owner.execute(_REVERSALS, world.officer)
        for statement, arguments in ((_GRANTS, (grants,)), (_INSTALMENTS, ()), (_BALANCES, ()), (_FRAMES, ())):
            await owner.execute(statement, *arguments)
        for table in _GUARDED:
            await owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    assert await owner.fetchval("SELECT count(*) FROM payment") == payments
    assert await owner.fetchval("SELECT count(*) FROM funding_grant") == grants
