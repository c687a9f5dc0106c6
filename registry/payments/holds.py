"""Reading what may keep grants from being paid: stops, overdue reports, and days on which less was granted.

Few grants have any of it, so that `payments/states.py` asks first whether there is something, and this only then.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from registry.core.errors import N_
from registry.database import fetch
from registry.grants.queries import STANDING
from registry.grants.schemas import REPORT_TITLES, ReportKind
from registry.payments.rules import Holds, OverdueReport, StandingStop
from registry.reports.queries import OVERDUE
from registry.reports.schemas import report_number
from registry.texts import Later

ANY = f"""(
  EXISTS (SELECT 1 FROM grant_stop s WHERE s.grant_id = {{grant}} AND {STANDING})
  OR EXISTS (SELECT 1 FROM report r WHERE r.grant_id = {{grant}} AND {OVERDUE.format(today="{today}")})
  OR EXISTS (SELECT 1 FROM amendment c WHERE c.grant_id = {{grant}} AND c.decided_on > {{day}})
  OR EXISTS (SELECT 1 FROM reversal v WHERE v.reversed_on > {{day}}))"""
"""Whether anything may keep a grant from being paid on a day. Reversals are asked for whatever their grant."""

_STOPS = f"""
SELECT s.grant_id, s.stopped_on, s.reason, coalesce(u.name, '') AS name FROM grant_stop s
LEFT JOIN app_user u ON u.id = s.recorded_by WHERE s.grant_id = ANY($1) AND {STANDING}
"""
_OVERDUE = f"""
SELECT r.id, r.grant_id, r.kind, r.title, coalesce(e.due_on, r.due_on) AS due_on FROM report r
LEFT JOIN LATERAL (
  SELECT x.due_on FROM report_event x WHERE x.accounting_report_id = r.id ORDER BY x.id DESC LIMIT 1) e ON true
WHERE r.grant_id = ANY($1) AND {OVERDUE.format(today="$2")} ORDER BY 5, 1
"""
_MOVES = """
WITH odd AS (
  SELECT c.grant_id FROM amendment c WHERE c.grant_id = ANY($1)
  UNION SELECT p.grant_id FROM reversal v JOIN payment p ON p.id = v.payment_id WHERE p.grant_id = ANY($1))
SELECT m.grant_id, m.day, sum(m.change)::bigint AS change FROM (
  SELECT g.id AS grant_id, g.decided_on AS day, g.amount_ore AS change FROM funding_grant g WHERE g.id IN (TABLE odd)
  UNION ALL SELECT c.grant_id, c.decided_on, c.delta_ore FROM amendment c WHERE c.grant_id IN (TABLE odd)
  UNION ALL SELECT p.grant_id, p.paid_on, -p.amount_ore FROM payment p WHERE p.grant_id IN (TABLE odd)
  UNION ALL SELECT p.grant_id, v.reversed_on, p.amount_ore
  FROM reversal v JOIN payment p ON p.id = v.payment_id WHERE p.grant_id IN (TABLE odd)) m GROUP BY 1, 2
"""


async def read_stops(grant_ids: Sequence[int]) -> dict[int, StandingStop]:
    """The stops that stand on some grants, by grant."""
    return {
        row["grant_id"]: StandingStop(row["stopped_on"], row["reason"], row["name"] or Later(N_("the operator")))
        for row in await fetch(_STOPS, list(grant_ids))
    }


async def read_overdue(grant_ids: Sequence[int], today: date) -> dict[int, list[OverdueReport]]:
    """The reports that are overdue on a day, by grant, the one that has been so longest first."""
    overdue = defaultdict[int, list[OverdueReport]](list)
    for row in await fetch(_OVERDUE, list(grant_ids), today):
        title = row["title"] or Later(REPORT_TITLES[ReportKind(row["kind"])])
        overdue[row["grant_id"]].append(OverdueReport(row["id"], report_number(row["id"]), title, row["due_on"]))
    return overdue


async def read_holds(grant_ids: Sequence[int], today: date) -> dict[int, Holds]:
    """What may keep some grants from being paid, by grant; those that nothing holds have no place in it."""
    ids = list(grant_ids)
    stops = await read_stops(ids)
    overdue = await read_overdue(ids, today)
    moves = defaultdict[int, dict[date, int]](dict)
    for row in await fetch(_MOVES, ids):
        moves[row["grant_id"]][row["day"]] = row["change"]
    return {
        grant_id: Holds(stops.get(grant_id), tuple(overdue.get(grant_id, ())), moves.get(grant_id))
        for grant_id in {*stops, *overdue, *moves}
    }
