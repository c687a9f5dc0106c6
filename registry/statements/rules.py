"""How a statement's figures are drawn up from what is registered. Pure: facts in, figures out.

The value date decides the year; what is known now decides the figures. An unattested payment is not paid, it waits.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from registry.core.money import Money
from registry.core.periods import Period
from registry.grants.rules import Registered, cover
from registry.statements.facts import NOTHING, Aftermath, FunderFacts, GrantFacts, Matters, Moved, Plan
from registry.statements.schemas import (
    ComingPayment,
    FunderSection,
    GrantLine,
    Language,
    PlannedPart,
    Position,
    StatementEvent,
    StatementFigures,
    StatementParty,
    Sums,
)
from registry.statements.values import SHAPE
from registry.statements.ways import draw_partners, draw_ways


def draw_up(
    party: StatementParty,
    year: int,
    language: Language,
    *,
    funders: Sequence[FunderFacts],
    grants: Sequence[GrantFacts],
    events: Sequence[StatementEvent],
    today: date,
    matters: Matters = NOTHING,
) -> StatementFigures:
    """Draw up the figures of a year. `funders` come in their order, `grants` as they are to be listed.

    A grant is listed when something happened to it in the year, when something was left of it at either end, or while
    a report is awaited, a claim is open or payments are stopped. What is coming is told as it stood when the year
    ended, or as it stands `today` while the year runs.
    """
    period = Period.of_year(year)
    moved = {event.grant for event in events} | matters.concerned()
    listed = [grant for grant in grants if grant.number in moved or _concerns(grant, period)]
    numbers = {grant.number for grant in listed}
    sections = tuple(
        _section(funder, [grant for grant in listed if grant.funder == funder.key], events, period)
        for funder in funders
        if any(grant.funder == funder.key for grant in listed)
    )
    place = {section.key: index for index, section in enumerate(sections)}
    return StatementFigures(
        party=party,
        year=year,
        language=language,
        is_running=today <= period.last,
        funders=sections,
        grants=tuple(_line(grant, events, period) for grant in sorted(listed, key=lambda grant: place[grant.funder])),
        events=tuple(events),
        coming=tuple(
            sorted(
                (part for grant in listed for part in coming_of(grant, period.last, today=min(today, period.last))),
                key=lambda part: part.due_on,
            )
        ),
        totals=Sums(**{name: Money(sum(getattr(each, name) for each in sections)) for name in Sums.model_fields}),
        shape=SHAPE,
        previous=_year_before(grants, period),
        reports=tuple(line for line in matters.reports if line.grant in numbers),
        claims=tuple(matters.claims),
        stops=tuple(matters.stops),
        engagements=tuple(matters.engagements),
        bases=tuple(line for line in matters.bases if line.grant in numbers),
        flows=draw_ways(listed, {section.key: section.name for section in sections}, matters, period),
        partners=draw_partners(matters) if sections else (),
    )


def _year_before(grants: Sequence[GrantFacts], period: Period) -> Sums | None:
    """The sums of the year before, whatever grants they were of; None when there was nothing to state."""
    before = Period.of_year(period.first.year - 1)
    remaining = sum(grant.opening(period) for grant in grants)
    decided = sum(grant.decided(before) for grant in grants)
    moved = [grant.year_before for grant in grants]
    sums = {
        "opening_ore": remaining - decided + sum(each.net_ore for each in moved),
        "decided_ore": decided,
        "paid_ore": sum(each.paid_ore for each in moved),
        "reversed_ore": sum(each.reversed_ore for each in moved),
        "repaid_ore": sum(each.repaid_ore for each in moved),
        "remaining_ore": remaining,
    }
    has_decision = any(day in before for grant in grants for day in grant.decision_days())
    return Sums(**{name: Money(ore) for name, ore in sums.items()}) if has_decision or any(sums.values()) else None


def position_of(figures: StatementFigures, after: Aftermath) -> Position:
    """Where a statement's decisions stood on the day that it was issued."""
    moved = {grant.number: after.moved.get(grant.number, Moved()) for grant in figures.grants}
    decided = sum(after.amended.get(number, 0) for number in moved)
    paid = sum(one.net_ore for one in moved.values())
    reports = tuple(line for line in after.reports if line.grant in moved)
    awaited = {line.grant for line in reports if line.is_open}
    spent = (
        grant.granted_ore - grant.remaining_ore + moved[grant.number].net_ore
        for grant in figures.grants
        if grant.number in awaited
    )
    return Position(
        on=after.on,
        decided_ore=Money(decided),
        paid_ore=Money(paid),
        repaid_ore=Money(sum(one.repaid_ore for one in moved.values())),
        remaining_ore=Money(figures.totals.remaining_ore + decided - paid),
        to_report_ore=Money(sum(spent)) if reports else None,
        reports=reports,
        stopped=tuple(number for number in moved if number in after.stopped),
    )


def plan_in_force(grant: GrantFacts, last: date) -> Plan:
    """The plan as it stood on a day: the latest amendment's by then that adds up to what was granted by then.

    Amendments may be registered in another order than they are dated in, so the latest plan need not be the right one.
    """
    numbers = [number for number, change in enumerate(grant.amended, start=1) if change.decided_on <= last]
    known = [number for number in range(max(numbers, default=0), -1, -1) if number in grant.plans]
    granted = grant.granted_by(last)
    fitting = [number for number in known if sum(amount for _, _, amount in grant.plans[number]) == granted]
    return grant.plans[(fitting or known)[0]] if known else ()


def coming_of(grant: GrantFacts, last: date, *, today: date) -> list[ComingPayment]:
    """What is not paid of each instalment: the part that waits for attest, and the part that is coming or overdue."""
    plan = plan_in_force(grant, last)
    settled = cover(plan, _registered(grant.settled))
    both = defaultdict(int, grant.settled)
    for position, amount in grant.waiting.items():
        both[position] += amount
    registered = cover(plan, _registered(both))
    parts = []
    for (_, due_on, amount), paid, covered in zip(plan, settled, registered, strict=True):
        late = "overdue" if due_on < today else "coming"
        for status, part in (("waiting", covered - paid), (late, amount - covered)):
            if part > 0:
                parts.append(
                    ComingPayment(
                        due_on=due_on,
                        grant=grant.number,
                        funder=grant.funder,
                        amount_ore=Money(part),
                        status=status,  # type: ignore[arg-type]
                    )
                )
    return parts


def _registered(amounts: Mapping[int | None, int]) -> Registered:
    positions = {position: amount for position, amount in amounts.items() if position is not None}
    return Registered(by_position=positions, free_ore=amounts.get(None, 0), waiting_by_position={})


def _concerns(grant: GrantFacts, period: Period) -> bool:
    return (
        any(day in period for day in grant.decision_days())
        or grant.opening(period) != 0
        or grant.remaining_by(period.last) != 0
        or any(grant.waiting.values())
    )


def _section(
    funder: FunderFacts, grants: Sequence[GrantFacts], events: Sequence[StatementEvent], period: Period
) -> FunderSection:
    own = [event for event in events if event.funder == funder.key]
    months = [0] * 12
    for event in own:
        if event.kind != "repayment":
            months[event.on.month - 1] += event.amount_ore

    def total(kind: str) -> Money:
        return Money(abs(sum(event.amount_ore for event in own if event.kind == kind)))

    return FunderSection(
        key=funder.key,
        name=funder.name,
        org_number=funder.org_number,
        colour=funder.colour,
        contact=funder.contact,
        opening_ore=Money(sum(grant.opening(period) for grant in grants)),
        decided_ore=Money(sum(grant.decided(period) for grant in grants)),
        paid_ore=total("payment"),
        reversed_ore=total("reversal"),
        repaid_ore=total("repayment"),
        remaining_ore=Money(sum(grant.remaining_by(period.last) for grant in grants)),
        monthly_ore=tuple(Money(month) for month in months),
    )


def _line(grant: GrantFacts, events: Sequence[StatementEvent], period: Period) -> GrantLine:
    return GrantLine(
        number=grant.number,
        funder=grant.funder,
        dnr=grant.dnr,
        paragraph=grant.paragraph,
        decided_on=grant.decided_on,
        decider=grant.decider,
        programme=grant.programme,
        priority_area=grant.priority_area,
        purpose=grant.purpose,
        via=grant.via,
        period_from=grant.period_from,
        period_to=grant.period_to,
        granted_ore=Money(grant.granted_by(period.last)),
        amendments=tuple(
            sorted(
                (change for change in grant.amended if change.decided_on <= period.last),
                key=lambda change: change.decided_on,
            )
        ),
        paid_ore=Money(
            sum(event.amount_ore for event in events if event.grant == grant.number and event.kind != "repayment")
        ),
        remaining_ore=Money(grant.remaining_by(period.last)),
        instalments=_instalments(grant, period.last),
        conditions=grant.conditions,
        benefit=grant.benefit,
    )


def _instalments(grant: GrantFacts, last: date) -> tuple[PlannedPart, ...]:
    """The plan when the year ended; one of a single instalment says nothing that the decision doesn't."""
    plan = [(due_on, amount) for _, due_on, amount in plan_in_force(grant, last) if amount]
    return tuple(PlannedPart(due_on=due_on, amount_ore=Money(amount)) for due_on, amount in plan if len(plan) > 1)
