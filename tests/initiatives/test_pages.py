"""Pages of initiatives as a browser gets them: lists, pictures, editions and every form."""

import json
import re
from html import unescape

import pytest

from registry.core.access import CONSOLE, Role
from registry.database import fetch_value
from registry.initiatives.edition_queries import get_edition
from registry.initiatives.queries import get_initiative, list_plans
from tests.browsing import browser, csv_rows, held, shown, wrong_fields, xlsx_rows
from tests.conftest import Client, Clients
from tests.factories import make_edition, make_user
from tests.initiatives.story import Kept


@pytest.fixture
async def officer(clients: Clients, kept: Kept) -> Client:
    """The officer of the kommun, which keeps the poetry initiative."""
    return await browser(clients, kept.world.officer)


@pytest.fixture
async def region(clients: Clients, kept: Kept) -> Client:
    """The officer of the region, which keeps the body."""
    return await browser(clients, kept.world.region_officer)


async def test_the_list_is_filtered_sorted_and_exported_as_shown(officer: Client, kept: Kept) -> None:
    text = shown(await officer.get("/initiatives"))
    assert "Ekomuseet S-1 Ekomuseet Smedjebacken Co-funded body 2025 714,285.72 950,000.01 620,000.01" in text
    assert "Poesisatsningen S-2 Poesisällskapet Smedjebacken Yearly edition 2025 50,000.00 100,000.00 60,000.00" in text
    assert "Poesi" not in shown(await officer.get("/initiatives?kind=co_funded"))
    assert "No initiative fits the filter" in shown(await officer.get("/initiatives?q=zzz"))
    falling = (await officer.get("/initiatives?sort=-title")).text
    assert falling.index("Poesisatsningen") < falling.index(f"/initiatives/{kept.body}")
    rows = csv_rows((await officer.get("/initiatives.csv?kind=co_funded")).content)
    assert [(row["initiative"], row["year"], row["planned"], row["decided"]) for row in rows] == [
        (kept.body, "2025", "714285.72", "950000.01"), (kept.body, "2024", "", "300000.00"),
    ]  # fmt: skip
    assert len(xlsx_rows((await officer.get("/initiatives.xlsx?q=poesi")).content)) == 2
    note = json.loads(await fetch_value("SELECT body FROM trail_entry ORDER BY seq DESC LIMIT 1"))["note"]
    assert (note["question"], note["format"], note["rows"]) == ("q=*", "xlsx", 1)
    for wrong in ("/initiatives?kind=x", "/initiatives.csv?sort=x"):
        assert (await officer.get(wrong)).status_code == 400


async def test_the_picture_of_a_year_and_where_its_sums_lead(officer: Client, kept: Kept) -> None:
    answer = await officer.get(f"/initiatives/{kept.body}/2025")
    text = shown(answer)
    assert (
        "For 2025 the funders have agreed on 714,285.72 kr. 950,000.01 kr is decided and 620,000.01 kr is paid." in text
    )
    assert "2 of 7 parts of 1,000,000.00 kr" in text
    assert "via Länets museum" in text
    assert "nothing agreed" in text, "a way that nobody agreed on"
    assert "Västmanlands läns museum fixed amount 250,000.00" in text
    assert "Memo total 535,714.28" in text
    assert answer.text.count("<svg xmlns") == 1
    links = {unescape(link) for link in re.findall(r'href="(/(?:grants|payments)\?[^"]+)"', answer.text)}
    sums = {link: shown(await officer.get(link)) for link in links}
    assert len(sums) >= 6
    through = next(text for link, text in sums.items() if link.startswith("/grants") and f"via=P-{kept.museum}" in link)
    assert "500,000.01" in through
    assert "50,000.00 " not in through.partition("500,000.01")[0]
    assert "Nothing is agreed or decided for 2030" in shown(await officer.get(f"/initiatives/{kept.body}/2030"))
    for path in (f"{kept.body}/1900", "S-99/2025", f"{kept.poetry}/2024", f"{kept.body}/x"):
        assert (await officer.get(f"/initiatives/{path}")).status_code == 404


async def test_agreeing_on_shares_begins_with_what_is_known(region: Client, kept: Kept) -> None:
    form = await region.get(f"/initiatives/{kept.body}/2026/shares")
    assert [held(form, f"parts_{row}") for row in (1, 2, 3, 4, 5)] == ["2", "3", "2", "", ""]
    assert held(form, "via_2") == f"Länets museum (P-{kept.museum})"
    assert (held(form, "partner_4"), held(form, "amount_4"), held(form, "whole")) == (
        "Västmanlands läns museum", "250000", "1000000",
    )  # fmt: skip
    fields = {
        "whose_1": f"funder:{kept.world.kommun}", "parts_1": "1",
        "whose_3": "partner", "partner_3": "Fagersta kommun", "parts_3": "2",
        "whole": "100,01", "source": "Avtal 2026", "action": "save",
    }  # fmt: skip
    answer = await region.submit(f"/initiatives/{kept.body}/2026/shares", **fields)
    assert answer.status_code == 303, shown(answer)
    assert "Version 1 of the shares of 2026 is registered." in shown(await region.get(answer.headers["location"]))
    plans = await list_plans(CONSOLE, await get_initiative(CONSOLE, kept.body), year=2026)
    assert [share.amount_ore for share in plans[0].shares] == [33_34, 66_67]
    more = await region.submit(f"/initiatives/{kept.body}/2026/shares", **fields | {"action": "rows"})
    assert (more.status_code, held(more, "whole")) == (200, "100,01")


async def test_wrong_shares_are_told_at_their_row_and_keep_what_was_typed(region: Client, kept: Kept) -> None:
    path = f"/initiatives/{kept.body}/2025/shares"
    fields = {
        "whose_1": f"funder:{kept.world.kommun}", "amount_1": "1",
        "whose_4": f"funder:{kept.world.kommun}", "amount_4": "2", "source": "Avtal", "action": "save",
    }  # fmt: skip
    answer = await region.submit(path, **fields)
    assert (answer.status_code, wrong_fields(answer)) == (409, {"reason", "whose_4"})
    assert held(answer, "amount_4") == "2"
    answer = await region.submit(path, whose_2="partner", parts_2="x", via_2="nobody", whole="x", action="save")
    assert (answer.status_code, wrong_fields(answer)) == (
        400, {"source", "partner_2", "parts_2", "via_2", "whole"},
    )  # fmt: skip
    answer = await region.submit(path, partner_1="Fagersta", whose_3="funder:99", source="X", action="save")
    assert (answer.status_code, wrong_fields(answer)) == (400, {"partner_1", "whose_1", "whose_3"})
    assert await fetch_value("SELECT count(*) FROM share_plan") == 1


async def test_registering_and_changing_an_initiative(officer: Client, kept: Kept) -> None:
    answer = await officer.submit("/initiatives/new", title="", kind="x", party="nobody")
    assert (answer.status_code, wrong_fields(answer)) == (400, {"title", "kind", "party"})
    known = {"title": "Poesisatsningen", "kind": "edition", "party": f"P-{kept.society}"}
    answer = await officer.submit("/initiatives/new", **known)
    assert (answer.status_code, wrong_fields(answer)) == (409, {"title"})
    answer = await officer.submit("/initiatives/new", **known | {"title": "Sommarscenen"})
    assert answer.status_code == 303, shown(answer)
    card = answer.headers["location"]
    assert "No editions yet" in shown(await officer.get(card))
    form = await officer.get(f"{card}/edit")
    assert (held(form, "title"), held(form, "party")) == ("Sommarscenen", f"Poesisällskapet (P-{kept.society})")
    answer = await officer.submit(f"{card}/edit", title="Vinterscenen", party=f"P-{kept.society}", note="Nytt namn")
    assert "Vinterscenen is changed." in shown(await officer.get(answer.headers["location"]))


async def test_an_edition_shows_what_it_lacks_and_what_it_has(officer: Client, kept: Kept) -> None:
    answer = await officer.get(f"/initiatives/{kept.poetry}/2025")
    text = shown(answer)
    assert "2 events with 42 visitors. 100,000.00 kr is decided, 60,000.00 kr of it paid; 9,500.00 kr is agreed" in text
    for todo in (
        f"{kept.society_grant}: the benefit for the inhabitants is not stated",
        "Avslutning: how many came?",
        "is below the level without a motive",
    ):
        assert todo in text
    assert "Ludvika kommun 50,000.00 60,000.00 60,000.00 10,000.00" in text
    assert "Fees of creators cost 10,000.00 9,500.00 −500.00" in text
    assert "Resor cost 4,000.00 not in the registry –" in text
    assert re.search(r"below by [\d,.]+ kr \([\d.]+\s?%\)", text)
    assert f'href="/grants/{kept.society_grant}"' in answer.text
    for link in set(re.findall(r'href="(/(?:fees|grants|initiatives)/[^"]+)"', answer.text)):
        if "export" not in link:
            assert (await officer.get(unescape(link))).status_code == 200, link
    card = shown(await officer.get(f"/initiatives/{kept.poetry}"))
    assert "2025 Sommaren 2 42 50,000.00 100,000.00 60,000.00 50,000.00" in card


async def test_an_edition_from_its_year_to_its_last_event(officer: Client, kept: Kept) -> None:
    new = f"/initiatives/{kept.poetry}/editions"
    assert int(held(await officer.get(new), "year")) >= 2026
    assert wrong_fields(await officer.submit(new, year="20")) == {"year"}
    assert wrong_fields(await officer.submit(new, year="2025")) == {"year"}
    here = (await officer.submit(new, year="2026", theme="Ljus")).headers["location"]
    assert "There is no budget" in shown(await officer.get(here))
    answer = await officer.submit(f"{here}/theme", theme="Mörker", description="Två rader\r\noch en till")
    assert "Mörker" in shown(await officer.get(answer.headers["location"]))
    assert "Nothing was changed" in shown(
        await officer.submit(f"{here}/theme", theme="Mörker", description="Två rader\r\noch en till")
    )
    answer = await officer.submit(f"{here}/events/new", title="Läsning", held_on="2024-01-01", place="")
    assert (answer.status_code, wrong_fields(answer)) == (400, {"place"})
    event = {"title": "Läsning", "held_on": "2026-10-01", "place": "Ludvika"}
    assert wrong_fields(await officer.submit(f"{here}/events/new", **event | {"held_on": "2024-01-01"})) == {"held_on"}
    assert (await officer.submit(f"{here}/events/new", **event)).status_code == 303
    edition = await get_edition(CONSOLE, await get_initiative(CONSOLE, kept.poetry), 2026)
    address = f"{here}/events/{edition.events[0].id}"
    assert held(await officer.get(address), "place") == "Ludvika"
    answer = await officer.submit(address, **event, cancelled="1")
    assert (answer.status_code, wrong_fields(answer)) == (409, {"reason"})
    assert (await officer.submit(address, **event, cancelled="1", reason="Sjukdom")).status_code == 303
    text = shown(await officer.get(here))
    assert "0 events with 0 visitors" in text
    assert "Sjukdom" in text
    assert (await officer.get(f"{here}/events/{kept.event_id}")).status_code == 404, "another edition's"


async def test_a_budget_begins_with_the_one_before_and_is_told_at_its_row(officer: Client, kept: Kept) -> None:
    await make_edition(kept.poetry, 2026)
    path = f"/initiatives/{kept.poetry}/2026/budget"
    form = await officer.get(path)
    assert [held(form, f"amount_{row}") for row in (1, 2, 3, 4)] == ["50000", "5000", "10000", "4000"]
    lines = {"kind_2": "other_cost", "amount_2": "10", "kind_4": "fees", "amount_4": "-5"}
    answer = await officer.submit(path, **lines | {"amount_4": "x"}, action="save")
    assert (answer.status_code, wrong_fields(answer)) == (400, {"amount_4"})
    answer = await officer.submit(path, **lines, action="save")
    assert (answer.status_code, wrong_fields(answer)) == (409, {"amount_4", "title_2"})
    answer = await officer.submit(path, **lines | {"amount_4": "5"}, action="save")
    assert (answer.status_code, wrong_fields(answer)) == (409, {"title_2"})
    answer = await officer.submit(path, **lines | {"amount_4": "5", "title_2": "Hyra"}, action="save")
    assert answer.status_code == 303, shown(answer)
    answer = await officer.submit(path, **lines | {"amount_4": "6", "title_2": "Hyra"}, action="save")
    assert (answer.status_code, wrong_fields(answer)) == (409, {"reason"})


async def test_links_are_chosen_from_what_might_belong(officer: Client, kept: Kept) -> None:
    path = f"/initiatives/{kept.poetry}/2025/links"
    grant = kept.society_grant[2:]
    assert f'name="grant_{grant}" type="checkbox" value="1" checked' in (await officer.get(path)).text
    engagements = re.findall(r'name="(engagement_\d+)"', (await officer.get(path)).text)
    answer = await officer.submit(path, **{f"grant_{grant}": "1", engagements[0]: "9999"})
    assert (answer.status_code, wrong_fields(answer)) == (400, {engagements[0]})
    answer = await officer.submit(path, **{f"grant_{grant}": "1", engagements[0]: "none", engagements[1]: "no"})
    assert "3 links are changed." in shown(await officer.get(answer.headers["location"]))
    assert "1 decision may belong here" in shown(await officer.get(f"/initiatives/{kept.poetry}/2025"))


async def test_who_may_do_what(clients: Clients, officer: Client, kept: Kept) -> None:
    answer = await officer.get(f"/initiatives/{kept.body}/2025")
    assert "Change the shares" not in answer.text, "the region keeps it"
    assert (await officer.get(f"/initiatives/{kept.body}/2025/shares")).status_code == 403
    assert (await officer.get(f"/initiatives/{kept.poetry}/2025/shares")).status_code == 409, "another kind"
    society = await browser(clients, await make_user(Role.ASSOCIATION, party_id=kept.society))
    assert (await society.get("/initiatives")).status_code == 403
    auditor = await browser(clients, kept.world.auditor)
    assert "To do" not in shown(await auditor.get(f"/initiatives/{kept.poetry}/2025")), "nothing for her to do"
    assert (await auditor.get("/initiatives/new")).status_code == 403


async def test_the_files_of_a_year_say_what_the_page_says(officer: Client, kept: Kept) -> None:
    picture, edition = f"/initiatives/{kept.body}/2025/export", f"/initiatives/{kept.poetry}/2025/export"
    rows = csv_rows((await officer.get(f"{picture}.csv")).content)
    assert [(row["line"], row["funder_name"], row["agreed"], row["decided"], row["memo"]) for row in rows] == [
        ("share", "Ludvika kommun", "285714.29", "400000.00", ""),
        ("share", "Region Dalarna", "428571.43", "500000.01", ""),
        ("share", "Region Dalarna", "", "50000.00", ""),
        ("memo", "Smedjebackens kommun", "", "", "285714.28"),
        ("memo", "Västmanlands läns museum", "", "", "250000.00"),
    ]
    total = xlsx_rows((await officer.get(f"{picture}.xlsx")).content)[-1]
    assert total[7:10] == [714285.72, 950000.01, 620000.01]
    assert not total[12], "memo lines are not summed"
    told = json.loads((await officer.get(f"{picture}.json")).content)
    assert told["totals"] == {
        "agreed": "714285.72", "decided": "950000.01", "paid": "620000.01", "difference": "235714.29",
    }  # fmt: skip
    rows = csv_rows((await officer.get(f"{edition}.csv")).content)
    assert [row["line"] for row in rows].count("event") == 2
    assert sum(float(row["decided"] or 0) for row in rows) == 100_000
    assert sum(float(row["fee"] or 0) for row in rows) == 9_500
    told = json.loads((await officer.get(f"{edition}.json")).content)
    assert (told["totals"]["decided"], told["funders"][0]["difference"]) == ("100000.00", "10000.00")
    assert xlsx_rows((await officer.get(f"{edition}.xlsx")).content)[-1][9:12] == [100_000, 60_000, 9_500]
    actions = (
        "SELECT count(*) FROM trail_entry WHERE action IN ('initiatives:picture:export', 'initiatives:edition:export')"
    )
    assert await fetch_value(actions) == 6
