"""`registry allocations`: simulating an allocation, and rules; what is frozen has a module of its own."""

import io
import json
import sys
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from registry import trail
from registry.allocations.decision_commands import COMMANDS
from registry.allocations.files import write_shares
from registry.allocations.rule_file import LONGEST, OPTIONAL, READERS, REQUIRED, RuleRow, assemble
from registry.allocations.rule_queries import list_rules
from registry.allocations.rule_service import ensure_rules, import_rules
from registry.allocations.schemas import RuleVersion
from registry.allocations.simulation import Run, find_allocated, read_weights, simulate, wire
from registry.console import run
from registry.core.access import CONSOLE, Scope
from registry.core.errors import RegistryError
from registry.core.exact import write_exact
from registry.core.money import Money
from registry.core.periods import FIRST_YEAR, LAST_YEAR, parse_date
from registry.documents.sheet import Sheet, SheetErrors
from registry.import_command import import_options, run_import
from registry.imports import Advance, Cells, FileKind, Imported, Source
from registry.settings import load_settings
from registry.texts import _, describe, set_language


@click.group()
def allocations() -> None:
    """A frame divided among study associations by a rule."""


for _command in COMMANDS:
    allocations.add_command(_command)


@allocations.command("simulate")
@click.option("--rule", "rule_text", metavar="NAME", required=True, help="The rule's name, number or NAME@VERSION.")
@click.option("--frame", metavar="AMOUNT", required=True, help="What is divided, in kronor.")
@click.option("--year", type=click.IntRange(FIRST_YEAR, LAST_YEAR), required=True, help="The year of the grants.")
@click.option("--programme", metavar="CODE", help="The programme, as CODE or FUNDER:CODE. Without: all of them.")
@click.option("--weights", metavar="PART=PERCENT,…", default="", help="Other weights than the rule's.")
@click.option("--decided-on", metavar="DATE", help="The day whose standings count; by default today.")
@click.option("--format", "format_", type=click.Choice(["json", "csv"]), required=True, help="What to write.")
def simulate_command(
    rule_text: str,
    frame: str,
    year: int,
    programme: str | None,
    weights: str,
    decided_on: str | None,
    format_: str,
) -> None:
    """Work out what a rule would give each study association, part by part. Nothing is written to the registry."""
    amount, changed, day = _read(frame, weights, decided_on)

    async def work() -> Run:
        await ensure_rules()
        chosen = await find_allocated(CONSOLE, programme) if programme else None
        return await simulate(
            CONSOLE, rule_text, year=year, frame=amount, programme=chosen, weights=changed, eligible_on=day
        )

    done = run(work)
    if format_ == "json":
        click.echo(json.dumps(wire(done.result), ensure_ascii=False, indent=1))
        return
    file = io.BytesIO()
    write_shares(file, "csv", done.result, detail="shares", facts=(), made_at=trail.now())
    sys.stdout.buffer.write(file.getvalue())


def _read(frame: str, weights: str, decided_on: str | None) -> tuple[Money, dict[str, Fraction], date | None]:
    set_language(load_settings().language)
    for name, reader, text in (
        ("frame", Money.parse, frame), ("decided-on", parse_date, decided_on), ("weights", read_weights, weights),
    ):  # fmt: skip
        try:
            if text:
                reader(text)
        except RegistryError as error:
            raise click.UsageError(f"--{name}: {describe(error)}") from error
        except ValueError as error:
            raise click.UsageError(f"--{name}: {_(str(error))}") from error
    return Money.parse(frame), read_weights(weights), parse_date(decided_on) if decided_on else None


@allocations.group(invoke_without_command=True)
@click.pass_context
def rules(context: click.Context) -> None:
    """The rules that a frame can be divided by; without a further word their list."""
    if context.invoked_subcommand is None:
        for rule in run(_rules):
            parts = " + ".join(f"{write_exact(part.weight)} % {part.key}" for part in rule.definition.parts)
            click.echo(f"{rule.reference:<8} {rule.name}: {parts} ({rule.source})")


async def _rules() -> list[RuleVersion]:
    await ensure_rules()
    return await list_rules(CONSOLE)


async def read_rule_rows(_scope: Scope, sheet: Sheet) -> list[tuple[int, RuleRow]]:
    """The file's parts of rules."""
    await ensure_rules()
    rows = []
    for number, values in sheet:
        cells = Cells(sheet, number, values)
        read: dict[str, Any] = {}
        for column in (*REQUIRED, *OPTIONAL):
            if column in READERS:
                read[column] = cells.read(column, READERS[column], required=column in REQUIRED)
            else:
                read[column] = cells.text(column, required=column in REQUIRED, most=LONGEST[column]) or None
        if cells.ok:
            rows.append((number, assemble(read, sheet.given)))
    return rows


async def write_rule_rows(
    scope: Scope,
    rows: Sequence[tuple[int, RuleRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
    advance: Advance = lambda _count: None,
) -> Imported:
    """Import the rules and say that all are done."""
    done = await import_rules(scope, rows, source, errors=errors, dry_run=dry_run)
    advance(len(rows))
    return done


RULE_FILE = FileKind(REQUIRED, OPTIONAL, read_rule_rows, write_rule_rows)
"""The import file of rules."""


@rules.command("import")
@import_options
def import_rules_command(file: Path, as_email: str | None, dry_run: bool) -> None:
    """Register the rules of a CSV or XLSX FILE, one row a part, all or none; other than before is a new version.

    Columns: rule; part; weight_percent; key; source. What a part may have beside: title; note; programme_hours;
    other_group_percent; most_per_study_hour; most_percent. What concerns the whole rule, alike in all its rows: issuer;
    valid_from; rule_note; rounding (ore or krona); activity_lag; needs_state_grant; min_hours; min_municipalities;
    municipality_hours; fixed_amount; fixed_min_hours; fixed_min_municipalities; fixed_municipality_hours.
    """
    run_import(RULE_FILE, file, as_email=as_email, dry_run=dry_run)
