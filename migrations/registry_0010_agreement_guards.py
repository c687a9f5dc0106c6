"""Guards of agreements and benefits: parties, areas, withdrawals and benefits are only added."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from registry.database import guard_steps, record_migration

ID = "2026-11-24T10:00:00:000010"
VERSION = "1.38.0"
DESCRIPTION = "Guards of agreements and benefits"

APPEND_ONLY = ("agreement_party", "agreement_area", "agreement_withdrawal", "grant_benefit")


async def forwards() -> MigrationManager:
    """Run the steps in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="registry", description=DESCRIPTION)

    async def run() -> None:
        for step in guard_steps(*APPEND_ONLY):
            await Table.raw(step).run()
        await record_migration(ID)

    manager.add_raw(run)
    return manager
