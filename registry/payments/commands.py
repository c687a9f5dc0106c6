"""`registry payments`: payments from an accounting system's file, and money that came back."""

from datetime import date
from functools import lru_cache
from pathlib import Path

import click

from registry.console import acting_scope
from registry.core.access import Scope
from registry.core.money import Money
from registry.core.numbers import normalise_org_number
from registry.core.periods import parse_date
from registry.documents.sheet import Sheet
from registry.import_command import import_options, run_import
from registry.imports import Cells, FileKind
from registry.payments.importer import PaymentRow, import_payments
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.write_command import AMOUNT, AS, DAY, KEY, REASON, run_write

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


@payments.command("repay")
@click.argument("grant")
@click.option("--amount", type=AMOUNT, metavar="AMOUNT", required=True, help="What came back, in kronor.")
@click.option("--date", "repaid_on", type=DAY, metavar="DATE", required=True, help="The day it came.")
@REASON
@click.option("--claim", metavar="K-1", default="", help="The recovery claim that it settles, wholly or partly.")
@KEY
@AS
def repay_command(
    grant: str, amount: Money, repaid_on: date, reason: str, claim: str, key: str, as_email: str | None
) -> None:
    """Register money that the recipient of the GRANT, such as B-12, has paid back, and say the repayment's number."""
    details = RepaymentDetails(amount, repaid_on, reason, claim.strip())

    async def work() -> int:
        return await register_repayment(await acting_scope(as_email), grant, details, key=key)

    click.echo(f"R-{run_write(work)}")
