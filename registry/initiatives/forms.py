"""Reading the forms of initiatives and agreed shares: what was typed becomes the value that a service takes."""

from registry.core.access import Scope
from registry.initiatives.schemas import (
    MOST_SHARES,
    Initiative,
    InitiativeDetails,
    InitiativeKind,
    Plan,
    PlanDetails,
    ShareDetails,
)
from registry.parties.forms import label_of, read_party
from registry.parties.queries import get_party, list_funders
from registry.texts import _
from registry.web.forms import MISSING, Form

PARTNER = "partner"
"""Stands in the select of whose share it is for an outside partner, who is named beside."""
ROWS = 4
"""Rows of shares that a form shows at least."""


def amount_text(ore: int) -> str:
    """An amount as a person would type it in any language: `12500`, `12500,50`."""
    kronor, rest = divmod(int(ore), 100)
    return f"{kronor},{rest:02d}" if rest else str(kronor)


async def funder_options(scope: Scope) -> list[tuple[str, str]]:
    """The funders as a select offers them."""
    return [(f"funder:{funder.id}", funder.name) for funder in await list_funders(scope)]


async def filled(scope: Scope, initiative: Initiative) -> Form:
    """A form with an initiative's particulars."""
    return Form(
        {
            "kind": initiative.kind.value,
            "title": initiative.title,
            "party": label_of(await get_party(scope, initiative.party_id)),
            "note": initiative.note,
        }
    )


async def read_initiative(scope: Scope, form: Form, kind: InitiativeKind | None) -> InitiativeDetails | None:
    """The initiative that the form holds, or None with the messages added; `kind` is that of one being changed."""
    chosen = kind.value if kind else form.choice("kind", [one.value for one in InitiativeKind])
    title = form.text("title", required=True)
    party = await read_party(scope, form, "party")
    note = form.text("note", most=2000)
    if chosen is None or party is None:
        return None
    return form.build(InitiativeDetails, kind=InitiativeKind(chosen), title=title, party_id=party.id, note=note)


def fill_plan(plan: Plan | None) -> Form:
    """A form with a plan's shares, of the same year or of the one before."""
    form = Form()
    if plan is None:
        return form
    if plan.whole_ore is not None:
        form.values["whole"] = amount_text(plan.whole_ore)
    for row, share in enumerate(plan.shares, start=1):
        form.values |= {
            f"whose_{row}": PARTNER if share.is_memo else f"funder:{share.funder_id}",
            f"partner_{row}": share.name if share.is_memo else "",
            f"via_{row}": f"{share.via_name} (P-{share.via_id})" if share.via_id else "",
            f"parts_{row}": str(share.parts or ""),
            f"amount_{row}": "" if share.parts else amount_text(share.amount_ore),
        }
    return form


def share_rows(form: Form) -> int:
    """How many rows of shares to show: those that hold something and two more."""
    used = [row for row in range(1, MOST_SHARES + 1) if form.get(f"whose_{row}") or form.get(f"partner_{row}")]
    return min(max([ROWS, *(row + 2 for row in used)]), MOST_SHARES)


async def read_plan(scope: Scope, form: Form) -> PlanDetails | None:
    """The shares that the form holds, or None with the messages added; empty rows are left out.

    What the service refuses of a share is told at its row of the form (`tell_rows`).
    """
    whole = form.money("whole", required=False)
    source = form.text("source", required=True, most=500)
    reason = form.text("reason", most=500)
    options = [value for value, _label in await funder_options(scope)]
    shares = [await _read_share(scope, form, row, options) for row in used_rows(form)]
    return form.build(
        PlanDetails,
        whole_ore=whole,
        shares=tuple(share for share in shares if share is not None),
        source=source,
        reason=reason,
    )


def used_rows(form: Form) -> list[int]:
    """The rows of shares in which something is typed."""
    names = ("whose", "partner", "via", "parts", "amount")
    return [row for row in range(1, MOST_SHARES + 1) if any(form.get(f"{name}_{row}") for name in names)]


async def _read_share(scope: Scope, form: Form, row: int, funders: list[str]) -> ShareDetails | None:
    whose = form.choice(f"whose_{row}", [*funders, PARTNER])
    partner = form.text(f"partner_{row}")
    if whose == PARTNER and not partner:
        form.refuse(f"partner_{row}", _(MISSING))
    if whose != PARTNER and partner:
        form.refuse(f"partner_{row}", _("Choose an outside partner to the left, or empty this field."))
    via = await read_party(scope, form, f"via_{row}", required=False)
    parts = form.integer(f"parts_{row}", required=False, low=1, high=1_000_000)
    amount = form.money(f"amount_{row}", required=False)
    if whose is None or not form.ok:
        return None
    return ShareDetails(
        funder_id=None if whose == PARTNER else int(whose.partition(":")[2]),
        via_id=via.id if via else None,
        partner=partner,
        amount_ore=amount,
        parts=parts,
    )


def tell_rows(form: Form, rows: list[int]) -> None:
    """Move messages about the nth share to the row of the form that it was typed in."""
    moved: dict[str, list[str]] = {}
    for name, messages in form.errors.items():
        field, _line, place = name.rpartition("_")
        known = place.isdigit() and 0 < int(place) <= len(rows)
        moved[f"{field}_{rows[int(place) - 1]}" if known else name] = messages
    form.errors = moved
