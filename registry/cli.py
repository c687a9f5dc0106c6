"""The command `registry`: serve, migrate, backup, and one group of commands for each slice."""

import os

import click

from registry import __version__
from registry.activity.commands import activity
from registry.allocations.commands import allocations
from registry.audit.commands import audit
from registry.backup import backup, restore
from registry.closing.commands import closing
from registry.console import fail
from registry.database import DatabaseUnavailableError, start_server, stop_server
from registry.fees.commands import fees
from registry.followup.commands import followup
from registry.grants.commands import grants
from registry.initiatives.commands import initiatives
from registry.parties.commands import parties
from registry.payments.commands import payments
from registry.programmes.commands import programmes
from registry.recoveries.commands import recoveries
from registry.reminders.commands import reminders
from registry.reports.commands import reports
from registry.server import migrate_and_seed, serve_forever
from registry.settings import SettingError, load_settings
from registry.statements.commands import statements
from registry.summaries.commands import summaries
from registry.texts import _, set_language
from registry.users.commands import users


@click.group()
@click.version_option(__version__)
def main() -> None:
    """The grant registry: decisions, payments, statements and summaries."""
    set_language(os.environ.get("REGISTRY_LANGUAGE", "sv"))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 32))
@click.option("--demo", is_flag=True, help="Load the demo data into an empty database and print its log-ins.")
def serve(host: str, port: int, workers: int, demo: bool) -> None:
    """Serve the registry. Ctrl-C stops it, and its own database too."""
    try:
        serve_forever(load_settings(), host=host, port=port, workers=workers, demo=demo)
    except (SettingError, DatabaseUnavailableError) as error:
        fail(_(str(error)))


@main.command()
def migrate() -> None:
    """Bring the schema up to date."""
    settings = load_settings()
    try:
        migrate_and_seed(start_server(settings))
    except (SettingError, DatabaseUnavailableError) as error:
        fail(str(error))
    finally:
        stop_server()
    click.echo(_("The schema is up to date."))


for _command in (
    parties, programmes, activity, fees, grants, allocations, reports, recoveries, payments, initiatives, users,
    statements, summaries, followup, closing, reminders, audit, backup, restore,
):  # fmt: skip
    main.add_command(_command)
