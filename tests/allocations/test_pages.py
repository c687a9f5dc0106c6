"""Allocations in the browser: simulated, compared, frozen, looked through, decided for all or discarded."""

from typing import Any

import pytest

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.grants.queries import get_grant
from tests.allocations.prepared import register_2025
from tests.browsing import browser, csv_rows, held, shown, wrong_fields, xlsx_rows
from tests.conftest import Client, Clients
from tests.factories import World, make_allocation, make_grant, make_report

QUESTION = "programme=LK-STUD&year=2026&frame=100000,01&rule=FR-1&decided_on=2026-03-01"
"""Rättvik's rule: 80 000.01 by 60 and 40; 20 000 by hours, ABF's 20 000 bounded to 15 000, Bilda's 5 000."""
DECISION = {"dnr": "KUN 2026/0019", "paragraph": "§ 14", "decided_on": "2026-03-18", "decider": "Nämnden"}


@pytest.fixture
async def officer(clients: Clients, world: World) -> Client:
    """The officer of the kommun, with grants and activity of 2025 for both associations."""
    await register_2025(world)
    return await browser(clients, world.officer)


async def test_a_simulation_shows_each_share_and_how_it_is_worked_out(officer: Client, world: World) -> None:
    page = shown(await officer.get(f"/allocations/simulate?{QUESTION}"))
    for expected in (
        "ABF Dalarna (test) 48,000.01 15,000.00 63,000.01 60,000.00 +3,000.01 +5.0 %",
        "Bilda Dalarna (test) 32,000.00 5,000.00 37,000.00 40,000.00 −3,000.00 −7.5 %",
        "Together, the frame 80,000.01 20,000.00 100,000.01 100,000.00",
        "80,000.01 kr × 60,000.00 kr ÷ 100,000.00 kr = 48,000.006 kr",
        "20,000.00 kr × 15,000 ÷ 20,000 = 15,000 kr",
        "at most 15 participant hours for each study hour",
    ):
        assert expected in page, expected
    assert "<svg" in (await officer.get(f"/allocations/simulate?{QUESTION}")).text
    assert await fetch_value("SELECT count(*) FROM allocation") == 0


async def test_two_runs_stand_side_by_side(officer: Client, world: World) -> None:
    """With 50 and 50 per cent: 50 000.01 and 50 000; ABF 30 000.01 + 37 500, Bilda 20 000 + 12 500."""
    address = f"/allocations/simulate?{QUESTION}&v_base=50&v_volume=50"
    page = shown(await officer.get(address))
    assert "ABF Dalarna (test) 63,000.01 67,500.01 +4,500.00 +7.1 % 60,000.00" in page
    assert "Bilda Dalarna (test) 37,000.00 32,500.00 −4,500.00 −12.2 % 40,000.00" in page
    assert "4,500.00 kr changes hands" in page
    rows = csv_rows((await officer.get(address.replace("simulate?", "simulate.csv?"))).content)
    assert [(row["run_a"], row["run_b"], row["difference"]) for row in rows] == [
        ("63000.01", "67500.01", "4500.00"), ("37000.00", "32500.00", "-4500.00"),
    ]  # fmt: skip
    runs = (await officer.get(address.replace("simulate?", "simulate.json?"))).json()["runs"]
    assert [run["total"] for run in runs] == ["100000.01", "100000.01"]
    other = shown(await officer.get(f"/allocations/simulate?{QUESTION}&beside=FR-5"))
    assert "can't be shared: nobody who takes part has any of Study hours with target groups in 2025" in other


async def test_weights_that_are_not_whole_are_refused_where_they_stand(officer: Client, world: World) -> None:
    answer = await officer.get(f"/allocations/simulate?{QUESTION}&v_base=50&v_volume=x")
    assert (answer.status_code, wrong_fields(answer), held(answer, "v_volume")) == (400, {"v_volume"}, "x")
    answer = await officer.get(f"/allocations/simulate?{QUESTION}&v_base=50&v_volume=49")
    assert answer.status_code == 400
    assert "100" in shown(answer)
    assert held(answer, "v_volume") == "49"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"programme": "NO"}, {"programme"}),
        ({"year": "20"}, {"year"}),
        ({"year": ""}, {"year"}),
        ({"frame": "abc"}, {"frame"}),
        ({"frame": "0"}, {"frame"}),
        ({"rule": "FR-99"}, {"rule"}),
        ({"decided_on": "2026-02-30"}, {"decided_on"}),
    ],
)
async def test_a_question_that_means_nothing_is_told_at_its_field(
    officer: Client, world: World, change: dict[str, str], fields: set[str]
) -> None:
    asked = {**dict(part.split("=", 1) for part in QUESTION.split("&")), **change}
    answer = await officer.get("/allocations/simulate", params=asked)
    assert (answer.status_code, wrong_fields(answer)) == (400, fields), shown(answer)
    refused = await officer.get("/allocations/simulate.csv", params=asked)
    assert 400 <= refused.status_code < 500


async def test_files_hold_what_the_page_shows(officer: Client, world: World) -> None:
    rows = csv_rows((await officer.get(f"/allocations/simulate.csv?{QUESTION}")).content)
    assert [(row["amount"], row["change"], row["change_percent"]) for row in rows] == [
        ("63000.01", "3000.01", "5.00"), ("37000.00", "-3000.00", "-7.50"),
    ]  # fmt: skip
    sheet = xlsx_rows((await officer.get(f"/allocations/simulate.xlsx?{QUESTION}&detail=basis")).content)
    assert [row[-2] for row in sheet[1:5]] == [48000.01, 15000, 32000, 5000]
    told = (await officer.get(f"/allocations/simulate.json?{QUESTION}")).json()
    assert (told["total"], told["shares"][0]["parts"][1]["basis"]) == ("100000.01", "15000")


async def freeze(officer: Client, **change: str) -> Any:
    """Freeze the usual question from the page."""
    asked = {**dict(part.split("=", 1) for part in QUESTION.split("&")), "rule": "FR-1.1", **change}
    return await officer.submit("/allocations/freeze", **asked)


async def test_a_frame_is_frozen_looked_through_and_decided(officer: Client, world: World) -> None:
    answer = await freeze(officer)
    assert answer.headers["location"] == "/allocations/F-1", shown(answer)
    drafted = await officer.get("/allocations/F-1")
    assert '<span class="status is-draft">' in drafted.text
    card = shown(drafted)
    assert "Draft decisions" in card
    assert "63,000.01" in card
    again = await freeze(officer)
    assert again.status_code == 409
    assert "already has draft decisions, in F-1" in shown(again)
    late = await officer.submit("/allocations/F-1/decide", **DECISION, plan="parts", instalment_date_1="2026-03-31")
    assert (late.status_code, held(late, "dnr")) == (400, "KUN 2026/0019")
    assert wrong_fields(late) == {"instalment_percent_1"}
    plan = {"instalment_date_1": "2026-03-31", "instalment_percent_1": "50",
            "instalment_date_2": "2026-09-30", "instalment_percent_2": "49"}  # fmt: skip
    short = await officer.submit("/allocations/F-1/decide", **DECISION, plan="parts", **plan)
    assert short.status_code == 409
    assert "100 per cent together" in shown(short)
    assert await fetch_value("SELECT count(*) FROM allocation_grant") == 0
    plan["instalment_percent_2"] = "50"
    done = await officer.submit("/allocations/F-1/decide", **DECISION, plan="parts", **plan)
    assert done.headers["location"] == "/allocations/F-1", shown(done)
    grants = [await get_grant(CONSOLE, f"B-{number}") for number in (3, 4)]
    assert [(grant.dnr, grant.decided_ore) for grant in grants] == [
        ("KUN 2026/0019", 63_000_01), ("KUN 2026/0019", 37_000_00),
    ]  # fmt: skip
    decided = await officer.get("/allocations/F-1")
    assert '<span class="status is-active">' in decided.text
    card = shown(decided)
    assert "KUN 2026/0019 § 14" in card
    assert "B-3" in card
    grant = await officer.get("/grants/B-3")
    assert "A share of 100,000.01 kr for 2026 by the rule Rättvik, version 1" in shown(grant)
    assert 'href="/allocations/F-1"' in grant.text
    twice = await officer.submit("/allocations/F-1/decide", **DECISION, plan="once")
    assert twice.status_code == 409


async def test_more_rows_of_the_plan_keep_what_was_typed(officer: Client, world: World) -> None:
    await freeze(officer)
    more = await officer.submit(
        "/allocations/F-1/decide", **DECISION, action="rows", rows="2", instalment_percent_2="33,25"
    )
    assert more.status_code == 200
    assert held(more, "instalment_percent_2") == "33,25"
    assert held(more, "instalment_percent_4") == ""


async def test_a_draft_is_discarded_with_a_reason(officer: Client, world: World) -> None:
    await freeze(officer)
    bare = await officer.submit("/allocations/F-1/discard", reason=" ")
    assert (bare.status_code, wrong_fields(bare)) == (400, {"reason"})
    await officer.submit("/allocations/F-1/discard", reason="Fel regel")
    card = shown(await officer.get("/allocations/F-1"))
    assert "Fel regel" in card
    assert "Decide for all" not in card
    assert (await officer.submit("/allocations/F-1/discard", reason="Igen")).status_code == 409


async def test_a_draft_says_when_its_figures_have_changed(officer: Client, world: World) -> None:
    await freeze(officer)
    assert "Figures have changed" not in shown(await officer.get("/allocations/F-1"))
    await make_report(world.bilda, municipality="Ludvika", year=2024)
    assert "Figures have changed" not in shown(await officer.get("/allocations/F-1")), "another year counts for nothing"
    await make_grant(world.programme, world.bilda, amount=1_00)
    page = shown(await officer.get("/allocations/F-1"))
    assert "Figures have changed since this was frozen" in page


async def test_the_list_and_its_files_are_filtered_alike(officer: Client, world: World) -> None:
    assert "Simulate" in shown(await officer.get("/allocations"))
    await make_allocation(dnr="KUN 2026/0019", frame=50_000_00)
    await make_allocation(frame=20_000_00)
    page = shown(await officer.get("/allocations?state=draft"))
    assert "F-2" in page
    assert "F-1" not in page
    for query, numbers in (("", ["F-2", "F-1"]), ("state=decided", ["F-1"]), ("sort=frame", ["F-2", "F-1"]),
                           ("year=2025", []), ("programme=LK-STUD", ["F-2", "F-1"])):  # fmt: skip
        rows = csv_rows((await officer.get(f"/allocations.csv?{query}")).content)
        assert [next(iter(row.values())) for row in rows] == numbers, query
        assert len(xlsx_rows((await officer.get(f"/allocations.xlsx?{query}")).content)) >= 1 + len(numbers)
    for wrong in ("state=x", "year=x", "programme=NO", "funder=1"):
        assert (await officer.get(f"/allocations?{wrong}")).status_code == 400
        assert 400 <= (await officer.get(f"/allocations.csv?{wrong}")).status_code < 500


async def test_an_association_sees_its_own_basis_and_nothing_of_others(
    officer: Client, clients: Clients, world: World
) -> None:
    await make_allocation(dnr="KUN 2026/0019", frame=50_000_00)
    await make_allocation(frame=20_000_00)
    abf = await browser(clients, world.abf_user)
    listed = shown(await abf.get("/allocations"))
    assert "F-1" in listed
    assert "F-2" not in listed
    page = await abf.get("/allocations/F-1")
    assert "ABF" in shown(page)
    assert "31,500.00" in shown(page), "50 000 by the same rule: 24 000 and 7 500"
    assert "Bilda" not in page.text
    assert "18,500" not in page.text
    for ending in ("csv", "json"):
        told = (await abf.get(f"/allocations/F-1/shares.{ending}")).text
        assert "31500.00" in told
        assert "Bilda" not in told
        assert "18500" not in told
    assert (await abf.get("/allocations/F-2")).status_code == 404
    assert (await abf.get("/allocations/F-2/shares.csv")).status_code == 404
    assert (await abf.get("/allocations/F-99")).status_code == 404
    assert (await abf.get(f"/allocations/simulate?{QUESTION}")).status_code == 403


RULE_FORM = {
    "name": "Vår regel", "issuer": "Nämnden", "source": "KUN 2026/4 § 9", "rounding": "krona", "activity_lag": "1",
    "part_1_code": "base", "part_1_title": "Grund", "part_1_weight": "100/3", "part_1_key": "previous_year_share",
    "part_2_code": "hours", "part_2_title": "Timmar", "part_2_weight": "200/3", "part_2_key": "study_hours",
    "part_2_programme_hours": "9", "part_2_other_group_percent": "50",
}  # fmt: skip


async def test_a_rule_is_registered_and_changed_in_the_browser(officer: Client, world: World) -> None:
    wrong = await officer.submit(
        "/allocations/rules/new", **{**RULE_FORM, "part_2_weight": "50", "part_2_programme_hours": "nio"}
    )
    assert (wrong.status_code, held(wrong, "part_2_programme_hours")) == (400, "nio")
    assert wrong_fields(wrong) == {"part_2_programme_hours"}
    short = await officer.submit("/allocations/rules/new", **{**RULE_FORM, "part_2_weight": "50"})
    assert (short.status_code, held(short, "name")) == (400, "Vår regel")
    assert "100" in shown(short)
    done = await officer.submit("/allocations/rules/new", **RULE_FORM)
    path = done.headers["location"]
    card = shown(await officer.get(path))
    for expected in ("Vår regel", "KUN 2026/4 § 9", "a cultural programme counts as 9 hours", "whole kronor"):
        assert expected in card, expected
    changed = {**RULE_FORM, "part_1_weight": "40", "part_2_weight": "60", "valid_from": "2027-01-01", "reason": "Ny"}
    assert wrong_fields(await officer.submit(f"{path}/change", **{**changed, "reason": ""})) == {"reason"}
    assert (await officer.submit(f"{path}/change", **changed)).headers["location"] == path
    card = shown(await officer.get(path))
    assert "Version 2" in card
    assert "40" in shown(await officer.get(path))
    older = shown(await officer.get(f"{path}.1"))
    assert "66.67" in older or "200/3" in older, "the first version stays readable"
    assert (await officer.get("/allocations/rules/FR-1/change")).status_code == 403, "a preset belongs to nobody"
    rows = csv_rows((await officer.get("/allocations/rules.csv")).content)
    assert {row["rule"] for row in rows} >= {"Rättvik", "Kungsbacka", "Vår regel"}
