"""Reads of parties."""

from dataclasses import dataclass

import asyncpg

from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.numbers import (
    InvalidNumberError,
    is_personal_number,
    mask_account,
    mask_org_number,
    normalise_org_number,
    record_id,
)
from registry.database import fetch, fetch_row, fetch_value
from registry.parties.schemas import Party, PartyKind, PartyVersion
from registry.texts import sort_key

PAGE = 50


class UnknownPartyError(NotFoundError):
    """No such party."""

    code = "unknown-party"
    message = N_("There is no party %(party)s. Register the party first, or check the number.")


@dataclass(frozen=True, slots=True)
class PartyPage:
    """One page of parties and how many there are in all."""

    items: list[Party]
    total: int


_COLUMNS = (
    "p.id, p.kind, p.org_number, p.name, p.municipality, p.language, p.salt, p.successor_id, p.merged_on, p.protected"
)
_IN_SCOPE = "($1::bigint[] IS NULL OR p.id = ANY($1))"


def to_party(row: asyncpg.Record) -> Party:
    """A row as the world may see it: personal numbers masked."""
    return Party(
        id=row["id"],
        kind=PartyKind(row["kind"]),
        org_number=mask_org_number(row["org_number"]),
        name=row["name"],
        municipality=row["municipality"],
        language=row["language"],
        personal=row["salt"] is not None,
        person=is_personal_number(row["org_number"]),
        protected=row["protected"],
        successor_id=row["successor_id"],
        merged_on=row["merged_on"],
    )


async def get_party(scope: Scope, party_id: int) -> Party:
    """One party. Raises: NotFoundError."""
    row = await fetch_row(f"SELECT {_COLUMNS} FROM party p WHERE {_IN_SCOPE} AND p.id = $2", _ids(scope), party_id)
    if row is None:
        raise NotFoundError
    return to_party(row)


async def find_party(scope: Scope, reference: str, *, field: str = "party", personal: bool = False) -> Party:
    """A party by organisation number or by the registry's number (`P-17`).

    A person is found by personal number only where `personal` allows it (files and forms, never addresses). What
    can't be a number answers like the number of no party, and says why it can't.
    Raises: UnknownPartyError.
    """
    party_id, shown = parse_number(reference), reference.strip()
    if party_id is not None:
        row = await fetch_row(f"SELECT {_COLUMNS} FROM party p WHERE {_IN_SCOPE} AND p.id = $2", _ids(scope), party_id)
    else:
        try:
            org_number = normalise_org_number(reference)
        except InvalidNumberError as error:
            raise UnknownPartyError(field=field, message=error.message) from error
        shown = mask_org_number(org_number)
        if is_personal_number(org_number) and not personal:
            raise UnknownPartyError(
                field=field,
                message=N_("Name a person by the registry's number, such as P-17, never by personal number."),
            )
        row = await fetch_row(
            f"SELECT {_COLUMNS} FROM party p WHERE {_IN_SCOPE} AND p.org_number = $2", _ids(scope), org_number
        )
    if row is None:
        raise UnknownPartyError(field=field, party=shown)
    return to_party(row)


async def find_filter_party(scope: Scope, reference: str | None, *, field: str) -> int | None:
    """The id of a party that a filter names. Raises: UnknownPartyError."""
    return (await find_party(scope, reference, field=field)).id if reference else None


def parse_number(reference: str) -> int | None:
    """The id in `P-17`, or None."""
    return record_id(reference, "P")


async def list_parties(
    scope: Scope, *, search: str = "", kind: str = "", offset: int = 0, limit: int = PAGE
) -> PartyPage:
    """Parties by name in Swedish order; `search` looks in the name and, for organisations, in the number."""
    where = (
        f"{_IN_SCOPE} AND ($2 = '' OR p.sort_key LIKE '%' || $3 || '%' AND $3 <> ''"
        " OR (p.salt IS NULL AND replace(p.org_number, '-', '') LIKE replace($2, '-', '') || '%'))"
        " AND ($4 = '' OR p.kind = $4)"
    )
    pattern = sort_key(search).replace("%", "").replace("_", "")
    arguments = (_ids(scope), search, pattern, kind)
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM party p WHERE {where} ORDER BY p.sort_key, p.id LIMIT $5 OFFSET $6",
        *arguments, limit, offset,
    )  # fmt: skip
    total = await fetch_value(f"SELECT count(*) FROM party p WHERE {where}", *arguments)
    return PartyPage([to_party(row) for row in rows], total)


async def list_versions(scope: Scope, party_id: int, *, whole: bool) -> list[PartyVersion]:
    """A party's particulars, the latest first; accounts and personal numbers are masked unless `whole`.

    A protected person's are masked for everybody; `protection.view_protected` shows them.
    """
    party = await get_party(scope, party_id)
    rows = await fetch(
        "SELECT valid_from, org_number, name, email, address, bankgiro, plusgiro, seq FROM party_version"
        " WHERE party_id = $1 ORDER BY valid_from DESC, id DESC",
        party_id,
    )
    hidden = {"name": party.name, "email": "", "address": ""} if party.protected else {}
    return [_version({**row, **hidden}, whole=whole and not party.protected) for row in rows]


def _version(row: dict[str, object], *, whole: bool) -> PartyVersion:
    if not whole:
        row["org_number"] = mask_org_number(str(row["org_number"]))
        row["bankgiro"] = mask_account(str(row["bankgiro"]))
        row["plusgiro"] = mask_account(str(row["plusgiro"]))
    return PartyVersion.model_validate(row)


async def list_merged_into(scope: Scope, party_id: int) -> list[Party]:
    """The parties that have become part of this one, the latest merger first."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM party p WHERE {_IN_SCOPE} AND p.successor_id = $2 ORDER BY p.merged_on DESC, p.id",
        _ids(scope),
        party_id,
    )
    return [to_party(row) for row in rows]


async def list_funders(scope: Scope) -> list[Party]:
    """The regions and kommuner that decide grants; every logged-in user may know them."""
    del scope
    rows = await fetch(f"SELECT {_COLUMNS} FROM party p JOIN funder f ON f.id = p.id ORDER BY p.kind DESC, p.sort_key")
    return [to_party(row) for row in rows]


async def suggest_parties(scope: Scope) -> list[Party]:
    """Every party that may receive a grant, for choosing in a form."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM party p WHERE {_IN_SCOPE} AND p.successor_id IS NULL ORDER BY p.sort_key, p.id",
        _ids(scope),
    )
    return [to_party(row) for row in rows]


def _ids(scope: Scope) -> list[int] | None:
    return None if scope.party_ids is None else list(scope.party_ids)
