"""Batches of statements: who was to get one, what became of each, and how the batch ended."""

from piccolo.columns import (
    BigInt,
    BigSerial,
    Bytea,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.parties import Party
from registry.tables.statements import Statement
from registry.tables.users import User


class StatementBatch(Table, tablename="statement_batch"):
    """Statements of a year that are issued together; the id is its number. One at a time. Append-only.

    `kind`, `funder_id` and `language` say how it was limited; empty or null is everyone, each in their own language.
    `origin`: `page` (the server takes it up again after a restart) or `console` (the same command does).
    """

    id = BigInt(primary_key=True, default=None)
    year = SmallInt(null=False, default=None)
    kind = Varchar(30, null=False, default="")
    funder_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=True, index=True)
    language = Varchar(2, null=False, default="")
    origin = Varchar(8, null=False, default=None)
    parties = Integer(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    statement_batch_origin = Check("origin IN ('page', 'console')")
    statement_batch_language = Check("language IN ('', 'sv', 'fi', 'en')")


class StatementBatchItem(Table, tablename="statement_batch_item"):
    """One party of a batch, in its place: fixed when the batch begins. The batch's end proves it, not the trail."""

    id = BigSerial(primary_key=True)
    batch_id = ForeignKey(StatementBatch, on_delete=OnDelete.restrict, null=False)
    position = Integer(null=False, default=None)
    party_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    language = Varchar(2, null=False, default=None)

    statement_batch_place = Unique(["batch_id", "position"])
    statement_batch_party = Unique(["batch_id", "party_id"])


class StatementBatchResult(Table, tablename="statement_batch_result"):
    """What became of a party's statement: `issued` anew, `unchanged`, or `failed` with the problem's code and words."""

    item_id = ForeignKey(StatementBatchItem, on_delete=OnDelete.restrict, primary_key=True, null=False, default=None)
    outcome = Varchar(9, null=False, default=None)
    statement_id = ForeignKey(Statement, on_delete=OnDelete.restrict, null=True, index=True)
    problem = Varchar(40, null=False, default="")
    detail = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)

    statement_batch_outcome = Check(
        "outcome IN ('issued', 'unchanged', 'failed') AND (outcome = 'failed') = (statement_id IS NULL)"
    )


class StatementBatchEnd(Table, tablename="statement_batch_end"):
    """How a batch ended: `done` or `cancelled`, with its sums in öre and the hash of its manifest. Append-only.

    `summary_ore` is what the auditor's summary says of the year and `missing_ore` its part of those that failed, both
    null for one that was cancelled; `differences` are the parties where statement and summary disagree, as JSON.
    """

    batch_id = ForeignKey(StatementBatch, on_delete=OnDelete.restrict, primary_key=True, null=False, default=None)
    outcome = Varchar(9, null=False, default=None)
    issued = Integer(null=False, default=None)
    unchanged = Integer(null=False, default=None)
    failed = Integer(null=False, default=None)
    paid_ore = BigInt(null=False, default=None)
    missing_ore = BigInt(null=True, default=None)
    summary_ore = BigInt(null=True, default=None)
    differences = Text(null=False, default="[]")
    manifest_sha256 = Bytea(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    statement_batch_end_outcome = Check("outcome IN ('done', 'cancelled')")


TABLES: list[type[Table]] = [StatementBatch, StatementBatchItem, StatementBatchResult, StatementBatchEnd]
"""In an order that a restore can follow."""
