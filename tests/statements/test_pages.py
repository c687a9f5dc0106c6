"""Pages of statements as people see them, and what nobody sees of another's."""

import re
from datetime import date

import pytest

from registry import trail
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import amend_grant
from registry.parties.schemas import PartyKind
from registry.parties.service import merge_parties
from registry.payments.service import attest_payment, reverse_payment
from registry.statements.service import issue_statement
from tests.conftest import Client, Clients
from tests.factories import World, make_grant, make_party, make_payment

PDF = "application/pdf"


@pytest.fixture
async def grant(world: World) -> str:
    """A grant of 195 999.00 to the first association with one payment of 97 999.00, attested."""
    number = await make_grant(world.programme, world.abf, amount=195_999_00)
    payment = await make_payment(number, amount=97_999_00, scope=await world.scope("officer"))
    await attest_payment(await world.scope("colleague"), payment)
    return number


def plain(text: str) -> str:
    """A page's text on one line, with ordinary spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " "))


@pytest.mark.parametrize("name", ["officer", "region_officer", "auditor"])
async def test_officers_and_auditors_list_every_recipient(
    world: World, clients: Clients, grant: str, name: str
) -> None:
    client = await clients.open(getattr(world, name))
    answer = await client.get("/statements?year=2025")
    assert answer.status_code == 200
    text = plain(answer.text)
    assert "ABF Dalarna (test)" in text
    assert "195 999,00" in text
    assert f'href="/statements/2025?party=P-{world.abf}"' in answer.text
    assert f'href="/statements/2025.pdf?party=P-{world.abf}"' in answer.text
    assert "ABF" not in (await client.get("/statements?year=2025&q=bilda")).text
    assert "ABF" in (await client.get("/statements?year=2025&kind=study_association&sort=-paid")).text
    assert (await client.get("/statements?year=abc&page=9999&sort=x&kind=%00")).status_code == 200


async def test_an_association_sees_its_own_years(world: World, clients: Clients, grant: str) -> None:
    client = await clients.open(world.abf_user)
    text = plain((await client.get("/statements")).text)
    assert "2025" in text
    assert "97 999,00" in text
    other = await clients.open(world.bilda_user)
    assert "195 999" not in plain((await other.get("/statements")).text)


async def test_a_year_is_the_same_figures_as_the_pdf(world: World, clients: Clients, grant: str) -> None:
    client = await clients.open(world.abf_user)
    answer = await client.get("/statements/2025")
    text = plain(answer.text)
    assert answer.status_code == 200
    for expected in ("ABF Dalarna (test)", "195 999,00", "97 999,00", "98 000,00", grant, "U-1", "BG ••••-9681"):
        assert expected in text
    for language in ("sv", "fi", "en"):
        assert f"/statements/2025.pdf?party=P-{world.abf}&amp;language={language}" in answer.text
    assert "<svg" in answer.text
    assert "style=" not in answer.text
    named = await client.get(f"/statements/2025?party=P-{world.abf}")
    assert named.text.replace(f'/statements/2025?party=P-{world.abf}">', '/statements/2025">') == answer.text
    empty = await client.get("/statements/2019")
    assert empty.status_code == 200
    assert ".pdf" not in empty.text


async def test_a_year_shows_amendments_reversals_and_what_is_coming(world: World, clients: Clients, grant: str) -> None:
    details = AmendmentDetails(
        kind=AmendmentKind.DECREASE,
        amount_ore=Money(8_000_00),
        decided_on=date(2025, 6, 3),
        decider="Nämnden",
        reason="Färre cirklar",
    )
    await amend_grant(CONSOLE, grant, details, key="less")
    await reverse_payment(await world.scope("officer"), "U-1", reason="Retur från banken", reversed_on=date(2025, 5, 2))
    await make_payment(grant, amount=5_000_00, scope=await world.scope("officer"))
    text = plain((await (await clients.open(world.auditor)).get(f"/statements/2025?party=P-{world.abf}")).text)
    for expected in ("Färre cirklar", "8 000,00", "Retur från banken", "−97 999,00", "5 000,00", "182 999,00"):
        assert expected in text


async def test_anothers_statement_answers_like_a_missing_one(world: World, clients: Clients, grant: str) -> None:
    client = await clients.open(world.bilda_user)
    for path in ("/statements/2025", "/statements/2025.pdf"):
        other = await client.get(f"{path}?party=P-{world.abf}")
        missing = await client.get(f"{path}?party=P-{world.abf + 9000}")
        assert other.status_code == missing.status_code == 404
        assert other.text.replace(f"P-{world.abf}", "X") == missing.text.replace(f"P-{world.abf + 9000}", "X")


@pytest.mark.parametrize("path", ["/statements", "/statements/2025", "/statements/2025.pdf"])
async def test_nobody_and_administrators_see_none(world: World, clients: Clients, path: str) -> None:
    assert (await (await clients.open()).get(path)).status_code == 303
    assert (await (await clients.open(world.admin)).get(path)).status_code == 403


async def test_the_pdf_is_the_stored_file(world: World, clients: Clients, grant: str) -> None:
    client = await clients.open(world.abf_user)
    first = await client.get("/statements/2025.pdf")
    assert first.status_code == 200
    assert first.headers["content-type"] == PDF
    assert first.content.startswith(b"%PDF-")
    assert f"statement-2025-P{world.abf}-sv.pdf" in first.headers["content-disposition"]
    auditor = await clients.open(world.auditor)
    again = await auditor.get(f"/statements/2025.pdf?party=P-{world.abf}")
    assert again.content == first.content
    kept = await client.get("/statements/2025.pdf", headers={"if-none-match": first.headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    assert "SV-1" in (await client.get("/statements/2025")).text


async def test_an_issued_version_is_shown_and_sent_as_it_was(world: World, clients: Clients, grant: str) -> None:
    client = await clients.open(world.abf_user)
    first = await client.get("/statements/2025.pdf")
    payment = await make_payment(grant, amount=12_345_00, scope=await world.scope("officer"))
    await attest_payment(await world.scope("colleague"), payment)
    changed = plain((await client.get("/statements/2025")).text)
    assert "utbetalning U-2 på 12 345,00 kr tillkom" in changed
    await client.get("/statements/2025.pdf")
    here = f"party=P-{world.abf}&language=sv&version"
    old = await client.get(f"/statements/2025?{here}=1")
    assert "Version 1" in old.text
    assert "12 345,00" not in plain(old.text)
    assert "12 345,00" in plain((await client.get(f"/statements/2025?{here}=2")).text)
    assert (await client.get(f"/statements/2025.pdf?{here}=1")).content == first.content
    for version in ("3", "x", "-1", "9" * 30):
        assert (await client.get(f"/statements/2025?{here}={version}")).status_code == 404
        assert (await client.get(f"/statements/2025.pdf?{here}={version}")).status_code == 404
    other = await clients.open(world.bilda_user)
    assert (await other.get(f"/statements/2025.pdf?{here}=1")).status_code == 404


async def test_wrong_addresses_say_what_is_wrong(world: World, clients: Clients, grant: str) -> None:
    client = await clients.open(world.auditor)
    sent_on = await client.get("/statements/2025")
    assert (sent_on.status_code, sent_on.headers["location"]) == (303, "/statements?year=2025")
    for path, status in (
        ("/statements/2025.xlsx?party=P-3", 404),
        ("/statements/25?party=P-3", 404),
        ("/statements/2025?party=811228-9874", 404),
        ("/statements/2025?party=hej", 404),
        (f"/statements/2099?party=P-{world.abf}", 404),
        (f"/statements/2025.pdf?party=P-{world.abf}&language=de", 400),
        (f"/statements/2025.pdf?party=P-{world.kommun}", 404),
    ):
        answer = await client.get(path)
        assert (path, answer.status_code) == (path, status)
        assert "811228" not in answer.text


async def test_a_successor_opens_the_years_of_those_merged_into_it(world: World, clients: Clients, grant: str) -> None:
    await merge_parties(CONSOLE, world.abf, world.bilda, merged_on=date(2026, 1, 1))
    client = await clients.open(world.bilda_user)
    index = await client.get("/statements")
    assert "ABF Dalarna (test)" in index.text
    page = await client.get(f"/statements/2025?party=P-{world.abf}")
    assert page.status_code == 200
    assert f"party=P-{world.bilda}" in page.text
    before = await (await clients.open(world.abf_user)).get(f"/statements/2025?party=P-{world.bilda}")
    assert before.status_code == 404


async def verify_text(client: Client, code: str) -> tuple[int, str]:
    """Status and text of the public check."""
    answer = await client.get(f"/verify/{code}")
    return answer.status_code, plain(answer.text)


async def test_anyone_with_a_code_sees_four_things(world: World, clients: Clients, grant: str) -> None:
    scope = await world.scope("abf_user")
    first = (await issue_statement(scope, world.abf, 2025, "sv", base_url="https://b.example.se")).issue
    nobody = await clients.open()
    status, text = await verify_text(nobody, first.code.lower().replace("-", " "))
    assert status == 200
    for expected in (first.number, first.issued_on.isoformat(), "97 999,00"):
        assert expected in text
    for secret in ("ABF", "Ludvika", grant, "U-1", "195 999"):
        assert secret not in text
    await make_payment(grant, amount=1_00, scope=await world.scope("officer"))
    second = (await issue_statement(scope, world.abf, 2025, "sv", base_url="https://b.example.se")).issue
    assert (await verify_text(nobody, first.code))[1] != text
    assert "is-warning" in (await nobody.get(f"/verify/{first.code}")).text
    assert "is-warning" not in (await nobody.get(f"/verify/{second.code}")).text


async def test_an_unknown_code_is_told_and_may_be_typed_again(clients: Clients) -> None:
    nobody = await clients.open()
    assert (await nobody.get("/verify")).status_code == 200
    sent_on = await nobody.get("/verify?code=abcd%20efgh")
    assert (sent_on.status_code, sent_on.headers["location"]) == (303, "/verify/ABCD-EFGH")
    status, text = await verify_text(nobody, "ABCD-EFGH")
    assert status == 404
    assert 'value="ABCD-EFGH"' in (await nobody.get("/verify/abcdefgh")).text
    for odd in ("%00", "%27%3B--", "å" * 300, "%2e%2e"):
        assert (await nobody.get(f"/verify/{odd}")).status_code in (303, 404)
    assert "ABF" not in text


async def test_a_creators_page_names_no_personal_number(world: World, clients: Clients) -> None:
    creator = await make_party("Konstnär Exempel", kind=PartyKind.CREATOR, number="811228-9874")
    await make_grant(world.programme, creator)
    client = await clients.open(world.auditor)
    index = await client.get("/statements?year=2025")
    assert f"P-{creator}" in index.text
    page = await client.get(f"/statements/2025?party=P-{creator}")
    assert "811228" not in index.text + page.text


async def test_the_year_that_runs_is_told_as_it_is_now(
    world: World, clients: Clients, grant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "today", lambda: date(2025, 9, 1))
    client = await clients.open(world.abf_user)
    during = await client.get("/statements/2025")
    monkeypatch.setattr(trail, "today", lambda: date(2026, 1, 1))
    after = await client.get("/statements/2025")
    assert "31 december" not in plain(during.text).lower().replace("31 decembers", "")
    assert "31 december" in plain(after.text).lower()
