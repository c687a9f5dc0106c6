"""Files that leave the trail: the chain as JSON lines, and samples as CSV or JSON."""

import asyncio
import json
from collections.abc import Callable
from typing import BinaryIO

from registry.audit.queries import export_lines
from registry.audit.schemas import Sample, SampleLine
from registry.core.access import Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.documents.csv import write_csv
from registry.documents.table import Column
from registry.texts import _

BATCH = 500

SAMPLE_METHOD = 'the lowest sha256("SEED:U-NUMBER") first, of payments registered up to entry `until` of the trail'
"""How a sample is drawn, as its files say it."""


async def write_export(scope: Scope, file: BinaryIO, *, progress: Callable[[int], None] = lambda _count: None) -> int:
    """Write the chain as it stands at one moment, one entry a line. Returns the number of entries. Memory: flat."""
    entries, batch = 0, list[bytes]()
    async with snapshot():
        async for line in export_lines(scope):
            batch.append(line)
            if len(batch) == BATCH:
                await asyncio.to_thread(file.write, b"".join(batch))
                entries += len(batch)
                progress(len(batch))
                batch.clear()
    file.write(b"".join(batch))
    progress(len(batch))
    return entries + len(batch)


_COLUMNS = (
    ("position", N_("Position"), "int"),
    ("number", N_("Payment"), "text"),
    ("grant", N_("Grant"), "text"),
    ("dnr", N_("Registration number"), "text"),
    ("funder", N_("Funder"), "text"),
    ("recipient", N_("Recipient"), "text"),
    ("amount", N_("Amount"), "money"),
    ("paid_on", N_("Paid on"), "date"),
    ("voucher", N_("Voucher"), "text"),
    ("reference", N_("Reference"), "text"),
    ("status", N_("Status"), "text"),
    ("seq", N_("Entry of the trail"), "int"),
    ("hash", N_("Hash"), "text"),
)


def write_sample_csv(file: BinaryIO, sample: Sample) -> None:
    """Write a sample with, in the closing lines, all that is needed to draw it again."""
    question = sample.question
    asked = question.model_dump(exclude_none=True, exclude={"size"})
    info = [
        ("method", SAMPLE_METHOD),
        *((name, str(value)) for name, value in asked.items()),
        ("size", str(question.size)),
        ("population", str(sample.population)),
        ("population_amount", sample.population_amount.wire),
        ("anchor", sample.anchor),
    ]
    columns = [Column(key, _(title), kind) for key, title, kind in _COLUMNS]  # type: ignore[arg-type]
    write_csv(file, columns, (_cells(line) for line in sample.items), info=info)


def _cells(line: SampleLine) -> list[str | int]:
    return [getattr(line, key) for key, _title, _kind in _COLUMNS]


def write_sample_json(file: BinaryIO, sample: Sample) -> None:
    """Write a sample as JSON."""
    value = {"method": SAMPLE_METHOD, **sample.model_dump(mode="json")}
    file.write(json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n")
