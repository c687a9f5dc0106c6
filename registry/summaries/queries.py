"""Reads of summaries: one snapshot gives the rows, the control total and the trail's head.

The rows are summed event by event, each at its value date. The control total asks the database another way: without
groups, and with what is paid counted as all that is registered less what waits for attest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import asyncpg

from registry.agreements.queries import list_areas
from registry.core.access import Scope
from registry.core.errors import N_, FieldError
from registry.core.numbers import is_personal_number
from registry.core.periods import FIRST_YEAR
from registry.database import fetch, fetch_row, snapshot
from registry.parties.queries import UnknownPartyError, find_party, list_funders
from registry.summaries.rules import TooManyRowsError, check_control, rows_hash
from registry.summaries.schemas import NO_AREA, Cell, Choice, Figures, Group, Question, Row, Summary
from registry.texts import get_language
from registry.trail import read_anchor

MAX_ROWS = 100_000
MAX_CHOICES = 500

_VALUE_DATES = {
    "decided": "g.decided_on",
    "amended": "a.decided_on",
    "paid": "p.paid_on",
    "reversed": "r.reversed_on",
    "repaid": "b.repaid_on",
}
_GRANT_COLUMNS = {
    Group.FUNDER: "g.funder_id",
    Group.PROGRAMME: "g.programme_id",
    Group.RECIPIENT: "g.recipient_id",
    Group.AREA: "g.programme_id",
    Group.KIND: "g.programme_id",
    Group.BUDGET_YEAR: "g.year",
}
_ROW_COLUMNS = {
    Group.FUNDER: ("e.funder_id",),
    Group.PROGRAMME: ("e.programme_id",),
    Group.RECIPIENT: ("e.recipient_id",),
    Group.AREA: ("o.priority_area_id",),
    Group.KIND: ("o.kind",),
    Group.YEAR: ("e.bucket",),
    Group.MONTH: ("e.bucket",),
    Group.BUDGET_YEAR: ("e.year",),
}
_TITLES = {
    Group.FUNDER: (
        "JOIN party f ON f.id = s.funder_id",
        "f.org_number AS funder, f.name AS funder_name",
        'f.sort_key COLLATE "C", s.funder_id',
    ),
    Group.PROGRAMME: (
        "JOIN programme pr ON pr.id = s.programme_id JOIN party pf ON pf.id = pr.funder_id",
        "pr.code AS programme, pr.title AS programme_title, pf.org_number AS programme_funder",
        'pr.code COLLATE "C", s.programme_id',
    ),
    Group.RECIPIENT: (
        "JOIN party rc ON rc.id = s.recipient_id",
        "rc.id AS recipient_number, rc.org_number AS recipient, rc.name AS recipient_name",
        'rc.sort_key COLLATE "C", s.recipient_id',
    ),
    Group.AREA: (
        "LEFT JOIN priority_area pa ON pa.id = s.priority_area_id",
        "pa.code AS area, pa.title_{language} AS area_title",
        "pa.position NULLS LAST, s.priority_area_id",
    ),
    Group.KIND: ("", "", 's.kind COLLATE "C"'),
    Group.YEAR: ("", "", "s.bucket"),
    Group.MONTH: ("", "", "s.bucket"),
    Group.BUDGET_YEAR: ("", "", "s.year"),
}
"""By group: the join that finds its code and title, these columns, and the order."""


class UnknownFilterError(FieldError):
    """The question is limited to something that isn't in the registry."""

    code = "unknown-value"
    message = N_("There is no %(value)s in the registry to limit the summary to.")


@dataclass(slots=True)
class _Limits:
    """The conditions of a question as SQL, with their arguments."""

    question: Question
    on_grant: list[str] = field(default_factory=list)
    arguments: list[object] = field(default_factory=list)

    def place(self, value: object) -> str:
        """The placeholder of an argument."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def where(self, event: str, *, known: Sequence[str], more: Sequence[str] = ()) -> str:
        """The WHERE of one kind of event; `known` are the columns that say when the registry learnt it."""
        day = _VALUE_DATES[event]
        terms = [*more, *self.on_grant]
        if self.question.first:
            terms.append(f"{day} >= {self.place(self.question.first)}")
        if self.question.last:
            terms.append(f"{day} <= {self.place(self.question.last)}")
        if self.question.known_at:
            terms += [f"{column} <= {self.place(self.question.known_at)}" for column in known]
        return f"WHERE {' AND '.join(terms)}" if terms else ""


async def summarise(scope: Scope, question: Question) -> Summary:
    """Answer a question.

    Raises: FieldError when it is limited to something unknown, TooManyRowsError, ControlTotalError.
    """
    async with snapshot():
        question, chosen, on_grant, arguments = await _resolve(scope, question)
        rows = await _rows(question, _Limits(question, list(on_grant), list(arguments)))
        totals = await _control(_Limits(question, list(on_grant), list(arguments)))
        anchor = await read_anchor()
    check_control(rows, totals)
    return Summary(question, chosen, rows, totals, anchor.seq, anchor.hash.hex(), rows_hash(rows))


async def _resolve(scope: Scope, question: Question) -> tuple[Question, dict[str, Choice], list[str], list[object]]:
    """Find what the question names. Returns it with codes in their one written form, titles, and SQL conditions."""
    limits = _Limits(question)
    chosen: dict[str, Choice] = {}
    if scope.party_ids is not None:
        limits.on_grant.append(f"g.recipient_id = ANY({limits.place(list(scope.party_ids))}::bigint[])")
    for name, column in (("funder", "g.funder_id"), ("recipient", "g.recipient_id")):
        reference = getattr(question, name)
        if reference:
            party_id, chosen[name] = await _find(scope, name, reference)
            limits.on_grant.append(f"{column} = {limits.place(party_id)}")
    if question.programme or question.area or question.kind:
        ids = await _programmes(question, chosen)
        limits.on_grant.append(f"g.programme_id = ANY({limits.place(ids)}::bigint[])")
    if question.budget_year:
        limits.on_grant.append(f"g.year = {limits.place(question.budget_year)}")
    question = question.asking(**{name: choice.value for name, choice in chosen.items()})
    return question, chosen, limits.on_grant, limits.arguments


async def _find(scope: Scope, name: str, reference: str) -> tuple[int, Choice]:
    try:
        party = await find_party(scope, reference, field=name)
    except UnknownPartyError as error:
        raise FieldError(field=name, message=error.message, **error.data) from error
    if name == "funder" and await fetch_row("SELECT 1 FROM funder WHERE id = $1", party.id) is None:
        raise UnknownFilterError(field=name, value=reference)
    masked = not party.org_number[:1].isdigit()
    return party.id, Choice(party.number if masked else party.org_number, party.name)


async def _programmes(question: Question, chosen: dict[str, Choice]) -> list[int]:
    """The programmes that the question is limited to; each limit alone must name something."""
    rows = await fetch(
        f"SELECT o.id, o.code, o.title, o.kind, coalesce(a.code, '{NO_AREA}') AS area, f.org_number AS funder,"
        f" a.title_{get_language()} AS area_title"
        " FROM programme o JOIN party f ON f.id = o.funder_id LEFT JOIN priority_area a ON a.id = o.priority_area_id"
    )
    if question.area:
        area = await fetch_row(f"SELECT title_{get_language()} FROM priority_area WHERE code = $1", question.area)
        if area is None and question.area != NO_AREA:
            raise UnknownFilterError(field="area", value=question.area)
        chosen["area"] = Choice(question.area, area[0] if area else "")
    for name, column in (("programme", "code"), ("kind", "kind")):
        value = getattr(question, name)
        named = [row for row in rows if row[column] == value]
        if value and not named:
            raise UnknownFilterError(field=name, value=value)
        if value:
            chosen[name] = Choice(value, named[0]["title"] if name == "programme" else "")
    limits = {"code": question.programme, "kind": question.kind, "area": question.area}
    return [row["id"] for row in rows if all(value in (None, row[column]) for column, value in limits.items())]


async def _rows(question: Question, limits: _Limits) -> tuple[Row, ...]:
    starts = await _bucket_starts(question)
    sql = _rows_sql(question, limits, starts)
    records = await fetch(f"{sql} LIMIT {MAX_ROWS + 1}", *limits.arguments)
    if len(records) > MAX_ROWS:
        raise TooManyRowsError(field="by", limit=MAX_ROWS)
    return tuple(
        Row(tuple(_cell(group, record, starts) for group in question.by), _figures(record)) for record in records
    )


def _rows_sql(question: Question, limits: _Limits, starts: list[date]) -> str:
    """Sum the events by grant columns and by year or month, join what the groups are called, and sort."""
    own = list(dict.fromkeys(_GRANT_COLUMNS[group] for group in question.by if group in _GRANT_COLUMNS))
    bucket = f"width_bucket({{day}}, {limits.place(starts)}::date[])" if starts else ""
    joined = bool(own or limits.on_grant)
    arms = [
        _arm(event, columns, own, bucket, known, more, limits, joined=joined) for event, columns, known, more in _EVENTS
    ]
    keys = list(dict.fromkeys(column for group in question.by for column in _ROW_COLUMNS[group]))
    programme = "JOIN programme o ON o.id = e.programme_id" if {Group.AREA, Group.KIND} & set(question.by) else ""
    parts = [_TITLES[group] for group in question.by]
    titles = ", ".join(["s.*", *(part[1].format(language=get_language()) for part in parts if part[1])])
    return f"""
        WITH event AS ({" UNION ALL ".join(arms)}),
        summed AS (
          SELECT {", ".join(keys)}, sum(e.decided)::bigint AS decided, sum(e.paid)::bigint AS paid,
                 sum(e.reversed)::bigint AS reversed, sum(e.repaid)::bigint AS repaid,
                 sum(e.payments)::bigint AS payments
          FROM event e {programme} GROUP BY {", ".join(keys)})
        SELECT {titles} FROM summed s {" ".join(part[0] for part in parts)}
        ORDER BY {", ".join(_order(question, group) for group in question.by)}"""


def _order(question: Question, group: Group) -> str:
    """What the rows are sorted by; the year of a month when there are both."""
    return "(s.bucket - 1) / 12" if group is Group.YEAR and Group.MONTH in question.by else _TITLES[group][2]


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

_EVENTS: tuple[tuple[str, tuple[str, str, str], tuple[str, ...], tuple[str, ...]], ...] = (
    ("decided", ("funding_grant g", "", "g.amount_ore"), ("g.recorded_at",), ()),
    ("amended", ("amendment a", "a.grant_id", "a.delta_ore"), ("a.recorded_at",), ()),
    ("paid", ("payment p", "p.grant_id", "p.amount_ore"), ("p.recorded_at",), ("p.attest <> 'officer'",)),
    (
        "paid",
        ("attestation t JOIN payment p ON p.id = t.payment_id", "p.grant_id", "p.amount_ore"),
        ("p.recorded_at", "t.recorded_at"),
        (),
    ),
    (
        "reversed",
        ("reversal r JOIN payment p ON p.id = r.payment_id", "p.grant_id", "p.amount_ore"),
        ("r.recorded_at",),
        ("(p.attest <> 'officer' OR EXISTS (SELECT 1 FROM attestation t WHERE t.payment_id = p.id))",),
    ),
    ("repaid", ("repayment b", "b.grant_id", "b.amount_ore"), ("b.recorded_at",), ()),
)
"""Each kind of event: its figure; its rows, their grant and amount; when the registry learnt it; what else must hold.

A payment that an officer registered is paid when a colleague has attested it, and known as such from then on. One that
was reversed before that was never paid, and its reversal takes nothing back.
"""


def _arm(
    event: str,
    source: tuple[str, str, str],
    own: list[str],
    bucket: str,
    known: tuple[str, ...],
    more: tuple[str, ...],
    limits: _Limits,
    *,
    joined: bool,
) -> str:
    """One kind of event, summed by the groups' columns."""
    rows, grant_id, amount = source
    if grant_id and joined:
        rows = f"{rows} JOIN funding_grant g ON g.id = {grant_id}"
    day = bucket.format(day=_VALUE_DATES[event])
    keys = [*own, *([day] if day else [])]
    names = [*(column.removeprefix("g.") for column in own), *(["bucket"] if day else [])]
    figure = "decided" if event == "amended" else event
    sums = [
        f"{f'sum({amount})' if figure == name else '0'} AS {name}" for name in ("decided", "paid", "reversed", "repaid")
    ]
    counted = "count(*)" if event == "paid" else "0"
    shown = ", ".join(
        [*(f"{key} AS {name}" for key, name in zip(keys, names, strict=True)), *sums, f"{counted} AS payments"]
    )
    where = limits.where(event, known=known, more=more)
    places = ", ".join(str(place) for place in range(1, len(keys) + 1))
    return f"SELECT {shown} FROM {rows} {where} GROUP BY {places}"


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
    code = record[group.value]
    if group is Group.RECIPIENT and is_personal_number(code):
        code = f"P-{record['recipient_number']}"
    title = record[f"{group.value}_{'title' if group in (Group.AREA, Group.PROGRAMME) else 'name'}"]
    return Cell(group, code, title or "", record["programme_funder"] if group is Group.PROGRAMME else "")


def _figures(record: asyncpg.Record) -> Figures:
    return Figures(record["decided"], record["paid"], record["reversed"], record["repaid"], record["payments"])


async def _control(limits: _Limits) -> Figures:
    """The whole answer without groups: paid is what is registered less what waits for attest at that moment."""

    def of_grant(event: str) -> str:
        return f" JOIN funding_grant g ON g.id = {event}.grant_id" if limits.on_grant else ""

    question = limits.question
    attested = "t.payment_id = p.id"
    if question.known_at:
        attested += f" AND t.recorded_at <= {limits.place(question.known_at)}"
    waiting = f"p.attest = 'officer' AND NOT EXISTS (SELECT 1 FROM attestation t WHERE {attested})"
    on_payment, payments = of_grant("p"), "coalesce(sum(p.amount_ore), 0)::bigint AS amount, count(*) AS number"
    row = await fetch_row(
        f"""
        WITH registered AS (
          SELECT {payments} FROM payment p{on_payment} {limits.where("paid", known=("p.recorded_at",))}),
        waiting AS (
          SELECT {payments} FROM payment p{on_payment}
          {limits.where("paid", known=("p.recorded_at",), more=(waiting,))})
        SELECT
          coalesce((SELECT sum(g.amount_ore) FROM funding_grant g
             {limits.where("decided", known=("g.recorded_at",))}), 0)::bigint
          + coalesce((SELECT sum(a.delta_ore) FROM amendment a{of_grant("a")}
             {limits.where("amended", known=("a.recorded_at",))}), 0)::bigint AS decided,
          registered.amount - waiting.amount AS paid,
          coalesce((SELECT sum(p.amount_ore) FROM reversal r JOIN payment p ON p.id = r.payment_id{on_payment}
             LEFT JOIN attestation t ON t.payment_id = p.id
             {
            limits.where(
                "reversed",
                known=("r.recorded_at",),
                more=("num_nonnulls(nullif(p.attest, 'officer'), t.payment_id) > 0",),
            )
        }), 0)::bigint AS reversed,
          coalesce((SELECT sum(b.amount_ore) FROM repayment b{of_grant("b")}
             {limits.where("repaid", known=("b.recorded_at",))}), 0)::bigint AS repaid,
          registered.number - waiting.number AS payments
        FROM registered, waiting""",
        *limits.arguments,
    )
    assert row is not None  # noqa: S101 - an aggregate always has a row
    return _figures(row)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a summary can be limited to. `recipients` is empty when there are too many to choose from."""

    years: list[int]
    funders: list[Choice]
    programmes: list[Choice]
    recipients: list[Choice]
    areas: list[Choice]


async def list_choices(scope: Scope) -> Choices:
    """What the form offers."""
    funders = await list_funders(scope)
    areas = await list_areas(scope)
    programmes = await fetch("SELECT DISTINCT ON (code) code, title FROM programme ORDER BY code, id")
    recipients = await fetch(
        "SELECT p.id, p.org_number, p.name FROM party p WHERE ($1::bigint[] IS NULL OR p.id = ANY($1))"
        " AND EXISTS (SELECT 1 FROM funding_grant g WHERE g.recipient_id = p.id) ORDER BY p.sort_key, p.id LIMIT $2",
        None if scope.party_ids is None else list(scope.party_ids),
        MAX_CHOICES + 1,
    )
    return Choices(
        years=await _list_years(),
        funders=[Choice(funder.org_number, funder.name) for funder in funders],
        programmes=[Choice(code, f"{code} {title}") for code, title in programmes],
        recipients=[
            Choice(f"P-{party_id}" if is_personal_number(number) else number, name)
            for party_id, number, name in recipients
        ]
        if len(recipients) <= MAX_CHOICES
        else [],
        areas=[Choice(area.code, area.title) for area in areas],
    )
