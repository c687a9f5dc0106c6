"""`registry recoveries`: deciding and closing claims, and the list of them as a file."""

from datetime import date
from typing import IO

import click

from registry import trail
from registry.console import acting_scope
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.export_command import as_format, export_options, run_export
from registry.grants.filters import read_filters
from registry.recoveries.export import export_claims
from registry.recoveries.filters import TITLES, claim_filter
from registry.recoveries.schemas import ClaimDetails, ClosureKind, Ground, claim_number
from registry.recoveries.service import close_claim, decide_claim
from registry.texts import _
from registry.write_command import AMOUNT, AS, DAY, KEY, REASON, run_write, text


@click.group()
def recoveries() -> None:
    """Recovery claims."""


@recoveries.command("export")
@click.option("--funder", metavar="ORGNR", help="Only this funder's grants.")
@click.option("--recipient", metavar="ORGNR", help="Only this recipient; P-17 for a person.")
@click.option("--programme", metavar="CODE", help="Only grants of the programme with this code.")
@click.option("--status", metavar="STATUS", help=f"One of {', '.join(TITLES)}.")
@click.option("--from", "from_", metavar="DATE", help="Decided on this day or later.")
@click.option("--to", metavar="DATE", help="Decided on this day or earlier.")
@export_options
def export_command(format_: str, output: str, from_: str | None, **asked: str | None) -> None:
    """Write the list of claims to a file; the trail says so."""
    query = {name: value for name, value in {**asked, "from": from_}.items() if value}

    async def write(file: IO[bytes]) -> object:
        filters = await read_filters(CONSOLE, query)
        wanted = claim_filter(filters)
        filters.demand()
        question = filters.question(sort="-decided_on")
        return await export_claims(CONSOLE, wanted, file, kind=as_format(format_), question=question)

    run_export(output, write)


@recoveries.command("claim")
@click.argument("grant")
@click.option("--amount", type=AMOUNT, metavar="AMOUNT", required=True, help="What is claimed back, in kronor.")
@click.option("--ground", type=click.Choice([one.value for one in Ground]), required=True, help="What it rests on.")
@click.option("--condition", type=text(5000), metavar="TEXT", help="The condition as it reads in the decision.")
@REASON
@click.option("--decided-on", type=DAY, metavar="DATE", required=True, help="The day of decision.")
@click.option("--due-on", type=DAY, metavar="DATE", required=True, help="The last day to pay it back.")
@click.option("--decider", type=text(200), metavar="NAME", required=True, help="Who decided.")
@click.option("--dnr", type=text(60), metavar="DNR", required=True, help="The registration number of the claim.")
@KEY
@AS
def claim_command(
    grant: str,
    amount: Money,
    ground: str,
    condition: str | None,
    key: str,
    as_email: str | None,
    decided_on: date,
    due_on: date,
    **texts: str,
) -> None:
    """Claim back money that the GRANT, such as B-12, has paid, and say the claim's number."""
    claim = ClaimDetails(
        amount_ore=amount,
        ground=Ground(ground),
        condition=condition or "",
        decided_on=decided_on,
        due_on=due_on,
        **texts,
    )

    async def work() -> int:
        return await decide_claim(await acting_scope(as_email), grant, claim, key=key)

    click.echo(claim_number(run_write(work)))


@recoveries.command("close")
@click.argument("claim")
@click.option("--kind", type=click.Choice([one.value for one in ClosureKind]), required=True, help="Why it ends.")
@REASON
@click.option("--date", "closed_on", type=DAY, metavar="DATE", help="The day it was decided; by default today.")
@AS
def close_command(claim: str, kind: str, reason: str, closed_on: date | None, as_email: str | None) -> None:
    """Withdraw the CLAIM, such as K-1, or write off what is left of it; what was repaid stays."""

    async def work() -> None:
        scope = await acting_scope(as_email)
        await close_claim(scope, claim, ClosureKind(kind), reason=reason, closed_on=closed_on or trail.today())

    run_write(work)
    click.echo(_("%(claim)s is closed.") % {"claim": claim})
