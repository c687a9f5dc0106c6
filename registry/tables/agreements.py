"""Agreements between region and kommun, and their priority areas."""

from piccolo.columns import BigInt, Date, ForeignKey, OnDelete, SmallInt, Text, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table


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
