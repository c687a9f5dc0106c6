"""Protected identity: marking a person, ending it, and showing the true particulars, each view in the trail.

While a person is protected the party's row holds a mask for the name and no municipality, so that no list, page, file
or message can show them; what is true lies in the party's versions and in `party_protection`.
Source: 21 kap. 3 § and 22 kap. 1-2 §§ offentlighets- och sekretesslagen; 16 § folkbokföringslagen.
"""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from registry.core.access import Permission, Scope
from registry.core.errors import N_, ForbiddenError, NotFoundError, RegistryError, RuleError
from registry.core.numbers import is_personal_number
from registry.database import fetch, fetch_row
from registry.parties.accounts import in_force
from registry.parties.masks import NotAPersonError, hidden_municipalities, keep_protection
from registry.parties.rules import mask_of
from registry.parties.schemas import PartyVersion
from registry.parties.service import demand
from registry.tables import Party
from registry.texts import sort_key
from registry.trail import record, recording

LONGEST_REASON = 500


class ProtectedError(RegistryError):
    """The person is already protected, or isn't."""

    code = "party-protected"
    message = N_("The person's identity is already protected.")


class ProtectedParticularsError(ForbiddenError):
    """The particulars are a protected person's, and the user lacks the right to see them."""

    code = "party-protected"
    message = N_("The person's identity is protected. Only who has been given the right can see or change the details.")


class NotProtectedError(RegistryError):
    """There is nothing to end or to show."""

    code = "party-not-protected"
    message = N_("The person's identity is not protected.")


@dataclass(frozen=True, slots=True)
class Protection:
    """When and why a person was marked, or the mark was taken away."""

    protected: bool
    reason: str
    recorded_at: datetime
    recorded_by: str
    seq: int


@dataclass(frozen=True, slots=True)
class TrueParticulars:
    """What is hidden: the municipality, and the versions of name, number, address and accounts, the latest first."""

    municipality: str
    versions: tuple[PartyVersion, ...]


async def protect_party(scope: Scope, party_id: int, *, reason: str) -> None:
    """Hide a person's name and whereabouts. Raises: NotFoundError, NotAPersonError, ProtectedError, RuleError."""
    demand(scope, Permission.PARTIES_REGISTER)
    _check_reason(reason)
    async with recording(scope) as unit:
        row = await _party(party_id)
        if not is_personal_number(row["org_number"]):
            raise NotAPersonError
        if row["protected"]:
            raise ProtectedError
        entry = unit.enter("parties:party:protect", party=f"P-{party_id}", reason=reason)
        await keep_protection(unit, entry, party_id, protected=True, municipality=row["municipality"], reason=reason)
        mask = mask_of(party_id)
        await unit.update(entry, Party, party_id, name=mask, sort_key=sort_key(mask), municipality="", protected=True)


async def unprotect_party(scope: Scope, party_id: int, *, reason: str) -> None:
    """Show the name and the municipality again, as they are registered now. Raises: as `protect_party`."""
    demand(scope, Permission.PARTIES_PROTECTED)
    demand(scope, Permission.PARTIES_REGISTER)
    _check_reason(reason)
    async with recording(scope) as unit:
        row = await _party(party_id)
        if not row["protected"]:
            raise NotProtectedError
        name = str((await in_force(party_id, unit.today))["name"])
        municipality = (await hidden_municipalities()).get(party_id, "")
        entry = unit.enter("parties:party:unprotect", party=f"P-{party_id}", reason=reason)
        await keep_protection(unit, entry, party_id, protected=False, municipality="", reason=reason)
        await unit.update(
            entry, Party, party_id, name=name, sort_key=sort_key(name), municipality=municipality, protected=False
        )


async def view_protected(scope: Scope, party_id: int, *, reason: str) -> TrueParticulars:
    """Show what is hidden; who looked, at whom and why is written to the trail first.

    Raises: ForbiddenError, NotFoundError, NotProtectedError, RuleError without a reason.
    """
    demand(scope, Permission.PARTIES_PROTECTED)
    if not (await _party(party_id))["protected"]:
        raise NotProtectedError
    _check_reason(reason)
    await record(scope, "parties:protected:view", party=f"P-{party_id}", reason=reason)
    municipality = (await hidden_municipalities()).get(party_id, "")
    return TrueParticulars(municipality, tuple(await _versions(party_id)))


async def list_protections(scope: Scope, party_id: int) -> list[Protection]:
    """When a person was protected and when that ended, the latest first; for who registers parties."""
    demand(scope, Permission.PARTIES_REGISTER)
    rows = await fetch(
        "SELECT r.protected, r.reason, r.recorded_at, coalesce(u.name, '') AS recorded_by, r.seq"
        " FROM party_protection r LEFT JOIN app_user u ON u.id = r.recorded_by"
        " WHERE r.party_id = $1 ORDER BY r.id DESC",
        party_id,
    )
    return [Protection(**dict(row)) for row in rows]


async def _party(party_id: int) -> asyncpg.Record:
    row = await fetch_row("SELECT * FROM party WHERE id = $1", party_id)
    if row is None:
        raise NotFoundError
    return row


async def _versions(party_id: int) -> list[PartyVersion]:
    rows = await fetch(
        "SELECT valid_from, org_number, name, email, address, bankgiro, plusgiro, seq FROM party_version"
        " WHERE party_id = $1 ORDER BY valid_from DESC, id DESC",
        party_id,
    )
    return [PartyVersion.model_validate(dict(row)) for row in rows]


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleError(field="reason", message=N_("Write the reason."))
    if len(reason) > LONGEST_REASON:
        message = N_("The text is too long. At most %(most)s characters.")
        raise RuleError(field="reason", message=message, most=LONGEST_REASON)
