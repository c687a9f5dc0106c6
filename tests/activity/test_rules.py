"""What a report may say."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.activity.rules import check_report, read_count, read_municipality, read_year, refuse_personal
from registry.activity.schemas import MOST, ReportDetails
from registry.core.errors import InvalidInputError
from registry.core.money import Money
from tests.factories import make_figures

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("12500", 12_500), ("12 500", 12_500), ("1\u00a0000\u202f000", 10**6)]
)
def test_a_count_is_read_as_people_write_it(text: str, count: int) -> None:
    assert read_count(text) == count


@pytest.mark.parametrize(
    "text", ["", "1,5", "1.5", "-1", "1e3", "１２", "12 50", "NaN", "1_000", str(MOST + 1), "9" * 30]
)
def test_anything_else_is_no_count(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        read_count(text)


@given(st.integers(0, MOST))
def test_every_count_reads_back(count: int) -> None:
    assert read_count(f"{count:,}".replace(",", " ")) == count


@pytest.mark.parametrize("text", ["25", "1066", "20255", "２０２５"])
def test_a_year_has_four_digits(text: str) -> None:
    with pytest.raises(ValueError, match="four digits"):
        read_year(text)


@pytest.mark.parametrize("name", ["Ludvika", "Malung-Sälen", "Upplands Väsby", "Älvdalen", "S:t Olof"])
def test_a_kommun_is_a_name(name: str) -> None:
    assert read_municipality(f"  {name} ") == name


@pytest.mark.parametrize("text", ["Falu kommun", "Västerås stad", "2085", "", "x@y", "640312-9817"])
def test_anything_else_is_no_kommun(text: str) -> None:
    with pytest.raises(ValueError, match="kommun"):
        read_municipality(text)


@pytest.mark.parametrize(
    "text",
    ["640312-9817", "19640312-9817", "6403129817", "Anna, 850119+9908.", "640372-9817", "Intygat av 640312 9817"],
)
def test_a_personal_number_is_refused_whatever_its_check_digit(text: str) -> None:
    with pytest.raises(ValueError, match="personal identity number"):
        refuse_personal(text)


@pytest.mark.parametrize("text", ["212000-2270", "SCB 2025-01-31", "KUN 2025/0019", "20250131", "tel. 0240-861 00"])
def test_other_numbers_are_no_persons(text: str) -> None:
    assert refuse_personal(text) == text


def wrong_fields(changed: dict[str, object] | None = None, *, year: int = 2025) -> set[str]:
    """The fields that a report is refused at."""
    try:
        figures = make_figures(**(changed or {}))
        check_report(ReportDetails(municipality="Ludvika", year=year, figures=figures), today=TODAY)
    except InvalidInputError as error:
        return {name for name, _error in error.errors}
    return set()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"unique_participants": 8_001}, "unique_participants"),
        ({"study_hours": 8_001}, "participant_hours"),
        ({"disability_participants": 301}, "disability_participants"),
        ({"target_group_hours": 1_201}, "target_group_hours"),
        ({"state_grant": Money(-1)}, "state_grant"),
        ({"source": "SCB 640312-9817"}, "source"),
        ({"signed_by": "640312-9817"}, "signed_by"),
    ],
)
def test_what_can_t_be_true_is_told_at_its_field(changed: dict[str, object], field: str) -> None:
    assert wrong_fields(changed) == {field}


def test_what_is_just_possible_is_taken() -> None:
    assert wrong_fields({"unique_participants": 8_000, "study_hours": 8_000}, year=2026) == set()
    assert wrong_fields({"target_group_hours": 1_200, "disability_participants": 300, "state_grant": Money(0)}) == set()
    assert wrong_fields(year=2027) == {"year"}
    assert wrong_fields(year=1989) == {"year"}
