"""Guards of initiatives: what is agreed, planned and linked is only added, and shares add up to what is divided."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from registry.database import guard_steps, record_migration

ID = "2026-11-24T10:00:00:000008"
VERSION = "1.38.0"
DESCRIPTION = "Guards of initiatives"

APPEND_ONLY = (
    "share_plan",
    "agreed_share",
    "edition",
    "edition_version",
    "edition_event",
    "event_version",
    "edition_budget",
    "budget_line",
    "edition_grant",
    "edition_engagement",
)

KEYS = (
    """CREATE UNIQUE INDEX agreed_share_once
       ON agreed_share (plan_id, coalesce(funder_id, 0), coalesce(via_id, 0), lower(partner))""",
    "ALTER TABLE edition_event ADD CONSTRAINT edition_event_of_edition UNIQUE (id, edition_id)",
    """ALTER TABLE edition_engagement ADD CONSTRAINT edition_engagement_of_event
       FOREIGN KEY (event_id, edition_id) REFERENCES edition_event (id, edition_id) ON DELETE RESTRICT""",
    "CREATE INDEX IF NOT EXISTS edition_grant_latest ON edition_grant (grant_id, id DESC)",
    "CREATE INDEX IF NOT EXISTS edition_engagement_latest ON edition_engagement (engagement_id, id DESC)",
)

ADD_UP = """
CREATE OR REPLACE FUNCTION registry_check_agreed_shares() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  divided bigint;
BEGIN
  SELECT sum(amount_ore) INTO divided FROM agreed_share WHERE plan_id = NEW.id AND parts IS NOT NULL;
  IF divided IS DISTINCT FROM NEW.whole_ore THEN
    RAISE EXCEPTION 'shares of plan % add up to %, not %', NEW.id, divided, NEW.whole_ore
      USING ERRCODE = 'check_violation', CONSTRAINT = 'agreed_shares_add_up';
  END IF;
  RETURN NULL;
END $$
"""

STEPS = (
    ADD_UP,
    """CREATE CONSTRAINT TRIGGER agreed_shares_add_up AFTER INSERT ON share_plan
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION registry_check_agreed_shares()""",
    "ALTER TABLE share_plan ENABLE ALWAYS TRIGGER agreed_shares_add_up",
    "GRANT SELECT, INSERT, UPDATE ON initiative TO registry_app",
)


async def forwards() -> MigrationManager:
    """Run the steps in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="registry", description=DESCRIPTION)

    async def run() -> None:
        for step in (*KEYS, *STEPS, *guard_steps(*APPEND_ONLY)):
            await Table.raw(step).run()
        await record_migration(ID)

    manager.add_raw(run)
    return manager
