"""The card of an engagement: what the page that shows it and the one that cancels it have in common."""

from typing import Any

from litestar import Request, Response

from registry.core.access import Permission, Scope
from registry.fees.queries import list_history
from registry.fees.schemas import (
    DISCIPLINE_TITLES,
    OUTCOME_TITLES,
    TAX_TITLES,
    Engagement,
    EngagementKind,
    Outcome,
)
from registry.fees.working import explain
from registry.texts import _
from registry.web.forms import Form, key_of
from registry.web.pages import page

KIND_MARKS = {
    EngagementKind.REGISTERED: "decision",
    EngagementKind.CORRECTED: "amendment",
    EngagementKind.CANCELLED: "reversal",
}


def outcomes() -> dict[Outcome, str]:
    """Every outcome in the reader's words."""
    return {outcome: _(title) for outcome, title in OUTCOME_TITLES.items()}


async def card_page(
    request: Request[Any, Any, Any], who: Scope, engagement: Engagement, form: Form, *, status: int = 200
) -> Response[Any]:
    """The card, with what was typed in its form for cancelling."""
    own = who.may(Permission.FEES_REGISTER) and who.writes_for(engagement.funder_id)
    may_audit = who.may(Permission.AUDIT_VIEW)
    return page(
        request,
        "fees/card.html",
        status=status,
        engagement=engagement,
        working=explain(engagement.terms(), engagement.check),
        outcomes=outcomes(),
        discipline=_(DISCIPLINE_TITLES[engagement.discipline]) if engagement.discipline else None,
        tax=_(TAX_TITLES[engagement.tax]) if engagement.tax else None,
        history=[_event(one, may_audit=may_audit) for one in await list_history(who, engagement)],
        may_change=own and not engagement.cancelled,
        form=form,
        key=key_of(form),
    )


def _event(one: Engagement, *, may_audit: bool) -> dict[str, Any]:
    titles = {
        EngagementKind.REGISTERED: _("Engagement registered"),
        EngagementKind.CORRECTED: _("Engagement corrected"),
        EngagementKind.CANCELLED: _("Engagement cancelled"),
    }
    return {
        "when": one.recorded_at,
        "what": titles[one.kind],
        "who": one.recorded_by or _("The operator"),
        "text": one.reason,
        "kind": KIND_MARKS[one.kind],
        "amount_ore": one.agreed_fee_ore,
        "link": f"/audit/{one.seq}" if may_audit else None,
        "link_label": _("Entry %(seq)s") % {"seq": one.seq},
    }
