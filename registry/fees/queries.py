"""Reads of engagements, each with its check against the book as it stands now.

The check is not stored: a schedule that is registered or corrected later changes what it says, and the list with it.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import asyncpg

from registry.core.access import CONSOLE, Permission, Role, Scope
from registry.core.errors import N_, NotFoundError
from registry.core.money import Money
from registry.core.numbers import record_id
from registry.database import fetch
from registry.fees.book import read_book
from registry.fees.rules import Book, check
from registry.fees.schemas import (
    Check,
    Discipline,
    Engagement,
    EngagementKind,
    Outcome,
    Tax,
    Terms,
)

PAGE = 50
NO_MONEY = Money(0)
NONE = "none"
"""Stands in a filter for engagements whose issuer or art isn't known."""


class UnknownEngagementError(NotFoundError):
    """No such engagement, or none that this user may see."""

    code = "unknown-engagement"
    message = N_("There is no engagement %(engagement)s. Check the number.")


@dataclass(frozen=True, slots=True)
class EngagementFilter:
    """What a list of engagements is narrowed to. `year` and the days are of the event, else of the agreement.

    `unmotivated`: below the level and without a motive. `cancelled`: those that were called off, too. `search` looks
    in title and code. `issuer` and `discipline` may be `NONE`.
    """

    year: int | None = None
    first: date | None = None
    last: date | None = None
    issuer: str = ""
    discipline: str = ""
    creator_id: int | None = None
    commissioner_id: int | None = None
    funder_id: int | None = None
    grant_id: int | None = None
    outcome: Outcome | None = None
    unmotivated: bool = False
    cancelled: bool = False
    ids: tuple[int, ...] | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class EngagementPage:
    """One page of engagements, how many there are in all, and the sums of all of them.

    `fee` and `level` are summed over those that have both, as F-tax without VAT; `outcomes` counts by outcome.
    """

    items: list[Engagement]
    total: int
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    unmotivated: int = 0
    fee: Money = NO_MONEY
    level: Money = NO_MONEY


class Checked(NamedTuple):
    """A row in force with its check."""

    row: asyncpg.Record
    check: Check
    discipline: Discipline | None

    @property
    def unmotivated(self) -> bool:
        """As `Engagement.unmotivated`."""
        return (
            self.check.outcome is Outcome.BELOW
            and not self.row["motive"].strip()
            and self.row["kind"] != EngagementKind.CANCELLED
        )


SORTS: dict[str, Callable[[Checked], Any]] = {
    "day": lambda one: one.row["day"],
    "number": lambda one: one.row["chain_id"],
    "creator": lambda one: one.row["creator_sort_key"],
    "commissioner": lambda one: one.row["commissioner_sort_key"],
    "fee": lambda one: -1 if one.check.fee_ore is None else one.check.fee_ore,
    "level": lambda one: -1 if one.check.level_ore is None else one.check.level_ore,
    "gap": lambda one: one.check.gap_ore or 0,
    "gap_percent": lambda one: one.check.gap_basis_points or 0,
}

_SELECT = """
SELECT e.id, e.chain_id, e.kind, e.reason, e.creator_id, c.name AS creator_name, c.sort_key AS creator_sort_key,
       e.commissioner_id, k.name AS commissioner_name, k.sort_key AS commissioner_sort_key, k.salt IS NOT NULL AS
       commissioner_personal, e.funder_id, f.name AS funder_name, e.grant_id, e.title, e.issuer, e.code, e.booking_date,
       e.contract_date, e.event_date, coalesce(e.event_date, e.contract_date, e.booking_date) AS day,
       e.quantity_thousandths, e.artists, e.agreed_fee_ore, e.tax, e.vat_included, e.vat_basis_points, e.travel_ore,
       e.material_ore, e.motive, e.recorded_at, coalesce(u.name, '') AS recorded_by, e.seq
FROM engagement e JOIN party c ON c.id = e.creator_id JOIN party k ON k.id = e.commissioner_id
JOIN party f ON f.id = e.funder_id LEFT JOIN app_user u ON u.id = e.recorded_by
"""
_IN_SCOPE = "($1::bigint[] IS NULL OR e.creator_id = ANY($1))"
_IN_FORCE = "NOT EXISTS (SELECT 1 FROM engagement n WHERE n.replaces_id = e.id)"
_FILTER = (
    _IN_SCOPE
    + " AND "
    + _IN_FORCE
    + """ AND ($2 OR e.kind <> 'cancelled')
 AND ($3::date IS NULL OR coalesce(e.event_date, e.contract_date, e.booking_date) >= $3)
 AND ($4::date IS NULL OR coalesce(e.event_date, e.contract_date, e.booking_date) <= $4)
 AND ($5::bigint IS NULL OR e.creator_id = $5) AND ($6::bigint IS NULL OR e.commissioner_id = $6)
 AND ($7::bigint IS NULL OR e.funder_id = $7) AND ($8::bigint IS NULL OR e.grant_id = $8)
 AND ($9::bigint[] IS NULL OR e.chain_id = ANY($9))
 AND ($10 = '' OR e.title ILIKE '%' || $10 || '%' OR e.code ILIKE '%' || $10 || '%')
"""
)


def _arguments(scope: Scope, wanted: EngagementFilter) -> tuple[object, ...]:
    first, last = wanted.first, wanted.last
    if wanted.year is not None:
        first = max(filter(None, (first, date(wanted.year, 1, 1))))
        last = min(filter(None, (last, date(wanted.year, 12, 31))))
    return (
        _ids(scope), wanted.cancelled, first, last, wanted.creator_id, wanted.commissioner_id, wanted.funder_id,
        wanted.grant_id, None if wanted.ids is None else list(wanted.ids), _literal(wanted.search),
    )  # fmt: skip


def _literal(text: str) -> str:
    """A text as LIKE takes it for itself."""
    return text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _ids(scope: Scope) -> list[int] | None:
    return None if scope.party_ids is None else list(scope.party_ids)


def names_creators(scope: Scope) -> bool:
    """Whether creators are named: to officers, and to the creators themselves; auditors see the registry's number."""
    return scope is CONSOLE or scope.role is Role.OFFICER or scope.party_ids is not None


def terms_of(row: asyncpg.Record) -> Terms:
    """What the check reads of a row."""
    return Terms(
        row["issuer"], row["code"], row["booking_date"], row["contract_date"], row["event_date"],
        row["quantity_thousandths"], row["artists"], row["agreed_fee_ore"], row["tax"], row["vat_included"],
        row["vat_basis_points"],
    )  # fmt: skip


async def read_checked(scope: Scope, wanted: EngagementFilter, book: Book | None = None) -> list[Checked]:
    """The rows in force of a filter with their checks, in the order in which they were first registered."""
    book = book or await read_book(scope)
    issuer = NONE if wanted.issuer == NONE else issuer_key(book, wanted.issuer)
    rows = await fetch(f"{_SELECT} WHERE {_FILTER} ORDER BY e.chain_id", *_arguments(scope, wanted))
    found = []
    for row in rows:
        if wanted.issuer and issuer_key(book, row["issuer"]) != issuer:
            continue
        done = check(book, terms_of(row))
        one = Checked(row, done, done.schedule.discipline if done.schedule else book.discipline(row["issuer"]))
        if (
            (wanted.outcome is None or done.outcome == wanted.outcome)
            and (not wanted.discipline or (one.discipline or NONE) == wanted.discipline)
            and (not wanted.unmotivated or one.unmotivated)
        ):
            found.append(one)
    return found


def issuer_key(book: Book, name: str) -> str:
    """An issuer by its registered name, as it was written when none is registered, or `NONE`."""
    return book.issuer(name) or " ".join(name.split()) or NONE


def to_engagement(scope: Scope, one: Checked) -> Engagement:
    """A row as this user may see it."""
    row, named = one.row, names_creators(scope)
    hidden = row["commissioner_personal"] and not named
    return Engagement(
        id=row["chain_id"],
        version_id=row["id"],
        kind=EngagementKind(row["kind"]),
        reason=row["reason"],
        creator_id=row["creator_id"],
        creator_name=row["creator_name"] if named else f"P-{row['creator_id']}",
        commissioner_id=row["commissioner_id"],
        commissioner_name=f"P-{row['commissioner_id']}" if hidden else row["commissioner_name"],
        funder_id=row["funder_id"],
        funder_name=row["funder_name"],
        grant_id=row["grant_id"],
        title=row["title"],
        issuer=row["issuer"],
        code=row["code"],
        booking_date=row["booking_date"],
        contract_date=row["contract_date"],
        event_date=row["event_date"],
        day=row["day"],
        quantity=row["quantity_thousandths"],
        artists=row["artists"],
        agreed_fee_ore=None if row["agreed_fee_ore"] is None else Money(row["agreed_fee_ore"]),
        tax=Tax(row["tax"]) if row["tax"] else None,
        vat_included=row["vat_included"],
        vat_basis_points=row["vat_basis_points"],
        travel_ore=Money(row["travel_ore"]),
        material_ore=Money(row["material_ore"]),
        motive=row["motive"],
        discipline=one.discipline,
        check=one.check,
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        seq=row["seq"],
    )


async def list_engagements(
    scope: Scope, wanted: EngagementFilter, *, sort: str = "-day", offset: int = 0, limit: int | None = PAGE
) -> EngagementPage:
    """Engagements by a filter; `sort` is a key of `SORTS`, with `-` for falling; `limit` None gives all of them."""
    found = await read_checked(scope, wanted)
    key = SORTS.get(sort.removeprefix("-"), SORTS["day"])
    if not names_creators(scope) and key is SORTS["creator"]:
        # The order of names says something of them.
        key = SORTS["number"]
    found.sort(key=lambda one: (key(one), one.row["chain_id"]), reverse=sort.startswith("-"))
    both = [one.check for one in found if one.check.level_ore is not None and one.check.fee_ore is not None]
    return EngagementPage(
        [to_engagement(scope, one) for one in found[offset : None if limit is None else offset + limit]],
        len(found),
        Counter(one.check.outcome for one in found),
        sum(one.unmotivated for one in found),
        Money(sum(done.fee_ore or 0 for done in both)),
        Money(sum(done.level_ore or 0 for done in both)),
    )


async def get_engagement(scope: Scope, number: str, *, field: str = "engagement") -> Engagement:
    """One engagement as it is in force, by its number, such as `E-12`. Raises: UnknownEngagementError."""
    engagement_id = record_id(number, "E")
    found = []
    if engagement_id is not None:
        found = await read_checked(scope, EngagementFilter(ids=(engagement_id,), cancelled=True))
    if not found:
        raise UnknownEngagementError(field=field, engagement=number[:40])
    return to_engagement(scope, found[0])


async def list_party_engagements(scope: Scope, party_id: int, year: int) -> tuple[Engagement, ...]:
    """A creator's engagements of a year with their check, the earliest first; for the statement."""
    wanted = EngagementFilter(creator_id=party_id, year=year)
    return tuple((await list_engagements(scope, wanted, sort="day", limit=None)).items)


async def list_grant_engagements(scope: Scope, grant_id: int) -> list[Engagement]:
    """The engagements that are paid from a grant, the earliest first; of no interest to whom fees are closed."""
    if scope is not CONSOLE and not scope.may(Permission.FEES_VIEW):
        return []
    return (await list_engagements(scope, EngagementFilter(grant_id=grant_id), sort="day", limit=None)).items


async def list_history(scope: Scope, engagement: Engagement) -> list[Engagement]:
    """All rows of an engagement's chain, the first one first, each with its check as the book stands now."""
    book = await read_book(scope)
    rows = await fetch(f"{_SELECT} WHERE {_IN_SCOPE} AND e.chain_id = $2 ORDER BY e.id", _ids(scope), engagement.id)
    checked = [Checked(row, check(book, terms_of(row)), book.discipline(row["issuer"])) for row in rows]
    return [to_engagement(scope, one) for one in checked]


async def find_funder_grant(scope: Scope, funder_id: int, text: str, creator_id: int) -> int | None:
    """A funder's grant by its number, or by a dnr that stands for one grant, or for one to this creator."""
    rows = await fetch(
        "SELECT id, recipient_id = $5 AS own FROM funding_grant WHERE ($1::bigint[] IS NULL OR recipient_id = ANY($1))"
        " AND funder_id = $2 AND (id = $3 OR dnr = $4)",
        _ids(scope),
        funder_id,
        record_id(text, "B") or 0,
        text.strip(),
        creator_id,
    )
    found = [row["id"] for row in rows if row["own"]] or [row["id"] for row in rows]
    return found[0] if len(found) == 1 else None


async def list_commissioners(scope: Scope) -> list[tuple[int, str]]:
    """Who has commissioned engagements, by name; people without one for those who don't see creators."""
    rows = await fetch(
        "SELECT p.id, p.name, p.salt IS NOT NULL AS personal FROM party p WHERE EXISTS"
        f" (SELECT 1 FROM engagement e WHERE e.commissioner_id = p.id AND {_IN_SCOPE}) ORDER BY p.sort_key, p.id",
        _ids(scope),
    )
    named = names_creators(scope)
    return [(row["id"], f"P-{row['id']}" if row["personal"] and not named else row["name"]) for row in rows]


async def list_creators(scope: Scope) -> list[tuple[int, str]]:
    """Who has had engagements, by name; by number and without one for those who don't see creators' names."""
    named = names_creators(scope)
    order = "p.sort_key, p.id" if named else "p.id"
    rows = await fetch(
        "SELECT p.id, p.name FROM party p WHERE EXISTS"
        f" (SELECT 1 FROM engagement e WHERE e.creator_id = p.id AND {_IN_SCOPE}) ORDER BY {order}",
        _ids(scope),
    )
    return [(row["id"], row["name"] if named else f"P-{row['id']}") for row in rows]


async def list_engagement_years(scope: Scope) -> list[int]:
    """The years that have engagements, the latest first."""
    rows = await fetch(
        "SELECT DISTINCT extract(year FROM coalesce(e.event_date, e.contract_date, e.booking_date))::int AS year"
        f" FROM engagement e WHERE {_IN_SCOPE} ORDER BY 1 DESC",
        _ids(scope),
    )
    return [row["year"] for row in rows]
