"""Agreements over the JSON API."""

from datetime import date

from litestar import Controller, get
from pydantic import BaseModel, ConfigDict, Field

from registry.agreements.queries import get_agreement, list_agreements, list_area_programmes
from registry.agreements.schemas import Agreement, AreaProgramme
from registry.core.access import Permission, Scope
from registry.core.money import Money
from registry.web.access import guard_api
from registry.web.openapi import problems


class SignatoryRecord(BaseModel):
    """Who signed; `party` is the registry's number when it is registered as a party."""

    model_config = ConfigDict(frozen=True)

    org_number: str
    name: str
    party: str | None


class ProgrammeRecord(BaseModel):
    """A programme in an area, with its frames and decisions of the agreement's period."""

    model_config = ConfigDict(frozen=True)

    funder: str
    code: str
    title: str
    inside_ksm: bool
    frame: Money
    decided: Money


class AreaRecord(BaseModel):
    """An area of an agreement: `summary` is in Swedish, in the registry's own words."""

    model_config = ConfigDict(frozen=True)

    code: str
    title: str
    summary: str
    is_new: bool
    programmes: list[ProgrammeRecord]


class AgreementRecord(BaseModel):
    """An agreement."""

    model_config = ConfigDict(frozen=True)

    number: str
    title: str
    period_from: date
    period_to: date
    source: str
    parties: list[SignatoryRecord]
    areas: list[AreaRecord]
    withdrawn: bool
    trail_seq: int


class AgreementList(BaseModel):
    """All agreements, the latest period first."""

    model_config = ConfigDict(frozen=True)

    items: list[AgreementRecord]
    next_cursor: str | None = Field(default=None, description="Always null: there is one page.")
    total: int


def _record(agreement: Agreement, programmes: list[AreaProgramme]) -> AgreementRecord:
    return AgreementRecord(
        number=agreement.number,
        title=agreement.title,
        period_from=agreement.period_from,
        period_to=agreement.period_to,
        source=agreement.source,
        parties=[
            SignatoryRecord(
                org_number=party.org_number, name=party.name, party=f"P-{party.party_id}" if party.party_id else None
            )
            for party in agreement.parties
        ],
        areas=[
            AreaRecord(
                code=area.code,
                title=area.title,
                summary=area.summaries[0],
                is_new=area.is_new,
                programmes=[_programme(one) for one in programmes if one.area_code == area.code],
            )
            for area in agreement.areas
        ],
        withdrawn=agreement.is_withdrawn,
        trail_seq=agreement.seq,
    )


def _programme(programme: AreaProgramme) -> ProgrammeRecord:
    return ProgrammeRecord(
        funder=programme.funder_org_number,
        code=programme.code,
        title=programme.title,
        inside_ksm=programme.inside_ksm,
        frame=programme.frame_ore,
        decided=programme.decided_ore,
    )


class AgreementApi(Controller):
    """Agreements between a region and kommuner, with their priority areas."""

    path = "/api/v1/agreements"
    tags = ("agreements",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.AGREEMENTS_VIEW,
        operation_id="listAgreements",
        summary="All agreements with their areas, the latest period first",
        responses=problems(),
    )
    async def index(self, who: Scope) -> AgreementList:
        """Those in force; a withdrawn one is shown only by its own address."""
        items = [_record(one, await list_area_programmes(who, one.years)) for one in await list_agreements(who)]
        return AgreementList(items=items, total=len(items))

    @get(
        "/{number:str}",
        permission=Permission.AGREEMENTS_VIEW,
        operation_id="getAgreement",
        summary="One agreement with its parties, areas and programmes",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> AgreementRecord:
        """One agreement by its number, such as `A-1`; also a withdrawn one."""
        agreement = await get_agreement(who, number)
        return _record(agreement, await list_area_programmes(who, agreement.years))


API: list[type[Controller]] = [AgreementApi]
