"""`registry initiatives`."""

import click


@click.group()
def initiatives() -> None:
    """Yearly editions of an initiative, and bodies that several funders keep together.."""
