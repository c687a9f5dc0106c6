"""The follow-up over the API: JSON, CSV, XLSX and PDF answer the same question with the same figures."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, QueryParameter, SkipValidation
from litestar.response import Stream

from registry.core.access import Permission, Scope
from registry.followup.files import MEDIA_TYPES, answer_json
from registry.followup.pages import parameters, send_export
from registry.followup.queries import follow_up
from registry.followup.rules import read_question
from registry.followup.schemas import GROUPS, FollowUpAnswer, Format, Question
from registry.followup.service import export_follow_up
from registry.programmes.schemas import KSM_TITLES
from registry.web.access import guard_api
from registry.web.api import PartyNumber
from registry.web.openapi import problems

_GROUP = f"({'|'.join(GROUPS)})"
_YEAR = {"pattern": "^(199[0-9]|20[0-9]{2}|2100)?$"}

By = Annotated[
    str | None,
    QueryParameter(
        description="Groups in order, joined by commas; area,funder,budget_year when left out.",
        schema_extra={"pattern": f"^({_GROUP}(,{_GROUP})*)?$"},
    ),
]
AgreementNumber = Annotated[
    str | None, Parameter(description="An agreement such as `A-1`, whose years are meant.", max_length=40)
]
FirstYear = Annotated[str | None, QueryParameter(description="The first budget year.", schema_extra=_YEAR)]
LastYear = Annotated[str | None, QueryParameter(description="The last budget year.", schema_extra=_YEAR)]
AreaCode = Annotated[str | None, QueryParameter(description="The priority area's code, or `none`.")]
Ksm = Annotated[
    str | None,
    QueryParameter(
        description="`inside` or `outside` Kultursamverkansmodellen.", schema_extra={"enum": ["", *KSM_TITLES]}
    ),
]
ProgrammeCode = Annotated[str | None, QueryParameter(description="The programme's code.")]


def provide_question(
    request: Request[Any, Any, Any],
    by: By = None,
    agreement: AgreementNumber = None,
    year_from: FirstYear = None,
    year_to: LastYear = None,
    funder: PartyNumber = None,
    area: AreaCode = None,
    ksm: Ksm = None,
    programme: ProgrammeCode = None,
) -> Question:
    """The question in the address. The parameters are named here for OpenAPI; the page's reader reads them."""
    del by, agreement, year_from, year_to, funder, area, ksm, programme
    return read_question(parameters(request))


Asked = NamedDependency[SkipValidation[Question]]


def _file(kind: Format) -> ResponseSpec:
    return ResponseSpec(
        data_container=bytes, description="The file.", media_type=MEDIA_TYPES[kind], generate_examples=False
    )


class FollowUpRoutes(Controller):
    """The agreement followed up."""

    path = "/api/v1"
    guards = (guard_api,)
    tags = ("followup",)
    dependencies = {"question": Provide(provide_question, sync_to_thread=False)}  # noqa: RUF012

    @get(
        "/followup",
        permission=Permission.FOLLOWUP_VIEW,
        operation_id="getFollowUp",
        summary="Frames, decided, paid and unspent by area, funder and budget year",
        responses={
            200: ResponseSpec(data_container=FollowUpAnswer, description="The answer.", generate_examples=False),
            **problems(400, 404),
        },
    )
    async def follow_up(self, who: Scope, question: Asked) -> Response[bytes]:
        """Everything that follows a decision counts in the year of the frame that it was taken from."""
        return Response(answer_json(await follow_up(who, question)), media_type=MEDIA_TYPES[Format.JSON])

    @get(
        "/followup.csv",
        permission=Permission.FOLLOWUP_VIEW,
        operation_id="getFollowUpCsv",
        summary="The same follow-up as CSV",
        responses={200: _file(Format.CSV), **problems(400, 404)},
    )
    async def follow_up_csv(self, who: Scope, question: Asked) -> Stream:
        """The rows, then closing lines with totals, question, anchor and hashes. Told in the trail."""
        return send_export(await export_follow_up(who, question, Format.CSV))

    @get(
        "/followup.xlsx",
        permission=Permission.FOLLOWUP_VIEW,
        operation_id="getFollowUpXlsx",
        summary="The same follow-up as XLSX",
        responses={200: _file(Format.XLSX), **problems(400, 404)},
    )
    async def follow_up_xlsx(self, who: Scope, question: Asked) -> Stream:
        """A sheet with the rows and one with question, control total, anchor and hash. Told in the trail."""
        return send_export(await export_follow_up(who, question, Format.XLSX))

    @get(
        "/followup.pdf",
        permission=Permission.FOLLOWUP_VIEW,
        operation_id="getFollowUpPdf",
        summary="The same follow-up as PDF",
        responses={200: _file(Format.PDF), **problems(400, 404, 503)},
    )
    async def follow_up_pdf(self, who: Scope, question: Asked) -> Stream:
        """A report with the figures attached as JSON and CSV. Told in the trail."""
        return send_export(await export_follow_up(who, question, Format.PDF))


API: list[type[Controller]] = [FollowUpRoutes]
