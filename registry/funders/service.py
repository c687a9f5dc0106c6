"""Writes of funders: when two must sign, how to reach them, and closing a year."""

import re

from registry.core.access import Permission, Scope
from registry.core.errors import N_, RegistryError, RuleError
from registry.core.money import Money
from registry.database import fetch_row
from registry.parties.service import demand
from registry.tables import ClosedYear, Funder
from registry.trail import recording


class OtherFunderError(RegistryError):
    """Officers write for their own funder only."""

    code = "other-funder"
    status = 403
    message = N_("This belongs to another funder. You register decisions and payments for your own funder only.")


def demand_funder(scope: Scope, funder_id: int) -> None:
    """Refuse who doesn't write for this funder. Raises: OtherFunderError."""
    if not scope.writes_for(funder_id):
        raise OtherFunderError


async def change_funder(scope: Scope, funder_id: int, *, attest_from: Money, accent: str, contact: str) -> None:
    """Set from which sum two must sign, the funder's colour and how to reach it. Raises: RuleError."""
    demand(scope, Permission.FUNDERS_SET)
    demand_funder(scope, funder_id)
    if attest_from < 0:
        raise RuleError(field="attest_from", message=N_("The amount can't be less than 0."))
    if not re.fullmatch(r"#[0-9a-f]{6}", accent):
        raise RuleError(field="accent", message=N_("Write the colour as # and six digits or letters a to f."))
    async with recording(scope) as unit:
        await unit.update(
            unit.enter("funders:funder:change"),
            Funder,
            funder_id,
            attest_from_ore=int(attest_from),
            accent=accent,
            contact=contact,
        )


async def close_year(scope: Scope, funder_id: int, year: int) -> None:
    """Close a year for good: later corrections land in an open year.

    Raises: OtherFunderError, FieldError for a year that isn't over or not ready, ConflictError when already closed.
    """
    demand(scope, Permission.FUNDERS_SET)
    demand_funder(scope, funder_id)
    async with recording(scope) as unit:
        if year >= unit.today.year:
            raise RuleError(field="year", message=N_("Only a year that is over can be closed."))
        waiting = await fetch_row(
            "SELECT count(*) AS waiting FROM payment p JOIN funding_grant g ON g.id = p.grant_id"
            " WHERE g.funder_id = $1 AND p.attest = 'officer' AND extract(year FROM p.paid_on) = $2"
            " AND NOT EXISTS (SELECT 1 FROM attestation a WHERE a.payment_id = p.id)"
            " AND NOT EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id)",
            funder_id,
            year,
        )
        if waiting is not None and waiting["waiting"]:
            raise RuleError(
                field="year",
                message=N_("%(count)s payments of that year wait for attest. Attest or reverse them first."),
                count=waiting["waiting"],
            )
        await unit.insert(
            unit.enter("funders:year:close", year=year),
            ClosedYear,
            funder_id=funder_id,
            year=year,
            closed_at=unit.now,
            closed_by=scope.user_id,
        )
