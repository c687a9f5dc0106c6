"""Importing decisions: the same rules as one by one, over a whole file, all or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from registry.core.access import Permission, Scope
from registry.core.errors import N_, RegistryError, RuleError
from registry.core.money import Money
from registry.core.numbers import InvalidNumberError, mask_org_number, normalise_org_number
from registry.database import fetch
from registry.documents.sheet import SheetErrors
from registry.funders.service import OtherFunderError
from registry.grants.rules import ExceedsFrameError, check_decision
from registry.grants.schemas import GrantDetails
from registry.grants.service import FrameMissingError, check_merged, check_open, insert_grant
from registry.imports import Imported, Source, importing, refuse
from registry.parties.queries import UnknownPartyError
from registry.parties.service import demand
from registry.programmes.queries import UnknownProgrammeError
from registry.programmes.service import UnknownFunderError


class GrantExistsError(RegistryError):
    """The same decision is registered with other facts."""

    code = "grant-exists"
    message = N_("This recipient already has decision %(dnr)s, with another %(field_name)s. Amend it instead.")


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A row of an import file; parties and programme by their own numbers."""

    funder: str
    programme: str
    recipient: str
    via: str
    facts: dict[str, Any]


async def import_grants(
    scope: Scope,
    rows: Sequence[tuple[int, GrantRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
) -> Imported:
    """Register the decisions of a file, all or none; one that is already registered is left alone.

    Raises: RefusedRowsError.
    """
    demand(scope, Permission.GRANTS_DECIDE)
    done = Imported()
    async with importing(scope, dry_run=dry_run) as unit:
        known = _Known(scope)
        await known.read()
        for number, row in rows:
            try:
                funder_id, details = known.details_of(row)
                existing = known.grants.get((funder_id, details.dnr, details.recipient_id))
                if existing is not None:
                    _check_same(details, existing)
                    done.unchanged += 1
                    continue
                check_decision(details, today=unit.today)
                await check_open(funder_id, details.decided_on, field="decided_on")
                known.take_frame(details)
                known.grants[(funder_id, details.dnr, details.recipient_id)] = {
                    "programme_id": details.programme_id, "amount_ore": details.amount_ore,
                    "decided_on": details.decided_on, "via_id": details.via_id,
                }  # fmt: skip
                if not len(errors):
                    entry = unit.enter("grants:grant:decide", file=source.name, sha256=source.sha256, row=number)
                    await insert_grant(unit, entry, funder_id, details)
                done.new += 1
            except RegistryError as error:
                errors.add_refusal(number, "dnr", error)
        refuse(errors)
    return done


class _Known:
    """What an import of grants needs to know, read once."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.parties: dict[str, asyncpg.Record] = {}
        self.programmes: dict[tuple[int, str], asyncpg.Record] = {}
        self.frames: dict[tuple[int, int], int] = {}
        self.funders: set[int] = set()
        self.grants: dict[tuple[int, str, int], Any] = {}

    async def read(self) -> None:
        """Read parties, programmes, frames and the grants' facts."""
        self.parties = {row["org_number"]: row for row in await fetch("SELECT * FROM party")}
        self.funders = {row["id"] for row in await fetch("SELECT id FROM funder")}
        self.programmes = {(row["funder_id"], row["code"]): row for row in await fetch("SELECT * FROM programme")}
        self.frames = {
            (row["programme_id"], row["year"]): row["amount_ore"] - row["decided_ore"]
            for row in await fetch("SELECT * FROM budget_frame")
        }
        self.grants = {
            (row["funder_id"], row["dnr"], row["recipient_id"]): row
            for row in await fetch(
                "SELECT funder_id, dnr, recipient_id, programme_id, amount_ore, decided_on, via_id FROM funding_grant"
            )
        }

    def details_of(self, row: GrantRow) -> tuple[int, GrantDetails]:
        """The row with its parties and programme looked up. Raises: RegistryError naming the column."""
        funder = self._party(row.funder, "funder")
        if funder["id"] not in self.funders:
            raise UnknownFunderError(field="funder", funder=row.funder)
        if not self._scope.writes_for(funder["id"]):
            raise OtherFunderError(field="funder")
        programme = self.programmes.get((funder["id"], row.programme))
        if programme is None:
            raise UnknownProgrammeError(field="programme", code=row.programme)
        recipient = self._party(row.recipient, "recipient")
        details = GrantDetails(
            programme_id=programme["id"],
            recipient_id=recipient["id"],
            via_id=self._party(row.via, "via")["id"] if row.via else None,
            **row.facts,
        )
        check_merged(recipient, details.decided_on)
        return funder["id"], details

    def _party(self, text: str, column: str) -> asyncpg.Record:
        try:
            party = self.parties.get(normalise_org_number(text))
        except InvalidNumberError as error:
            raise RuleError(field=column, message=error.message) from error
        if party is None:
            raise UnknownPartyError(field=column, party=mask_org_number(normalise_org_number(text)))
        return party

    def take_frame(self, details: GrantDetails) -> None:
        """Take a decision from its frame. Raises: FrameMissingError, ExceedsFrameError."""
        place = (details.programme_id, details.year)
        code = next(row["code"] for row in self.programmes.values() if row["id"] == details.programme_id)
        if place not in self.frames:
            raise FrameMissingError(field="programme", programme=code, year=details.year)
        if self.frames[place] < details.amount_ore:
            raise ExceedsFrameError(
                field="amount",
                programme=code,
                year=details.year,
                amount=details.amount_ore,
                left=Money(self.frames[place]),
            )
        self.frames[place] -= details.amount_ore


def _check_same(details: GrantDetails, existing: Any) -> None:
    for column, name in (
        ("amount_ore", "amount"), ("decided_on", "decided_on"), ("programme_id", "programme"), ("via_id", "via"),
    ):  # fmt: skip
        if existing[column] != getattr(details, column):
            raise GrantExistsError(field=name, dnr=details.dnr, field_name=name)
