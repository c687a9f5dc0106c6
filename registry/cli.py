"""The command `registry`: serve, migrate, backup, and one group of commands for each slice."""

import os
from importlib import import_module
from typing import cast

import click

from registry import __version__
from registry.console import fail
from registry.database import DatabaseUnavailableError, start_server, stop_server
from registry.settings import SettingError, load_settings
from registry.texts import _, set_language

GROUPS = (
    "activity", "agreements", "allocations", "audit", "closing", "fees", "followup", "grants", "initiatives", "parties",
    "payments", "programmes", "recoveries", "reminders", "reports", "statements", "summaries", "users",
)  # fmt: skip
"""The slices that have commands, each under the slice's name."""
ELSEWHERE = {"backup": "registry.backup", "restore": "registry.backup"}


class LateCommands(click.Group):
    """Imports the command that is asked for and no other: all of them, with the web, take two seconds to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted([*super().list_commands(ctx), *GROUPS, *ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, if there is one."""
        module = f"registry.{cmd_name}.commands" if cmd_name in GROUPS else ELSEWHERE.get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        return cast("click.Command", getattr(import_module(module), cmd_name))


@click.group(cls=LateCommands)
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
    from registry.server import serve_forever

    try:
        serve_forever(load_settings(), host=host, port=port, workers=workers, demo=demo)
    except (SettingError, DatabaseUnavailableError) as error:
        fail(_(str(error)))


@main.command()
def migrate() -> None:
    """Bring the schema up to date."""
    from registry.server import migrate_and_seed

    settings = load_settings()
    try:
        migrate_and_seed(start_server(settings))
    except (SettingError, DatabaseUnavailableError) as error:
        fail(str(error))
    finally:
        stop_server()
    click.echo(_("The schema is up to date."))
