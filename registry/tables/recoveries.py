"""Claims for money to be paid back, what repayments settle of them, and claims that were given up."""

from typing import Any

from piccolo.columns import BigInt, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.grants import Grant
from registry.tables.payments import Repayment
from registry.tables.users import User


class RecoveryClaim(Table, tablename="recovery_claim"):
    """A decision that money of a grant must be paid back; the id is its number.

    `ground`: `condition` (then `condition` is a line of the grant's conditions as it read at the decision), or one of
    the two that need none: `false_facts`, `wrong_payment`.
    """

    id = BigInt(primary_key=True, default=None)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=False, index=True)
    amount_ore = BigInt(null=False, default=None)
    ground = Varchar(13, null=False, default=None)
    condition = Text(null=False, default="")
    reason = Text(null=False, default=None)
    decided_on = Date(null=False, default=None, index=True)
    decider = Varchar(200, null=False, default=None)
    dnr = Varchar(60, null=False, default=None)
    due_on = Date(null=False, default=None, index=True)
    key_scope = Varchar(40, null=False, default=None)
    key = Varchar(255, null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    recovery_claim_key = Unique(["key_scope", "key"])
    recovery_claim_amount = Check("amount_ore > 0")
    recovery_claim_ground = Check(
        "CASE ground WHEN 'condition' THEN condition <> ''"
        " ELSE ground IN ('false_facts', 'wrong_payment') AND condition = '' END"
    )
    recovery_claim_reason = Check("reason <> '' AND decider <> '' AND dnr <> ''")
    recovery_claim_due = Check("due_on >= decided_on")


class ClaimSettlement(Table, tablename="claim_settlement"):
    """What a repayment settles of a claim; one repayment answers to one claim."""

    repayment_id = ForeignKey(Repayment, on_delete=OnDelete.restrict, primary_key=True, null=False, default=None)
    claim_id = ForeignKey(RecoveryClaim, on_delete=OnDelete.restrict, null=False, index=True)
    amount_ore = BigInt(null=False, default=None)
    seq = BigInt(null=False, default=None, index=True)

    claim_settlement_amount = Check("amount_ore > 0")


class ClaimClosure(Table, tablename="claim_closure"):
    """What was left of a claim is withdrawn (it was wrong) or written off (it was right and won't be paid)."""

    claim_id: ForeignKey[Any] = ForeignKey(
        RecoveryClaim, on_delete=OnDelete.restrict, primary_key=True, null=False, default=None
    )
    kind = Varchar(11, null=False, default=None)
    closed_on = Date(null=False, default=None)
    amount_ore = BigInt(null=False, default=None)
    reason = Text(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    claim_closure_kind = Check("kind IN ('withdrawn', 'written_off')")
    claim_closure_amount = Check("amount_ore > 0")
    claim_closure_reason = Check("reason <> ''")


TABLES: list[type[Table]] = [RecoveryClaim, ClaimSettlement, ClaimClosure]
"""In an order that a restore can follow."""
