"""Writes of programmes and frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from registry.core.access import Permission, Scope
from registry.core.errors import N_, FieldError, NotFoundError, RegistryError, RuleError
from registry.core.money import LARGEST_ORE, Money
from registry.core.numbers import normalise_org_number
from registry.database import fetch, fetch_row
from registry.documents.sheet import SheetErrors
from registry.funders.service import OtherFunderError, demand_funder
from registry.imports import Imported, Source, importing, refuse
from registry.parties.service import demand
from registry.programmes.schemas import ProgrammeDetails
from registry.tables import BudgetFrame, Programme
from registry.trail import Entry, Recording, recording


class FrameBelowDecidedError(RegistryError):
    """A frame can't be less than what has been decided from it."""

    code = "frame-below-decided"
    message = N_("%(decided)s has already been decided from the frame. It can't be lower than that.")


class UnknownFunderError(FieldError):
    """No such funder."""

    code = "unknown-funder"
    message = N_("%(funder)s is no funder. Register it as a party of kind region or kommun first.")


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """A row of an import file: a programme and its frame for one year."""

    funder: str
    details: ProgrammeDetails
    year: int
    frame: Money


async def register_programme(scope: Scope, funder_id: int, details: ProgrammeDetails) -> int:
    """Register a programme of one's own funder. Returns its id. Raises: OtherFunderError, ConflictError."""
    demand(scope, Permission.PROGRAMMES_REGISTER)
    demand_funder(scope, funder_id)
    async with recording(scope) as unit:
        return await _insert(unit, unit.enter("programmes:programme:register"), funder_id, details)


async def change_programme(scope: Scope, programme_id: int, details: ProgrammeDetails) -> None:
    """Change a programme's particulars; its funder stays. Raises: NotFoundError, OtherFunderError, ConflictError."""
    demand(scope, Permission.PROGRAMMES_REGISTER)
    async with recording(scope) as unit:
        row = await _own_programme(scope, programme_id)
        await unit.update(unit.enter("programmes:programme:change"), Programme, row["id"], **_values(details))


async def set_frame(scope: Scope, programme_id: int, year: int, amount: Money, *, reason: str = "") -> None:
    """Set a programme's frame for a year, never below what has been decided.

    Raises: NotFoundError, OtherFunderError, FrameBelowDecidedError, FieldError.
    """
    demand(scope, Permission.PROGRAMMES_REGISTER)
    async with recording(scope) as unit:
        row = await _own_programme(scope, programme_id)
        frame = await fetch_row("SELECT * FROM budget_frame WHERE programme_id = $1 AND year = $2", programme_id, year)
        if frame is not None and not reason.strip():
            raise RuleError(field="reason", message=N_("Write why the frame is changed."))
        await _set_frame(unit, unit.enter("programmes:frame:set", reason=reason), row["id"], frame, year, amount)


async def import_programmes(
    scope: Scope,
    rows: Sequence[tuple[int, ProgrammeRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
) -> Imported:
    """Register or change the programmes and frames of a file, all or none; what its rows don't set stays.

    Raises: RefusedRowsError.
    """
    demand(scope, Permission.PROGRAMMES_REGISTER)
    done = Imported()
    async with importing(scope, dry_run=dry_run) as unit:
        entry: Entry | None = None
        for number, row in rows:
            try:
                known, frame = await _known(scope, row)
                if known is not None and _same(known, row.details) and frame and frame["amount_ore"] == row.frame:
                    done.unchanged += 1
                    continue
                if frame is not None and frame["decided_ore"] > row.frame:
                    raise FrameBelowDecidedError(field="frame", decided=Money(frame["decided_ore"]))
                entry = entry or unit.enter("programmes:import", file=source.name, sha256=source.sha256)
                await _take(unit, entry, row, known, frame)
                done.new += known is None or frame is None
                done.changed += known is not None and frame is not None
            except RegistryError as error:
                errors.add_refusal(number, "code", error)
        refuse(errors)
    return done


async def _known(scope: Scope, row: ProgrammeRow) -> tuple[asyncpg.Record | None, asyncpg.Record | None]:
    funder = await fetch_row(
        "SELECT f.id FROM funder f JOIN party p ON p.id = f.id WHERE p.org_number = $1",
        normalise_org_number(row.funder),
    )
    if funder is None:
        raise UnknownFunderError(field="funder", funder=row.funder)
    try:
        demand_funder(scope, funder["id"])
    except OtherFunderError:
        raise OtherFunderError(field="funder") from None
    known = await fetch_row(
        "SELECT * FROM programme WHERE funder_id = $1 AND code = $2", funder["id"], row.details.code
    )
    if known is None:
        return None, None
    frame = await fetch_row("SELECT * FROM budget_frame WHERE programme_id = $1 AND year = $2", known["id"], row.year)
    return known, frame


async def _take(
    unit: Recording, entry: Entry, row: ProgrammeRow, known: asyncpg.Record | None, frame: asyncpg.Record | None
) -> None:
    if known is None:
        funders = await fetch("SELECT id FROM party WHERE org_number = $1", normalise_org_number(row.funder))
        programme_id = await _insert(unit, entry, funders[0]["id"], row.details)
    else:
        programme_id = known["id"]
        if not _same(known, row.details):
            await unit.update(entry, Programme, programme_id, **_given(row.details))
    if frame is None or frame["amount_ore"] != row.frame:
        await _set_frame(unit, entry, programme_id, frame, row.year, row.frame)


async def _own_programme(scope: Scope, programme_id: int) -> asyncpg.Record:
    row = await fetch_row("SELECT id, funder_id FROM programme WHERE id = $1", programme_id)
    if row is None:
        raise NotFoundError
    demand_funder(scope, row["funder_id"])
    return row


async def _insert(unit: Recording, entry: Entry, funder_id: int, details: ProgrammeDetails) -> int:
    return await unit.insert(entry, Programme, funder_id=funder_id, **_values(details))


async def _set_frame(
    unit: Recording, entry: Entry, programme_id: int, frame: asyncpg.Record | None, year: int, amount: Money
) -> None:
    if not 0 <= amount <= LARGEST_ORE:
        raise RuleError(field="frame", message=N_("A frame can't be less than 0."))
    if frame is None:
        await unit.insert(entry, BudgetFrame, programme_id=programme_id, year=year, amount_ore=int(amount))
        return
    if frame["decided_ore"] > amount:
        raise FrameBelowDecidedError(field="frame", decided=Money(frame["decided_ore"]))
    await unit.update(entry, BudgetFrame, frame["id"], amount_ore=int(amount))


def _values(details: ProgrammeDetails) -> dict[str, object]:
    return {
        "code": details.code,
        "title": details.title,
        "kind": details.kind.value,
        "priority_area_id": details.area_id,
        "inside_ksm": details.inside_ksm,
        "account": details.account,
    }


def _given(details: ProgrammeDetails) -> dict[str, object]:
    """The values that were set, and not merely left at their defaults."""
    fields = ProgrammeDetails.model_fields.keys() - details.model_fields_set
    unset = {"priority_area_id" if name == "area_id" else name for name in fields}
    return {name: value for name, value in _values(details).items() if name not in unset}


def _same(row: asyncpg.Record, details: ProgrammeDetails) -> bool:
    return all(row[name] == value for name, value in _given(details).items())
