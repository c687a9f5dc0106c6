"""Reads for the home pages that no other slice needs: a recipient's years, frames nearly used, and counts of users."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from registry.core.access import Scope
from registry.core.money import Money
from registry.database import fetch, fetch_row
from registry.grants.queries import DueInstalment, scope_ids
from registry.payments.queries import ATTESTED, REVERSED
from registry.programmes.queries import list_programmes
from registry.programmes.schemas import Frame, Programme

NEARLY_USED_PERCENT = 90


@dataclass(frozen=True, slots=True)
class NearFrame:
    """A frame of which little may still be decided."""

    programme: Programme
    frame: Frame


async def list_near_frames(scope: Scope, funder_id: int, year: int) -> list[NearFrame]:
    """A funder's frames of a year that are used to 90 percent or more, the fullest first."""
    found = [
        NearFrame(programme, frame)
        for programme in await list_programmes(scope, funder_id=funder_id)
        if (frame := programme.frame_of(year)) is not None
        and frame.amount_ore > 0
        and frame.decided_ore * 100 >= frame.amount_ore * NEARLY_USED_PERCENT
    ]
    return sorted(found, key=lambda near: (-near.frame.decided_ore / near.frame.amount_ore, near.programme.code))


@dataclass(slots=True)
class FunderYear:
    """What one funder granted, paid and is going to pay in a year.

    `waiting_ore` is registered and waits for attest; `coming` are the instalments that nothing covers yet.
    """

    funder_name: str
    granted_ore: int = 0
    paid_ore: int = 0
    waiting_ore: int = 0
    repaid_ore: int = 0
    coming: list[DueInstalment] = field(default_factory=list)

    @property
    def coming_ore(self) -> Money:
        """What is registered and not yet paid, and what the instalments of the year still leave to pay."""
        return Money(self.waiting_ore + sum(due.instalment.left_ore for due in self.coming))


@dataclass(frozen=True, slots=True)
class RecipientYear:
    """A year as its statement has it (by value date), funder by funder."""

    year: int
    funders: list[FunderYear]

    @property
    def granted_ore(self) -> Money:
        """All that was granted."""
        return Money(sum(part.granted_ore for part in self.funders))

    @property
    def paid_ore(self) -> Money:
        """All that was paid, less what was reversed."""
        return Money(sum(part.paid_ore for part in self.funders))

    @property
    def coming_ore(self) -> Money:
        """All that is planned and not yet paid."""
        return Money(sum(part.coming_ore for part in self.funders))


_COUNTS, _REVERSED = ATTESTED.format(known=""), REVERSED.format(known="")
_YEARS = f"""
WITH facts AS (
  SELECT g.funder_id, g.decided_on AS day, g.amount_ore AS granted, 0::bigint AS paid, 0::bigint AS waiting,
         0::bigint AS repaid
  FROM funding_grant g WHERE g.recipient_id = ANY($1)
  UNION ALL SELECT g.funder_id, d.decided_on, d.delta_ore, 0, 0, 0
  FROM amendment d JOIN funding_grant g ON g.id = d.grant_id WHERE g.recipient_id = ANY($1)
  UNION ALL SELECT g.funder_id, p.paid_on, 0, p.amount_ore, 0, 0
  FROM payment p JOIN funding_grant g ON g.id = p.grant_id
  WHERE g.recipient_id = ANY($1) AND (p.attest <> 'officer' OR {_COUNTS})
  UNION ALL SELECT g.funder_id, p.paid_on, 0, 0, p.amount_ore, 0
  FROM payment p JOIN funding_grant g ON g.id = p.grant_id
  WHERE g.recipient_id = ANY($1) AND p.attest = 'officer' AND NOT {_COUNTS} AND NOT {_REVERSED}
  UNION ALL SELECT g.funder_id, r.reversed_on, 0, -p.amount_ore, 0, 0
  FROM reversal r JOIN payment p ON p.id = r.payment_id JOIN funding_grant g ON g.id = p.grant_id
  WHERE g.recipient_id = ANY($1) AND (p.attest <> 'officer' OR {_COUNTS})
  UNION ALL SELECT g.funder_id, t.repaid_on, 0, 0, 0, t.amount_ore
  FROM repayment t JOIN funding_grant g ON g.id = t.grant_id WHERE g.recipient_id = ANY($1))
SELECT extract(year FROM x.day)::int AS year, f.name, sum(x.granted)::bigint AS granted, sum(x.paid)::bigint AS paid,
       sum(x.waiting)::bigint AS waiting, sum(x.repaid)::bigint AS repaid
FROM facts x JOIN party f ON f.id = x.funder_id GROUP BY 1, f.kind, f.sort_key, f.name
ORDER BY 1, f.kind DESC, f.sort_key
"""


async def list_recipient_years(scope: Scope, due: Sequence[DueInstalment]) -> list[RecipientYear]:
    """The scope's own years, the latest first; `due` are the instalments that nothing covers yet."""
    years: dict[int, dict[str, FunderYear]] = defaultdict(dict)
    for row in await fetch(_YEARS, scope_ids(scope) or []):
        years[row["year"]][row["name"]] = FunderYear(
            row["name"], row["granted"], row["paid"], row["waiting"], row["repaid"]
        )
    for item in due:
        name = item.grant.funder_name
        years[item.instalment.due_on.year].setdefault(name, FunderYear(name)).coming.append(item)
    return [RecipientYear(year, list(years[year].values())) for year in sorted(years, reverse=True)]


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to audit."""

    grants: int
    payments: int
    waiting: int
    first_day: date | None
    last_day: date | None


async def read_size(scope: Scope) -> Size:
    """How many grants and payments there are, and between which value dates."""
    row = await fetch_row(
        "SELECT (SELECT count(*) FROM funding_grant g WHERE $1::bigint[] IS NULL OR g.recipient_id = ANY($1))"
        " AS grants, count(*) AS payments, count(*) FILTER (WHERE p.attest = 'officer'"
        f" AND NOT {_COUNTS} AND NOT {_REVERSED}) AS waiting,"
        " min(p.paid_on) AS first_day, max(p.paid_on) AS last_day"
        " FROM payment p JOIN funding_grant g ON g.id = p.grant_id"
        " WHERE $1::bigint[] IS NULL OR g.recipient_id = ANY($1)",
        scope_ids(scope),
    )
    assert row is not None  # noqa: S101 - an aggregate has one row
    return Size(**dict(row))
