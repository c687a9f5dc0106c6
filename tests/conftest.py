"""One real PostgreSQL for the whole run, a clean registry for each test, and clients logged in as each role."""

import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import asyncpg
import httpx
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from litestar import Litestar

from registry import texts
from registry.app import create_app
from registry.database import connect, disconnect, migrate, start_server, stop_server
from registry.server import seed
from registry.settings import Settings
from registry.users import passwords
from registry.web.sessions import csrf_token, open_session
from tests import factories
from tests.server import Server, make_database, serving

SECRET = "a secret of the tests, long enough to be taken"
settings.register_profile(
    "registry", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
settings.load_profile("registry")

RESET = """
DO $$
DECLARE
  t record;
  used boolean;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR t IN SELECT c.relname, EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname = 'append_only')
             AS guarded, CASE WHEN EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'seq')
             THEN 'seq > {seq}' ELSE 'true' END AS fresh
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname NOT IN ('migration', 'chain_head') LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE ' || t.fresh || ')', t.relname) INTO used;
    CONTINUE WHEN NOT used;
    IF t.guarded THEN EXECUTE format('ALTER TABLE %I DISABLE TRIGGER append_only', t.relname); END IF;
    EXECUTE format('DELETE FROM %I WHERE ' || t.fresh, t.relname);
    IF t.guarded THEN EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only', t.relname); END IF;
  END LOOP;
  UPDATE chain_head SET (seq, hash, recorded_at) = (
    SELECT seq, hash, recorded_at FROM trail_entry ORDER BY seq DESC LIMIT 1);
END $$
"""
"""Takes away whatever was written after entry `seq`: what every registry holds from the start stays."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asyncio alone: asyncpg speaks nothing else."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> None:
    """Argon2id with tiny parameters."""
    passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A run that a shell started in the background is deaf to interrupts, and the commands it starts would be too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def dsn() -> Iterator[str]:
    """The owner's connection string of an embedded server that lives as long as the run.

    Not in pytest's own folder: another run by root would close that to the server's user.
    """
    with TemporaryDirectory(prefix="registry-", ignore_cleanup_errors=True) as folder:
        yield start_server(
            Settings(
                database_url=None, data_dir=Path(folder), secret=SECRET, base_url="http://testserver", language="sv"
            )
        )
        stop_server()


@pytest.fixture(scope="session")
async def connected(dsn: str) -> AsyncIterator[str]:
    """The app role's pool over a migrated, seeded database."""
    await migrate(dsn)
    owner = await asyncpg.connect(dsn)
    await owner.execute("ALTER SYSTEM SET synchronous_commit = off")
    await owner.execute("SELECT pg_reload_conf()")
    await owner.close()
    await connect(dsn)
    await seed()
    yield dsn
    await disconnect()


@pytest.fixture(scope="session")
async def owner_connection(connected: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the database's owner."""
    connection = await asyncpg.connect(connected)
    yield connection
    await connection.close()


@pytest.fixture
async def owner(owner_connection: asyncpg.Connection) -> asyncpg.Connection:
    """The owner, who can get round the guards."""
    return owner_connection


async def reset(owner: asyncpg.Connection) -> None:
    """Leave a registry with nothing but what it holds from the start."""
    seeded = await owner.fetchval("SELECT min(seq) FROM trail_entry WHERE action = 'system:registry:upgrade'")
    await owner.execute(RESET.replace("{seq}", str(seeded)))


@pytest.fixture
async def db(owner_connection: asyncpg.Connection) -> None:
    """A registry with nothing but what it holds from the start, in Swedish."""
    await reset(owner_connection)
    texts.set_language("sv")


@pytest.fixture(scope="session")
async def demo(connected: str) -> AsyncIterator[Server]:
    """A real server with the demo data, in a database of its own."""
    with serving(await make_database(connected, "registry_demo"), "--demo") as server:
        yield server


@pytest.fixture(scope="session")
async def app(connected: str) -> Litestar:
    """The application over the run's database."""
    return create_app(connected, secret=SECRET, base_url="http://testserver")


class Client(httpx.AsyncClient):
    """A browser of one user, or of nobody; `csrf` is what its forms carry."""

    csrf: str = ""
    user_id: int | None = None

    async def submit(self, path: str, **fields: str) -> httpx.Response:
        """Post a form as the page would."""
        return await self.post(path, data={"csrf_token": self.csrf, **fields})


@dataclass
class Clients:
    """The people of the registry, each with a browser."""

    app: Litestar

    async def open(self, user_id: int | None = None) -> Client:
        """A browser logged in as a user, or not at all."""
        client = Client(
            transport=httpx.ASGITransport(app=cast("Any", self.app), raise_app_exceptions=False),
            base_url="http://testserver",
            headers={"accept-language": "sv"},
        )
        if user_id is not None:
            session_id = await open_session(SECRET, user_id, replaces=None)
            client.cookies.set("session", session_id)
            client.csrf = csrf_token(SECRET, session_id)
            client.user_id = user_id
        return client


@pytest.fixture
async def clients(db: None, app: Litestar) -> Clients:
    """Opens browsers."""
    return Clients(app)


@pytest.fixture
async def world(db: None) -> factories.World:
    """Two funders, two associations, people of every role, and a programme with a frame for each funder."""
    return await factories.make_world()
