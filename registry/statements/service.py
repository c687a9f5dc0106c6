"""Issuing statements: the same figures are the same version and the same bytes; others are a new version.

The workers that set PDFs belong to the process: `start_rendering()` and `stop_rendering()` frame the server's life.
"""

import hashlib
import secrets
from dataclasses import dataclass

from registry import trail
from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import N_, ForbiddenError, NotFoundError, RegistryError
from registry.database import snapshot
from registry.documents.pool import RenderPool
from registry.statements.issues import Issue, latest_issue, read_pdf
from registry.statements.queries import read_figures
from registry.statements.render import render_statement, warm_up
from registry.statements.schemas import Language, StatementDocument, StatementEnvelope, StatementFigures
from registry.tables.statements import Statement
from registry.texts import _, format_date, use_language

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit."""
CODE_SIGNS = 16
"""Signs of a verification code: 80 random bits."""
CODE_GROUP = 4
ATTEMPTS = 5
"""How often a statement is drawn up again because another version came between."""

_LOOKALIKES = str.maketrans("OIL", "011")


class NothingToStateError(NotFoundError):
    """The party's year is empty."""

    code = "nothing-to-state"
    message = N_("Nothing was decided, paid or left to pay in %(year)s, so there is no statement of that year.")


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


class _Rendering:
    """The workers of this process, made when they are first asked for."""

    pool: RenderPool | None = None
    serves: bool = False


def start_rendering() -> None:
    """Say that a server has begun, whose pages may warm the workers. Nothing is started yet."""
    _Rendering.serves = True


def expect_rendering() -> None:
    """Warm the workers in the background, where a server runs: whoever looks at a statement soon wants its PDF."""
    if _Rendering.serves:
        _pool().start()


def stop_rendering() -> None:
    """Stop the workers, if any were started."""
    pool, _Rendering.pool, _Rendering.serves = _Rendering.pool, None, False
    if pool is not None:
        pool.close()


def _pool() -> RenderPool:
    if _Rendering.pool is None:
        _Rendering.pool = RenderPool(warm_up)
    return _Rendering.pool


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
        async with snapshot():
            figures = await read_figures(scope, party_id, year, language)
            latest = await latest_issue(scope, party_id, year, language)
            anchor = await trail.read_anchor()
            if latest is not None and latest.figures_sha256 == hash_of(figures):
                return IssuedStatement(latest, await read_pdf(scope, latest.id), figures, is_new=False)
        if not figures.funders:
            raise NothingToStateError(year=str(year))
        document = StatementDocument(figures=figures, envelope=_envelope(figures, latest, anchor, base_url))
        pdf = await _pool().render(render_statement, document)
        issue = await _store(scope, party_id, document, pdf)
        if issue is not None:
            return IssuedStatement(issue, pdf, figures, is_new=True)
    raise StatementChangedError


def canonical(figures: StatementFigures) -> bytes:
    """The bytes that stand for some figures: equal figures have equal bytes."""
    return figures.model_dump_json().encode()


def hash_of(figures: StatementFigures) -> str:
    """SHA-256 of the figures, as 64 hex digits."""
    return hashlib.sha256(canonical(figures)).hexdigest()


def new_code() -> str:
    """A verification code that can't be guessed, in groups of four."""
    signs = "".join(secrets.choice(ALPHABET) for _sign in range(CODE_SIGNS))
    return _grouped(signs)


def read_code(text: str) -> str:
    """A code as somebody typed it, in the form that is printed: case, spaces and look-alikes don't matter."""
    signs = "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())
    return _grouped(signs.translate(_LOOKALIKES)[: 2 * CODE_SIGNS])


def _grouped(signs: str) -> str:
    return "-".join(signs[start : start + CODE_GROUP] for start in range(0, len(signs), CODE_GROUP))


def _envelope(
    figures: StatementFigures, latest: Issue | None, anchor: trail.Anchor, base_url: str
) -> StatementEnvelope:
    version = latest.version + 1 if latest else 1
    code = new_code()
    party = figures.party.number.replace("-", "")
    return StatementEnvelope(
        number=f"{figures.year}-{party}-{figures.language.upper()}-{version}",
        version=version,
        code=code,
        issued_on=trail.today(),
        anchor_seq=anchor.seq,
        anchor_hash=anchor.hash.hex(),
        verify_url=f"{base_url.rstrip('/')}/verify/{code}",
        replaces=_replaces(latest, figures.language),
    )


def _replaces(latest: Issue | None, language: Language) -> str | None:
    if latest is None:
        return None
    with use_language(language):
        return _("Replaces version %(version)s of %(day)s: what is registered of the year has changed since.") % {
            "version": latest.version,
            "day": format_date(latest.issued_on),
        }


async def _store(scope: Scope, party_id: int, document: StatementDocument, pdf: bytes) -> Issue | None:
    """Store a version unless another came between; the trail tells its hashes."""
    figures, envelope = document.figures, document.envelope
    async with trail.recording(scope) as unit:
        latest = await latest_issue(scope, party_id, figures.year, figures.language)
        if (latest.version if latest else 0) != envelope.version - 1:
            return None
        content = canonical(figures)
        issue = Issue(
            id=await unit.next_id("statement"),
            number=envelope.number,
            version=envelope.version,
            code=envelope.code,
            language=figures.language,
            issued_on=envelope.issued_on,
            issued_at=unit.now,
            paid_ore=figures.totals.net_ore,
            anchor_seq=envelope.anchor_seq,
            anchor_hash=envelope.anchor_hash,
            figures_sha256=hashlib.sha256(content).hexdigest(),
            pdf_sha256=hashlib.sha256(pdf).hexdigest(),
            is_latest=True,
        )
        await unit.insert(
            unit.enter("statements:statement:issue"),
            Statement,
            id=issue.id,
            number=issue.number,
            party_id=party_id,
            year=figures.year,
            language=issue.language,
            version=issue.version,
            code=issue.code,
            paid_ore=int(issue.paid_ore),
            figures=content,
            figures_sha256=bytes.fromhex(issue.figures_sha256),
            pdf=pdf,
            pdf_sha256=bytes.fromhex(issue.pdf_sha256),
            anchor_seq=issue.anchor_seq,
            anchor_hash=bytes.fromhex(issue.anchor_hash),
            issued_on=issue.issued_on,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )
    return issue


def file_name(party_number: str, year: int, language: str) -> str:
    """`statement-2025-P17-sv.pdf`: no organisation number, which may be a person's."""
    return f"statement-{year}-{party_number.replace('-', '')}-{language}.pdf"
