"""What the database itself holds: append-only tables, balances that can't be overspent, and the app role's rights."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from registry.database import record_migration

ID = "2026-11-23T13:00:00:000002"
VERSION = "1.38.0"
DESCRIPTION = "Guards"

APPEND_ONLY = (
    "trail_entry",
    "party_version",
    "closed_year",
    "agreement",
    "priority_area",
    "funding_grant",
    "amendment",
    "instalment",
    "payment",
    "attestation",
    "reversal",
    "repayment",
    "statement",
)

KEYS = (
    "ALTER TABLE funder ADD CONSTRAINT funder_party FOREIGN KEY (id) REFERENCES party (id) ON DELETE RESTRICT",
    "ALTER TABLE programme ADD CONSTRAINT programme_of_funder UNIQUE (id, funder_id)",
    """ALTER TABLE funding_grant ADD CONSTRAINT funding_grant_programme_of_funder
       FOREIGN KEY (programme_id, funder_id) REFERENCES programme (id, funder_id) ON DELETE RESTRICT""",
    """ALTER TABLE funding_grant ADD CONSTRAINT funding_grant_frame
       FOREIGN KEY (programme_id, year) REFERENCES budget_frame (programme_id, year) ON DELETE RESTRICT""",
    "ALTER TABLE chain_head ADD CONSTRAINT chain_head_is_one CHECK (id = 1)",
    "ALTER TABLE registry_state ADD CONSTRAINT registry_state_is_one CHECK (id = 1)",
    "CREATE INDEX IF NOT EXISTS payment_by_grant ON payment (grant_id, paid_on, id)",
    "CREATE INDEX IF NOT EXISTS payment_by_day ON payment (paid_on, id)",
    "CREATE INDEX IF NOT EXISTS payment_by_amount ON payment (amount_ore, id)",
    "CREATE INDEX IF NOT EXISTS payment_for_attest ON payment (id) WHERE attest = 'officer'",
    "CREATE INDEX IF NOT EXISTS payment_by_seq ON payment (seq)",
)

REFUSE = """
CREATE OR REPLACE FUNCTION registry_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'append_only', TABLE = TG_TABLE_NAME;
END $$
"""

CHECK_OPEN = """
CREATE OR REPLACE FUNCTION registry_check_open(funder bigint, day date) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM closed_year c WHERE c.funder_id = funder AND c.year = extract(year FROM day)) THEN
    RAISE EXCEPTION 'the year is closed' USING ERRCODE = 'check_violation', CONSTRAINT = 'year_is_open';
  END IF;
END $$
"""

GRANT = """
CREATE OR REPLACE FUNCTION registry_grant_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM registry_check_open(d.funder_id, d.decided_on)
    FROM (SELECT DISTINCT funder_id, decided_on FROM new_rows) d;
  INSERT INTO grant_balance (grant_id, granted_ore, registered_ore, paid_ore, repaid_ore)
    SELECT id, amount_ore, 0, 0, 0 FROM new_rows;
  UPDATE budget_frame f SET decided_ore = f.decided_ore + s.amount
    FROM (SELECT programme_id, year, sum(amount_ore) AS amount FROM new_rows GROUP BY 1, 2) s
    WHERE f.programme_id = s.programme_id AND f.year = s.year;
  RETURN NULL;
END $$
"""

AMENDMENT = """
CREATE OR REPLACE FUNCTION registry_amendment_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM registry_check_open(g.funder_id, n.decided_on) FROM new_rows n JOIN funding_grant g ON g.id = n.grant_id;
  IF EXISTS (SELECT 1 FROM new_rows n JOIN funding_grant g ON g.id = n.grant_id WHERE n.decided_on < g.decided_on) THEN
    RAISE EXCEPTION 'amended before decided' USING ERRCODE = 'check_violation', CONSTRAINT = 'amendment_after_decision';
  END IF;
  UPDATE grant_balance b SET granted_ore = b.granted_ore + s.delta
    FROM (SELECT grant_id, sum(delta_ore) AS delta FROM new_rows GROUP BY 1) s WHERE b.grant_id = s.grant_id;
  UPDATE budget_frame f SET decided_ore = f.decided_ore + s.delta
    FROM (SELECT g.programme_id, g.year, sum(n.delta_ore) AS delta
          FROM new_rows n JOIN funding_grant g ON g.id = n.grant_id GROUP BY 1, 2) s
    WHERE f.programme_id = s.programme_id AND f.year = s.year;
  RETURN NULL;
END $$
"""

PAYMENT = """
CREATE OR REPLACE FUNCTION registry_payment_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM (SELECT grant_id, min(paid_on) AS first FROM new_rows GROUP BY 1) n
             JOIN funding_grant g ON g.id = n.grant_id WHERE n.first < g.decided_on) THEN
    RAISE EXCEPTION 'paid before decided' USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_after_decision';
  END IF;
  IF EXISTS (SELECT 1 FROM closed_year) THEN
    PERFORM registry_check_open(d.funder_id, d.paid_on)
      FROM (SELECT DISTINCT g.funder_id, n.paid_on FROM new_rows n JOIN funding_grant g ON g.id = n.grant_id) d;
  END IF;
  UPDATE grant_balance b SET registered_ore = b.registered_ore + s.registered, paid_ore = b.paid_ore + s.paid
    FROM (SELECT grant_id, sum(amount_ore) AS registered,
                 coalesce(sum(amount_ore) FILTER (WHERE attest <> 'officer'), 0) AS paid
          FROM new_rows GROUP BY 1) s
    WHERE b.grant_id = s.grant_id;
  RETURN NULL;
END $$
"""

ATTESTATION = """
CREATE OR REPLACE FUNCTION registry_attestation_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_rows n JOIN payment p ON p.id = n.payment_id
             WHERE p.attest <> 'officer' OR p.recorded_by IS NOT DISTINCT FROM n.recorded_by) THEN
    RAISE EXCEPTION 'attested by the one who registered it, or needs no attest'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'attestation_four_eyes';
  END IF;
  IF EXISTS (SELECT 1 FROM new_rows n JOIN reversal r ON r.payment_id = n.payment_id) THEN
    RAISE EXCEPTION 'attested after reversed'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'attestation_not_reversed';
  END IF;
  UPDATE grant_balance b SET paid_ore = b.paid_ore + s.amount
    FROM (SELECT p.grant_id, sum(p.amount_ore) AS amount
          FROM new_rows n JOIN payment p ON p.id = n.payment_id GROUP BY 1) s
    WHERE b.grant_id = s.grant_id;
  RETURN NULL;
END $$
"""

REVERSAL = """
CREATE OR REPLACE FUNCTION registry_reversal_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM registry_check_open(g.funder_id, n.reversed_on)
    FROM new_rows n JOIN payment p ON p.id = n.payment_id JOIN funding_grant g ON g.id = p.grant_id;
  IF EXISTS (SELECT 1 FROM new_rows n JOIN payment p ON p.id = n.payment_id WHERE n.reversed_on < p.paid_on) THEN
    RAISE EXCEPTION 'reversed before paid' USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_after_payment';
  END IF;
  UPDATE grant_balance b SET registered_ore = b.registered_ore - s.registered, paid_ore = b.paid_ore - s.paid
    FROM (SELECT p.grant_id, sum(p.amount_ore) AS registered,
                 coalesce(sum(p.amount_ore) FILTER (WHERE p.attest <> 'officer' OR a.payment_id IS NOT NULL), 0) AS paid
          FROM new_rows n JOIN payment p ON p.id = n.payment_id
          LEFT JOIN attestation a ON a.payment_id = p.id GROUP BY 1) s
    WHERE b.grant_id = s.grant_id;
  RETURN NULL;
END $$
"""

REPAYMENT = """
CREATE OR REPLACE FUNCTION registry_repayment_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM registry_check_open(g.funder_id, n.repaid_on) FROM new_rows n JOIN funding_grant g ON g.id = n.grant_id;
  UPDATE grant_balance b SET repaid_ore = b.repaid_ore + s.amount
    FROM (SELECT grant_id, sum(amount_ore) AS amount FROM new_rows GROUP BY 1) s WHERE b.grant_id = s.grant_id;
  RETURN NULL;
END $$
"""

PLAN = """
CREATE OR REPLACE FUNCTION registry_check_plan() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  wanted bigint;
  planned bigint;
  id_of_grant bigint := CASE TG_TABLE_NAME WHEN 'funding_grant' THEN (to_jsonb(NEW) ->> 'id')::bigint
                                           ELSE (to_jsonb(NEW) ->> 'grant_id')::bigint END;
BEGIN
  SELECT granted_ore INTO wanted FROM grant_balance WHERE grant_id = id_of_grant;
  SELECT sum(amount_ore) INTO planned FROM instalment i WHERE grant_id = id_of_grant
     AND plan = (SELECT max(plan) FROM instalment WHERE grant_id = id_of_grant);
  IF planned IS DISTINCT FROM wanted THEN
    RAISE EXCEPTION 'instalments of grant % add up to %, not %', id_of_grant, planned, wanted
      USING ERRCODE = 'check_violation', CONSTRAINT = 'instalments_add_up';
  END IF;
  RETURN NULL;
END $$
"""

INSERTED = {
    "funding_grant": "registry_grant_inserted",
    "amendment": "registry_amendment_inserted",
    "payment": "registry_payment_inserted",
    "attestation": "registry_attestation_inserted",
    "reversal": "registry_reversal_inserted",
    "repayment": "registry_repayment_inserted",
}

RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO registry_app",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO registry_app",
    """GRANT INSERT ON trail_entry, party, party_version, funder, app_user, login_session, api_token, login_attempt,
       agreement, priority_area, programme, closed_year, funding_grant, amendment, instalment, payment, attestation,
       reversal, repayment, statement TO registry_app""",
    "GRANT INSERT (id, programme_id, year, amount_ore, seq) ON budget_frame TO registry_app",
    "GRANT UPDATE (amount_ore, seq) ON budget_frame TO registry_app",
    """GRANT UPDATE ON chain_head, party, funder, app_user, programme, login_session, api_token, registry_state
       TO registry_app""",
    "GRANT DELETE ON login_session, login_attempt TO registry_app",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO registry_app",
)


def statements() -> list[str]:
    """Every step in order."""
    steps = [*KEYS, REFUSE, CHECK_OPEN, GRANT, AMENDMENT, PAYMENT, ATTESTATION, REVERSAL, REPAYMENT, PLAN]
    for table in APPEND_ONLY:
        steps += [
            f"""CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change()""",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only",
        ]
    for table, function in INSERTED.items():
        steps += [
            f"""CREATE TRIGGER inserted AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION {function}()""",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER inserted",
        ]
    for table in ("funding_grant", "amendment"):
        steps.append(
            f"""CREATE CONSTRAINT TRIGGER instalments_add_up AFTER INSERT ON {table}
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION registry_check_plan()"""
        )
        steps.append(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER instalments_add_up")
    steps += RIGHTS
    steps += [
        "INSERT INTO chain_head (id, seq, hash, recorded_at) VALUES (1, 0, '\\x', '2000-01-01T00:00:00Z')",
        "INSERT INTO registry_state (id, demo, app_version) VALUES (1, false, '')",
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
