"""An edition in words: its sentence, what each line of its budget is called, and what it lacks."""

from datetime import date

from registry.core.errors import N_
from registry.fees.schemas import OUTCOME_TITLES
from registry.fees.working import below_text
from registry.grants.schemas import Grant
from registry.initiatives.edition_rules import compare_budget
from registry.initiatives.edition_schemas import BUDGET_TITLES, CostOutcome, Edition, LinkedEngagement, Todo
from registry.texts import _, format_date, format_kronor, format_number, ngettext


def edition_sentence(edition: Edition) -> str:
    """The edition in a sentence or two."""
    outcome = compare_budget(edition)
    events = len(edition.held)
    first = ngettext("%(num)s event", "%(num)s events", events) % {"num": format_number(events)}
    told = {
        "events": first,
        "audience": format_number(edition.audience),
        "decided": format_kronor(outcome.decided_ore),
        "paid": format_kronor(outcome.paid_ore),
        "fees": format_kronor(outcome.fees_ore),
    }
    return (
        _(
            "%(events)s with %(audience)s visitors. %(decided)s is decided, %(paid)s of it paid;"
            " %(fees)s is agreed in fees."
        )
        % told
    )


def cost_title(cost: CostOutcome) -> str:
    """What a line of the budget is called."""
    return cost.title or _(BUDGET_TITLES[cost.kind])


def outcome_text(one: LinkedEngagement) -> str:
    """What the check of an engagement's fee gave, and how far below its level it is."""
    check = one.engagement.check
    if one.engagement.cancelled:
        return _("called off")
    if one.is_short and check.gap_ore is not None:
        return below_text(check.gap_ore, check.gap_basis_points)
    return _(OUTCOME_TITLES[check.outcome])


BENEFIT = N_("%(grant)s: the benefit for the inhabitants is not stated")


def todos(edition: Edition, suggested: list[Grant], *, today: date) -> list[Todo]:
    """What an edition lacks, each with the page that mends it."""
    here = f"/initiatives/{edition.initiative.number}/{edition.year}"
    found = [
        Todo(
            _(BENEFIT) % {"grant": grant.number},
            _("%(recipient)s has its seat in another kommun.") % {"recipient": grant.recipient_name},
            f"/grants/{grant.number}/benefit",
        )
        for grant in edition.grants
        if grant.benefit_missing
    ]
    if suggested:
        text = ", ".join(f"{grant.number} {grant.recipient_name}" for grant in suggested[:3])
        title = ngettext(
            "%(num)s decision may belong here", "%(num)s decisions may belong here", len(suggested)
        ) % {"num": len(suggested)}  # fmt: skip
        found.append(Todo(title, text, f"{here}/links"))
    if edition.budget is None:
        found.append(
            Todo(_("There is no budget"), _("Without one there is nothing to compare with."), f"{here}/budget")
        )
    found += [
        Todo(
            _("%(event)s: how many came?") % {"event": event.title},
            format_date(event.held_on),
            f"{here}/events/{event.id}",
        )
        for event in edition.held
        if event.audience is None and event.held_on < today
    ]
    found += [
        Todo(
            _("%(engagement)s is below the level without a motive") % {"engagement": one.engagement.number},
            one.engagement.creator_name,
            f"/fees/engagements/{one.engagement.number}",
        )
        for one in edition.live_engagements
        if one.engagement.unmotivated
    ]
    return found
