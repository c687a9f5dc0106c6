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
from registry.core.money import Money
from registry.database import snapshot
from registry.statements.issues import latest_issue
from registry.statements.pages import asked_language, asked_party, read_document, send_statement
from registry.statements.pipeline import hash_of
from registry.statements.queries import read_figures
from registry.statements.schemas import AmendmentKind, ComingStatus, EventKind, Language
from registry.statements.service import issue_statement
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


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StatementSums(_Record):
    """A year in six sums: `opening` + `decided` - `paid` + `reversed` = `remaining`. `paid` is gross."""

    opening: Money
    decided: Money
    paid: Money
    reversed: Money
    repaid: Money
    remaining: Money


class StatementRecipient(_Record):
    """Whose statement it is. A person's number is masked."""

    number: str
    name: str
    org_number: str
    address: list[str]
    municipality: str


class StatementFunder(StatementSums):
    """One funder's part of the year; `monthly` is paid less reversed, January to December."""

    key: str
    name: str
    org_number: str
    colour: str
    contact: list[str]
    monthly: list[Money]


class StatementAmendment(_Record):
    """A later decision; `delta` is signed."""

    decided_on: date
    kind: AmendmentKind
    delta: Money
    reason: str


class StatementGrant(_Record):
    """A decision as it stood when the year ended; `paid` is the year's payments less its reversals."""

    number: str
    funder: str
    dnr: str
    paragraph: str
    decided_on: date
    decider: str
    programme: str
    priority_area: str
    purpose: str
    via: str
    period_from: date
    period_to: date
    granted: Money
    amendments: list[StatementAmendment]
    paid: Money
    remaining: Money


class StatementMovement(_Record):
    """Money that moved: positive for a payment, negative for a reversal or a repayment. Accounts are masked."""

    on: date
    number: str
    kind: EventKind
    grant: str
    funder: str
    voucher: str
    account: str
    amount: Money
    note: str


class StatementComing(_Record):
    """What was not paid of an instalment."""

    due_on: date
    grant: str
    funder: str
    amount: Money
    status: ComingStatus


class StatementRecord(_Record):
    """Everything that a statement says of its party and year."""

    party: StatementRecipient
    year: int
    language: Literal["sv", "fi", "en"]
    is_running: bool
    funders: list[StatementFunder]
    grants: list[StatementGrant]
    events: list[StatementMovement]
    coming: list[StatementComing]
    totals: StatementSums


class StatementIssue(_Record):
    """The latest issued version. `is_current`: its figures are still those of the registry."""

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
    """A statement as it is known now, and the latest version that was issued, if any."""

    figures: StatementRecord
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
    ) -> Response[bytes]:
        """The figures as they are known now; nothing is issued."""
        number, ending = read_document(year)
        recipient = await asked_party(who, party or "")
        chosen = asked_language(language or "", recipient)
        if ending == "pdf":
            issued = await issue_statement(who, recipient.id, number, chosen, base_url=request.app.state.base_url)
            return send_statement(request, issued)
        answer = await _answer(who, recipient.id, number, chosen)
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
        self, who: Scope, year: Year, party: PartyNumber = None, language: LanguageCode = None
    ) -> Response[bytes]:
        """The latest version as it was issued, or a new one when the figures have changed since."""
        # Described here, answered by `statement`: Litestar takes whole components of a path as parameters only.
        del who, year, party, language
        raise NotFoundError


async def _answer(scope: Scope, party_id: int, year: int, language: Language) -> StatementAnswer:
    async with snapshot():
        figures = await read_figures(scope, party_id, year, language)
        latest = await latest_issue(scope, party_id, year, language)
    issue = None
    if latest is not None:
        issue = StatementIssue(
            number=latest.number,
            version=latest.version,
            code=latest.code,
            issued_on=latest.issued_on,
            issued_at=latest.issued_at,
            anchor_seq=latest.anchor_seq,
            anchor_hash=latest.anchor_hash,
            figures_sha256=latest.figures_sha256,
            pdf_sha256=latest.pdf_sha256,
            is_current=latest.figures_sha256 == hash_of(figures),
        )
    return StatementAnswer(figures=StatementRecord.model_validate(figures.wire()), issue=issue)


API = [StatementRoutes]
