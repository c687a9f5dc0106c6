"""Associations with grants and payments of the year, taken in by the import commands' own way."""

import csv
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.ground import Ground
from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.grants.commands import FILE as GRANTS_FILE
from registry.imports import FileKind, import_file
from registry.parties.commands import FILE as PARTIES_FILE
from registry.payments.commands import FILE as PAYMENTS_FILE
from tests import factories

YEAR = 2025


async def import_associations(place: Ground, payments: Sequence[int]) -> list[int]:
    """As many associations as there are numbers, with so many payments each, half of them from a grant of each funder.

    Returns their ids, in the same order.
    """
    world = place.world
    programmes = {
        number: await fetch_value("SELECT code FROM programme WHERE id = $1", programme_id)
        for number, programme_id in (
            (factories.LUDVIKA, await factories.make_programme(world.kommun, frame=10**13)),
            (factories.DALARNA, await factories.make_programme(world.region, frame=10**13)),
        )
    }
    numbers = [factories.org_number(10_000 + index) for index in range(len(payments))]
    files: list[tuple[FileKind[Any], Iterable[dict[str, str]]]] = [
        (PARTIES_FILE, _parties(numbers)),
        (GRANTS_FILE, _grants(numbers, programmes)),
        (PAYMENTS_FILE, _payments(numbers, programmes, payments)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for kind, rows in files:
            await import_file(CONSOLE, kind, _write(Path(folder) / "file.csv", rows))
    return [await fetch_value("SELECT id FROM party WHERE org_number = $1", number) for number in numbers]


def _parties(numbers: Sequence[str]) -> Iterable[dict[str, str]]:
    return (
        {"org_number": number, "name": f"Föreningen {index:04}", "kind": "society", "municipality": "Ludvika",
         "bankgiro": "5402-9681"}
        for index, number in enumerate(numbers)
    )  # fmt: skip


def _grants(numbers: Sequence[str], programmes: dict[str, str]) -> Iterable[dict[str, str]]:
    return (
        {"funder": funder, "programme": code, "recipient": number, "dnr": f"BENCH {index}",
         "decided_on": f"{YEAR}-02-03", "decider": "Nämnden", "amount": "4000000", "period_from": f"{YEAR}-01-01",
         "period_to": f"{YEAR}-12-31", "purpose": "Verksamhetsbidrag"}
        for index, number in enumerate(numbers)
        for funder, code in programmes.items()
    )  # fmt: skip


def _payments(numbers: Sequence[str], programmes: dict[str, str], payments: Sequence[int]) -> Iterable[dict[str, str]]:
    return (
        {"payment_id": f"{funder}-{index}-{part}", "funder": funder, "dnr": f"BENCH {index}", "recipient": number,
         "amount": f"{1000 + index}.50", "paid_on": f"{YEAR}-{3 + part * 2 % 10:02}-15", "voucher": f"V{index}-{part}"}
        for index, number in enumerate(numbers)
        for funder in programmes
        for part in range(payments[index] // 2)
    )  # fmt: skip


def _write(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(listed)
    return path
