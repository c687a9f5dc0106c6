"""Grants: decisions, amendments and instalments, all append-only, and the balance that triggers keep."""

from piccolo.columns import BigInt, Date, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.parties import Funder, Party
from registry.tables.programmes import Programme
from registry.tables.users import User


class Grant(Table, tablename="funding_grant"):
    """One funder's decision to one recipient. `year` is the budget frame's."""

    id = BigInt(primary_key=True, default=None)
    funder_id = ForeignKey(Funder, on_delete=OnDelete.restrict, null=False, index=True)
    programme_id = ForeignKey(Programme, on_delete=OnDelete.restrict, null=False, index=True)
    year = SmallInt(null=False, default=None, index=True)
    recipient_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    via_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=True, index=True)
    dnr = Varchar(60, null=False, default=None)
    paragraph = Varchar(30, null=False, default="")
    decided_on = Date(null=False, default=None, index=True)
    decider = Varchar(200, null=False, default=None)
    amount_ore = BigInt(null=False, default=None)
    period_from = Date(null=False, default=None)
    period_to = Date(null=False, default=None)
    purpose = Text(null=False, default="")
    conditions = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    funding_grant_once = Unique(["funder_id", "dnr", "recipient_id"])
    funding_grant_amount = Check("amount_ore > 0")
    funding_grant_period = Check("period_from <= period_to")
    funding_grant_via_other = Check("via_id <> recipient_id")


class GrantBalance(Table, tablename="grant_balance"):
    """What is granted, registered, paid and repaid on a grant; kept by triggers, so that no write can overspend."""

    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, primary_key=True, null=False, default=None)
    granted_ore = BigInt(null=False, default=0)
    registered_ore = BigInt(null=False, default=0)
    paid_ore = BigInt(null=False, default=0)
    repaid_ore = BigInt(null=False, default=0)

    grant_balance_not_overspent = Check("registered_ore <= granted_ore")
    grant_balance_not_negative = Check("registered_ore >= 0 AND paid_ore >= 0 AND paid_ore <= registered_ore")
    grant_balance_repaid = Check("repaid_ore >= 0 AND repaid_ore <= paid_ore")


class Amendment(Table, tablename="amendment"):
    """A later decision that raises, lowers or withdraws a grant; `delta_ore` is signed."""

    id = BigInt(primary_key=True, default=None)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=False, index=True)
    kind = Varchar(12, null=False, default=None)
    delta_ore = BigInt(null=False, default=None)
    decided_on = Date(null=False, default=None, index=True)
    decider = Varchar(200, null=False, default=None)
    reason = Text(null=False, default=None)
    key_scope = Varchar(40, null=False, default=None)
    key = Varchar(255, null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    amendment_key = Unique(["key_scope", "key"])
    amendment_sign = Check(
        "CASE kind WHEN 'increase' THEN delta_ore > 0 ELSE kind IN ('decrease', 'withdrawal') AND delta_ore < 0 END"
    )
    amendment_reason = Check("reason <> ''")


class Instalment(Table, tablename="instalment"):
    """A part of a grant with its due day. `plan` is 0 for the decision and n for its nth amendment."""

    id = BigInt(primary_key=True, default=None)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=False, index=True)
    plan = SmallInt(null=False, default=0)
    position = SmallInt(null=False, default=None)
    due_on = Date(null=False, default=None, index=True)
    amount_ore = BigInt(null=False, default=None)
    seq = BigInt(null=False, default=None, index=True)

    instalment_position = Unique(["grant_id", "plan", "position"])
    instalment_amount = Check("amount_ore >= 0")


class GrantBenefit(Table, tablename="grant_benefit"):
    """What a kommun's inhabitants have of a grant to a recipient elsewhere; the latest row of a grant is in force."""

    id = BigInt(primary_key=True, default=None)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=False, index=True)
    benefit = Text(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    grant_benefit_text = Check("benefit <> ''")
