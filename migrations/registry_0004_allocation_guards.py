"""What the database holds of activity and allocations: append-only tables, shares that add up, one fate for each."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from registry.database import guard_steps, record_migration

ID = "2026-11-24T10:00:00:000004"
VERSION = "1.38.0"
DESCRIPTION = "Guards of activity reports and allocations"

APPEND_ONLY = (
    "party_status",
    "activity_report",
    "activity_version",
    "allocation_rule",
    "allocation_rule_version",
    "allocation",
    "allocation_share",
    "allocation_discard",
    "allocation_decision",
    "allocation_grant",
)

SHARES = """
CREATE OR REPLACE FUNCTION registry_check_shares() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  shared bigint;
BEGIN
  SELECT sum(amount_ore) INTO shared FROM allocation_share WHERE allocation_id = NEW.id;
  IF shared IS DISTINCT FROM NEW.frame_ore THEN
    RAISE EXCEPTION 'the shares of allocation % add up to %, not %', NEW.id, shared, NEW.frame_ore
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_shares_add_up';
  END IF;
  RETURN NULL;
END $$
"""

ONE_FATE = """
CREATE OR REPLACE FUNCTION registry_check_allocation_fate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM allocation_decision d JOIN allocation_discard x ON x.allocation_id = d.allocation_id
             WHERE d.allocation_id = NEW.allocation_id) THEN
    RAISE EXCEPTION 'allocation % is both decided and discarded', NEW.allocation_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_is_open';
  END IF;
  RETURN NULL;
END $$
"""

SAME_GRANT = """
CREATE OR REPLACE FUNCTION registry_check_allocation_grant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM allocation_share s JOIN allocation a ON a.id = s.allocation_id
    JOIN allocation_decision d ON d.allocation_id = a.id JOIN funding_grant g ON g.id = NEW.grant_id
    WHERE s.id = NEW.share_id AND (g.recipient_id, g.amount_ore, g.programme_id, g.year, g.dnr, g.decided_on)
        = (s.party_id, s.amount_ore, a.programme_id, a.year, d.dnr, d.decided_on)) THEN
    RAISE EXCEPTION 'grant % is not what share % gives', NEW.grant_id, NEW.share_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_grant_same';
  END IF;
  RETURN NULL;
END $$
"""

GRANTED = """
CREATE OR REPLACE FUNCTION registry_check_allocation_granted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM allocation_share s WHERE s.allocation_id = NEW.allocation_id AND s.amount_ore > 0
             AND NOT EXISTS (SELECT 1 FROM allocation_grant g WHERE g.share_id = s.id)) THEN
    RAISE EXCEPTION 'a share of allocation % has not become a grant', NEW.allocation_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allocation_all_granted';
  END IF;
  RETURN NULL;
END $$
"""

CHECKED = (
    ("allocation", "shares_add_up", "registry_check_shares", True),
    ("allocation_decision", "one_fate", "registry_check_allocation_fate", False),
    ("allocation_discard", "one_fate", "registry_check_allocation_fate", False),
    ("allocation_grant", "same_grant", "registry_check_allocation_grant", False),
    ("allocation_decision", "all_granted", "registry_check_allocation_granted", True),
)
"""Table, trigger, function, and whether it looks when the transaction ends."""


def statements() -> list[str]:
    """Every step in order."""
    steps = [*guard_steps(*APPEND_ONLY), SHARES, ONE_FATE, SAME_GRANT, GRANTED]
    for table, name, function, late in CHECKED:
        when = "INITIALLY DEFERRED" if late else "INITIALLY IMMEDIATE"
        steps += [
            f"""CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {table} DEFERRABLE {when}
                FOR EACH ROW EXECUTE FUNCTION {function}()""",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
        ]
    return steps


async def forwards() -> MigrationManager:
    """Run the steps in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="registry", description=DESCRIPTION)

    async def run() -> None:
        for step in statements():
            await Table.raw(step).run()
        await record_migration(ID)

    manager.add_raw(run)
    return manager
