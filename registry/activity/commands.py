"""`registry activity`."""

import click


@click.group()
def activity() -> None:
    """Activity reports of study associations."""
