"""The one write of summaries: a file that leaves the registry is told in the trail, with what it answered."""

import asyncio
import hashlib
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from registry import trail
from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import ForbiddenError
from registry.documents import rendering
from registry.documents.table import Written
from registry.funders.queries import list_letterheads
from registry.summaries.files import MEDIA_TYPES, file_name, write_file
from registry.summaries.queries import summarise
from registry.summaries.render import SummaryDocument, render_summary
from registry.summaries.schemas import Format, Question, Summary
from registry.texts import get_language

SPOOL_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Export:
    """A finished file, open at its end; whoever takes it closes it."""

    summary: Summary
    file: BinaryIO
    name: str
    media_type: str


async def export_summary(scope: Scope, question: Question, kind: Format) -> Export:
    """Answer a question as a file and tell it in the trail.

    The entry holds the question, the number of rows, the control total and the rows' hash; the file's anchor is the
    entry before it. Raises: as `summarise`, ForbiddenError, RenderError.
    """
    if scope is not CONSOLE and not scope.may(Permission.SUMMARIES_VIEW):
        raise ForbiddenError
    summary = await summarise(scope, question)
    file = cast("BinaryIO", SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115 - the receiver closes it
    try:
        if kind is Format.PDF:
            written = await _write_pdf(scope, file, summary)
        else:
            written = await asyncio.to_thread(write_file, file, summary, kind, asked_at=trail.now())
        await trail.record(
            scope,
            "summaries:summary:export",
            format=kind.value,
            question=summary.question.query(),
            rows=len(summary.rows),
            totals=summary.totals.wire(),
            control_total=summary.control.wire(),
            sha256=summary.sha256,
            file_sha256=written.sha256,
            anchor=f"{summary.anchor_seq}:{summary.anchor_hash}",
        )
    except BaseException:
        file.close()
        raise
    return Export(summary, file, file_name(summary, kind), MEDIA_TYPES[kind])


async def _write_pdf(scope: Scope, file: BinaryIO, summary: Summary) -> Written:
    """Render in a worker: figures in, bytes out."""
    funders = await list_letterheads(scope, org_number=summary.question.funder)
    document = SummaryDocument(summary, funders, get_language(), trail.today())
    pdf = await rendering.render(render_summary, document)
    file.write(pdf)
    return Written(rows=len(summary.rows), size=len(pdf), sha256=hashlib.sha256(pdf).hexdigest())
