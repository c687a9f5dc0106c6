"""What happened to a statement's decisions after its year: read when it is issued, no part of its figures."""

from collections.abc import Mapping

from registry import trail
from registry.core.periods import Period
from registry.database import fetch
from registry.grants.schemas import grant_number, parse_grant_number
from registry.statements.rules import Moved, position_of
from registry.statements.schemas import Position, StatementFigures
from registry.statements.years import ATTESTED

_AFTER = f"""
SELECT grant_id, sum(decided)::bigint AS decided, sum(paid)::bigint AS paid, sum(reversed)::bigint AS reversed,
  sum(repaid)::bigint AS repaid
FROM (
  SELECT grant_id, delta_ore AS decided, 0::bigint AS paid, 0::bigint AS reversed, 0::bigint AS repaid
  FROM amendment WHERE grant_id = ANY($1) AND decided_on > $2 AND decided_on <= $3
  UNION ALL SELECT p.grant_id, 0, p.amount_ore, 0, 0
  FROM payment p WHERE p.grant_id = ANY($1) AND p.paid_on > $2 AND p.paid_on <= $3 AND {ATTESTED}
  UNION ALL SELECT p.grant_id, 0, 0, p.amount_ore, 0
  FROM reversal r JOIN payment p ON p.id = r.payment_id
  WHERE p.grant_id = ANY($1) AND r.reversed_on > $2 AND r.reversed_on <= $3 AND {ATTESTED}
  UNION ALL SELECT grant_id, 0, 0, 0, amount_ore
  FROM repayment WHERE grant_id = ANY($1) AND repaid_on > $2 AND repaid_on <= $3
) happened GROUP BY 1
"""


async def read_positions(figures: Mapping[int, StatementFigures], year: int) -> dict[int, Position]:
    """What has happened since the year ended to the decisions of some statements of it, by party.

    The figures have been read in a scope already. A running year has no time after it.
    """
    last, today = Period.of_year(year).last, trail.today()
    if today <= last:
        return {}
    numbers = {grant.number for told in figures.values() for grant in told.grants}
    rows = await fetch(_AFTER, [parse_grant_number(number) for number in numbers], last, today)
    moved = {grant_number(row["grant_id"]): Moved(row["paid"], row["reversed"], row["repaid"]) for row in rows}
    amended = {grant_number(row["grant_id"]): row["decided"] for row in rows}
    return {party_id: position_of(told, moved, amended, today) for party_id, told in figures.items()}
