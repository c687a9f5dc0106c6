"""`registry allocations`."""

import click


@click.group()
def allocations() -> None:
    """Dividing a frame among study associations by a rule."""
