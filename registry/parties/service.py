"""Writes of parties: register, change from a day on, merge, and import."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg

from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import N_, FieldError, ForbiddenError, NotFoundError, RegistryError, RuleError
from registry.core.numbers import is_personal_number
from registry.database import fetch, fetch_row
from registry.documents.sheet import SheetErrors
from registry.imports import Imported, Source, importing, refuse
from registry.parties.account_import import AccountImport
from registry.parties.accounts import PARTICULARS, AccountNeedsApprovalError, in_force, waiting_requests
from registry.parties.masks import NotAPersonError, hidden_municipalities, keep_protection
from registry.parties.rules import check_party, is_person, mask_of
from registry.parties.schemas import FUNDER_KINDS, PartyDetails
from registry.tables import Funder, Party, PartyVersion
from registry.texts import sort_key
from registry.trail import Entry, Recording, recording

ACCENTS = {"region": "#1b3a5c", "kommun": "#a4622a"}
CHANGED_REASON = "Ändrade uppgifter"
"""Said of the row that keeps a protected person's municipality when the particulars change."""
ACCOUNTS = ("bankgiro", "plusgiro")


class FutureVersionError(RegistryError):
    """Particulars are registered when they take effect."""

    code = "future-version"
    status = 400
    message = N_("A change is registered when it takes effect: the date can't be after today.")


class EarlierVersionError(RuleError):
    """The order of particulars is the order in which they took effect."""

    code = "earlier-version"
    message = N_("The latest particulars apply from %(day)s. Choose that day or a later one.")


class FunderMergeError(RuleError):
    """A funder's decisions stay its own."""

    code = "funder-merge"
    message = N_("A region or kommun decides grants here and can't be merged into another party.")


class FutureMergeError(RuleError):
    """Mergers are registered when they have taken effect."""

    code = "future-merge"
    message = N_("A merger is registered when it has taken effect: the date can't be after today.")


class MergedPartyError(RegistryError):
    """The party has been merged into another."""

    code = "party-merged"
    message = N_("The party has been merged into another and can't be changed.")


def demand(scope: Scope, permission: Permission) -> None:
    """Refuse who may not do this. Raises: ForbiddenError."""
    if scope is not CONSOLE and not scope.may(permission):
        raise ForbiddenError


async def register_party(scope: Scope, details: PartyDetails, *, valid_from: date | None = None) -> int:
    """Register a party; a region or kommun becomes a funder too. Returns its id.

    Raises: InvalidInputError, ConflictError (`party-exists`), FutureVersionError.
    """
    demand(scope, Permission.PARTIES_REGISTER)
    checked = check_party(details)
    async with recording(scope) as unit:
        return await _insert(unit, unit.enter("parties:party:register"), checked, valid_from or unit.today)


async def change_party(scope: Scope, party_id: int, details: PartyDetails, *, valid_from: date) -> None:
    """Register new particulars from a day on; what was before stays, and so do the payout accounts.

    Raises: as `register_party`, NotFoundError, MergedPartyError, EarlierVersionError, AccountNeedsApprovalError.
    """
    demand(scope, Permission.PARTIES_REGISTER)
    checked = check_party(details)
    async with recording(scope) as unit:
        if valid_from > unit.today:
            raise FutureVersionError(field="valid_from")
        row = await fetch_row("SELECT * FROM party WHERE id = $1", party_id)
        if row is None:
            raise NotFoundError
        if row["successor_id"] is not None:
            raise MergedPartyError
        if row["protected"]:
            # Only who may see a protected person's particulars may change them.
            demand(scope, Permission.PARTIES_PROTECTED)
        now = await in_force(party_id, unit.today)
        if valid_from < now["valid_from"]:
            raise EarlierVersionError(field="valid_from", day=now["valid_from"])
        for name in ACCOUNTS:
            if getattr(checked, name) not in ("", now[name]):
                raise AccountNeedsApprovalError(field=name)
        kept = checked.model_copy(update={name: now[name] for name in ACCOUNTS})
        await _change(unit, unit.enter("parties:party:change"), row, kept, valid_from)


async def merge_parties(scope: Scope, party_id: int, successor_id: int, *, merged_on: date) -> None:
    """Say that a party now is part of another, which thereby sees its records.

    Raises: FieldError for a circle or an unknown party, MergedPartyError, FunderMergeError, FutureMergeError.
    """
    demand(scope, Permission.PARTIES_REGISTER)
    async with recording(scope) as unit:
        rows = {
            row["id"]: row for row in await fetch("SELECT * FROM party WHERE id = ANY($1)", [party_id, successor_id])
        }
        if len({party_id, successor_id}) < 2 or rows.keys() != {party_id, successor_id}:
            raise FieldError(field="successor", message=N_("Choose another party as the successor."))
        if rows[party_id]["successor_id"] is not None or rows[successor_id]["successor_id"] is not None:
            raise MergedPartyError
        if rows[party_id]["kind"] in FUNDER_KINDS:
            raise FunderMergeError
        if merged_on > unit.today:
            raise FutureMergeError(field="merged_on")
        entry = unit.enter("parties:party:merge")
        await unit.update(entry, Party, party_id, successor_id=successor_id, merged_on=merged_on)


async def import_parties(
    scope: Scope,
    rows: Sequence[tuple[int, PartyDetails]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
) -> Imported:
    """Register or change the parties of a file, all or none; unset columns stay.

    Another account of a party that is there already becomes a request, which a colleague approves; an empty cell says
    nothing of an account. Raises: RefusedRowsError.
    """
    demand(scope, Permission.PARTIES_REGISTER)
    done, seen = Imported(), dict[str, int]()
    may_see = scope is CONSOLE or scope.may(Permission.PARTIES_PROTECTED)
    async with importing(scope, dry_run=dry_run) as unit:
        known = {row["org_number"]: dict(row) for row in await fetch("SELECT * FROM party")}
        hidden = await hidden_municipalities()
        versions = await fetch(
            "SELECT DISTINCT ON (party_id) * FROM party_version WHERE valid_from <= $1"
            " ORDER BY party_id, valid_from DESC, id DESC",
            unit.today,
        )
        current = {row["party_id"]: row for row in versions}
        accounts = AccountImport(await waiting_requests(list(current)), source)
        entry: Entry | None = None
        for number, details in rows:
            try:
                checked = check_party(details)
                if checked.org_number in seen:
                    raise FieldError(
                        field="org_number",
                        message=N_("The same party stands in row %(row)s too."),
                        row=seen[checked.org_number],
                    )
            except RegistryError as error:
                errors.add_refusal(number, "org_number", error)
                continue
            seen[checked.org_number] = number
            before = known.get(checked.org_number)
            if before is not None:
                before = {**before, "municipality": hidden.get(before["id"], before["municipality"])}
                version = current[before["id"]]
                checked = _with_unset(checked, details, {**before, **version})
                try:
                    if before["protected"] and not may_see and not _same(checked, before, version):
                        raise ForbiddenError(field="org_number")
                    checked = accounts.take(number, before, version, checked)
                except RegistryError as error:
                    errors.add_refusal(number, "bankgiro", error)
                    continue
            if before is not None and _same(checked, before, current[before["id"]]):
                done.unchanged += 1
                continue
            if len(errors):
                continue
            entry = entry or unit.enter("parties:import", file=source.name, sha256=source.sha256)
            if before is None:
                await _insert(unit, entry, checked, unit.today)
                done.new += 1
            else:
                await _change(unit, entry, before, checked, unit.today)
                done.changed += 1
        refuse(errors)
        done.requested = await accounts.write(unit)
    return done


def _with_unset(checked: PartyDetails, details: PartyDetails, now: Mapping[str, Any]) -> PartyDetails:
    """The details, with what the file has no column for as it is now."""
    unset = PartyDetails.model_fields.keys() - details.model_fields_set
    return checked.model_copy(update={name: now[name] for name in unset})


def _same(details: PartyDetails, party: Mapping[str, Any], version: asyncpg.Record) -> bool:
    return all(getattr(details, name) == version[name] for name in PARTICULARS) and all(
        getattr(details, name) == party[name] for name in ("kind", "municipality", "language")
    )


async def _insert(unit: Recording, entry: Entry, details: PartyDetails, valid_from: date) -> int:
    if valid_from > unit.today:
        raise FutureVersionError(field="valid_from")
    salt = secrets.token_bytes(16) if is_person(details) else None
    party_id = await unit.insert(
        entry,
        Party,
        kind=details.kind.value,
        org_number=details.org_number,
        name=details.name,
        sort_key=sort_key(details.name),
        municipality=details.municipality,
        language=details.language,
        salt=salt,
    )
    await _insert_version(unit, entry, party_id, details, valid_from, salt)
    if details.kind in FUNDER_KINDS:
        await unit.insert(entry, Funder, id=party_id, accent=ACCENTS[details.kind])
    return party_id


async def _insert_version(
    unit: Recording, entry: Entry, party_id: int, details: PartyDetails, valid_from: date, salt: bytes | None
) -> None:
    particulars = {name: getattr(details, name) for name in PARTICULARS}
    await unit.insert(entry, PartyVersion, party_id=party_id, valid_from=valid_from, salt=salt, **particulars)


async def _renew_later(
    unit: Recording, entry: Entry, party_id: int, details: PartyDetails, day: date, salt: bytes | None
) -> None:
    """Accounts that are approved for a later day keep their day, with the new particulars beside them."""
    rows = await fetch(
        "SELECT DISTINCT ON (valid_from) valid_from, bankgiro, plusgiro FROM party_version"
        " WHERE party_id = $1 AND valid_from > $2 ORDER BY valid_from, id DESC",
        party_id,
        day,
    )
    for row in rows:
        later = details.model_copy(update={name: row[name] for name in ACCOUNTS})
        await _insert_version(unit, entry, party_id, later, row["valid_from"], salt)


async def _change(
    unit: Recording, entry: Entry, before: asyncpg.Record | Mapping[str, Any], details: PartyDetails, valid_from: date
) -> None:
    salt = before["salt"] or (secrets.token_bytes(16) if is_person(details) else None)
    await _insert_version(unit, entry, before["id"], details, valid_from, salt)
    await _renew_later(unit, entry, before["id"], details, valid_from, salt)
    name, municipality = details.name, details.municipality
    if before["protected"]:
        if not is_personal_number(details.org_number):
            raise NotAPersonError(field="org_number")
        await keep_protection(
            unit, entry, before["id"], protected=True, municipality=municipality, reason=CHANGED_REASON
        )
        name, municipality = mask_of(before["id"]), ""
    await unit.update(
        entry,
        Party,
        before["id"],
        kind=details.kind.value,
        org_number=details.org_number,
        name=name,
        sort_key=sort_key(name),
        municipality=municipality,
        language=details.language,
        salt=salt,
    )
