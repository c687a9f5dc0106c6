"""The sums of a question in the database: the rows, event by event, and the control total by another way.

A payment that an officer registered is paid when a colleague has attested it, and known as such from then on. One that
was reversed before that was never paid, and its reversal takes nothing back. Those not attested are few: they are found
first, and what is paid is all that is registered less them, which reads the many payments once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import asyncpg

from registry.database import fetch, fetch_one
from registry.summaries.schemas import Control, Group, Question
from registry.texts import get_language


@dataclass(frozen=True, slots=True)
class Event:
    """A kind of event: its figure; its rows, their grant and amount; its value date; when the registry learnt it.

    `sign` is -1 for what is taken from the figure again; `only` is what else must hold, with a place for the payments
    that are not attested.
    """

    figure: str
    rows: str
    grant_id: str
    amount: str
    day: str
    learnt: str
    sign: int = 1
    only: str = ""


DECIDED = Event("decided", "funding_grant g", "", "g.amount_ore", "g.decided_on", "g.recorded_at")
AMENDED = Event("decided", "amendment a", "a.grant_id", "a.delta_ore", "a.decided_on", "a.recorded_at")
_REGISTERED = Event("paid", "payment p", "p.grant_id", "p.amount_ore", "p.paid_on", "p.recorded_at")
_UNATTESTED = Event(
    "paid", "payment p", "p.grant_id", "p.amount_ore", "p.paid_on", "p.recorded_at", -1, "p.id = ANY({unattested})"
)
REVERSED = Event(
    "reversed",
    "reversal r JOIN payment p ON p.id = r.payment_id",
    "p.grant_id",
    "p.amount_ore",
    "r.reversed_on",
    "r.recorded_at",
    only="r.payment_id <> ALL({unattested})",
)
REPAID = Event("repaid", "repayment b", "b.grant_id", "b.amount_ore", "b.repaid_on", "b.recorded_at")
_EVENTS = (DECIDED, AMENDED, _REGISTERED, _UNATTESTED, REVERSED, REPAID)
_FIGURES = ("decided", "paid", "reversed", "repaid")


@dataclass(frozen=True, slots=True)
class _Key:
    """A group in SQL: its column among the events, among the sums, and what titles and order the rows have by it."""

    grant_column: str
    column: str
    join: str
    titles: str
    order: str


_KEYS = {
    Group.FUNDER: _Key(
        "funder_id",
        "e.funder_id",
        "JOIN party f ON f.id = s.funder_id",
        "f.org_number AS funder, f.name AS funder_name",
        'f.sort_key COLLATE "C", s.funder_id',
    ),
    Group.PROGRAMME: _Key(
        "programme_id",
        "e.programme_id",
        "JOIN programme pr ON pr.id = s.programme_id JOIN party pf ON pf.id = pr.funder_id",
        "pr.code AS programme, pr.title AS programme_title, pf.org_number AS programme_funder",
        'pr.code COLLATE "C", s.programme_id',
    ),
    Group.RECIPIENT: _Key(
        "recipient_id",
        "e.recipient_id",
        "JOIN party rc ON rc.id = s.recipient_id",
        "rc.id AS recipient_number, rc.org_number AS recipient, rc.name AS recipient_name",
        'rc.sort_key COLLATE "C", s.recipient_id',
    ),
    Group.AREA: _Key(
        "programme_id",
        "o.priority_area_id",
        "LEFT JOIN priority_area pa ON pa.id = s.priority_area_id",
        "pa.code AS area, pa.title_{language} AS area_title",
        "pa.position NULLS LAST, s.priority_area_id",
    ),
    Group.KIND: _Key("programme_id", "o.kind", "", "", 's.kind COLLATE "C"'),
    Group.YEAR: _Key("", "e.bucket", "", "", "s.bucket"),
    Group.MONTH: _Key("", "e.bucket", "", "", "s.bucket"),
    Group.BUDGET_YEAR: _Key("year", "e.year", "", "", "s.year"),
    Group.KSM: _Key("programme_id", "o.inside_ksm", "", "", "s.inside_ksm DESC"),
    Group.VIA: _Key(
        "via_id",
        "e.via_id",
        "LEFT JOIN party vi ON vi.id = s.via_id",
        "vi.id AS via_number, vi.org_number AS via, vi.name AS via_name",
        'vi.sort_key COLLATE "C" NULLS FIRST, s.via_id',
    ),
}
_YEAR_OF_MONTHS = "(s.bucket - 1) / 12"


@dataclass(slots=True)
class Conditions:
    """What a question is limited to, as SQL with its arguments; `on_grant` are conditions on `funding_grant g`."""

    question: Question
    on_grant: list[str] = field(default_factory=list)
    arguments: list[object] = field(default_factory=list)

    def place(self, value: object) -> str:
        """The placeholder of an argument."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def copy(self) -> "Conditions":
        """The same conditions, for another query."""
        return Conditions(self.question, list(self.on_grant), list(self.arguments))

    def source(self, event: Event, *, joined: bool, more: Iterable[str] = ()) -> str:
        """FROM and WHERE of a kind of event; `joined` when its grant is needed for more than the conditions."""
        terms = [*more, *self.on_grant]
        if self.question.first:
            terms.append(f"{event.day} >= {self.place(self.question.first)}")
        if self.question.last:
            terms.append(f"{event.day} <= {self.place(self.question.last)}")
        if self.question.known_at:
            terms.append(f"{event.learnt} <= {self.place(self.question.known_at)}")
        grant = f" JOIN funding_grant g ON g.id = {event.grant_id}" if event.grant_id else ""
        rows = event.rows + (grant if joined or self.on_grant else "")
        return f"FROM {rows}" + (f" WHERE {' AND '.join(terms)}" if terms else "")


async def fetch_rows(conditions: Conditions, starts: list[date], *, limit: int) -> list[asyncpg.Record]:
    """The rows with their keys, titles and figures, sorted; `starts` are the first days of the years or months."""
    conditions = conditions.copy()
    question = conditions.question
    unattested = f"{conditions.place(await find_unattested(question))}::bigint[]"
    bucket = f"width_bucket({{day}}, {conditions.place(starts)}::date[])" if starts else ""
    keys = [_KEYS[group] for group in question.by]
    columns = list(dict.fromkeys(key.grant_column for key in keys if key.grant_column))
    arms = [_arm(event, columns, bucket, unattested, conditions) for event in _EVENTS]
    grouped = ", ".join(dict.fromkeys(key.column for key in keys))
    of_programme = {Group.AREA, Group.KIND, Group.KSM} & set(question.by)
    programme = "JOIN programme o ON o.id = e.programme_id" if of_programme else ""
    sums = ", ".join(f"sum(e.{name})::bigint AS {name}" for name in (*_FIGURES, "payments"))
    titles = ", ".join(["s.*", *(key.titles.format(language=get_language()) for key in keys if key.titles)])
    months = Group.MONTH in question.by
    order = [_YEAR_OF_MONTHS if group is Group.YEAR and months else _KEYS[group].order for group in question.by]
    return await fetch(
        f"""
        WITH event AS ({" UNION ALL ".join(arms)}),
        summed AS (
          SELECT {grouped}, {sums} FROM event e {programme} GROUP BY {grouped} HAVING sum(e.events) <> 0)
        SELECT {titles} FROM summed s {" ".join(key.join for key in keys)} ORDER BY {", ".join(order)} LIMIT {limit}""",
        *conditions.arguments,
    )


def _arm(event: Event, columns: list[str], bucket: str, unattested: str, conditions: Conditions) -> str:
    """One kind of event, summed by the groups' columns."""
    keys = {column: f"g.{column}" for column in columns}
    if bucket:
        keys["bucket"] = bucket.format(day=event.day)
    sums = {name: f"{event.sign} * sum({event.amount})" if name == event.figure else "0" for name in _FIGURES}
    counts = {
        "payments": f"{event.sign} * count(*)" if event.figure == "paid" else "0",
        "events": f"{event.sign} * count(*)",
    }
    shown = ", ".join(f"{sql} AS {name}" for name, sql in {**keys, **sums, **counts}.items())
    more = [event.only.format(unattested=unattested)] if event.only else []
    source = conditions.source(event, joined=bool(columns), more=more)
    return f"SELECT {shown} {source} GROUP BY {', '.join(str(place) for place in range(1, len(keys) + 1))}"


async def find_unattested(question: Question) -> list[int]:
    """The payments that needed a colleague's attest and did not have it then."""
    known, arguments = ("AND t.recorded_at <= $1", [question.known_at]) if question.known_at else ("", [])
    rows = await fetch(
        "SELECT p.id FROM payment p WHERE p.attest = 'officer'"
        f" AND NOT EXISTS (SELECT 1 FROM attestation t WHERE t.payment_id = p.id {known})",
        *arguments,
    )
    return [row["id"] for row in rows]


async def fetch_control(conditions: Conditions) -> Control:
    """The whole answer without groups, by another way than the rows.

    Without period and moment it is what the triggers have kept with each grant since it was decided. Otherwise the
    events are summed anew, with those payments that have their attest instead of less those that haven't.
    """
    question, conditions = conditions.question, conditions.copy()
    if not (question.first or question.last or question.known_at):
        where = f"JOIN funding_grant g ON g.id = b.grant_id WHERE {' AND '.join(conditions.on_grant)}"
        row = await fetch_one(
            "SELECT coalesce(sum(b.granted_ore), 0)::bigint, coalesce(sum(b.paid_ore), 0)::bigint,"
            f" coalesce(sum(b.repaid_ore), 0)::bigint FROM grant_balance b {where if conditions.on_grant else ''}",
            *conditions.arguments,
        )
    else:
        known = f"AND t.recorded_at <= {conditions.place(question.known_at)}" if question.known_at else ""
        attest = f"EXISTS (SELECT 1 FROM attestation t WHERE t.payment_id = p.id {known})"
        counts = f"(p.attest <> 'officer' OR {attest})"

        def whole(event: Event, *more: str) -> str:
            source = conditions.source(event, joined=False, more=more)
            return f"coalesce((SELECT sum({event.amount}) {source}), 0)::bigint"

        row = await fetch_one(
            f"SELECT {whole(DECIDED)} + {whole(AMENDED)}, {whole(_REGISTERED, counts)} - {whole(REVERSED, counts)},"
            f" {whole(REPAID)}",
            *conditions.arguments,
        )
    return Control(*row)
