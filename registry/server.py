"""Starting the server: database, schema, what every registry holds from the start, demo data, workers."""

import asyncio
import errno
import logging
import os
import secrets
import signal
import socket
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import FrameType

import click
import uvicorn
from litestar import Litestar

from registry import __version__
from registry.agreements.service import ensure_agreement
from registry.allocations.rule_service import ensure_rules
from registry.app import create_app
from registry.core.access import CONSOLE, Role
from registry.database import connect, disconnect, migrate, start_server, stop_server
from registry.demo.loader import DEMO_PASSWORD, ensure_demo, list_logins
from registry.documents.seal import load_seal, make_demo_certificate
from registry.fees.schedules import ensure_levels
from registry.settings import SettingError, Settings
from registry.tables import RegistryState
from registry.texts import _
from registry.trail import recording
from registry.users.schemas import ROLE_TITLES

WORKER_DSN = "REGISTRY_WORKER_DSN"
WORKER_SECRET = "REGISTRY_WORKER_SECRET"  # noqa: S105 - the name of a variable
WORKER_URL = "REGISTRY_WORKER_URL"
WORKER_DEMO = "REGISTRY_WORKER_DEMO"


def migrate_and_seed(dsn: str) -> None:
    """Migrate, register the agreement and the published fee levels, and tell the trail of an upgrade."""
    asyncio.run(_migrate_and_seed(dsn))


async def _migrate_and_seed(dsn: str) -> None:
    with redirect_stdout(StringIO()):
        await migrate(dsn)
    await connect(dsn, pool_size=2)
    try:
        await seed()
    finally:
        await disconnect()


async def seed() -> None:
    """What every registry holds: agreement, fee levels, rules, and an entry for each version that has run on it."""
    await ensure_agreement()
    await ensure_levels()
    await ensure_rules()
    before = await RegistryState.select(RegistryState.app_version).first()
    if before is None or before["app_version"] == __version__:
        return
    async with recording(CONSOLE) as unit:
        entry = unit.enter("system:registry:upgrade", old=before["app_version"], new=__version__)
        await unit.update(entry, RegistryState, 1, app_version=__version__)


def serve_forever(settings: Settings, *, host: str, port: int, workers: int, demo: bool) -> None:
    """Serve until Ctrl-C. Raises: SettingError, DatabaseUnavailableError."""
    secret = _secret(settings, demo=demo)
    load_seal(settings)
    _check_free(host, port)
    _stop_when_told()
    try:
        dsn = start_server(settings)
        base_url = os.environ.get("REGISTRY_BASE_URL") or f"http://{host}:{port}"
        is_demo = asyncio.run(_prepare(dsn, demo=demo))
        if is_demo and settings.seal_certificate is None:
            os.environ["REGISTRY_SEAL_CERTIFICATE"] = str(make_demo_certificate(settings.data_dir))
        os.environ.update(
            {WORKER_DSN: dsn, WORKER_SECRET: secret, WORKER_URL: base_url, WORKER_DEMO: "1" if is_demo else ""}
        )
        click.echo("\n" + _("The grant registry is at %(address)s") % {"address": base_url})
        click.echo(_("Ctrl-C stops it.") + "\n")
        uvicorn.run(
            "registry.server:worker_app",
            factory=True,
            host=host,
            port=port,
            workers=workers if workers > 1 else None,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    finally:
        # One Ctrl-C too many must not leave the database running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop_server()


def _check_free(host: str, port: int) -> None:
    """Find out before the database is started. Raises: SettingError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingError(
                _("Port %(port)s is in use. Stop what uses it, or choose another: PORT=9000 make run") % {"port": port}
            ) from error
        raise SettingError(
            _("It is not possible to listen to %(host)s:%(port)s: %(reason)s")
            % {"host": host, "port": port, "reason": error.strerror or error}
        ) from error


def _stop_when_told() -> None:
    """End in good order, the database too, when a service manager says so or the terminal is closed."""
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _hang_up)


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    sys.exit(0)


def _hang_up(number: int, frame: FrameType | None) -> None:
    del number, frame
    signal.raise_signal(signal.SIGTERM)


async def _prepare(dsn: str, *, demo: bool) -> bool:
    await _migrate_and_seed(dsn)
    await connect(dsn, pool_size=2)
    try:
        if demo:
            await ensure_demo()
        state = await RegistryState.select(RegistryState.demo).first()
        is_demo = bool(state and state["demo"])
        if is_demo:
            await _print_logins()
        return is_demo
    finally:
        await disconnect()


async def _print_logins() -> None:
    click.echo("\n" + _("Demo log-ins, all with the password %(password)s:") % {"password": DEMO_PASSWORD} + "\n")
    logins = await list_logins()
    width = max((len(login.email) for login in logins), default=0)
    for login in logins:
        click.echo(f"  {login.email:<{width}}  {_(ROLE_TITLES[Role(login.role)]):<20}  {login.belongs_to}".rstrip())


def _secret(settings: Settings, *, demo: bool) -> str:
    """The setting, or in demo mode one that is kept beside the data, so that sessions outlive a restart."""
    if settings.secret is not None or not demo:
        return settings.secret_or_refuse()
    path: Path = settings.data_dir / "secret"
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()


def worker_app() -> Litestar:
    """The application of one worker, from what the parent process prepared."""
    app = create_app(
        os.environ[WORKER_DSN],
        secret=os.environ[WORKER_SECRET],
        base_url=os.environ[WORKER_URL],
        demo=bool(os.environ[WORKER_DEMO]),
    )
    # Litestar's logging lets every library tell how it is doing; only what went wrong belongs in a terminal.
    logging.getLogger().setLevel(logging.WARNING)
    return app
