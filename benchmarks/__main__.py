"""Run the benchmarks, print what each took beside its floor, and end with status 1 if one is over its limit."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import click
import uvloop

from benchmarks.allocating import allocations
from benchmarks.batching import batch
from benchmarks.checking import fees
from benchmarks.following import followup
from benchmarks.ground import server
from benchmarks.importing import import_payments
from benchmarks.lengthening import long_statement
from benchmarks.reading import csv, page, summary
from benchmarks.registering import http, register
from benchmarks.report import Figure, table
from benchmarks.sending import first_byte
from benchmarks.sizes import FULL, QUICK, Sizes
from benchmarks.stating import statement

Benchmark = Callable[[str, Sizes], Awaitable[list[Figure]]]

BENCHMARKS: dict[str, Benchmark] = {
    "register": register,
    "http": http,
    "import": import_payments,
    "summary": summary,
    "followup": followup,
    "page": page,
    "csv": csv,
    "statement": statement,
    "long": long_statement,
    "first-byte": first_byte,
    "fees": fees,
    "allocations": allocations,
    "batch": batch,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)))
@click.option("--quick", is_flag=True, help="A tenth of the rows and fewer rounds: a look, not a measurement.")
def main(names: tuple[str, ...], *, quick: bool) -> None:
    """Run all benchmarks, or those with the given NAMES."""
    sizes = QUICK if quick else FULL
    figures = []
    with server() as server_dsn:
        for name in names or BENCHMARKS:
            click.echo(f"{name} …", err=True)
            figures += asyncio.run(_run(BENCHMARKS[name], server_dsn, sizes))
    print(table(figures))
    sys.exit(1 if any(figure.is_over for figure in figures) else 0)


async def _run(benchmark: Benchmark, server_dsn: str, sizes: Sizes) -> list[Figure]:
    return await benchmark(server_dsn, sizes)


if __name__ == "__main__":
    uvloop.install()
    main()
