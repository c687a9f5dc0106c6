"""The steps by which statements are issued: prepare, render, finish, store. One statement is a batch of one.

*Prepare* reads figures and envelope at one moment. *Render* happens in a worker that has no database: figures in, bytes
out. *Finish* is what this process does to the bytes. *Store* keeps a version unless another came between.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.database import snapshot
from registry.statements.codes import new_code, statement_number
from registry.statements.issues import Issue, latest_issues
from registry.statements.queries import read_many_figures
from registry.statements.schemas import Language, StatementDocument, StatementEnvelope, StatementFigures
from registry.tables.statements import Statement
from registry.texts import _, format_date, use_language


class NothingToStateError(NotFoundError):
    """The party's year is empty."""

    code = "nothing-to-state"
    message = N_("Nothing was decided, paid or left to pay in %(year)s, so there is no statement of that year.")


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The latest version, whose figures still hold."""

    issue: Issue
    figures: StatementFigures


@dataclass(frozen=True, slots=True)
class Draft:
    """The next version: `document` is all that a worker needs to render it."""

    party_id: int
    document: StatementDocument


@dataclass(frozen=True, slots=True)
class Rendered:
    """A draft with its finished bytes."""

    draft: Draft
    pdf: bytes


Prepared = Draft | Unchanged | NothingToStateError


async def prepare(scope: Scope, languages: Mapping[int, Language], year: int, *, base_url: str) -> dict[int, Prepared]:
    """Read the figures of some parties, each in its language, and see which need a new version; by party.

    Figures and anchor are read at one moment, in as many queries as for one party. Parties outside the scope are left
    out. `base_url` leads the verification address. Raises: YearNotBegunError.
    """
    async with snapshot():
        figures = await read_many_figures(scope, languages, year)
        latest = await latest_issues(scope, languages, year)
        anchor = await trail.read_anchor()
    return {
        party_id: _prepared(party_id, told, latest.get(party_id), anchor, base_url)
        for party_id, told in figures.items()
    }


def _prepared(
    party_id: int, figures: StatementFigures, latest: Issue | None, anchor: trail.Anchor, base_url: str
) -> Prepared:
    if latest is not None and latest.figures_sha256 == hash_of(figures):
        return Unchanged(latest, figures)
    if not figures.funders:
        return NothingToStateError(year=str(figures.year))
    return Draft(party_id, StatementDocument(figures=figures, envelope=_envelope(figures, latest, anchor, base_url)))


def canonical(figures: StatementFigures) -> bytes:
    """The bytes that stand for some figures: equal figures have equal bytes."""
    return figures.model_dump_json().encode()


def hash_of(figures: StatementFigures) -> str:
    """SHA-256 of the figures, as 64 hex digits."""
    return hashlib.sha256(canonical(figures)).hexdigest()


def _envelope(
    figures: StatementFigures, latest: Issue | None, anchor: trail.Anchor, base_url: str
) -> StatementEnvelope:
    version = latest.version + 1 if latest else 1
    code = new_code()
    return StatementEnvelope(
        number=statement_number(figures.party.number, figures.year, figures.language, version),
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


async def finish(document: StatementDocument, pdf: bytes) -> bytes:
    """What this process does to a rendered file before it is stored, outside any transaction: the place of a seal."""
    del document
    return pdf


async def store(scope: Scope, rendered: Sequence[Rendered]) -> list[Issue | None]:
    """Store versions of one year in one transaction, as `store_in`."""
    async with trail.recording(scope) as unit:
        return await store_in(unit, rendered)


async def store_in(unit: trail.Recording, rendered: Sequence[Rendered]) -> list[Issue | None]:
    """Store versions of one year, each with an entry that tells its hashes; None where another version came between."""
    if not rendered:
        return []
    languages = {one.draft.party_id: one.draft.document.figures.language for one in rendered}
    latest = await latest_issues(unit.scope, languages, rendered[0].draft.document.figures.year)
    issues: list[Issue | None] = []
    for one in rendered:
        before = latest.get(one.draft.party_id)
        is_next = (before.version if before else 0) == one.draft.document.envelope.version - 1
        issues.append(await _insert(unit, one) if is_next else None)
    return issues


async def _insert(unit: trail.Recording, rendered: Rendered) -> Issue:
    figures, envelope = rendered.draft.document.figures, rendered.draft.document.envelope
    content = canonical(figures)
    issue = Issue(
        id=await unit.next_id("statement"),
        party_id=rendered.draft.party_id,
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
        pdf_sha256=hashlib.sha256(rendered.pdf).hexdigest(),
        is_latest=True,
    )
    await unit.insert(
        unit.enter("statements:statement:issue"),
        Statement,
        id=issue.id,
        number=issue.number,
        party_id=issue.party_id,
        year=figures.year,
        language=issue.language,
        version=issue.version,
        code=issue.code,
        paid_ore=int(issue.paid_ore),
        figures=content,
        figures_sha256=bytes.fromhex(issue.figures_sha256),
        pdf=rendered.pdf,
        pdf_sha256=bytes.fromhex(issue.pdf_sha256),
        anchor_seq=issue.anchor_seq,
        anchor_hash=bytes.fromhex(issue.anchor_hash),
        issued_on=issue.issued_on,
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
    )
    return issue
