"""Registering the engagements of a file: all or none, and the same file twice changes nothing."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import N_, FieldError, RegistryError
from registry.core.numbers import (
    InvalidNumberError,
    mask_org_number,
    mask_personal_numbers,
    normalise_org_number,
    record_id,
)
from registry.database import fetch
from registry.documents.sheet import SheetErrors
from registry.fees.engagements_file import EngagementRow
from registry.fees.queries import find_funder_grant
from registry.fees.schemas import EngagementDetails
from registry.fees.service import UnknownGrantOfFunderError, check_details, insert_engagement
from registry.funders.service import OtherFunderError
from registry.imports import Imported, Source, importing, refuse
from registry.parties.queries import UnknownPartyError
from registry.parties.schemas import FUNDER_KINDS
from registry.parties.service import demand

KEY_SCOPE = "import"


class AmbiguousPartyError(FieldError):
    """Several parties have the name."""

    code = "ambiguous-party"
    message = N_(
        "Several parties have that name. Write the organisation number, or the registry's number such as P-17."
    )


async def import_engagements(
    scope: Scope,
    rows: Sequence[tuple[int, EngagementRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
) -> Imported:
    """Register the engagements of a file, all or none; one that a file has brought before is left alone.

    Raises: RefusedRowsError.
    """
    demand(scope, Permission.FEES_REGISTER)
    done, alike = Imported(), Counter[str]()
    async with importing(scope, dry_run=dry_run) as unit:
        known = await _Known.read(scope)
        for number, row in rows:
            try:
                details = await known.details_of(row)
                check_details(details)
            except RegistryError as error:
                errors.add_refusal(number, "creator", error)
                continue
            digest = _digest(details)
            alike[digest] += 1
            key = f"{digest}:{alike[digest]}"
            if key in known.keys:
                done.unchanged += 1
                continue
            if not len(errors):
                entry = unit.enter("fees:engagement:register", file=source.name, sha256=source.sha256, row=number)
                await insert_engagement(unit, entry, details, key_scope=KEY_SCOPE, key=key)
            done.new += 1
        refuse(errors)
    return done


def _digest(details: EngagementDetails) -> str:
    """What makes a row the same as one of an earlier file: everything that it says."""
    return hashlib.sha256(json.dumps(details.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


class _Known:
    """What an import needs to know of parties and earlier files, read once."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._by_number: dict[str, Mapping[str, Any]] = {}
        self._by_id: dict[int, Mapping[str, Any]] = {}
        self._by_name = defaultdict[str, list[Mapping[str, Any]]](list)
        self.keys: set[str] = set()

    @classmethod
    async def read(cls, scope: Scope) -> "_Known":
        """Read everything."""
        known = cls(scope)
        for row in await fetch("SELECT id, kind, org_number, name, protected FROM party"):
            party = dict(row)
            known._by_number[row["org_number"]] = known._by_id[row["id"]] = party
            known._by_name[row["name"].casefold()].append(party)
        known.keys = {row["key"] for row in await fetch("SELECT key FROM engagement WHERE key_scope = $1", KEY_SCOPE)}
        return known

    async def details_of(self, row: EngagementRow) -> EngagementDetails:
        """The row with its parties and grant looked up. Raises: RegistryError naming the column."""
        creator = self._party(row.creator, "creator")
        if creator["kind"] in FUNDER_KINDS:
            message = N_("A region or kommun can't be the creator of an engagement.")
            raise FieldError(field="creator", message=message)
        funder_id = self._funder(row.funder)
        commissioner = self._party(row.commissioner, "commissioner")["id"] if row.commissioner else funder_id
        grant_id = await find_funder_grant(self._scope, funder_id, row.grant, creator["id"]) if row.grant else None
        if row.grant and grant_id is None:
            raise UnknownGrantOfFunderError(field="grant")
        return EngagementDetails(
            creator_id=creator["id"],
            commissioner_id=commissioner,
            funder_id=funder_id,
            grant_id=grant_id,
            **row.facts(),
        )

    def _funder(self, text: str) -> int:
        if not text and self._scope.funder_id is not None:
            return self._scope.funder_id
        if not text:
            raise FieldError(
                field="funder", message=N_("Write the organisation number of the funder that registers the engagement.")
            )
        funder = self._party(text, "funder")
        if funder["kind"] not in FUNDER_KINDS:
            raise FieldError(field="funder", message=N_("That party is no funder."))
        if not (self._scope is CONSOLE or self._scope.writes_for(funder["id"])):
            raise OtherFunderError(field="funder")
        return int(funder["id"])

    def _party(self, text: str, column: str) -> Mapping[str, Any]:
        if not text:
            raise FieldError(field=column, message=N_("This cell can't be empty."))
        party_id = record_id(text, "P")
        named = self._by_name.get(text.casefold(), [])
        if party_id is not None and party_id in self._by_id:
            return self._by_id[party_id]
        if len(named) == 1:
            return named[0]
        if named:
            raise AmbiguousPartyError(field=column)
        try:
            number = normalise_org_number(text)
        except InvalidNumberError as error:
            if not any(sign.isalpha() for sign in text):
                raise FieldError(field=column, message=error.message) from error
            raise UnknownPartyError(field=column, party=mask_personal_numbers(text[:60])) from error
        if number not in self._by_number:
            raise UnknownPartyError(field=column, party=mask_org_number(number))
        return self._by_number[number]
