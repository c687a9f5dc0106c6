"""What a dishonest owner of the database may do: each function does one thing and says how it must be found."""

import json
import random
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import asyncpg

from registry.audit.rules import KEYS, MUTABLE
from registry.audit.verification import APPENDED, READERS
from registry.trail import Anchor


@dataclass(frozen=True)
class Expected:
    """The entry that must be named; `in_export` when the export alone gives it away; `anchors` that are known."""

    first_bad: int
    in_export: bool = False
    anchors: tuple[Anchor, ...] = ()
    what: str = ""


@dataclass
class Crime:
    """The owner's connection inside a transaction that will be rolled back, and dice."""

    owner: asyncpg.Connection
    dice: random.Random
    entries: list[asyncpg.Record] = field(default_factory=list)

    async def prepare(self) -> None:
        """Switch off every guard, as an owner can."""
        await self.owner.execute("SET LOCAL session_replication_role = replica")
        for table in (*APPENDED, "trail_entry"):
            await self.owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        self.entries = await self.owner.fetch("SELECT * FROM trail_entry ORDER BY seq")

    @property
    def last(self) -> int:
        """The head before the crime."""
        return int(self.entries[-1]["seq"])

    def entry(self) -> asyncpg.Record:
        """Any entry."""
        return self.dice.choice(self.entries)

    def anchor_of(self, seq: int) -> Anchor:
        """What was printed when `seq` was the head."""
        return Anchor(seq, self.entries[seq - 1]["hash"])

    async def rechain(self, bodies: dict[int, bytes]) -> None:
        """Replace some bodies and hash the whole chain again, the head included."""
        previous = b""
        for entry in self.entries:
            body = bodies.get(entry["seq"], entry["body"])
            previous = sha256(b"\x00" + previous + struct.pack(">Q", entry["seq"]) + body).digest()
            await self.owner.execute(
                "UPDATE trail_entry SET body = $2, hash = $3 WHERE seq = $1", entry["seq"], body, previous
            )
        await self.owner.execute("UPDATE chain_head SET hash = $1", previous)


async def change_a_body(crime: Crime) -> Expected:
    """One byte of a body."""
    entry = crime.entry()
    body = bytearray(entry["body"])
    place = crime.dice.randrange(len(body))
    body[place] = (body[place] + crime.dice.randrange(1, 256)) % 256
    await crime.owner.execute("UPDATE trail_entry SET body = $2 WHERE seq = $1", entry["seq"], bytes(body))
    return Expected(entry["seq"], in_export=True)


async def change_a_hash(crime: Crime) -> Expected:
    """One byte of a hash."""
    entry = crime.entry()
    digest = bytearray(entry["hash"])
    digest[crime.dice.randrange(32)] ^= 1 << crime.dice.randrange(8)
    await crime.owner.execute("UPDATE trail_entry SET hash = $2 WHERE seq = $1", entry["seq"], bytes(digest))
    return Expected(entry["seq"], in_export=True)


async def change_who(crime: Crime) -> Expected:
    """The actor beside the body."""
    entry = crime.entry()
    await crime.owner.execute("UPDATE trail_entry SET actor = 'user:999' WHERE seq = $1", entry["seq"])
    return Expected(entry["seq"])


async def change_what(crime: Crime) -> Expected:
    """The action beside the body."""
    entry = crime.entry()
    await crime.owner.execute("UPDATE trail_entry SET action = 'x:y:z' WHERE seq = $1", entry["seq"])
    return Expected(entry["seq"])


async def change_when(crime: Crime) -> Expected:
    """The time beside the body."""
    entry = crime.entry()
    shift = timedelta(seconds=crime.dice.choice([-3600, -1, 1, 3600]))
    await crime.owner.execute(
        "UPDATE trail_entry SET recorded_at = recorded_at + $2 WHERE seq = $1", entry["seq"], shift
    )
    return Expected(entry["seq"])


async def delete_an_entry(crime: Crime) -> Expected:
    """One entry, wherever."""
    seq = crime.entry()["seq"]
    await crime.owner.execute("DELETE FROM trail_entry WHERE seq = $1", seq)
    return Expected(seq, in_export=True, anchors=(crime.anchor_of(crime.last),))


async def insert_an_entry(crime: Crime) -> Expected:
    """A well-made entry at the end, about a payment that never was; sometimes with the head moved too."""
    last = crime.entries[-1]
    body = json.loads(last["body"])
    row = {"id": 999_999, "grant_id": 1, "amount_ore": 1}
    body |= {"action": "payments:payment:register", "rows": [{"table": "payment", "new": row}]}
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    seq = crime.last + 1
    digest = sha256(b"\x00" + last["hash"] + struct.pack(">Q", seq) + raw).digest()
    await crime.owner.execute(
        "INSERT INTO trail_entry (seq, recorded_at, actor, action, body, hash) VALUES ($1, $2, $3, $4, $5, $6)",
        seq, last["recorded_at"], body["actor"], body["action"], raw, digest,
    )  # fmt: skip
    if crime.dice.random() < 0.5:
        await crime.owner.execute("UPDATE chain_head SET seq = $1, hash = $2", seq, digest)
    return Expected(seq)


async def swap_two_bodies(crime: Crime) -> Expected:
    """What two entries say."""
    one, other = crime.dice.sample(crime.entries, 2)
    await crime.owner.execute("UPDATE trail_entry SET body = $2 WHERE seq = $1", one["seq"], other["body"])
    await crime.owner.execute("UPDATE trail_entry SET body = $2 WHERE seq = $1", other["seq"], one["body"])
    return Expected(min(one["seq"], other["seq"]), in_export=True)


async def swap_two_entries(crime: Crime) -> Expected:
    """The places of two entries."""
    one, other = crime.dice.sample([entry["seq"] for entry in crime.entries], 2)
    for before, after in ((one, -1), (other, one), (-1, other)):
        await crime.owner.execute("UPDATE trail_entry SET seq = $2 WHERE seq = $1", before, after)
    return Expected(min(one, other), in_export=True)


async def cut_the_tail(crime: Crime) -> Expected:
    """The last entries, the head left as it was."""
    kept = crime.dice.randrange(crime.last)
    await crime.owner.execute("DELETE FROM trail_entry WHERE seq > $1", kept)
    return Expected(kept + 1, in_export=True, anchors=(crime.anchor_of(crime.last),))


async def cut_the_tail_and_move_the_head(crime: Crime) -> Expected:
    """The last entries, and a head that fits; an anchor knows better."""
    kept = crime.dice.randrange(1, crime.last)
    await crime.owner.execute("DELETE FROM trail_entry WHERE seq > $1", kept)
    await crime.owner.execute(
        "UPDATE chain_head h SET seq = t.seq, hash = t.hash, recorded_at = t.recorded_at FROM trail_entry t"
        " WHERE t.seq = $1",
        kept,
    )
    return Expected(kept + 1, in_export=True, anchors=(crime.anchor_of(crime.last),))


async def rewrite_the_chain(crime: Crime) -> Expected:
    """A lie that the tables can't tell of, and every later hash made again: only an anchor knows."""
    entry = crime.entry()
    known = crime.dice.randrange(entry["seq"], crime.last + 1)
    body = json.loads(entry["body"]) | {"app": "9.9.9"}
    raw = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    await crime.rechain({entry["seq"]: raw})
    return Expected(known, in_export=True, anchors=(crime.anchor_of(known),))


async def rewrite_an_amount(crime: Crime) -> Expected:
    """A payment's amount in the trail, every later hash made again, and the table left as it was."""
    entry = crime.dice.choice([entry for entry in crime.entries if entry["action"] == "payments:payment:register"])
    body = json.loads(entry["body"])
    body["rows"][0]["new"]["amount_ore"] += 1
    raw = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    await crime.rechain({entry["seq"]: raw})
    return Expected(entry["seq"])


async def change_the_head(crime: Crime) -> Expected:
    """The head alone."""
    kind = crime.dice.randrange(4)
    changes = ("seq = seq + 1", "seq = seq - 1", r"hash = '\x00'", "recorded_at = recorded_at + interval '1 second'")
    await crime.owner.execute(f"UPDATE chain_head SET {changes[kind]}")
    return Expected(crime.last + 1 if kind == 0 else crime.last)


async def change_a_row(crime: Crime) -> Expected:
    """Any column of any row of any trailed table, the trail left as it is."""
    while True:
        table, row = await _any_row(crime)
        column = crime.dice.choice([name for name in row if name != "seq"])
        key = KEYS.get(table, "id")
        other = _another(row[column], crime.dice)
        try:
            async with crime.owner.transaction():
                await crime.owner.execute(f"UPDATE {table} SET {column} = $2 WHERE {key} = $1", row[key], other)
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError):
            continue
        return Expected(row["seq"], what=f"{table}.{column} {row[column]!r} -> {other!r}")


async def delete_a_row(crime: Crime) -> Expected:
    """Any row."""
    table, row = await _any_row(crime)
    key = KEYS.get(table, "id")
    await crime.owner.execute(f"DELETE FROM {table} WHERE {key} = $1", row[key])
    return Expected(row["seq"], what=table)


async def move_a_row(crime: Crime) -> Expected:
    """Which entry a row says that it was written by."""
    table, row = await _any_row(crime)
    other = crime.dice.choice([seq for seq in range(1, crime.last + 9) if seq != row["seq"]])
    await crime.owner.execute(
        f"UPDATE {table} SET seq = $2 WHERE {KEYS.get(table, 'id')} = $1", row[KEYS.get(table, "id")], other
    )
    later = table in MUTABLE
    return Expected(
        max(other, row["seq"]) if later else min(other, row["seq"]), what=f"{table} {row['seq']} -> {other}"
    )


async def insert_a_row(crime: Crime) -> Expected:
    """A row that no entry tells of."""
    table, unique = crime.dice.choice(
        [("payment", "key"), ("party_version", "address"), ("repayment", "key"), ("instalment", "position")]
    )
    row = dict(crime.dice.choice(await crime.owner.fetch(f"SELECT * FROM {table}")))
    row |= {
        "id": 90_000,
        unique: 99 if unique == "position" else "forged",
        "seq": crime.dice.randrange(1, crime.last + 9),
    }
    places = ", ".join(f"${index}" for index in range(1, len(row) + 1))
    await crime.owner.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", *row.values())
    return Expected(row["seq"], what=table)


async def swap_two_amounts(crime: Crime) -> Expected:
    """The amounts of two payments: every sum of the grant stays right."""
    rows = await crime.owner.fetch(
        "SELECT id, seq, amount_ore FROM payment WHERE grant_id = (SELECT grant_id FROM payment ORDER BY id LIMIT 1)"
    )
    one, other = crime.dice.sample(rows, 2)
    for row, amount in ((one, other["amount_ore"]), (other, one["amount_ore"])):
        await crime.owner.execute("UPDATE payment SET amount_ore = $2 WHERE id = $1", row["id"], amount)
    return Expected(min(one["seq"], other["seq"]))


async def empty_a_table(crime: Crime) -> Expected:
    """All rows at once."""
    table = crime.dice.choice(APPENDED)
    first = await crime.owner.fetchval(f"SELECT min(seq) FROM {table}")
    await crime.owner.execute(f"DELETE FROM {table}")
    return Expected(first, what=table)


async def change_a_balance(crime: Crime) -> Expected:
    """What a grant still allows."""
    row = crime.dice.choice(await crime.owner.fetch("SELECT id, seq FROM funding_grant"))
    column = crime.dice.choice(["granted_ore", "registered_ore", "paid_ore", "repaid_ore"])
    await crime.owner.execute("ALTER TABLE grant_balance DROP CONSTRAINT grant_balance_not_overspent")
    await crime.owner.execute("ALTER TABLE grant_balance DROP CONSTRAINT grant_balance_not_negative")
    await crime.owner.execute("ALTER TABLE grant_balance DROP CONSTRAINT grant_balance_repaid")
    await crime.owner.execute(f"UPDATE grant_balance SET {column} = {column} + 1 WHERE grant_id = $1", row["id"])
    return Expected(row["seq"], what=column)


async def change_a_frame(crime: Crime) -> Expected:
    """What a programme has decided."""
    row = crime.dice.choice(await crime.owner.fetch("SELECT id, seq FROM budget_frame"))
    await crime.owner.execute("UPDATE budget_frame SET decided_ore = decided_ore + 1 WHERE id = $1", row["id"])
    return Expected(row["seq"])


async def change_a_file(crime: Crime) -> Expected:
    """The bytes of an issued statement."""
    column = crime.dice.choice(["pdf", "figures"])
    await crime.owner.execute(f"UPDATE statement SET {column} = {column} || '\\x20'::bytea")
    return Expected(await crime.owner.fetchval("SELECT seq FROM statement"), what=column)


async def change_a_frozen_text(crime: Crime) -> Expected:
    """What an allocation read or came to."""
    column = crime.dice.choice(["inputs", "result"])
    await crime.owner.execute(f"UPDATE allocation SET {column} = {column} || ' '")
    return Expected(await crime.owner.fetchval("SELECT min(seq) FROM allocation"), what=column)


CRIMES: tuple[Callable[[Crime], Awaitable[Expected]], ...] = (
    change_a_body, change_a_hash, change_who, change_what, change_when, delete_an_entry, insert_an_entry,
    swap_two_bodies, swap_two_entries, cut_the_tail, cut_the_tail_and_move_the_head, rewrite_the_chain,
    rewrite_an_amount, change_the_head, change_a_row, change_a_row, change_a_row, change_a_row, delete_a_row,
    delete_a_row, move_a_row, insert_a_row, swap_two_amounts, empty_a_table, change_a_balance, change_a_frame,
    change_a_file, change_a_frozen_text,
)  # fmt: skip


async def _any_row(crime: Crime) -> tuple[str, dict[str, Any]]:
    table = crime.dice.choice(list(READERS))
    rows = await crime.owner.fetch(f"SELECT {READERS[table]} FROM {table}")
    return table, dict(crime.dice.choice(rows))


def _another(value: object, dice: random.Random) -> object:
    """A value of the same type that isn't the same."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + dice.choice([-2, -1, 1, 2, 100])
    if isinstance(value, datetime):
        return value + timedelta(microseconds=dice.choice([-1, 1, 10**6]))
    if isinstance(value, date):
        return value + timedelta(days=dice.choice([-1, 1, 365]))
    if isinstance(value, bytes):
        return value + b"\x00"
    return value[:-1] if isinstance(value, str) and value and dice.random() < 0.5 else f"{value or ''}x"
