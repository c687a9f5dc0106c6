"""What a figure of a summary is made of: the very decisions, changes, reversals or repayments that it sums.

The conditions are those of the sums, so a list's sum is the figure; what is paid has the list of payments.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from registry.core.access import Scope
from registry.core.errors import N_, FieldError
from registry.core.money import Money
from registry.database import execute, fetch, fetch_one, snapshot
from registry.grants.schemas import AMENDMENT_TITLES, grant_number
from registry.payments.schemas import payment_number
from registry.summaries.queries import resolve
from registry.summaries.schemas import Asked, Question
from registry.summaries.sums import AMENDED, DECIDED, REPAID, REVERSED, Conditions, Event, find_unattested

PAGE = 50
DEFAULT_SORT = "-day"
SORTS = ("day", DEFAULT_SORT)


class Figure(StrEnum):
    """The figures whose events can be listed."""

    DECIDED = "decided"
    REVERSED = "reversed"
    REPAID = "repaid"


KIND_TITLES: dict[str, str] = {
    "decision": N_("Decision"),
    **{kind.value: title for kind, title in AMENDMENT_TITLES.items()},
    "reversal": N_("Reversal"),
    "repayment": N_("Repayment"),
}


class UnknownFigureError(FieldError):
    """The summary has no such figure, or none whose events are listed here."""

    code = "unknown-figure"
    message = N_("There is no figure %(figure)s to follow to its events. Use one of: %(figures)s.")


@dataclass(frozen=True, slots=True)
class _Source:
    """A kind of event as a list has it: what kind it is, its own id, and the payment that it is about."""

    event: Event
    kind: str
    event_id: str
    payment_id: str = "NULL::bigint"


_SOURCES = {
    Figure.DECIDED: (_Source(DECIDED, "'decision'", "g.id"), _Source(AMENDED, "a.kind", "a.id")),
    Figure.REVERSED: (_Source(REVERSED, "'reversal'", "p.id", "p.id"),),
    Figure.REPAID: (_Source(REPAID, "'repayment'", "b.id"),),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One event in a figure; `amount_ore` is signed as it counts there."""

    kind: str
    event_id: int
    payment_id: int | None
    grant_id: int
    day: date
    learnt: datetime
    amount_ore: int
    funder_org_number: str
    funder_name: str
    programme_code: str
    recipient_name: str
    dnr: str

    @property
    def grant_number(self) -> str:
        """The number of the grant."""
        return grant_number(self.grant_id)

    @property
    def number(self) -> str:
        """The number that the event goes by: the decision's, or that of the payment taken back; else none."""
        if self.payment_id is not None:
            return payment_number(self.payment_id)
        return self.grant_number if self.kind == "decision" else ""

    @property
    def href(self) -> str:
        """Where the event is shown."""
        if self.payment_id is not None:
            return f"/payments/{self.number}"
        place = {"decision": "", "repayment": "#repayments"}.get(self.kind, "#history")
        return f"/grants/{self.grant_number}{place}"


@dataclass(frozen=True, slots=True)
class Parts(Asked):
    """Some of the events of a figure, how many there are, and their sum, which is the figure."""

    figure: Figure
    items: list[Part]
    total: int
    amount: Money


def read_figure(text: str) -> Figure:
    """The figure by its name; what is decided when none is named. Raises: UnknownFigureError."""
    try:
        return Figure(text or Figure.DECIDED)
    except ValueError:
        raise UnknownFigureError(field="figure", figure=text[:40], figures=", ".join(Figure)) from None


async def list_parts(
    scope: Scope, question: Question, figure: Figure, *, sort: str = DEFAULT_SORT, offset: int = 0,
    limit: int | None = PAGE,
) -> Parts:  # fmt: skip
    """The events that a figure of a question sums, within the scope. Raises: UnknownLimitError."""
    async with snapshot():
        await execute("SET LOCAL plan_cache_mode = force_custom_plan")
        conditions, chosen = await resolve(scope, question)
        items, total, amount = await fetch_parts(conditions, figure, sort=sort, offset=offset, limit=limit)
    return Parts(conditions.question, chosen, figure, items, total, amount)


async def fetch_parts(
    conditions: Conditions, figure: Figure, *, sort: str, offset: int, limit: int | None
) -> tuple[list[Part], int, Money]:
    """A page of the events of a figure, how many there are in all, and the sum of all."""
    conditions = conditions.copy()
    arms = " UNION ALL ".join([await _arm(source, conditions) for source in _SOURCES[figure]])
    counted = await fetch_one(
        f"SELECT count(*) AS total, coalesce(sum(e.amount_ore), 0)::bigint AS amount FROM ({arms}) e",
        *conditions.arguments,
    )
    falling = "DESC" if sort.startswith("-") else ""
    order = ", ".join(f"{column} {falling}" for column in ("e.day", "e.learnt", 'e.kind COLLATE "C"', "e.event_id"))
    cut = f"LIMIT {limit:d} OFFSET {offset:d}" if limit is not None else ""
    rows = await fetch(
        f"""
        WITH e AS MATERIALIZED (SELECT * FROM ({arms}) e ORDER BY {order} {cut})
        SELECT e.kind, e.event_id, e.payment_id, e.grant_id, e.day, e.learnt, e.amount_ore,
               f.org_number AS funder_org_number, f.name AS funder_name, m.code AS programme_code,
               c.name AS recipient_name, g.dnr
        FROM e JOIN funding_grant g ON g.id = e.grant_id JOIN party f ON f.id = g.funder_id
        JOIN party c ON c.id = g.recipient_id JOIN programme m ON m.id = g.programme_id
        ORDER BY {order}""",
        *conditions.arguments,
    )
    return [Part(**row) for row in rows], counted["total"], Money(counted["amount"])


async def _arm(source: _Source, conditions: Conditions) -> str:
    """One kind of event, as the sums read it, row by row."""
    event, more = source.event, []
    if event.only:
        unattested = conditions.place(await find_unattested(conditions.question))
        more.append(event.only.format(unattested=f"{unattested}::bigint[]"))
    return (
        f"SELECT {source.kind} AS kind, {source.event_id} AS event_id, {source.payment_id} AS payment_id,"
        f" {event.grant_id or 'g.id'} AS grant_id, {event.day} AS day, {event.learnt} AS learnt,"
        f" {event.sign} * {event.amount} AS amount_ore {conditions.source(event, joined=False, more=more)}"
    )
