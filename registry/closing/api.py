"""The closing of a year over the JSON API."""

from datetime import datetime
from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import Parameter
from pydantic import BaseModel, ConfigDict

from registry.closing.export import figures_of
from registry.closing.queries import read_closing
from registry.closing.schemas import Check, Closing, ProgrammeFigures
from registry.closing.service import close
from registry.core.access import Permission, Scope
from registry.core.errors import NotFoundError
from registry.core.money import Money
from registry.funders.service import demand_funder
from registry.parties.queries import parse_number
from registry.web.access import guard_api
from registry.web.api import Body
from registry.web.openapi import problems

LARGEST_ID = 2**62
Year = Annotated[int, Parameter(ge=1990, le=2100)]


class CheckRecord(BaseModel):
    """Something to look at before closing; `blocks` says that it must be done first."""

    model_config = ConfigDict(frozen=True)

    check: Check
    count: int
    amount: Money | None
    blocks: bool


class FiguresRecord(BaseModel):
    """A programme's year. `closing` is `opening + decided - paid + reversed`; repayments stand beside it."""

    model_config = ConfigDict(frozen=True)

    programme: str
    title: str
    opening: Money
    decided: Money
    paid: Money
    reversed: Money
    closing: Money
    repaid: Money
    agrees: bool


class ClosingRecord(BaseModel):
    """A funder's year. After it is closed, corrections are dated in `corrections_from` or later."""

    model_config = ConfigDict(frozen=True)

    funder: str
    funder_name: str
    year: int
    closed_at: datetime | None
    closed_by: str | None
    trail_seq: int | None
    may_be_closed: bool
    corrections_from: int
    checks: list[CheckRecord]
    programmes: list[FiguresRecord]
    total: FiguresRecord


class ClosingBody(Body):
    """That it is meant: a closed year can't be opened again."""

    confirmed: Literal[True]


def _figures(one: ProgrammeFigures) -> FiguresRecord:
    sums = {name: Money(ore) for name, ore in figures_of(one).items()}
    return FiguresRecord(programme=one.code, title=one.title, agrees=one.agrees, **sums)


def to_record(closing: Closing) -> ClosingRecord:
    """A funder's year as the API tells it."""
    closed = closing.closed
    return ClosingRecord(
        funder=closing.funder.org_number,
        funder_name=closing.funder.name,
        year=closing.year,
        closed_at=closed.closed_at if closed else None,
        closed_by=closed.closed_by if closed else None,
        trail_seq=closed.seq if closed else None,
        may_be_closed=closed is None and not closing.blocked,
        corrections_from=closing.next_open,
        checks=[
            CheckRecord(check=line.check, count=line.count, amount=line.amount_ore, blocks=line.blocks)
            for line in closing.checks
        ],
        programmes=[_figures(one) for one in closing.programmes],
        total=_figures(closing.total),
    )


def _funder_id(number: str) -> int:
    funder_id = parse_number(number)
    if funder_id is None or funder_id >= LARGEST_ID:
        raise NotFoundError
    return funder_id


class ClosingApi(Controller):
    """Years of funders."""

    path = "/api/v1/funders/{number:str}/years/{year:int}"
    tags = ("funders",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.FUNDERS_VIEW,
        operation_id="getFunderYear",
        summary="A funder's year: what is left to do before it is closed, and its figures",
        responses=problems(400, 404),
    )
    async def card(self, who: Scope, number: str, year: Year) -> ClosingRecord:
        """The year as it stands now."""
        return to_record(await read_closing(who, _funder_id(number), year))

    @post(
        "/close",
        permission=Permission.FUNDERS_SET,
        operation_id="closeFunderYear",
        summary="Close a year for good",
        status_code=200,
        responses=problems(400, 404, 409),
    )
    async def close(self, who: Scope, number: str, year: Year, data: ClosingBody) -> ClosingRecord:
        """Nothing of the funder can be dated in the year any more."""
        del data
        funder_id = _funder_id(number)
        await read_closing(who, funder_id, year)
        demand_funder(who, funder_id)
        await close(who, funder_id, year)
        return to_record(await read_closing(who, funder_id, year))


API: list[type[Controller]] = [ClosingApi]
