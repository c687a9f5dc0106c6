"""`registry reports`."""

import click


@click.group()
def reports() -> None:
    """Accounting reports (redovisning) that a grant demands."""
