"""The check against examples worked by hand."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.core.money import Money
from registry.fees.rules import check, rounded
from registry.fees.schedules import SEED_RATES, read_published
from registry.fees.schemas import Basis, LevelDetails, Outcome, ScheduleDetails, Unit
from tests.fees.levels import ACTORS, ARTISTS, MUSICIANS, WRITERS, kronor, published, terms

BOOK = published()


def test_an_invoice_meets_the_level_or_is_below() -> None:
    assert check(BOOK, terms(kronor(8500))).outcome is Outcome.MEETS
    found = check(BOOK, terms(kronor(7500)))
    assert (found.outcome, found.level_ore, found.fee_ore) == (Outcome.BELOW, kronor(8500), kronor(7500))
    assert (found.gap_ore, found.gap_basis_points) == (kronor(1000), 1176)  # 1 000 ÷ 8 500 = 11.76 %


def test_a_salary_of_6_468_is_8_500_on_an_invoice_and_6_467_is_not() -> None:
    met = check(BOOK, terms(kronor(6468), "A"))
    assert (met.outcome, met.fee_ore, met.gap_ore) == (Outcome.MEETS, kronor(8500, 25), None)  # 6 468 × 1.3142
    below = check(BOOK, terms(kronor(6467), "A"))
    assert (below.outcome, below.fee_ore, below.gap_ore) == (Outcome.BELOW, kronor(8498, 93), kronor(1, 7))


def test_vat_is_taken_out() -> None:
    assert check(BOOK, terms(kronor(10_625), vat_included=True)).fee_ore == kronor(8500)  # ÷ 1.25
    assert check(BOOK, terms(kronor(10_624), vat_included=True)).outcome is Outcome.BELOW
    assert check(BOOK, terms(kronor(9010), vat_included=True, vat_basis_points=600)).fee_ore == kronor(8500)  # ÷ 1.06
    assert check(BOOK, terms(kronor(8500), vat_included=True, vat_basis_points=0)).outcome is Outcome.MEETS


def test_a_level_that_is_a_salary_is_normalised_too() -> None:
    day = {"issuer": ACTORS, "code": "performance", "booking_date": None, "contract_date": date(2025, 5, 1)}
    salary = check(BOOK, terms(kronor(1312), "A", **day))
    assert (salary.outcome, salary.level_ore, salary.fee_ore) == (Outcome.MEETS, kronor(1724, 23), kronor(1724, 23))
    invoice = check(BOOK, terms(kronor(1724), "F", **day))
    assert (invoice.outcome, invoice.gap_ore) == (Outcome.BELOW, Money(23))


@pytest.mark.parametrize(
    ("hours", "level"),
    [
        (100, 3400), (250, 3400), (251, 8500), (2000, 8500), (2001, 9630), (3000, 9630), (3001, 10_760), (4500, 11_890),
    ],
)  # fmt: skip
def test_an_appearance_is_a_step_function_of_hours(hours: int, level: int) -> None:
    """A quarter of an hour, two hours, and then each started hour: 8 500 + 1 130 × the started hours."""
    assert check(BOOK, terms(0, code="appearance", quantity=hours)).level_ore == kronor(level)


@pytest.mark.parametrize(("lessons", "level"), [(1, 5000), (2, 6000), (3, 7000), (4, 8500), (5, 10_000), (7, 13_000)])
def test_a_school_day_is_a_step_function_of_lessons(lessons: int, level: int) -> None:
    """One to four lessons, and 1 500 for each further one: 8 500 + 3 × 1 500 = 13 000."""
    assert check(BOOK, terms(0, code="school", quantity=lessons * 1000)).level_ore == kronor(level)


def test_half_a_lesson_is_no_quantity() -> None:
    found = check(BOOK, terms(kronor(5000), code="school", quantity=1500))
    assert (found.outcome, found.missing) == (Outcome.INCOMPLETE, ("whole_lessons",))


def test_an_older_schedule_without_extra_lessons_has_no_level_for_five() -> None:
    found = check(BOOK, terms(kronor(9000), code="school", quantity=5000, booking_date=date(2023, 5, 1)))
    assert found.outcome is Outcome.NO_SCHEDULE


def test_levels_count_once_for_each_unit() -> None:
    assert check(BOOK, terms(0, code="expert-hour", quantity=2500)).level_ore == kronor(2825)  # 2.5 × 1 130
    assert check(BOOK, terms(0, code="started-hour", quantity=2500)).level_ore == kronor(3390)  # 3 × 1 130
    contract = {"booking_date": None, "contract_date": date(2024, 3, 1)}
    gigs = check(BOOK, terms(0, issuer=MUSICIANS, code="gig", quantity=3000, **contract))
    assert gigs.level_ore == kronor(16_650)


def test_weeks_count_for_each_artist() -> None:
    level = LevelDetails(code="week", title="Vecka", unit=Unit.WEEK_ARTISTS, amount_ore=kronor(2200))
    book = published(_schedule("KRO vecka", level))
    contract = {"issuer": "KRO vecka", "code": "week", "contract_date": date(2025, 1, 1)}
    assert check(book, terms(0, quantity=4000, artists=3, **contract)).level_ore == kronor(26_400)  # 4 × 3 × 2 200


def _schedule(issuer: str, *levels: LevelDetails, **facts: object) -> ScheduleDetails:
    usual = {
        "title": "Prov",
        "discipline": "visual_arts",
        "applies_by": "contract_date",
        "valid_from": date(2024, 1, 1),
    }
    return ScheduleDetails.model_validate({**usual, "issuer": issuer, "levels": levels, **facts})


@pytest.mark.parametrize(
    ("booked", "level"), [(date(2023, 12, 31), 7500), (date(2024, 1, 1), 8500), (date(2020, 1, 1), 7500)]
)
def test_the_schedule_in_force_on_the_booking_date_applies(booked: date, level: int) -> None:
    found = check(BOOK, terms(0, booking_date=booked, contract_date=date(2024, 6, 1), event_date=date(2025, 1, 1)))
    assert (found.level_ore, found.day) == (kronor(level), booked)


def test_the_contract_date_applies_where_the_schedule_says_so() -> None:
    hour = {"issuer": ARTISTS, "code": "hour", "booking_date": date(2023, 1, 1)}
    assert check(BOOK, terms(0, contract_date=date(2024, 1, 1), **hour)).level_ore == kronor(1130)
    assert check(BOOK, terms(0, contract_date=date(2023, 12, 31), **hour)).level_ore == kronor(975)
    assert check(BOOK, terms(0, contract_date=date(2019, 2, 28), **hour)).outcome is Outcome.NO_SCHEDULE
    assert check(BOOK, terms(0, **hour)).missing == ("contract_date",)


def test_a_correction_with_the_same_start_goes_before_what_it_corrects() -> None:
    level = LevelDetails(code="appearance-120", title="Rättad", unit=Unit.APPEARANCE, amount_ore=kronor(8700))
    corrected = _schedule(WRITERS, level, applies_by="booking_date", reason="Fel i källan")
    book = published(corrected)
    assert check(book, terms(0)).level_ore == kronor(8700)
    assert check(book, terms(0, code="panel")).level_ore == kronor(3400), "codes that it lacks stay as they were"
    assert check(book, terms(0, booking_date=date(2023, 5, 1))).level_ore == kronor(7500)


def test_a_schedule_applies_until_a_later_one_has_replaced_all_of_it() -> None:
    now, then = date(2026, 5, 1), date(2027, 5, 1)
    hour, week = (
        LevelDetails(code=code, title=code, unit=Unit.HOUR, amount_ore=kronor(1200)) for code in ("hour", "w")
    )
    [before] = BOOK.versions(ARTISTS)[:1]
    assert BOOK.applies(before, now)
    assert not any(BOOK.applies(one, now) for one in BOOK.versions(ARTISTS)[1:]), "its time is out"
    later = _schedule(ARTISTS, hour, week, valid_from=date(2027, 1, 1))
    book = published(later)
    replacing, replaced = book.versions(ARTISTS)[:2]
    assert (replaced.title, book.applies(replaced, now), book.applies(replacing, now)) == (before.title, True, False)
    assert (book.applies(replaced, then), book.applies(replacing, then)) == (False, True), "it has no end of its own"
    partly = published(_schedule(ARTISTS, week, valid_from=date(2027, 1, 1)))
    assert all(partly.applies(one, then) for one in partly.versions(ARTISTS)[:2])


def test_what_is_missing_is_named() -> None:
    assert check(BOOK, terms(None)).missing == ("agreed_fee",)
    assert check(BOOK, terms(100, "", quantity=None)).missing == ("quantity", "tax")
    assert check(BOOK, terms(100, booking_date=None)).missing == ("booking_date",)
    assert check(BOOK, terms(100, issuer="", code="")).missing == ("issuer", "code")
    assert check(BOOK, terms(100, "A", vat_included=True)).missing == ("vat_on_salary",)
    early = {"booking_date": date(2018, 5, 1)}
    assert check(BOOK, terms(kronor(6000), "A", **early)).missing == ("rates",)
    assert check(BOOK, terms(kronor(7500), "F", **early)).outcome is Outcome.MEETS, "an invoice needs no percentages"


@pytest.mark.parametrize("facts", [{"issuer": "Danscentrum"}, {"code": "balett"}, {"code": "expert-hour"}])
def test_what_no_schedule_knows_has_no_schedule(facts: dict[str, object]) -> None:
    found = check(BOOK, terms(100, booking_date=date(2023, 5, 1), **facts))
    assert (found.outcome, found.level_ore, found.gap_ore) == (Outcome.NO_SCHEDULE, None, None)


def test_issuers_are_known_by_each_part_of_their_name() -> None:
    for name in ("KLYS", "sveriges  författarförbund", WRITERS.upper()):
        assert check(BOOK, terms(0, issuer=name)).level_ore == kronor(8500)


def test_percentages_are_those_of_the_event_s_year_and_the_latest_registered() -> None:
    lower = SEED_RATES.model_copy(update={"year_from": 2027, "employer_basis_points": 2500})
    book = published(rates=(lower,))
    event = {"event_date": date(2027, 2, 1)}
    assert check(book, terms(kronor(6800), "A", **event)).fee_ore == kronor(8500)
    assert check(book, terms(kronor(6800), "A", event_date=date(2026, 2, 1))).fee_ore == kronor(8936, 56)


def test_the_published_file_is_what_the_registry_starts_with() -> None:
    schedules = read_published()
    assert [len(schedule.levels) for schedule in schedules] == [12, 7, 1, 1, 1, 2, 2]
    assert {schedule.discipline.value for schedule in schedules} == {"literature", "visual_arts", "music", "theatre"}
    assert all(level.source for schedule in schedules for level in schedule.levels)
    assert {level.basis for level in schedules[-1].levels} == {Basis.SALARY}


@given(fee=st.integers(0, 10**9), quantity=st.integers(1, 10**7), tax=st.sampled_from(["F", "A"]), vat=st.booleans())
def test_a_gap_is_what_is_left_to_the_level(*, fee: int, quantity: int, tax: str, vat: bool) -> None:
    """Level − fee to the öre; a krona more in pay never makes it worse; nothing is ever lost to a float."""
    engagement = terms(fee, tax, code="expert-hour", quantity=quantity, vat_included=vat and tax == "F")
    found = check(BOOK, engagement)
    assert found.level_ore is not None
    assert found.fee_ore is not None
    assert (found.outcome is Outcome.BELOW) == (found.fee_ore < found.level_ore)
    if found.gap_ore is not None:
        assert found.level_ore - found.fee_ore == found.gap_ore > 0
        assert found.gap_basis_points is not None
        assert 0 <= found.gap_basis_points <= 10_000
    factor = Fraction(13142, 10_000) if tax == "A" else Fraction(100, 125) if engagement.vat_included else Fraction(1)
    assert abs(found.fee_ore - fee * factor) <= Fraction(1, 2)
    more = check(BOOK, replace(engagement, agreed_fee_ore=fee + 100))
    assert more.fee_ore is not None
    assert more.fee_ore > found.fee_ore


def test_half_an_ore_is_rounded_up() -> None:
    assert [rounded(Fraction(value, 4)) for value in (1, 2, 3, 5, 6)] == [0, 1, 1, 1, 2]
