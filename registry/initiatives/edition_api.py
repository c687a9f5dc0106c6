"""Editions over the JSON API: registering a year, its events and budget, and what belongs to it."""

from typing import Annotated

from litestar import Controller, post, put
from litestar.params import Parameter
from pydantic import Field

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.money import Money
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.fees.queries import get_engagement
from registry.grants.queries import get_grant
from registry.initiatives.edition_queries import get_edition
from registry.initiatives.edition_records import EditionRecord, edition_record
from registry.initiatives.edition_schemas import (
    LARGEST_AUDIENCE,
    MOST_LINES,
    BudgetDetails,
    BudgetKind,
    BudgetLineDetails,
    EditionDetails,
    EventDetails,
)
from registry.initiatives.edition_service import change_event, link, register_edition, register_event, set_budget
from registry.initiatives.register import get_initiative
from registry.parties.queries import find_party
from registry.web.access import guard_api
from registry.web.api import WHOLE, Body, Day, line, text
from registry.web.openapi import problems

Year = Annotated[int, Parameter(description="The year.", ge=FIRST_YEAR, le=LAST_YEAR)]
MOST_LINKS = 1000


class EditionBody(Body):
    """A year to register."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR), WHOLE]
    theme: Annotated[str, line(200, filled=False)] = ""
    description: Annotated[str, text(2000)] = ""


class EventBody(Body):
    """An event as a whole; `audience` is null until it is known, `reason` says why it was cancelled."""

    title: Annotated[str, line(200)]
    held_on: Day = Field(strict=False)
    place: Annotated[str, line(200)]
    audience: Annotated[int, Field(ge=0, le=LARGEST_AUDIENCE), WHOLE] | None = None
    note: Annotated[str, text(2000)] = ""
    cancelled: bool = False
    reason: Annotated[str, line(500, filled=False)] = ""


class BudgetLineBody(Body):
    """A line of a budget; `funder` only for the kind `funder`."""

    kind: BudgetKind = Field(strict=False)
    funder: Annotated[str, line(40)] | None = None
    title: Annotated[str, line(200, filled=False)] = ""
    amount: Money


class BudgetBody(Body):
    """An edition's budget as a whole: its next version."""

    lines: Annotated[list[BudgetLineBody], Field(min_length=1, max_length=MOST_LINES)]
    source: Annotated[str, line(500, filled=False)] = ""
    reason: Annotated[str, line(500, filled=False)] = Field(default="", description="Needed from version 2 on.")


class EngagementLink(Body):
    """An engagement, and the event that it was at, or null."""

    number: Annotated[str, line(40)]
    event: Annotated[int, Field(ge=1), WHOLE] | None = None


class LinksBody(Body):
    """All that is to belong to the edition; what is left out no longer does."""

    grants: Annotated[list[Annotated[str, line(40)]], Field(max_length=MOST_LINKS)]
    engagements: Annotated[list[EngagementLink], Field(max_length=MOST_LINKS)]


class EditionApi(Controller):
    """Writes of editions. Each answers with the edition as it then is."""

    path = "/api/v1/initiatives/{number:str}"
    tags = ("initiatives",)
    guards = (guard_api,)

    @post(
        "/editions",
        permission=Permission.INITIATIVES_REGISTER,
        operation_id="registerEdition",
        summary="Register a year of a yearly initiative",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def register(self, who: Scope, number: str, data: EditionBody) -> EditionRecord:
        """A year is registered once."""
        details = EditionDetails(theme=data.theme.strip(), description=data.description.strip())
        await register_edition(who, number, data.year, details)
        return await _edition(who, number, data.year)

    @post(
        "/{year:int}/events",
        permission=Permission.INITIATIVES_REGISTER,
        operation_id="registerEvent",
        summary="Register an event of an edition",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def event(self, who: Scope, number: str, year: Year, data: EventBody) -> EditionRecord:
        """An event lies in the edition's year or beside it."""
        await register_event(who, number, year, _event(data))
        return await _edition(who, number, year)

    @put(
        "/{year:int}/events/{event_id:int}",
        permission=Permission.INITIATIVES_REGISTER,
        operation_id="changeEvent",
        summary="Change an event of an edition, or cancel it",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def change(self, who: Scope, number: str, year: Year, event_id: int, data: EventBody) -> EditionRecord:
        """The event's next version; earlier ones stay."""
        await change_event(who, number, year, event_id, _event(data))
        return await _edition(who, number, year)

    @post(
        "/{year:int}/budget",
        permission=Permission.INITIATIVES_REGISTER,
        operation_id="setBudget",
        summary="Set an edition's budget",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def budget(self, who: Scope, number: str, year: Year, data: BudgetBody) -> EditionRecord:
        """The budget's next version; earlier ones stay."""
        lines = []
        for place, one in enumerate(data.lines, start=1):
            funder = await find_party(who, one.funder, field=f"kind_{place}") if one.funder else None
            lines.append(
                BudgetLineDetails(
                    kind=one.kind,
                    funder_id=funder.id if funder else None,
                    title=one.title.strip(),
                    amount_ore=one.amount,
                )
            )
        details = BudgetDetails(lines=tuple(lines), source=data.source.strip(), reason=data.reason.strip())
        await set_budget(who, number, year, details)
        return await _edition(who, number, year)

    @put(
        "/{year:int}/links",
        permission=Permission.INITIATIVES_REGISTER,
        operation_id="linkEdition",
        summary="Say which grants and engagements belong to an edition",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def links(self, who: Scope, number: str, year: Year, data: LinksBody) -> EditionRecord:
        """Exactly these belong to it afterwards; all of it or nothing is saved."""
        grants = [(await get_grant(who, one)).id for one in data.grants]
        places = {(await get_engagement(who, one.number)).id: one.event for one in data.engagements}
        await link(who, number, year, grants, places)
        return await _edition(who, number, year)


def _event(data: EventBody) -> EventDetails:
    return EventDetails(
        title=data.title.strip(),
        held_on=data.held_on,
        place=data.place.strip(),
        audience=data.audience,
        note=data.note.strip(),
        cancelled=data.cancelled,
        reason=data.reason.strip(),
    )


async def _edition(who: Scope, number: str, year: int) -> EditionRecord:
    edition = await get_edition(who, await get_initiative(who, number), year)
    return edition_record(edition, str(await trail.read_anchor()))
