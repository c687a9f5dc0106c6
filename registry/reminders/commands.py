"""`registry reminders`."""

import click


@click.group()
def reminders() -> None:
    """What is due soon or late, as a list and as a calendar feed.."""
