"""Writes of yearly editions: their theme, events, budget, and the grants and engagements that belong to them."""

from collections.abc import Collection, Mapping
from typing import Any

from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError, RegistryError, RuleError
from registry.database import fetch, fetch_value
from registry.initiatives.edition_queries import get_edition
from registry.initiatives.edition_rules import check_budget, check_event, check_year
from registry.initiatives.edition_schemas import BudgetDetails, Edition, EditionDetails, EventDetails
from registry.initiatives.schemas import InitiativeKind
from registry.initiatives.service import demand, own_initiative
from registry.parties.queries import UnknownPartyError
from registry.tables import initiatives as tables
from registry.trail import Entry, Recording, recording


class NothingNewError(RegistryError):
    """The form says what is registered already."""

    code = "nothing-new"
    message = N_("Nothing was changed: this is what is registered already.")


async def register_edition(scope: Scope, number: str, year: int, details: EditionDetails) -> int:
    """Register a year of an initiative. Returns the edition's id.

    Raises: UnknownInitiativeError, OtherFunderError, OtherKindError, RuleError, ConflictError (`edition-exists`).
    """
    demand(scope)
    check_year(year)
    async with recording(scope) as unit:
        initiative = await own_initiative(scope, number, InitiativeKind.EDITION)
        entry = unit.enter("initiatives:edition:register")
        edition_id = await unit.insert(entry, tables.Edition, initiative_id=initiative.id, year=year)
        await _insert_theme(unit, entry, edition_id, 1, details)
        return edition_id


async def describe_edition(scope: Scope, number: str, year: int, details: EditionDetails) -> None:
    """Say anew what an edition is about; earlier words stay in the trail. Raises: as `_own`, NothingNewError."""
    demand(scope)
    async with recording(scope) as unit:
        edition = await _own(scope, number, year)
        if (edition.theme, edition.description) == (details.theme, details.description):
            raise NothingNewError
        entry = unit.enter("initiatives:edition:describe")
        await _insert_theme(unit, entry, edition.id, edition.version + 1, details)


async def register_event(scope: Scope, number: str, year: int, details: EventDetails) -> int:
    """Register an event of an edition. Returns its id. Raises: as `_own`, RefusedEventError."""
    demand(scope)
    check_event(details, year=year, is_new=True)
    async with recording(scope) as unit:
        edition = await _own(scope, number, year)
        entry = unit.enter("initiatives:event:register")
        event_id = await unit.insert(entry, tables.EditionEvent, edition_id=edition.id)
        await _insert_event(unit, entry, event_id, 1, details)
        return event_id


async def change_event(scope: Scope, number: str, year: int, event_id: int, details: EventDetails) -> None:
    """Change an event, or cancel it; what it was stays. Raises: as `_own`, RefusedEventError, NothingNewError."""
    demand(scope)
    check_event(details, year=year, is_new=False)
    async with recording(scope) as unit:
        event = (await _own(scope, number, year)).event(event_id)
        if event is None:
            raise NotFoundError
        if all(getattr(event, name) == value for name, value in details):
            raise NothingNewError
        entry = unit.enter("initiatives:event:change", reason=details.reason)
        await _insert_event(unit, entry, event.id, event.version + 1, details)


async def set_budget(scope: Scope, number: str, year: int, details: BudgetDetails) -> int:
    """Set an edition's budget as a whole, as its next version. Returns the version.

    Raises: as `_own`, RefusedBudgetError, UnknownPartyError.
    """
    demand(scope)
    async with recording(scope) as unit:
        edition = await _own(scope, number, year)
        version = (edition.budget.version if edition.budget else 0) + 1
        check_budget(details, version=version)
        await _check_funders(details)
        entry = unit.enter("initiatives:budget:set", reason=details.reason)
        facts = {"version": version, "source": details.source, "reason": details.reason}
        budget_id = await unit.insert(entry, tables.EditionBudget, edition_id=edition.id, **facts, **_recorded(unit))
        for position, line in enumerate(details.lines, start=1):
            await unit.insert(
                entry,
                tables.BudgetLine,
                budget_id=budget_id,
                position=position,
                kind=line.kind.value,
                funder_id=line.funder_id,
                title=line.title,
                amount_ore=int(line.amount_ore),
            )
        return version


async def link(
    scope: Scope, number: str, year: int, grants: Collection[int], engagements: Mapping[int, int | None]
) -> int:
    """Let exactly these grants and engagements belong to an edition, each engagement at an event or (None) at none.

    A grant and an engagement belong to one edition at most. Returns how many links were made, moved or taken away.
    Raises: as `_own`, RuleError for what is missing or in another edition.
    """
    demand(scope)
    async with recording(scope) as unit:
        edition = await _own(scope, number, year)
        changed = await _link_grants(unit, edition, set(grants))
        return changed + await _link_engagements(unit, edition, engagements)


async def _link_grants(unit: Recording, edition: Edition, wanted: set[int]) -> int:
    now = {grant.id for grant in edition.grants}
    await _check_free("edition_grant", "grant_id", "funding_grant", edition.id, wanted - now, field="grants")
    for grant_id in sorted(wanted ^ now):
        linked = grant_id in wanted
        entry = unit.enter(f"initiatives:grant:{'link' if linked else 'unlink'}")
        facts = {"grant_id": grant_id, "linked": linked}
        await unit.insert(entry, tables.EditionGrant, edition_id=edition.id, **facts, **_recorded(unit))
    return len(wanted ^ now)


async def _link_engagements(unit: Recording, edition: Edition, events: Mapping[int, int | None]) -> int:
    if not set(events.values()) <= {None, *(event.id for event in edition.events)}:
        raise RuleError(field="engagements", message=N_("Choose one of the edition's events."))
    now = {one.engagement.id: one.event_id for one in edition.engagements}
    new = set(events) - set(now)
    await _check_free("edition_engagement", "engagement_id", "engagement", edition.id, new, field="engagements")
    changed = [one for one in sorted({*events, *now}) if (one in events, events.get(one)) != (one in now, now.get(one))]
    for engagement_id in changed:
        linked = engagement_id in events
        entry = unit.enter(f"initiatives:engagement:{'link' if linked else 'unlink'}")
        facts = {"engagement_id": engagement_id, "event_id": events.get(engagement_id), "linked": linked}
        await unit.insert(entry, tables.EditionEngagement, edition_id=edition.id, **facts, **_recorded(unit))
    return len(changed)


async def _check_free(table: str, column: str, of: str, edition_id: int, ids: set[int], *, field: str) -> None:
    """What is to be linked exists and is in no other edition. Raises: RuleError."""
    first = " AND chain_id = id" if of == "engagement" else ""
    found = await fetch_value(f"SELECT count(*) FROM {of} WHERE id = ANY($1){first}", list(ids))
    if found != len(ids):
        raise RuleError(field=field, message=N_("Choose from the list."))
    taken = await fetch(
        f"SELECT l.{column} FROM (SELECT DISTINCT ON ({column}) * FROM {table} WHERE {column} = ANY($1)"
        f" ORDER BY {column}, id DESC) l WHERE l.linked AND l.edition_id <> $2",
        list(ids),
        edition_id,
    )
    if taken:
        raise RuleError(field=field, message=N_("It belongs to another edition. Take it away there first."))


async def _own(scope: Scope, number: str, year: int) -> Edition:
    """An edition of an initiative that this user's funder keeps.

    Raises: UnknownInitiativeError, OtherFunderError, OtherKindError, UnknownEditionError.
    """
    initiative = await own_initiative(scope, number, InitiativeKind.EDITION)
    return await get_edition(scope, initiative, year)


async def _check_funders(details: BudgetDetails) -> None:
    funders = {row["id"] for row in await fetch("SELECT id FROM funder")}
    for place, line in enumerate(details.lines, start=1):
        if line.funder_id is not None and line.funder_id not in funders:
            raise UnknownPartyError(field=f"kind_{place}", party=f"P-{line.funder_id}")


def _recorded(unit: Recording) -> dict[str, Any]:
    return {"recorded_at": unit.now, "recorded_by": unit.scope.user_id}


async def _insert_theme(unit: Recording, entry: Entry, edition_id: int, version: int, details: EditionDetails) -> None:
    facts = {"version": version, **details.model_dump()}
    await unit.insert(entry, tables.EditionVersion, edition_id=edition_id, **facts, **_recorded(unit))


async def _insert_event(unit: Recording, entry: Entry, event_id: int, version: int, details: EventDetails) -> None:
    facts = {"version": version, **details.model_dump()}
    await unit.insert(entry, tables.EventVersion, event_id=event_id, **facts, **_recorded(unit))
