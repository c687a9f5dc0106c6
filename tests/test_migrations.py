"""A migration that is broken off is taken up again where it stopped."""

import asyncio
import subprocess
import sys

import asyncpg

from registry.settings import PROJECT


async def test_killed_between_a_migration_and_its_record(connected: str, owner: asyncpg.Connection) -> None:
    """Piccolo records a migration after its transaction; ours is in it, so that the steps are never run twice."""
    await owner.execute("CREATE DATABASE killed")
    dsn = connected.replace("/postgres?", "/killed?")
    try:
        script = (
            "import asyncio, sys\n"
            "from piccolo.apps.migrations.tables import Migration\n"
            "from registry import database\n"
            "if sys.argv[2] == 'killed':\n"
            "    def killed(*rows): raise SystemExit(9)\n"
            "    Migration.insert = killed\n"
            "asyncio.run(database.migrate(sys.argv[1]))\n"
        )
        runs = [
            (await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script, dsn, how], check=False)).returncode
            for how in ("killed", "killed", "whole", "whole")
        ]
        assert runs[:2] == [9, 9]
        assert runs[2:] == [0, 0]
        fresh = await asyncpg.connect(dsn)
        files = len(list((PROJECT / "migrations").glob("registry_*.py")))
        assert await fresh.fetchval("SELECT count(*) FROM migration") == files
        assert await fresh.fetchval("SELECT seq FROM chain_head") == 0
        await fresh.close()
    finally:
        await owner.execute("DROP DATABASE killed WITH (FORCE)")
