"""The follow-up of the real database: every frame and krona once, and to the öre what the summaries say."""

from itertools import permutations
from typing import Any

import pytest

from registry.core.access import CONSOLE, Scope
from registry.core.errors import NotFoundError
from registry.followup import queries
from registry.followup.queries import follow_up, list_choices, usual_question
from registry.followup.rules import grants_query, narrow, payments_query, read_question
from registry.followup.schemas import GROUPS, Control, Figures, FollowUp
from registry.grants.filters import grant_filter, read_filters
from registry.grants.queries import list_grants
from registry.payments.pages import payment_filter
from registry.payments.queries import list_payments
from registry.programmes.queries import list_programmes
from registry.summaries.queries import UnknownLimitError, summarise
from registry.summaries.rules import ControlTotalError
from registry.summaries.rules import read_question as read_summary
from registry.summaries.schemas import Group
from tests.factories import DALARNA, LUDVIKA, make_agreement, make_programme
from tests.summaries.story import Story

FRAMES = 9 * 1_000_000_00
"""Three programmes with three years each."""
WHOLE = Figures(FRAMES, 190_000_01, 140_000_01, 1_000_00, 4)
GROUPINGS = [*permutations(GROUPS, 1), *permutations(GROUPS, 2), *permutations(GROUPS, 3), GROUPS]


async def ask(**asked: str) -> FollowUp:
    """Ask as an address would."""
    return await follow_up(CONSOLE, read_question(asked))


def by_code(answer: FollowUp) -> dict[Any, Figures]:
    """The rows by the code of their only key."""
    return {row.cells[0].code: row.figures for row in answer.rows}


async def test_every_krona_stands_in_one_row_however_it_is_grouped(story: Story) -> None:
    for groups in GROUPINGS:
        answer = await ask(by=",".join(groups))
        assert answer.totals == WHOLE, groups
        assert sum((row.figures for row in answer.rows), Figures()) == WHOLE, groups
        assert len({row.cells for row in answer.rows}) == len(answer.rows), groups


async def test_it_agrees_with_the_summaries_by_budget_year_to_the_ore(story: Story) -> None:
    """Row by row; a frame of which nothing was decided has a row here and none there."""
    for groups in (
        ("budget_year",),
        ("area", "funder", "budget_year"),
        ("ksm", "budget_year"),
        ("programme", "budget_year"),
    ):
        by = ",".join(groups)
        summary = await summarise(CONSOLE, read_summary({"by": by}))
        theirs = {tuple(cell.code for cell in row.cells): row.figures for row in summary.rows}
        ours = {tuple(cell.code for cell in row.cells): row.figures for row in (await ask(by=by)).rows}
        assert theirs, groups
        assert theirs.keys() <= ours.keys(), groups
        for key, figures in ours.items():
            told = theirs.get(key)
            decided, paid, repaid = (
                (told.decided_ore, told.paid_ore - told.reversed_ore, told.repaid_ore) if told else (0, 0, 0)
            )
            assert (figures.decided_ore, figures.paid_ore, figures.repaid_ore) == (decided, paid, repaid), key


async def test_a_rows_own_question_gives_the_rows_figures(story: Story) -> None:
    for groups in [*permutations(GROUPS, 1), ("area", "funder", "budget_year"), ("ksm", "programme")]:
        answer = await ask(by=",".join(groups))
        for row in answer.rows:
            assert (await follow_up(CONSOLE, narrow(answer.question, row.cells))).totals == row.figures, row


async def test_grants_and_payments_that_a_figure_leads_to_add_up_to_it(story: Story) -> None:
    for asked in ({}, {"year_from": "2024", "year_to": "2025"}):
        for groups in [*permutations(GROUPS, 1), ("funder", "budget_year"), ("programme", "budget_year")]:
            answer = await ask(by=",".join(groups), **asked)
            for row in answer.rows:
                question = narrow(answer.question, row.cells)
                grants = await read_filters(CONSOLE, grants_query(question))
                found = await list_grants(CONSOLE, grant_filter(grants))
                grants.demand()
                assert (found.total, found.sums["granted"]) == (row.figures.grants, row.figures.decided_ore), row
                payments = await read_filters(CONSOLE, payments_query(question))
                paid = await list_payments(CONSOLE, await payment_filter(CONSOLE, payments))
                payments.demand()
                assert paid.total_ore == row.figures.paid_ore, row


async def test_frames_are_those_of_the_programmes(story: Story) -> None:
    programmes = await list_programmes(CONSOLE)
    frames = {(one.code, frame.year): frame.amount_ore for one in programmes for frame in one.frames}
    answer = await ask(by="programme,budget_year")
    assert {(row.cells[0].code, row.cells[1].code): row.figures.frame_ore for row in answer.rows} == frames


async def test_what_is_not_spent(story: Story) -> None:
    figures = by_code(await ask(by="funder", year_from="2025", year_to="2025"))
    assert figures[LUDVIKA] == Figures(1_000_000_00, 20_000_00, 15_000_00, 0, 1)
    assert (figures[LUDVIKA].undecided_ore, figures[LUDVIKA].unpaid_ore) == (980_000_00, 5_000_00)
    assert figures[DALARNA] == Figures(2_000_000_00, 70_000_01, 25_000_01, 0, 2)


async def test_inside_and_outside_the_model(story: Story) -> None:
    figures = by_code(await ask(by="ksm"))
    assert figures["inside"] == Figures(3_000_000_00, 20_000_00, 0, 0, 1)
    assert (await ask(ksm="inside")).totals == figures["inside"]


async def test_region_before_kommun_and_areas_in_the_agreements_order(story: Story) -> None:
    await make_programme(1, code="LK-SCEN", area="performing_arts")
    answer = await ask(by="area,funder")
    assert [(row.cells[0].code, row.cells[1].code) for row in answer.rows] == [
        ("performing_arts", LUDVIKA),
        ("civil_society_study_associations", DALARNA),
        ("civil_society_study_associations", LUDVIKA),
        (None, DALARNA),
    ]


async def test_an_agreement_stands_for_its_years_and_shows_its_empty_areas(story: Story) -> None:
    number = await make_agreement(first=2024, last=2025, areas=("youth", "civil_society_study_associations"))
    answer = await ask(agreement=number.lower())
    assert (answer.question.agreement, answer.question.year_from, answer.question.year_to) == (number, 2024, 2025)
    assert answer.totals == (await ask(year_from="2024", year_to="2025")).totals
    assert [cell.code for cell in answer.empty] == ["youth"]
    assert (await ask(agreement=number, funder=LUDVIKA)).empty == ()
    assert (await ask(agreement=number, year_from="2025")).question.year_from == 2025
    assert (await usual_question(CONSOLE)).agreement == number


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("funder", "802001-1111"),
        ("area", "x"),
        ("ksm", "x"),
        ("programme", "X"),
        ("agreement", "A-99"),
        ("funder", "\x00"),
    ],
)
async def test_a_limit_to_something_unknown_names_the_parameter(story: Story, name: str, value: str) -> None:
    with pytest.raises(UnknownLimitError) as refusal:
        await ask(**{name: value})
    assert (refusal.value.field, refusal.value.status) == (name, 404)


async def test_who_does_not_read_everything_gets_nothing(story: Story) -> None:
    with pytest.raises(NotFoundError):
        await follow_up(Scope(user_id=1, role=None, party_ids=(story.abf,)), read_question({}))


async def test_rows_that_miss_the_control_total_are_never_shown(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wrong(_limits: object) -> Control:
        return Control(FRAMES, 190_000_01, 140_000_02, 1_000_00)

    monkeypatch.setattr(queries, "_fetch_control", wrong)
    with pytest.raises(ControlTotalError):
        await ask()


async def test_an_empty_registry_is_followed_up_too(db: None) -> None:
    answer = await ask(agreement="A-1")
    assert (answer.rows, answer.totals, len(answer.empty)) == ((), Figures(), 11)
    assert (await list_choices(CONSOLE)).years == []


async def test_groups_are_those_that_can_be_asked_for() -> None:
    assert set(GROUPS) < set(Group)
