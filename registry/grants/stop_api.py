"""Stopping the payments of a grant over the JSON API."""

from datetime import date, datetime
from typing import Annotated

from litestar import Controller, post
from pydantic import BaseModel, ConfigDict, Field

from registry.core.access import Permission, Scope
from registry.grants.queries import get_grant, list_stops
from registry.grants.schemas import Stop
from registry.grants.stops import release_grant, stop_grant
from registry.web.access import guard_api
from registry.web.api import Body, Day, text
from registry.web.openapi import problems


class StopRecord(BaseModel):
    """A stop of a grant's payments; what is said of its release is null while it stands."""

    model_config = ConfigDict(frozen=True)

    stopped_on: date
    reason: str
    recorded_at: datetime
    released_on: date | None
    release_reason: str | None
    trail_seq: int


class StopBody(Body):
    """Why payments are stopped, and since when: today unless said."""

    reason: Annotated[str, text(2000, filled=True)]
    stopped_on: Day | None = Field(default=None, strict=False)


class ReleaseBody(Body):
    """Why payments go on, and since when: today unless said."""

    reason: Annotated[str, text(2000, filled=True)]
    released_on: Day | None = Field(default=None, strict=False)


def to_stop(stop: Stop) -> StopRecord:
    """A stop as the API shows it."""
    return StopRecord(
        stopped_on=stop.stopped_on,
        reason=stop.reason,
        recorded_at=stop.recorded_at,
        released_on=stop.released_on,
        release_reason=None if stop.stands else stop.release_reason,
        trail_seq=stop.seq,
    )


class StopApi(Controller):
    """Stops."""

    path = "/api/v1/grants"
    tags = ("grants",)
    guards = (guard_api,)

    @post(
        "/{number:str}/stop",
        permission=Permission.GRANTS_STOP,
        operation_id="stopGrant",
        summary="Stop all payments on a grant",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def stop(self, who: Scope, number: str, data: StopBody) -> StopRecord:
        """Nothing is paid on the grant, through any channel, until the stop is released."""
        await stop_grant(who, number, reason=data.reason.strip(), stopped_on=data.stopped_on)
        return await _latest(who, number)

    @post(
        "/{number:str}/release",
        permission=Permission.GRANTS_STOP,
        operation_id="releaseGrant",
        summary="Release the stop of a grant's payments",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def release(self, who: Scope, number: str, data: ReleaseBody) -> StopRecord:
        """The grant may be paid again."""
        await release_grant(who, number, reason=data.reason.strip(), released_on=data.released_on)
        return await _latest(who, number)


async def _latest(who: Scope, number: str) -> StopRecord:
    grant = await get_grant(who, number)
    return to_stop((await list_stops(who, [grant.id]))[grant.id][-1])
