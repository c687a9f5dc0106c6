"""Pages of programmes over HTTP: the frames of a year, the card, registering, changing, and setting a frame."""

import pytest

from registry import trail
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.database import fetch_row, fetch_value
from registry.programmes.queries import get_programme
from registry.programmes.service import set_frame
from tests.browsing import browser, csv_rows, held, shown, wrong_fields, xlsx_rows
from tests.conftest import Client, Clients
from tests.factories import LUDVIKA, World, make_grant, make_payment

NEW = {"code": "LK-NY", "title": "Nytt bidrag", "kind": "general", "account": "4510"}


@pytest.fixture
async def officer(clients: Clients, world: World) -> Client:
    """The officer of the kommun."""
    return await browser(clients, world.officer)


async def test_the_list_shows_the_frames_of_a_year(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=950_000_00)
    await make_payment(grant, amount=400_000_50, voucher="V-1")
    text = shown(await officer.get("/programmes?year=2025"))
    assert "LK-STUD" in text
    assert "RD-STUD" in text
    assert "1,000,000.00 950,000.00 0.00 50,000.00" in text
    assert text.index("Ludvika kommun Programme") < text.index("Region Dalarna Programme")
    only = shown(await officer.get(f"/programmes?year=2025&funder={LUDVIKA}"))
    assert "RD-STUD" not in only
    assert "Set the frame for 2030" in shown(await officer.get("/programmes?year=2030"))
    for year in ("25", "x", "1900", "99999"):
        assert (await officer.get(f"/programmes?year={year}")).status_code == 400
    assert "2026" in shown(await officer.get("/programmes"))


async def test_each_figure_leads_to_its_decisions(officer: Client, world: World) -> None:
    number = await make_grant(world.programme, world.abf, amount=950_000_00)
    await make_grant(world.region_programme, world.abf)
    answer = await officer.get(f"/programmes/{world.programme}")
    href = "/grants?programme=212000-2270%3ALK-STUD&amp;year=2025"
    assert href in answer.text
    grants = shown(await officer.get(href.replace("&amp;", "&")))
    assert "1 grant" in grants
    assert number in grants


async def test_the_files_hold_what_the_list_shows(officer: Client, world: World) -> None:
    await make_grant(world.programme, world.abf, amount=950_000_01)
    rows = csv_rows((await officer.get(f"/programmes.csv?year=2025&funder={LUDVIKA}")).content)
    assert len(rows) == 1
    assert (rows[0]["frame"], rows[0]["decided"], rows[0]["paid"], rows[0]["left"]) == (
        "1000000.00", "950000.01", "0.00", "49999.99",
    )  # fmt: skip
    table = xlsx_rows((await officer.get("/programmes.xlsx?year=2025")).content)
    assert [row[0] for row in table] == ["Code", "RD-STUD", "LK-STUD", "Total"]
    assert [row[10] for row in table[1:]] == [0, 950_000.01, 950_000.01]
    assert csv_rows((await officer.get("/programmes.csv?year=2030")).content) == []
    assert await fetch_value("SELECT count(*) FROM trail_entry WHERE action = 'programmes:list:export'") == 3


async def test_a_programme_is_registered_with_its_first_frame(officer: Client, world: World) -> None:
    area = str(await fetch_value("SELECT id FROM priority_area WHERE code = 'libraries'"))
    answer = await officer.submit("/programmes/new", **NEW, area=area, inside_ksm="1", year="2026", frame="120 000,50")
    assert answer.status_code == 303
    programme = await get_programme(CONSOLE, int(answer.headers["location"].rpartition("/")[2]))
    assert (programme.funder_id, programme.area_code, programme.inside_ksm) == (world.kommun, "libraries", True)
    assert [(frame.year, frame.amount_ore) for frame in programme.frames] == [(2026, 12_000_050)]
    assert "Nytt bidrag" in shown(await officer.get(answer.headers["location"]))


async def test_every_wrong_field_is_named_and_nothing_typed_is_lost(officer: Client) -> None:
    answer = await officer.submit(
        "/programmes/new", code="LK NY", title="", kind="odd", area="99", account="x" * 31, year="26", frame="1.2.3"
    )
    assert answer.status_code == 400
    assert wrong_fields(answer) == {"code", "title", "kind", "area", "account", "year", "frame"}
    assert held(answer, "code") == "LK NY"
    assert held(answer, "frame") == "1.2.3"
    taken = await officer.submit("/programmes/new", **{**NEW, "code": "LK-STUD"})
    assert taken.status_code == 409
    assert wrong_fields(taken) == {"code"}
    negative = await officer.submit("/programmes/new", **NEW, year="2026", frame="-1")
    assert wrong_fields(negative) == {"frame"}
    assert await fetch_value("SELECT count(*) FROM programme") == 2


async def test_a_programme_is_changed(officer: Client, world: World) -> None:
    path = f"/programmes/{world.programme}/edit"
    assert held(await officer.get(path), "code") == "LK-STUD"
    answer = await officer.submit(path, code="LK-STUD", title="Nytt namn", kind="study_associations")
    assert answer.status_code == 303
    programme = await get_programme(CONSOLE, world.programme)
    assert (programme.title, programme.area_id, programme.frames[0].amount_ore) == ("Nytt namn", None, 100_000_000)
    empty = await officer.submit(path, code="", title="Nytt namn", kind="general")
    assert wrong_fields(empty) == {"code"}
    assert held(empty, "title") == "Nytt namn"


async def test_a_frame_is_set_with_a_reason(officer: Client, world: World) -> None:
    await make_grant(world.programme, world.abf, amount=500_000_00)
    path = f"/programmes/{world.programme}/frames"
    assert held(await officer.get(f"{path}?year=2025"), "frame") == "1000000"
    silent = await officer.submit(path, year="2025", frame="1 100 000")
    assert wrong_fields(silent) == {"reason"}
    assert held(silent, "frame") == "1 100 000"
    low = await officer.submit(path, year="2025", frame="499999,99", reason="Besparing")
    assert low.status_code == 409
    assert wrong_fields(low) == {"frame"}
    assert "500,000.00 kr has already been decided" in shown(low)
    done = await officer.submit(path, year="2025", frame="500000", reason="Besparing")
    assert done.status_code == 303
    row = await fetch_row(
        "SELECT amount_ore FROM budget_frame WHERE programme_id = $1 AND year = 2025", world.programme
    )
    assert row is not None
    assert row["amount_ore"] == 50_000_000
    new_year = await officer.submit(path, year="2027", frame="1")
    assert new_year.status_code == 303
    for year, frame in (("", "1"), ("1900", "1"), ("2025", ""), ("2025", "x"), ("2025", "-1")):
        assert (await officer.submit(path, year=year, frame=frame, reason="x")).status_code in (400, 409)


async def test_officers_write_for_their_own_funder_only(clients: Clients, world: World) -> None:
    other = await browser(clients, world.region_officer)
    path = f"/programmes/{world.programme}"
    assert "/frames" not in (await other.get(path)).text
    for action in ("edit", "frames"):
        assert (await other.get(f"{path}/{action}")).status_code == 403
        answer = await other.submit(f"{path}/{action}", **NEW, year="2025", frame="1", reason="x")
        assert answer.status_code == 403
    made = await other.submit("/programmes/new", **NEW)
    programme = await get_programme(CONSOLE, int(made.headers["location"].rpartition("/")[2]))
    assert programme.funder_id == world.region


async def test_others_read_or_not_at_all(clients: Clients, world: World) -> None:
    auditor = await browser(clients, world.auditor)
    assert (await auditor.get("/programmes")).status_code == 200
    assert (await auditor.get("/programmes.csv")).status_code == 200
    for path in ("/programmes/new", f"/programmes/{world.programme}/edit", f"/programmes/{world.programme}/frames"):
        assert (await auditor.get(path)).status_code == 403
        assert (await auditor.submit(path, **NEW)).status_code == 403
    for user_id in (world.abf_user, world.admin):
        client = await browser(clients, user_id)
        for path in ("/programmes", f"/programmes/{world.programme}"):
            assert (await client.get(path)).status_code == 403


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999", "x"])
async def test_an_unknown_programme_is_not_found(officer: Client, number: str) -> None:
    for path in (f"/programmes/{number}", f"/programmes/{number}/edit", f"/programmes/{number}/frames"):
        assert (await officer.get(path)).status_code == 404


async def test_a_year_without_frames_is_not_an_error(clients: Clients, db: None) -> None:
    del db
    assert trail.today().year >= 2026
    assert await fetch_value("SELECT count(*) FROM programme") == 0
    visitor = await browser(clients)
    assert (await visitor.get("/programmes")).status_code == 303


async def test_the_latest_year_is_shown_when_this_year_has_no_frame(officer: Client, world: World) -> None:
    latest = trail.today().year + 1
    await set_frame(CONSOLE, world.programme, latest, Money(100))
    assert f"Programmes {trail.today().year}" in shown(await officer.get("/programmes"))
    assert str(latest) in shown(await officer.get("/programmes"))
