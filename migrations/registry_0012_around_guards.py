"""What the database itself holds around a grant: stopped grants aren't paid, accounts need two officers, claims add up."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from registry.database import guard_steps, record_migration

ID = "2026-11-24T10:00:00:000012"
VERSION = "1.38.0"
DESCRIPTION = "Guards around a grant"

APPEND_ONLY = (
    "report",
    "report_event",
    "report_override",
    "grant_stop",
    "stop_release",
    "recovery_claim",
    "claim_settlement",
    "claim_closure",
    "account_request",
    "account_decision",
    "calendar_feed",
)

NOT_STOPPED = """
CREATE OR REPLACE FUNCTION registry_refuse_stopped() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF TG_TABLE_NAME = 'payment' THEN
    IF EXISTS (SELECT 1 FROM grant_stop s WHERE s.grant_id IN (SELECT n.grant_id FROM new_rows n)
               AND NOT EXISTS (SELECT 1 FROM stop_release r WHERE r.stop_id = s.id)) THEN
      RAISE EXCEPTION 'payments are stopped' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_not_stopped';
    END IF;
  ELSIF EXISTS (SELECT 1 FROM new_rows n JOIN payment p ON p.id = n.payment_id
                JOIN grant_stop s ON s.grant_id = p.grant_id
                WHERE NOT EXISTS (SELECT 1 FROM stop_release r WHERE r.stop_id = s.id)) THEN
    RAISE EXCEPTION 'payments are stopped' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_not_stopped';
  END IF;
  RETURN NULL;
END $$
"""

STOP = """
CREATE OR REPLACE FUNCTION registry_stop_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM grant_stop s JOIN new_rows n ON n.grant_id = s.grant_id
             WHERE NOT EXISTS (SELECT 1 FROM stop_release r WHERE r.stop_id = s.id)
             GROUP BY s.grant_id HAVING count(DISTINCT s.id) > 1) THEN
    RAISE EXCEPTION 'already stopped' USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_stop_once';
  END IF;
  RETURN NULL;
END $$
"""

OVERRIDE = """
CREATE OR REPLACE FUNCTION registry_override_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN payment p ON p.id = n.payment_id JOIN report r ON r.id = n.accounting_report_id
             WHERE r.grant_id <> p.grant_id) THEN
    RAISE EXCEPTION 'a report of another grant'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'report_override_grant';
  END IF;
  RETURN NULL;
END $$
"""

CLAIM = """
CREATE OR REPLACE FUNCTION registry_claim_left(claim bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = public AS $$
  SELECT CASE WHEN EXISTS (SELECT 1 FROM claim_closure x WHERE x.claim_id = c.id) THEN 0
         ELSE c.amount_ore - coalesce((SELECT sum(s.amount_ore) FROM claim_settlement s WHERE s.claim_id = c.id), 0)
         END::bigint
  FROM recovery_claim c WHERE c.id = claim
$$
"""

CLAIMED = """
CREATE OR REPLACE FUNCTION registry_claim_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN funding_grant g ON g.id = n.grant_id WHERE n.decided_on < g.decided_on) THEN
    RAISE EXCEPTION 'claimed before decided' USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_after_decision';
  END IF;
  IF EXISTS (SELECT 1 FROM grant_balance b WHERE b.grant_id IN (SELECT n.grant_id FROM new_rows n)
             AND (SELECT sum(registry_claim_left(c.id)) FROM recovery_claim c WHERE c.grant_id = b.grant_id)
                 > b.paid_ore - b.repaid_ore) THEN
    RAISE EXCEPTION 'more is claimed than is paid' USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_within_paid';
  END IF;
  RETURN NULL;
END $$
"""

SETTLED = """
CREATE OR REPLACE FUNCTION registry_settlement_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN repayment t ON t.id = n.repayment_id JOIN recovery_claim c ON c.id = n.claim_id
             WHERE t.grant_id <> c.grant_id OR n.amount_ore > t.amount_ore) THEN
    RAISE EXCEPTION 'settled by another grant, or by more than was repaid'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_within_repayment';
  END IF;
  IF EXISTS (SELECT 1 FROM recovery_claim c WHERE c.id IN (SELECT n.claim_id FROM new_rows n) AND (
               EXISTS (SELECT 1 FROM claim_closure x WHERE x.claim_id = c.id) OR registry_claim_left(c.id) < 0)) THEN
    RAISE EXCEPTION 'more than is left of the claim'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_within_claim';
  END IF;
  RETURN NULL;
END $$
"""

CLOSED = """
CREATE OR REPLACE FUNCTION registry_closure_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN recovery_claim c ON c.id = n.claim_id WHERE n.amount_ore <> c.amount_ore
             - coalesce((SELECT sum(s.amount_ore) FROM claim_settlement s WHERE s.claim_id = c.id), 0)) THEN
    RAISE EXCEPTION 'not what is left of the claim'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'closure_of_what_is_left';
  END IF;
  RETURN NULL;
END $$
"""

REQUEST = """
CREATE OR REPLACE FUNCTION registry_account_requested() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM account_request q WHERE q.party_id IN (SELECT n.party_id FROM new_rows n)
             AND NOT EXISTS (SELECT 1 FROM account_decision d WHERE d.request_id = q.id)
             GROUP BY q.party_id HAVING count(*) > 1) THEN
    RAISE EXCEPTION 'another request waits' USING ERRCODE = 'check_violation', CONSTRAINT = 'account_request_once';
  END IF;
  RETURN NULL;
END $$
"""

FOUR_EYES = """
CREATE OR REPLACE FUNCTION registry_account_decided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN account_request q ON q.id = n.request_id
             LEFT JOIN app_user u ON u.id = n.recorded_by
             WHERE n.outcome <> 'withdrawn'
               AND (u.id IS NULL OR u.role <> 'officer' OR n.recorded_by IS NOT DISTINCT FROM q.recorded_by)) THEN
    RAISE EXCEPTION 'an account is approved by a second officer'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'account_four_eyes';
  END IF;
  RETURN NULL;
END $$
"""

ACCOUNT = """
CREATE OR REPLACE FUNCTION registry_version_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM new_rows n
    JOIN LATERAL (SELECT o.bankgiro, o.plusgiro FROM party_version o WHERE o.party_id = n.party_id AND o.id < n.id
                    AND o.valid_from <= n.valid_from ORDER BY o.valid_from DESC, o.id DESC LIMIT 1) b ON true
    WHERE (b.bankgiro, b.plusgiro) <> (n.bankgiro, n.plusgiro) AND NOT EXISTS (
      SELECT 1 FROM account_request q JOIN account_decision d ON d.request_id = q.id AND d.outcome = 'approved'
      WHERE q.party_id = n.party_id AND (q.bankgiro, q.plusgiro) = (n.bankgiro, n.plusgiro) AND d.seq = n.seq)) THEN
    RAISE EXCEPTION 'the account was not approved'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'account_is_approved';
  END IF;
  RETURN NULL;
END $$
"""

TRIGGERS = (
    ("payment", "not_stopped", "registry_refuse_stopped"),
    ("attestation", "not_stopped", "registry_refuse_stopped"),
    ("grant_stop", "inserted", "registry_stop_inserted"),
    ("report_override", "inserted", "registry_override_inserted"),
    ("recovery_claim", "inserted", "registry_claim_inserted"),
    ("claim_settlement", "inserted", "registry_settlement_inserted"),
    ("claim_closure", "inserted", "registry_closure_inserted"),
    ("account_request", "inserted", "registry_account_requested"),
    ("account_decision", "inserted", "registry_account_decided"),
    ("party_version", "inserted", "registry_version_inserted"),
)


def statements() -> list[str]:
    """Every step in order."""
    steps = [NOT_STOPPED, STOP, OVERRIDE, CLAIM, CLAIMED, SETTLED, CLOSED, REQUEST, FOUR_EYES, ACCOUNT]
    steps += guard_steps(*APPEND_ONLY)
    for table, name, function in TRIGGERS:
        steps += [
            f"""CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION {function}()""",
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
