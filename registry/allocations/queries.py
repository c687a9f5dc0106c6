"""Reads of frozen allocations: their state, their shares as they were worked out, and what a grant's share rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

import asyncpg

from registry.allocations.inputs import Association, Inputs, LeftOut
from registry.allocations.results import Result, ShareResult
from registry.allocations.schemas import Frozen
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.database import fetch, fetch_one, fetch_row
from registry.grants.schemas import grant_number

PAGE = 50
NamedT = TypeVar("NamedT", ShareResult, LeftOut, Association)


class State(StrEnum):
    """How far an allocation has come."""

    DRAFT = "draft"
    DECIDED = "decided"
    DISCARDED = "discarded"


STATE_TITLES = {
    State.DRAFT: N_("Draft decisions"),
    State.DECIDED: N_("Decided for all"),
    State.DISCARDED: N_("Discarded"),
}

SORTS = {"number": "a.id", "year": "a.year", "frame": "a.frame_ore", "recorded_at": "a.recorded_at"}


class UnknownAllocationError(NotFoundError):
    """No such allocation, or none that this user may see."""

    code = "unknown-allocation"
    message = N_("There is no allocation %(allocation)s. Check the number.")


class Allocation(Frozen):
    """A frozen allocation as a list shows it. `shares` counts those that get something."""

    id: int
    programme_id: int
    programme_code: str
    programme_title: str
    funder_id: int
    funder_name: str
    funder_org_number: str
    year: int
    frame_ore: Money
    rule_id: int
    rule_name: str
    rule_version: int
    rule_version_id: int
    eligible_on: date
    state: State
    shares: int
    dnr: str
    paragraph: str
    decided_on: date | None
    decider: str
    reason: str
    closed_at: datetime | None
    closed_by: str
    inputs_sha256: str
    result_sha256: str
    recorded_at: datetime
    recorded_by: str
    seq: int
    closed_seq: int | None

    @property
    def number(self) -> str:
        """The allocation's number."""
        return allocation_number(self.id)

    @property
    def rule_reference(self) -> str:
        """The version of the rule."""
        return f"FR-{self.rule_id}.{self.rule_version}"


@dataclass(frozen=True, slots=True)
class AllocationFilter:
    """What a list of allocations is narrowed to."""

    funder_id: int | None = None
    programme_id: int | None = None
    year: int | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class AllocationPage:
    """One page of allocations and how many there are in all."""

    items: list[Allocation]
    total: int


def allocation_number(allocation_id: int) -> str:
    """`F-3` for an allocation's id (fördelning)."""
    return f"F-{allocation_id}"


def parse_allocation_number(number: str) -> int | None:
    """The id in `F-3`, or None for anything else."""
    head, _, digits = number.strip().upper().partition("-")
    return int(digits) if head == "F" and digits.isascii() and digits.isdigit() and len(digits) < 16 else None


_STATE = "CASE WHEN d.id IS NOT NULL THEN 'decided' WHEN x.id IS NOT NULL THEN 'discarded' ELSE 'draft' END"
_FROM = """
FROM allocation a JOIN programme m ON m.id = a.programme_id JOIN party f ON f.id = m.funder_id
JOIN allocation_rule_version v ON v.id = a.rule_version_id JOIN allocation_rule r ON r.id = v.rule_id
LEFT JOIN allocation_decision d ON d.allocation_id = a.id LEFT JOIN allocation_discard x ON x.allocation_id = a.id
LEFT JOIN app_user u ON u.id = a.recorded_by LEFT JOIN app_user w ON w.id = coalesce(d.recorded_by, x.recorded_by)
"""
_SELECT = f"""
SELECT a.id, a.programme_id, m.code AS programme_code, m.title AS programme_title, m.funder_id, f.name AS funder_name,
       f.org_number AS funder_org_number, a.year, a.frame_ore, v.rule_id, r.name AS rule_name,
       v.version AS rule_version, a.rule_version_id, a.eligible_on, {_STATE} AS state,
       (SELECT count(*) FROM allocation_share s WHERE s.allocation_id = a.id AND s.amount_ore > 0) AS shares,
       coalesce(d.dnr, '') AS dnr, coalesce(d.paragraph, '') AS paragraph, d.decided_on,
       coalesce(d.decider, '') AS decider, coalesce(x.reason, '') AS reason,
       coalesce(d.recorded_at, x.recorded_at) AS closed_at, coalesce(w.name, '') AS closed_by,
       encode(a.inputs_sha256, 'hex') AS inputs_sha256, encode(a.result_sha256, 'hex') AS result_sha256,
       a.recorded_at, coalesce(u.name, '') AS recorded_by, a.seq, coalesce(d.seq, x.seq) AS closed_seq
"""
_IN_SCOPE = """($1::bigint[] IS NULL OR d.id IS NOT NULL AND EXISTS (
  SELECT 1 FROM allocation_share s WHERE s.allocation_id = a.id AND s.party_id = ANY($1)))"""
"""An association sees the decided allocations that it took part in."""
_FILTER = (
    _IN_SCOPE
    + f""" AND ($2::bigint IS NULL OR m.funder_id = $2) AND ($3::bigint IS NULL OR a.programme_id = $3)
 AND ($4::int IS NULL OR a.year = $4) AND ($5::text IS NULL OR {_STATE} = $5)"""
)


def _ids(scope: Scope) -> list[int] | None:
    return None if scope.party_ids is None else list(scope.party_ids)


def _allocation(row: asyncpg.Record) -> Allocation:
    return Allocation(**{**dict(row), "state": State(row["state"]), "frame_ore": Money(row["frame_ore"])})


async def list_allocations(
    scope: Scope, wanted: AllocationFilter, *, sort: str = "-number", offset: int = 0, limit: int | None = PAGE
) -> AllocationPage:
    """Allocations by a filter; `sort` is a key of `SORTS`, with `-` for falling; `limit` None gives all of them."""
    key = SORTS.get(sort.removeprefix("-"), "a.id")
    direction = "DESC" if sort.startswith("-") else "ASC"
    arguments = (_ids(scope), wanted.funder_id, wanted.programme_id, wanted.year, wanted.state)
    rows = await fetch(
        f"{_SELECT} {_FROM} WHERE {_FILTER} ORDER BY {key} {direction}, a.id {direction} LIMIT $6 OFFSET $7",
        *arguments,
        limit,
        offset,
    )
    total = await fetch_one(f"SELECT count(*) AS total {_FROM} WHERE {_FILTER}", *arguments)
    return AllocationPage([_allocation(row) for row in rows], total["total"])


async def get_allocation(scope: Scope, number: str) -> Allocation:
    """One allocation by its number. Raises: UnknownAllocationError, also for one outside the scope."""
    allocation_id = parse_allocation_number(number)
    row = None
    if allocation_id is not None:
        row = await fetch_row(f"{_SELECT} {_FROM} WHERE {_IN_SCOPE} AND a.id = $2", _ids(scope), allocation_id)
    if row is None:
        raise UnknownAllocationError(field="allocation", allocation=number[:40])
    return _allocation(row)


async def list_allocation_years(scope: Scope) -> list[int]:
    """The years that have allocations, the latest first."""
    rows = await fetch(f"SELECT DISTINCT a.year {_FROM} WHERE {_IN_SCOPE} ORDER BY 1 DESC", _ids(scope))
    return [row["year"] for row in rows]


async def read_result(scope: Scope, allocation: Allocation) -> Result:
    """What an allocation came to; an association reads its own shares of it and nobody else's."""
    row = await fetch_one("SELECT result FROM allocation WHERE id = $1", allocation.id)
    return await _masked(_own(scope, Result.model_validate_json(row["result"])))


async def _masked(result: Result) -> Result:
    """The same with a mask where somebody's identity has been protected since: what is frozen holds names."""
    return result.model_copy(
        update={"shares": await _mask(result.shares), "left_out": await _mask(result.left_out)},
    )


async def _mask(told: tuple[NamedT, ...]) -> tuple[NamedT, ...]:
    rows = await fetch(
        "SELECT id, name, org_number FROM party WHERE protected AND id = ANY($1)", [one.party_id for one in told]
    )
    masks = {row["id"]: {"name": row["name"], "org_number": mask_org_number(row["org_number"])} for row in rows}
    return tuple(one.model_copy(update=masks[one.party_id]) if one.party_id in masks else one for one in told)


def _own(scope: Scope, result: Result) -> Result:
    if scope.party_ids is None:
        return result
    own = tuple(share for share in result.shares if share.party_id in scope.party_ids)
    return result.model_copy(update={"shares": own, "left_out": ()})


async def read_frozen_inputs(scope: Scope, allocation: Allocation) -> Inputs:
    """What an allocation read. Raises: NotFoundError for who may not read everybody's."""
    if scope.party_ids is not None:
        raise NotFoundError
    row = await fetch_one("SELECT inputs FROM allocation WHERE id = $1", allocation.id)
    inputs = Inputs.model_validate_json(row["inputs"])
    return inputs.model_copy(
        update={"associations": await _mask(inputs.associations), "left_out": await _mask(inputs.left_out)}
    )


async def list_grants_of(scope: Scope, allocation: Allocation) -> dict[int, str]:
    """The grants that an allocation's shares became: number by party, of those in the scope."""
    rows = await fetch(
        "SELECT s.party_id, g.grant_id FROM allocation_grant g JOIN allocation_share s ON s.id = g.share_id"
        " WHERE s.allocation_id = $2 AND ($1::bigint[] IS NULL OR s.party_id = ANY($1))",
        _ids(scope),
        allocation.id,
    )
    return {row["party_id"]: grant_number(row["grant_id"]) for row in rows}


class ShareBasis(Frozen):
    """What a grant rests on: the allocation that it comes from, and the association's own share of it."""

    grant_id: int
    allocation: str
    rule_name: str
    rule_version: int
    rule_issuer: str
    rule_source: str
    year: int
    frame: Money
    decided_on: date | None
    share: ShareResult


async def list_bases(scope: Scope, grant_ids: Sequence[int]) -> dict[int, ShareBasis]:
    """What each grant that comes from an allocation rests on; the others aren't in the answer.

    `allocations.words` says it in plain language: `key_title`, `basis_text`, `sum_text`.
    """
    rows = await fetch(
        "SELECT k.grant_id, s.party_id, a.id, a.result, d.decided_on FROM allocation_grant k"
        " JOIN allocation_share s ON s.id = k.share_id JOIN allocation a ON a.id = s.allocation_id"
        " JOIN allocation_decision d ON d.allocation_id = a.id"
        " WHERE k.grant_id = ANY($2) AND ($1::bigint[] IS NULL OR s.party_id = ANY($1)) ORDER BY k.grant_id",
        _ids(scope),
        list(grant_ids),
    )
    results = {row["id"]: row["result"] for row in rows}
    read = {key: Result.model_validate_json(text) for key, text in results.items()}
    bases = {}
    for row in rows:
        result = read[row["id"]]
        share = result.share_of(row["party_id"])
        if share is not None:
            bases[row["grant_id"]] = ShareBasis(
                grant_id=row["grant_id"],
                allocation=allocation_number(row["id"]),
                rule_name=result.rule.name,
                rule_version=result.rule.version,
                rule_issuer=result.rule.issuer,
                rule_source=result.rule.source,
                year=result.year,
                frame=result.frame,
                decided_on=row["decided_on"],
                share=share,
            )
    return bases
