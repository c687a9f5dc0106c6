"""Programmes, their yearly budget frames, and the years a funder has closed."""

from piccolo.columns import BigInt, Boolean, ForeignKey, OnDelete, SmallInt, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.agreements import PriorityArea
from registry.tables.parties import Funder
from registry.tables.users import User


class Programme(Table, tablename="programme"):
    """One funder's form of grant."""

    id = BigInt(primary_key=True, default=None)
    funder_id = ForeignKey(Funder, on_delete=OnDelete.restrict, null=False, index=True)
    code = Varchar(30, null=False, default=None)
    title = Varchar(200, null=False, default=None)
    kind = Varchar(30, null=False, default=None)
    priority_area_id = ForeignKey(PriorityArea, on_delete=OnDelete.restrict, null=True, index=True)
    inside_ksm = Boolean(null=False, default=False)
    account = Varchar(30, null=False, default="")
    seq = BigInt(null=False, default=None)

    programme_code = Unique(["funder_id", "code"])
    programme_kind = Check("kind IN ('study_associations', 'creators', 'initiative', 'co_funding', 'general')")


class BudgetFrame(Table, tablename="budget_frame"):
    """What a programme may decide in a year. `decided_ore` is kept by triggers."""

    id = BigInt(primary_key=True, default=None)
    programme_id = ForeignKey(Programme, on_delete=OnDelete.restrict, null=False, index=True)
    year = SmallInt(null=False, default=None, index=True)
    amount_ore = BigInt(null=False, default=None)
    decided_ore = BigInt(null=False, default=0)
    seq = BigInt(null=False, default=None)

    budget_frame_once = Unique(["programme_id", "year"])
    budget_frame_not_negative = Check("amount_ore >= 0 AND decided_ore >= 0")
    budget_frame_not_exceeded = Check("decided_ore <= amount_ore")


class ClosedYear(Table, tablename="closed_year"):
    """A year in which a funder books nothing more."""

    id = BigInt(primary_key=True, default=None)
    funder_id = ForeignKey(Funder, on_delete=OnDelete.restrict, null=False, index=True)
    year = SmallInt(null=False, default=None)
    closed_at = Timestamptz(null=False, default=None)
    closed_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None)

    closed_year_once = Unique(["funder_id", "year"])
