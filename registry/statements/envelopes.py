"""What makes figures an issued document: number, code, anchor, and what it says of the version that it replaces."""

from registry import trail
from registry.statements.changes import list_changes, replaces
from registry.statements.codes import new_code, statement_number
from registry.statements.issues import Issue
from registry.statements.schemas import Position, StatementDocument, StatementEnvelope, StatementFigures
from registry.texts import format_date, use_language


def draw_envelope(
    figures: StatementFigures,
    *,
    latest: Issue | None,
    before: StatementFigures | None,
    position: Position | None,
    anchor: trail.Anchor,
    base_url: str,
) -> StatementDocument:
    """The next version of a statement. `before` are the figures of `latest`, as they were issued."""
    version = latest.version + 1 if latest else 1
    code = new_code()
    why: str | None = None
    changes: tuple[str, ...] = ()
    if latest is not None and before is not None:
        with use_language(figures.language):
            changes = tuple(list_changes(before, figures))
            why = replaces(latest.version, format_date(latest.issued_on), changes)
    envelope = StatementEnvelope(
        number=statement_number(figures.party.number, figures.year, figures.language, version),
        version=version,
        code=code,
        issued_on=trail.today(),
        anchor_seq=anchor.seq,
        anchor_hash=anchor.hash.hex(),
        verify_url=f"{base_url.rstrip('/')}/verify/{code}",
        replaces=why,
        changes=changes,
        position=position,
    )
    return StatementDocument(figures=figures, envelope=envelope)
