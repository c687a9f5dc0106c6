"""Where a protected person's municipality is kept while the party's row doesn't hold it."""

import secrets

from registry.core.errors import N_, RuleError
from registry.database import fetch
from registry.tables import PartyProtection
from registry.trail import Entry, Recording


class NotAPersonError(RuleError):
    """Only people have a protected identity."""

    code = "not-a-person"
    message = N_("Only a person, registered by a personal number, can have a protected identity.")


async def keep_protection(
    unit: Recording, entry: Entry, party_id: int, *, protected: bool, municipality: str, reason: str
) -> None:
    """Write a row of protection: whether it is in force, and the municipality that the party's row doesn't hold."""
    await unit.insert(
        entry,
        PartyProtection,
        party_id=party_id,
        protected=protected,
        reason=reason,
        municipality=municipality,
        salt=secrets.token_bytes(16),
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
    )


async def hidden_municipalities() -> dict[int, str]:
    """Where each protected person lives; only for writing it anew and for who may see it."""
    rows = await fetch(
        "SELECT DISTINCT ON (r.party_id) r.party_id, r.municipality FROM party_protection r"
        " JOIN party p ON p.id = r.party_id WHERE p.protected ORDER BY r.party_id, r.id DESC"
    )
    return {row["party_id"]: row["municipality"] for row in rows}
