"""Everyone's statements over the JSON API: begun, watched, cancelled, and taken as a zip."""

from datetime import datetime
from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import Stream
from pydantic import BaseModel, ConfigDict, Field

from registry.core.access import Permission, Scope
from registry.core.money import Money
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.grants.api import find_funder
from registry.parties.schemas import PartyKind
from registry.statements.batch_archive import archive_name, line_file, stream_archive
from registry.statements.batch_keeper import wake_keeping
from registry.statements.batch_queries import LineFilter, get_batch, list_batches, list_lines, read_progress
from registry.statements.batch_schemas import Batch, BatchRequest, BatchStatus, Line, Origin, Outcome
from registry.statements.batch_service import (
    BatchUnfinishedError,
    begin_batch,
    cancel_batch,
    problem_of,
    tell_export,
)
from registry.web.access import guard_api
from registry.web.api import WHOLE, Body, Cursor, Limit, line, next_offset, read_offset
from registry.web.downloads import disposition
from registry.web.openapi import problems

Number = Annotated[int, Parameter(description="The batch's number.", ge=1, le=2**31 - 1)]
OutcomeName = Annotated[
    Literal["issued", "unchanged", "failed"] | None, Parameter(description="Only recipients with this result.")
]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class BatchDifference(_Record):
    """A recipient whose statement says another sum than the summary; `stated` is null for one that got none."""

    party: str
    stated: Money | None
    summary: Money


class BatchComparison(_Record):
    """`total` + `without_statement` = `summary` when every krona stands in a statement or with one that failed."""

    total: Money
    without_statement: Money
    summary: Money
    agrees: bool
    differences: list[BatchDifference]


class BatchRecord(_Record):
    """A batch: what was asked for, how far it has come, and its totals when it has ended."""

    number: int
    year: int
    kind: str
    funder: str
    language: str
    status: BatchStatus
    recipients: int
    issued: int
    unchanged: int
    failed: int
    per_minute: int
    seconds_left: int | None
    began_at: datetime
    ended_at: datetime | None
    total: Money | None
    comparison: BatchComparison | None
    manifest_sha256: str
    trail_seq: int


class BatchList(_Record):
    """A page of batches, the latest first."""

    items: list[BatchRecord]
    next_cursor: str | None
    total: int


class RecipientRecord(_Record):
    """A recipient of a batch; `outcome` is null while it waits, `problem` says why it failed and what to do."""

    party: str
    name: str
    language: str
    outcome: Outcome | None
    statement: str
    version: int | None
    file: str
    sha256: str
    paid: Money | None
    problem_code: str
    problem: str


class RecipientList(_Record):
    """A page of a batch's recipients; `total_amount` is what the statements of all that are found add up to."""

    items: list[RecipientRecord]
    next_cursor: str | None
    total: int
    total_amount: Money


class BatchBody(Body):
    """Whose statements are to be issued; what is left out doesn't limit, and no language is each recipient's own."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR), WHOLE]
    kind: PartyKind | None = Field(default=None, strict=False)
    funder: Annotated[str, line(40)] | None = None
    language: Literal["sv", "fi", "en"] | None = None


async def _record(who: Scope, batch: Batch) -> BatchRecord:
    progress, end, wanted = await read_progress(who, batch), batch.end, batch.wanted
    left = progress.seconds_left
    return BatchRecord(
        number=batch.id,
        year=wanted.year,
        kind=wanted.kind,
        funder=f"P-{wanted.funder_id}" if wanted.funder_id else "",
        language=wanted.language,
        status=progress.status,
        recipients=batch.parties,
        issued=progress.counts.issued,
        unchanged=progress.counts.unchanged,
        failed=progress.counts.failed,
        per_minute=round(progress.per_minute) if progress.status is BatchStatus.RUNNING else 0,
        seconds_left=None if left is None else round(left),
        began_at=batch.began_at,
        ended_at=end.at if end else None,
        total=end.paid_ore if end else None,
        comparison=_comparison(batch),
        manifest_sha256=end.manifest_sha256 if end else "",
        trail_seq=batch.seq,
    )


def _comparison(batch: Batch) -> BatchComparison | None:
    totals = batch.end.totals if batch.end else None
    if totals is None:
        return None
    return BatchComparison(
        total=totals.paid_ore,
        without_statement=totals.missing_ore,
        summary=totals.summary_ore,
        agrees=totals.agree,
        differences=[
            BatchDifference(party=one.party, stated=one.stated_ore, summary=one.summary_ore)
            for one in totals.differences
        ],
    )


def _recipient(batch: Batch, one: Line) -> RecipientRecord:
    is_issued = one.statement_id is not None
    return RecipientRecord(
        party=one.number,
        name=one.name,
        language=one.language,
        outcome=one.outcome,
        statement=one.statement_number,
        version=one.version if is_issued else None,
        file=line_file(batch, one) if is_issued else "",
        sha256=one.sha256,
        paid=one.paid_ore if is_issued else None,
        problem_code=one.problem,
        problem=problem_of(one),
    )


class BatchRoutes(Controller):
    """Batches of statements."""

    path = "/api/v1/statements/batches"
    guards = [guard_api]  # noqa: RUF012 - Litestar reads it as it stands
    tags = ["statements"]  # noqa: RUF012

    @get(
        "/",
        permission=Permission.STATEMENTS_BATCHES,
        operation_id="listStatementBatches",
        summary="Batches of statements, the latest first",
        responses=problems(400, 404),
    )
    async def index(self, who: Scope, limit: Limit = 50, cursor: Cursor = None) -> BatchList:
        """The batches with how far they have come."""
        offset = read_offset(cursor)
        found = await list_batches(who, offset=offset, limit=limit)
        items = [await _record(who, batch) for batch in found.items]
        return BatchList(items=items, next_cursor=next_offset(offset, len(items), found.total), total=found.total)

    @post(
        "/",
        permission=Permission.STATEMENTS_ISSUE,
        operation_id="beginStatementBatch",
        summary="Issue everyone's statements of a year",
        responses=problems(400, 404, 409, 415),
    )
    async def begin(self, who: Scope, data: BatchBody) -> BatchRecord:
        """The batch goes on in the server. The same again, while it hasn't ended, is the same batch."""
        funder_id = await find_funder(who, data.funder) if data.funder else None
        wanted = BatchRequest(
            year=data.year, kind=data.kind.value if data.kind else "", funder_id=funder_id,
            language=data.language or "",
        )  # fmt: skip
        batch = await begin_batch(who, wanted, origin=Origin.PAGE)
        wake_keeping()
        return await _record(who, batch)

    @get(
        "/{number:int}",
        permission=Permission.STATEMENTS_BATCHES,
        operation_id="getStatementBatch",
        summary="One batch: how far it has come, and its totals",
        responses=problems(400, 404),
    )
    async def show(self, who: Scope, number: Number) -> BatchRecord:
        """One batch."""
        return await _record(who, await get_batch(who, number))

    @get(
        "/{number:int}/recipients",
        permission=Permission.STATEMENTS_BATCHES,
        operation_id="listStatementBatchRecipients",
        summary="The recipients of a batch and what became of their statements",
        responses=problems(400, 404),
    )
    async def recipients(
        self, who: Scope, number: Number, outcome: OutcomeName = None, limit: Limit = 50, cursor: Cursor = None
    ) -> RecipientList:
        """In the order of their names."""
        batch, offset = await get_batch(who, number), read_offset(cursor)
        wanted = LineFilter(Outcome(outcome) if outcome else None)
        found = await list_lines(who, batch.id, wanted, offset=offset, limit=limit)
        return RecipientList(
            items=[_recipient(batch, one) for one in found.items],
            next_cursor=next_offset(offset, len(found.items), found.total),
            total=found.total,
            total_amount=found.paid_ore,
        )

    @post(
        "/{number:int}/cancel",
        permission=Permission.STATEMENTS_ISSUE,
        operation_id="cancelStatementBatch",
        summary="Cancel a batch; what is issued stays issued",
        status_code=200,
        responses=problems(400, 404, 409),
    )
    async def cancel(self, who: Scope, number: Number) -> BatchRecord:
        """The batch as it ended."""
        return await _record(who, await cancel_batch(who, number))

    @get(
        "/{number:int}/statements.zip",
        permission=Permission.STATEMENTS_BATCHES,
        operation_id="getStatementBatchArchive",
        summary="All files of a batch that has ended, with a manifest",
        responses={
            200: ResponseSpec(
                data_container=bytes,
                description="A zip: manifest.csv, manifest.json and the PDFs; the same bytes each time.",
                media_type="application/zip",
                generate_examples=False,
            ),
            **problems(400, 404, 409),
        },
    )
    async def archive(self, who: Scope, number: Number) -> Stream:
        """Streamed; the trail says that it was taken."""
        batch = await get_batch(who, number)
        if batch.end is None:
            raise BatchUnfinishedError
        await tell_export(who, batch)
        return Stream(
            stream_archive(who, batch),
            media_type="application/zip",
            headers={"Content-Disposition": disposition(archive_name(batch))},
        )
