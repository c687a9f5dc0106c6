"""Pages, files and API of agreements."""

from datetime import date

import pytest

from registry import trail
from registry.agreements.queries import list_agreements
from registry.core.access import CONSOLE
from tests.browsing import browser, csv_rows, held, shown, wrong_fields, xlsx_rows
from tests.conftest import Client, Clients
from tests.factories import DALARNA, LUDVIKA, World, make_grant

NEW = {
    "title": "Överenskommelse 2027-2030",
    "period_from": "2027-01-01",
    "period_to": "2030-12-31",
    "source": "KS 2026/10",
    "party_number_1": LUDVIKA,
    "party_number_2": DALARNA,
    "area_youth": "1",
    "new_title_sv_1": "Film",
    "new_summary_1": "Film i hela länet.",
    "action": "save",
}


KINDS = {"to come": "due", "in force": "active", "ended": "closed"}


@pytest.fixture
async def officer(clients: Clients, world: World) -> Client:
    """The officer of the kommun."""
    return await browser(clients, world.officer)


async def test_the_list_and_the_card(officer: Client, world: World) -> None:
    await make_grant(world.programme, world.abf, amount=1_000_00)
    text = shown(await officer.get("/agreements"))
    assert "Överenskommelse mellan Ludvika kommun och Region Dalarna 2019-2022" in text
    assert "ended" in text
    card = await officer.get("/agreements/A-1")
    text = shown(card)
    assert "Civil society and study associations" in text
    assert "Programmet LK-STUD" in text
    assert "Programmet RD-STUD" in text
    assert f'href="/parties/P-{world.kommun}"' in card.text
    assert 'id="heritage_ekomuseum"' in card.text
    for number in ("A-99999", "A-", "1", "A-99999999999999999999"):
        assert (await officer.get(f"/agreements/{number}")).status_code == 404


@pytest.mark.parametrize(
    ("today", "standing"),
    [
        (date(2018, 12, 31), "to come"),
        (date(2019, 1, 1), "in force"),
        (date(2022, 12, 31), "in force"),
        (date(2023, 1, 1), "ended"),
    ],
)
async def test_an_agreement_says_whether_it_is_in_force(
    officer: Client, monkeypatch: pytest.MonkeyPatch, today: date, standing: str
) -> None:
    monkeypatch.setattr(trail, "today", lambda: today)
    for path in ("/agreements", "/agreements/A-1"):
        answer = await officer.get(path)
        found = [word for word, kind in KINDS.items() if f'class="status is-{kind}"' in answer.text]
        assert (found, standing in shown(answer)) == ([standing], True)


async def test_the_form_begins_with_what_the_latest_agreement_has(officer: Client) -> None:
    form = await officer.get("/agreements/new")
    assert [held(form, f"party_number_{row}") for row in (1, 2, 3)] == [LUDVIKA, DALARNA, ""]
    assert form.text.count('type="checkbox" value="1" checked') == 11


async def test_registering_the_next_period(officer: Client, world: World) -> None:
    answer = await officer.submit("/agreements/new", **NEW)
    assert answer.status_code == 303, shown(answer)
    text = shown(await officer.get(answer.headers["location"]))
    assert "Överenskommelse 2027-2030 is registered." in text
    assert "Film i hela länet." in text
    assert text.count("new in this agreement") == 1
    assert "new in this agreement" not in shown(await officer.get("/agreements/A-1")), "nothing came before it"
    assert "This is what was written of Överenskommelse mellan Ludvika kommun" in text
    following = (await list_agreements(CONSOLE))[0]
    assert [party.name for party in following.parties] == ["Ludvika kommun", "Region Dalarna"], "names of the register"


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"title": ""}, {"title"}),
        ({"period_to": "2026-01-01"}, {"period_to"}),
        ({"period_from": "x"}, {"period_from"}),
        ({"party_number_2": "123"}, {"party_number_2"}),
        ({"party_number_2": "", "party_name_2": "Någon"}, {"party_number_2"}),
        ({"party_number_3": "556000-0001"}, {"party_name_3"}),
        ({"new_title_sv_1": "Unga", "new_title_en_1": "Youth"}, {"new_title_sv_1"}),
        ({"new_title_sv_1": "", "new_summary_1": "Utan rubrik"}, {"new_title_sv_1"}),
        ({"source": "x" * 501}, {"source"}),
        ({"party_name_2": "x" * 201}, {"party_name_2"}),
        ({"new_title_sv_1": "x" * 201}, {"new_title_sv_1"}),
        ({"new_title_fi_1": "x" * 201}, {"new_title_fi_1"}),
    ],
)
async def test_a_refused_form_comes_back_as_it_was(officer: Client, changes: dict[str, str], wrong: set[str]) -> None:
    answer = await officer.submit("/agreements/new", **{**NEW, **changes})
    assert answer.status_code in (400, 409)
    assert wrong_fields(answer) == wrong
    assert held(answer, "title") == {**NEW, **changes}["title"]
    assert len(await list_agreements(CONSOLE)) == 1


async def test_no_areas_is_told_at_the_areas(officer: Client) -> None:
    answer = await officer.submit(
        "/agreements/new", **{**NEW, "area_youth": "", "new_title_sv_1": "", "new_summary_1": ""}
    )
    assert answer.status_code == 409
    assert 'id="f-areas"' in answer.text


async def test_more_rows_keep_what_was_typed(officer: Client) -> None:
    rows = {f"new_title_sv_{row}": f"Område {row}" for row in (1, 2)}
    answer = await officer.submit("/agreements/new", **{**NEW, **rows, "action": "rows"})
    assert answer.status_code == 200
    assert held(answer, "new_title_sv_2") == "Område 2"
    assert held(answer, "new_title_sv_3") == ""


async def test_a_summary_is_written_and_told_in_its_place(officer: Client) -> None:
    where = "/agreements/A-1/areas/youth"
    assert "ungdomsregion" in held(await officer.get(where), "summary_sv")
    answer = await officer.submit(where, summary_sv="Unga först.", reason="")
    assert (answer.status_code, wrong_fields(answer)) == (409, {"reason"})
    assert held(answer, "summary_sv") == "Unga först."
    answer = await officer.submit(where, summary_sv="Unga först.", reason="Enklare")
    assert answer.headers["location"] == "/agreements/A-1#youth"
    answer = await officer.get("/agreements/A-1")
    assert '<p class="prose" lang="sv">Unga först.</p>' in answer.text, "read in English, written in Swedish"
    assert (await officer.get("/agreements/A-1/areas/nothing")).status_code == 404


async def test_withdrawing(officer: Client) -> None:
    number = (await officer.submit("/agreements/new", **NEW)).headers["location"].rpartition("/")[2]
    assert (await officer.submit(f"/agreements/{number}/withdraw", reason="")).status_code == 400
    assert (await officer.submit(f"/agreements/{number}/withdraw", reason="Fel")).status_code == 303
    assert "registered by mistake" in shown(await officer.get(f"/agreements/{number}"))
    answer = await officer.submit("/agreements/A-1/withdraw", reason="Fel")
    assert answer.status_code == 409
    assert "the only agreement" in shown(answer)


async def test_the_files_hold_every_area(officer: Client) -> None:
    rows = csv_rows((await officer.get("/agreements.csv")).content)
    assert len(rows) == 11
    study = next(row for row in rows if row["area"] == "civil_society_study_associations")
    assert study["programmes"] == "RD-STUD, LK-STUD"
    assert "Ludvika kommun (212000-2270)" in study["parties"]
    assert len(xlsx_rows((await officer.get("/agreements.xlsx")).content)) == 12


async def test_the_api(clients: Clients, world: World) -> None:
    client = await clients.open()
    auditor = await browser(clients, world.auditor)
    listed = (await auditor.get("/api/v1/agreements")).json()
    assert (listed["total"], listed["next_cursor"]) == (1, None)
    shown_one = (await auditor.get("/api/v1/agreements/A-1")).json()
    assert listed["items"] == [shown_one]
    assert shown_one["parties"][0] == {
        "org_number": LUDVIKA, "name": "Ludvika kommun", "party": f"P-{world.kommun}",
    }  # fmt: skip
    study = next(area for area in shown_one["areas"] if area["code"] == "civil_society_study_associations")
    assert [programme["code"] for programme in study["programmes"]] == ["RD-STUD", "LK-STUD"]
    assert study["programmes"][0]["frame"] == "0.00", "no frame lies in the years of that agreement"
    assert (await auditor.get("/api/v1/agreements/A-7")).status_code == 404
    assert (await client.get("/api/v1/agreements")).status_code == 401
