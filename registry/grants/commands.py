"""`registry grants`: decisions from a file, and stopping the payments of one."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

import click

from registry.console import acting_scope
from registry.core.access import Scope
from registry.core.money import Money
from registry.core.numbers import normalise_org_number
from registry.core.periods import parse_date
from registry.documents.sheet import Sheet, SheetErrors
from registry.grants.importer import GrantRow, import_grants
from registry.grants.rules import read_instalments
from registry.grants.stops import release_grant, stop_grant
from registry.import_command import import_options, run_import
from registry.imports import Advance, Cells, FileKind, Imported, Source
from registry.texts import _
from registry.write_command import AS, DAY, REASON, run_write

REQUIRED = ("funder", "programme", "recipient", "dnr", "decided_on", "decider", "amount")
OPTIONAL = ("via", "period_from", "period_to", "purpose", "instalments", "paragraph", "conditions", "benefit")


async def read_rows(_scope: Scope, sheet: Sheet) -> list[tuple[int, GrantRow]]:
    """The file's decisions; parties and programmes are looked up by the service."""
    rows = []
    for number, values in sheet:
        row = _row(Cells(sheet, number, values))
        if row is not None:
            rows.append((number, row))
    return rows


def _row(cells: Cells) -> GrantRow | None:
    funder = cells.read("funder", normalise_org_number)
    programme = cells.text("programme", required=True, most=30)
    recipient = cells.read("recipient", normalise_org_number)
    via = cells.read("via", normalise_org_number, required=False) or ""
    texts = {
        "dnr": cells.text("dnr", required=True, most=60),
        "paragraph": cells.text("paragraph", most=30),
        "decider": cells.text("decider", required=True),
        "purpose": cells.text("purpose", most=2000),
        "conditions": cells.text("conditions", most=5000),
        "benefit": cells.text("benefit", most=2000),
    }
    decided_on, amount = cells.read("decided_on", parse_date), cells.read("amount", Money.parse)
    first, last = _read_period(cells, decided_on)
    if funder is None or recipient is None or decided_on is None or amount is None:
        return None
    plan = cells.read(
        "instalments", partial(read_instalments, decided_on=decided_on, amount=amount), required=False
    ) or read_instalments("", decided_on=decided_on, amount=amount)
    if not cells.ok:
        return None
    facts = {
        **texts,
        "decided_on": decided_on,
        "amount_ore": amount,
        "period_from": first,
        "period_to": last,
        "instalments": plan,
    }
    return GrantRow(funder, programme, recipient, via, facts)


def _read_period(cells: Cells, decided_on: date | None) -> tuple[date | None, date | None]:
    """The period; what is left empty is filled up to the calendar year of the other end, or of the decision."""
    first = cells.read("period_from", parse_date, required=False)
    last = cells.read("period_to", parse_date, required=False)
    known = first or last or decided_on
    if known is None:
        return None, None
    return first or date(known.year, 1, 1), last or date(known.year, 12, 31)


async def write_rows(
    scope: Scope,
    rows: Sequence[tuple[int, GrantRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
    advance: Advance = lambda _count: None,
) -> Imported:
    """Import the decisions and say that all are done."""
    done = await import_grants(scope, rows, source, errors=errors, dry_run=dry_run)
    advance(len(rows))
    return done


FILE = FileKind(REQUIRED, OPTIONAL, read_rows, write_rows)
"""The import file of grants."""


@click.group()
def grants() -> None:
    """Decisions on grants."""


@grants.command("import")
@import_options
def import_command(file: Path, as_email: str | None, dry_run: bool) -> None:
    """Register the decisions of a CSV or XLSX FILE, all or none; those that are there already stay as they are.

    Columns: funder; programme; recipient; via; dnr; decided_on; decider; amount; period_from; period_to; purpose;
    instalments; paragraph; conditions. Without a period it is the calendar year of the decision, and without
    instalments all is due on the day of the decision.
    """
    run_import(FILE, file, as_email=as_email, dry_run=dry_run)


@grants.command("stop")
@click.argument("grant")
@REASON
@click.option("--date", "stopped_on", type=DAY, metavar="DATE", help="The day it was decided; by default today.")
@AS
def stop_command(grant: str, reason: str, stopped_on: date | None, as_email: str | None) -> None:
    """Stop all payments on the GRANT, such as B-12, through any channel, until the stop is released."""

    async def work() -> None:
        await stop_grant(await acting_scope(as_email), grant, reason=reason, stopped_on=stopped_on)

    run_write(work)
    click.echo(_("Payments on %(grant)s are stopped.") % {"grant": grant})


@grants.command("release")
@click.argument("grant")
@REASON
@click.option("--date", "released_on", type=DAY, metavar="DATE", help="The day it was decided; by default today.")
@AS
def release_command(grant: str, reason: str, released_on: date | None, as_email: str | None) -> None:
    """Release the stop of the GRANT, such as B-12; it may be paid again."""

    async def work() -> None:
        await release_grant(await acting_scope(as_email), grant, reason=reason, released_on=released_on)

    run_write(work)
    click.echo(_("The stop is released. %(grant)s may be paid again.") % {"grant": grant})
