"""What must hold for a decision, its amendments and its plan of instalments. Pure."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from registry.core.errors import N_, FieldError, InvalidInputError, RegistryError, RuleError
from registry.core.money import LARGEST_ORE, Money
from registry.core.periods import parse_date
from registry.grants.demands import check_demands
from registry.grants.schemas import (
    AmendmentDetails,
    AmendmentKind,
    GrantDetails,
    Instalment,
    InstalmentStatus,
    PlannedInstalment,
)

MOST_INSTALMENTS = 12
"""Instalment plans of 1 to 12 parts; no rule asks for a quarterly one (domain notes, section 1.5)."""

DUE_SOON = timedelta(days=14)


class RefusedDecisionError(InvalidInputError):
    """A decision that is well formed but breaks rules, each at its field."""

    code = "decision-refused"
    status = 409


class InstalmentsDifferError(RegistryError):
    """The plan doesn't add up to the grant."""

    code = "instalments-differ"
    message = N_("The instalments add up to %(planned)s, but the amount is %(wanted)s. Change one of them by %(gap)s.")


class InvalidInstalmentError(FieldError):
    """An instalment that can't be read."""

    code = "invalid-instalment"
    message = N_("Write instalments as date:amount with | between them, for example 2025-01-31:50000|2025-06-30:50000.")


class ExceedsFrameError(RegistryError):
    """The decision would be more than the frame has left."""

    code = "frame-exceeded"
    message = N_(
        "%(programme)s has %(left)s left of its frame for %(year)s, which is less than %(amount)s."
        " Lower the amount or raise the frame first."
    )


class BelowRegisteredError(RegistryError):
    """A grant can't be lowered below what has been registered as paid."""

    code = "below-registered"
    message = N_(
        "%(registered)s has already been registered on the grant. Reverse payments first, or lower it by less."
    )


@dataclass(frozen=True, slots=True)
class Registered:
    """What live payments cover: per position of the plan, and freely."""

    by_position: Mapping[int, int]
    free_ore: int
    waiting_by_position: Mapping[int, int]

    @property
    def total_ore(self) -> int:
        """All of it."""
        return sum(self.by_position.values()) + self.free_ore


def check_decision(details: GrantDetails, *, today: date) -> None:
    """Raises: RefusedDecisionError naming every field that is wrong."""
    errors: list[tuple[str, RegistryError]] = []

    def refuse(field: str, message: str) -> None:
        errors.append((field, RuleError(field=field, message=message)))

    if not 0 < details.amount_ore <= LARGEST_ORE:
        refuse("amount", N_("The amount must be more than 0."))
    if details.decided_on > today:
        refuse("decided_on", N_("The decision can't be dated after today."))
    if details.period_to < details.period_from:
        refuse("period_to", N_("The period must end on or after the day it starts."))
    if details.via_id is not None and details.via_id == details.recipient_id:
        refuse("via", N_("The intermediary must be another than the recipient."))
    if not errors:
        try:
            check_plan(details.instalments, details.amount_ore)
        except RegistryError as error:
            errors.append(("instalments", error))
    errors += check_demands(details.reports, demanded_on=details.decided_on)
    if errors:
        raise RefusedDecisionError(errors)


def check_plan(plan: Sequence[PlannedInstalment], amount: Money) -> None:
    """Raises: FieldError, InstalmentsDifferError."""
    if not 1 <= len(plan) <= MOST_INSTALMENTS:
        raise RuleError(field="instalments", message=N_("A grant has 1 to 12 instalments."))
    if any(part.amount_ore < 0 for part in plan):
        raise RuleError(field="instalments", message=N_("An instalment can't be less than 0."))
    planned = Money(sum(part.amount_ore for part in plan))
    if planned != amount:
        raise InstalmentsDifferError(
            field="instalments", planned=planned, wanted=amount, gap=Money(abs(amount - planned))
        )


def read_instalments(text: str, *, decided_on: date, amount: Money) -> tuple[PlannedInstalment, ...]:
    """Read `2025-01-31:50000|2025-06-30:50000`; empty is one instalment on the day of decision. Raises: FieldError."""
    if not text.strip():
        return (PlannedInstalment(due_on=decided_on, amount_ore=amount),)
    plan = []
    for part in text.split("|"):
        day, colon, sum_text = part.partition(":")
        if not colon:
            raise InvalidInstalmentError(field="instalments")
        try:
            plan.append(PlannedInstalment(due_on=parse_date(day.strip()), amount_ore=Money.parse(sum_text)))
        except ValueError as error:
            raise RuleError(field="instalments", message=str(error)) from None
    return tuple(plan)


def delta_of(amendment: AmendmentDetails, *, granted: int, registered: int) -> Money:
    """The signed change; a withdrawal takes away what has not been registered.

    Raises: RuleError, BelowRegisteredError.
    """
    if amendment.kind is AmendmentKind.WITHDRAWAL:
        if granted == registered:
            raise RuleError(
                field="kind",
                message=N_("Nothing is left to withdraw: all of it is registered. Reverse payments first."),
            )
        return Money(registered - granted)
    if amendment.amount_ore is None or not 0 < amendment.amount_ore <= LARGEST_ORE:
        raise RuleError(field="amount", message=N_("The amount must be more than 0."))
    if amendment.kind is AmendmentKind.INCREASE:
        return amendment.amount_ore
    if granted - amendment.amount_ore < registered:
        raise BelowRegisteredError(field="amount", registered=Money(registered))
    return Money(-amendment.amount_ore)


def usual_plan(
    plan: Sequence[PlannedInstalment], delta: int, registered: Registered, *, decided_on: date
) -> tuple[PlannedInstalment, ...]:
    """The plan after an amendment when nobody says otherwise.

    An increase is added to the last instalment that isn't covered, or as a new one on the day of decision; a
    decrease is taken from the last ones, never below what is registered against them.
    """
    covered = cover(
        [(index, part.due_on, int(part.amount_ore)) for index, part in enumerate(plan, start=1)], registered
    )
    amounts = [int(part.amount_ore) for part in plan]
    if delta > 0:
        open_ones = [index for index, part in enumerate(covered) if part < amounts[index]]
        if not open_ones and len(plan) < MOST_INSTALMENTS:
            return (*plan, PlannedInstalment(due_on=max(decided_on, plan[-1].due_on), amount_ore=Money(delta)))
        amounts[open_ones[-1] if open_ones else -1] += delta
    left = -delta
    for index in reversed(range(len(amounts))):
        if left <= 0:
            break
        take = min(left, amounts[index] - covered[index])
        amounts[index] -= take
        left -= take
    return tuple(
        PlannedInstalment(due_on=part.due_on, amount_ore=Money(amount))
        for part, amount in zip(plan, amounts, strict=True)
    )


def check_covered(plan: Sequence[PlannedInstalment], registered: Registered) -> None:
    """A new plan must hold what is registered against each position. Raises: FieldError."""
    for position, amount in registered.by_position.items():
        if position > len(plan) or plan[position - 1].amount_ore < amount:
            raise RuleError(
                field="instalments",
                message=N_("Instalment %(position)s must be at least %(amount)s, which is registered against it."),
                position=position,
                amount=Money(amount),
            )


def cover(plan: Sequence[tuple[int, date, int]], registered: Registered) -> list[int]:
    """What is covered of each (position, due day, amount): its own payments, then free ones from the first due on."""
    covered = [min(amount, registered.by_position.get(position, 0)) for position, _due, amount in plan]
    free = registered.free_ore + sum(
        max(0, registered.by_position.get(position, 0) - amount) for position, _due, amount in plan
    )
    for index in sorted(range(len(plan)), key=lambda place: (plan[place][1], place)):
        more = min(free, plan[index][2] - covered[index])
        covered[index] += more
        free -= more
    return covered


def instalments_of(
    plan: Sequence[tuple[int, date, int]], registered: Registered, *, waiting_ore: int, today: date
) -> tuple[Instalment, ...]:
    """The plan with what is covered and how far each instalment has come.

    `waiting_ore`: registered money that waits for attest; the last covered instalments are the ones that wait.
    """
    covered = cover(plan, registered)
    order = sorted(range(len(plan)), key=lambda place: (plan[place][1], place))
    settled = registered.total_ore - waiting_ore
    attested: dict[int, int] = {}
    for index in order:
        attested[index] = min(covered[index], max(0, settled))
        settled -= attested[index]
    return tuple(
        Instalment(
            position=position,
            due_on=due,
            amount_ore=Money(amount),
            registered_ore=Money(covered[index]),
            left_ore=Money(amount - covered[index]),
            status=_status(amount, covered[index], attested[index], due, today),
        )
        for index, (position, due, amount) in enumerate(plan)
    )


def _status(amount: int, covered: int, attested: int, due: date, today: date) -> InstalmentStatus:
    if covered >= amount:
        return InstalmentStatus.PAID if attested >= amount else InstalmentStatus.WAITING
    if due < today:
        return InstalmentStatus.OVERDUE
    return InstalmentStatus.DUE if due <= today + DUE_SOON else InstalmentStatus.COMING


def spread(amount: Money, days: Sequence[date]) -> tuple[PlannedInstalment, ...]:
    """An even plan over some days; the parts add up to the amount."""
    return tuple(
        PlannedInstalment(due_on=day, amount_ore=part)
        for day, part in zip(days, amount.split(list(itertools.repeat(1, len(days)))), strict=True)
    )
