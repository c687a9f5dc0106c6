"""What may be claimed back, and on what ground. Pure."""

from dataclasses import dataclass
from datetime import date

from registry.core.errors import N_, InvalidInputError, RegistryError, RuleError
from registry.core.money import LARGEST_ORE, Money
from registry.grants.schemas import grant_number
from registry.recoveries.schemas import ClaimDetails, Ground


class RefusedClaimError(InvalidInputError):
    """A claim that is well formed but breaks rules, each at its field."""

    code = "claim-refused"
    status = 409


class NoConditionsError(RegistryError):
    """A claim can't rest on a condition that wasn't made."""

    code = "no-conditions"
    message = N_(
        "%(grant)s was decided without conditions, so nothing can be claimed back on one. Only false or missing facts,"
        " or a payment by mistake, can be the ground."
    )


class ExceedsPaidError(RegistryError):
    """More would be claimed than there is to pay back."""

    code = "claim-exceeds-paid"
    message = N_(
        "%(amount)s is more than the %(left)s that is paid out, not repaid and not claimed already. Lower the amount."
    )


class ClaimedBackError(RegistryError):
    """Something would take away what an open claim is about."""

    code = "claimed-back"
    message = N_(
        "%(claimed)s of what is paid is claimed back. Say which claim the money settles, or withdraw the claim first."
    )


@dataclass(frozen=True, slots=True)
class Claimable:
    """What a decision on a claim needs to know of its grant, in öre; open claims still ask for `claimed_ore`."""

    grant_id: int
    decided_on: date
    conditions: str
    paid_ore: int
    repaid_ore: int
    claimed_ore: int

    @property
    def left_ore(self) -> Money:
        """What may still be claimed."""
        return Money(max(0, self.paid_ore - self.repaid_ore - self.claimed_ore))


def condition_lines(conditions: str) -> tuple[str, ...]:
    """The conditions of a decision, one a line, each once."""
    lines = (line.strip().removeprefix("-").removeprefix("•").strip() for line in conditions.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))


def check_claim(claim: ClaimDetails, grant: Claimable, *, today: date) -> None:
    """Check a claim against its grant. Raises: RefusedClaimError naming every field that is wrong."""
    errors: list[tuple[str, RegistryError]] = []

    def refuse(field: str, message: str, **data: object) -> None:
        errors.append((field, RuleError(field=field, message=message, **data)))

    if not 0 < claim.amount_ore <= LARGEST_ORE:
        refuse("amount", N_("The amount must be more than 0."))
    elif claim.amount_ore > grant.left_ore:
        errors.append(("amount", ExceedsPaidError(field="amount", amount=claim.amount_ore, left=grant.left_ore)))
    errors += _check_days(claim, grant, today)
    for field, value in (("reason", claim.reason), ("decider", claim.decider), ("dnr", claim.dnr)):
        if not value.strip():
            refuse(field, N_("Fill in this field."))
    error = _check_ground(claim, grant)
    if error is not None:
        errors.append((error.field, error))
    if errors:
        raise RefusedClaimError(errors)


def _check_days(claim: ClaimDetails, grant: Claimable, today: date) -> list[tuple[str, RegistryError]]:
    found: list[tuple[str, RegistryError]] = []
    if claim.decided_on > today:
        message = N_("The decision can't be dated after today.")
        found.append(("decided_on", RuleError(field="decided_on", message=message)))
    elif claim.decided_on < grant.decided_on:
        message = N_("This can't be dated before the decision, which was made on %(day)s.")
        found.append(("decided_on", RuleError(field="decided_on", message=message, day=grant.decided_on)))
    if claim.due_on < claim.decided_on:
        message = N_("A claim can't be due before it is decided.")
        found.append(("due_on", RuleError(field="due_on", message=message)))
    return found


def _check_ground(claim: ClaimDetails, grant: Claimable) -> RegistryError | None:
    if claim.ground is not Ground.CONDITION:
        if claim.condition:
            return RuleError(field="condition", message=N_("This ground needs no condition. Choose one of the two."))
        return None
    lines = condition_lines(grant.conditions)
    if not lines:
        return NoConditionsError(field="ground", grant=grant_number(grant.grant_id))
    if claim.condition not in lines:
        return RuleError(field="condition", message=N_("Choose the condition as it reads in the decision."))
    return None


def check_takes_away(amount: int, grant: Claimable) -> None:
    """Check that what is taken from what is paid leaves enough for the open claims. Raises: ClaimedBackError."""
    if grant.paid_ore - grant.repaid_ore - amount < grant.claimed_ore:
        raise ClaimedBackError(claimed=Money(grant.claimed_ore))
