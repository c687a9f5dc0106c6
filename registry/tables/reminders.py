"""The secret addresses of calendar feeds. Only a hash of each is stored."""

from piccolo.columns import BigInt, Boolean, Bytea, ForeignKey, OnDelete, Timestamptz
from piccolo.constraints import Check
from piccolo.table import Table

from registry.tables.users import User


class CalendarFeed(Table, tablename="calendar_feed"):
    """A user's feed as it stands from a moment on: the last row of each user rules, and one without a hash ends it."""

    id = BigInt(primary_key=True, default=None)
    user_id = ForeignKey(User, on_delete=OnDelete.restrict, null=False, index=True)
    active = Boolean(null=False, default=False)
    token_hash = Bytea(null=True, default=None, unique=True)
    recorded_at = Timestamptz(null=False, default=None)
    seq = BigInt(null=False, default=None, index=True)

    calendar_feed_token = Check("active = (token_hash IS NOT NULL)")


TABLES: list[type[Table]] = [CalendarFeed]
"""In an order that a restore can follow."""
