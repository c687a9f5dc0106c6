"""Reading the forms of editions: theme, events, budget, and what belongs to them."""

from collections.abc import Sequence

from registry.core.access import Scope
from registry.fees.schemas import Engagement
from registry.grants.schemas import Grant
from registry.initiatives.edition_schemas import (
    LARGEST_AUDIENCE,
    MOST_LINES,
    Budget,
    BudgetDetails,
    BudgetKind,
    BudgetLineDetails,
    EditionDetails,
    Event,
    EventDetails,
)
from registry.initiatives.forms import amount_text, funder_options
from registry.texts import _
from registry.web.forms import Form

ROWS = 5
"""Rows of a budget that a form shows at least."""
NO_EVENT = "none"
"""Stands in the select of an engagement's event for: of the edition, but at no event in particular."""
NOWHERE = "no"
"""Stands there for: not of the edition."""


def read_details(form: Form) -> EditionDetails | None:
    """What an edition is about, or None with the messages added."""
    return form.build(EditionDetails, theme=form.text("theme"), description=form.text("description", most=2000))


def filled_event(event: Event) -> Form:
    """A form with an event."""
    return Form(
        {
            "title": event.title,
            "held_on": event.held_on.isoformat(),
            "place": event.place,
            "audience": "" if event.audience is None else str(event.audience),
            "note": event.note,
            "cancelled": "1" if event.cancelled else "",
            "reason": event.reason,
        }
    )


def read_event(form: Form) -> EventDetails | None:
    """The event that the form holds, or None with the messages added."""
    facts = {
        "title": form.text("title", required=True),
        "place": form.text("place", required=True),
        "held_on": form.date("held_on"),
        "audience": form.integer("audience", required=False, high=LARGEST_AUDIENCE),
        "note": form.text("note", most=2000),
        "reason": form.text("reason", most=500),
    }
    return form.build(EventDetails, cancelled=form.checked("cancelled"), **facts)


def fill_budget(budget: Budget | None) -> Form:
    """A form with a budget's lines, of this edition or of the one before."""
    form = Form()
    for row, line in enumerate(budget.lines if budget else (), start=1):
        kind = f"funder:{line.funder_id}" if line.kind is BudgetKind.FUNDER else line.kind.value
        form.values |= {
            f"kind_{row}": kind, f"title_{row}": line.title, f"amount_{row}": amount_text(line.amount_ore),
        }  # fmt: skip
    return form


def budget_rows(form: Form) -> int:
    """How many rows of a budget to show: those that hold something and two more."""
    return min(max([ROWS, *(row + 2 for row in used_rows(form))]), MOST_LINES)


def used_rows(form: Form) -> list[int]:
    """The rows of a budget in which something is typed."""
    names = ("kind", "title", "amount")
    return [row for row in range(1, MOST_LINES + 1) if any(form.get(f"{name}_{row}") for name in names)]


async def read_budget(scope: Scope, form: Form) -> BudgetDetails | None:
    """The budget that the form holds, or None with the messages added; empty rows are left out."""
    kinds = [value for value, _label in await funder_options(scope)]
    kinds += [kind.value for kind in BudgetKind if kind is not BudgetKind.FUNDER]
    lines = []
    for row in used_rows(form):
        kind, amount = form.choice(f"kind_{row}", kinds), form.money(f"amount_{row}")
        title = form.text(f"title_{row}")
        if kind is None or amount is None or not form.ok:
            continue
        funder = kind.partition(":")[2]
        lines.append(
            BudgetLineDetails(
                kind=BudgetKind.FUNDER if funder else BudgetKind(kind),
                funder_id=int(funder) if funder else None,
                title=title,
                amount_ore=amount,
            )
        )
    source, reason = form.text("source", most=500), form.text("reason", most=500)
    return form.build(BudgetDetails, lines=tuple(lines), source=source, reason=reason)


def read_links(
    form: Form, grants: Sequence[Grant], engagements: Sequence[Engagement], events: Sequence[Event]
) -> tuple[list[int], dict[int, int | None]]:
    """Which grants and engagements are to belong to the edition, each engagement with its event or None."""
    chosen = [grant.id for grant in grants if form.checked(f"grant_{grant.id}")]
    places: dict[int, int | None] = {}
    known = {str(event.id) for event in events}
    for engagement in engagements:
        name = f"engagement_{engagement.id}"
        value = form.get(name)
        if value == NO_EVENT:
            places[engagement.id] = None
        elif value in known:
            places[engagement.id] = int(value)
        elif value and value != NOWHERE:
            form.refuse(name, _("Choose one of the edition's events."))
    return chosen, places
