"""Parties, their dated versions, and the funders among them."""

from typing import Any

from piccolo.columns import BigInt, Boolean, Bytea, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table


class Party(Table, tablename="party"):
    """A legal or natural person as it is known now; `salt` is set for persons, whom the trail holds as digests."""

    id = BigInt(primary_key=True, default=None)
    kind = Varchar(30, null=False, default=None, index=True)
    org_number = Varchar(11, null=False, default=None, unique=True)
    name = Varchar(200, null=False, default=None)
    sort_key = Varchar(200, null=False, default=None, index=True)
    municipality = Varchar(80, null=False, default="")
    language = Varchar(2, null=False, default="sv")
    protected = Boolean(null=False, default=False)
    successor_id: ForeignKey[Any] = ForeignKey("self", on_delete=OnDelete.restrict, null=True, index=True)
    merged_on = Date(null=True, default=None)
    salt = Bytea(null=True, default=None)
    seq = BigInt(null=False, default=None)

    party_language = Check("language IN ('sv', 'fi', 'en')")
    party_not_own_successor = Check("successor_id <> id")
    party_merger_is_whole = Check("(successor_id IS NULL) = (merged_on IS NULL)")


class PartyVersion(Table, tablename="party_version"):
    """What a party was called, and where it was paid, from a day on. Append-only."""

    id = BigInt(primary_key=True, default=None)
    party_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    valid_from = Date(null=False, default=None)
    org_number = Varchar(11, null=False, default=None)
    name = Varchar(200, null=False, default=None)
    email = Varchar(254, null=False, default="")
    address = Text(null=False, default="")
    bankgiro = Varchar(9, null=False, default="")
    plusgiro = Varchar(12, null=False, default="")
    salt = Bytea(null=True, default=None)
    seq = BigInt(null=False, default=None)


class PartyProtection(Table, tablename="party_protection"):
    """A person's protected identity, marked or taken away; the last row of a party is in force. Append-only.

    While it is in force the party's row holds a mask for the name and no municipality; `municipality` keeps it here.
    """

    id = BigInt(primary_key=True, default=None)
    party_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    protected = Boolean(null=False, default=None)
    reason = Text(null=False, default=None)
    municipality = Varchar(80, null=False, default="")
    salt = Bytea(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = BigInt(null=True, default=None)
    seq = BigInt(null=False, default=None, index=True)

    party_protection_reason = Check("reason <> ''")


class Funder(Table, tablename="funder"):
    """A region or kommun that decides grants; the id is the party's (a foreign key, made in the migration).

    `attest_from_ore`: from this sum on, a colleague must attest.
    """

    id = BigInt(primary_key=True, default=None)
    attest_from_ore = BigInt(null=False, default=0)
    accent = Varchar(7, null=False, default="#1b3a5c")
    contact = Text(null=False, default="")
    seq = BigInt(null=False, default=None)

    funder_attest_from_not_negative = Check("attest_from_ore >= 0")
