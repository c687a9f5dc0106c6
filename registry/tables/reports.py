"""Accounting reports that grants demand, what happens to each, and payments made although one was overdue."""

from piccolo.columns import BigInt, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.grants import Grant
from registry.tables.payments import Payment
from registry.tables.users import User


class Report(Table, tablename="report"):
    """A report that a grant demands; the id is its number. `title` is empty when the kind says enough."""

    id = BigInt(primary_key=True, default=None)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=False, index=True)
    kind = Varchar(12, null=False, default=None)
    title = Varchar(200, null=False, default="")
    demanded_on = Date(null=False, default=None)
    due_on = Date(null=False, default=None, index=True)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    report_kind = Check("kind IN ('final', 'interim', 'activity', 'accounts', 'other')")
    report_title = Check("kind <> 'other' OR title <> ''")
    report_due = Check("due_on >= demanded_on")


class ReportEvent(Table, tablename="report_event"):
    """Something that happened to a report: `state` and `due_on` are as they stand after it."""

    id = BigInt(primary_key=True, default=None)
    accounting_report_id = ForeignKey(Report, on_delete=OnDelete.restrict, null=False, index=True)
    event = Varchar(12, null=False, default=None)
    happened_on = Date(null=False, default=None)
    state = Varchar(12, null=False, default=None)
    due_on = Date(null=False, default=None)
    reference = Varchar(200, null=False, default="")
    reason = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    report_event_event = Check(
        "event IN ('received', 'reviewed', 'approved', 'returned', 'extended', 'waived', 'reopened')"
    )
    report_event_state = Check(
        "CASE event WHEN 'received' THEN state = 'received' WHEN 'reviewed' THEN state = 'in_review'"
        " WHEN 'approved' THEN state = 'approved' WHEN 'returned' THEN state = 'returned'"
        " WHEN 'extended' THEN state IN ('due', 'returned') WHEN 'waived' THEN state = 'waived'"
        " ELSE state IN ('due', 'received') END"
    )
    report_event_reason = Check("event IN ('received', 'reviewed', 'approved') OR reason <> ''")


class ReportOverride(Table, tablename="report_override"):
    """A payment that was registered although a report of its grant was overdue.

    `kind`: `override` (an officer decided so, with a reason) or `booked` (an import told of money that had left).
    """

    id = BigInt(primary_key=True, default=None)
    payment_id = ForeignKey(Payment, on_delete=OnDelete.restrict, null=False, index=True)
    accounting_report_id = ForeignKey(Report, on_delete=OnDelete.restrict, null=False, index=True)
    kind = Varchar(8, null=False, default=None)
    due_on = Date(null=False, default=None)
    reason = Text(null=False, default="")
    seq = BigInt(null=False, default=None, index=True)

    report_override_once = Unique(["payment_id", "accounting_report_id"])
    report_override_reason = Check("CASE kind WHEN 'override' THEN reason <> '' ELSE kind = 'booked' END")


TABLES: list[type[Table]] = [Report, ReportEvent, ReportOverride]
"""In an order that a restore can follow."""
