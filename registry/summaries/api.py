"""Summaries over the API: JSON, CSV and XLSX answer the same question with the same figures."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, QueryParameter, SkipValidation
from litestar.response import Stream

from registry.core.access import Permission, Scope
from registry.programmes.schemas import KSM_TITLES, ProgrammeKind
from registry.summaries.addresses import parameters
from registry.summaries.files import MEDIA_TYPES, answer_json
from registry.summaries.pages import send_export
from registry.summaries.queries import summarise
from registry.summaries.rules import read_question
from registry.summaries.schemas import Format, Group, Question, SummaryAnswer
from registry.summaries.service import export_summary
from registry.web.access import guard_api
from registry.web.api import DAY_PATTERN, First, Last, PartyNumber
from registry.web.openapi import problems

_GROUP = f"({'|'.join(Group)})"
_YEAR = "(199[0-9]|20[0-9]{2}|2100)"

By = Annotated[
    str | None,
    QueryParameter(
        description="Groups in order, joined by commas; funder,programme when left out.",
        schema_extra={"pattern": f"^({_GROUP}(,{_GROUP})*)?$"},
    ),
]
Year = Annotated[
    str | None, QueryParameter(description="The year of the value dates.", schema_extra={"pattern": f"^({_YEAR})?$"})
]
AsOf = Annotated[
    str | None, QueryParameter(description="Leaves out later value dates.", schema_extra={"pattern": DAY_PATTERN})
]
KnownAt = Annotated[
    str | None,
    QueryParameter(
        description="Leaves out what was registered later: a moment (`2025-01-31T12:00:00Z`), or a day (its end).",
        schema_extra={"pattern": f"{DAY_PATTERN.removesuffix(')?$')}(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?)?$"},
    ),
]
ProgrammeCode = Annotated[str | None, QueryParameter(description="The programme's code.")]
AreaCode = Annotated[str | None, QueryParameter(description="The priority area's code, or `none`.")]
Kind = Annotated[
    str | None, QueryParameter(description="The kind of programme.", schema_extra={"enum": ["", *ProgrammeKind]})
]
BudgetYear = Annotated[
    str | None,
    QueryParameter(description="The year of the decision's frame.", schema_extra={"pattern": f"^({_YEAR})?$"}),
]

Ksm = Annotated[
    str | None,
    QueryParameter(
        description="`inside` or `outside` Kultursamverkansmodellen.", schema_extra={"enum": ["", *KSM_TITLES]}
    ),
]
Via = Annotated[
    str | None,
    Parameter(description="An intermediary, as `recipient`; `none` for grants without one.", max_length=40),
]


def provide_question(
    request: Request[Any, Any, Any],
    by: By = None,
    year: Year = None,
    first: First = None,
    last: Last = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    funder: PartyNumber = None,
    programme: ProgrammeCode = None,
    recipient: PartyNumber = None,
    area: AreaCode = None,
    kind: Kind = None,
    budget_year: BudgetYear = None,
    ksm: Ksm = None,
    via: Via = None,
) -> Question:
    """The question in the address. The parameters are named here for OpenAPI; the page's reader reads them."""
    del by, year, first, last, as_of, known_at, funder, programme, recipient, area, kind, budget_year, ksm, via
    return read_question(parameters(request))


Asked = NamedDependency[SkipValidation[Question]]


def _file(kind: Format) -> ResponseSpec:
    return ResponseSpec(
        data_container=bytes, description="The file.", media_type=MEDIA_TYPES[kind], generate_examples=False
    )


class SummaryRoutes(Controller):
    """The auditor's summary."""

    path = "/api/v1"
    guards = (guard_api,)
    tags = ("summaries",)
    dependencies = {"question": Provide(provide_question, sync_to_thread=False)}  # noqa: RUF012

    @get(
        "/summaries",
        permission=Permission.SUMMARIES_VIEW,
        operation_id="getSummary",
        summary="Sum up decisions and payments",
        responses={
            200: ResponseSpec(data_container=SummaryAnswer, description="The answer.", generate_examples=False),
            **problems(400, 404),
        },
    )
    async def summary(self, who: Scope, question: Asked) -> Response[bytes]:
        """Every krona stands in one row. Decisions, payments, reversals and repayments count at their value dates."""
        return Response(answer_json(await summarise(who, question)), media_type=MEDIA_TYPES[Format.JSON])

    @get(
        "/summaries.csv",
        permission=Permission.SUMMARIES_VIEW,
        operation_id="getSummaryCsv",
        summary="The same summary as CSV",
        responses={200: _file(Format.CSV), **problems(400, 404)},
    )
    async def summary_csv(self, who: Scope, question: Asked) -> Stream:
        """The rows, then closing lines with totals, question, anchor and hashes. Told in the trail."""
        return send_export(await export_summary(who, question, Format.CSV))

    @get(
        "/summaries.xlsx",
        permission=Permission.SUMMARIES_VIEW,
        operation_id="getSummaryXlsx",
        summary="The same summary as XLSX",
        responses={200: _file(Format.XLSX), **problems(400, 404)},
    )
    async def summary_xlsx(self, who: Scope, question: Asked) -> Stream:
        """A sheet with the rows and one with question, control total, anchor and hash. Told in the trail."""
        return send_export(await export_summary(who, question, Format.XLSX))

    @get(
        "/summaries.pdf",
        permission=Permission.SUMMARIES_VIEW,
        operation_id="getSummaryPdf",
        summary="The same summary as PDF",
        responses={200: _file(Format.PDF), **problems(400, 404, 503)},
    )
    async def summary_pdf(self, who: Scope, question: Asked) -> Stream:
        """The rows on paper, with them attached as JSON and CSV. Told in the trail."""
        return send_export(await export_summary(who, question, Format.PDF))


API = [SummaryRoutes]
