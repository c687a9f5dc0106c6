"""Activity reports of study associations: yearly aggregates in versions, never anything about a participant."""

from piccolo.columns import BigInt, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.parties import Party
from registry.tables.users import User


class ActivityReport(Table, tablename="activity_report"):
    """What an association did in a kommun in a year; the figures are in its versions. Append-only.

    `municipality_key` is the name as it sorts, so that one kommun has one report however it is written.
    """

    id = BigInt(primary_key=True, default=None)
    party_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    municipality = Varchar(80, null=False, default=None)
    municipality_key = Varchar(80, null=False, default=None)
    year = SmallInt(null=False, default=None, index=True)
    seq = BigInt(null=False, default=None, index=True)

    activity_report_once = Unique(["party_id", "municipality_key", "year"])


class ActivityVersion(Table, tablename="activity_version"):
    """The figures of a report as they were said once; the highest version is in force. Append-only.

    Hours are whole study hours of 45 minutes; the last four measures are null where nobody has reported them.
    """

    id = BigInt(primary_key=True, default=None)
    report_id = ForeignKey(ActivityReport, on_delete=OnDelete.restrict, null=False, index=True)
    version = SmallInt(null=False, default=None)
    study_hours = BigInt(null=False, default=None)
    participant_hours = BigInt(null=False, default=None)
    unique_participants = BigInt(null=False, default=None)
    cultural_programmes = BigInt(null=False, default=None)
    other_group_hours = BigInt(null=False, default=None)
    target_group_hours = BigInt(null=True, default=None)
    disability_participants = BigInt(null=True, default=None)
    swedish_for_foreign_born = BigInt(null=True, default=None)
    state_grant_ore = BigInt(null=True, default=None)
    source = Varchar(200, null=False, default=None)
    signed_by = Varchar(200, null=False, default="")
    reason = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    activity_version_once = Unique(["report_id", "version"])
    activity_version_not_negative = Check(
        "least(study_hours, participant_hours, unique_participants, cultural_programmes, other_group_hours,"
        " target_group_hours, disability_participants, swedish_for_foreign_born, state_grant_ore) >= 0"
    )
    activity_version_plausible = Check("unique_participants <= participant_hours AND study_hours <= participant_hours")
    activity_version_reason = Check("version = 1 OR reason <> ''")


TABLES: list[type[Table]] = [ActivityReport, ActivityVersion]
"""In an order that a restore can follow."""
