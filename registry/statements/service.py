"""Issuing a statement: the same figures are the same version and the same bytes; others are a new version."""

from dataclasses import dataclass

from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import N_, ForbiddenError, NotFoundError, RegistryError
from registry.documents import rendering
from registry.statements.issues import Issue, read_pdf
from registry.statements.pipeline import NothingToStateError, Rendered, Unchanged, finish, prepare, seconds_for, store
from registry.statements.render import render_statement, warm_up
from registry.statements.schemas import Language, StatementFigures

ATTEMPTS = 5
"""How often a statement is drawn up again because another version came between."""


class StatementChangedError(RegistryError):
    """The figures changed each time the statement was about to be stored."""

    code = "statement-changed"
    message = N_("The figures are being changed right now. Try again in a moment.")


@dataclass(frozen=True, slots=True)
class IssuedStatement:
    """An issued statement and its bytes; `is_new` says that this request issued it."""

    issue: Issue
    pdf: bytes
    figures: StatementFigures
    is_new: bool


def start_rendering() -> None:
    """Say that a server has begun, whose pages may warm the workers. Nothing is started yet."""
    rendering.start(warm_up)


async def issue_statement(
    scope: Scope, party_id: int, year: int, language: Language, *, base_url: str
) -> IssuedStatement:
    """Issue a party's statement, or return the latest version unchanged when its figures still hold.

    Figures and anchor are read at one moment, the PDF is set outside any transaction, and a version is stored only if
    none came between. `base_url` leads the verification address.

    Raises: NotFoundError, also for a party outside the scope; NothingToStateError, YearNotBegunError,
    StatementChangedError, RenderError.
    """
    if scope is not CONSOLE and not scope.may(Permission.STATEMENTS_VIEW):
        raise ForbiddenError
    for _attempt in range(ATTEMPTS):
        prepared = (await prepare(scope, {party_id: language}, year, base_url=base_url)).get(party_id)
        if prepared is None:
            raise NotFoundError
        if isinstance(prepared, NothingToStateError):
            raise prepared
        if isinstance(prepared, Unchanged):
            pdf = await read_pdf(scope, prepared.issue.id)
            return IssuedStatement(prepared.issue, pdf, prepared.figures, is_new=False)
        document = prepared.document
        pdf = await finish(document, await rendering.render(render_statement, document, seconds=seconds_for(document)))
        [issue] = await store(scope, [Rendered(prepared, pdf)])
        if issue is not None:
            return IssuedStatement(issue, pdf, document.figures, is_new=True)
    raise StatementChangedError
