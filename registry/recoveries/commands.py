"""`registry recoveries`."""

import click


@click.group()
def recoveries() -> None:
    """Recovery claims."""
