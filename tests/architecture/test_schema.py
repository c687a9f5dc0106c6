"""Tables equal migrations, and whatever the database refuses has a message."""

import re
from pathlib import Path

import asyncpg
from piccolo.apps.migrations.auto import AlterStatements, DiffableTable, SchemaDiffer
from piccolo.apps.migrations.auto.schema_snapshot import SchemaSnapshot
from piccolo.apps.migrations.commands.base import BaseMigrationManager

from registry.core.conflicts import MESSAGES
from registry.piccolo_app import APP_CONFIG
from registry.tables import TABLES

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = """
SELECT c.conname, c.contype::text AS kind, t.relname, c.confdeltype::text AS on_delete
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = 'public' AND t.relname <> 'migration' AND c.contype IN ('c', 'u', 'f', 'p', 'x') ORDER BY 1
"""
UNIQUE_INDEXES = """
SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = 'public' AND x.indisunique AND t.relname <> 'migration'
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid)
"""


async def test_piccolo_finds_nothing_to_migrate(connected: str) -> None:
    """What `piccolo migrations new --auto` would write is empty."""
    modules = BaseMigrationManager().get_migration_modules(APP_CONFIG.resolved_migrations_folder_path)
    managers = [await module.forwards() for _id, module in sorted(modules.items())]
    snapshot = SchemaSnapshot(managers).get_snapshot()
    wanted = [
        DiffableTable(
            class_name=table.__name__,
            tablename=table._meta.tablename,
            schema=table._meta.schema,
            columns=table._meta.non_default_columns,
            constraints=table._meta.constraints,
        )
        for table in TABLES
    ]
    steps: list[AlterStatements] = SchemaDiffer(wanted, snapshot, auto_input="y").get_alter_statements()
    assert [statement for step in steps for statement in step.statements] == []


async def test_every_constraint_has_a_message(owner: asyncpg.Connection) -> None:
    """A use case that meets a constraint answers with the words of `core/conflicts.py`."""
    rows = await owner.fetch(CONSTRAINTS)
    named = {row["conname"] for row in rows if row["kind"] in ("c", "u", "x")}
    named |= {row["relname"] for row in await owner.fetch(UNIQUE_INDEXES)}
    named |= {name for row in rows if (name := row["conname"]) in MESSAGES}
    guards = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "migrations").glob("*.py")))
    raised = set(re.findall(r"CONSTRAINT = '(\w+)'", guards))
    assert raised, "the guards raise under names"
    missing = sorted((named | raised) - set(MESSAGES))
    assert not missing, f"without a message in registry/core/conflicts.py: {missing}"
    unused = sorted(set(MESSAGES) - named - raised)
    assert not unused, f"no such constraint: {unused}"


async def test_nothing_that_is_referred_to_can_be_deleted(owner: asyncpg.Connection) -> None:
    """Foreign keys restrict; only what belongs to a log-in goes with its user, and users are never deleted."""
    rows = await owner.fetch(CONSTRAINTS)
    loose = [row["conname"] for row in rows if row["kind"] == "f" and row["on_delete"] not in ("r", "a")]
    assert set(loose) <= {"login_session_user_id_fkey"}


async def test_the_app_role_changes_no_money(owner: asyncpg.Connection) -> None:
    """Tables with money or trail can be read and added to by the app role, and nothing else."""
    append_only = await owner.fetch(
        "SELECT c.relname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE g.tgname = 'append_only'"
    )
    tables = {row["relname"] for row in append_only}
    assert tables >= {"trail_entry", "funding_grant", "payment", "reversal", "repayment", "statement"}
    for table in sorted(tables):
        rights = {
            right: await owner.fetchval("SELECT has_table_privilege('registry_app', $1, $2)", table, right)
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
        }
        assert rights == {"SELECT": True, "INSERT": True, "UPDATE": False, "DELETE": False, "TRUNCATE": False}, table
    for right in ("INSERT", "UPDATE", "DELETE"):
        assert not await owner.fetchval("SELECT has_table_privilege('registry_app', 'grant_balance', $1)", right)
    assert not await owner.fetchval(
        "SELECT has_column_privilege('registry_app', 'budget_frame', 'decided_ore', 'UPDATE')"
    )
