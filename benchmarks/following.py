"""Following the agreement up over many payments, beside the GROUP BY that an auditor would write for the same."""

import asyncio
from statistics import median
from time import perf_counter

from benchmarks.ground import ground
from benchmarks.reading import psql_seconds
from benchmarks.report import Figure
from benchmarks.sizes import Sizes
from registry.core.access import CONSOLE
from registry.followup.queries import follow_up
from registry.followup.schemas import Question

# What an auditor who knows the tables would write for the same figures: frames and everything that followed decisions.
GROUP_BY = """
SELECT m.priority_area_id, m.funder_id, e.year, sum(e.frame) AS frame, sum(e.decided) AS decided, sum(e.paid) AS paid,
       sum(e.repaid) AS repaid
FROM (
  SELECT programme_id, year, amount_ore AS frame, 0 AS decided, 0 AS paid, 0 AS repaid FROM budget_frame
  UNION ALL
  SELECT programme_id, year, 0, amount_ore, 0, 0 FROM funding_grant
  UNION ALL
  SELECT g.programme_id, g.year, 0, a.delta_ore, 0, 0 FROM amendment a JOIN funding_grant g ON g.id = a.grant_id
  UNION ALL
  SELECT g.programme_id, g.year, 0, 0, p.amount_ore, 0 FROM payment p JOIN funding_grant g ON g.id = p.grant_id
  WHERE (p.attest <> 'officer' OR EXISTS (SELECT 1 FROM attestation a WHERE a.payment_id = p.id))
    AND NOT EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id)
  UNION ALL
  SELECT g.programme_id, g.year, 0, 0, 0, b.amount_ore FROM repayment b JOIN funding_grant g ON g.id = b.grant_id
) e JOIN programme m ON m.id = e.programme_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


async def followup(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """Area × funder × year with control total, titles and the trail's head, beside the GROUP BY alone in psql."""
    async with ground(server_dsn, payments=sizes.payments) as place:

        async def registry() -> None:
            answer = await follow_up(CONSOLE, Question())
            assert answer.totals.grants == sizes.payments // 10
            assert answer.totals.paid_ore > 0

        floors, works = [], []
        await registry()
        for _round in range(sizes.rounds):
            floors.append(await asyncio.to_thread(psql_seconds, place.dsn, GROUP_BY))
            start = perf_counter()
            await registry()
            works.append(perf_counter() - start)
    work = f"follow-up of {sizes.payments:,} payments".replace(",", " ")
    return [Figure(work, median(floors), median(works), "ratio", 1.3)]
