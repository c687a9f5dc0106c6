"""Statements over the JSON API: the figures as JSON, and the issued PDF."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from litestar import Controller, MediaType, Request, Response, get
from litestar.datastructures import ResponseHeader
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Operation
from litestar.openapi.spec import Parameter as OpenAPIParameter
from litestar.params import Parameter
from pydantic import BaseModel, ConfigDict

from registry.core.access import Permission, Scope
from registry.core.errors import NotFoundError
from registry.database import snapshot
from registry.statements.batch_api import BatchRoutes
from registry.statements.issues import Issue, latest_issue, read_stored, read_version
from registry.statements.letter_pages import send_letter
from registry.statements.pages import asked_language, asked_party, read_document, send_statement
from registry.statements.pipeline import is_current
from registry.statements.positions import read_positions
from registry.statements.queries import read_figures
from registry.statements.schemas import Language, Position, StatementFigures
from registry.statements.service import issue_statement
from registry.statements.wire import wire_model
from registry.web.access import guard_api
from registry.web.openapi import problems

_YEAR_SCHEMA = {"type": "integer", "minimum": 1990, "maximum": 2100}
Year = Annotated[int, Parameter(description="A calendar year that has begun.", ge=1990, le=2100)]
PartyNumber = Annotated[
    str | None,
    Parameter(
        description="The recipient's organisation number, or the registry's own: `P-17` (always so for a person)."
        " An association's user may leave it out.",
        max_length=40,
        required=False,
    ),
]
LanguageCode = Annotated[
    Literal["sv", "fi", "en"] | None,
    Parameter(description="The statement's language; the party's own when left out.", required=False),
]
VersionNumber = Annotated[
    int | None,
    Parameter(
        description="An issued version, as it left the house; the figures as they are known now when left out.",
        ge=1,
        le=32_000,
        required=False,
    ),
]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


StatementRecord = wire_model(StatementFigures)
"""Everything that a statement says of its party and year."""
PositionRecord = wire_model(Position)


class StatementIssue(_Record):
    """An issued version. `is_current`: its figures are still those of the registry."""

    number: str
    version: int
    code: str
    issued_on: date
    issued_at: datetime
    anchor_seq: int
    anchor_hash: str
    figures_sha256: str
    pdf_sha256: str
    is_current: bool


class StatementAnswer(_Record):
    """A statement as it is known now, or as a version was issued; and that version, or the latest, if any.

    `position` is what has happened to its decisions since the year ended; None of a running year or an issued version.
    """

    figures: StatementRecord  # type: ignore[valid-type]
    position: PositionRecord | None = None  # type: ignore[valid-type]
    issue: StatementIssue | None


@dataclass
class PdfOperation(Operation):
    """The description of a path that Litestar can't route by itself: the year is part of its last component."""

    def __post_init__(self) -> None:
        """Say that the year stands in the path."""
        for parameter in self.parameters or []:
            if isinstance(parameter, OpenAPIParameter) and parameter.name == "year":
                parameter.param_in, parameter.required = "path", True


class StatementRoutes(Controller):
    """A party's year."""

    path = "/api/v1/statements"
    guards = [guard_api]  # noqa: RUF012 - Litestar reads it as it stands
    tags = ["statements"]  # noqa: RUF012

    @get(
        "/{year:str}",
        permission=Permission.STATEMENTS_VIEW,
        operation_id="getStatement",
        summary="A party's year in figures, and its latest issued statement",
        responses={
            200: ResponseSpec(data_container=StatementAnswer, description="The figures.", generate_examples=False),
            **problems(400, 404),
        },
    )
    async def statement(
        self,
        request: Request[Any, Any, Any],
        who: Scope,
        year: Annotated[str, Parameter(description="A calendar year that has begun.", schema_extra=_YEAR_SCHEMA)],
        party: PartyNumber = None,
        language: LanguageCode = None,
        version: VersionNumber = None,
    ) -> Response[bytes]:
        """The figures as they are known now, or as a version was issued; nothing is issued."""
        number, ending = read_document(year)
        recipient = await asked_party(who, party or "")
        chosen = asked_language(language or "", recipient)
        if ending == "pdf" and version:
            return send_statement(request, *await read_stored(who, recipient.id, number, chosen, version), number)
        if ending == "pdf":
            issued = await issue_statement(who, recipient.id, number, chosen, base_url=request.app.state.base_url)
            return send_statement(request, issued.issue, issued.pdf, number)
        answer = await _answer(who, recipient.id, number, chosen, version)
        return Response(answer.model_dump_json().encode(), media_type=MediaType.JSON)

    @get(
        "/{year}.pdf",
        permission=Permission.STATEMENTS_VIEW,
        operation_id="getStatementPdf",
        operation_class=PdfOperation,
        summary="A party's statement of a year as PDF",
        responses={
            200: ResponseSpec(
                data_container=bytes,
                description="The issued statement; its ETag is the file's SHA-256.",
                media_type="application/pdf",
                generate_examples=False,
            ),
            304: ResponseSpec(data_container=None, description="The file that `If-None-Match` names is still the one."),
            **problems(400, 404, 409, 503),
        },
        response_headers=[ResponseHeader(name="ETag", description="The file's SHA-256.", documentation_only=True)],
    )
    async def statement_pdf(
        self,
        who: Scope,
        year: Year,
        party: PartyNumber = None,
        language: LanguageCode = None,
        version: VersionNumber = None,
    ) -> Response[bytes]:
        """The latest version as it was issued, or a new one when the figures have changed since."""
        # Described here, answered by `statement`: Litestar takes whole components of a path as parameters only.
        del who, year, party, language, version
        raise NotFoundError


async def _answer(scope: Scope, party_id: int, year: int, language: Language, version: int | None) -> StatementAnswer:
    async with snapshot():
        figures = await read_figures(scope, party_id, year, language)
        latest = await latest_issue(scope, party_id, year, language)
        position = (await read_positions({party_id: figures}, year)).get(party_id)
        told, issue = figures, latest
        if version is not None:
            issue, told = await read_version(scope, party_id, year, language, version)
            position = None
    return StatementAnswer(
        figures=StatementRecord.model_validate(told.wire()),
        position=PositionRecord.model_validate(position.wire()) if position else None,
        issue=_issue(issue, current=await is_current(scope, issue, figures)) if issue else None,
    )


def _issue(issue: Issue, *, current: bool) -> StatementIssue:
    return StatementIssue(
        number=issue.number,
        version=issue.version,
        code=issue.code,
        issued_on=issue.issued_on,
        issued_at=issue.issued_at,
        anchor_seq=issue.anchor_seq,
        anchor_hash=issue.anchor_hash,
        figures_sha256=issue.figures_sha256,
        pdf_sha256=issue.pdf_sha256,
        is_current=current,
    )


class LetterRoutes(Controller):
    """The decision letter of a grant."""

    path = "/api/v1/grants"
    guards = [guard_api]  # noqa: RUF012 - Litestar reads it as it stands
    tags = ["grants"]  # noqa: RUF012

    @get(
        "/{number:str}/letter.pdf",
        permission=Permission.GRANTS_VIEW,
        operation_id="getGrantLetter",
        summary="The decision letter of a grant as PDF",
        responses={
            200: ResponseSpec(
                data_container=bytes,
                description="The letter; its ETag is the file's SHA-256.",
                media_type="application/pdf",
                generate_examples=False,
            ),
            304: ResponseSpec(data_container=None, description="The file that `If-None-Match` names is still the one."),
            **problems(400, 404, 503),
        },
        response_headers=[ResponseHeader(name="ETag", description="The file's SHA-256.", documentation_only=True)],
    )
    async def letter(
        self, request: Request[Any, Any, Any], who: Scope, number: str, language: LanguageCode = None
    ) -> Response[bytes]:
        """In the recipient's language unless another is asked for."""
        return await send_letter(request, who, number, language or "")


API = [BatchRoutes, StatementRoutes, LetterRoutes]
