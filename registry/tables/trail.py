"""The hash chain, its head, and the registry's own state."""

from piccolo.columns import BigInt, Boolean, Bytea, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table


class ChainHead(Table, tablename="chain_head"):
    """The last entry of the chain: one row, locked by every write."""

    id = SmallInt(primary_key=True, default=1)
    seq = BigInt(null=False, default=0)
    hash = Bytea(null=False, default=b"")
    recorded_at = Timestamptz(null=False)


class TrailEntry(Table, tablename="trail_entry"):
    """One entry of the chain. `body` is the exact bytes that were hashed."""

    seq = BigInt(primary_key=True, default=None)
    recorded_at = Timestamptz(null=False, default=None, index=True)
    actor = Varchar(40, null=False, default=None)
    action = Varchar(80, null=False, default=None, index=True)
    body = Bytea(null=False, default=None)
    hash = Bytea(null=False, default=None)


class RegistryState(Table, tablename="registry_state"):
    """What this database is: demo or not, and which version of the application last migrated it."""

    id = SmallInt(primary_key=True, default=1)
    demo = Boolean(null=False, default=False)
    app_version = Text(null=False, default="")
    seq = BigInt(null=False, default=0)
