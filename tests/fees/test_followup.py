"""The yearly follow-up: figures worked by hand, totals that lead to their engagements, nobody named."""

import json
import re
from datetime import date
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.database import fetch_value
from registry.fees.followup import Grouping, Line, sum_up
from registry.fees.queries import EngagementFilter
from registry.fees.schemas import Outcome
from registry.fees.yearly import follow_up
from tests.browsing import browser, csv_rows, shown, xlsx_rows
from tests.conftest import Clients
from tests.factories import World, make_creator, make_engagement
from tests.fees.levels import ARTISTS, WRITERS, kronor
from tests.importing import run_command


async def make_year(world: World) -> None:
    """Register three comparable in literature, one in art, one without a schedule, an incomplete one, one year before.

    Literature: 8 500, 7 500 (1 000 below), 8 000 (500 below, with a motive); art: 9 hours for 9 000 (1 170 below).
    """
    one, two = await make_creator("Åsa Skapare"), await make_creator("Bo Bildare")
    await make_engagement(one, world.kommun)
    await make_engagement(one, world.kommun, fee=750_000, commissioner_id=world.abf)
    await make_engagement(two, world.kommun, fee=800_000, motive="Litet arrangemang")
    await make_engagement(
        two, world.region, issuer=ARTISTS, code="hour", booked_on=None, contract_date=date(2025, 1, 7), quantity=9000,
        fee=900_000,
    )  # fmt: skip
    await make_engagement(two, world.region, issuer="Danscentrum", code="dag")
    await make_engagement(two, world.region, fee=None)
    await make_engagement(two, world.region, event_date=date(2024, 5, 1))


async def test_the_figures_of_a_year(world: World) -> None:
    await make_year(world)
    found = await follow_up(CONSOLE, EngagementFilter(), year=2025, grouping=Grouping.DISCIPLINE)
    assert [row.key for row in found.rows] == ["visual_arts", "literature", "none"]
    literature = found.rows[1]
    assert (literature.engagements, literature.compared, literature.below, literature.incomplete) == (4, 3, 2, 1)
    assert (literature.fee_ore, literature.level_ore) == (kronor(24_000), kronor(25_500))
    assert (literature.below_basis_points, literature.unmotivated) == (6667, 1)
    assert (literature.median_gap_ore, literature.median_gap_basis_points) == (kronor(750), 882)  # 500 … 1 000
    total = found.total
    assert (total.engagements, total.compared, total.below, total.no_schedule) == (6, 4, 3, 1)
    assert (total.gap_ore, total.median_gap_ore, total.no_schedule_basis_points) == (kronor(2670), kronor(1000), 1667)
    assert (total.fee_ore, total.level_ore) == (kronor(33_000), kronor(35_670))


async def test_every_grouping_divides_the_same_total(world: World) -> None:
    await make_year(world)
    for grouping in Grouping:
        found = await follow_up(CONSOLE, EngagementFilter(), year=2025, grouping=grouping)
        for name in ("engagements", "compared", "fee_ore", "level_ore", "below", "gap_ore", "no_schedule"):
            assert sum(getattr(row, name) for row in found.rows) == getattr(found.total, name), (grouping, name)
    by_commissioner = await follow_up(CONSOLE, EngagementFilter(), year=2025, grouping=Grouping.COMMISSIONER)
    assert {row.key: row.engagements for row in by_commissioner.rows} == {
        f"P-{world.abf}": 1, f"P-{world.kommun}": 2, f"P-{world.region}": 3,
    }  # fmt: skip


async def test_every_number_of_the_page_leads_to_so_many_engagements(clients: Clients, world: World) -> None:
    await make_year(world)
    client = await browser(clients, world.officer)
    for by in Grouping:
        page = await client.get(f"/fees/followup?year=2025&by={by}")
        links = re.findall(r'<a href="(/fees\?[^"]+)">([0-9]+)</a>', page.text)
        assert len(links) > 8
        for href, number in links:
            listed = await client.get(unescape(href))
            assert f"{number} engagement" in shown(listed), href


async def test_nobody_is_named_in_page_or_files_for_an_auditor(clients: Clients, world: World) -> None:
    await make_year(world)
    person = await make_creator("Cecilia Beställare")
    await make_engagement(await make_creator("Åsa Skapare"), world.kommun, commissioner_id=person)
    client = await browser(clients, world.auditor)
    for address in ("", ".csv", ".json", ".xlsx"):
        for by in Grouping:
            answer = await client.get(f"/fees/followup{address}?year=2025&by={by}")
            assert answer.status_code == 200
            text = str(xlsx_rows(answer.content)) if address == ".xlsx" else answer.text
            assert not re.search("Skapare|Bildare|Beställare", text), (address, by)


async def test_the_files_say_what_the_page_says(clients: Clients, world: World, dsn: str) -> None:
    await make_year(world)
    client = await browser(clients, world.auditor)
    address = "?year=2025&by=issuer"
    body = json.loads((await client.get(f"/fees/followup.json{address}")).text)
    assert [(row["key"], row["fee"], row["below_percent"]) for row in body["rows"]] == [
        ("Danscentrum", "0.00", None), (ARTISTS, "9000.00", "100.00"), (WRITERS, "24000.00", "66.67"),
    ]  # fmt: skip
    rows = csv_rows((await client.get(f"/fees/followup.csv{address}")).content)
    assert [(row["group"], row["fee"], row["median_gap"]) for row in rows] == [
        ("Danscentrum", "0.00", ""), (ARTISTS, "9000.00", "1170.00"), (WRITERS, "24000.00", "750.00"),
    ]  # fmt: skip
    [_header, *cells, total] = xlsx_rows((await client.get(f"/fees/followup.xlsx{address}")).content)
    assert [row[3] for row in cells] == [0, 9000, 24000]
    assert total[3] == 33000
    done = await run_command(
        dsn, "fees", "followup", "--year", "2025", "--by", "issuer", "--format", "json", "--output", "-"
    )
    assert done.status == 0, done.err
    assert {**json.loads(done.out), "anchor": ""} == {**body, "anchor": ""}
    exported = await fetch_value("SELECT count(*) FROM trail_entry WHERE action = 'fees:followup:export'")
    assert exported == 4


async def test_what_cant_be_asked_is_told(clients: Clients, world: World) -> None:
    client = await browser(clients, world.officer)
    for query in ("by=creator", "year=forty", "funder=1", "discipline=juggling"):
        answer = await client.get(f"/fees/followup?{query}")
        assert answer.status_code == 400
        assert (await client.get(f"/fees/followup.csv?{query}")).status_code == 400
    narrowed = await client.get("/fees/followup?year=2025&discipline=music")
    assert '<option value="music" selected>' in narrowed.text
    assert "No engagements in 2019" in shown(await client.get("/fees/followup?year=2019"))


lines = st.builds(
    Line,
    key=st.sampled_from("abc"),
    label=st.just("x"),
    outcome=st.sampled_from(Outcome),
    unmotivated=st.booleans(),
    fee_ore=st.integers(0, 10**9),
    level_ore=st.integers(1, 10**9),
    gap_ore=st.integers(1, 10**9),
    gap_basis_points=st.integers(0, 10_000),
)


@given(st.lists(lines, max_size=40))
def test_rows_add_up_and_shares_stay_within_the_whole(every: list[Line]) -> None:
    rows, total = sum_up(every)
    for name in ("engagements", "compared", "fee_ore", "level_ore", "below", "gap_ore", "no_schedule", "incomplete"):
        assert sum(getattr(row, name) for row in rows) == getattr(total, name)
    for row in [*rows, total]:
        assert (row.below_basis_points is None) == (row.compared == 0)
        assert (row.median_gap_ore is None) == (row.below == 0)
        assert row.below_basis_points is None or 0 <= row.below_basis_points <= 10_000
        gaps = [line.gap_ore for line in every if line.key == row.key and line.outcome is Outcome.BELOW]
        if row.key and gaps:
            assert Money(min(filter(None, gaps))) <= (row.median_gap_ore or 0) <= Money(max(filter(None, gaps)))
