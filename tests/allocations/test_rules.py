"""The division: exact whatever the figures, bounded where the rule says, and the same whatever the order."""

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from registry.allocations.rules import (
    CapTooLowError,
    FixedExceedsFrameError,
    NoBasisError,
    NobodyTakesPartError,
    NotWholeError,
    divide,
    exact_piece,
)
from registry.allocations.schemas import KEYS, Definition, Fixed, Key, Measure, Thresholds
from registry.core.money import Money
from tests.allocations.examples import FRAME, YEAR, activity, candidate, definition, kronor, pieces, shared, three

KALMAR = definition(
    {"key": "unique_participants"},
    {"key": "municipalities"},
    fixed=Fixed(amount=Money(150_000_00), thresholds=Thresholds(hours=5_000, municipalities=6, municipality_hours=150)),
)
"""Region Kalmar: 150 000 kr to each with 5 000 hours and six kommuner of 150; of the rest, half and half.

Source: utveckling.regionkalmar.se, organisationsbidrag till studieförbund.
"""


def test_kalmar_gives_a_fixed_amount_before_the_rest() -> None:
    """Rest 850 000: 425 000 by unique 300 and 100, 425 000 by kommuner 6 and 5, where the öre left is Beta's (.81)."""
    one = candidate(1, "Alfa", y2025=activity(6, study_hours=6_000, unique_participants=300))
    other = candidate(2, "Beta", y2025=activity(5, study_hours=6_000, unique_participants=100))
    division = shared(KALMAR, [one, other], frame=1_000_000_00)
    assert pieces(division) == {"Alfa": ["318750.00", "231818.18"], "Beta": ["106250.00", "193181.82"]}
    assert [share.fixed_ore for share in division.shares] == [150_000_00, 0]
    assert kronor(division) == {"Alfa": "700568.18", "Beta": "299431.82"}
    with pytest.raises(FixedExceedsFrameError):
        shared(KALMAR, [one, other], frame=149_999_99)
    assert kronor(shared(KALMAR, [one, other], frame=150_000_00)) == {"Alfa": "150000.00", "Beta": "0.00"}


def test_a_bound_takes_from_one_and_the_rest_is_shared_again() -> None:
    """Hours 1 000, 600, 400 of 100 000: at most 40 % each. Alfa stops at 40 000; 60 000 by 600 and 400."""
    rule = definition({"key": "study_hours", "most_percent": "40"})
    division = shared(rule)
    assert kronor(division) == {"Alfa": "40000.00", "Beta": "36000.00", "Gamma": "24000.00"}
    assert [line.bounded for share in division.shares for line in share.lines] == [True, False, False]


def test_a_bound_may_reach_others_when_the_rest_is_shared() -> None:
    """At most 35 %: Alfa stops; of 65 000 Beta would get 39 000 and stops too; Gamma has the rest."""
    rule = definition({"key": "study_hours", "most_percent": "35"})
    assert kronor(shared(rule)) == {"Alfa": "35000.00", "Beta": "35000.00", "Gamma": "30000.00"}
    with pytest.raises(CapTooLowError) as caught:
        shared(definition({"key": "study_hours", "most_percent": "100/4"}))
    assert caught.value.data["count"] == 3


def test_equal_remainders_go_by_name_in_swedish_order_then_by_number() -> None:
    """100 öre among three of the same: the first in the list gets the odd one, whatever order they came in."""
    names = [("Örnen", 1), ("Ängen", 2), ("Ängen", 1), ("Zeta", 9)]
    four = [
        candidate(serial, name).__class__(serial, name, f"8099{serial}0-0000", {"Ö": "}", "Ä": "|"}.get(name[0], "z"))
        for name, serial in names
    ]
    rule = definition({"key": "even"})
    for seed in range(5):
        mixed = random.Random(seed).sample(four, 4)  # noqa: S311 - repeatable on purpose
        division = divide(rule, mixed, frame_ore=102, year=YEAR)
        assert [(one.candidate.name, one.candidate.party_id, one.amount_ore) for one in division.shares] == [
            ("Zeta", 9, 26), ("Ängen", 1, 26), ("Ängen", 2, 25), ("Örnen", 1, 25),
        ]  # fmt: skip


def test_a_part_that_nobody_has_is_named_with_measure_and_years() -> None:
    rule = definition({"key": "study_hours", "title": "Volym"}, {"key": "even"}, activity_lag=3)
    with pytest.raises(NoBasisError) as caught:
        shared(rule)
    assert caught.value.data["part"] == "Volym"
    assert caught.value.data["years"] == "2023"
    with pytest.raises(NoBasisError) as caught:
        shared(definition({"key": "five_year_mean"}), [candidate(1, "Alfa")])
    assert caught.value.data["years"] == "2021, 2022, 2023, 2024, 2025"


def test_a_frame_must_be_whole_kronor_when_the_shares_are() -> None:
    rule = definition({"key": "study_hours"}, rounding="krona")
    with pytest.raises(NotWholeError):
        shared(rule, frame=FRAME + 1)
    thirds = shared(definition({"key": "even"}, rounding="krona"))
    assert kronor(thirds) == {"Alfa": "33334.00", "Beta": "33333.00", "Gamma": "33333.00"}
    odd = definition({"key": "even"}, rounding="krona", fixed=Fixed(amount=Money(1_50)))
    with pytest.raises(NotWholeError):
        shared(odd)


def test_thresholds_of_hours_and_kommuner() -> None:
    for thresholds, names in (
        (Thresholds(hours=600), ["Alfa", "Beta"]),
        (Thresholds(hours=601), ["Alfa"]),
        (Thresholds(municipalities=4), ["Alfa", "Beta", "Gamma"]),
        (Thresholds(municipalities=5, municipality_hours=121), ["Alfa"]),
    ):
        division = shared(definition({"key": "even"}, thresholds=thresholds))
        assert [share.candidate.name for share in division.shares] == names
    with pytest.raises(NobodyTakesPartError):
        shared(definition({"key": "even"}, thresholds=Thresholds(hours=1_001)))


def test_activity_may_lie_further_back() -> None:
    """With a lag of 2, an allocation for 2027 reads 2025, and the grants of 2026 are still last year's."""
    rule = definition({"key": "study_hours"}, {"key": "previous_year_share"}, activity_lag=2)
    assert [rule.activity_years(2027, part) for part in rule.parts] == [(2025,), (2026,)]
    mean = definition({"key": "state_grant_two_years"}, activity_lag=2)
    assert mean.activity_years(2027, mean.parts[0]) == (2025, 2024)


counts = st.integers(0, 10**6)


@st.composite
def candidates(draw: st.DrawFn) -> list[Any]:
    """One to eight associations with anything."""
    return [
        candidate(
            serial,
            f"F{serial}",
            tuple(draw(st.lists(st.integers(0, 10**7), min_size=3, max_size=3))),
            y2025=activity(
                draw(st.integers(1, 6)),
                **{measure.value: draw(counts) for measure in Measure if measure is not Measure.EVEN},
            ),
        )
        for serial in range(1, draw(st.integers(1, 8)) + 1)
    ]


@st.composite
def rules(draw: st.DrawFn) -> Definition:
    """A rule of one to five parts with any weights, keys, conversions and rounding."""
    sizes = draw(st.lists(st.integers(1, 50), min_size=1, max_size=5))
    parts = []
    for size in sizes:
        key = draw(st.sampled_from(sorted(KEYS)))
        part: dict[str, Any] = {"key": key, "weight": Fraction(100 * size, sum(sizes))}
        if KEYS[key].measure is Measure.STUDY_HOURS and draw(st.booleans()):
            part |= {"programme_hours": "7.3", "other_group_percent": "50"}
        if KEYS[key].measure is Measure.PARTICIPANT_HOURS and draw(st.booleans()):
            part["most_per_study_hour"] = "15"
        parts.append(part)
    return definition(*parts, rounding=draw(st.sampled_from(["ore", "krona"])))


@given(rules(), candidates(), st.integers(1, 10**9))
def test_the_sum_is_the_frame_and_nobody_is_a_unit_from_the_exact_piece(
    rule: Definition, some: list[Any], frame: int
) -> None:
    frame *= rule.unit_ore
    try:
        division = divide(rule, some, frame_ore=frame, year=YEAR)
    except NoBasisError:
        return
    assert sum(share.amount_ore for share in division.shares) == frame
    assert sum(part.amount_ore for part in division.parts) == frame
    for place, total in enumerate(division.parts):
        lines = [share.lines[place] for share in division.shares]
        assert sum(line.amount_ore for line in lines) == total.amount_ore
        assert all(abs(line.amount_ore - exact_piece(total, line)) < rule.unit_ore for line in lines)
        assert all((line.amount_ore > exact_piece(total, line)) <= line.raised for line in lines)
        assert all(line.amount_ore == 0 for line in lines if line.basis == 0)


@given(candidates(), st.integers(1, 10**9), st.integers(10, 100), st.randoms())
def test_a_bound_holds_and_order_never_matters(some: list[Any], frame: int, percent: int, dice: random.Random) -> None:
    rule = definition({"key": "study_hours", "most_percent": str(percent)}, {"key": "unique_participants"})
    try:
        division = divide(rule, some, frame_ore=frame, year=YEAR)
    except (NoBasisError, CapTooLowError):
        return
    most = Fraction(division.parts[0].amount_ore * percent, 100)
    assert all(share.lines[0].amount_ore <= most for share in division.shares)
    assert sum(share.amount_ore for share in division.shares) == frame
    mixed = list(some)
    dice.shuffle(mixed)
    assert divide(rule, mixed, frame_ore=frame, year=YEAR) == division


@given(st.lists(st.integers(1, 10**6), min_size=3, max_size=3))
def test_a_mean_shares_as_the_sum_does(grants: list[int]) -> None:
    """An association is worth its years together: the mean of three divides as their sum."""
    some = [candidate(1, "Alfa", tuple(grants)), candidate(2, "Beta", (sum(grants), 0, 0))]
    division = shared(definition({"key": "three_year_mean"}), some, frame=1_000_000)
    assert [share.amount_ore for share in division.shares] == [500_000, 500_000]
    assert division.parts[0].scale == 3


@pytest.mark.parametrize(
    ("parts", "facts"),
    [
        ([], {}),
        ([{"key": "even", "weight": "99"}], {}),
        ([{"key": "even", "weight": "100/3"}, {"key": "even", "weight": "66.67"}], {}),
        ([{"key": "nothing"}], {}),
        ([{"key": "even", "code": "a"}, {"key": "even", "code": "a"}], {}),
        ([{"key": "even", "code": "fixed"}], {}),
        ([{"key": "even", "code": "Ä"}], {}),
        ([{"key": "even", "programme_hours": "9"}], {}),
        ([{"key": "study_hours", "most_per_study_hour": "15"}], {}),
        ([{"key": "study_hours", "most_percent": "101"}], {}),
        ([{"key": "study_hours", "programme_hours": "0"}], {}),
        ([{"key": "even"}], {"activity_lag": 4}),
        ([{"key": "even"}], {"rounding": "crown"}),
        ([{"key": "even"}] * 21, {}),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(parts: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, ZeroDivisionError)):
        definition(*parts, **facts)


def test_weights_may_be_fractions_and_a_part_of_nothing_falls_away() -> None:
    rule = definition(*({"key": "even", "weight": weight} for weight in ("100/3", "33.5", "199/6")))
    assert sum(rule.weights.values()) == 100
    fewer = rule.with_weights({"part0": Fraction(0), "part1": Fraction(60), "part2": Fraction(40)})
    assert fewer.weights == {"part1": 60, "part2": 40}


def test_every_key_reads_back() -> None:
    for text, key in KEYS.items():
        assert key.text == text
    assert KEYS["state_grant_two_years"] == Key(Measure.STATE_GRANT, 2)
    assert KEYS["three_year_mean"] == Key(Measure.PREVIOUS_GRANTS, 3)


def test_the_example_is_as_the_tests_say() -> None:
    assert [one.name for one in three()] == ["Alfa", "Beta", "Gamma"]
