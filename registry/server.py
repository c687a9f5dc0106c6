"""Starting the server: database, schema, what every registry holds from the start, demo data, workers."""

import asyncio
import os
import secrets
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import click
import uvicorn
from litestar import Litestar

from registry import __version__
from registry.agreements.service import ensure_agreement
from registry.app import create_app
from registry.core.access import CONSOLE
from registry.database import connect, disconnect, migrate, start_server, stop_server
from registry.demo.loader import DEMO_PASSWORD, ensure_demo, list_logins
from registry.settings import Settings
from registry.tables import RegistryState
from registry.trail import recording

WORKER_DSN = "REGISTRY_WORKER_DSN"
WORKER_SECRET = "REGISTRY_WORKER_SECRET"  # noqa: S105 - the name of a variable
WORKER_URL = "REGISTRY_WORKER_URL"
WORKER_DEMO = "REGISTRY_WORKER_DEMO"


def migrate_and_seed(dsn: str) -> None:
    """Migrate, register the agreement, and tell the trail of an upgrade."""
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
    """What every registry holds: the agreement, and a trail entry for each version that has run on it."""
    await ensure_agreement()
    before = await RegistryState.select(RegistryState.app_version).first()
    if before is None or before["app_version"] == __version__:
        return
    async with recording(CONSOLE) as unit:
        entry = unit.enter("system:registry:upgrade", old=before["app_version"], new=__version__)
        await unit.update(entry, RegistryState, 1, app_version=__version__)


def serve_forever(settings: Settings, *, host: str, port: int, workers: int, demo: bool) -> None:
    """Serve until Ctrl-C. Raises: SettingError, DatabaseUnavailableError."""
    secret = _secret(settings, demo=demo)
    dsn = start_server(settings)
    try:
        base_url = os.environ.get("REGISTRY_BASE_URL") or f"http://{host}:{port}"
        is_demo = asyncio.run(_prepare(dsn, demo=demo))
        os.environ.update(
            {WORKER_DSN: dsn, WORKER_SECRET: secret, WORKER_URL: base_url, WORKER_DEMO: "1" if is_demo else ""}
        )
        click.echo(f"\n  {base_url}\n")
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
        stop_server()


async def _prepare(dsn: str, *, demo: bool) -> bool:
    await _migrate_and_seed(dsn)
    await connect(dsn, pool_size=2)
    try:
        if demo:
            await ensure_demo()
        state = await RegistryState.select(RegistryState.demo).first()
        is_demo = bool(state and state["demo"])
        if is_demo:
            for login in await list_logins():
                click.echo(f"  {login.email:<34} {DEMO_PASSWORD}   {login.role:<12} {login.belongs_to}")
        return is_demo
    finally:
        await disconnect()


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
    return create_app(
        os.environ[WORKER_DSN],
        secret=os.environ[WORKER_SECRET],
        base_url=os.environ[WORKER_URL],
        demo=bool(os.environ[WORKER_DEMO]),
    )
