"""Fee schedules, engagements, rights and protection: append-only, one row in force in each chain of engagements."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from registry.database import guard_steps, record_migration

ID = "2026-11-24T10:00:00:000006"
VERSION = "1.38.0"
DESCRIPTION = "Guards of fees, engagements, rights and protection"

KEYS = (
    "ALTER TABLE engagement ADD CONSTRAINT engagement_of_chain UNIQUE (id, chain_id)",
    """ALTER TABLE engagement ADD CONSTRAINT engagement_same_chain
       FOREIGN KEY (replaces_id, chain_id) REFERENCES engagement (id, chain_id) ON DELETE RESTRICT""",
    """ALTER TABLE party_protection ADD CONSTRAINT party_protection_recorded_by
       FOREIGN KEY (recorded_by) REFERENCES app_user (id) ON DELETE RESTRICT""",
    "CREATE INDEX IF NOT EXISTS engagement_by_day ON engagement (coalesce(event_date, contract_date, booking_date), id)",
)

ENGAGEMENT = """
CREATE OR REPLACE FUNCTION registry_engagement_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN engagement o ON o.id = n.replaces_id WHERE o.kind = 'cancelled') THEN
    RAISE EXCEPTION 'a cancelled engagement is not taken up again'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'engagement_not_cancelled';
  END IF;
  IF EXISTS (SELECT 1 FROM new_rows n JOIN engagement o ON o.id = n.replaces_id WHERE o.funder_id <> n.funder_id) THEN
    RAISE EXCEPTION 'a correction stays with its funder'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'engagement_same_funder';
  END IF;
  IF EXISTS (SELECT 1 FROM new_rows n JOIN funding_grant g ON g.id = n.grant_id WHERE g.funder_id <> n.funder_id) THEN
    RAISE EXCEPTION 'the grant is of another funder'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'engagement_grant_of_funder';
  END IF;
  RETURN NULL;
END $$
"""
"""What a plain constraint can't hold: the grant's funder stands in another table."""

RIGHTS = """
CREATE OR REPLACE FUNCTION registry_rights(who bigint) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(r.permission::text ORDER BY r.permission), ARRAY[]::text[])
  FROM (SELECT DISTINCT ON (u.permission) u.permission, u.given FROM public.user_right u
        WHERE u.user_id = who ORDER BY u.permission, u.id DESC) r
  WHERE r.given
$$
"""
"""The rights that a user has now: the last row of each is in force."""

INSERTED = (
    """CREATE TRIGGER inserted AFTER INSERT ON engagement REFERENCING NEW TABLE AS new_rows
       FOR EACH STATEMENT EXECUTE FUNCTION registry_engagement_inserted()""",
    "ALTER TABLE engagement ENABLE ALWAYS TRIGGER inserted",
)


def statements() -> list[str]:
    """Every step in order."""
    tables = ("fee_schedule", "fee_level", "fee_rates", "engagement", "party_protection", "user_right")
    return [*KEYS, ENGAGEMENT, RIGHTS, *guard_steps(*tables), *INSERTED]


async def forwards() -> MigrationManager:
    """Run the steps in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="registry", description=DESCRIPTION)

    async def run() -> None:
        for step in statements():
            await Table.raw(step).run()
        await record_migration(ID)

    manager.add_raw(run)
    return manager
