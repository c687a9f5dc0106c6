"""The steps by which statements are issued: prepare, render, finish, store. One statement is a batch of one.

*Prepare* reads figures and envelope at one moment. *Render* happens in a worker that has no database: figures in, bytes
out. *Finish* is what this process does to the bytes. *Store* keeps a version unless another came between.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.database import snapshot
from registry.documents.limits import SECONDS
from registry.documents.seal import is_sealed, seal_or_keep
from registry.statements.changes import says_the_same
from registry.statements.envelopes import draw_envelope
from registry.statements.issues import Issue, latest_issues, read_issued_figures
from registry.statements.positions import read_positions
from registry.statements.queries import read_many_figures
from registry.statements.schemas import Language, StatementDocument, StatementFigures
from registry.tables.statements import Statement

SECONDS_A_LINE = 0.04
"""What each payment adds to the time that a render may take."""


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
        other = {each: told for each, told in figures.items() if not _is_hashed(latest.get(each), told)}
        before = await read_issued_figures(scope, [latest[each].id for each in other if each in latest])
        changed = {each: told for each, told in other.items() if not _holds(latest.get(each), before, told)}
        positions = await read_positions(changed, year)
    prepared: dict[int, Prepared] = {}
    for party_id, told in figures.items():
        issue = latest.get(party_id)
        if issue is not None and party_id not in changed:
            prepared[party_id] = Unchanged(issue, told)
        elif not told.funders:
            prepared[party_id] = NothingToStateError(year=str(year))
        else:
            document = draw_envelope(
                told,
                latest=issue,
                before=before.get(issue.id) if issue else None,
                position=positions.get(party_id),
                anchor=anchor,
                base_url=base_url,
            )
            prepared[party_id] = Draft(party_id, document)
        # Drawing up takes milliseconds: others get their turn between two parties.
        await asyncio.sleep(0)
    return prepared


def _is_hashed(latest: Issue | None, figures: StatementFigures) -> bool:
    return latest is not None and latest.figures_sha256 == hash_of(figures)


def _holds(latest: Issue | None, before: Mapping[int, StatementFigures], figures: StatementFigures) -> bool:
    return latest is not None and says_the_same(before[latest.id], figures)


async def is_current(scope: Scope, issue: Issue, figures: StatementFigures) -> bool:
    """Whether an issued version still says what is known of the year."""
    return _is_hashed(issue, figures) or _holds(issue, await read_issued_figures(scope, [issue.id]), figures)


def canonical(figures: StatementFigures) -> bytes:
    """The bytes that stand for some figures: equal figures have equal bytes."""
    return figures.model_dump_json().encode()


def hash_of(figures: StatementFigures) -> str:
    """SHA-256 of the figures, as 64 hex digits."""
    return hashlib.sha256(canonical(figures)).hexdigest()


def seconds_for(document: StatementDocument) -> float:
    """The longest that rendering may take: a long statement may take longer."""
    return SECONDS + SECONDS_A_LINE * len(document.figures.events)


async def finish(document: StatementDocument, pdf: bytes) -> bytes:
    """What this process does to a rendered file before it is stored, outside any transaction: it seals it, once."""
    return await asyncio.to_thread(seal_or_keep, pdf, reason=document.envelope.number)


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
    entry = unit.enter("statements:statement:issue")
    if is_sealed(rendered.pdf):
        entry.note["sealed"] = True
    await unit.insert(
        entry,
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
