"""What every command shares: the database for the length of one command, who acts, progress, and how it ends."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from typing import NoReturn, TypeVar

import asyncpg
import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from registry import texts
from registry.core.access import CONSOLE, Permission, Role, Scope
from registry.core.errors import N_, RegistryError
from registry.core.periods import today
from registry.database import (
    NO_DATABASE,
    DatabaseUnavailableError,
    connect,
    disconnect,
    fetch_row,
    migrate,
    start_server,
    stop_server,
)
from registry.settings import SettingError, Settings, load_settings

Result = TypeVar("Result")

REFUSED = 1
USAGE = 2


class UnknownUserError(RegistryError):
    """`--as` names nobody who may act."""

    code = "unknown-user"
    message = N_("There is no active user with the e-mail address %(email)s.")


def fail(*messages: str, status: int = REFUSED) -> NoReturn:
    """Say why on standard error and end the command."""
    for message in messages:
        click.echo(message, err=True)
    sys.exit(status)


def warn(message: str) -> None:
    """Say something on standard error and go on."""
    click.echo(message, err=True)


def run(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run one command's work with the database open; a refusal becomes one line and exit status 1."""
    settings = load_settings()
    texts.set_language(settings.language)
    try:
        return asyncio.run(_connected(settings, work))
    except RegistryError as error:
        fail(texts.describe(error))
    except (SettingError, DatabaseUnavailableError) as error:
        fail(str(error))
    except NO_DATABASE as error:
        told = texts._("The connection to the database was lost: %(reason)s. Run the command again.")
        fail(told % {"reason": str(error) or type(error).__name__})
    except asyncpg.UndefinedTableError:
        fail(texts._("The database is not prepared: run registry migrate."))
    finally:
        stop_server()


async def _connected(settings: Settings, work: Callable[[], Awaitable[Result]]) -> Result:
    dsn = start_server(settings)
    if settings.database_url is None:
        await migrate_quietly(dsn)
    await connect(dsn)
    try:
        return await work()
    finally:
        await disconnect()


async def migrate_quietly(dsn: str) -> None:
    """Migrate without Piccolo's chatter on standard output."""
    with redirect_stdout(StringIO()):
        await migrate(dsn)


async def acting_scope(email: str | None) -> Scope:
    """The scope of `--as EMAIL`, or of the operator. Raises: UnknownUserError."""
    if email is None:
        return CONSOLE
    row = await fetch_row(
        "SELECT id, role, funder_id, registry_rights(id) AS rights FROM app_user"
        " WHERE email = lower($1) AND NOT disabled AND (expires_on IS NULL OR expires_on >= $2)",
        email.strip(),
        today(datetime.now(UTC)),
    )
    if row is None:
        raise UnknownUserError(email=email)
    rights = frozenset(map(Permission, row["rights"]))
    return Scope(user_id=row["id"], role=Role(row["role"]), funder_id=row["funder_id"], rights=rights)


class _RateColumn(ProgressColumn):
    """How many a minute, of late."""

    def render(self, task: Task) -> Text:
        """The rate, or nothing while it isn't known."""
        return Text(f"{task.speed * 60:.0f}/min" if task.speed else "")


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, nothing elsewhere; call the result with how many more are done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _count: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    with bar:
        task = bar.add_task(label, total=total)
        yield lambda count: bar.advance(task, count)
