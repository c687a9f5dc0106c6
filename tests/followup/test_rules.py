"""The follow-up's pure parts: its question, the way down, and the tree of totals."""

import pytest

from registry.core.errors import InvalidInputError
from registry.followup.labels import lines, question_sentence, tree
from registry.followup.rules import (
    check_control,
    deeper,
    grants_query,
    narrow,
    payments_query,
    programmes_query,
    read_question,
    rows_hash,
)
from registry.followup.schemas import DEFAULT_BY, Control, Figures, Question, Row
from registry.summaries.rules import ControlTotalError
from registry.summaries.schemas import Cell, Group
from registry.texts import use_language

AREA = Cell(Group.AREA, "youth", "Unga")
NO_AREA = Cell(Group.AREA, None)
KOMMUN = Cell(Group.FUNDER, "212000-2270", "Ludvika kommun")
REGION = Cell(Group.FUNDER, "232100-0180", "Region Dalarna")


def year(number: int) -> Cell:
    """A budget year."""
    return Cell(Group.BUDGET_YEAR, number)


def test_a_question_is_read_and_written_alike() -> None:
    asked = {"by": "funder,ksm", "agreement": "A-1", "year_from": "2024", "year_to": "2025", "area": "youth"}
    assert read_question(asked).query() == asked
    assert read_question({}).by == DEFAULT_BY
    assert read_question({"by": " Funder, funder,,KSM "}).by == (Group.FUNDER, Group.KSM)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (None, None, "för alla budgetår, per"),
        (2025, 2025, "för budgetåret 2025, per"),
        (2024, 2025, "för budgetåren 2024–2025, per"),
        (2024, None, "för budgetåren från 2024, per"),
    ],
)
def test_the_years_are_told_as_people_say_them(first: int | None, last: int | None, words: str) -> None:
    with use_language("sv"):
        assert words in question_sentence(Question(year_from=first, year_to=last))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"by": "recipient"}, "by"),
        ({"year_from": "20x5"}, "year_from"),
        ({"year_to": "1900"}, "year_to"),
        ({"year_from": "2025", "year_to": "2024"}, "year_to"),
        ({"nothing": "1"}, "nothing"),
    ],
)
def test_a_wrong_question_names_the_parameter(asked: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_question(asked)
    assert [name for name, _error in refusal.value.errors] == [field]


def test_the_way_down() -> None:
    question = Question(by=DEFAULT_BY, year_from=2024, year_to=2025)
    area = deeper(question, (AREA,))
    assert area is not None
    assert (area.by, area.area) == ((Group.FUNDER, Group.BUDGET_YEAR), "youth")
    leaf = deeper(question, (AREA, KOMMUN, year(2024)))
    assert leaf is not None
    assert (leaf.by, leaf.funder, leaf.year_from, leaf.year_to) == ((Group.PROGRAMME,), KOMMUN.code, 2024, 2024)
    programme = Cell(Group.PROGRAMME, "LK-UNGA", "Unga", "212000-2270")
    assert deeper(leaf, (programme,)) is None
    years = deeper(Question(by=(Group.PROGRAMME,)), (programme,))
    assert years is not None
    assert years.by == (Group.BUDGET_YEAR,)


def test_where_figures_lead() -> None:
    question = narrow(Question(year_from=2024, year_to=2026), (NO_AREA, KOMMUN))
    assert programmes_query(question) is None, "frames of several years"
    assert grants_query(question) == {
        "year_from": "2024", "year_to": "2026", "funder": "212000-2270", "area": "none",
    }  # fmt: skip
    of_year = narrow(question, (year(2025), Cell(Group.KSM, "inside")))
    assert programmes_query(of_year) == {
        "year": "2025", "funder": "212000-2270", "area": "none", "ksm": "inside",
    }  # fmt: skip
    assert payments_query(of_year)["budget_year"] == "2025"
    assert payments_query(of_year)["status"] == "paid"
    programme = narrow(Question(), (Cell(Group.PROGRAMME, "X", "", "212000-2270"),))
    assert grants_query(programme)["programme"] == "212000-2270:X"


def test_totals_by_level_and_a_part_that_is_all_of_its_whole_stands_on_its_line() -> None:
    rows = [
        Row((AREA, REGION, year(2024)), Figures(10, 5, 5)),
        Row((AREA, KOMMUN, year(2024)), Figures(20, 2, 1)),
        Row((AREA, KOMMUN, year(2025)), Figures(30, 3, 1)),
        Row((NO_AREA, KOMMUN, year(2025)), Figures(7)),
    ]
    shown = [(node.level, node.text, node.figures.frame_ore) for node in lines(tree(rows))]
    assert shown == [
        (0, "Unga", 60),
        (1, "Region Dalarna · 2024", 10),
        (1, "Ludvika kommun", 50),
        (2, "2024", 20),
        (2, "2025", 30),
        (0, "Inget insatsområde", 7),
        (1, "Ludvika kommun · 2025", 7),
    ]


def test_control_and_hash() -> None:
    rows = [Row((AREA,), Figures(10, 5, 4, 1, 2)), Row((NO_AREA,), Figures(1))]
    assert check_control(rows, Control(11, 5, 4, 1)) == Figures(11, 5, 4, 1, 2)
    for wrong in (Control(10, 5, 4, 1), Control(11, 4, 4, 1), Control(11, 5, 5, 1), Control(11, 5, 4, 0)):
        with pytest.raises(ControlTotalError):
            check_control(rows, wrong)
    assert rows_hash(rows) == rows_hash(rows[::-1])
    assert rows_hash(rows) != rows_hash(rows[:1])
