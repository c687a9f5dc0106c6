"""Grants whose payments are stopped, and the stops that were released."""

from piccolo.columns import BigInt, Date, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.constraints import Check
from piccolo.table import Table

from registry.tables.grants import Grant
from registry.tables.users import User


class GrantStop(Table, tablename="grant_stop"):
    """From now on nothing is paid on the grant, until the stop is released."""

    id = BigInt(primary_key=True, default=None)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=False, index=True)
    stopped_on = Date(null=False, default=None)
    reason = Text(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    grant_stop_reason = Check("reason <> ''")


class StopRelease(Table, tablename="stop_release"):
    """The end of a stop."""

    stop_id = ForeignKey(GrantStop, on_delete=OnDelete.restrict, primary_key=True, null=False, default=None)
    released_on = Date(null=False, default=None)
    reason = Text(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    stop_release_reason = Check("reason <> ''")


TABLES: list[type[Table]] = [GrantStop, StopRelease]
"""In an order that a restore can follow."""
