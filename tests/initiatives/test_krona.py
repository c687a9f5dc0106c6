"""Each krona is counted once, at its funder: by every grouping of every summary, in the follow-up and in the pictures.

Money goes via an intermediary here, and outside partners have agreed to shares; neither moves a total by an öre.
"""

from dataclasses import dataclass
from itertools import combinations

from registry.core.access import CONSOLE
from registry.database import fetch_row
from registry.followup.queries import follow_up
from registry.followup.rules import read_question as read_followed
from registry.followup.schemas import GROUPS
from registry.initiatives.queries import get_initiative, get_picture, list_flows, list_pictures
from registry.initiatives.rules import totals_of
from registry.summaries.queries import summarise
from registry.summaries.rules import read_question
from registry.summaries.schemas import Group
from tests.factories import DALARNA, LUDVIKA
from tests.initiatives.story import Kept, agree, keep

COMBINATIONS = [groups for size in range(1, len(Group) + 1) for groups in combinations(Group, size)]
FOLLOWED = [groups for size in range(1, len(GROUPS) + 1) for groups in combinations(GROUPS, size)]

_TRUTH = """
SELECT (SELECT sum(amount_ore) FROM funding_grant) + (SELECT sum(delta_ore) FROM amendment) AS decided,
       (SELECT sum(p.amount_ore) FROM payment p
        WHERE (p.attest <> 'officer' OR EXISTS (SELECT 1 FROM attestation a WHERE a.payment_id = p.id))
          AND NOT EXISTS (SELECT 1 FROM reversal r WHERE r.payment_id = p.id)) AS paid,
       (SELECT sum(amount_ore) FROM repayment) AS repaid
"""
"""The single decisions, payments and repayments, without any of the registry's own sums."""


@dataclass(frozen=True)
class Totals:
    """Sums in öre."""

    decided: int
    paid: int
    repaid: int


WHOLE = Totals(decided=1_448_000_04, paid=690_000_04, repaid=3_000_00)
BODY_2025 = (950_000_01, 620_000_01)


async def truth() -> Totals:
    """Summed from the single rows."""
    row = await fetch_row(_TRUTH)
    assert row is not None
    return Totals(int(row["decided"]), int(row["paid"]), int(row["repaid"]))


async def asked(**values: str) -> Totals:
    """The totals of a summary."""
    totals = (await summarise(CONSOLE, read_question(values))).totals
    return Totals(totals.decided_ore, totals.paid_ore - totals.reversed_ore, totals.repaid_ore)


async def test_every_summary_by_every_combination_of_groups(kept: Kept) -> None:
    del kept
    assert await truth() == WHOLE
    for groups in COMBINATIONS:
        rows = (await summarise(CONSOLE, read_question({"by": ",".join(groups)}))).rows
        figures = [row.figures for row in rows]
        assert (
            Totals(
                sum(one.decided_ore for one in figures),
                sum(one.paid_ore - one.reversed_ore for one in figures),
                sum(one.repaid_ore for one in figures),
            )
            == WHOLE
        ), groups
        assert len({row.cells for row in rows}) == len(rows), groups


async def test_the_follow_up_by_every_combination_of_groups(kept: Kept) -> None:
    del kept
    for groups in FOLLOWED:
        rows = (await follow_up(CONSOLE, read_followed({"by": ",".join(groups)}))).rows
        figures = [row.figures for row in rows]
        assert (
            Totals(
                sum(one.decided_ore for one in figures),
                sum(one.paid_ore for one in figures),
                sum(one.repaid_ore for one in figures),
            )
            == WHOLE
        ), groups


async def test_an_intermediarys_money_stands_at_its_funder_and_recipient_only(kept: Kept) -> None:
    museum = f"P-{kept.museum}"
    assert await asked(by="recipient", recipient=museum) == Totals(80_000_00, 0, 0), "its own grant only"
    assert (await asked(by="via", via=museum)).decided == 500_000_01
    assert (await asked(by="via", via="none")).decided == WHOLE.decided - 500_000_01
    by_funder = {funder: (await asked(by="funder", funder=funder)).decided for funder in (LUDVIKA, DALARNA)}
    assert by_funder == {LUDVIKA: 778_000_03, DALARNA: 670_000_01}
    assert sum(by_funder.values()) == WHOLE.decided


async def test_the_pictures_are_a_part_of_the_summaries_and_nothing_more(kept: Kept) -> None:
    initiative = await get_initiative(CONSOLE, kept.body)
    pictures = await list_pictures(CONSOLE, initiative)
    of_body = {"recipient": f"P-{kept.museum_body}", "kind": "co_funding"}
    for picture in pictures:
        year = str(picture.year)
        summary = await asked(by="budget_year", budget_year=year, **of_body)
        assert (picture.decided_ore, picture.paid_ore) == (summary.decided, summary.paid)
        for flow in picture.flows:
            via = f"P-{flow.via_id}" if flow.via_id else "none"
            way = await asked(by="via", budget_year=year, funder=flow.funder_number, via=via, **of_body)
            assert (flow.decided_ore, flow.paid_ore) == (way.decided, way.paid)
    whole = await asked(by="budget_year", **of_body)
    assert totals_of(pictures) == (whole.decided, whole.paid)
    assert (pictures[0].decided_ore, pictures[0].paid_ore) == BODY_2025
    assert pictures[0] == await get_picture(CONSOLE, initiative, 2025)


async def test_what_is_agreed_and_memo_lines_move_no_total(db: None) -> None:
    del db
    story = await keep()
    questions = [",".join(groups) for groups in combinations(Group, 2)]
    before = [(await summarise(CONSOLE, read_question({"by": by}))).rows for by in questions]
    followed = (await follow_up(CONSOLE, read_followed({"by": "area,funder,budget_year"}))).rows
    flows = await list_flows(CONSOLE, story.museum_body, 2025)
    await agree(story)
    assert [(await summarise(CONSOLE, read_question({"by": by}))).rows for by in questions] == before
    assert (await follow_up(CONSOLE, read_followed({"by": "area,funder,budget_year"}))).rows == followed
    agreed = await list_flows(CONSOLE, story.museum_body, 2025)
    assert [flow.is_memo for flow in flows] == [False] * 3
    assert [flow.is_memo for flow in agreed] == [False] * 3 + [True] * 2, "memo lines stand last"
    for told in (flows, agreed):
        assert (sum(flow.decided_ore for flow in told), sum(flow.paid_ore for flow in told)) == BODY_2025
    assert sum(flow.agreed_ore or 0 for flow in agreed if not flow.is_memo) == 714_285_72
    assert sum(flow.agreed_ore or 0 for flow in agreed if flow.is_memo) == 285_714_28 + 250_000_00
