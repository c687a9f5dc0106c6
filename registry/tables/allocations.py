"""Rules of allocation, and allocations frozen with their rule, inputs and shares: all append-only."""

from piccolo.columns import BigInt, Bytea, Date, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.grants import Grant
from registry.tables.parties import Funder, Party
from registry.tables.programmes import Programme
from registry.tables.users import User


class AllocationRule(Table, tablename="allocation_rule"):
    """A rule by its name; what it says is in its versions. One without a funder came with the registry."""

    id = BigInt(primary_key=True, default=None)
    name = Varchar(100, null=False, default=None)
    funder_id = ForeignKey(Funder, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    allocation_rule_name = Unique(["name"])


class AllocationRuleVersion(Table, tablename="allocation_rule_version"):
    """What a rule says from a day on (null: always); `definition` is JSON as `allocations.schemas.Definition`."""

    id = BigInt(primary_key=True, default=None)
    rule_id = ForeignKey(AllocationRule, on_delete=OnDelete.restrict, null=False, index=True)
    version = SmallInt(null=False, default=None)
    valid_from = Date(null=True, default=None)
    issuer = Varchar(200, null=False, default=None)
    source = Varchar(500, null=False, default=None)
    note = Text(null=False, default="")
    reason = Text(null=False, default="")
    definition = Text(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    allocation_rule_version_once = Unique(["rule_id", "version"])
    allocation_rule_version_reason = Check("version = 1 OR reason <> ''")


class Allocation(Table, tablename="allocation"):
    """A frame divided by a rule's version, frozen: what it read (`inputs`) and what came of it (`result`), as JSON.

    `eligible_on` is the day on which the associations' standing was read. The trail holds both texts by their hash.
    """

    id = BigInt(primary_key=True, default=None)
    programme_id = ForeignKey(Programme, on_delete=OnDelete.restrict, null=False, index=True)
    year = SmallInt(null=False, default=None)
    frame_ore = BigInt(null=False, default=None)
    rule_version_id = ForeignKey(AllocationRuleVersion, on_delete=OnDelete.restrict, null=False, index=True)
    eligible_on = Date(null=False, default=None)
    inputs = Text(null=False, default=None)
    inputs_sha256 = Bytea(null=False, default=None)
    result = Text(null=False, default=None)
    result_sha256 = Bytea(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    allocation_frame = Check("frame_ore > 0")


class AllocationShare(Table, tablename="allocation_share"):
    """What an allocation gives one association: a draft decision until the allocation is decided or discarded."""

    id = BigInt(primary_key=True, default=None)
    allocation_id = ForeignKey(Allocation, on_delete=OnDelete.restrict, null=False, index=True)
    party_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    position = SmallInt(null=False, default=None)
    amount_ore = BigInt(null=False, default=None)
    seq = BigInt(null=False, default=None, index=True)

    allocation_share_once = Unique(["allocation_id", "party_id"])
    allocation_share_not_negative = Check("amount_ore >= 0")


class AllocationDiscard(Table, tablename="allocation_discard"):
    """An allocation that didn't become decisions, and why."""

    id = BigInt(primary_key=True, default=None)
    allocation_id = ForeignKey(Allocation, on_delete=OnDelete.restrict, null=False, index=True)
    reason = Text(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    allocation_discard_once = Unique(["allocation_id"])
    allocation_discard_reason = Check("reason <> ''")


class AllocationDecision(Table, tablename="allocation_decision"):
    """The decision that made an allocation's shares into grants; what all of them have in common."""

    id = BigInt(primary_key=True, default=None)
    allocation_id = ForeignKey(Allocation, on_delete=OnDelete.restrict, null=False, index=True)
    dnr = Varchar(60, null=False, default=None)
    paragraph = Varchar(30, null=False, default="")
    decided_on = Date(null=False, default=None)
    decider = Varchar(200, null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    allocation_decision_once = Unique(["allocation_id"])


class AllocationGrant(Table, tablename="allocation_grant"):
    """Which grant a share became."""

    id = BigInt(primary_key=True, default=None)
    share_id = ForeignKey(AllocationShare, on_delete=OnDelete.restrict, null=False, index=True)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=False, index=True)
    seq = BigInt(null=False, default=None, index=True)

    allocation_grant_share = Unique(["share_id"])
    allocation_grant_grant = Unique(["grant_id"])


TABLES: list[type[Table]] = [
    AllocationRule,
    AllocationRuleVersion,
    Allocation,
    AllocationShare,
    AllocationDiscard,
    AllocationDecision,
    AllocationGrant,
]
"""In an order that a restore can follow."""
