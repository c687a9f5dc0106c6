"""Pages of funders over HTTP: the terms, and closing a year for good."""

from datetime import date

import pytest

from registry import trail
from registry.core.access import CONSOLE
from registry.funders.queries import get_terms, list_open_years
from registry.funders.service import close_year
from registry.payments.service import attest_payment
from tests.browsing import browser, held, shown, wrong_fields
from tests.conftest import Client, Clients
from tests.factories import World, make_grant, make_payment


@pytest.fixture
async def officer(clients: Clients, world: World) -> Client:
    """The officer of the kommun."""
    return await browser(clients, world.officer)


async def test_the_list_shows_both_funders(officer: Client) -> None:
    text = shown(await officer.get("/funders"))
    assert "Ludvika kommun" in text
    assert "Region Dalarna" in text
    assert "for every payment" in text


async def test_the_terms_are_set(officer: Client, world: World) -> None:
    path = f"/funders/P-{world.kommun}"
    answer = await officer.submit(path, attest_from="50 000,50", accent="#AABBCC", contact="Kulturenheten\n0240-1")
    assert answer.headers["location"] == path
    terms = await get_terms(CONSOLE, world.kommun)
    assert (terms.attest_from_ore, terms.accent, terms.contact) == (5_000_050, "#aabbcc", "Kulturenheten\n0240-1")
    page = await officer.get(path)
    assert held(page, "attest_from") == "50000,50"
    assert "from 50,000.50 kr" in shown(await officer.get("/funders"))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"attest_from": "", "accent": "#000000"}, {"attest_from"}),
        ({"attest_from": "x", "accent": "#000000"}, {"attest_from"}),
        ({"attest_from": "-1", "accent": "#000000"}, {"attest_from"}),
        ({"attest_from": "1", "accent": "red"}, {"accent"}),
        ({"attest_from": "1", "accent": "#000000", "contact": "x" * 1001}, {"contact"}),
    ],
)
async def test_wrong_terms_are_named_and_kept(
    officer: Client, world: World, fields: dict[str, str], wrong: set[str]
) -> None:
    answer = await officer.submit(f"/funders/P-{world.kommun}", **fields)
    assert answer.status_code in (400, 409)
    assert wrong_fields(answer) == wrong
    assert held(answer, "attest_from") == fields["attest_from"]
    assert (await get_terms(CONSOLE, world.kommun)).attest_from_ore == 0


async def test_open_and_closed_years_lead_to_their_checklists(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf, decided_on=date(2025, 2, 3))
    await make_grant(world.programme, world.abf, decided_on=date(trail.today().year, 1, 2))
    waiting = await make_payment(grant, paid_on=date(2025, 4, 30))
    path = f"/funders/P-{world.kommun}"
    assert [(one.year, one.waiting) for one in await list_open_years(CONSOLE, world.kommun)] == [(2025, 1)]
    page = await officer.get(path)
    assert "1 payment waits for attest" in shown(page)
    assert f'href="{path}/years/2025"' in page.text
    assert f'href="{path}/years/{trail.today().year}"' not in page.text
    await attest_payment(await world.scope("colleague"), waiting)
    assert "Checklist and closing figures" in shown(await officer.get(path))
    await close_year(await world.scope("officer"), world.kommun, 2025)
    page = await officer.get(path)
    assert "2025 closed" in shown(page)
    assert f'href="{path}/years/2025"' in page.text
    assert "There is no earlier year to close." in shown(page)


async def test_only_the_own_funder_is_set(clients: Clients, world: World) -> None:
    other = await browser(clients, world.region_officer)
    path = f"/funders/P-{world.kommun}"
    page = await other.get(path)
    assert page.status_code == 200
    assert "Only the funder's own officers" in shown(page)
    assert (await other.submit(path, attest_from="1", accent="#000000")).status_code == 403
    assert (await other.submit(f"{path}/years/2025/close", confirmed="1")).status_code == 403
    auditor = await browser(clients, world.auditor)
    assert (await auditor.get(path)).status_code == 200
    assert (await auditor.submit(path, attest_from="1", accent="#000000")).status_code == 403
    for user_id in (world.abf_user, world.admin):
        client = await browser(clients, user_id)
        assert (await client.get("/funders")).status_code == 403
    assert (await get_terms(CONSOLE, world.kommun)).attest_from_ore == 0


async def test_a_party_that_is_no_funder_is_not_found(officer: Client, world: World) -> None:
    for number in (f"P-{world.abf}", "P-0", "P-9999999999999999999", "x"):
        assert (await officer.get(f"/funders/{number}")).status_code == 404
