"""Initiatives over the JSON API: the list, one, a year as JSON and files, and what is agreed.

What is written of editions lies in `edition_api`.
"""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, QueryParameter
from litestar.response import Stream
from pydantic import Field

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import ForbiddenError
from registry.core.money import Money
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.initiatives.edition_api import EditionApi
from registry.initiatives.edition_records import EditionRecord, year_record
from registry.initiatives.export import export_year, list_years, read_year
from registry.initiatives.files import MEDIA_TYPES, Format
from registry.initiatives.filters import NAMES, list_asked, read_asked
from registry.initiatives.queries import get_picture
from registry.initiatives.records import InitiativeRecord, PictureRecord, Record, initiative_record, picture_record
from registry.initiatives.register import get_initiative
from registry.initiatives.schemas import (
    MOST_SHARES,
    InitiativeDetails,
    InitiativeKind,
    PlanDetails,
    ShareDetails,
    initiative_number,
)
from registry.initiatives.service import agree_shares, register_initiative
from registry.parties.queries import find_party
from registry.web.access import guard_api
from registry.web.api import WHOLE, Body, Cursor, Limit, line, next_offset, read_offset, text
from registry.web.downloads import send_file
from registry.web.openapi import problems

Kind = Annotated[
    str | None,
    QueryParameter(description="`edition` or `co_funded`.", schema_extra={"enum": ["", *list(InitiativeKind)]}),
]
Search = Annotated[
    str | None, Parameter(description="Part of a title, or of a body's or society's name.", max_length=200)
]
Sort = Annotated[
    str | None,
    QueryParameter(
        description="`title` or `party`; with `-` before it the other way round.",
        schema_extra={"enum": ["", "title", "-title", "party", "-party"]},
    ),
]
Year = Annotated[int, Parameter(description="The year.", ge=FIRST_YEAR, le=LAST_YEAR)]


class InitiativeList(Record):
    """A page of initiatives."""

    items: list[InitiativeRecord]
    next_cursor: str | None
    total: int


class InitiativeBody(Body):
    """An initiative that one's own funder keeps; `party` by organisation number or by `P-17`."""

    kind: InitiativeKind = Field(strict=False)
    title: Annotated[str, line(200)]
    party: Annotated[str, line(40)]
    note: Annotated[str, text(2000)] = ""


class ShareBody(Body):
    """A funder's share, perhaps via an intermediary, or that of an outside `partner`: fixed `amount` or `parts`."""

    funder: Annotated[str, line(40)] | None = None
    via: Annotated[str, line(40)] | None = None
    partner: Annotated[str, line(200, filled=False)] = ""
    amount: Money | None = None
    parts: Annotated[int, Field(gt=0, le=1_000_000), WHOLE] | None = None


class SharesBody(Body):
    """The agreed shares of a year as a whole: the year's next version."""

    whole: Money | None = Field(default=None, description="What is divided by parts.")
    shares: Annotated[list[ShareBody], Field(min_length=1, max_length=MOST_SHARES)]
    source: Annotated[str, line(500)]
    reason: Annotated[str, line(500, filled=False)] = Field(default="", description="Needed from version 2 on.")


def _file(kind: Format) -> ResponseSpec:
    return ResponseSpec(
        data_container=bytes, description="The file.", media_type=MEDIA_TYPES[kind], generate_examples=False
    )


class InitiativeApi(Controller):
    """Yearly editions and co-funded bodies."""

    path = "/api/v1/initiatives"
    tags = ("initiatives",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.INITIATIVES_VIEW,
        operation_id="listInitiatives",
        summary="Initiatives with their years",
        responses=problems(400, 404),
    )
    async def index(
        self,
        request: Request[Any, Any, Any],
        who: Scope,
        kind: Kind = None,
        q: Search = None,
        sort: Sort = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> InitiativeList:
        """The initiatives that fit, in order, each with its years, the latest first."""
        del kind, q, sort
        asked = read_asked({name: request.query_params.get(name, "") for name in NAMES})
        found, offset = await list_asked(who, asked), read_offset(cursor)
        shown = found[offset : offset + limit]
        return InitiativeList(
            items=[initiative_record(one, await list_years(who, one)) for one in shown],
            next_cursor=next_offset(offset, len(shown), len(found)),
            total=len(found),
        )

    @get(
        "/{number:str}",
        permission=Permission.INITIATIVES_VIEW,
        operation_id="getInitiative",
        summary="One initiative with its years",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> InitiativeRecord:
        """One initiative by its number, such as `S-1`."""
        initiative = await get_initiative(who, number)
        return initiative_record(initiative, await list_years(who, initiative))

    @post(
        "/",
        permission=Permission.INITIATIVES_REGISTER,
        operation_id="registerInitiative",
        summary="Register an initiative that one's own funder keeps",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def register(self, who: Scope, data: InitiativeBody) -> InitiativeRecord:
        """A title is used once."""
        if who.funder_id is None:
            raise ForbiddenError
        party = await find_party(who, data.party, field="party")
        details = InitiativeDetails(kind=data.kind, title=data.title.strip(), party_id=party.id, note=data.note.strip())
        number = initiative_number(await register_initiative(who, who.funder_id, details))
        return initiative_record(await get_initiative(who, number), [])

    @get(
        "/{number:str}/{year:int}",
        permission=Permission.INITIATIVES_VIEW,
        operation_id="getInitiativeYear",
        summary="A year: the funding picture of a co-funded body, or an edition",
        responses=problems(400, 404),
    )
    async def year(self, who: Scope, number: str, year: Year) -> PictureRecord | EditionRecord:
        """`kind` says which it is. Outside partners are memos and part of no total."""
        told = await read_year(who, number, year)
        return year_record(told.subject, told.anchor)

    @get(
        "/{number:str}/{year:int}/export.csv",
        permission=Permission.INITIATIVES_VIEW,
        operation_id="getInitiativeYearCsv",
        summary="The same year as CSV",
        responses={200: _file(Format.CSV), **problems(400, 404)},
    )
    async def csv(self, who: Scope, number: str, year: Year) -> Stream:
        """Told in the trail."""
        return await _send(who, number, year, Format.CSV)

    @get(
        "/{number:str}/{year:int}/export.xlsx",
        permission=Permission.INITIATIVES_VIEW,
        operation_id="getInitiativeYearXlsx",
        summary="The same year as XLSX",
        responses={200: _file(Format.XLSX), **problems(400, 404)},
    )
    async def xlsx(self, who: Scope, number: str, year: Year) -> Stream:
        """Told in the trail."""
        return await _send(who, number, year, Format.XLSX)

    @get(
        "/{number:str}/{year:int}/export.pdf",
        permission=Permission.INITIATIVES_VIEW,
        operation_id="getInitiativeYearPdf",
        summary="The same year as PDF/A",
        responses={200: _file(Format.PDF), **problems(400, 404)},
    )
    async def pdf(self, who: Scope, number: str, year: Year) -> Stream:
        """With the figures as attachments. Told in the trail."""
        return await _send(who, number, year, Format.PDF)

    @post(
        "/{number:str}/{year:int}/shares",
        permission=Permission.INITIATIVES_REGISTER,
        operation_id="agreeShares",
        summary="Register what each has agreed to pay to a co-funded body in a year",
        responses=problems(400, 404, 409, 413, 415),
    )
    async def shares(self, who: Scope, number: str, year: Year, data: SharesBody) -> PictureRecord:
        """The next version; parts divide the whole to the öre by largest remainder."""
        shares = [await _share(who, share, place) for place, share in enumerate(data.shares, start=1)]
        details = PlanDetails(
            whole_ore=data.whole, shares=tuple(shares), source=data.source.strip(), reason=data.reason.strip()
        )
        await agree_shares(who, number, year, details)
        picture = await get_picture(who, await get_initiative(who, number), year)
        return picture_record(picture, str(await trail.read_anchor()))


async def _send(who: Scope, number: str, year: int, kind: Format) -> Stream:
    done = await export_year(who, number, year, kind)
    return send_file(done.file, done.name, done.media_type)


async def _share(who: Scope, share: ShareBody, place: int) -> ShareDetails:
    funder = await find_party(who, share.funder, field=f"whose_{place}") if share.funder else None
    via = await find_party(who, share.via, field=f"via_{place}") if share.via else None
    return ShareDetails(
        funder_id=funder.id if funder else None,
        via_id=via.id if via else None,
        partner=share.partner.strip(),
        amount_ore=share.amount,
        parts=share.parts,
    )


API: list[type[Controller]] = [InitiativeApi, EditionApi]
