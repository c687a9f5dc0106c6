"""`registry allocations` beyond simulating: freeze a frame as drafts, list, decide or discard them, the appendix."""

import asyncio
import json
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile
from typing import get_args

import click
from pydantic import ValidationError

from registry.allocations.appendix import make_appendix
from registry.allocations.filters import DEFAULT_SORT, allocation_filter, read_filters
from registry.allocations.list_export import export_allocations
from registry.allocations.queries import (
    Allocation,
    allocation_number,
    get_allocation,
    list_grants_of,
    read_result,
)
from registry.allocations.records import to_card
from registry.allocations.rule_queries import find_rule
from registry.allocations.rule_service import ensure_rules
from registry.allocations.service import (
    Decision,
    PlannedPart,
    decide_allocation,
    discard_allocation,
    freeze_allocation,
)
from registry.allocations.simulation import day_of, find_allocated, frame_of
from registry.console import acting_scope, fail, run
from registry.core.access import CONSOLE
from registry.core.errors import N_, RegistryError
from registry.core.exact import read_exact
from registry.core.money import Money
from registry.core.periods import FIRST_YEAR, LAST_YEAR, parse_date
from registry.documents import rendering
from registry.documents.listing import ListFormat
from registry.settings import load_settings
from registry.texts import LANGUAGES, _, describe, set_language, use_language

AS = click.option("--as", "as_email", metavar="EMAIL", help="Act as this user instead of as the operator.")
PLAN_MESSAGE = N_("Write instalments as DATE:PERCENT|DATE:PERCENT, such as 2027-01-31:50|2027-06-30:50.")
TEXT_MESSAGE = N_("The text is empty or too long.")


@click.command()
@click.option("--rule", "rule_text", metavar="NAME", required=True, help="The rule's name, number or NAME@VERSION.")
@click.option("--frame", metavar="AMOUNT", help="What is divided; by default the programme's frame of the year.")
@click.option("--year", type=click.IntRange(FIRST_YEAR, LAST_YEAR), required=True, help="The year of the grants.")
@click.option("--programme", metavar="CODE", required=True, help="The programme, as CODE or FUNDER:CODE.")
@click.option("--decided-on", metavar="DATE", help="The day whose standings count; by default today.")
@AS
def freeze(
    rule_text: str, frame: str | None, year: int, programme: str, decided_on: str | None, as_email: str | None
) -> None:
    """Freeze rule, figures and result as draft decisions for all, and say the allocation's number."""
    set_language(load_settings().language)
    amount, day = _money(frame), _day(decided_on)

    async def work() -> str:
        await ensure_rules()
        scope = await acting_scope(as_email)
        chosen = await find_allocated(scope, programme)
        rule = await find_rule(scope, rule_text, year=year)
        return allocation_number(
            await freeze_allocation(
                scope,
                f"{chosen.funder_org_number}:{chosen.code}",
                rule.reference,
                year=year,
                frame=frame_of(chosen, year, amount),
                eligible_on=day or day_of(year),
            )
        )

    click.echo(run(work))


@click.command()
@click.argument("number")
@click.option("--dnr", required=True, help="The registration number that all the grants share.")
@click.option("--paragraph", default="", help="The paragraph of the minutes.")
@click.option("--decided-on", metavar="DATE", required=True, help="The day of decision.")
@click.option("--decider", metavar="NAME", required=True, help="The committee, or who decided by delegation.")
@click.option("--purpose", default="", metavar="TEXT", help="What the grants are for.")
@click.option("--conditions", default="", metavar="TEXT", help="The conditions, as they read that day.")
@click.option("--instalments", default="", metavar="DATE:PERCENT|…", help="By default all on the day of decision.")
@AS
def decide(
    number: str,
    dnr: str,
    paragraph: str,
    decided_on: str,
    decider: str,
    purpose: str,
    conditions: str,
    instalments: str,
    as_email: str | None,
) -> None:
    """Decide grants for every share of the allocation NUMBER, all or none, and say their numbers."""
    set_language(load_settings().language)
    said = {"dnr": dnr, "paragraph": paragraph, "decider": decider, "purpose": purpose, "conditions": conditions}
    try:
        decision = Decision.model_validate({**said, "decided_on": _day(decided_on), "plan": _plan(instalments)})
    except ValidationError as error:
        place = error.errors()[0]["loc"][0]
        raise click.UsageError(f"--{str(place).replace('_', '-')}: {_(TEXT_MESSAGE)}") from error

    async def work() -> list[str]:
        return await decide_allocation(await acting_scope(as_email), number, decision)

    for grant in run(work):
        click.echo(grant)


@click.command()
@click.argument("number")
@click.option("--reason", required=True, help="Why the drafts don't become decisions.")
@AS
def discard(number: str, reason: str, as_email: str | None) -> None:
    """Discard the draft decisions of the allocation NUMBER; it stays readable with the reason."""

    async def work() -> None:
        await discard_allocation(await acting_scope(as_email), number, reason=reason)

    run(work)


@click.command("list")
@click.option("--funder", metavar="ORGNR", help="Only this funder's.")
@click.option("--programme", metavar="CODE", help="Only of this programme, as CODE or FUNDER:CODE.")
@click.option("--year", metavar="Y", help="Only of this year.")
@click.option("--state", metavar="STATE", help="Only draft, decided or discarded ones.")
@click.option("--format", "format_", type=click.Choice(get_args(ListFormat)), default="csv", help="What to write.")
def list_(format_: ListFormat, **filters: str | None) -> None:
    """The frozen allocations with their state, rule and sums, to standard output; the trail says so."""

    async def work() -> bytes:
        asked = await read_filters(CONSOLE, {name: text for name, text in filters.items() if text})
        wanted = allocation_filter(asked)
        asked.demand()
        with TemporaryFile() as file:
            question = asked.question(sort=DEFAULT_SORT)
            await export_allocations(CONSOLE, wanted, file, format_, sort=DEFAULT_SORT, question=question)
            file.seek(0)
            return file.read()

    sys.stdout.buffer.write(run(work))


@click.command()
@click.argument("number")
def show(number: str) -> None:
    """The allocation NUMBER with every share and its basis, and the grants that they became, as JSON."""

    async def work() -> str:
        one = await get_allocation(CONSOLE, number)
        card = to_card(one, await read_result(CONSOLE, one), await list_grants_of(CONSOLE, one))
        return json.dumps(card.model_dump(mode="json"), ensure_ascii=False, indent=1)

    click.echo(run(work))


@click.command()
@click.argument("number")
@click.option("--language", type=click.Choice(LANGUAGES), default="sv", help="The language of the appendix.")
@click.option("--output", metavar="FILE", required=True, help="Where to write the PDF.")
def appendix(number: str, language: str, output: str) -> None:
    """Write the appendix to the minutes of the allocation NUMBER: rule, inputs, shares and their basis, as PDF/A."""

    async def work() -> bytes:
        one: Allocation = await get_allocation(CONSOLE, number)
        try:
            with use_language(language):
                return await make_appendix(CONSOLE, one)
        finally:
            await asyncio.to_thread(rendering.stop)

    pdf = run(work)
    try:
        Path(output).write_bytes(pdf)
    except OSError as error:
        fail(f"{output}: {error.strerror}")


def _money(text: str | None) -> Money | None:
    try:
        return Money.parse(text) if text else None
    except ValueError as error:
        raise click.UsageError(f"--frame: {_(str(error))}") from error


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError as error:
        raise click.UsageError(f"--decided-on: {_(str(error))}") from error
    except RegistryError as error:
        raise click.UsageError(f"--decided-on: {describe(error)}") from error


def _plan(text: str) -> tuple[PlannedPart, ...]:
    parts = []
    for part in text.split("|") if text.strip() else []:
        day, _colon, percent = part.partition(":")
        try:
            parts.append(PlannedPart(due_on=parse_date(day.strip()), percent=read_exact(percent)))
        except ValueError as error:
            raise click.UsageError(f"--instalments: {_(PLAN_MESSAGE)}") from error
    return tuple(parts)


COMMANDS = (list_, show, freeze, decide, discard, appendix)
