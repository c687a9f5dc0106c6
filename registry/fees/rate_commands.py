"""`registry fees rates`: the percentages that fees are made comparable by, and a new version of them."""

import click

from registry.console import acting_scope, run
from registry.core.access import CONSOLE
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.fees.book import list_rates
from registry.fees.reading import parse_percent
from registry.fees.schedules import ensure_levels, set_rates
from registry.fees.schemas import Rates, RatesDetails
from registry.texts import _, format_basis_points
from registry.write_command import AS, LONGEST_REASON, Typed, run_write, text

YEAR = click.IntRange(FIRST_YEAR, LAST_YEAR)
PERCENT = Typed("percent", parse_percent)


@click.group(invoke_without_command=True)
@click.option("--year", type=YEAR, help="Only those that cover this year; the first of them applies.")
@click.pass_context
def rates(context: click.Context, year: int | None) -> None:
    """The percentages of each year, those of the latest years first: employer contribution, holiday pay and VAT."""
    if context.invoked_subcommand is not None:
        if year is not None:
            raise click.UsageError(_("--year only narrows the list."))
        return
    for one in run(_all_rates):
        if year is None or one.year_from <= year <= (one.year_to or LAST_YEAR):
            click.echo(write_rates(one))


async def _all_rates() -> list[Rates]:
    await ensure_levels()
    return await list_rates(CONSOLE)


def write_rates(one: Rates) -> str:
    """The percentages of some years on a line."""
    parts = (
        f"{title} {format_basis_points(points)}"
        for title, points in (
            (_("Employer contribution"), one.employer_basis_points),
            (_("Holiday pay"), one.holiday_basis_points),
            (_("VAT"), one.vat_basis_points),
        )
    )
    return f"{one.year_from}–{one.year_to or ''}: {', '.join(parts)} ({one.source}) {one.reason}".rstrip()


@rates.command("register")
@click.option("--year-from", type=YEAR, required=True, help="The first year.")
@click.option("--year-to", type=YEAR, help="The last year; without, until others take over.")
@click.option("--employer", "employer_basis_points", type=PERCENT, metavar="PERCENT", required=True,
              help="The employer contribution.")  # fmt: skip
@click.option("--holiday", "holiday_basis_points", type=PERCENT, metavar="PERCENT", required=True, help="Holiday pay.")
@click.option("--vat", "vat_basis_points", type=PERCENT, metavar="PERCENT", required=True, help="VAT.")
@click.option("--source", type=text(LONGEST_REASON), metavar="TEXT", required=True, help="Where they come from.")
@click.option("--reason", type=text(LONGEST_REASON), metavar="TEXT", default=None,
              help="Why, when they correct what is registered.")  # fmt: skip
@AS
def register_command(
    year_from: int, year_to: int | None, source: str, reason: str | None, as_email: str | None, **percents: int
) -> None:
    """Register the percentages of some years. They go before those registered earlier, which stay."""
    details = RatesDetails(year_from=year_from, year_to=year_to, source=source, reason=reason or "", **percents)

    async def work() -> None:
        scope = await acting_scope(as_email)
        await ensure_levels()
        await set_rates(scope, details)

    run_write(work)
    click.echo(_("The percentages apply from %(year)s.") % {"year": year_from})
