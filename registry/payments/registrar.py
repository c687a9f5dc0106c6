"""Group commit: payments that wait together are decided one by one and written at once, if the head stood still.

Nobody gets an answer before the COMMIT. One that breaks a rule leaves the others untouched; a group that the database
refuses is done again one at a time, and one that another write came between is decided again under the head's lock.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from registry.core.access import Scope
from registry.core.errors import ConflictError, RegistryError
from registry.database import copy_rows, demand_no_transaction, execute
from registry.grants.queries import UnknownGrantError
from registry.grants.schemas import parse_grant_number
from registry.payments.rules import (
    GrantState,
    KeyReusedError,
    attest_of,
    check_holds,
    check_payment,
    details_hash,
)
from registry.payments.schemas import OverrideKind, PaymentDetails, payment_number
from registry.payments.states import Asked, Situation, read_situation
from registry.trail import Entry, Recording, actor_name, recording, unnest

LARGEST_GROUP = 128


@dataclass(frozen=True, slots=True)
class Registered:
    """The payment's id, and whether it was there already."""

    payment_id: int
    replay: bool


@dataclass(slots=True)
class Waiting:
    """A registration that waits for its group."""

    scope: Scope
    details: PaymentDetails
    key: str
    answer: asyncio.Future[Registered]
    key_scope: str
    hash: bytes
    grant_id: int


@dataclass(slots=True)
class _Group:
    """What a group writes: rows for one INSERT each."""

    rows: list[tuple[object, ...]] = field(default_factory=list)
    overrides: list[tuple[object, ...]] = field(default_factory=list)
    accepted: list[tuple[Waiting, Registered]] = field(default_factory=list)
    refused: list[tuple[Waiting, RegistryError]] = field(default_factory=list)


_PENDING: list[Waiting] = []
_LEADER: set[asyncio.Task[None]] = set()

COLUMNS = (
    "id", "grant_id", "instalment", "amount_ore", "paid_on", "voucher", "reference", "attest", "key_scope", "key",
    "body_hash", "recorded_at", "recorded_by", "seq",
)  # fmt: skip
_INTO = f"payment ({', '.join(COLUMNS)})"
_TYPES = (
    "bigint", "bigint", "smallint", "bigint", "date", "text", "text", "text", "text", "text", "bytea", "timestamptz",
    "bigint", "bigint",
)  # fmt: skip


OVERRIDE_COLUMNS = ("id", "payment_id", "accounting_report_id", "kind", "due_on", "reason", "seq")
"""Of `report_override`: a payment that was registered although a report was overdue."""


async def register(scope: Scope, details: PaymentDetails, key: str) -> Registered:
    """Join the next group and wait for its COMMIT. Raises: what `check_payment` refuses, KeyReusedError."""
    loop = asyncio.get_running_loop()
    waiting = Waiting(
        scope,
        details,
        key,
        loop.create_future(),
        key_scope=actor_name(scope),
        hash=details_hash(details),
        grant_id=parse_grant_number(details.grant) or 0,
    )
    # Who has gone away leaves an answer that nobody reads; asyncio would log it as forgotten.
    waiting.answer.add_done_callback(lambda done: done.cancelled() or done.exception())
    _PENDING.append(waiting)
    # A leader that has just left is done but not yet discarded: nobody would lead who joins right then.
    if all(task.done() for task in _LEADER):
        leader = loop.create_task(_lead())
        _LEADER.add(leader)
        leader.add_done_callback(_LEADER.discard)
    return await waiting.answer


async def _lead() -> None:
    """Commit groups until nobody waits."""
    while _PENDING:
        group = _PENDING[:LARGEST_GROUP]
        del _PENDING[:LARGEST_GROUP]
        try:
            await _commit(group)
        except ConflictError:
            await _commit_singly(group)
        except Exception as error:  # noqa: BLE001 - whoever waits must get the error, whatever it is
            _fail(group, error)


async def _commit_singly(group: Sequence[Waiting]) -> None:
    for one in group:
        try:
            await _commit([one])
        except Exception as error:  # noqa: BLE001 - as above
            _fail([one], error)


def _fail(group: Sequence[Waiting], error: Exception) -> None:
    for one in group:
        if not one.answer.done():
            one.answer.set_exception(error)


async def _commit(group: Sequence[Waiting]) -> None:
    """Decide and write a group in one transaction, then answer. Raises: ConflictError with nothing written."""
    done = await _commit_at_once(group) or await _commit_locked(group)
    for one, error in done.refused:
        if not one.answer.done():
            one.answer.set_exception(error)
    for one, registered in done.accepted:
        if not one.answer.done():
            one.answer.set_result(registered)


async def _commit_at_once(group: Sequence[Waiting]) -> _Group | None:
    """Two statements: one reads, the other writes all or, when the head has moved since, nothing; then None.

    What is paid despite an overdue report writes more than payments, and is left to the locked way.
    """
    demand_no_transaction()
    if _overrides(group):
        return None
    found = await _read(group)
    unit = Recording(group[0].scope, found.head)
    done = _decide(unit, group, found)
    if done.rows and not await unit.close_at_once(_INTO, _TYPES, done.rows):
        return None
    return done


async def _commit_locked(group: Sequence[Waiting]) -> _Group:
    """With the head locked from the first read on: nobody can come between."""
    async with recording(group[0].scope) as unit:
        last_override = await unit.next_id("report_override", count=0) - 1 if _overrides(group) else 0
        done = _decide(unit, group, await _read(group), last_override=last_override)
        if done.rows:
            await unit.close()
            columns = (list(column) for column in zip(*done.rows, strict=True))
            await execute(f"INSERT INTO {_INTO} SELECT * FROM {unnest(_TYPES, first=1)}", *columns)
        if done.overrides:
            await copy_rows("report_override", OVERRIDE_COLUMNS, done.overrides)
    return done


def _overrides(group: Sequence[Waiting]) -> bool:
    """Whether somebody wants to pay although a report is overdue."""
    return any(one.details.override_reason for one in group)


async def _read(group: Sequence[Waiting]) -> Situation:
    return await read_situation([_asked(one) for one in group])


def _decide(unit: Recording, group: Sequence[Waiting], found: Situation, *, last_override: int = 0) -> _Group:
    """Decide one after the other, each on what the ones before it have taken."""
    done, known, last_id = _Group(), found.known, found.last_id
    for one in group:
        place = (one.key_scope, one.key)
        try:
            if place in known:
                payment_id, stored = known[place]
                if stored != one.hash:
                    raise KeyReusedError(key=one.key)
                done.accepted.append((one, Registered(payment_id, replay=True)))
                continue
            state = found.states.get(one.grant_id)
            if state is None:
                raise UnknownGrantError(field="grant", grant=one.details.grant[:40])
            check_payment(one.details, state, one.scope, today=unit.today)
            check_holds(one.details, state, override=one.details.override_reason)
        except RegistryError as error:
            done.refused.append((one, error))
            continue
        last_id = payment_id = last_id + 1
        state.take(one.details, payment_number(payment_id))
        known[place] = (payment_id, one.hash)
        entry = unit.enter("payments:payment:register", actor=one.key_scope)
        done.rows.append(_row(unit, entry, one, state, payment_id))
        reason = one.details.override_reason
        overrides = override_rows(
            entry, state, payment_id, kind=OverrideKind.OVERRIDE, reason=reason, last=last_override
        )
        last_override += len(overrides)
        done.overrides += overrides
        done.accepted.append((one, Registered(payment_id, replay=False)))
    return done


def _asked(one: Waiting) -> Asked:
    details, amount_ore = one.details, int(one.details.amount_ore)
    wants_plan = details.instalment is not None
    return Asked(one.key_scope, one.key, one.grant_id, wants_plan, details.voucher, amount_ore, details.paid_on)


def override_rows(
    entry: Entry, state: GrantState, payment_id: int, *, kind: OverrideKind, reason: str, last: int
) -> list[tuple[object, ...]]:
    """The reports that were overdue when a payment was registered, told in its entry; `last` is the last id taken."""
    rows: list[tuple[object, ...]] = []
    overdue = state.holds.overdue if state.holds else ()
    for place, report in enumerate(overdue, start=last + 1):
        row = (place, payment_id, report.id, kind.value, report.due_on, reason, entry.seq)
        entry.add("report_override", dict(zip(OVERRIDE_COLUMNS, row, strict=True)))
        rows.append(row)
    return rows


def _row(unit: Recording, entry: Entry, one: Waiting, state: GrantState, payment_id: int) -> tuple[object, ...]:
    """The payment's row, told in its entry."""
    details = one.details
    row = (
        payment_id, state.id, details.instalment, int(details.amount_ore), details.paid_on, details.voucher,
        details.reference, attest_of(details, state).value, one.key_scope, one.key, one.hash, unit.now,
        one.scope.user_id, entry.seq,
    )  # fmt: skip
    entry.add("payment", dict(zip(COLUMNS, row, strict=True)))
    return row
