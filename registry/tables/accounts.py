"""Requests to pay a party to another account, and the second officer's word on each."""

from piccolo.columns import BigInt, Bytea, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from registry.tables.parties import Party
from registry.tables.users import User


class AccountRequest(Table, tablename="account_request"):
    """The accounts that a party wants to be paid to; the id is the request's number. Both empty: to none.

    `salt` is the party's, set for a person. `source`: `form`, `api` or `import`.
    """

    id = BigInt(primary_key=True, default=None)
    party_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    bankgiro = Varchar(9, null=False, default="")
    plusgiro = Varchar(12, null=False, default="")
    valid_from = Date(null=False, default=None)
    reason = Text(null=False, default=None)
    evidence = Varchar(200, null=False, default="")
    source = Varchar(6, null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    salt = Bytea(null=True, default=None)
    seq = BigInt(null=False, default=None, index=True)

    account_request_reason = Check("reason <> ''")
    account_request_source = Check("source IN ('form', 'api', 'import')")


class AccountDecision(Table, tablename="account_decision"):
    """What became of a request: another officer approved or rejected it, or who made it took it back."""

    request_id = ForeignKey(AccountRequest, on_delete=OnDelete.restrict, primary_key=True, null=False, default=None)
    outcome = Varchar(9, null=False, default=None)
    reason = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    account_decision_outcome = Check("outcome IN ('approved', 'rejected', 'withdrawn')")
    account_decision_reason = Check("outcome = 'approved' OR reason <> ''")


TABLES: list[type[Table]] = [AccountRequest, AccountDecision]
"""In an order that a restore can follow."""
