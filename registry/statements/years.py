"""Who has a year to state, and its sums: for lists, cards, and statements of everyone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.core.periods import FIRST_YEAR, Period
from registry.database import fetch, fetch_value
from registry.grants.queries import PARTY_SEARCH, scope_ids, search_texts
from registry.statements.schemas import Sums

PAGE = 50
SORTS = ("name", "decided", "paid", "remaining")
ATTESTED = "(p.attest <> 'officer' OR EXISTS (SELECT 1 FROM attestation a WHERE a.payment_id = p.id))"
"""What counts as paid."""


class YearNotBegunError(NotFoundError):
    """A statement of a year that nothing can have happened in."""

    code = "year-not-begun"
    message = N_("There are statements from %(first)s on, and of a year once it has begun.")


def check_year(year: int) -> None:
    """Refuse a year that can't be stated. Raises: YearNotBegunError."""
    if not FIRST_YEAR <= year <= trail.today().year:
        raise YearNotBegunError(field="year", first=FIRST_YEAR)


_FACTS = f"""
  SELECT g.recipient_id, g.decided_on AS day, g.amount_ore AS decided, 0::bigint AS paid, 0::bigint AS reversed,
         0::bigint AS repaid
  FROM funding_grant g WHERE {{whose}} AND g.decided_on >= $2
  UNION ALL SELECT g.recipient_id, d.decided_on, d.delta_ore, 0, 0, 0
  FROM amendment d JOIN funding_grant g ON g.id = d.grant_id WHERE {{whose}} AND d.decided_on >= $2
  UNION ALL SELECT g.recipient_id, p.paid_on, 0, p.amount_ore, 0, 0
  FROM payment p JOIN funding_grant g ON g.id = p.grant_id WHERE {{whose}} AND p.paid_on >= $2 AND {ATTESTED}
  UNION ALL SELECT g.recipient_id, r.reversed_on, 0, 0, p.amount_ore, 0
  FROM reversal r JOIN payment p ON p.id = r.payment_id JOIN funding_grant g ON g.id = p.grant_id
  WHERE {{whose}} AND r.reversed_on >= $2 AND {ATTESTED}
  UNION ALL SELECT g.recipient_id, t.repaid_on, 0, 0, 0, t.amount_ore
  FROM repayment t JOIN funding_grant g ON g.id = t.grant_id WHERE {{whose}} AND t.repaid_on >= $2
"""
"""Everything that counts, by recipient and value date, from `$2` on; `whose` limits it to the scope in `$1`."""

_PARTY_YEARS = f"""
WITH facts AS ({_FACTS}), sums AS (
  SELECT recipient_id, coalesce(bool_or(day <= $3), false) AS moved,
    coalesce(sum(decided) FILTER (WHERE day <= $3), 0)::bigint AS decided,
    coalesce(sum(paid) FILTER (WHERE day <= $3), 0)::bigint AS paid,
    coalesce(sum(reversed) FILTER (WHERE day <= $3), 0)::bigint AS reversed,
    coalesce(sum(repaid) FILTER (WHERE day <= $3), 0)::bigint AS repaid,
    coalesce(sum(decided - paid + reversed) FILTER (WHERE day > $3), 0)::bigint AS later
  FROM facts GROUP BY 1
), present AS (
  SELECT g.recipient_id, sum(b.granted_ore - b.paid_ore)::bigint AS remaining
  FROM funding_grant g JOIN grant_balance b ON b.grant_id = g.id WHERE {{whose}} GROUP BY 1
)
SELECT s.id, s.name, s.org_number, s.kind, s.language, n.remaining - coalesce(f.later, 0) AS remaining,
  coalesce(f.moved, false) AS moved, coalesce(f.decided, 0) AS decided, coalesce(f.paid, 0) AS paid,
  coalesce(f.reversed, 0) AS reversed, coalesce(f.repaid, 0) AS repaid
FROM present n JOIN party s ON s.id = n.recipient_id LEFT JOIN sums f ON f.recipient_id = n.recipient_id
WHERE ($4 = '' OR s.kind = $4) AND ($5 = '' OR {PARTY_SEARCH.format(text="$5", pattern="$6")})
ORDER BY s.sort_key, s.id
"""
_ONE_PARTY_YEARS = f"""
WITH facts AS ({_FACTS})
SELECT extract(year FROM day)::int AS year, sum(decided)::bigint AS decided, sum(paid)::bigint AS paid,
  sum(reversed)::bigint AS reversed, sum(repaid)::bigint AS repaid
FROM facts GROUP BY 1 ORDER BY 1
""".format(whose="g.recipient_id = ANY($1)")
_FIRST = "SELECT min(g.decided_on) FROM funding_grant g WHERE {whose}"
_WHOSE = {True: "$1::bigint[] IS NULL", False: "g.recipient_id = ANY($1)"}
_OF_FUNDER = "($7::bigint IS NULL OR g.funder_id = $7)"


@dataclass(frozen=True, slots=True)
class PartyFilter:
    """Whose statements are listed; `search` looks in the name and, for organisations, in the number.

    With `funder_id` they are those that this funder has anything to state of, and the sums are its own.
    """

    year: int
    search: str = ""
    kind: str = ""
    funder_id: int | None = None


@dataclass(frozen=True, slots=True)
class PartyYear:
    """A party's year in six sums, as a list shows it."""

    party_id: int
    name: str
    org_number: str
    kind: str
    language: str
    sums: Sums

    @property
    def number(self) -> str:
        """The registry's own number of the party."""
        return f"P-{self.party_id}"

    @property
    def shown_number(self) -> str:
        """The organisation number, or the registry's own where that is a person's."""
        return self.number if "•" in self.org_number else self.org_number


@dataclass(frozen=True, slots=True)
class PartyYears:
    """One page of the parties that have a year to state, how many they are, and the sums of all of them."""

    items: list[PartyYear]
    total: int
    sums: Sums


async def list_party_years(
    scope: Scope, wanted: PartyFilter, *, sort: str = "name", offset: int = 0, limit: int | None = PAGE
) -> PartyYears:
    """The parties that something happened to in the year, or that had something left at either end of it.

    Sums from what happened since the year began and from today's balances, so that the years before cost nothing.
    `sort` is one of `SORTS`, with `-` for falling; `limit` None gives all. Raises: YearNotBegunError.
    """
    check_year(wanted.year)
    period = Period.of_year(wanted.year)
    rows = await fetch(
        _PARTY_YEARS.format(whose=f"{_WHOSE[scope.party_ids is None]} AND {_OF_FUNDER}"),
        scope_ids(scope), period.first, period.last, wanted.kind, *search_texts(wanted.search), wanted.funder_id,
    )  # fmt: skip
    items = [_party_year(row) for row in rows]
    found = [item for row, item in zip(rows, items, strict=True) if row["moved"] or _is_open(item.sums)]
    key = sort.removeprefix("-")
    if key in SORTS[1:]:
        found.sort(key=lambda item: _SORT_KEYS[key](item.sums))
    if sort.startswith("-"):
        found.reverse()
    return PartyYears(found[offset : None if limit is None else offset + limit], len(found), total_of(found))


_SORT_KEYS: dict[str, Callable[[Sums], int]] = {
    "decided": lambda sums: sums.decided_ore,
    "paid": lambda sums: sums.net_ore,
    "remaining": lambda sums: sums.remaining_ore,
}


def _party_year(row: asyncpg.Record) -> PartyYear:
    return PartyYear(
        party_id=row["id"],
        name=row["name"],
        org_number=mask_org_number(row["org_number"]),
        kind=row["kind"],
        language=row["language"],
        sums=_sums(row, remaining=row["remaining"]),
    )


def _sums(row: asyncpg.Record, *, remaining: int) -> Sums:
    return Sums(
        opening_ore=Money(remaining - row["decided"] + row["paid"] - row["reversed"]),
        decided_ore=Money(row["decided"]),
        paid_ore=Money(row["paid"]),
        reversed_ore=Money(row["reversed"]),
        repaid_ore=Money(row["repaid"]),
        remaining_ore=Money(remaining),
    )


def _is_open(sums: Sums) -> bool:
    return sums.opening_ore != 0 or sums.remaining_ore != 0


def total_of(years: Sequence[PartyYear]) -> Sums:
    """The sums of some parties' years."""
    return Sums(**{name: Money(sum(getattr(year.sums, name) for year in years)) for name in Sums.model_fields})


@dataclass(frozen=True, slots=True)
class Year:
    """A year of one party in six sums."""

    year: int
    sums: Sums


async def list_years(scope: Scope, party_id: int) -> list[Year]:
    """A party's years with anything to state, the latest first.

    A year in which nothing happened is among them when something was left to pay all through it.
    """
    if scope.party_ids is not None and party_id not in scope.party_ids:
        raise NotFoundError
    rows = await fetch(_ONE_PARTY_YEARS, [party_id], date(1, 1, 1))
    years: list[Year] = []
    by_year = {row["year"]: row for row in rows}
    remaining = 0
    for year in range(min(by_year, default=1), trail.today().year + 1) if by_year else ():
        row = by_year.get(year) or _NOTHING
        remaining += row["decided"] - row["paid"] + row["reversed"]
        sums = _sums(row, remaining=remaining)
        if year in by_year or _is_open(sums):
            years.append(Year(year, sums))
    return years[::-1]


_NOTHING: Any = {"decided": 0, "paid": 0, "reversed": 0, "repaid": 0}


async def list_statement_years(scope: Scope) -> list[int]:
    """The years that may be stated, the latest first."""
    first = await fetch_value(_FIRST.format(whose=_WHOSE[scope.party_ids is None]), scope_ids(scope))
    today = trail.today()
    return list(range(today.year, (first or today).year - 1, -1))


async def own_party(scope: Scope) -> int | None:
    """The party of an association's user: the one that the others in the scope were merged into."""
    if not scope.party_ids:
        return None
    return int(
        await fetch_value(
            "SELECT id FROM party WHERE id = ANY($1) AND (successor_id IS NULL OR successor_id <> ALL($1)) ORDER BY id",
            scope_ids(scope),
        )
    )
