"""`registry payments import`: payments from an accounting system's file."""

from functools import lru_cache
from pathlib import Path

import click

from registry.core.access import Scope
from registry.core.money import Money
from registry.core.numbers import normalise_org_number
from registry.core.periods import parse_date
from registry.documents.sheet import Sheet
from registry.import_command import import_options, run_import
from registry.imports import Cells, FileKind
from registry.payments.importer import PaymentRow, import_payments

REQUIRED = ("payment_id", "funder", "dnr", "recipient", "amount", "paid_on")
OPTIONAL = ("voucher", "reference", "override_reason")

LONGEST_ID, LONGEST_DNR, LONGEST_VOUCHER, LONGEST_REFERENCE, LONGEST_REASON = 255, 60, 60, 200, 2000

_read_money = lru_cache(maxsize=65_536)(Money.parse)
_read_day = lru_cache(maxsize=16_384)(parse_date)


async def read_rows(_scope: Scope, sheet: Sheet) -> list[tuple[int, PaymentRow]]:
    """The file's payments. A file may be long: only rows that are wrong are read cell by cell."""
    rows = []
    for number, values in sheet:
        payment_id, funder, dnr, recipient, amount, paid_on, voucher, reference, override_reason = values
        try:
            row = PaymentRow(
                payment_id,
                normalise_org_number(funder),
                dnr,
                normalise_org_number(recipient),
                _read_money(amount),
                _read_day(paid_on),
                voucher,
                reference,
                override_reason,
            )
            if (
                0 < len(payment_id) <= LONGEST_ID
                and 0 < len(dnr) <= LONGEST_DNR
                and len(voucher) <= LONGEST_VOUCHER
                and len(reference) <= LONGEST_REFERENCE
                and len(override_reason) <= LONGEST_REASON
            ):
                rows.append((number, row))
                continue
        except ValueError:
            pass
        _explain(Cells(sheet, number, values))
    return rows


def _explain(cells: Cells) -> None:
    """Name everything that is wrong in a row."""
    cells.text("payment_id", required=True, most=LONGEST_ID)
    cells.read("funder", normalise_org_number)
    cells.text("dnr", required=True, most=LONGEST_DNR)
    cells.read("recipient", normalise_org_number)
    cells.read("amount", Money.parse)
    cells.read("paid_on", parse_date)
    cells.text("voucher", most=LONGEST_VOUCHER)
    cells.text("reference", most=LONGEST_REFERENCE)
    cells.text("override_reason", most=LONGEST_REASON)


FILE = FileKind(REQUIRED, OPTIONAL, read_rows, import_payments)
"""The import file of payments."""


@click.group()
def payments() -> None:
    """Payments."""


@payments.command("import")
@import_options
def import_command(file: Path, as_email: str | None, dry_run: bool) -> None:
    """Register the payments of a CSV or XLSX FILE, all or none; those that are there already stay as they are.

    Columns: payment_id; funder; dnr; recipient; amount; paid_on; voucher; reference; override_reason. payment_id is
    the sender's own id. A payment with a voucher was attested in the accounting system and counts as paid; one without
    waits for attest. override_reason says why it is paid although a report is overdue.
    """
    run_import(FILE, file, as_email=as_email, dry_run=dry_run)
