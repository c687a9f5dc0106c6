"""Beginning, ending and cancelling batches of statements, and storing what becomes of each party.

What a batch does is rows in the database, so that any process can take it up where another stopped.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from registry import trail
from registry.core.access import CONSOLE, Permission, Role, Scope
from registry.core.errors import N_, ForbiddenError, InvalidInputError, NotFoundError, RegistryError
from registry.core.money import Money
from registry.database import execute, fetch, fetch_value
from registry.statements.batch_archive import difference_wire, manifest_hash
from registry.statements.batch_control import read_totals
from registry.statements.batch_queries import find_unfinished, get_batch, list_lines
from registry.statements.batch_schemas import (
    Batch,
    BatchRequest,
    BatchStatus,
    BatchTotals,
    Difference,
    Line,
    Origin,
    Outcome,
)
from registry.statements.pipeline import Rendered, store_in
from registry.statements.years import PartyFilter, list_party_years
from registry.tables.batches import StatementBatch, StatementBatchEnd
from registry.texts import _, fill, format_kronor

MOST_DIFFERENCES = 1_000
DIFFERS = N_("Something was registered while the statements were issued. Issue them again: only these change.")
"""What to do when statements and summary disagree."""


class NothingToIssueError(NotFoundError):
    """Nobody is left to issue a statement for."""

    code = "nothing-to-issue"
    message = N_("Nobody has anything to state of %(year)s here. Choose another year, or limit less.")


class OtherBatchError(RegistryError):
    """There is one batch at a time."""

    code = "batch-running"
    message = N_("Batch %(number)s (%(year)s) has not ended. Wait for it, or cancel it, before another begins.")


class BatchUnfinishedError(RegistryError):
    """There is nothing to hand out before the end."""

    code = "batch-unfinished"
    message = N_("The batch has not ended. Its files can be had when it is done or cancelled.")


class BatchEndedError(RegistryError):
    """The batch is over."""

    code = "batch-ended"
    message = N_("The batch has ended. Begin a new one.")


async def begin_batch(scope: Scope, wanted: BatchRequest, *, origin: Origin) -> Batch:
    """Fix whose statements are to be issued. One that asks the same and hasn't ended is returned as it stands.

    Raises: ForbiddenError, YearNotBegunError, NothingToIssueError, OtherBatchError.
    """
    _demand(scope)
    limits = PartyFilter(year=wanted.year, kind=wanted.kind, funder_id=wanted.funder_id)
    years = (await list_party_years(scope, limits, limit=None)).items
    if not years:
        raise NothingToIssueError(field="year", year=str(wanted.year))
    async with trail.recording(scope) as unit:
        other = await find_unfinished(scope)
        if other is not None and other.wanted == wanted:
            return other
        if other is not None:
            raise OtherBatchError(number=other.id, year=str(other.wanted.year))
        batch_id = await unit.insert(
            unit.enter("statements:batch:begin"),
            StatementBatch,
            year=wanted.year,
            kind=wanted.kind,
            funder_id=wanted.funder_id,
            language=wanted.language,
            origin=origin.value,
            parties=len(years),
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )
        await execute(
            "INSERT INTO statement_batch_item (batch_id, position, party_id, language)"
            " SELECT $1, o.position, o.party_id, o.language"
            " FROM unnest($2::bigint[], $3::text[]) WITH ORDINALITY AS o (party_id, language, position)",
            batch_id,
            [year.party_id for year in years],
            [wanted.language or year.language for year in years],
        )
    return await get_batch(scope, batch_id)


def acting_scope(batch: Batch) -> Scope:
    """Who acts in a batch, whichever process is at it: whoever began it."""
    return CONSOLE if batch.user_id is None else Scope(batch.user_id, Role.OFFICER)


@dataclass(frozen=True, slots=True)
class Settled:
    """A party of which it is known what became: a stored version, or an error."""

    item_id: int
    outcome: Outcome
    statement_id: int | None = None
    error: RegistryError | None = None


async def settle(batch: Batch, settled: Sequence[Settled], rendered: Sequence[tuple[int, Rendered]]) -> list[int]:
    """Store in one transaction what is known of some parties: item by item, and new versions with their entries.

    `rendered` are new versions with their items. Returns the items where another version came between, which aren't
    settled yet. What another process has settled already stays. Raises: BatchEndedError.
    """
    async with trail.recording(acting_scope(batch)) as unit:
        if await fetch_value("SELECT EXISTS (SELECT 1 FROM statement_batch_end WHERE batch_id = $1)", batch.id):
            raise BatchEndedError
        ids = [*(one.item_id for one in settled), *(item_id for item_id, _one in rendered)]
        rows = await fetch("SELECT item_id FROM statement_batch_result WHERE item_id = ANY($1)", ids)
        taken = {row["item_id"] for row in rows}
        mine = [(item_id, one) for item_id, one in rendered if item_id not in taken]
        issues = await store_in(unit, [one for _item_id, one in mine])
        issued = [(item_id, issue) for (item_id, _one), issue in zip(mine, issues, strict=True)]
        await _insert_results(
            unit,
            [one for one in settled if one.item_id not in taken]
            + [Settled(item_id, Outcome.ISSUED, issue.id) for item_id, issue in issued if issue is not None],
        )
    return [item_id for item_id, issue in issued if issue is None]


async def _insert_results(unit: trail.Recording, settled: Sequence[Settled]) -> None:
    await execute(
        "INSERT INTO statement_batch_result (item_id, outcome, statement_id, problem, detail, recorded_at)"
        " SELECT r.*, $6 FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[]) r",
        [one.item_id for one in settled],
        [one.outcome.value for one in settled],
        [one.statement_id for one in settled],
        [one.error.code if one.error else "" for one in settled],
        [words_of(one.error) if one.error else "" for one in settled],
        unit.now,
    )


def words_of(error: RegistryError) -> str:
    """An error's message and data as JSON, to be said in any reader's language."""
    if isinstance(error, InvalidInputError) and error.errors:
        return words_of(error.errors[0][1])
    data = {name: str(value) for name, value in error.data.items()}
    return json.dumps({"message": error.message, "data": data}, ensure_ascii=False)


def problem_of(line: Line) -> str:
    """Why a party got no statement, in the reader's language."""
    if not line.detail:
        return line.problem
    told = json.loads(line.detail)
    return fill(told["message"], told["data"])


def difference_text(one: Difference) -> str:
    """Where statement and summary disagree, in the reader's language."""
    summed = format_kronor(one.summary_ore)
    if one.stated_ore is None:
        told = _("%(party)s: the summary says %(summary)s, and there was nothing to state when the batch began.")
        return told % {"party": one.party, "summary": summed}
    told = _("%(party)s: the statement says %(stated)s, the summary %(summary)s.")
    return told % {"party": one.party, "stated": format_kronor(one.stated_ore), "summary": summed}


async def finish_batch(batch: Batch) -> Batch:
    """End a batch of which every party is settled, with its control total. Raises: BatchEndedError."""
    lines = (await list_lines(CONSOLE, batch.id, limit=None)).items
    if any(line.outcome is None for line in lines):
        raise AssertionError("a party isn't settled")
    totals = await read_totals(CONSOLE, batch, lines)
    async with trail.recording(acting_scope(batch)) as unit:
        await _end(unit, "statements:batch:end", batch, BatchStatus.DONE, lines, totals)
    return await get_batch(CONSOLE, batch.id)


async def cancel_batch(scope: Scope, batch_id: int) -> Batch:
    """End a batch as it stands: what is issued stays issued, and the rest gets no statement.

    Raises: ForbiddenError, UnknownBatchError, BatchEndedError.
    """
    _demand(scope)
    batch = await get_batch(scope, batch_id)
    async with trail.recording(scope) as unit:
        lines = (await list_lines(scope, batch_id, limit=None)).items
        await _end(unit, "statements:batch:cancel", batch, BatchStatus.CANCELLED, lines, None)
    return await get_batch(scope, batch_id)


async def _end(
    unit: trail.Recording,
    action: str,
    batch: Batch,
    status: BatchStatus,
    lines: Sequence[Line],
    totals: BatchTotals | None,
) -> None:
    if await fetch_value("SELECT EXISTS (SELECT 1 FROM statement_batch_end WHERE batch_id = $1)", batch.id):
        raise BatchEndedError
    told = totals.differences[:MOST_DIFFERENCES] if totals else ()
    outcomes = [line.outcome for line in lines]
    await unit.insert(
        unit.enter(action),
        StatementBatchEnd,
        batch_id=batch.id,
        outcome=status.value,
        issued=outcomes.count(Outcome.ISSUED),
        unchanged=outcomes.count(Outcome.UNCHANGED),
        failed=outcomes.count(Outcome.FAILED),
        paid_ore=sum(int(line.paid_ore) for line in lines),
        missing_ore=int(totals.missing_ore) if totals else None,
        summary_ore=int(totals.summary_ore) if totals else None,
        differences=json.dumps([difference_wire(one.party, one.stated_ore, one.summary_ore) for one in told]),
        manifest_sha256=manifest_hash(batch, lines),
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
    )


async def tell_export(scope: Scope, batch: Batch) -> None:
    """Tell the trail that a batch's zip leaves the registry, and which."""
    assert batch.end is not None  # noqa: S101 - only a batch that has ended is handed out
    await trail.record(
        scope,
        "statements:batch:export",
        batch=batch.id,
        rows=batch.end.counts.issued + batch.end.counts.unchanged,
        control_total=Money(batch.end.paid_ore).wire,
        manifest_sha256=batch.end.manifest_sha256,
    )


def _demand(scope: Scope) -> None:
    if scope is not CONSOLE and not scope.may(Permission.STATEMENTS_ISSUE):
        raise ForbiddenError
