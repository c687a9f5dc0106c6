"""The standing of study associations over time: active, without state grants, or closed, each from a day on.

Who takes part in an allocation is decided by the standing on the day of decision; mergers are told by the party itself.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import asyncpg
from pydantic import BaseModel, ConfigDict, StringConstraints

from registry.core.access import Permission, Scope
from registry.core.errors import N_, FieldError, NotFoundError, RegistryError, RuleError
from registry.core.numbers import mask_org_number, normalise_org_number
from registry.database import fetch, fetch_row
from registry.documents.sheet import SheetErrors
from registry.imports import Imported, Source, importing, refuse
from registry.parties.queries import UnknownPartyError, get_party
from registry.parties.schemas import PartyKind
from registry.parties.service import demand
from registry.tables.statuses import PartyStatus
from registry.trail import Entry, Recording, recording


class Status(StrEnum):
    """What a study association is."""

    ACTIVE = "active"
    WITHOUT_STATE_GRANTS = "without_state_grants"
    CLOSED = "closed"


STATUS_TITLES = {
    Status.ACTIVE: N_("Active"),
    Status.WITHOUT_STATE_GRANTS: N_("Active, without state grants"),
    Status.CLOSED: N_("Closed"),
}

_NAMES = {
    "aktivt": Status.ACTIVE,
    "aktiv": Status.ACTIVE,
    "utan_statsbidrag": Status.WITHOUT_STATE_GRANTS,
    "nedlagt": Status.CLOSED,
    "nedlagd": Status.CLOSED,
}


class StatusDetails(BaseModel):
    """A standing to register. `source` says where it is known from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Status
    valid_from: date
    source: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    reason: Annotated[str, StringConstraints(max_length=2000)] = ""


class DatedStatus(StatusDetails):
    """A registered standing."""

    recorded_at: datetime
    seq: int


class NotAnAssociationError(RuleError):
    """Only study associations have a standing."""

    code = "not-an-association"
    message = N_("%(party)s is not a study association, so it has no standing of that kind.")


class UnknownStatusError(FieldError):
    """No such standing."""

    code = "invalid-status"
    message = N_("%(status)s is no standing. Use one of: %(statuses)s.")


def read_status(text: str) -> Status:
    """Read a standing as a file names it. Raises: UnknownStatusError."""
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    if name in _NAMES:
        return _NAMES[name]
    try:
        return Status(name)
    except ValueError:
        raise UnknownStatusError(field="status", status=text[:40], statuses=", ".join(Status)) from None


def status_on(statuses: Sequence[DatedStatus], day: date) -> DatedStatus | None:
    """The standing on a day, of rows in the order of `list_statuses`; None before the first: an active association."""
    return next((status for status in statuses if status.valid_from <= day), None)


_SELECT = "SELECT s.party_id, s.status, s.valid_from, s.source, s.reason, s.recorded_at, s.seq FROM party_status s"
_ORDER = "ORDER BY s.party_id, s.valid_from DESC, s.id DESC"


async def list_statuses(scope: Scope, party_id: int) -> list[DatedStatus]:
    """A party's standings, the latest first. Raises: NotFoundError."""
    await get_party(scope, party_id)
    return [_status(row) for row in await fetch(f"{_SELECT} WHERE s.party_id = $1 {_ORDER}", party_id)]


async def read_statuses(scope: Scope) -> dict[int, list[DatedStatus]]:
    """The standings of every party in the scope, the latest first."""
    found = defaultdict[int, list[DatedStatus]](list)
    ids = None if scope.party_ids is None else list(scope.party_ids)
    for row in await fetch(f"{_SELECT} WHERE $1::bigint[] IS NULL OR s.party_id = ANY($1) {_ORDER}", ids):
        found[row["party_id"]].append(_status(row))
    return found


def _status(row: asyncpg.Record) -> DatedStatus:
    return DatedStatus(**{name: row[name] for name in DatedStatus.model_fields})


async def set_status(scope: Scope, party_id: int, details: StatusDetails) -> None:
    """Register what an association is from a day on; what was said before stays. Raises: NotAnAssociationError."""
    demand(scope, Permission.PARTIES_REGISTER)
    async with recording(scope) as unit:
        row = await fetch_row("SELECT id, name, kind FROM party WHERE id = $1", party_id)
        if row is None:
            raise NotFoundError
        _check_kind(row)
        await _insert(unit, unit.enter("parties:status:set"), party_id, details)


async def import_statuses(
    scope: Scope,
    rows: Sequence[tuple[int, tuple[str, StatusDetails]]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
) -> Imported:
    """Register the standings of a file, all or none; one that already holds from its day is left alone.

    Rows are organisation number and standing. Raises: RefusedRowsError.
    """
    demand(scope, Permission.PARTIES_REGISTER)
    done = Imported()
    async with importing(scope, dry_run=dry_run) as unit:
        parties = {row["org_number"]: row for row in await fetch("SELECT id, name, kind, org_number FROM party")}
        said = _latest_by_day(await read_statuses(scope))
        entry: Entry | None = None
        for number, (org_number, details) in rows:
            try:
                party = parties.get(normalise_org_number(org_number))
                if party is None:
                    raise UnknownPartyError(field="org_number", party=mask_org_number(normalise_org_number(org_number)))
                _check_kind(party)
            except RegistryError as error:
                errors.add_refusal(number, "org_number", error)
                continue
            before = said.get((party["id"], details.valid_from))
            if before == details:
                done.unchanged += 1
                continue
            done.new += before is None
            done.changed += before is not None
            said[party["id"], details.valid_from] = details
            if not len(errors):
                entry = entry or unit.enter("parties:status:import", file=source.name, sha256=source.sha256)
                await _insert(unit, entry, party["id"], details)
        refuse(errors)
    return done


def _latest_by_day(statuses: dict[int, list[DatedStatus]]) -> dict[tuple[int, date], StatusDetails]:
    """What holds of each party from each day; the first of a day is the latest that was said."""
    said: dict[tuple[int, date], StatusDetails] = {}
    for party_id, rows in statuses.items():
        for row in rows:
            told = StatusDetails(**row.model_dump(include=set(StatusDetails.model_fields)))
            said.setdefault((party_id, row.valid_from), told)
    return said


def _check_kind(party: asyncpg.Record) -> None:
    if party["kind"] != PartyKind.STUDY_ASSOCIATION:
        raise NotAnAssociationError(field="org_number", party=party["name"])


async def _insert(unit: Recording, entry: Entry, party_id: int, details: StatusDetails) -> None:
    await unit.insert(
        entry,
        PartyStatus,
        party_id=party_id,
        status=details.status.value,
        valid_from=details.valid_from,
        source=details.source,
        reason=details.reason,
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
    )
