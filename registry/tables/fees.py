"""Fee schedules with their levels, the year's percentages, and engagements of creators. All append-only."""

from typing import Any

from piccolo.columns import BigInt, Boolean, Date, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.grants import Grant
from registry.tables.parties import Funder, Party
from registry.tables.users import User


class FeeSchedule(Table, tablename="fee_schedule"):
    """An issuer's recommended minimum fees from a day on. A new version, or a correction, is a row of its own."""

    id = BigInt(primary_key=True, default=None)
    issuer = Varchar(120, null=False, default=None, index=True)
    title = Varchar(200, null=False, default=None)
    discipline = Varchar(30, null=False, default=None)
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)
    applies_by = Varchar(20, null=False, default=None)
    source = Text(null=False, default="")
    url = Text(null=False, default="")
    note = Text(null=False, default="")
    reason = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    fee_schedule_period = Check("valid_from <= valid_to")
    fee_schedule_applies_by = Check("applies_by IN ('booking_date', 'contract_date')")


class FeeLevel(Table, tablename="fee_level"):
    """A level of a schedule: the least for one unit, as an F-tax invoice without VAT or as a salary."""

    id = BigInt(primary_key=True, default=None)
    schedule_id = ForeignKey(FeeSchedule, on_delete=OnDelete.restrict, null=False, index=True)
    position = SmallInt(null=False, default=None)
    code = Varchar(40, null=False, default=None)
    title = Varchar(200, null=False, default=None)
    unit = Varchar(20, null=False, default=None)
    amount_ore = BigInt(null=False, default=None)
    basis = Varchar(10, null=False, default=None)
    source = Text(null=False, default="")
    seq = BigInt(null=False, default=None, index=True)

    fee_level_code = Unique(["schedule_id", "code"])
    fee_level_position = Unique(["schedule_id", "position"])
    fee_level_amount = Check("amount_ore > 0")
    fee_level_basis = Check("basis IN ('f_tax', 'salary')")
    fee_level_unit = Check(
        "unit IN ('appearance', 'started_hour', 'hour', 'visit', 'lesson', 'gig', 'performance', 'day', 'week',"
        " 'week_artists')"
    )


class FeeRates(Table, tablename="fee_rates"):
    """The percentages of some years, in hundredths of a per cent: 31.42 % is 3142."""

    id = BigInt(primary_key=True, default=None)
    year_from = SmallInt(null=False, default=None)
    year_to = SmallInt(null=True, default=None)
    employer_basis_points = Integer(null=False, default=None)
    holiday_basis_points = Integer(null=False, default=None)
    vat_basis_points = Integer(null=False, default=None)
    source = Text(null=False, default="")
    reason = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    fee_rates_years = Check("year_from <= year_to")
    fee_rates_percent = Check(
        "employer_basis_points BETWEEN 0 AND 10000 AND holiday_basis_points BETWEEN 0 AND 10000"
        " AND vat_basis_points BETWEEN 0 AND 10000"
    )


class Engagement(Table, tablename="engagement"):
    """A creator's engagement as it was agreed. `chain_id` is the first row's id, its number for people (`E-12`).

    A correction or cancellation is a row that replaces the one before, so that each chain has one row in force: the
    guards make `(id, chain_id)` and the first row of a chain unique.
    """

    id = BigInt(primary_key=True, default=None)
    chain_id = BigInt(null=False, default=None, index=True)
    replaces_id: ForeignKey[Any] = ForeignKey("self", on_delete=OnDelete.restrict, null=True)
    kind = Varchar(12, null=False, default=None)
    reason = Text(null=False, default="")
    creator_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    commissioner_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    funder_id = ForeignKey(Funder, on_delete=OnDelete.restrict, null=False, index=True)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=True, index=True)
    title = Varchar(200, null=False, default="")
    issuer = Varchar(120, null=False, default="")
    code = Varchar(40, null=False, default="")
    booking_date = Date(null=True, default=None)
    contract_date = Date(null=True, default=None)
    event_date = Date(null=True, default=None)
    quantity_thousandths = BigInt(null=True, default=None)
    artists = Integer(null=False, default=1)
    agreed_fee_ore = BigInt(null=True, default=None)
    tax = Varchar(1, null=False, default="")
    vat_included = Boolean(null=False, default=False)
    vat_basis_points = Integer(null=True, default=None)
    travel_ore = BigInt(null=False, default=0)
    material_ore = BigInt(null=False, default=0)
    motive = Text(null=False, default="")
    key_scope = Varchar(60, null=False, default=None)
    key = Varchar(255, null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    engagement_key = Unique(["key_scope", "key"])
    engagement_replaced_once = Unique(["replaces_id"])
    engagement_kind = Check(
        "CASE kind WHEN 'registered' THEN replaces_id IS NULL AND chain_id = id"
        " ELSE kind IN ('corrected', 'cancelled') AND replaces_id < id AND chain_id < id END"
    )
    engagement_reason = Check("kind = 'registered' OR reason <> ''")
    engagement_dated = Check("coalesce(event_date, contract_date, booking_date) IS NOT NULL")
    engagement_amounts = Check("coalesce(agreed_fee_ore, 0) >= 0 AND travel_ore >= 0 AND material_ore >= 0")
    engagement_quantity = Check("coalesce(quantity_thousandths, 1) > 0 AND artists > 0")
    engagement_tax = Check("tax IN ('F', 'A', '')")
    engagement_vat = Check("coalesce(vat_basis_points, 0) BETWEEN 0 AND 10000")


TABLES: list[type[Table]] = [FeeSchedule, FeeLevel, FeeRates, Engagement]
"""In an order that a restore can follow."""
