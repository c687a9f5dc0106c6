"""Reads of requests for another payout account. Accounts are shown whole only to those who may change them."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import N_, NotFoundError
from registry.core.numbers import mask_account
from registry.database import fetch, fetch_row
from registry.parties.schemas import AccountRequest, AccountSource, AccountStatus, parse_request_number
from registry.texts import sort_key

PAGE = 50


class UnknownRequestError(NotFoundError):
    """No such request, or none that this user may see."""

    code = "unknown-request"
    message = N_("There is no request %(request)s. Check the number.")


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """What a list of requests is narrowed to; `search` looks in the party's name."""

    party_id: int | None = None
    status: AccountStatus | None = None
    search: str = ""


SORTS = {
    "waiting": "d.request_id IS NOT NULL",
    "number": "q.id",
    "name": "p.sort_key",
    "valid_from": "q.valid_from",
}
"""What a list can be sorted by; within each, the latest request first."""
DEFAULT_SORT = "waiting"


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One page of requests, how many there are in all, and how many of all wait."""

    items: list[AccountRequest]
    total: int
    pending: int = 0


IN_FORCE = """
SELECT o.* FROM party_version o WHERE o.party_id = {party} AND o.valid_from <= {day}
ORDER BY o.valid_from DESC, o.id DESC LIMIT 1
"""
"""The particulars of a party that are in force on a day."""

_SELECT = """
SELECT q.id, q.party_id, p.name AS party_name, p.protected, coalesce(b.bankgiro, '') AS old_bankgiro,
       coalesce(b.plusgiro, '') AS old_plusgiro, q.bankgiro, q.plusgiro, q.valid_from, q.reason, q.evidence, q.source,
       q.recorded_at, q.recorded_by AS recorded_by_id, coalesce(u.name, '') AS recorded_by, q.seq,
       coalesce(d.outcome, 'pending') AS status, coalesce(d.reason, '') AS decision_reason, d.recorded_at AS decided_at,
       coalesce(v.name, '') AS decided_by, d.seq AS decision_seq
"""
_FROM = """
FROM account_request q JOIN party p ON p.id = q.party_id LEFT JOIN app_user u ON u.id = q.recorded_by
LEFT JOIN account_decision d ON d.request_id = q.id LEFT JOIN app_user v ON v.id = d.recorded_by
LEFT JOIN LATERAL (
  SELECT o.bankgiro, o.plusgiro FROM party_version o WHERE o.party_id = q.party_id AND (d.seq IS NULL OR o.seq < d.seq)
    AND o.valid_from <= coalesce((d.recorded_at AT TIME ZONE 'Europe/Stockholm')::date, $2)
  ORDER BY o.valid_from DESC, o.id DESC LIMIT 1
) b ON true
"""
_FILTER = """
($1::bigint[] IS NULL OR q.party_id = ANY($1)) AND ($3::bigint IS NULL OR q.party_id = $3)
AND ($4::text IS NULL OR coalesce(d.outcome, 'pending') = $4)
AND ($5 = '' OR p.sort_key LIKE '%' || $5 || '%')
"""


def _ids(scope: Scope) -> list[int] | None:
    return None if scope.party_ids is None else list(scope.party_ids)


def _request(row: asyncpg.Record, *, whole: bool) -> AccountRequest:
    values = dict(row)
    protected = values.pop("protected")
    if protected or not whole:
        for name in ("old_bankgiro", "old_plusgiro", "bankgiro", "plusgiro"):
            values[name] = mask_account(values[name])
    values["source"], values["status"] = AccountSource(values["source"]), AccountStatus(values["status"])
    return AccountRequest(**values)


def _whole(scope: Scope) -> bool:
    return scope.reads_all and (scope.role is None or scope.may(Permission.PARTIES_REGISTER))


async def list_requests(
    scope: Scope, wanted: RequestFilter, *, sort: str = DEFAULT_SORT, offset: int = 0, limit: int | None = PAGE
) -> RequestPage:
    """Requests by a filter, those that wait first; `sort` is another key of `SORTS`, with `-` for falling."""
    pattern = sort_key(wanted.search).replace("%", "").replace("_", "")
    if wanted.search.strip() and not pattern:
        return RequestPage([], 0)
    key = SORTS.get(sort.removeprefix("-"), SORTS[DEFAULT_SORT])
    order = f"{key} {'DESC' if sort.startswith('-') else 'ASC'}, q.id DESC"
    arguments = (_ids(scope), trail.today(), wanted.party_id, wanted.status, pattern)
    rows = await fetch(
        f"{_SELECT} {_FROM} WHERE {_FILTER} ORDER BY {order} LIMIT $6 OFFSET $7",
        *arguments, limit, offset,
    )  # fmt: skip
    sums = await fetch_row(
        f"SELECT count(*) AS total, count(*) FILTER (WHERE d.request_id IS NULL) AS pending {_FROM} WHERE {_FILTER}",
        *arguments,
    )
    assert sums is not None  # noqa: S101 - an aggregate has one row
    return RequestPage([_request(row, whole=_whole(scope)) for row in rows], sums["total"], sums["pending"])


async def get_request(scope: Scope, number: str) -> AccountRequest:
    """One request by its number. Raises: UnknownRequestError, also for one outside the scope."""
    request_id = parse_request_number(number)
    row = None
    if request_id is not None:
        row = await fetch_row(
            f"{_SELECT} {_FROM} WHERE ($1::bigint[] IS NULL OR q.party_id = ANY($1)) AND q.id = $3",
            _ids(scope),
            trail.today(),
            request_id,
        )
    if row is None:
        raise UnknownRequestError(field="request", request=number[:40])
    return _request(row, whole=_whole(scope))


async def find_pending(scope: Scope, party_ids: Sequence[int]) -> list[AccountRequest]:
    """The requests of some parties that wait for a colleague."""
    rows = await fetch(
        f"{_SELECT} {_FROM} WHERE ($1::bigint[] IS NULL OR q.party_id = ANY($1)) AND q.party_id = ANY($3)"
        " AND d.request_id IS NULL ORDER BY q.id",
        _ids(scope),
        trail.today(),
        list(party_ids),
    )
    return [_request(row, whole=_whole(scope)) for row in rows]
