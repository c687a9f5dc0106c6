"""The trail over the API."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter, QueryParameter
from pydantic import BaseModel, ConfigDict

from registry.audit.pages import read_filter
from registry.audit.queries import count_entries, get_entry, list_entries
from registry.audit.schemas import TrailEntry, TrailLine
from registry.core.access import Permission, Scope
from registry.web.access import guard_api
from registry.web.api import DAY_PATTERN
from registry.web.openapi import problems

LARGEST_SEQ = 2**53 - 1
"""JSON readers may keep numbers as floating point, which is exact up to here."""

Limit = Annotated[int, Parameter(ge=1, le=500, description="Entries a page.")]
Cursor = Annotated[str | None, Parameter(pattern="^[0-9]{1,18}$", description="`next_cursor` of the page before.")]
Action = Annotated[
    str | None,
    Parameter(
        pattern="^[a-z_]{1,30}(:[a-z_]{0,30}){0,2}$",
        description="The beginning of the action: `payments:`, `grants:grant:decide`.",
    ),
]
Actor = Annotated[str | None, Parameter(pattern="^(console|user:[0-9]{1,15})$", description="`console` or `user:ID`.")]
From = Annotated[
    str | None,
    QueryParameter(name="from", description="Recorded on this day or later.", schema_extra={"pattern": DAY_PATTERN}),
]
To = Annotated[
    str | None,
    QueryParameter(name="to", description="Recorded on this day or earlier.", schema_extra={"pattern": DAY_PATTERN}),
]
Record = Annotated[
    str | None,
    Parameter(
        pattern="^[BUPE]-[0-9]{1,15}$",
        description="The entries of a payment (`U-…`), grant (`B-…`), party (`P-…`) or engagement (`E-…`).",
    ),
]
Seq = Annotated[int, Parameter(ge=1, le=LARGEST_SEQ, description="The entry's number in the chain.")]


class TrailList(BaseModel):
    """A page of entries, the newest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: list[TrailLine]
    next_cursor: str | None
    total: int


class TrailRoutes(Controller):
    """The trail for programs."""

    path = "/api/v1/audit"
    guards = [guard_api]  # noqa: RUF012 - Litestar reads it as it stands
    tags = ["audit"]  # noqa: RUF012

    @get(
        "/",
        permission=Permission.AUDIT_VIEW,
        operation_id="listTrail",
        summary="List entries of the trail",
        responses=problems(400, 404),
    )
    async def list_trail(
        self,
        who: Scope,
        limit: Limit = 50,
        cursor: Cursor = None,
        action: Action = None,
        actor: Actor = None,
        recorded_from: From = None,
        recorded_to: To = None,
        record: Record = None,
    ) -> TrailList:
        """The newest first. A `record` that doesn't exist is answered with 404."""
        asked = {
            "action": action,
            "actor": actor,
            "from": recorded_from,
            "to": recorded_to,
            "record": record,
        }
        wanted = await read_filter(who, {name: value for name, value in asked.items() if value})
        found = await list_entries(who, wanted, before=int(cursor) if cursor else None, limit=limit)
        return TrailList(
            items=found.items,
            next_cursor=str(found.older) if found.older else None,
            total=await count_entries(who, wanted),
        )

    @get(
        "/{seq:int}",
        permission=Permission.AUDIT_VIEW,
        operation_id="getTrailEntry",
        summary="One entry of the trail",
        responses=problems(400, 404),
    )
    async def get_trail_entry(self, who: Scope, seq: Seq) -> TrailEntry:
        """Who, when and what, the rows as they were written, and the exact text that was hashed."""
        return await get_entry(who, seq)


API = [TrailRoutes]
