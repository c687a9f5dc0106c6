"""What must hold for events and budgets of an edition, and its budget beside what came of it. Pure."""

from collections import defaultdict

from registry.core.errors import N_, InvalidInputError, RegistryError, RuleError
from registry.core.money import LARGEST_ORE, Money
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.initiatives.edition_schemas import (
    MOST_LINES,
    BudgetDetails,
    BudgetKind,
    BudgetLine,
    BudgetLineDetails,
    BudgetOutcome,
    CostOutcome,
    Edition,
    EventDetails,
    FunderOutcome,
)
from registry.initiatives.schemas import NOTHING

Refusal = tuple[str, RegistryError]


class RefusedEventError(InvalidInputError):
    """An event that can't be registered as it is."""

    code = "event-refused"
    status = 409


class RefusedBudgetError(InvalidInputError):
    """A budget that can't be registered as it is."""

    code = "budget-refused"
    status = 409


def check_year(year: int) -> None:
    """Raises: RuleError for an unlikely year."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise RuleError(field="year", message=N_("Write the year with four digits, for example 2025."))


def check_event(details: EventDetails, *, year: int, is_new: bool) -> None:
    """Raises: RefusedEventError naming every field that is wrong."""
    wrong = (
        (abs(details.held_on.year - year) > 1, "held_on",
         N_("An event lies in the edition's year, or in the year beside it.")),
        (details.cancelled and not details.reason.strip(), "reason", N_("Write why the event is cancelled.")),
        (details.cancelled and bool(details.audience), "audience", N_("A cancelled event has no audience.")),
        (details.cancelled and is_new, "cancelled", N_("Register the event first; it can be cancelled afterwards.")),
    )  # fmt: skip
    errors = [(field, RuleError(field=field, message=message)) for is_wrong, field, message in wrong if is_wrong]
    if errors:
        raise RefusedEventError(list(errors))


def check_budget(details: BudgetDetails, *, version: int) -> None:
    """Raises: RefusedBudgetError naming every field that is wrong; a line's fields end with its place, from 1."""
    errors: list[Refusal] = []
    if not 1 <= len(details.lines) <= MOST_LINES:
        errors.append(_refusal("kind_1", N_("Write at least one line, and at most 24.")))
    if version > 1 and not details.reason.strip():
        errors.append(_refusal("reason", N_("Write why the budget is changed.")))
    for place, line in enumerate(details.lines, start=1):
        errors += _check_line(line, place)
    funders = [line.funder_id for line in details.lines if line.funder_id is not None]
    if len(set(funders)) < len(funders):
        errors.append(_refusal("kind_1", N_("A funder stands twice. Put its lines together.")))
    if sum(line.kind is BudgetKind.FEES for line in details.lines) > 1:
        errors.append(_refusal("kind_1", N_("Fees stand twice. Put the lines together.")))
    if errors:
        raise RefusedBudgetError(errors)


def _refusal(field: str, message: str) -> Refusal:
    return field, RuleError(field=field, message=message)


def _check_line(line: BudgetLineDetails, place: int) -> list[Refusal]:
    named = line.kind in (BudgetKind.OTHER_INCOME, BudgetKind.OTHER_COST)
    wrong = (
        ((line.kind is BudgetKind.FUNDER) != (line.funder_id is not None), f"kind_{place}",
         N_("Choose one of the funders.")),
        (named and not line.title.strip(), f"title_{place}", N_("Write what the line is.")),
        (not 0 <= line.amount_ore <= LARGEST_ORE, f"amount_{place}", N_("The amount can't be less than 0.")),
    )  # fmt: skip
    return [_refusal(field, message) for is_wrong, field, message in wrong if is_wrong]


def compare_budget(edition: Edition) -> BudgetOutcome:
    """The budget beside what was decided, paid and agreed: each funder once, and each krona at its funder."""
    lines = edition.budget.lines if edition.budget else ()
    planned = {line.funder_id: line for line in lines if line.funder_id is not None}
    names = {line.funder_id: line.funder_name for line in planned.values()}
    decided, paid, grants = defaultdict[int, int](int), defaultdict[int, int](int), defaultdict[int, int](int)
    for grant in edition.grants:
        names.setdefault(grant.funder_id, grant.funder_name)
        decided[grant.funder_id] += grant.granted_ore
        paid[grant.funder_id] += grant.paid_ore
        grants[grant.funder_id] += 1
    fees = defaultdict[int, int](int)
    for one in edition.live_engagements:
        names.setdefault(one.engagement.funder_id, one.engagement.funder_name)
        fees[one.engagement.funder_id] += one.engagement.agreed_fee_ore or 0
    funders = [
        FunderOutcome(
            funder_id=funder_id,
            funder_name=name,
            planned_ore=planned[funder_id].amount_ore if funder_id in planned else None,
            decided_ore=Money(decided[funder_id]),
            paid_ore=Money(paid[funder_id]),
            fees_ore=Money(fees[funder_id]),
            grants=grants[funder_id],
        )
        for funder_id, name in names.items()
        if funder_id is not None
    ]
    return BudgetOutcome(tuple(funders), _incomes(lines), _costs(lines, Money(sum(fees.values()))))


def _incomes(lines: tuple[BudgetLine, ...]) -> tuple[CostOutcome, ...]:
    """Money from elsewhere: the registry holds no outcome of it."""
    return tuple(
        CostOutcome(line.kind, line.title, line.amount_ore, None)
        for line in lines
        if line.kind is BudgetKind.OTHER_INCOME
    )


def _costs(lines: tuple[BudgetLine, ...], fees: Money) -> tuple[CostOutcome, ...]:
    """Fees with the agreed ones as their outcome, also when nobody planned any, and other costs."""
    costs = [
        CostOutcome(line.kind, line.title, line.amount_ore, fees if line.kind is BudgetKind.FEES else None)
        for line in lines
        if line.kind in (BudgetKind.FEES, BudgetKind.OTHER_COST)
    ]
    if fees and not any(cost.kind is BudgetKind.FEES for cost in costs):
        costs.insert(0, CostOutcome(BudgetKind.FEES, "", NOTHING, fees))
    return tuple(costs)
