"""`registry fees`."""

import click


@click.group()
def fees() -> None:
    """Recommended minimum fees of cultural creators, engagements, and the check of one against the other.."""
