"""Pages of parties over HTTP: the list and its files, the card, registering, changing and merging."""

import json
from datetime import timedelta

import pytest

from registry import trail
from registry.core.access import CONSOLE
from registry.database import fetch_row, fetch_value
from registry.parties.queries import get_party, list_versions
from registry.parties.schemas import PartyKind
from tests.browsing import browser, csv_rows, held, shown, wrong_fields, xlsx_rows
from tests.conftest import Client, Clients
from tests.factories import World, make_party

PERSON = "811218-9876"
NEW = {
    "name": "Ekomuseum (test)",
    "org_number": "879000-4249",
    "kind": "foundation",
    "municipality": "Smedjebacken",
    "language": "sv",
    "bankgiro": "5402-9681",
    "plusgiro": "28 65 43-4",
    "email": "post@example.se",
    "address": "Gatan 1\n771 30 Ludvika",
}


@pytest.fixture
async def officer(clients: Clients, world: World) -> Client:
    """The officer of the kommun."""
    return await browser(clients, world.officer)


@pytest.fixture
async def auditor(clients: Clients, world: World) -> Client:
    """The auditor."""
    return await browser(clients, world.auditor)


def today() -> str:
    return trail.today().isoformat()


async def test_the_list_finds_by_name_number_and_kind(officer: Client, world: World) -> None:
    await make_party("Ängens sällskap", kind=PartyKind.SOCIETY, number="879000-4249")
    everything = await officer.get("/parties")
    assert everything.status_code == 200
    assert "5 parties" in shown(everything)
    for query, found, missing in (
        ("q=ängens", "Ängens sällskap", "ABF Dalarna"),
        ("q=8790004249", "Ängens sällskap", "ABF Dalarna"),
        ("q=879000-42", "Ängens sällskap", "ABF Dalarna"),
        ("kind=study_association", "ABF Dalarna", "Ängens sällskap"),
        ("kind=kommun", "Ludvika kommun", "Region Dalarna"),
    ):
        text = shown(await officer.get(f"/parties?{query}"))
        assert found in text
        assert missing not in text
    assert "No party fits the filter" in shown(await officer.get("/parties?q=nothing+of+that+name"))
    assert (await officer.get("/parties?kind=club")).status_code == 400


async def test_a_person_is_never_found_or_shown_by_personal_number(officer: Client, auditor: Client) -> None:
    party_id = await make_party("Tolvan Tolvansson", kind=PartyKind.CREATOR, number=PERSON, bankgiro="5402-9681")
    for client in (officer, auditor):
        assert "No party fits" in shown(await client.get(f"/parties?q={PERSON}"))
        for path in ("/parties?q=tolvan", "/parties.csv?q=tolvan"):
            answer = await client.get(path)
            assert "Tolvan" in answer.text
            assert PERSON not in answer.text
            assert "9876" not in answer.text
    assert PERSON in (await officer.get(f"/parties/P-{party_id}")).text
    card = await auditor.get(f"/parties/P-{party_id}")
    assert PERSON not in card.text
    assert "5402-9681" not in card.text
    assert "9681" in card.text


async def test_the_files_hold_what_the_list_shows(officer: Client) -> None:
    await make_party("=SUM(A1)", kind=PartyKind.SOCIETY)
    answer = await officer.get("/parties.csv?kind=study_association&page=7")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = csv_rows(answer.content)
    assert [row["name"] for row in rows] == ["ABF Dalarna (test)", "Bilda Dalarna (test)"]
    assert rows[0]["org_number"].startswith("8099")
    table = xlsx_rows((await officer.get("/parties.xlsx?kind=study_association")).content)
    assert [row[1] for row in table[1:3]] == ["ABF Dalarna (test)", "Bilda Dalarna (test)"]
    assert "'=SUM(A1)" in (await officer.get("/parties.csv?q=sum")).text
    entry = await fetch_row("SELECT body FROM trail_entry WHERE action = 'parties:list:export' ORDER BY seq LIMIT 1")
    assert entry is not None
    note = json.loads(entry["body"])["note"]
    assert (note["question"], note["rows"], note["format"]) == ("kind=study_association", 2, "csv")


async def test_the_list_has_pages(officer: Client) -> None:
    for place in range(60):
        await make_party(f"Förening {place:02}", kind=PartyKind.ASSOCIATION)
    first = await officer.get("/parties?kind=association")
    assert "1–50 of 60" in shown(first)
    assert "51–60 of 60" in shown(await officer.get("/parties?kind=association&page=2"))
    assert "No party fits" in shown(await officer.get("/parties?kind=association&page=3"))


async def test_a_party_is_registered(officer: Client) -> None:
    answer = await officer.submit("/parties/new", **NEW, valid_from=today())
    assert answer.status_code == 303
    card = await officer.get(answer.headers["location"])
    text = shown(card)
    for one in ("Ekomuseum (test)", "879000-4249", "Smedjebacken", "5402-9681", "28 65 43-4", "post@example.se"):
        assert one in text
    action = await fetch_value("SELECT action FROM trail_entry ORDER BY seq DESC LIMIT 1")
    assert action == "parties:party:register"


async def test_every_wrong_field_is_named_and_nothing_typed_is_lost(officer: Client) -> None:
    wrong = {
        **NEW, "org_number": "879000-4248", "bankgiro": "5402-9682", "email": "nobody", "valid_from": today(),
    }  # fmt: skip
    answer = await officer.submit("/parties/new", **wrong)
    assert answer.status_code == 400
    assert wrong_fields(answer) == {"org_number", "bankgiro", "email"}
    for name in ("name", "org_number", "municipality", "bankgiro", "plusgiro", "email", "address", "valid_from"):
        assert held(answer, name) == wrong[name]
    empty = await officer.submit("/parties/new", name="", kind="club", language="de", valid_from="soon")
    assert wrong_fields(empty) == {"name", "org_number", "kind", "language", "valid_from"}
    long = await officer.submit("/parties/new", **{**NEW, "name": "x" * 201, "valid_from": today()})
    assert wrong_fields(long) == {"name"}
    assert await fetch_value("SELECT count(*) FROM party WHERE name LIKE 'Eko%'") == 0


async def test_a_number_is_registered_once(officer: Client) -> None:
    await officer.submit("/parties/new", **NEW, valid_from=today())
    again = await officer.submit("/parties/new", **NEW, valid_from=today())
    assert again.status_code == 409
    assert wrong_fields(again) == {"org_number"}


async def test_a_change_applies_from_a_day_and_keeps_what_was(officer: Client, world: World) -> None:
    path = f"/parties/P-{world.abf}"
    form = await officer.get(f"{path}/edit")
    assert 'name="bankgiro"' not in form.text, "accounts are changed by a request"
    fields = {name: held(form, name) for name in ("org_number", "municipality", "email", "address")}
    fields |= {"kind": "study_association", "language": "fi", "bankgiro": "991-2346", "name": "ABF i Dalarna"}
    answer = await officer.submit(f"{path}/edit", **fields, valid_from=today())
    assert answer.headers["location"] == path
    text = shown(await officer.get(path))
    assert "ABF i Dalarna" in text
    assert "ABF Dalarna (test)" in text
    assert "Suomi" in text
    versions = await list_versions(CONSOLE, world.abf, whole=True)
    assert [version.bankgiro for version in versions] == ["5402-9681", "5402-9681"]
    future = (trail.today() + timedelta(days=1)).isoformat()
    past = (trail.today() - timedelta(days=1)).isoformat()
    for day in (future, past):
        late = await officer.submit(f"{path}/edit", **fields, valid_from=day)
        assert late.status_code in (400, 409)
        assert wrong_fields(late) == {"valid_from"}


async def test_nothing_becomes_a_funder_by_a_change(officer: Client, world: World) -> None:
    form = await officer.get(f"/parties/P-{world.abf}/edit")
    assert 'value="kommun"' not in form.text
    fields = {"name": "ABF", "org_number": held(form, "org_number"), "kind": "kommun", "language": "sv"}
    answer = await officer.submit(f"/parties/P-{world.abf}/edit", **fields, valid_from=today())
    assert wrong_fields(answer) == {"kind"}


async def test_a_merger_links_both(officer: Client, world: World) -> None:
    path = f"/parties/P-{world.abf}/merge"
    assert "Bilda Dalarna (test)" in (await officer.get(path)).text
    fields = {"successor": f"Bilda Dalarna (test) (P-{world.bilda})", "merged_on": today()}
    unsure = await officer.submit(path, **fields)
    assert wrong_fields(unsure) == {"confirmed"}
    assert held(unsure, "successor") == fields["successor"]
    done = await officer.submit(path, **fields, confirmed="1")
    assert done.headers["location"] == f"/parties/P-{world.bilda}"
    assert (await get_party(CONSOLE, world.abf)).successor_id == world.bilda
    assert "Part of Bilda Dalarna (test)" in shown(await officer.get(f"/parties/P-{world.abf}"))
    assert "Has taken over ABF Dalarna (test)" in shown(await officer.get(f"/parties/P-{world.bilda}"))
    for gone in ("edit", "merge"):
        assert (await officer.get(f"/parties/P-{world.abf}/{gone}")).status_code == 409


async def test_a_merger_that_can_t_be_is_refused(officer: Client, world: World) -> None:
    path = f"/parties/P-{world.abf}/merge"
    for successor in (f"P-{world.abf}", "P-999999", "nobody", "", PERSON):
        answer = await officer.submit(path, successor=successor, merged_on=today(), confirmed="1")
        assert wrong_fields(answer) == {"successor"}
        assert answer.status_code == 400
    future = (trail.today() + timedelta(days=1)).isoformat()
    answer = await officer.submit(path, successor=f"P-{world.bilda}", merged_on=future, confirmed="1")
    assert wrong_fields(answer) == {"merged_on"}
    funder = await officer.submit(
        f"/parties/P-{world.region}/merge", successor=f"P-{world.bilda}", merged_on=today(), confirmed="1"
    )
    assert funder.status_code == 409
    assert "can't be merged" in shown(funder)
    assert (await officer.get(f"/parties/P-{world.region}/merge")).status_code == 409
    assert await fetch_value("SELECT count(*) FROM party WHERE successor_id IS NOT NULL") == 0


@pytest.mark.parametrize("number", ["P-0", "P-999999", "P-9999999999999999999", "17", "x", "809901-0103"])
async def test_an_unknown_number_is_not_found(officer: Client, number: str) -> None:
    for path in (f"/parties/{number}", f"/parties/{number}/edit", f"/parties/{number}/merge"):
        assert (await officer.get(path)).status_code == 404


async def test_others_read_or_not_at_all(clients: Clients, world: World, auditor: Client) -> None:
    card = await auditor.get(f"/parties/P-{world.abf}")
    assert card.status_code == 200
    assert "/edit" not in card.text
    for path in ("/parties/new", f"/parties/P-{world.abf}/edit", f"/parties/P-{world.abf}/merge"):
        assert (await auditor.get(path)).status_code == 403
        assert (await auditor.submit(path, **NEW, valid_from=today())).status_code == 403
    association = await browser(clients, world.abf_user)
    for path in ("/parties", "/parties.csv", f"/parties/P-{world.abf}", f"/parties/P-{world.bilda}"):
        assert (await association.get(path)).status_code == 403
    visitor = await browser(clients)
    assert (await visitor.get("/parties")).headers["location"].startswith("/login")


async def test_a_form_without_its_token_is_refused(officer: Client) -> None:
    answer = await officer.post("/parties/new", data={**NEW, "valid_from": today()})
    assert answer.status_code == 403
    assert await fetch_value("SELECT count(*) FROM party WHERE name LIKE 'Eko%'") == 0
