"""What happened to a statement's decisions after its year: read when it is issued, no part of its figures."""

from collections.abc import Mapping

from registry import trail
from registry.core.periods import Period
from registry.database import fetch
from registry.grants.schemas import grant_number, parse_grant_number
from registry.statements.around import Concerned, read_reports, read_stopped
from registry.statements.facts import Aftermath, Moved
from registry.statements.rules import position_of
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
    concerned = [
        Concerned(grant_id, party_id, grant.funder, told.language)
        for party_id, told in figures.items()
        for grant in told.grants
        if (grant_id := parse_grant_number(grant.number)) is not None
    ]
    ids = [grant.grant_id for grant in concerned]
    rows = await fetch(_AFTER, ids, last, today)
    after = Aftermath(
        on=today,
        moved={grant_number(row["grant_id"]): Moved(row["paid"], row["reversed"], row["repaid"]) for row in rows},
        amended={grant_number(row["grant_id"]): row["decided"] for row in rows},
        reports=[report for _grant_id, report in await read_reports(concerned, today)],
        stopped=frozenset(await read_stopped(ids, today)),
    )
    return {party_id: position_of(told, after) for party_id, told in figures.items()}
