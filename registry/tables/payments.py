"""Payments, their attests and reversals, and repayments: all append-only."""

from piccolo.columns import BigInt, Bytea, Date, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.grants import Grant
from registry.tables.users import User


class Payment(Table, tablename="payment"):
    """Money sent to a recipient under a grant; the id is the payment's number.

    `attest`: who vouches for it - `officer` (a colleague must attest), `ledger` (attested in the accounting
    system before import) or `exempt` (below the sum from which the funder asks for two).
    `instalment` is the position in the grant's plan, or null for a free payment.
    """

    id = BigInt(primary_key=True, default=None)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=False)
    instalment = SmallInt(null=True, default=None)
    amount_ore = BigInt(null=False, default=None)
    paid_on = Date(null=False, default=None)
    voucher = Varchar(60, null=False, default="")
    reference = Varchar(200, null=False, default="")
    attest = Varchar(8, null=False, default=None)
    key_scope = Varchar(40, null=False, default=None)
    key = Varchar(255, null=False, default=None)
    body_hash = Bytea(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True)
    seq = BigInt(null=False, default=None)

    payment_key = Unique(["key_scope", "key"])
    payment_amount = Check("amount_ore > 0")
    payment_attest = Check("attest IN ('officer', 'ledger', 'exempt')")


class Attestation(Table, tablename="attestation"):
    """A second officer's word that a payment is right."""

    payment_id = ForeignKey(Payment, on_delete=OnDelete.restrict, primary_key=True, null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)


class Reversal(Table, tablename="reversal"):
    """The counter-entry that takes back a whole payment."""

    payment_id = ForeignKey(Payment, on_delete=OnDelete.restrict, primary_key=True, null=False, default=None)
    reversed_on = Date(null=False, default=None, index=True)
    reason = Text(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    reversal_reason = Check("reason <> ''")


class Repayment(Table, tablename="repayment"):
    """Money that the recipient has paid back."""

    id = BigInt(primary_key=True, default=None)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=False, index=True)
    amount_ore = BigInt(null=False, default=None)
    repaid_on = Date(null=False, default=None, index=True)
    reason = Text(null=False, default=None)
    key_scope = Varchar(40, null=False, default=None)
    key = Varchar(255, null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    repayment_key = Unique(["key_scope", "key"])
    repayment_amount = Check("amount_ore > 0")
    repayment_reason = Check("reason <> ''")
