"""Reads of summaries: one snapshot gives the rows, the control total and the trail's head."""

from dataclasses import dataclass
from datetime import date

import asyncpg

from registry.agreements.queries import list_areas
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError
from registry.core.numbers import is_personal_number
from registry.core.periods import FIRST_YEAR
from registry.database import execute, fetch, fetch_row, snapshot
from registry.parties.queries import UnknownPartyError, find_party, list_funders
from registry.programmes.queries import list_programmes
from registry.programmes.schemas import INSIDE, KSM_TITLES, OUTSIDE, ProgrammeKind
from registry.summaries.rules import TooManyRowsError, check_control, rows_hash
from registry.summaries.schemas import NO_AREA, NO_VIA, Cell, Choice, Figures, Group, Question, Row, Summary
from registry.summaries.sums import Conditions, fetch_control, fetch_rows
from registry.trail import read_anchor

MAX_ROWS = 100_000
MAX_CHOICES = 500
LONGEST = 80
"""Characters of a wrong value that a refusal repeats."""

_DAYS = (
    ("funding_grant", "decided_on"),
    ("amendment", "decided_on"),
    ("payment", "paid_on"),
    ("reversal", "reversed_on"),
    ("repayment", "repaid_on"),
)
_FIRST_AND_LAST = "SELECT " + ", ".join(
    f"(SELECT {end}({column}) FROM {table})" for end in ("min", "max") for table, column in _DAYS
)


class UnknownLimitError(NotFoundError):
    """The question is limited to something that isn't in the registry, or can't be."""

    code = "unknown-value"
    message = N_("There is no %(value)s in the registry to limit the summary to.")


async def summarise(scope: Scope, question: Question) -> Summary:
    """Answer a question. Each is planned for its own values: a plan for any values can take ten times as long.

    Raises: UnknownLimitError, TooManyRowsError, ControlTotalError.
    """
    async with snapshot():
        await execute("SET LOCAL plan_cache_mode = force_custom_plan")
        conditions, chosen = await resolve(scope, question)
        rows = await _rows(conditions)
        control = await fetch_control(conditions)
        anchor = await read_anchor()
    totals = check_control(rows, control)
    return Summary(conditions.question, chosen, rows, totals, control, anchor.seq, anchor.hash.hex(), rows_hash(rows))


async def resolve(scope: Scope, question: Question) -> tuple[Conditions, dict[str, Choice]]:
    """Find what the question names, in its one written form and as conditions."""
    limits = Conditions(question)
    chosen: dict[str, Choice] = {}
    if scope.party_ids is not None:
        limits.on_grant.append(f"g.recipient_id = ANY({limits.place(list(scope.party_ids))}::bigint[])")
    if question.via == NO_VIA:
        chosen["via"] = Choice(NO_VIA, "")
        limits.on_grant.append("g.via_id IS NULL")
    for name, column in (("funder", "g.funder_id"), ("recipient", "g.recipient_id"), ("via", "g.via_id")):
        reference = getattr(question, name)
        if reference and name not in chosen:
            party_id, chosen[name] = await _find(scope, name, reference)
            limits.on_grant.append(f"{column} = {limits.place(party_id)}")
    if question.programme or question.area or question.kind or question.ksm:
        ids = await _programmes(scope, question, chosen)
        limits.on_grant.append(f"g.programme_id = ANY({limits.place(ids)}::bigint[])")
    if question.budget_year:
        limits.on_grant.append(f"g.year = {limits.place(question.budget_year)}")
    limits.question = question.asking(**{name: choice.value for name, choice in chosen.items()})
    return limits, chosen


async def _find(scope: Scope, name: str, reference: str) -> tuple[int, Choice]:
    """A party by its number. Raises: UnknownLimitError, with what is wrong with the number where it can't be one."""
    try:
        party = await find_party(scope, reference, field=name)
    except UnknownPartyError as error:
        raise UnknownLimitError(field=name, message=error.message, **error.data) from error
    if name == "funder" and all(funder.id != party.id for funder in await list_funders(scope)):
        raise UnknownLimitError(field=name, value=party.name)
    masked = not party.org_number[:1].isdigit()
    return party.id, Choice(party.number if masked else party.org_number, party.name)


async def _programmes(scope: Scope, question: Question, chosen: dict[str, Choice]) -> list[int]:
    """The programmes that the question is limited to; each limit alone must name something."""
    programmes = await list_programmes(scope)
    titles: dict[str, dict[str, str]] = {
        "programme": {programme.code: programme.title for programme in programmes},
        "area": {NO_AREA: "", **{area.code: area.title for area in await list_areas(scope)}},
        "kind": dict.fromkeys(ProgrammeKind, ""),
        "ksm": dict.fromkeys(KSM_TITLES, ""),
    }
    for name, known in titles.items():
        value = getattr(question, name)
        if value is None:
            continue
        if value not in known:
            raise UnknownLimitError(field=name, value=value[:LONGEST])
        chosen[name] = Choice(value, known[value])
    return [
        programme.id
        for programme in programmes
        if question.programme in (None, programme.code)
        and question.area in (None, programme.area_code or NO_AREA)
        and question.kind in (None, programme.kind)
        and question.ksm in (None, INSIDE if programme.inside_ksm else OUTSIDE)
    ]


async def _rows(conditions: Conditions) -> tuple[Row, ...]:
    starts = await _bucket_starts(conditions.question)
    records = await fetch_rows(conditions, starts, limit=MAX_ROWS + 1)
    if len(records) > MAX_ROWS:
        raise TooManyRowsError(field="by", limit=MAX_ROWS)
    return tuple(
        Row(tuple(_cell(group, record, starts) for group in conditions.question.by), _figures(record))
        for record in records
    )


async def _bucket_starts(question: Question) -> list[date]:
    """The first days of the years or months that hold events; empty when the question isn't grouped by either."""
    if not {Group.YEAR, Group.MONTH} & set(question.by):
        return []
    years = await _list_years() or [FIRST_YEAR]
    months = range(1, 13) if Group.MONTH in question.by else (1,)
    return [date(year, month, 1) for year in years for month in months]


async def _list_years() -> list[int]:
    """The years from the first event's to the last one's."""
    row = await fetch_row(_FIRST_AND_LAST)
    known = [day.year for day in row.values() if day] if row else []
    return list(range(min(known), max(known) + 1)) if known else []


def _cell(group: Group, record: asyncpg.Record, starts: list[date]) -> Cell:
    if group in (Group.YEAR, Group.MONTH):
        start = starts[record["bucket"] - 1]
        return Cell(group, start.year if group is Group.YEAR else f"{start:%Y-%m}")
    if group is Group.BUDGET_YEAR:
        return Cell(group, record["year"])
    if group is Group.KIND:
        return Cell(group, record["kind"])
    if group is Group.KSM:
        return Cell(group, INSIDE if record["inside_ksm"] else OUTSIDE)
    code = record[group.value]
    if group in (Group.RECIPIENT, Group.VIA) and code and is_personal_number(code):
        code = f"P-{record[f'{group.value}_number']}"
    title = record[f"{group.value}_{'title' if group in (Group.AREA, Group.PROGRAMME) else 'name'}"]
    return Cell(group, code, title or "", record["programme_funder"] if group is Group.PROGRAMME else "")


def _figures(record: asyncpg.Record) -> Figures:
    return Figures(record["decided"], record["paid"], record["reversed"], record["repaid"], record["payments"])


@dataclass(frozen=True, slots=True)
class Choices:
    """What a summary can be limited to. `recipients` is empty when there are too many to choose from."""

    years: list[int]
    funders: list[Choice]
    programmes: list[Choice]
    recipients: list[Choice]
    areas: list[Choice]
    vias: list[Choice]


async def list_choices(scope: Scope) -> Choices:
    """What the form offers."""
    funders = await list_funders(scope)
    areas = await list_areas(scope)
    programmes = {programme.code: programme.title for programme in await list_programmes(scope)}
    recipients = await _list_parties(scope, "g.recipient_id = p.id AND ($1::bigint[] IS NULL OR p.id = ANY($1))")
    vias = await _list_parties(scope, "g.via_id = p.id AND ($1::bigint[] IS NULL OR g.recipient_id = ANY($1))")
    return Choices(
        years=await _list_years(),
        funders=[Choice(funder.org_number, funder.name) for funder in funders],
        programmes=[Choice(code, f"{code} {title}") for code, title in sorted(programmes.items())],
        recipients=recipients if len(recipients) <= MAX_CHOICES else [],
        areas=[Choice(area.code, area.title) for area in areas],
        vias=vias[:MAX_CHOICES],
    )


async def _list_parties(scope: Scope, part: str) -> list[Choice]:
    """The parties that have a part in grants `g`, by name; one more than there may be to choose from."""
    rows = await fetch(
        f"SELECT p.id, p.org_number, p.name FROM party p WHERE EXISTS (SELECT 1 FROM funding_grant g WHERE {part})"
        " ORDER BY p.sort_key, p.id LIMIT $2",
        None if scope.party_ids is None else list(scope.party_ids),
        MAX_CHOICES + 1,
    )
    return [Choice(f"P-{party_id}" if is_personal_number(number) else number, name) for party_id, number, name in rows]
