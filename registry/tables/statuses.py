"""The standing of study associations over time; apart from parties, for whoever registers is a user."""

from piccolo.columns import BigInt, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from registry.tables.parties import Party
from registry.tables.users import User


class PartyStatus(Table, tablename="party_status"):
    """What an association is from a day on; of two rows of the same day the later one holds. Append-only."""

    id = BigInt(primary_key=True, default=None)
    party_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    status = Varchar(24, null=False, default=None)
    valid_from = Date(null=False, default=None)
    source = Varchar(500, null=False, default=None)
    reason = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    party_status_known = Check("status IN ('active', 'without_state_grants', 'closed')")


TABLES: list[type[Table]] = [PartyStatus]
"""In an order that a restore can follow."""
