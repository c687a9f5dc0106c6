"""What may be claimed back, and on what ground."""

from datetime import date

import pytest

from registry.core.money import Money
from registry.recoveries.rules import (
    Claimable,
    ClaimedBackError,
    RefusedClaimError,
    check_claim,
    check_takes_away,
    condition_lines,
)
from registry.recoveries.schemas import ClaimDetails, Ground

CONDITIONS = (
    "- Bidraget ska användas under 2025.\n\n• Redovisa senast 28 februari.\n- Bidraget ska användas under 2025."
)
GRANT = Claimable(1, date(2025, 2, 3), CONDITIONS, paid_ore=100_00, repaid_ore=10_00, claimed_ore=20_00)
TODAY = date(2026, 1, 20)


def claim(**values: object) -> ClaimDetails:
    facts = {
        "amount_ore": Money(70_00), "ground": Ground.WRONG_PAYMENT, "reason": "Fel", "decided_on": date(2026, 1, 15),
        "decider": "Nämnden", "dnr": "KUN 2026/1", "due_on": date(2026, 3, 31), **values,
    }  # fmt: skip
    return ClaimDetails(**facts)  # type: ignore[arg-type]


def wrong(details: ClaimDetails, grant: Claimable = GRANT) -> dict[str, str]:
    """Field → code of what is refused."""
    try:
        check_claim(details, grant, today=TODAY)
    except RefusedClaimError as error:
        return {field: inner.code for field, inner in error.errors}
    return {}


def test_conditions_are_lines_without_their_marks() -> None:
    assert condition_lines(CONDITIONS) == ("Bidraget ska användas under 2025.", "Redovisa senast 28 februari.")
    assert condition_lines(" \n ") == ()


def test_no_more_than_is_paid_and_neither_repaid_nor_claimed() -> None:
    assert wrong(claim()) == {}
    assert wrong(claim(amount_ore=Money(70_01))) == {"amount": "claim-exceeds-paid"}
    assert wrong(claim(amount_ore=Money(0))) == {"amount": "rule-broken"}


def test_a_condition_must_stand_in_the_decision_as_it_reads() -> None:
    condition = "Redovisa senast 28 februari."
    assert wrong(claim(ground=Ground.CONDITION, condition=condition)) == {}
    assert wrong(claim(ground=Ground.CONDITION, condition="Redovisa senast i maj.")) == {"condition": "rule-broken"}
    assert wrong(claim(ground=Ground.CONDITION)) == {"condition": "rule-broken"}
    assert wrong(claim(ground=Ground.FALSE_FACTS, condition=condition)) == {"condition": "rule-broken"}


def test_without_conditions_only_the_other_grounds_remain() -> None:
    bare = Claimable(1, date(2025, 2, 3), "", paid_ore=100_00, repaid_ore=0, claimed_ore=0)
    assert wrong(claim(ground=Ground.CONDITION, condition="Vad som helst"), bare) == {"ground": "no-conditions"}
    assert wrong(claim(ground=Ground.FALSE_FACTS), bare) == {}


def test_days_and_texts() -> None:
    assert wrong(claim(decided_on=date(2026, 1, 21))) == {"decided_on": "rule-broken"}
    assert wrong(claim(decided_on=date(2025, 2, 2), due_on=date(2025, 2, 1))) == {
        "decided_on": "rule-broken", "due_on": "rule-broken",
    }  # fmt: skip
    assert wrong(claim(reason=" ", decider=" ", dnr=" ")) == {
        "reason": "rule-broken", "decider": "rule-broken", "dnr": "rule-broken",
    }  # fmt: skip


def test_what_is_claimed_must_stay_paid() -> None:
    check_takes_away(70_00, GRANT)
    with pytest.raises(ClaimedBackError):
        check_takes_away(70_01, GRANT)
