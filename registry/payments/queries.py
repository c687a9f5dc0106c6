"""Reads of payments: lists by filter with keyset pages, one payment, and exports."""

import base64
import binascii
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import asyncpg

from registry.core.access import Scope
from registry.core.errors import InvalidCursorError
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.database import fetch, fetch_one, fetch_row
from registry.grants.queries import NO_AREA, PARTY_SEARCH, scope_ids, search_texts
from registry.grants.schemas import ReportKind
from registry.payments.schemas import (
    Attest,
    Override,
    OverrideKind,
    Payment,
    PaymentStatus,
    parse_payment_number,
    payment_number,
)
from registry.payments.service import UnknownPaymentError
from registry.reports.schemas import report_title
from registry.trail import actor_name

PAGE = 50

_SORTS = {"paid_on": ("p.paid_on", "date"), "amount": ("p.amount_ore", "bigint"), "number": ("p.id", "bigint")}
SORTS = tuple(_SORTS)


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """What a list of payments is narrowed to. Dates are value dates; `known_at` leaves out what came later.

    With `known_at` attests and reversals that came later are left out too, and with them what they did to the status.
    `counted`: only those that count as paid, also when reversed later: the sum of a summary's *paid*.
    `area` is a code, or `NO_AREA`; `search` looks in the recipient's name and, for organisations, number. `year`,
    `first_year` and `last_year` are budget years; `direct`: of grants without an intermediary.
    """

    funder_id: int | None = None
    programme_id: int | None = None
    recipient_id: int | None = None
    grant_id: int | None = None
    year: int | None = None
    area: str | None = None
    kind: str | None = None
    inside_ksm: bool | None = None
    via_id: int | None = None
    direct: bool = False
    first_year: int | None = None
    last_year: int | None = None
    status: PaymentStatus | None = None
    counted: bool = False
    voucher: str = ""
    first: date | None = None
    last: date | None = None
    known_at: datetime | None = None
    search: str = ""
    recorded_by: int | None = None
    not_recorded_by: int | None = None
    despite_report: bool = False
    """Only those that were registered although a report was overdue."""


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """One page: the payments, how many there are in all and their sum, and the cursors of the pages beside it."""

    items: list[Payment]
    total: int
    total_ore: Money
    next_cursor: str | None = None
    previous_cursor: str | None = None


@dataclass(slots=True)
class _Where:
    """Conditions with their numbered arguments; only those that are asked for, so that the indexes can serve."""

    conditions: list[str] = field(default_factory=list)
    arguments: list[Any] = field(default_factory=list)
    known: str = ""

    def add(self, condition: str, value: Any) -> None:
        self.arguments.append(value)
        self.conditions.append(condition.replace("?", f"${len(self.arguments)}"))

    @property
    def sql(self) -> str:
        return "WHERE " + " AND ".join(self.conditions) if self.conditions else ""


ATTESTED = "EXISTS (SELECT 1 FROM attestation a WHERE a.payment_id = p.id{known})"
REVERSED = "EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id{known})"
COUNTED = f"(p.attest <> 'officer' OR {ATTESTED})"
_STATUS = {
    PaymentStatus.WAITING: f"p.attest = 'officer' AND NOT {ATTESTED} AND NOT {REVERSED}",
    PaymentStatus.PAID: f"{COUNTED} AND NOT {REVERSED}",
    PaymentStatus.REVERSED: f"{COUNTED} AND {REVERSED}",
    PaymentStatus.CANCELLED: f"p.attest = 'officer' AND NOT {ATTESTED} AND {REVERSED}",
}
"""`known`: what narrows attests and reversals to those known at a moment."""


def _where(scope: Scope, wanted: PaymentFilter) -> _Where:
    where = _Where()
    grants = _grants_where(scope, wanted, where)
    if grants:
        where.conditions.append(f"p.grant_id IN (SELECT g.id FROM funding_grant g WHERE {grants})")
    for condition, value in (
        ("p.grant_id = ?", wanted.grant_id),
        ("p.paid_on >= ?", wanted.first),
        ("p.paid_on <= ?", wanted.last),
        ("p.voucher = ?", wanted.voucher or None),
        ("p.recorded_by = ?", wanted.recorded_by),
        ("p.recorded_by IS DISTINCT FROM ?::bigint", wanted.not_recorded_by),
        ("p.recorded_at <= ?", wanted.known_at),
    ):
        if value is not None:
            where.add(condition, value)
    if wanted.despite_report:
        where.conditions.append("EXISTS (SELECT 1 FROM report_override o WHERE o.payment_id = p.id)")
    if wanted.known_at is not None:
        where.known = f" AND recorded_at <= ${len(where.arguments)}"
    if wanted.counted:
        where.conditions.append(COUNTED.format(known=where.known))
    if wanted.status is not None:
        where.conditions.append(_STATUS[wanted.status].format(known=where.known))
    return where


def _grants_where(scope: Scope, wanted: PaymentFilter, where: _Where) -> str:
    inner = _Where(arguments=where.arguments)
    ids = scope_ids(scope)
    if ids is not None:
        inner.add("g.recipient_id = ANY(?::bigint[])", ids)
    for column, value in (
        ("funder_id", wanted.funder_id), ("programme_id", wanted.programme_id),
        ("recipient_id", wanted.recipient_id), ("year", wanted.year), ("via_id", wanted.via_id),
    ):  # fmt: skip
        if value is not None:
            inner.add(f"g.{column} = ?", value)
    limits: tuple[tuple[str, object], ...] = (
        ("g.year >= ?", wanted.first_year),
        ("g.year <= ?", wanted.last_year),
        ("g.programme_id IN (SELECT m.id FROM programme m WHERE m.inside_ksm = ?)", wanted.inside_ksm),
        ("g.programme_id IN (SELECT m.id FROM programme m WHERE m.kind = ?)", wanted.kind),
    )
    for condition, limit in limits:
        if limit is not None:
            inner.add(condition, limit)
    if wanted.direct:
        inner.conditions.append("g.via_id IS NULL")
    if wanted.search:
        inner.arguments += search_texts(wanted.search)
        text, pattern = (f"${len(inner.arguments) - place}::text" for place in (1, 0))
        search = PARTY_SEARCH.format(text=text, pattern=pattern)
        inner.conditions.append(f"g.recipient_id IN (SELECT s.id FROM party s WHERE {search})")
    if wanted.area == NO_AREA:
        inner.conditions.append("g.programme_id IN (SELECT m.id FROM programme m WHERE m.priority_area_id IS NULL)")
    elif wanted.area is not None:
        inner.add(
            "g.programme_id IN (SELECT m.id FROM programme m JOIN priority_area c ON c.id = m.priority_area_id"
            " WHERE c.code = ?)",
            wanted.area,
        )
    return " AND ".join(inner.conditions)


_DETAILS = """
SELECT p.id, p.grant_id, g.funder_id, f.name AS funder_name, f.org_number AS funder_org_number,
       m.code AS programme_code, g.recipient_id, c.name AS recipient_name, c.org_number AS recipient_org_number, g.dnr,
       p.instalment, p.amount_ore, p.paid_on, p.voucher, p.reference, p.attest, p.recorded_at,
       p.recorded_by AS recorded_by_id, coalesce(u.name, '') AS recorded_by, a.recorded_at AS attested_at,
       CASE WHEN a.payment_id IS NOT NULL THEN coalesce(ua.name, '') END AS attested_by, r.reversed_on,
       r.recorded_at AS reversed_at, CASE WHEN r.payment_id IS NOT NULL THEN coalesce(ur.name, '') END AS reversed_by,
       r.reason AS reversal_reason, p.seq, a.seq AS attest_seq, r.seq AS reversal_seq
FROM {source} p JOIN funding_grant g ON g.id = p.grant_id JOIN party f ON f.id = g.funder_id
JOIN party c ON c.id = g.recipient_id JOIN programme m ON m.id = g.programme_id
LEFT JOIN app_user u ON u.id = p.recorded_by
LEFT JOIN (SELECT * FROM attestation WHERE true{known}) a ON a.payment_id = p.id
LEFT JOIN app_user ua ON ua.id = a.recorded_by
LEFT JOIN (SELECT * FROM reversal WHERE true{known}) r ON r.payment_id = p.id
LEFT JOIN app_user ur ON ur.id = r.recorded_by
"""


def _details(source: str, known: str = "") -> str:
    return _DETAILS.format(source=source, known=known)


def to_payment(row: asyncpg.Record) -> Payment:
    """A row as the world may see it."""
    values = dict(row)
    attest = Attest(values["attest"])
    counts = attest is not Attest.OFFICER or values["attested_at"] is not None
    if values["reversed_on"] is not None:
        status = PaymentStatus.REVERSED if counts else PaymentStatus.CANCELLED
    else:
        status = PaymentStatus.PAID if counts else PaymentStatus.WAITING
    values.update(
        attest=attest,
        status=status,
        amount_ore=Money(values["amount_ore"]),
        recipient_org_number=mask_org_number(values["recipient_org_number"]),
    )
    return Payment.model_construct(**values)


async def list_payments(
    scope: Scope, wanted: PaymentFilter, *, sort: str = "-paid_on", cursor: str | None = None, limit: int = PAGE
) -> PaymentPage:
    """A page of payments. `sort`: a key of `SORTS`, with `-` for falling. Raises: InvalidCursorError."""
    key = sort.removeprefix("-") if sort.removeprefix("-") in _SORTS else "paid_on"
    falling = sort.startswith("-")
    total, total_ore = await count_payments(scope, wanted)
    where = _where(scope, wanted)
    backwards, has_cursor = False, cursor is not None
    if cursor is not None:
        backwards = _add_cursor(where, cursor, key, falling=falling)
    direction = "DESC" if falling != backwards else "ASC"
    column = _SORTS[key][0]
    inner = f"SELECT p.* FROM payment p {where.sql} ORDER BY {column} {direction}, p.id {direction} LIMIT {limit + 1}"
    outer = "DESC" if falling else "ASC"
    rows = await fetch(
        f"WITH wanted AS MATERIALIZED ({inner}) {_details('wanted', where.known)}"
        f" ORDER BY {column} {outer}, p.id {outer}",
        *where.arguments,
    )
    more = len(rows) > limit
    if more:
        rows = rows[1:] if backwards else rows[:limit]
    items = [to_payment(row) for row in rows]
    has_next, has_previous = (True, more) if backwards else (more, has_cursor)
    return PaymentPage(
        items,
        total,
        total_ore,
        next_cursor=_cursor(items[-1], key, "next") if items and has_next else None,
        previous_cursor=_cursor(items[0], key, "previous") if items and has_previous else None,
    )


def _cursor(payment: Payment, key: str, direction: str) -> str:
    value = {"paid_on": payment.paid_on.isoformat(), "amount": int(payment.amount_ore), "number": payment.id}[key]
    return base64.urlsafe_b64encode(json.dumps([direction, key, value, payment.id]).encode()).decode().rstrip("=")


def _add_cursor(where: _Where, cursor: str, key: str, *, falling: bool) -> bool:
    """Add the condition of a cursor; whether it leads backwards. Raises: InvalidCursorError."""
    try:
        direction, its_key, value, payment_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if its_key != key or direction not in ("next", "previous") or not 0 < int(payment_id) < 2**62:
            raise ValueError
        parsed = date.fromisoformat(value) if key == "paid_on" else int(value)
        if isinstance(parsed, int) and not abs(parsed) < 2**62:
            raise ValueError
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        raise InvalidCursorError(field="cursor") from None
    column, kind = _SORTS[key]
    sign = "<" if falling == (direction == "next") else ">"
    where.arguments += [parsed, int(payment_id)]
    count = len(where.arguments)
    where.conditions.append(f"({column}, p.id) {sign} (${count - 1}::{kind}, ${count}::bigint)")
    return bool(direction == "previous")


async def get_payment(scope: Scope, number: str) -> Payment:
    """One payment by its number. Raises: UnknownPaymentError, also for one outside the scope."""
    payment_id = parse_payment_number(number)
    row = None
    if payment_id is not None:
        row = await fetch_row(
            _details("payment") + "WHERE p.id = $1 AND ($2::bigint[] IS NULL OR g.recipient_id = ANY($2))",
            payment_id,
            scope_ids(scope),
        )
    if row is None:
        raise UnknownPaymentError(field="payment", payment=number[:40])
    return to_payment(row)


async def payments_of_grant(scope: Scope, grant_id: int) -> list[Payment]:
    """All payments of a grant, the earliest first."""
    rows = await fetch(
        _details("payment")
        + "WHERE p.grant_id = $1 AND ($2::bigint[] IS NULL OR g.recipient_id = ANY($2)) ORDER BY p.paid_on, p.id",
        grant_id,
        scope_ids(scope),
    )
    return [to_payment(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Repayment:
    """A registered repayment."""

    id: int
    grant_id: int
    amount_ore: Money
    repaid_on: date
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int


async def repayments_of_grant(scope: Scope, grant_id: int) -> list[Repayment]:
    """All repayments of a grant, the earliest first."""
    rows = await fetch(
        "SELECT r.id, r.grant_id, r.amount_ore, r.repaid_on, r.reason, r.recorded_at,"
        " coalesce(u.name, '') AS recorded_by, r.seq FROM repayment r JOIN funding_grant g ON g.id = r.grant_id"
        " LEFT JOIN app_user u ON u.id = r.recorded_by"
        " WHERE r.grant_id = $1 AND ($2::bigint[] IS NULL OR g.recipient_id = ANY($2)) ORDER BY r.repaid_on, r.id",
        grant_id,
        scope_ids(scope),
    )
    return [Repayment(**{**dict(row), "amount_ore": Money(row["amount_ore"])}) for row in rows]


async def list_overrides(scope: Scope, payment_ids: Sequence[int]) -> dict[int, tuple[Override, ...]]:
    """The reports that were overdue when some payments were registered; a payment without one has no place in it."""
    found = defaultdict[int, list[Override]](list)
    for row in await fetch(
        "SELECT o.payment_id, o.accounting_report_id AS report_id, r.kind AS report_kind, r.title, o.due_on, o.kind,"
        " o.reason"
        " FROM report_override o JOIN report r ON r.id = o.accounting_report_id"
        " JOIN funding_grant g ON g.id = r.grant_id"
        " WHERE ($1::bigint[] IS NULL OR g.recipient_id = ANY($1)) AND o.payment_id = ANY($2) ORDER BY o.id",
        scope_ids(scope),
        list(payment_ids),
    ):
        values = dict(row)
        title = report_title(ReportKind(values.pop("report_kind")), values.pop("title"))
        values["kind"] = OverrideKind(values["kind"])
        found[row["payment_id"]].append(Override(**values, report_title=title))
    return {payment_id: tuple(overrides) for payment_id, overrides in found.items()}


async def find_similar(scope: Scope, grant_id: int, amount: Money, paid_on: date, *, key: str) -> str | None:
    """The number of a live payment of the same grant, amount and day; None when `key` has registered its own."""
    row = await fetch_row(
        "SELECT p.id FROM payment p WHERE p.grant_id = $1 AND p.amount_ore = $2 AND p.paid_on = $3"
        f" AND NOT {REVERSED.format(known='')} AND NOT EXISTS"
        " (SELECT 1 FROM payment k WHERE k.key_scope = $4 AND k.key = $5) ORDER BY p.id LIMIT 1",
        grant_id,
        int(amount),
        paid_on,
        actor_name(scope),
        key,
    )
    return payment_number(row["id"]) if row else None


async def count_payments(scope: Scope, wanted: PaymentFilter) -> tuple[int, Money]:
    """How many payments a filter lets through, and their sum."""
    where = _where(scope, wanted)
    row = await fetch_one(
        f"SELECT count(*) AS total, coalesce(sum(p.amount_ore), 0)::bigint AS amount FROM payment p {where.sql}",
        *where.arguments,
    )
    return row["total"], Money(row["amount"])


def selection(scope: Scope, wanted: PaymentFilter, *, sort: str) -> tuple[str, str, str, list[Any]]:
    """What an export reads: the condition on payments `p`, what narrows later acts, the order, and the arguments."""
    where = _where(scope, wanted)
    key = sort.removeprefix("-")
    column = _SORTS.get(key, _SORTS["paid_on"])[0]
    direction = "DESC" if sort.startswith("-") else "ASC"
    return where.sql, where.known, f"ORDER BY {column} {direction}, p.id {direction}", where.arguments
