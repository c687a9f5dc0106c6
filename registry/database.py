"""The one way to the database: the embedded server or DATABASE_URL, the two roles, transactions and migrations.

Piccolo's own `transaction()` keeps a dead connection when COMMIT fails and nests silently; `transaction()` here does
neither. Nothing else opens one.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import Token
from typing import Any, ClassVar, Self

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.table import Table

from registry.embedded import EmbeddedServer, EmbeddedServerError
from registry.settings import PROJECT, Settings
from registry.tables import TABLES

APP_ROLE = "registry_app"
MIGRATION_LOCK = 7_215_043_001
"""The advisory lock that lets one process at a time migrate."""

BATCH_LOCK = 7_215_043_002
"""The advisory lock of the process that is at a batch of statements."""

POOL_SIZE = 16
COMMAND_TIMEOUT_S = 300


class DatabaseUnavailableError(Exception):
    """No connection, or a database that isn't migrated; the text says what to do."""


NO_DATABASE = (
    DatabaseUnavailableError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
)
"""What a use case meets when the database is gone, starting or stopping."""


class NestedTransactionError(Exception):
    """A use case was called inside another's transaction: each must have its own."""


class RegistryTransaction(PostgresTransaction):
    """A transaction that gives its connection back whatever happens to BEGIN, COMMIT or ROLLBACK."""

    __slots__ = ("_options", "_token")

    def __init__(self, engine: PostgresEngine, *, options: dict[str, Any]) -> None:
        if engine.current_transaction.get() is not None:
            raise NestedTransactionError
        super().__init__(engine=engine, allow_nested=False)
        self._options = options
        self._token: Token[Any] | None = None

    async def __aenter__(self) -> Self:
        self.connection = await self.get_connection()  # type: ignore[no-untyped-call]
        try:
            self.transaction = self.connection.transaction(**self._options)
            await self.begin()  # type: ignore[no-untyped-call]
        except BaseException:
            await self._give_back()
            raise
        self._token = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        try:
            if error is None:
                await self.commit()  # type: ignore[no-untyped-call]
            else:
                # On a lost connection this fails too: what lost it is the error to tell.
                with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
                    await self.rollback()  # type: ignore[no-untyped-call]
        finally:
            if self._token is not None:
                self.engine.current_transaction.reset(self._token)
            await self._give_back()
        return False

    async def _give_back(self) -> None:
        if self.engine.pool:
            await asyncio.shield(self.engine.pool.release(self.connection))
        else:
            await self.connection.close()


class RegistryEngine(PostgresEngine):
    """Piccolo's engine with our transactions; it doesn't connect when it is made."""

    async def get_version(self) -> float:
        """Not asked for at construction: `connect()` checks the server."""
        return 0.0

    async def prep_database(self) -> None:
        """Nothing to prepare: migrations make what is needed."""

    def get_version_sync(self) -> float:
        """As `get_version`."""
        return 0.0

    def transaction(self, allow_nested: bool = True, **options: Any) -> RegistryTransaction:  # noqa: ARG002, FBT001, FBT002
        """Open a transaction. Piccolo's migrations call this with `allow_nested`, which is not allowed."""
        return RegistryTransaction(self, options=options)


class _Current:
    """The engine at work in this process."""

    engine: RegistryEngine | None = None
    dsn: str | None = None
    servers: ClassVar[list[EmbeddedServer]] = []


def engine() -> RegistryEngine:
    """The engine at work. Raises: DatabaseUnavailableError before `connect()`."""
    if _Current.engine is None:
        raise DatabaseUnavailableError("the registry is not connected to a database")
    return _Current.engine


def start_server(settings: Settings) -> str:
    """Return the owner's connection string, starting the embedded server when DATABASE_URL is unset.

    Raises: DatabaseUnavailableError.
    """
    if settings.database_url:
        return settings.database_url
    try:
        server = EmbeddedServer(settings.data_dir)
    except EmbeddedServerError as error:
        raise DatabaseUnavailableError(str(error)) from error
    _Current.servers.append(server)
    return server.dsn


def stop_server() -> None:
    """Leave the embedded server that was started last; it stops when nobody else uses it."""
    if _Current.servers:
        _Current.servers.pop().stop()


def _config(dsn: str, *, role: str | None) -> dict[str, Any]:
    options = {"application_name": "registry", "jit": "off", "timezone": "UTC", "search_path": "public"}
    if role:
        options["role"] = role
    return {"dsn": dsn, "server_settings": options, "command_timeout": COMMAND_TIMEOUT_S}


def owner_engine(dsn: str) -> RegistryEngine:
    """An engine of the owner role, for migrations."""
    return RegistryEngine(config=_config(dsn, role=None))


async def connect(dsn: str, *, pool_size: int = POOL_SIZE) -> RegistryEngine:
    """Open the app role's pool and bind the tables to it. Raises: DatabaseUnavailableError."""
    made = RegistryEngine(config=_config(dsn, role=APP_ROLE))
    try:
        await made.start_connection_pool(min_size=1, max_size=pool_size, reset=_keep_settings)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnavailableError(f"no connection to the database: {error}") from error
    _Current.engine, _Current.dsn = made, dsn
    for table in TABLES:
        table._meta._db = made  # noqa: SLF001 - Piccolo's own way would import piccolo_conf
    return made


async def _keep_settings(_connection: asyncpg.Connection) -> None:
    """Spare each return to the pool a round trip: nothing here changes a session outside its transaction."""


async def disconnect() -> None:
    """Close the pool."""
    if _Current.engine is not None and _Current.engine.pool:
        await _Current.engine.close_connection_pool()
    _Current.engine = None


def transaction() -> RegistryTransaction:
    """Open the transaction of one use case. Raises: NestedTransactionError inside another."""
    return engine().transaction()


def demand_no_transaction() -> None:
    """Raises: NestedTransactionError inside a use case's transaction."""
    if engine().current_transaction.get() is not None:
        raise NestedTransactionError


@asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """Read everything in the block as it stood at one moment; writes nothing."""
    if engine().current_transaction.get() is not None:
        yield
        return
    async with engine().transaction(isolation="repeatable_read", readonly=True):
        yield


@asynccontextmanager
async def hold_lock(key: int) -> AsyncIterator[bool]:
    """Hold a lock among all processes for a block; False when another has it. It ends with the process, however."""
    pool = engine().pool
    assert pool is not None  # noqa: S101 - connect() made it
    async with pool.acquire() as connection:
        held = bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", key))
        try:
            yield held
        finally:
            if held:
                await _unlock(connection, key)


async def _unlock(connection: Any, key: int) -> None:
    """Let a lock go; a connection that can't say so is closed, and its lock with it."""
    try:
        await connection.execute("SELECT pg_advisory_unlock($1)", key)
    except BaseException as error:
        connection.terminate()
        if not isinstance(error, (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            raise


async def is_locked(key: int) -> bool:
    """Whether some process holds the lock."""
    return bool(
        await fetch_value(
            "SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted"
            " AND (l.classid::bigint << 32) | l.objid::bigint = $1)",
            key,
        )
    )


@asynccontextmanager
async def _connection() -> AsyncIterator[Any]:
    current = engine().current_transaction.get()
    if current is not None:
        yield current.connection
        return
    pool = engine().pool
    assert pool is not None  # noqa: S101 - connect() made it
    async with pool.acquire() as connection:
        yield connection


async def fetch(sql: str, *args: object) -> list[asyncpg.Record]:
    """Run a query with `$1`-style arguments in the transaction at hand, or on its own."""
    async with _connection() as connection:
        return list(await connection.fetch(sql, *args))


async def fetch_row(sql: str, *args: object) -> asyncpg.Record | None:
    """The first row, or None."""
    async with _connection() as connection:
        row: asyncpg.Record | None = await connection.fetchrow(sql, *args)
        return row


async def fetch_one(sql: str, *args: object) -> asyncpg.Record:
    """The one row of an aggregate. `fetch_row` asks for the first row only: then PostgreSQL sums with one worker."""
    [row] = await fetch(sql, *args)
    return row


async def fetch_value(sql: str, *args: object) -> Any:
    """The first column of the first row, or None."""
    async with _connection() as connection:
        return await connection.fetchval(sql, *args)


async def execute(sql: str, *args: object) -> str:
    """Run a statement and return its status, such as `UPDATE 1`."""
    async with _connection() as connection:
        return str(await connection.execute(sql, *args))


async def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write many rows by COPY, in the transaction at hand."""
    async with _connection() as connection:
        await connection.copy_records_to_table(table, columns=list(columns), records=rows)


async def copy_query(sql: str, *args: object, output: Any, **options: Any) -> str:
    """Write a query's rows to a file by COPY … TO STDOUT."""
    async with _connection() as connection:
        return str(await connection.copy_from_query(sql, *args, output=output, **options))


async def iterate(sql: str, *args: object, prefetch: int = 2000) -> AsyncIterator[asyncpg.Record]:
    """Stream a query's rows; needs an open transaction or snapshot."""
    current = engine().current_transaction.get()
    if current is None:
        raise NestedTransactionError("iterate() needs a snapshot or a transaction")
    async for row in current.connection.cursor(sql, *args, prefetch=prefetch):
        yield row


async def _open(dsn: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(dsn)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnavailableError(f"no connection to the database: {error}") from error


async def migrate(dsn: str) -> None:
    """Bring the schema up to date as the owner. Safe to run twice, at once, and after being killed midway."""
    from piccolo.apps.migrations.commands.forwards import run_forwards  # noqa: PLC0415 - imports the whole CLI
    from piccolo.apps.migrations.tables import Migration  # noqa: PLC0415

    if str(PROJECT) not in sys.path:
        sys.path.insert(0, str(PROJECT))
    lock = await _open(dsn)
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        await _ensure_app_role(lock)
        owner = owner_engine(dsn)
        sys.modules.pop("piccolo_conf", None)
        import piccolo_conf  # noqa: PLC0415 - Piccolo's migrations look the engine up there

        piccolo_conf.DB = owner
        for table in (Table, Migration):
            table._meta._db = owner  # noqa: SLF001 - Piccolo would keep the first engine it finds
        result = await run_forwards("all")
        if not result.success:
            raise DatabaseUnavailableError(f"the migration failed: {result.message}")
        await lock.execute("DELETE FROM migration a USING migration b WHERE a.name = b.name AND a.id > b.id")
    finally:
        await lock.close()


async def record_migration(name: str) -> None:
    """Record a migration within its own transaction: Piccolo does so afterwards, too late for one that is killed."""
    await Table.raw("INSERT INTO migration (name, app_name, ran_on) VALUES ({}, 'registry', now())", name).run()


def guard_steps(*tables: str) -> list[str]:
    """SQL for a migration that makes tables append-only; the app role may read them and add to them."""
    steps = []
    for table in tables:
        steps += [
            f"""CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change()""",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only",
            f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}",
        ]
    return steps


async def _ensure_app_role(connection: asyncpg.Connection) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", APP_ROLE)
    if exists:
        return
    try:
        await connection.execute(f"CREATE ROLE {APP_ROLE} NOLOGIN")
        await connection.execute(f"GRANT {APP_ROLE} TO CURRENT_USER")
    except asyncpg.DuplicateObjectError:
        return
    except asyncpg.InsufficientPrivilegeError as error:
        raise DatabaseUnavailableError(
            f"the database's owner may not create roles: let an administrator run "
            f"CREATE ROLE {APP_ROLE} NOLOGIN; GRANT {APP_ROLE} TO the owner of DATABASE_URL"
        ) from error
