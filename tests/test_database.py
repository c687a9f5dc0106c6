"""Transactions that give back what they took, the two roles, and what the database itself refuses."""

import asyncio
from datetime import date

import asyncpg
import pytest

from registry.core.access import CONSOLE
from registry.database import (
    DatabaseUnavailableError,
    NestedTransactionError,
    engine,
    execute,
    fetch,
    fetch_value,
    iterate,
    migrate,
    snapshot,
    transaction,
)
from registry.trail import record
from tests.factories import World, make_grant, make_payment


async def test_a_failed_commit_does_not_swallow_what_comes_after(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Piccolo's own transaction would keep the dead one in the task, and report later writes that never land."""
    before = await fetch_value("SELECT count(*) FROM trail_entry")

    async def fail(_self: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("the connection was lost in COMMIT")

    with monkeypatch.context() as patched:
        patched.setattr("registry.database.RegistryTransaction.commit", fail)
        with pytest.raises(asyncpg.ConnectionDoesNotExistError):
            await record(CONSOLE, "test:commit:lost")
    assert engine().current_transaction.get() is None
    for number in range(3):
        await record(CONSOLE, "test:commit:kept", number=number)
    assert await fetch_value("SELECT count(*) FROM trail_entry") == before + 3


async def test_connections_come_back_whatever_happens(world: World) -> None:
    """More failures than the pool has connections leave it whole."""

    async def fail(kind: int) -> None:
        async with transaction():
            await fetch_value("SELECT 1")
            if kind % 3 == 0:
                raise RuntimeError
            if kind % 3 == 1:
                await execute("SELECT 1 / 0")
            raise asyncio.CancelledError

    await asyncio.gather(*(fail(kind) for kind in range(60)), return_exceptions=True)
    async with asyncio.timeout(10):
        assert await asyncio.gather(*(fetch_value("SELECT 1") for _question in range(40))) == [1] * 40


async def test_transactions_do_not_nest(db: None) -> None:
    async with transaction():
        with pytest.raises(NestedTransactionError):
            transaction()
        async with snapshot():
            assert await fetch_value("SELECT 1") == 1


async def test_a_snapshot_sees_one_moment_and_writes_nothing(world: World) -> None:
    async with snapshot():
        before = await fetch_value("SELECT count(*) FROM trail_entry")
        await asyncio.create_task(elsewhere())
        assert await fetch_value("SELECT count(*) FROM trail_entry") == before
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await execute("DELETE FROM login_attempt")


async def elsewhere() -> None:
    """An entry written past this task's snapshot."""
    token = engine().current_transaction.set(None)
    try:
        await record(CONSOLE, "test:thing:note")
    finally:
        engine().current_transaction.reset(token)


async def test_streaming_needs_a_snapshot(db: None) -> None:
    with pytest.raises(NestedTransactionError):
        await anext(iterate("SELECT 1"))
    async with snapshot():
        assert [row["n"] async for row in iterate("SELECT generate_series(1, 5) AS n", prefetch=2)] == [1, 2, 3, 4, 5]


async def test_the_app_works_as_a_role_that_owns_nothing(db: None) -> None:
    assert await fetch_value("SELECT current_user") == "registry_app"
    for statement in ("CREATE TABLE mine (id int)", "ALTER TABLE payment DISABLE TRIGGER ALL", "DROP TABLE payment"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(statement)


async def test_a_migration_again_changes_nothing_even_many_at_once(dsn: str, db: None, capsys: object) -> None:
    del capsys
    before = await fetch("SELECT * FROM migration ORDER BY id")
    await migrate(dsn)
    assert await fetch("SELECT * FROM migration ORDER BY id") == before


async def test_no_server_is_said_in_words() -> None:
    with pytest.raises(DatabaseUnavailableError, match="no connection"):
        await migrate("postgresql://nobody@127.0.0.1:1/none")


async def test_the_database_refuses_what_a_service_forgot(world: World, owner: asyncpg.Connection) -> None:
    """Money rules hold for the owner's SQL too: overspending, an early payment, a closed year, one's own attest."""
    grant = int((await make_grant(world.programme, world.abf, amount=100_00))[2:])
    payment = int((await make_payment(f"B-{grant}", amount=60_00, scope=await world.scope("officer")))[2:])
    insert = (
        "INSERT INTO payment (id, grant_id, amount_ore, paid_on, voucher, reference, attest, key_scope, key, body_hash,"
        " recorded_at, recorded_by, seq) VALUES"
        " (900 + $1, $2, $3, $4, '', '', 'ledger', 't', $1::text, '', now(), NULL, 1)"
    )
    attest = "INSERT INTO attestation (payment_id, recorded_at, recorded_by, seq) VALUES ($1, now(), $2, 1)"
    await owner.execute(
        "INSERT INTO closed_year (id, funder_id, year, closed_at, seq) VALUES (1, $1, 2026, now(), 99999)", world.kommun
    )
    for number, (statement, arguments, constraint) in enumerate(
        (
            (insert, (grant, 40_01, date(2025, 4, 1)), "grant_balance_not_overspent"),
            (insert, (grant, 1, date(2025, 2, 2)), "payment_after_decision"),
            (insert, (grant, 1, date(2026, 4, 1)), "year_is_open"),
            (insert, (grant, 0, date(2025, 4, 1)), "payment_amount"),
            (attest, (payment, world.officer), "attestation_four_eyes"),
        )
    ):
        values = (number, *arguments) if statement is insert else arguments
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            async with owner.transaction():
                await owner.execute(statement, *values)
        assert refused.value.constraint_name == constraint
