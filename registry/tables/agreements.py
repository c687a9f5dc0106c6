"""Agreements between region and kommun, and their priority areas."""

from piccolo.columns import BigInt, Date, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.users import User


class Agreement(Table, tablename="agreement"):
    """A framework of cooperation for some years."""

    id = BigInt(primary_key=True, default=None)
    title = Varchar(200, null=False, default=None)
    period_from = Date(null=False, default=None)
    period_to = Date(null=False, default=None)
    source = Text(null=False, default="")
    seq = BigInt(null=False, default=None)

    agreement_period = Check("period_from <= period_to")


class PriorityArea(Table, tablename="priority_area"):
    """An area that an agreement names. The Swedish title is authoritative."""

    id = BigInt(primary_key=True, default=None)
    agreement_id = ForeignKey(Agreement, on_delete=OnDelete.restrict, null=False, index=True)
    code = Varchar(60, null=False, default=None, unique=True)
    position = SmallInt(null=False, default=None)
    title_sv = Varchar(200, null=False, default=None)
    title_fi = Varchar(200, null=False, default=None)
    title_en = Varchar(200, null=False, default=None)
    seq = BigInt(null=False, default=None)

    priority_area_position = Unique(["agreement_id", "position"])


class AgreementParty(Table, tablename="agreement_party"):
    """Who has signed an agreement, by organisation number and name: also before it is registered as a party."""

    id = BigInt(primary_key=True, default=None)
    agreement_id = ForeignKey(Agreement, on_delete=OnDelete.restrict, null=False, index=True)
    position = SmallInt(null=False, default=None)
    org_number = Varchar(11, null=False, default=None)
    name = Varchar(200, null=False, default=None)
    seq = BigInt(null=False, default=None, index=True)

    agreement_party_once = Unique(["agreement_id", "org_number"])
    agreement_party_name = Check("name <> ''")


class AgreementArea(Table, tablename="agreement_area"):
    """An area as one agreement has it. A better summary is a row with the next `version`; the latest is in force."""

    id = BigInt(primary_key=True, default=None)
    agreement_id = ForeignKey(Agreement, on_delete=OnDelete.restrict, null=False, index=True)
    area_id = ForeignKey(PriorityArea, on_delete=OnDelete.restrict, null=False, index=True)
    version = SmallInt(null=False, default=1)
    position = SmallInt(null=False, default=None)
    summary_sv = Text(null=False, default="")
    summary_fi = Text(null=False, default="")
    summary_en = Text(null=False, default="")
    reason = Text(null=False, default="")
    seq = BigInt(null=False, default=None, index=True)

    agreement_area_version = Unique(["agreement_id", "area_id", "version"])


class AgreementWithdrawal(Table, tablename="agreement_withdrawal"):
    """An agreement that was registered by mistake: it stays readable and is no longer offered."""

    agreement_id = ForeignKey(Agreement, on_delete=OnDelete.restrict, primary_key=True, null=False, default=None)
    reason = Text(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    agreement_withdrawal_reason = Check("reason <> ''")
