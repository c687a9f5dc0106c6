"""The demo's engagements of creators, a person with protected identity, and an officer who may see who it is."""

import csv
from contextlib import suppress
from pathlib import Path

from registry.core.access import CONSOLE, Permission
from registry.core.money import Money
from registry.database import fetch_value
from registry.fees.commands import ENGAGEMENTS_FILE
from registry.fees.queries import EngagementFilter, list_engagements
from registry.fees.schemas import Engagement, EngagementDetails
from registry.fees.service import cancel_engagement, correct_engagement
from registry.imports import import_file
from registry.parties.protection import ProtectedError, protect_party
from registry.parties.queries import find_party
from registry.users.rights import RightUnchangedError, set_right

DATA = Path(__file__).parent / "data"


async def load_fees() -> None:
    """Register the engagements and what happened to them afterwards; what is there already stays."""
    await import_file(CONSOLE, ENGAGEMENTS_FILE, DATA / "engagements.csv")
    with (DATA / "fee-events.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            with suppress(ProtectedError, RightUnchangedError):
                await EVENTS[row["event"]](row)


async def _find(row: dict[str, str]) -> Engagement:
    creator = await find_party(CONSOLE, row["creator"], personal=True)
    wanted = EngagementFilter(creator_id=creator.id, search=row["title"], cancelled=True)
    return (await list_engagements(CONSOLE, wanted)).items[0]


async def _correct(row: dict[str, str]) -> None:
    engagement = await _find(row)
    facts = {name: getattr(engagement, name) for name in EngagementDetails.model_fields}
    details = EngagementDetails(**{**facts, "agreed_fee_ore": Money.parse(row["value"])})
    await correct_engagement(CONSOLE, engagement.number, details, reason=row["reason"], key=f"demo-{row['title'][:40]}")


async def _cancel(row: dict[str, str]) -> None:
    engagement = await _find(row)
    await cancel_engagement(CONSOLE, engagement.number, reason=row["reason"], key=f"demo-{row['title'][:40]}")


async def _protect(row: dict[str, str]) -> None:
    person = await find_party(CONSOLE, row["creator"], personal=True)
    await protect_party(CONSOLE, person.id, reason=row["reason"])


async def _give_right(row: dict[str, str]) -> None:
    user_id = await fetch_value("SELECT id FROM app_user WHERE email = $1", row["email"])
    await set_right(CONSOLE, user_id, Permission.PARTIES_PROTECTED, given=True, reason=row["reason"])


EVENTS = {"correct": _correct, "cancel": _cancel, "protect": _protect, "right": _give_right}
"""What has no import file: each kind of event and how it is registered."""
