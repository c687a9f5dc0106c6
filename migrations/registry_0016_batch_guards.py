"""Guards of batches: one at a time, nothing more of one that has ended, and what is written stays."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from registry.database import APP_ROLE, guard_steps, record_migration

ID = "2026-11-24T10:00:00:000016"
VERSION = "1.38.0"
DESCRIPTION = "Guards of batches of statements"

APPEND_ONLY = ("statement_batch", "statement_batch_item", "statement_batch_result", "statement_batch_end")

ONE_AT_A_TIME = """
CREATE OR REPLACE FUNCTION registry_batch_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF (SELECT count(*) FROM statement_batch b
      WHERE NOT EXISTS (SELECT 1 FROM statement_batch_end e WHERE e.batch_id = b.id)) > 1 THEN
    RAISE EXCEPTION 'another batch has not ended'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_batch_one_at_a_time';
  END IF;
  RETURN NULL;
END $$
"""

NOT_ENDED = """
CREATE OR REPLACE FUNCTION registry_batch_result_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN statement_batch_item i ON i.id = n.item_id
             JOIN statement_batch_end e ON e.batch_id = i.batch_id) THEN
    RAISE EXCEPTION 'the batch has ended'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'statement_batch_has_ended';
  END IF;
  RETURN NULL;
END $$
"""

STEPS = (
    ONE_AT_A_TIME,
    """CREATE TRIGGER inserted AFTER INSERT ON statement_batch
       FOR EACH STATEMENT EXECUTE FUNCTION registry_batch_inserted()""",
    "ALTER TABLE statement_batch ENABLE ALWAYS TRIGGER inserted",
    NOT_ENDED,
    """CREATE TRIGGER inserted AFTER INSERT ON statement_batch_result REFERENCING NEW TABLE AS new_rows
       FOR EACH STATEMENT EXECUTE FUNCTION registry_batch_result_inserted()""",
    "ALTER TABLE statement_batch_result ENABLE ALWAYS TRIGGER inserted",
    f"GRANT USAGE ON SEQUENCE statement_batch_item_id_seq TO {APP_ROLE}",
)


async def forwards() -> MigrationManager:
    """Run the steps in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="registry", description=DESCRIPTION)

    async def run() -> None:
        for step in (*guard_steps(*APPEND_ONLY), *STEPS):
            await Table.raw(step).run()
        await record_migration(ID)

    manager.add_raw(run)
    return manager
