"""The demo's next agreement, stated benefits, Ekomuseum with its shares, and the poetry initiative's editions."""

import csv
from collections.abc import Callable, Iterable
from datetime import date
from itertools import groupby
from pathlib import Path

from registry.agreements.queries import list_agreements
from registry.agreements.schemas import AgreementDetails, SignedBy
from registry.agreements.service import register_agreement
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.fees.queries import EngagementFilter, list_engagements
from registry.grants.queries import GrantFilter, list_grants
from registry.grants.schemas import Grant
from registry.grants.service import state_benefit
from registry.initiatives.edition_queries import get_edition, list_edition_years
from registry.initiatives.edition_schemas import (
    BudgetDetails,
    BudgetKind,
    BudgetLineDetails,
    Edition,
    EditionDetails,
    EventDetails,
)
from registry.initiatives.edition_service import change_event, link, register_edition, register_event, set_budget
from registry.initiatives.queries import list_initiatives, list_plans
from registry.initiatives.schemas import Initiative, InitiativeDetails, InitiativeKind, PlanDetails, ShareDetails
from registry.initiatives.service import agree_shares, register_initiative
from registry.parties.queries import find_party

DATA = Path(__file__).parent / "data"
Row = dict[str, str]


async def load_initiatives() -> None:
    """Register everything that isn't there yet; each step is whole or not at all, so it can go on after a break."""
    await _agreements()
    for row in _rows("benefits.csv"):
        grant = await _grant(row)
        if not grant.benefit:
            await state_benefit(CONSOLE, grant.number, row["benefit"])
    for row in _rows("initiatives.csv"):
        if row["title"] not in await _initiatives():
            await _register(row)
    for (title, year, version), rows in _grouped("shares.csv", "initiative", "year", "version"):
        await _agree(await _initiative(title), int(year), int(version), rows)
    for row in _rows("editions.csv"):
        await _edition(row)
    for row in _rows("edition-events.csv"):
        await _event(row)
    for (title, year, version), rows in _grouped("edition-budgets.csv", "initiative", "year", "version"):
        await _budget(await _get(title, year), int(version), rows)
    for (title, year), rows in _grouped("edition-links.csv", "initiative", "year"):
        await _link(await _get(title, year), rows)


def _rows(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def _grouped(name: str, *columns: str) -> Iterable[tuple[tuple[str, ...], list[Row]]]:
    """The rows of a file that belong together stand beside each other."""
    key: Callable[[Row], tuple[str, ...]] = lambda row: tuple(row[column] for column in columns)  # noqa: E731
    return [(keys, list(rows)) for keys, rows in groupby(_rows(name), key)]


async def _agreements() -> None:
    """The next period carries over every area of the agreement before."""
    known = await list_agreements(CONSOLE)
    for row in _rows("agreements.csv"):
        if all(agreement.title != row["title"] for agreement in known):
            parties = [party.split(":") for party in row["parties"].split("|")]
            details = AgreementDetails(
                title=row["title"],
                period_from=date.fromisoformat(row["period_from"]),
                period_to=date.fromisoformat(row["period_to"]),
                source=row["source"],
                parties=tuple(SignedBy(org_number=number, name=name) for number, name in parties),
                areas=tuple(area.code for area in known[-1].areas),
            )
            await register_agreement(CONSOLE, details)


async def _grant(row: Row) -> Grant:
    recipient, funder = await find_party(CONSOLE, row["recipient"]), await find_party(CONSOLE, row["funder"])
    wanted = GrantFilter(dnr=row["dnr"], recipient_id=recipient.id, funder_id=funder.id)
    return (await list_grants(CONSOLE, wanted)).items[0]


async def _initiatives() -> dict[str, Initiative]:
    return {initiative.title: initiative for initiative in await list_initiatives(CONSOLE)}


async def _initiative(title: str) -> Initiative:
    return (await _initiatives())[title]


async def _register(row: Row) -> None:
    party = await find_party(CONSOLE, row["party"])
    details = InitiativeDetails(
        kind=InitiativeKind(row["kind"]), title=row["title"], party_id=party.id, note=row["note"]
    )
    await register_initiative(CONSOLE, (await find_party(CONSOLE, row["keeper"])).id, details)


async def _party_id(number: str) -> int | None:
    return (await find_party(CONSOLE, number)).id if number else None


def _money(text: str) -> Money | None:
    return Money.parse(text) if text else None


async def _agree(initiative: Initiative, year: int, version: int, rows: list[Row]) -> None:
    if len(await list_plans(CONSOLE, initiative, year=year)) >= version:
        return
    shares = [
        ShareDetails(
            funder_id=await _party_id(row["funder"]),
            via_id=await _party_id(row["via"]),
            partner=row["partner"],
            amount_ore=_money(row["amount"]),
            parts=int(row["parts"]) if row["parts"] else None,
        )
        for row in rows
    ]
    first = rows[0]
    details = PlanDetails(
        whole_ore=_money(first["whole"]), shares=tuple(shares), source=first["source"], reason=first["reason"]
    )
    await agree_shares(CONSOLE, initiative.number, year, details)


async def _edition(row: Row) -> None:
    initiative, year = await _initiative(row["initiative"]), int(row["year"])
    if year not in {line.year for line in await list_edition_years(CONSOLE, initiative)}:
        details = EditionDetails(theme=row["theme"], description=row["description"])
        await register_edition(CONSOLE, initiative.number, year, details)


async def _get(title: str, year: str) -> Edition:
    return await get_edition(CONSOLE, await _initiative(title), int(year))


async def _event(row: Row) -> None:
    edition = await _get(row["initiative"], row["year"])
    number, year = edition.initiative.number, edition.year
    details = EventDetails(
        title=row["event"],
        held_on=date.fromisoformat(row["held_on"]),
        place=row["place"],
        audience=int(row["audience"]) if row["audience"] else None,
        note=row["note"],
    )
    known = next((event for event in edition.events if event.title == row["event"]), None)
    event_id = known.id if known else await register_event(CONSOLE, number, year, details)
    if row["cancelled"] and not (known and known.cancelled):
        cancelled = details.model_copy(update={"cancelled": True, "reason": row["cancelled"]})
        await change_event(CONSOLE, number, year, event_id, cancelled)


async def _budget(edition: Edition, version: int, rows: list[Row]) -> None:
    if edition.budget and edition.budget.version >= version:
        return
    lines = [
        BudgetLineDetails(
            kind=BudgetKind(row["kind"]),
            funder_id=await _party_id(row["funder"]),
            title=row["line"],
            amount_ore=Money.parse(row["amount"]),
        )
        for row in rows
    ]
    details = BudgetDetails(lines=tuple(lines), source=rows[0]["source"], reason=rows[0]["reason"])
    await set_budget(CONSOLE, edition.initiative.number, edition.year, details)


async def _link(edition: Edition, rows: list[Row]) -> None:
    if edition.grants or edition.engagements:
        return
    events = {event.title: event.id for event in edition.events}
    grants = [(await _grant(row)).id for row in rows if row["dnr"]]
    engagements = {
        await _engagement(row, edition.year): events.get(row["event"]) for row in rows if row["creator"]
    }  # fmt: skip
    await link(CONSOLE, edition.initiative.number, edition.year, grants, engagements)


async def _engagement(row: Row, year: int) -> int:
    creator = await find_party(CONSOLE, row["creator"], personal=True)
    wanted = EngagementFilter(creator_id=creator.id, search=row["engagement"], year=year, cancelled=True)
    return (await list_engagements(CONSOLE, wanted)).items[0].id
