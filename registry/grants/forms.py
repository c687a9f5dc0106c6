"""Reading the forms of decisions and amendments: what was typed becomes the value that a service takes."""

import re
from collections.abc import Sequence
from datetime import date

from registry.core.access import Scope
from registry.core.errors import N_
from registry.core.money import Money
from registry.grants.demand_forms import read_reports
from registry.grants.queries import needs_benefit
from registry.grants.rules import MOST_INSTALMENTS, spread
from registry.grants.schemas import (
    AmendmentDetails,
    AmendmentKind,
    GrantDetails,
    Instalment,
    PlannedInstalment,
)
from registry.parties.forms import read_party
from registry.parties.schemas import Party
from registry.programmes.schemas import Programme
from registry.texts import _, format_kronor
from registry.web.forms import Form

ROWS = 4
"""Rows of the plan that a form shows at first, and how many more each press adds."""

FrameOptions = list[tuple[str, list[tuple[str, str, int]]]]
"""Year, and in it (value, label, what is left in öre)."""

_PLACE = re.compile(r"([0-9]{1,15}):([0-9]{4})", re.ASCII)


def typed_amount(amount: int) -> str:
    """An amount as a person would type it in any language: `12500`, `12500,50`."""
    kronor, ore = divmod(int(amount), 100)
    return f"{kronor},{ore:02d}" if ore else str(kronor)


def frame_options(programmes: Sequence[Programme]) -> FrameOptions:
    """The programmes' frames to decide from, the latest year first: each option says and carries what is left."""
    years: dict[int, list[tuple[str, str, int]]] = {}
    for programme in programmes:
        for frame in programme.frames:
            left = _("%(amount)s left") % {"amount": format_kronor(frame.left_ore)}
            label = f"{programme.code} {frame.year} – {left} – {programme.title}"
            years.setdefault(frame.year, []).append((f"{programme.id}:{frame.year}", label, int(frame.left_ore)))
    return [(str(year), years[year]) for year in sorted(years, reverse=True)]


def remaining_of(options: FrameOptions, value: str) -> int | None:
    """What is left of the chosen frame."""
    return next((left for _year, places in options for name, _label, left in places if name == value), None)


def plan_rows(form: Form) -> int:
    """How many rows of the plan to show: as many as were shown or filled, at least `ROWS`."""
    filled = [row for row in _rows() if any(form.get(name) for name in _names(row))]
    shown = form.get("rows")
    wanted = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 3 else 0
    return min(max(ROWS, wanted, *filled), MOST_INSTALMENTS)


def add_rows(form: Form) -> None:
    """Show more rows, and keep what was typed."""
    form.values["rows"] = str(min(plan_rows(form) + ROWS, MOST_INSTALMENTS))


def split_evenly(form: Form) -> None:
    """Divide the amount over the days that were typed."""
    amount = form.money("amount")
    days = [(row, form.date(f"instalment_date_{row}")) for row in _rows() if form.get(f"instalment_date_{row}")]
    if not days:
        form.refuse("instalment_date_1", _("Write the days first, then the amount can be divided over them."))
    if amount is None or form.errors:
        return
    for (row, _day), part in zip(days, spread(amount, [day for _row, day in days if day]), strict=True):
        form.values[f"instalment_amount_{row}"] = typed_amount(part.amount_ore)


def fill_plan(form: Form, plan: Sequence[Instalment]) -> None:
    """Write a plan into the rows, and remember it beside them."""
    for part in plan:
        date_name, amount_name = _names(part.position)
        form.values |= {date_name: part.due_on.isoformat(), amount_name: typed_amount(part.amount_ore)}
    form.values["filled"] = _rows_text(form)


def plan_changed(form: Form) -> bool:
    """Whether the rows say another plan than the one they were filled with."""
    return form.get("filled") not in ("", _rows_text(form))


def _rows_text(form: Form) -> str:
    return "|".join(":".join(form.get(name) for name in _names(row)) for row in _rows()).rstrip("|:")


def _rows() -> range:
    return range(1, MOST_INSTALMENTS + 1)


def _names(row: int) -> tuple[str, str]:
    return f"instalment_date_{row}", f"instalment_amount_{row}"


def read_plan(form: Form) -> tuple[PlannedInstalment, ...]:
    """The rows that hold something, in their order."""
    plan = []
    for row in _rows():
        date_name, amount_name = _names(row)
        if not form.get(date_name) and not form.get(amount_name):
            continue
        due_on, amount = form.date(date_name), form.money(amount_name)
        if due_on is not None and amount is not None:
            plan.append(PlannedInstalment(due_on=due_on, amount_ore=amount))
    return tuple(plan)


async def read_decision(scope: Scope, form: Form, programmes: Sequence[Programme]) -> GrantDetails | None:
    """The decision that the form holds, or None with the messages added."""
    place = _PLACE.fullmatch(form.get("programme"))
    known = {f"{programme.id}:{frame.year}" for programme in programmes for frame in programme.frames}
    form.choice("programme", sorted(known))
    recipient = await read_party(scope, form, "recipient")
    via = await read_party(scope, form, "via", required=False)
    decided_on, amount = form.date("decided_on"), form.money("amount")
    year = int(place[2]) if place else 0
    period_from, period_to = form.date("period_from", required=False), form.date("period_to", required=False)
    if place and period_from and period_from.year != year:
        form.refuse(
            "period_from", _("The frame is of %(year)s, so the period must start in that year.") % {"year": year}
        )
    plan = _read_payment_plan(form, decided_on, amount)
    reports = read_reports(form)
    texts = {
        "dnr": form.text("dnr", required=True, most=60),
        "paragraph": form.text("paragraph", most=30),
        "decider": form.text("decider", required=True),
        "purpose": form.text("purpose", most=2000),
        "conditions": form.text("conditions", most=5000),
        "benefit": form.text("benefit", most=2000),
    }
    await _check_benefit(scope, form, place, recipient)
    if form.errors or place is None or recipient is None or amount is None or decided_on is None:
        return None
    return form.build(
        GrantDetails,
        programme_id=int(place[1]),
        recipient_id=recipient.id,
        via_id=via.id if via else None,
        decided_on=decided_on,
        amount_ore=amount,
        period_from=period_from or date(year, 1, 1),
        period_to=period_to or date(year, 12, 31),
        instalments=plan,
        reports=reports,
        **texts,
    )


async def _check_benefit(scope: Scope, form: Form, place: re.Match[str] | None, recipient: Party | None) -> None:
    """A form says what the kommun's inhabitants have of a grant to a recipient elsewhere; a file may leave it out."""
    if place is None or recipient is None or form.get("benefit"):
        return
    if await needs_benefit(scope, int(place[1]), recipient.id):
        form.refuse(
            "benefit",
            _("%(name)s has its seat in %(place)s. Write what the kommun's inhabitants have of the grant.")
            % {"name": recipient.name, "place": recipient.municipality},
        )


def _read_payment_plan(form: Form, decided_on: date | None, amount: Money | None) -> tuple[PlannedInstalment, ...]:
    if form.get("plan") == "parts":
        plan = read_plan(form)
        if not plan and not form.errors:
            form.refuse("instalments", _("Write at least one instalment, or choose one payment on decision."))
        return plan
    if any(form.get(name) for row in _rows() for name in _names(row)):
        form.refuse("plan", _("You have written instalments. Choose to pay in instalments, or empty their rows."))
    return (PlannedInstalment(due_on=decided_on, amount_ore=amount),) if decided_on and amount is not None else ()


def read_amendment(form: Form) -> AmendmentDetails | None:
    """The amendment that the form holds, or None with the messages added."""
    kind = form.choice("kind", [kind.value for kind in AmendmentKind])
    amount = form.money("amount") if kind != AmendmentKind.WITHDRAWAL else None
    own = form.get("plan") == "parts" and kind != AmendmentKind.WITHDRAWAL
    plan = read_plan(form) if own else None
    if own and not plan and not form.errors:
        form.refuse("instalments", _("Write at least one instalment, or let the registry adjust the plan."))
    if form.get("plan") == "usual" and kind != AmendmentKind.WITHDRAWAL and plan_changed(form):
        form.refuse("plan", _("You have changed the instalments. Choose to write the new plan, or put them back."))
    decided_on = form.date("decided_on")
    decider = form.text("decider", required=True)
    reason = form.text("reason", required=True, most=2000)
    return form.build(
        AmendmentDetails,
        kind=kind,
        amount_ore=amount,
        decided_on=decided_on,
        decider=decider,
        reason=reason,
        plan=plan,
    )


KIND_HINTS = {
    AmendmentKind.INCREASE: N_("More is granted. It is taken from the same budget frame."),
    AmendmentKind.DECREASE: N_("Less is granted, though never less than what is registered as paid."),
    AmendmentKind.WITHDRAWAL: N_("All that isn't registered as paid is taken back; the frame gets it again."),
}
