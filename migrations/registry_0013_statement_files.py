"""An issued file is found by its hash when somebody shows it: anybody may ask, so it must cost nothing."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from registry.database import record_migration

ID = "2026-11-24T10:00:00:000013"
VERSION = "1.38.0"
DESCRIPTION = "Statements by the hash of their file"


async def forwards() -> MigrationManager:
    """Run the step in a transaction."""
    manager = MigrationManager(migration_id=ID, app_name="registry", description=DESCRIPTION)

    async def run() -> None:
        await Table.raw("CREATE INDEX IF NOT EXISTS statement_by_file ON statement (pdf_sha256)").run()
        await record_migration(ID)

    manager.add_raw(run)
    return manager
