"""What became different between two versions of a statement, in words: found in the figures of both, never typed."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from registry.core.errors import N_
from registry.core.money import Money
from registry.documents.paper import names
from registry.parties.rules import is_mask
from registry.statements.schemas import Amendment, GrantLine, StatementEvent, StatementFigures
from registry.texts import _, format_date, format_kronor

MOST = 60
"""More changes than this aren't listed one by one."""
IN_SENTENCE = 3
"""The changes that the sentence on top names; the rest stand in the list."""

T = TypeVar("T", bound=Hashable)

EVENTS = {
    "payment": N_("payment %(number)s of %(amount)s"),
    "reversal": N_("the reversal of payment %(number)s, %(amount)s"),
    "repayment": N_("repayment %(number)s of %(amount)s"),
}
AMENDED = {
    "increase": N_("decision %(number)s was increased by %(amount)s on %(day)s"),
    "decrease": N_("decision %(number)s was decreased by %(amount)s on %(day)s"),
    "withdrawal": N_("decision %(number)s was withdrawn, %(amount)s, on %(day)s"),
}
OF_GRANTS = {
    "instalments": N_("the instalments of the decisions"),
    "conditions": N_("the conditions of the decisions"),
    "benefit": N_("the benefit for the inhabitants"),
}
OF_YEAR = {
    "previous": N_("the year before"),
    "reports": N_("the reports that decisions demand"),
    "claims": N_("claims for money to be paid back"),
    "stops": N_("stopped payments"),
    "engagements": N_("engagements and fees"),
    "bases": N_("what the allocation rests on"),
}
"""What came with a later shape, of each decision and of the year; its first appearance is told as such."""
WAYS = N_("the way of the money")


def says_the_same(before: StatementFigures, now: StatementFigures) -> bool:
    """Whether nothing of what `before` tells has changed.

    What it had no notion of is no change, so that a new release makes no new versions; nor is an accent colour.
    """
    colours = {funder.key: funder.colour for funder in before.funders}
    known = now.in_shape(before.shape)
    dressed = [funder.model_copy(update={"colour": colours.get(funder.key, funder.colour)}) for funder in known.funders]
    return known.model_copy(update={"funders": tuple(dressed), "shape": before.shape}) == before


def list_changes(before: StatementFigures, now: StatementFigures) -> list[str]:
    """Everything that differs, in the reader's language, each as a clause; empty when both say the same."""
    if says_the_same(before, now):
        return []
    found = [
        *_party(before, now),
        *_funders(before, now),
        *_grants(before, now),
        *_events(before.events, now.events),
        *_the_rest(before, now),
    ]
    if len(found) > MOST:
        more = _("%(count)s more changes") % {"count": len(found) - MOST}
        found = [*found[:MOST], more]
    return found or [_("what is told of the year was put right")]


def _party(before: StatementFigures, now: StatementFigures) -> Iterator[str]:
    old, new = before.party, now.party
    if is_mask(old.name) != is_mask(new.name):
        # Neither the name that was nor where the person lived is told of again.
        yield (
            _("the recipient's identity is protected")
            if is_mask(new.name)
            else _("the recipient's identity is no longer protected")
        )
    else:
        if old.name != new.name:
            yield _("the recipient is called %(new)s instead of %(old)s") % {"new": new.name, "old": old.name}
        if old.org_number != new.org_number:
            yield _("the recipient has another organisation number")
        if (old.address, old.municipality) != (new.address, new.municipality):
            yield _("the recipient has another address")
    if before.is_running and not now.is_running:
        yield _("the year has ended")


def _funders(before: StatementFigures, now: StatementFigures) -> Iterator[str]:
    """A funder that came or went is told by its decisions."""
    olds = {funder.key: funder for funder in before.funders}
    for new in now.funders:
        old = olds.get(new.key)
        if old is not None and (old.name, old.org_number, old.contact) != (new.name, new.org_number, new.contact):
            yield _("%(funder)s has other contact details") % {"funder": new.name}


def _grants(before: StatementFigures, now: StatementFigures) -> Iterator[str]:
    olds = {grant.number: grant for grant in before.grants}
    news = {grant.number: grant for grant in now.grants}
    for number, new in news.items():
        if number not in olds:
            yield _told(N_("decision %(number)s of %(amount)s was added"), number, new.granted_ore)
        else:
            yield from _amended(number, olds[number].amendments, new.amendments)
            if _facts(olds[number]) != _facts(new):
                yield _("the particulars of decision %(number)s were put right") % {"number": number}
    for number, old in olds.items():
        if number not in news:
            yield _told(N_("decision %(number)s of %(amount)s is no longer here"), number, old.granted_ore)


def _amended(number: str, before: Sequence[Amendment], now: Sequence[Amendment]) -> Iterator[str]:
    for change in _added(before, now):
        told = {"number": number, "amount": format_kronor(abs(change.delta_ore)), "day": format_date(change.decided_on)}
        yield _(AMENDED[change.kind]) % told


def _facts(grant: GrantLine) -> tuple[object, ...]:
    """What a decision says of itself, apart from sums, what amended it, and what statements once didn't know."""
    return (
        grant.dnr, grant.paragraph, grant.decided_on, grant.decider, grant.programme, grant.priority_area,
        grant.purpose, grant.via, grant.period_from, grant.period_to,
    )  # fmt: skip


def _events(before: Sequence[StatementEvent], now: Sequence[StatementEvent]) -> Iterator[str]:
    olds = {(event.kind, event.number): event for event in before}
    news = {(event.kind, event.number): event for event in now}
    for key, event in news.items():
        if key not in olds:
            yield _("%(what)s was added") % {"what": _event(event)}
        elif olds[key] != event:
            yield _("the particulars of %(what)s were put right") % {"what": _event(event)}
    for key, event in olds.items():
        if key not in news:
            yield _("%(what)s is no longer here") % {"what": _event(event)}


def _event(event: StatementEvent) -> str:
    return _told(EVENTS[event.kind], event.number, Money(abs(event.amount_ore)))


def _the_rest(before: StatementFigures, now: StatementFigures) -> Iterator[str]:
    """What follows of nothing above: parts that came with a later release, and what is still to be paid."""
    for name, part in OF_YEAR.items():
        if getattr(before, name) != getattr(now, name):
            yield _part(part, is_new=before.shape < now.shape)
    if _ways(before, now) != _ways(now, before):
        yield _part(WAYS, is_new=before.shape < now.shape)
    for name, part in OF_GRANTS.items():
        old, new = ({grant.number: getattr(grant, name) for grant in told.grants} for told in (before, now))
        if any(new[number] != old[number] for number in new if number in old):
            yield _part(part, is_new=before.shape < now.shape)
    moved = {event.grant for event in _added(before.events, now.events)}
    planned = {part.grant for part in (*_added(before.coming, now.coming), *_added(now.coming, before.coming))}
    known = {grant.number for grant in before.grants if grant in now.grants}
    for number in sorted((planned & known) - moved):
        yield _("what is still to be paid of decision %(number)s was put right") % {"number": number}


def _ways(told: StatementFigures, other: StatementFigures) -> tuple[object, ...]:
    """What is told of ways apart from their sums, which follow of decisions and payments."""
    both = {grant.number for grant in told.grants} & {grant.number for grant in other.grants}
    return (
        {
            (flow.initiative, flow.funder, flow.via): flow.agreed_ore
            for flow in told.flows
            if flow.agreed_ore is not None
        },
        {number: flow.title for flow in told.flows for number in flow.grants if number in both},
        told.partners,
    )


def _part(part: str, *, is_new: bool) -> str:
    clause = N_("the statement now tells %(part)s too") if is_new else N_("what is told of %(part)s was put right")
    return _(clause) % {"part": _(part)}


def _told(message: str, number: str, amount: Money) -> str:
    return _(message) % {"number": number, "amount": format_kronor(amount)}


def _added(before: Iterable[T], now: Iterable[T]) -> list[T]:
    """What is there now and wasn't, in order."""
    olds = set(before)
    return [each for each in now if each not in olds]


def replaces(version: int, day: str, changes: Sequence[str]) -> str:
    """The sentence that stands on top: which version this one replaces, and why. `day` is as the reader writes it."""
    named = list(changes[:IN_SENTENCE])
    if len(changes) > IN_SENTENCE:
        named[-1] = _("%(count)s other things changed") % {"count": len(changes) - IN_SENTENCE + 1}
    told = {"version": version, "day": day, "because": names(named)}
    return _("Replaces version %(version)s of %(day)s because %(because)s.") % told
