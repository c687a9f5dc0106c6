"""Reads of the follow-up: one snapshot gives the rows, the control total and the trail's head.

The rows come from the frames and from what triggers have kept with each grant since it was decided; the control total
is summed anew from the single decisions, payments, attests, reversals and repayments.
"""

from dataclasses import dataclass, field

import asyncpg

from registry import trail
from registry.agreements.queries import agreement_of, get_agreement, list_agreements, list_areas
from registry.agreements.schemas import Agreement
from registry.core.access import Scope
from registry.core.errors import NotFoundError
from registry.database import execute, fetch, fetch_one, snapshot
from registry.followup.rules import check_control, rows_hash
from registry.followup.schemas import Control, Figures, FollowUp, Question, Row
from registry.parties.queries import list_funders
from registry.programmes.queries import list_programmes
from registry.programmes.schemas import INSIDE, KSM_TITLES, OUTSIDE, Programme
from registry.summaries.queries import LONGEST, UnknownLimitError
from registry.summaries.schemas import NO_AREA, Cell, Choice, Group
from registry.texts import get_language

_KEYS = {
    Group.AREA: (
        "m.priority_area_id",
        "LEFT JOIN priority_area pa ON pa.id = s.priority_area_id",
        "pa.code AS area, pa.title_{language} AS area_title",
        "pa.agreement_id NULLS LAST, pa.position",
    ),
    Group.FUNDER: (
        "m.funder_id",
        "JOIN party f ON f.id = s.funder_id",
        "f.org_number AS funder, f.name AS funder_name",
        'f.kind DESC, f.sort_key COLLATE "C", s.funder_id',
    ),
    Group.BUDGET_YEAR: ("b.year", "", "", "s.year"),
    Group.KSM: ("m.inside_ksm", "", "", "s.inside_ksm DESC"),
    Group.PROGRAMME: (
        "b.programme_id",
        "JOIN programme pr ON pr.id = s.programme_id JOIN party pf ON pf.id = pr.funder_id",
        "pr.code AS programme, pr.title AS programme_title, pf.org_number AS programme_funder",
        'pr.code COLLATE "C", s.programme_id',
    ),
}
"""A group in SQL: its column, and what is joined, shown and ordered by when the rows are summed."""


@dataclass(slots=True)
class _Limits:
    """Which frames a question is about: the programmes (None: all) and the years."""

    programme_ids: list[int] | None
    first: int | None
    last: int | None
    arguments: list[object] = field(default_factory=list)

    def on(self, programme: str, year: str) -> str:
        """The conditions on two columns; the arguments are the same for each."""
        self.arguments = [self.programme_ids, self.first, self.last]
        terms = (
            f"{programme} = ANY($1::bigint[])" if self.programme_ids is not None else "",
            f"{year} >= $2::int" if self.first is not None else "",
            f"{year} <= $3::int" if self.last is not None else "",
        )
        return " AND ".join(term for term in terms if term)

    @property
    def unused(self) -> str:
        """Names every argument once, so that the driver knows its type also where it isn't asked for."""
        return "($1::bigint[] IS NULL OR true) AND ($2::int IS NULL OR true) AND ($3::int IS NULL OR true)"


async def follow_up(scope: Scope, question: Question) -> FollowUp:
    """Answer a question.

    Raises: UnknownLimitError, ControlTotalError, NotFoundError for who doesn't read everything.
    """
    if not scope.reads_all:
        raise NotFoundError
    async with snapshot():
        await execute("SET LOCAL plan_cache_mode = force_custom_plan")
        agreement = await _agreement(scope, question)
        question, chosen, limits = await _resolve(scope, question, agreement)
        rows = tuple(_row(question, record) for record in await _fetch_rows(question, limits))
        control = await _fetch_control(limits)
        anchor = await trail.read_anchor()
    totals = check_control(rows, control)
    return FollowUp(
        question=question,
        agreement=agreement.title if agreement else "",
        chosen=chosen,
        rows=rows,
        empty=_empty_areas(question, agreement, rows),
        totals=totals,
        control=control,
        anchor_seq=anchor.seq,
        anchor_hash=anchor.hash.hex(),
        sha256=rows_hash(rows),
    )


async def usual_question(scope: Scope) -> Question:
    """What is asked when nobody says otherwise: the agreement in force, or the latest that was."""
    agreement = await agreement_of(scope, trail.today())
    return Question(agreement=agreement.number if agreement else None)


async def _agreement(scope: Scope, question: Question) -> Agreement | None:
    if question.agreement is None:
        return None
    try:
        return await get_agreement(scope, question.agreement)
    except NotFoundError as error:
        raise UnknownLimitError(field="agreement", value=question.agreement[:LONGEST]) from error


async def _resolve(
    scope: Scope, question: Question, agreement: Agreement | None
) -> tuple[Question, dict[str, Choice], _Limits]:
    """The question with its years and in its one written form, what it names, and what it is limited to."""
    chosen: dict[str, Choice] = {}
    if agreement is not None:
        years = agreement.years
        question = question.asking(
            agreement=agreement.number,
            year_from=question.year_from or years.start,
            year_to=question.year_to or years.stop - 1,
        )
    programmes = await list_programmes(scope)
    titles = {
        "funder": {funder.org_number: funder.name for funder in await list_funders(scope)},
        "area": {NO_AREA: "", **{area.code: area.title for area in await list_areas(scope)}},
        "ksm": dict.fromkeys(KSM_TITLES, ""),
        "programme": {programme.code: programme.title for programme in programmes},
    }
    for name, known in titles.items():
        value = getattr(question, name)
        if value is None:
            continue
        if value not in known:
            raise UnknownLimitError(field=name, value=value[:LONGEST])
        chosen[name] = Choice(value, known[value])
    ids = [programme.id for programme in programmes if _is_asked(question, programme)] if chosen else None
    return question, chosen, _Limits(ids, question.year_from, question.year_to)


def _is_asked(question: Question, programme: Programme) -> bool:
    return (
        question.funder in (None, programme.funder_org_number)
        and question.area in (None, programme.area_code or NO_AREA)
        and question.ksm in (None, INSIDE if programme.inside_ksm else OUTSIDE)
        and question.programme in (None, programme.code)
    )


async def _fetch_rows(question: Question, limits: _Limits) -> list[asyncpg.Record]:
    keys = [_KEYS[group] for group in question.by]
    columns = ", ".join(column for column, _join, _titles, _order in keys)
    titles = ", ".join(["s.*", *(shown.format(language=get_language()) for _c, _j, shown, _o in keys if shown)])
    where = limits.on("b.programme_id", "b.year")
    granted = limits.on("g.programme_id", "g.year")
    return await fetch(
        f"""
        WITH granted AS (
          SELECT g.programme_id, g.year, sum(a.granted_ore) AS decided, sum(a.paid_ore) AS paid,
                 sum(a.repaid_ore) AS repaid, count(*) AS grants
          FROM funding_grant g JOIN grant_balance a ON a.grant_id = g.id
          {"WHERE " + granted if granted else ""} GROUP BY 1, 2),
        summed AS (
          SELECT {columns}, sum(b.amount_ore)::bigint AS frame, coalesce(sum(d.decided), 0)::bigint AS decided,
                 coalesce(sum(d.paid), 0)::bigint AS paid, coalesce(sum(d.repaid), 0)::bigint AS repaid,
                 coalesce(sum(d.grants), 0)::int AS grants
          FROM budget_frame b JOIN programme m ON m.id = b.programme_id
          LEFT JOIN granted d ON d.programme_id = b.programme_id AND d.year = b.year
          WHERE {limits.unused}{" AND " + where if where else ""} GROUP BY {columns})
        SELECT {titles} FROM summed s {" ".join(join for _c, join, _t, _o in keys)}
        ORDER BY {", ".join(order for _c, _j, _t, order in keys)}""",
        *limits.arguments,
    )


def _row(question: Question, record: asyncpg.Record) -> Row:
    figures = Figures(record["frame"], record["decided"], record["paid"], record["repaid"], record["grants"])
    return Row(tuple(_cell(group, record) for group in question.by), figures)


def _cell(group: Group, record: asyncpg.Record) -> Cell:
    match group:
        case Group.BUDGET_YEAR:
            return Cell(group, record["year"])
        case Group.KSM:
            return Cell(group, INSIDE if record["inside_ksm"] else OUTSIDE)
        case Group.AREA:
            return Cell(group, record["area"], record["area_title"] or "")
        case Group.FUNDER:
            return Cell(group, record["funder"], record["funder_name"])
        case _:
            return Cell(group, record["programme"], record["programme_title"], record["programme_funder"])


_ATTESTED = "(p.attest <> 'officer' OR EXISTS (SELECT 1 FROM attestation t WHERE t.payment_id = p.id))"
_REVERSED = "EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id)"


async def _fetch_control(limits: _Limits) -> Control:
    """Every frame, decision and payment of the question, one by one."""
    frames, grants = limits.on("b.programme_id", "b.year"), limits.on("g.programme_id", "g.year")

    def whole(amount: str, rows: str, of_grant: str, *terms: str) -> str:
        joined = f" JOIN funding_grant g ON g.id = {of_grant}" if of_grant and grants else ""
        where = " AND ".join(term for term in (*terms, grants) if term)
        return f"coalesce((SELECT sum({amount}) FROM {rows}{joined}{' WHERE ' + where if where else ''}), 0)::bigint"

    row = await fetch_one(
        f"""
        SELECT coalesce((SELECT sum(b.amount_ore) FROM budget_frame b{" WHERE " + frames if frames else ""}), 0)::bigint
                 AS frame,
               {whole("g.amount_ore", "funding_grant g", "")} + {whole("d.delta_ore", "amendment d", "d.grant_id")}
                 AS decided,
               {whole("p.amount_ore", "payment p", "p.grant_id", _ATTESTED, "NOT " + _REVERSED)} AS paid,
               {whole("q.amount_ore", "repayment q", "q.grant_id")} AS repaid
        WHERE {limits.unused}""",
        *limits.arguments,
    )
    return Control(row["frame"], row["decided"], row["paid"], row["repaid"])


def _empty_areas(question: Question, agreement: Agreement | None, rows: tuple[Row, ...]) -> tuple[Cell, ...]:
    """The agreement's areas without any frame, when the answer begins with areas and isn't limited to a part."""
    if agreement is None or question.by[0] is not Group.AREA:
        return ()
    if question.funder or question.area or question.ksm or question.programme:
        return ()
    known = {row.cells[0].code for row in rows}
    return tuple(Cell(Group.AREA, area.code, area.title) for area in agreement.areas if area.code not in known)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a follow-up can be limited to."""

    agreements: list[Choice]
    years: list[int]
    funders: list[Choice]
    areas: list[Choice]
    programmes: list[Choice]


async def list_choices(scope: Scope) -> Choices:
    """What the form offers."""
    years = [row["year"] for row in await fetch("SELECT DISTINCT year FROM budget_frame ORDER BY 1")]
    programmes = {programme.code: programme.title for programme in await list_programmes(scope)}
    return Choices(
        agreements=[
            Choice(one.number, f"{one.period_from.year}–{one.period_to.year}: {one.title}")
            for one in await list_agreements(scope)
        ],
        years=years,
        funders=[Choice(funder.org_number, funder.name) for funder in await list_funders(scope)],
        areas=[Choice(area.code, area.title) for area in await list_areas(scope)],
        programmes=[Choice(code, f"{code} {title}") for code, title in sorted(programmes.items())],
    )
