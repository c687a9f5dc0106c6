"""The one write of the follow-up: a file that leaves the registry is told in the trail, with what it answered."""

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
from registry.followup.files import MEDIA_TYPES, file_name, write_file
from registry.followup.queries import follow_up
from registry.followup.render import FollowUpDocument, render_follow_up
from registry.followup.schemas import FollowUp, Format, Question
from registry.funders.queries import list_letterheads
from registry.texts import get_language

SPOOL_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Export:
    """A finished file, open at its end; whoever takes it closes it."""

    answer: FollowUp
    file: BinaryIO
    name: str
    media_type: str


async def export_follow_up(scope: Scope, question: Question, kind: Format) -> Export:
    """Answer a question as a file and tell it in the trail.

    The entry holds the question, the number of rows, the control total and the rows' hash; the file's anchor is the
    entry before it. Raises: as `follow_up`, ForbiddenError, RenderError.
    """
    if scope is not CONSOLE and not scope.may(Permission.FOLLOWUP_VIEW):
        raise ForbiddenError
    answer = await follow_up(scope, question)
    file = cast("BinaryIO", SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115 - the receiver closes it
    try:
        if kind is Format.PDF:
            written = await _write_pdf(scope, file, answer)
        else:
            written = await asyncio.to_thread(write_file, file, answer, kind, asked_at=trail.now())
        await trail.record(
            scope,
            "followup:followup:export",
            format=kind.value,
            question=answer.question.query(),
            rows=len(answer.rows),
            totals=answer.totals.wire(),
            control_total=answer.control.wire(),
            sha256=answer.sha256,
            file_sha256=written.sha256,
            anchor=f"{answer.anchor_seq}:{answer.anchor_hash}",
        )
    except BaseException:
        file.close()
        raise
    return Export(answer, file, file_name(answer, kind), MEDIA_TYPES[kind])


async def _write_pdf(scope: Scope, file: BinaryIO, answer: FollowUp) -> Written:
    """Render in a worker: figures in, bytes out."""
    funders = await list_letterheads(scope, org_number=answer.question.funder)
    document = FollowUpDocument(answer, funders, get_language(), trail.today())
    pdf = await rendering.render(render_follow_up, document)
    file.write(pdf)
    return Written(rows=len(answer.rows), size=len(pdf), sha256=hashlib.sha256(pdf).hexdigest())
