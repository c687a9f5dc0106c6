"""`registry followup`."""

import click


@click.group()
def followup() -> None:
    """The follow-up of the agreement."""
