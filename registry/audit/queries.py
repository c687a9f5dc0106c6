"""Reads of the trail: lists, single entries, the export, and samples of payments."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg

from registry.audit.schemas import (
    Sample,
    SampleLine,
    SampleQuestion,
    TrailEntry,
    TrailFilter,
    TrailLine,
    TrailPage,
    TrailRow,
)
from registry.audit.titles import action_title
from registry.core.access import Scope
from registry.core.errors import N_, FieldError, NotFoundError
from registry.core.money import Money
from registry.database import fetch, fetch_row, fetch_value, iterate, snapshot
from registry.texts import _
from registry.trail import chain_hash, read_anchor

PAGE = 50
MOST_SAMPLED = 10_000
SEED_LENGTH = 200
LARGEST_SEQ = 2**63

_RECORD = re.compile(r"([BUPE])-([0-9]{1,15})", re.ASCII)


class UnknownRecordError(NotFoundError):
    """A number that no grant, payment, party or engagement has."""

    code = "unknown-record"
    message = N_("There is nothing with the number %(number)s. Write for example U-20345, B-1023 or P-17.")


def _demand_all(scope: Scope) -> None:
    if not scope.reads_all:
        raise NotFoundError


_LINE = (
    "t.seq, t.recorded_at, t.actor, t.action, t.hash,"
    " (SELECT u.name FROM app_user u WHERE t.actor = 'user:' || u.id) AS actor_name"
)


def _where(wanted: TrailFilter) -> tuple[str, list[object]]:
    """The conditions in force and their arguments; those that aren't are left out, so that the planner sees through."""
    given: list[tuple[str, object]] = []
    if wanted.action:
        given.append(("starts_with(t.action, ${})", wanted.action))
    if wanted.actor:
        given.append(("t.actor = ${}", wanted.actor))
    if wanted.first is not None:
        given.append(("t.recorded_at >= ${}", wanted.first))
    if wanted.last is not None:
        given.append(("t.recorded_at <= ${}", wanted.last))
    if wanted.seqs is not None:
        given.append(("t.seq = ANY(${})", list(wanted.seqs)))
    conditions = [condition.format(place) for place, (condition, _value) in enumerate(given, start=1)]
    return " AND ".join(conditions) or "true", [value for _condition, value in given]


async def list_entries(
    scope: Scope, wanted: TrailFilter, *, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> TrailPage:
    """Entries with the newest first: those older than `before`, or those just newer than `after`."""
    _demand_all(scope)
    upwards = after is not None
    where, arguments = _where(wanted)
    edge, order = (">", "ASC") if upwards else ("<", "DESC")
    at = after if upwards else LARGEST_SEQ - 1 if before is None else before
    rows = await fetch(
        f"SELECT {_LINE} FROM trail_entry t WHERE {where} AND t.seq {edge} ${len(arguments) + 1}"
        f" ORDER BY t.seq {order} LIMIT {limit + 1:d}",
        *arguments,
        at,
    )
    more = len(rows) > limit
    items = [_line(row) for row in rows[:limit]]
    if upwards:
        items.reverse()
    if not items:
        return TrailPage(items=[], older=None, newer=None)
    has_older = more or upwards
    has_newer = more if upwards else before is not None
    return TrailPage(items=items, older=items[-1].seq if has_older else None, newer=items[0].seq if has_newer else None)


async def count_entries(scope: Scope, wanted: TrailFilter) -> int:
    """How many entries a filter lets through."""
    _demand_all(scope)
    where, arguments = _where(wanted)
    if not arguments:
        return (await read_anchor()).seq
    return int(await fetch_value(f"SELECT count(*) FROM trail_entry t WHERE {where}", *arguments))


async def get_entry(scope: Scope, seq: int) -> TrailEntry:
    """One entry whole. Raises: NotFoundError."""
    _demand_all(scope)
    if not 0 < seq < LARGEST_SEQ:
        raise NotFoundError
    row = await fetch_row(
        f"SELECT {_LINE}, t.body, coalesce((SELECT p.hash FROM trail_entry p WHERE p.seq = t.seq - 1), '') AS previous"
        f" FROM trail_entry t WHERE t.seq = $1",
        seq,
    )
    if row is None:
        raise NotFoundError
    text = bytes(row["body"]).decode("utf-8", errors="replace")
    body = _read_body(text)
    return TrailEntry(
        **_line(row).model_dump(),
        app=str(body.get("app", "")),
        note=body["note"] if isinstance(body.get("note"), dict) else {},
        rows=[
            TrailRow(table=str(told.get("table", "")), new=told["new"], old=told.get("old"))
            for told in body.get("rows", [])
        ],
        previous_hash=row["previous"].hex(),
        body=text,
        sound=chain_hash(row["previous"], row["seq"], row["body"]) == row["hash"],
    )


def _read_body(text: str) -> dict[str, Any]:
    """A body's content; one that was tampered with may hold anything, and shows as empty."""
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(body, dict) or not isinstance(body.get("rows"), list):
        return {}
    good = all(
        isinstance(told, dict) and isinstance(told.get("new"), dict) and isinstance(told.get("old", {}), dict)
        for told in body["rows"]
    )
    return body if good else {}


def _line(row: asyncpg.Record) -> TrailLine:
    return TrailLine(
        seq=row["seq"],
        recorded_at=row["recorded_at"],
        actor=row["actor"],
        actor_name=row["actor_name"] or (_("The operator") if row["actor"] == "console" else row["actor"]),
        action=row["action"],
        title=action_title(row["action"]),
        hash=row["hash"].hex(),
    )


_RECORD_SEQS = {
    "U": "SELECT seq FROM payment WHERE id = $1 UNION SELECT seq FROM attestation WHERE payment_id = $1"
    " UNION SELECT seq FROM reversal WHERE payment_id = $1",
    "B": "SELECT seq FROM funding_grant WHERE id = $1 UNION SELECT seq FROM amendment WHERE grant_id = $1"
    " UNION SELECT seq FROM repayment WHERE grant_id = $1 UNION SELECT seq FROM payment WHERE grant_id = $1"
    " UNION SELECT a.seq FROM attestation a JOIN payment p ON p.id = a.payment_id WHERE p.grant_id = $1"
    " UNION SELECT r.seq FROM reversal r JOIN payment p ON p.id = r.payment_id WHERE p.grant_id = $1",
    "P": "SELECT seq FROM party WHERE id = $1 UNION SELECT seq FROM party_version WHERE party_id = $1"
    " UNION SELECT seq FROM statement WHERE party_id = $1 UNION SELECT seq FROM party_protection WHERE party_id = $1",
    "E": "SELECT seq FROM engagement WHERE chain_id = $1",
}


async def find_record(scope: Scope, number: str) -> tuple[int, ...]:
    """The entries of a payment (`U-…`), a grant with its payments (`B-…`), a party (`P-…`) or an engagement (`E-…`).

    Raises: UnknownRecordError.
    """
    _demand_all(scope)
    match = _RECORD.fullmatch(number.strip().upper())
    rows = await fetch(_RECORD_SEQS[match[1]], int(match[2])) if match else []
    if not rows:
        raise UnknownRecordError(field="record", number=number[:40])
    return tuple(sorted(row["seq"] for row in rows))


_USER_NAME = "CASE WHEN p.protected THEN p.name ELSE u.name END"
"""Who acts for a protected person would name that person."""
_USERS = "FROM app_user u LEFT JOIN party p ON p.id = u.party_id"


async def list_actors(scope: Scope) -> list[tuple[str, str]]:
    """Everybody who may have written to the trail, as (actor, name)."""
    _demand_all(scope)
    rows = await fetch(f"SELECT u.id, {_USER_NAME} AS name {_USERS} ORDER BY lower(u.name), u.id")
    return [("console", _("The operator")), *((f"user:{row['id']}", row["name"]) for row in rows)]


async def name_parties(scope: Scope, ids: set[int]) -> Mapping[int, str]:
    """Names of parties; those who are protected have none here."""
    _demand_all(scope)
    rows = await fetch("SELECT id, name FROM party WHERE id = ANY($1) AND NOT protected", sorted(ids))
    return {row["id"]: row["name"] for row in rows}


async def name_users(scope: Scope, ids: set[int]) -> Mapping[int, str]:
    """Names of users."""
    _demand_all(scope)
    rows = await fetch(f"SELECT u.id, {_USER_NAME} AS name {_USERS} WHERE u.id = ANY($1)", sorted(ids))
    return {row["id"]: row["name"] for row in rows}


async def export_lines(scope: Scope) -> AsyncIterator[bytes]:
    """The chain as JSON lines of seq, hash and the exact body. Needs an open snapshot.

    A body that isn't UTF-8 (someone has tampered with it) is written with surrogates for its bytes, so that the
    stand-alone verifier still sees what is stored.
    """
    _demand_all(scope)
    async for row in iterate("SELECT seq, hash, body FROM trail_entry ORDER BY seq"):
        body = bytes(row["body"]).decode("utf-8", errors="surrogateescape")
        yield _to_json({"seq": row["seq"], "hash": row["hash"].hex(), "body": body})


def _to_json(line: dict[str, Any]) -> bytes:
    try:
        return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(line, separators=(",", ":")).encode() + b"\n"


_SAMPLED = """
FROM payment p JOIN funding_grant g ON g.id = p.grant_id JOIN party f ON f.id = g.funder_id
WHERE ($1::int IS NULL OR extract(year FROM p.paid_on) = $1) AND ($2::text IS NULL OR f.org_number = $2) AND p.seq <= $3
"""

_POPULATION = f"SELECT count(*) AS payments, coalesce(sum(p.amount_ore), 0) AS amount {_SAMPLED}"

_DRAW = f"""
WITH drawn AS (
  SELECT p.id, sha256(convert_to($4 || ':U-' || p.id, 'UTF8')) AS place {_SAMPLED} ORDER BY place, p.id LIMIT $5)
SELECT p.id, p.grant_id, g.dnr, f.name AS funder, CASE WHEN r.protected THEN '' ELSE r.name END AS recipient,
  p.amount_ore, p.paid_on, p.voucher, p.reference, p.seq, t.hash,
  CASE WHEN v.payment_id IS NOT NULL AND (p.attest <> 'officer' OR a.payment_id IS NOT NULL) THEN 'reversed'
       WHEN v.payment_id IS NOT NULL THEN 'cancelled'
       WHEN p.attest <> 'officer' OR a.payment_id IS NOT NULL THEN 'paid' ELSE 'waiting' END AS status
FROM drawn d JOIN payment p ON p.id = d.id JOIN funding_grant g ON g.id = p.grant_id JOIN party f ON f.id = g.funder_id
JOIN party r ON r.id = g.recipient_id JOIN trail_entry t ON t.seq = p.seq
LEFT JOIN attestation a ON a.payment_id = p.id LEFT JOIN reversal v ON v.payment_id = p.id
ORDER BY d.place, d.id
"""


async def draw_sample(scope: Scope, question: SampleQuestion) -> Sample:
    """Draw payments that anybody can draw again: those whose `sha256("SEED:U-NUMBER")` is lowest, lowest first.

    Only payments up to entry `until` of the trail take part (by default the last), so later ones don't disturb it.
    Raises: FieldError for a size or seed that can't be used, or an entry that doesn't exist yet.
    """
    _demand_all(scope)
    if not 1 <= question.size <= MOST_SAMPLED:
        raise FieldError(field="size", message=N_("Write a size from 1 to %(most)s."), most=MOST_SAMPLED)
    if not 1 <= len(question.seed) <= SEED_LENGTH:
        raise FieldError(field="seed", message=N_("Write a seed of 1 to %(most)s signs."), most=SEED_LENGTH)
    async with snapshot():
        head = await read_anchor()
        until = head.seq if question.until is None else question.until
        if not 0 <= until <= head.seq:
            raise FieldError(field="until", message=N_("The trail ends at entry %(last)s."), last=head.seq)
        among = (question.year, question.funder, until)
        whole = await fetch_row(_POPULATION, *among)
        rows = await fetch(_DRAW, *among, question.seed, question.size)
    return Sample(
        question=question.model_copy(update={"until": until}),
        population=whole["payments"] if whole else 0,
        population_amount=Money(whole["amount"] if whole else 0),
        anchor=str(head),
        items=[_drawn(position, row) for position, row in enumerate(rows, start=1)],
    )


def _drawn(position: int, row: asyncpg.Record) -> SampleLine:
    return SampleLine(
        position=position,
        number=f"U-{row['id']}",
        grant=f"B-{row['grant_id']}",
        dnr=row["dnr"],
        funder=row["funder"],
        recipient=row["recipient"],
        amount=Money(row["amount_ore"]),
        paid_on=row["paid_on"],
        voucher=row["voucher"],
        reference=row["reference"],
        status=row["status"],
        seq=row["seq"],
        hash=row["hash"].hex(),
    )
