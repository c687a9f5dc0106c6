"""The events of a claim as a timeline shows them, the latest first."""

from markupsafe import Markup, escape

from registry.core.access import Scope
from registry.core.money import Money
from registry.grants.events import Event, make_event
from registry.recoveries.schemas import CLOSURE_TITLES, GROUND_TITLES, Claim, ClaimStatus, ClosureKind, Settlement
from registry.texts import _


def events_of(
    scope: Scope, claim: Claim, settlements: tuple[Settlement, ...] = (), *, named: bool = False
) -> list[Event]:
    """The decision, what settled it and its end; `named` where the events of several claims stand together."""
    about = claim.condition or _(GROUND_TITLES[claim.ground])
    events = [
        make_event(
            scope, claim.decided_on, _about(claim, _("Claimed back"), named=named), "decision", claim.seq,
            claim.recorded_by, claim.recorded_at, text=f"{claim.decider} · {claim.dnr} · {about} · {claim.reason}",
            amount=claim.amount_ore,
        )
    ]  # fmt: skip
    events += [
        make_event(
            scope, settlement.repaid_on, _("Repaid by the recipient"), "payment", settlement.seq,
            settlement.recorded_by, settlement.recorded_at, text=settlement.reason,
            amount=Money(-settlement.amount_ore),
        )
        for settlement in settlements
    ]  # fmt: skip
    if claim.closed_on is not None and claim.closure_at is not None and claim.closure_seq is not None:
        kind = ClosureKind.WITHDRAWN if claim.status is ClaimStatus.WITHDRAWN else ClosureKind.WRITTEN_OFF
        events.append(
            make_event(
                scope, claim.closed_on, _about(claim, _(CLOSURE_TITLES[kind]), named=named), "reversal",
                claim.closure_seq, claim.closure_by, claim.closure_at, text=claim.closure_reason,
                amount=Money(-claim.closed_ore),
            )
        )  # fmt: skip
    return sorted(events, key=lambda event: (event.when, event.seq), reverse=True)


def _about(claim: Claim, what: str, *, named: bool) -> str:
    """The event, after the claim's number as a link where it is named."""
    if not named:
        return what
    return Markup('<a href="/recoveries/{0}">{0}</a>').format(claim.number) + escape(f": {what.lower()}")
