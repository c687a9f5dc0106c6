"""Initiatives: co-funded bodies with their agreed shares, and yearly editions with events, budgets and links.

An initiative's particulars may change, as a programme's; everything else is append-only. A correction is the next
version, and a link is taken away by a later row that says so: the latest row of a grant or engagement is in force, so
that it belongs to one edition at most.
"""

from piccolo.columns import BigInt, Boolean, Date, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from registry.tables.fees import Engagement
from registry.tables.grants import Grant
from registry.tables.parties import Funder, Party
from registry.tables.users import User


class Initiative(Table, tablename="initiative"):
    """Something that several keep up together. `funder_id` keeps its particulars; `party_id` is the body or society."""

    id = BigInt(primary_key=True, default=None)
    kind = Varchar(12, null=False, default=None)
    title = Varchar(200, null=False, default=None, unique=True)
    funder_id = ForeignKey(Funder, on_delete=OnDelete.restrict, null=False, index=True)
    party_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=False, index=True)
    note = Text(null=False, default="")
    seq = BigInt(null=False, default=None)

    initiative_kind = Check("kind IN ('edition', 'co_funded')")


class SharePlan(Table, tablename="share_plan"):
    """Who has agreed to pay what to a co-funded body in a year; `whole_ore` is what is divided by parts."""

    id = BigInt(primary_key=True, default=None)
    initiative_id = ForeignKey(Initiative, on_delete=OnDelete.restrict, null=False, index=True)
    year = SmallInt(null=False, default=None)
    version = SmallInt(null=False, default=None)
    whole_ore = BigInt(null=True, default=None)
    source = Text(null=False, default=None)
    reason = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    share_plan_version = Unique(["initiative_id", "year", "version"])
    share_plan_whole = Check("whole_ore > 0")
    share_plan_source = Check("source <> ''")
    share_plan_reason = Check("version = 1 OR reason <> ''")


class AgreedShare(Table, tablename="agreed_share"):
    """A share of a plan: a funder's, perhaps by way of an intermediary, or an outside partner's, which is a memo only.

    With `parts` the amount is that part of the plan's whole, otherwise it is fixed.
    """

    id = BigInt(primary_key=True, default=None)
    plan_id = ForeignKey(SharePlan, on_delete=OnDelete.restrict, null=False, index=True)
    position = SmallInt(null=False, default=None)
    funder_id = ForeignKey(Funder, on_delete=OnDelete.restrict, null=True, index=True)
    via_id = ForeignKey(Party, on_delete=OnDelete.restrict, null=True, index=True)
    partner = Varchar(200, null=False, default="")
    parts = Integer(null=True, default=None)
    amount_ore = BigInt(null=False, default=None)
    seq = BigInt(null=False, default=None, index=True)

    agreed_share_position = Unique(["plan_id", "position"])
    agreed_share_whose = Check("(funder_id IS NULL) = (partner <> '') AND (via_id IS NULL OR funder_id IS NOT NULL)")
    agreed_share_amount = Check("amount_ore >= 0")
    agreed_share_parts = Check("parts > 0")


class Edition(Table, tablename="edition"):
    """A year of an initiative."""

    id = BigInt(primary_key=True, default=None)
    initiative_id = ForeignKey(Initiative, on_delete=OnDelete.restrict, null=False, index=True)
    year = SmallInt(null=False, default=None)
    seq = BigInt(null=False, default=None, index=True)

    edition_once = Unique(["initiative_id", "year"])


class EditionVersion(Table, tablename="edition_version"):
    """What an edition is about; the latest version is in force."""

    id = BigInt(primary_key=True, default=None)
    edition_id = ForeignKey(Edition, on_delete=OnDelete.restrict, null=False, index=True)
    version = SmallInt(null=False, default=None)
    theme = Varchar(200, null=False, default="")
    description = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    edition_version_once = Unique(["edition_id", "version"])


class EditionEvent(Table, tablename="edition_event"):
    """An event of an edition."""

    id = BigInt(primary_key=True, default=None)
    edition_id = ForeignKey(Edition, on_delete=OnDelete.restrict, null=False, index=True)
    seq = BigInt(null=False, default=None, index=True)


class EventVersion(Table, tablename="event_version"):
    """What an event is, when and where, and how many came; the latest version is in force."""

    id = BigInt(primary_key=True, default=None)
    event_id = ForeignKey(EditionEvent, on_delete=OnDelete.restrict, null=False, index=True)
    version = SmallInt(null=False, default=None)
    title = Varchar(200, null=False, default=None)
    held_on = Date(null=False, default=None)
    place = Varchar(200, null=False, default=None)
    audience = Integer(null=True, default=None)
    note = Text(null=False, default="")
    cancelled = Boolean(null=False, default=False)
    reason = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    event_version_once = Unique(["event_id", "version"])
    event_version_title = Check("title <> '' AND place <> ''")
    event_version_audience = Check("audience >= 0")
    event_version_reason = Check("NOT cancelled OR reason <> ''")


class EditionBudget(Table, tablename="edition_budget"):
    """An edition's budget as a whole; a change is the next version."""

    id = BigInt(primary_key=True, default=None)
    edition_id = ForeignKey(Edition, on_delete=OnDelete.restrict, null=False, index=True)
    version = SmallInt(null=False, default=None)
    source = Text(null=False, default="")
    reason = Text(null=False, default="")
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    edition_budget_version = Unique(["edition_id", "version"])
    edition_budget_reason = Check("version = 1 OR reason <> ''")


class BudgetLine(Table, tablename="budget_line"):
    """A line of a budget: what a funder is to pay, other money, fees, or another cost."""

    id = BigInt(primary_key=True, default=None)
    budget_id = ForeignKey(EditionBudget, on_delete=OnDelete.restrict, null=False, index=True)
    position = SmallInt(null=False, default=None)
    kind = Varchar(12, null=False, default=None)
    funder_id = ForeignKey(Funder, on_delete=OnDelete.restrict, null=True, index=True)
    title = Varchar(200, null=False, default="")
    amount_ore = BigInt(null=False, default=None)
    seq = BigInt(null=False, default=None, index=True)

    budget_line_position = Unique(["budget_id", "position"])
    budget_line_kind = Check("kind IN ('funder', 'other_income', 'fees', 'other_cost')")
    budget_line_whose = Check("(kind = 'funder') = (funder_id IS NOT NULL)")
    budget_line_title = Check("kind IN ('funder', 'fees') OR title <> ''")
    budget_line_amount = Check("amount_ore >= 0")


class EditionGrant(Table, tablename="edition_grant"):
    """A grant linked to an edition, or no longer."""

    id = BigInt(primary_key=True, default=None)
    edition_id = ForeignKey(Edition, on_delete=OnDelete.restrict, null=False, index=True)
    grant_id = ForeignKey(Grant, on_delete=OnDelete.restrict, null=False, index=True)
    linked = Boolean(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)


class EditionEngagement(Table, tablename="edition_engagement"):
    """An engagement linked to an edition, perhaps to one of its events, or no longer; named by its first row."""

    id = BigInt(primary_key=True, default=None)
    edition_id = ForeignKey(Edition, on_delete=OnDelete.restrict, null=False, index=True)
    event_id = ForeignKey(EditionEvent, on_delete=OnDelete.restrict, null=True, index=True)
    engagement_id = ForeignKey(Engagement, on_delete=OnDelete.restrict, null=False, index=True)
    linked = Boolean(null=False, default=None)
    recorded_at = Timestamptz(null=False, default=None)
    recorded_by = ForeignKey(User, on_delete=OnDelete.restrict, null=True, index=True)
    seq = BigInt(null=False, default=None, index=True)

    edition_engagement_linked = Check("linked OR event_id IS NULL")


TABLES: list[type[Table]] = [
    Initiative,
    SharePlan,
    AgreedShare,
    Edition,
    EditionVersion,
    EditionEvent,
    EventVersion,
    EditionBudget,
    BudgetLine,
    EditionGrant,
    EditionEngagement,
]
"""In an order that a restore can follow."""
