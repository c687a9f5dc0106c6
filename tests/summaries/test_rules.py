"""Reading questions, and the steps from a total down to the payments."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.core.errors import InvalidInputError
from registry.summaries.rules import (
    check_control,
    check_period,
    deeper,
    narrow,
    payments_query,
    read_question,
    rows_hash,
)
from registry.summaries.schemas import Cell, Control, Figures, Group, Question, Row

WRONG = [
    ({"by": "funder,nope"}, "by"),
    ({"year": "25"}, "year"),
    ({"year": "１９９５"}, "year"),
    ({"year": "1066"}, "year"),
    ({"from": "2025-02-30"}, "from"),
    ({"to": "31/12 2025"}, "to"),
    ({"as_of": "today"}, "as_of"),
    ({"known_at": "2025-01-31T25:00"}, "known_at"),
    ({"budget_year": "next"}, "budget_year"),
    ({"fundr": "212000-2270"}, "fundr"),
]


@pytest.mark.parametrize(("values", "name"), WRONG)
def test_a_wrong_parameter_is_named(values: dict[str, str], name: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_question(values)
    assert [field for field, _error in refusal.value.errors] == [name]
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("values", "name"),
    [({"from": "2025-02-02", "to": "2025-02-01"}, "to"), ({"year": "2025", "from": "2026-02-01"}, "to")],
)
def test_a_period_without_a_day_is_refused_where_people_ask(values: dict[str, str], name: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        check_period(read_question(values))
    assert [field for field, _error in refusal.value.errors] == [name]


def test_a_year_and_days_narrow_each_other() -> None:
    question = check_period(read_question({"year": "2025", "from": "2024-06-01", "to": "2025-02-01"}))
    assert (question.first, question.last) == (date(2025, 1, 1), date(2025, 2, 1))
    assert read_question({"from": "2025-01-01", "to": "2025-12-31"}) == read_question({"year": "2025"})


def test_every_wrong_parameter_is_named_at_once() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_question({"by": "x", "year": "x", "as_of": "x", "x": "x"})
    assert {field for field, _error in refusal.value.errors} == {"by", "year", "as_of", "x"}


def test_nothing_asked_is_everything_by_funder_and_programme() -> None:
    assert read_question({"by": "", "year": " "}) == Question(by=(Group.FUNDER, Group.PROGRAMME))


def test_a_group_named_twice_counts_once_and_order_is_kept() -> None:
    assert read_question({"by": "year, Funder,year"}).by == (Group.YEAR, Group.FUNDER)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-31", datetime(2025, 1, 31, 22, 59, 59, 999_999, tzinfo=UTC)),
        ("2025-01-31T12:00", datetime(2025, 1, 31, 11, tzinfo=UTC)),
        ("2025-01-31T12:00:00+02:00", datetime(2025, 1, 31, 10, tzinfo=UTC)),
        ("2025-01-31T12:00:00 02:00", datetime(2025, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert read_question({"known_at": text}).known_at == moment


@given(
    by=st.lists(st.sampled_from(Group), min_size=1, unique=True),
    period=st.tuples(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.dates(date(1990, 1, 1), date(2100, 12, 31))),
    as_of=st.none() | st.dates(date(1990, 1, 1), date(2100, 12, 31)),
    known_at=st.none() | st.datetimes(datetime(1991, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_a_question_reads_back_from_its_address(
    by: list[Group], period: tuple[date, date], as_of: date | None, known_at: datetime | None
) -> None:
    question = Question(
        by=tuple(by),
        period_from=min(period),
        period_to=max(period),
        as_of=as_of,
        known_at=known_at,
        funder="212000-2270",
    )
    assert read_question(question.query()) == question


@given(year=st.integers(1990, 2099), month=st.integers(1, 12))
def test_a_month_ends_where_the_next_begins(year: int, month: int) -> None:
    asked = narrow(Question(by=(Group.MONTH,)), [Cell(Group.MONTH, f"{year}-{month:02d}")])
    assert asked.period_from == date(year, month, 1)
    assert asked.period_to is not None
    following = date.fromordinal(asked.period_to.toordinal() + 1)
    assert (following.year, following.month, following.day) == (year + month // 12, month % 12 + 1, 1)


def test_the_way_down_ends_at_the_payments() -> None:
    steps = [Question(by=(Group.YEAR,))]
    cells = {
        Group.YEAR: Cell(Group.YEAR, 2025),
        Group.FUNDER: Cell(Group.FUNDER, "212000-2270"),
        Group.PROGRAMME: Cell(Group.PROGRAMME, "LK-STUD", "", "212000-2270"),
        Group.RECIPIENT: Cell(Group.RECIPIENT, "P-17"),
        Group.MONTH: Cell(Group.MONTH, "2025-03"),
    }
    while below := deeper(steps[-1], [cells[group] for group in steps[-1].by]):
        steps.append(below)
    assert [step.by[0] for step in steps] == ["year", "funder", "programme", "recipient", "month"]
    assert payments_query(narrow(steps[-1], [cells[Group.MONTH]])) == {
        "funder": "212000-2270",
        "programme": "LK-STUD",
        "recipient": "P-17",
        "from": "2025-03-01",
        "to": "2025-03-31",
        "status": "counted",
    }


def test_a_row_never_leads_outside_the_period_asked_about() -> None:
    asked = Question(by=(Group.YEAR,), period_from=date(2024, 3, 1), period_to=date(2025, 6, 30))
    first, last = (narrow(asked, [Cell(Group.YEAR, year)]) for year in (2024, 2025))
    assert (first.period_from, first.period_to) == (date(2024, 3, 1), date(2024, 12, 31))
    assert (last.period_from, last.period_to) == (date(2025, 1, 1), date(2025, 6, 30))


def test_payments_as_at_end_there_and_may_have_no_area() -> None:
    asked = Question(by=(Group.AREA,), year=2025, as_of=date(2025, 6, 30), known_at=datetime(2025, 7, 1, tzinfo=UTC))
    query = payments_query(asked)
    assert (query["from"], query["to"], query["known_at"]) == ("2025-01-01", "2025-06-30", "2025-07-01T00:00:00Z")
    assert payments_query(narrow(asked, [Cell(Group.AREA, None)]))["area"] == "none"


def test_the_hash_hangs_on_figures_and_keys_but_not_on_names_or_order() -> None:
    rows = [
        Row((Cell(Group.FUNDER, "212000-2270", "Ludvika"),), Figures(1, 2, 3, 4, 5)),
        Row((Cell(Group.FUNDER, "232100-0180", "Dalarna"),), Figures(1)),
    ]
    renamed = [Row((Cell(row.cells[0].group, row.cells[0].code, "Annat"),), row.figures) for row in reversed(rows)]
    assert rows_hash(rows) == rows_hash(renamed)
    assert rows_hash(rows) != rows_hash(rows[:1])
    assert check_control(rows, Control(2, -1, 4)) == Figures(2, 2, 3, 4, 5)
