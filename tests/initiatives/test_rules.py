"""Shares and pictures: what is refused, how a whole is divided, and that each krona lies in one flow."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.core.errors import InvalidInputError
from registry.core.money import Money
from registry.initiatives.edition_rules import (
    RefusedBudgetError,
    RefusedEventError,
    check_budget,
    check_event,
    compare_budget,
)
from registry.initiatives.edition_schemas import (
    Budget,
    BudgetDetails,
    BudgetKind,
    BudgetLine,
    BudgetLineDetails,
    Edition,
    EventDetails,
)
from registry.initiatives.rules import RefusedPlanError, amounts_of, check_plan, draw_picture
from registry.initiatives.schemas import (
    GrantSum,
    Initiative,
    InitiativeKind,
    Plan,
    PlanDetails,
    Share,
    ShareDetails,
)

BODY = Initiative(1, InitiativeKind.CO_FUNDED, "Ekomuseum", 1, "Ludvika", 9, "Ekomuseum", "Smedjebacken", "", 5)
NOW = datetime(2025, 1, 1, tzinfo=UTC)
FIXED = ShareDetails(funder_id=1, amount_ore=Money(100))
PARTS = ShareDetails(funder_id=1, parts=2)


def plan_of(*shares: ShareDetails, whole: int | None = None, reason: str = "") -> PlanDetails:
    """A plan as someone typed it."""
    return PlanDetails(whole_ore=None if whole is None else Money(whole), shares=shares, source="Avtal", reason=reason)


def wrong(error: InvalidInputError) -> set[str]:
    """The fields that a refusal names."""
    return {field for field, _error in error.errors}


@pytest.mark.parametrize(
    ("details", "version", "fields"),
    [
        (plan_of(), 1, {"whose_1"}),
        (plan_of(PARTS), 1, {"whole"}),
        (plan_of(FIXED, whole=100), 1, {"whole"}),
        (plan_of(PARTS, whole=0), 1, {"whole"}),
        (plan_of(FIXED), 2, {"reason"}),
        (plan_of(FIXED, FIXED), 1, {"whose_2"}),
        (plan_of(FIXED, ShareDetails(amount_ore=Money(1))), 1, {"whose_2"}),
        (plan_of(ShareDetails(funder_id=1, partner="X", amount_ore=Money(1))), 1, {"whose_1"}),
        (plan_of(ShareDetails(partner="X", via_id=4, amount_ore=Money(1))), 1, {"via_1"}),
        (plan_of(ShareDetails(funder_id=1)), 1, {"amount_1"}),
        (plan_of(ShareDetails(funder_id=1, parts=1, amount_ore=Money(1)), whole=5), 1, {"amount_1"}),
        (plan_of(ShareDetails(funder_id=1, amount_ore=Money(-1))), 1, {"amount_1"}),
        (plan_of(ShareDetails(partner="x", amount_ore=Money(1)), ShareDetails(partner="X", amount_ore=Money(2))), 1,
         {"whose_2"}),
    ],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused_at_its_field(
    details: PlanDetails, version: int, fields: set[str]
) -> None:
    with pytest.raises(RefusedPlanError) as caught:
        check_plan(details, version=version)
    assert wrong(caught.value) == fields


def test_a_plan_may_mix_fixed_amounts_ways_and_partners() -> None:
    shares = (FIXED, ShareDetails(funder_id=1, via_id=3, parts=3), ShareDetails(partner="Fagersta", parts=1))
    check_plan(plan_of(*shares, whole=1000), version=1)
    assert amounts_of(plan_of(*shares, whole=1001)) == [100, 751, 250]


@given(
    parts=st.lists(st.integers(1, 1_000_000), min_size=1, max_size=24),
    fixed=st.lists(st.integers(0, 10**12), max_size=5),
    whole=st.integers(1, 10**13),
)
def test_divided_shares_are_the_whole_to_the_ore(parts: list[int], fixed: list[int], whole: int) -> None:
    shares = [ShareDetails(partner=f"P{place}", parts=part) for place, part in enumerate(parts)]
    shares[1:1] = [ShareDetails(partner=f"F{place}", amount_ore=Money(ore)) for place, ore in enumerate(fixed)]
    amounts = amounts_of(plan_of(*shares, whole=whole))
    divided = [amount for share, amount in zip(shares, amounts, strict=True) if share.parts]
    assert sum(divided) == whole
    assert sorted(amount for share, amount in zip(shares, amounts, strict=True) if not share.parts) == sorted(fixed)
    exact = [whole * part / sum(parts) for part in parts]
    assert all(abs(amount - ideal) < 1.001 + ideal * 1e-12 for amount, ideal in zip(divided, exact, strict=True))


def share(position: int, funder_id: int | None, amount: int, *, via_id: int | None = None, name: str = "") -> Share:
    """A share as it is read."""
    return Share(
        position, funder_id, via_id, name or f"F{funder_id}", "", "Museet" if via_id else "", None, Money(amount)
    )


def summed(funder_id: int, decided: int, paid: int, *, via_id: int | None = None) -> GrantSum:
    """What a funder's grants come to by one way."""
    via = "Museet" if via_id else ""
    return GrantSum(funder_id, f"F{funder_id}", "", "#123456", via_id, via, Money(decided), Money(paid), 1)


def plan(*shares: Share) -> Plan:
    """A plan in force."""
    return Plan(1, 2025, 1, None, "Avtal", "", NOW, "", 7, shares)


def test_a_flow_for_each_funder_and_way_and_memos_apart() -> None:
    agreed = plan(share(1, 1, 1000), share(2, 2, 500, via_id=8), share(3, None, 300, name="Fagersta"))
    picture = draw_picture(BODY, 2025, agreed, [summed(1, 900, 400), summed(2, 50, 0), summed(2, 450, 450, via_id=8)])
    assert [(flow.funder, flow.via, flow.agreed_ore, flow.decided_ore, flow.paid_ore) for flow in picture.flows] == [
        ("F1", "", 1000, 900, 400),
        ("F2", "Museet", 500, 450, 450),
        ("F2", "", None, 50, 0),
    ]
    assert [(memo.funder, memo.agreed_ore, memo.decided_ore) for memo in picture.memos] == [("Fagersta", 300, 0)]
    assert (picture.agreed_ore, picture.decided_ore, picture.paid_ore, picture.memo_ore) == (1500, 1400, 850, 300)
    assert picture.difference_ore == -100
    assert [flow.difference_ore for flow in picture.flows] == [-100, -50, None]


money = st.integers(0, 10**12)
place = st.tuples(st.integers(1, 4), st.sampled_from([None, 8, 9]))


@given(agreed=st.dictionaries(place, money), decided=st.dictionaries(place, money), memos=st.lists(money, max_size=4))
def test_each_krona_lies_in_one_flow_whatever_is_agreed(
    agreed: dict[tuple[int, int | None], int], decided: dict[tuple[int, int | None], int], memos: list[int]
) -> None:
    shares = [share(n, funder, ore, via_id=via) for n, ((funder, via), ore) in enumerate(agreed.items())]
    shares += [share(50 + n, None, ore, name=f"M{n}") for n, ore in enumerate(memos)]
    sums = [summed(funder, ore, ore // 2, via_id=via) for (funder, via), ore in decided.items()]
    picture = draw_picture(BODY, 2025, plan(*shares), sums)
    assert picture.decided_ore == sum(decided.values())
    assert picture.paid_ore == sum(ore // 2 for ore in decided.values())
    assert picture.agreed_ore == sum(agreed.values())
    assert picture.memo_ore == sum(memos)
    assert len({(flow.funder_id, flow.via_id) for flow in picture.flows}) == len(picture.flows)


EVENT = EventDetails(title="Läsning", held_on=date(2025, 5, 1), place="Ludvika")


@pytest.mark.parametrize(
    ("changed", "is_new", "field"),
    [
        ({"held_on": date(2023, 12, 31)}, False, "held_on"),
        ({"cancelled": True}, False, "reason"),
        ({"cancelled": True, "reason": "Sjukdom", "audience": 5}, False, "audience"),
        ({"cancelled": True, "reason": "Sjukdom"}, True, "cancelled"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(changed: dict[str, object], *, is_new: bool, field: str) -> None:
    with pytest.raises(RefusedEventError) as caught:
        check_event(EVENT.model_copy(update=changed), year=2025, is_new=is_new)
    assert wrong(caught.value) == {field}
    check_event(EVENT.model_copy(update={"held_on": date(2024, 12, 1)}), year=2025, is_new=True)


def line(kind: BudgetKind, amount: int = 1, *, funder_id: int | None = None, title: str = "") -> BudgetLineDetails:
    """A line as someone typed it."""
    return BudgetLineDetails(kind=kind, funder_id=funder_id, title=title, amount_ore=Money(amount))


FUNDER = line(BudgetKind.FUNDER, funder_id=1)


@pytest.mark.parametrize(
    ("lines", "version", "field"),
    [
        ((), 1, "kind_1"),
        ((FUNDER,), 2, "reason"),
        ((FUNDER, FUNDER), 1, "kind_1"),
        ((line(BudgetKind.FEES), line(BudgetKind.FEES)), 1, "kind_1"),
        ((FUNDER, line(BudgetKind.FUNDER)), 1, "kind_2"),
        ((line(BudgetKind.OTHER_COST),), 1, "title_1"),
        ((line(BudgetKind.FEES, -1),), 1, "amount_1"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(
    lines: tuple[BudgetLineDetails, ...], version: int, field: str
) -> None:
    with pytest.raises(RefusedBudgetError) as caught:
        check_budget(BudgetDetails(lines=lines), version=version)
    assert wrong(caught.value) == {field}


def test_a_budget_beside_nothing_is_shown_as_it_is() -> None:
    lines = (
        BudgetLine(BudgetKind.FUNDER, 1, "Ludvika", "", Money(100)),
        BudgetLine(BudgetKind.OTHER_INCOME, None, "", "Entré", Money(30)),
        BudgetLine(BudgetKind.OTHER_COST, None, "", "Resor", Money(90)),
    )
    budget = Budget(1, "", "", NOW, "", 3, lines)
    edition = Edition(1, BODY, 2025, 1, "", "", 2, (), (), (), budget)
    outcome = compare_budget(edition)
    assert (budget.income_ore, budget.cost_ore, budget.balance_ore) == (130, 90, 40)
    assert [(one.planned_ore, one.difference_ore) for one in outcome.funders] == [(100, -100)]
    assert [(one.title, one.outcome_ore) for one in (*outcome.incomes, *outcome.costs)] == [
        ("Entré", None), ("Resor", None),
    ]  # fmt: skip
    assert compare_budget(replace(edition, budget=None)).funders == ()
