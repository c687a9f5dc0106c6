"""Issued statements: the figures and the bytes, as they left the house."""

from piccolo.columns import BigInt, Bytea, Date, ForeignKey, OnDelete, SmallInt, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from registry.tables.parties import Party
from registry.tables.users import User


class Statement(Table, tablename="statement"):
    """One version of a party's statement for a year in a language. Append-only."""

    id = BigInt(primary_key=True, default=None)
    number = Varchar(30, null=False, default=None)
    party_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    year = SmallInt(null=False, default=None)
    language = Varchar(2, null=False, default=None)
    version = SmallInt(null=False, default=None)
    code = Varchar(30, null=False, default=None, unique=True)
    paid_ore = BigInt(null=False, default=None)
    figures = Bytea(null=False, default=None)
    figures_sha256 = Bytea(null=False, default=None)
    pdf = Bytea(null=False, default=None)
    pdf_sha256 = Bytea(null=False, default=None)
    anchor_seq = BigInt(null=False, default=None)
    anchor_hash = Bytea(null=False, default=None)
    issued_on = Date(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    statement_version = Unique(["party_id", "year", "language", "version"])
    statement_number = Unique(["number"])
