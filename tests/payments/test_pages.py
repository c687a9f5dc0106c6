"""Pages of payments over HTTP: list and files, registering safely, four eyes, reversing, and who sees what."""

import asyncio
import csv
import hashlib
import io
import re
from datetime import date, timedelta
from html import unescape

import pytest
from httpx import Response
from openpyxl import load_workbook

from registry import trail
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.database import fetch_value
from registry.grants.queries import get_grant
from registry.parties.schemas import PartyKind
from registry.payments.queries import get_payment
from registry.payments.schemas import PaymentStatus
from registry.payments.service import attest_payment, reverse_payment
from tests.conftest import Client, Clients
from tests.factories import LUDVIKA, World, make_grant, make_party, make_payment

PERSON = "811218-9876"


async def browser(clients: Clients, user_id: int) -> Client:
    """A browser that reads English, whose texts are the ones in the code."""
    client = await clients.open(user_id)
    client.cookies.set("language", "en")
    return client


@pytest.fixture
async def officer(clients: Clients, world: World) -> Client:
    """The officer of the kommun."""
    return await browser(clients, world.officer)


def shown(answer: Response) -> str:
    """A page's text, with plain spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).replace("\u00a0", " ").split())


def field(answer: Response, name: str) -> str:
    """The value that an input of the page holds."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', answer.text)
    assert found is not None, name
    return unescape(found[1])


def rows_of(data: bytes) -> list[dict[str, str]]:
    """The data rows of a CSV file, without its closing lines."""
    rows = list(csv.DictReader(io.StringIO(data.decode()), delimiter=";"))
    return [row for row in rows if not next(iter(row.values())).startswith("# ")]


def numbers_of(answer: Response) -> list[str]:
    """The payments that a list shows, in order."""
    return re.findall(r'<th scope="row"[^>]*><a href="/payments/(U-[0-9]+)"', answer.text)


async def test_every_filter_narrows_the_list_and_its_files_alike(officer: Client, world: World) -> None:
    kommun = await make_grant(world.programme, world.abf, decided_on=date(2024, 2, 1))
    region = await make_grant(world.region_programme, world.bilda)
    colleague = await world.scope("colleague")
    first = await make_payment(kommun, amount=1_000_050, paid_on=date(2024, 3, 31), voucher="24-1", scope=colleague)
    second = await make_payment(kommun, amount=2_000_000, paid_on=date(2025, 1, 31), scope=colleague)
    third = await make_payment(region, amount=500_000, paid_on=date(2025, 6, 30))
    fourth = await make_payment(region, amount=700_000, paid_on=date(2025, 7, 31))
    me = await world.scope("officer")
    await attest_payment(me, first)
    await reverse_payment(me, second, reason="Fel", reversed_on=date(2025, 2, 1))
    everything = [first, second, third, fourth]
    cases = {
        "": everything,
        f"funder={LUDVIKA}": [first, second],
        "programme=RD-STUD": [third, fourth],
        "recipient=abf": [first, second],
        f"recipient=P-{world.bilda}": [third, fourth],
        f"grant={kommun}": [first, second],
        "from=2025-01-01&to=2025-06-30": [second, third],
        "year=2024": [first],
        "budget_year=2024": [first, second],
        "area=civil_society_study_associations": everything,
        "area=none": [],
        "kind=creators": [],
        "status=paid": [first],
        "status=waiting": [third, fourth],
        "status=cancelled": [second],
        "status=reversed": [],
        "voucher=24-1": [first],
        "known_at=2020-01-01": [],
        f"known_at={trail.today()}": everything,
    }
    for query, wanted in cases.items():
        listed = numbers_of(await officer.get(f"/payments?sort=number&{query}"))
        assert listed == wanted, query
        filed = rows_of((await officer.get(f"/payments.csv?sort=number&{query}")).content)
        assert [row["payment"] for row in filed] == wanted, query
    assert "4 payments, together 42,000.50 kr" in shown(await officer.get("/payments"))
    assert numbers_of(await officer.get("/payments?sort=-amount")) == [second, first, fourth, third]


async def test_as_known_on_a_moment_later_attests_and_reversals_are_left_out(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    payment = await make_payment(grant, scope=await world.scope("colleague"))
    moment = trail.now()
    await attest_payment(await world.scope("officer"), payment)
    await reverse_payment(await world.scope("officer"), payment, reason="Fel", reversed_on=date(2025, 4, 1))
    known = moment.isoformat().replace("+00:00", "Z")
    assert numbers_of(await officer.get(f"/payments?status=waiting&known_at={known}")) == [payment]
    assert numbers_of(await officer.get(f"/payments?status=reversed&known_at={known}")) == []
    row = rows_of((await officer.get(f"/payments.csv?known_at={known}")).content)[0]
    assert (row["status"], row["attested_at"], row["reversed_on"]) == ("waiting", "", "")
    now = rows_of((await officer.get("/payments.csv")).content)[0]
    assert (now["status"], now["reversed_on"], now["reversal_reason"]) == ("reversed", "2025-04-01", "Fel")


@pytest.mark.parametrize("query", ["status=odd", "from=x", "grant=B-0", "known_at=x", "kind=x", "cursor=x", "funder=2"])
async def test_a_filter_that_means_nothing_is_refused(officer: Client, query: str) -> None:
    answer = await officer.get(f"/payments?{query}")
    assert answer.status_code == 400
    assert "can't be filtered like that" in shown(answer)
    if not query.startswith("cursor"):
        assert (await officer.get(f"/payments.csv?{query}")).status_code == 400


async def test_pages_follow_each_other_and_lead_back(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    made = [await make_payment(grant, amount=100 + number) for number in range(51)]
    first = await officer.get("/payments?sort=number")
    assert numbers_of(first) == made[:50]
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = await officer.get(unescape(following[1]))
    assert numbers_of(second) == made[50:]
    back = re.search(r'rel="prev" href="([^"]+)"', second.text)
    assert back is not None
    assert numbers_of(await officer.get(unescape(back[1]))) == made[:50]


async def test_the_csv_proves_itself_and_runs_nothing(officer: Client, world: World) -> None:
    person = await make_party('=Frida; "F"', kind=PartyKind.CREATOR, number=PERSON)
    grant = await make_grant(world.programme, person, dnr="+46")
    payment = await make_payment(grant, amount=1_250_000, voucher="@SUM(1)")
    await reverse_payment(CONSOLE, payment, reason="Fel;\r\n=1+1", reversed_on=date(2025, 4, 1))
    data = (await officer.get("/payments.csv")).content
    row = rows_of(data)[0]
    assert PERSON.encode() not in data
    assert row["recipient"] == "••••••-••••"
    assert (row["recipient_name"], row["dnr"], row["voucher"]) == ('\'=Frida; "F"', "'+46", "'@SUM(1)")
    assert (row["amount"], row["paid_on"], row["status"]) == ("12500.00", "2025-03-31", "cancelled")
    assert row["reversal_reason"] == "Fel;  =1+1"
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", row["recorded_at"])
    lines = data.split(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert hashlib.sha256(b"\r\n".join([*lines[:-2], b""])).hexdigest().encode() in lines[-2]
    assert b"# rows;1" in data
    assert b";12500.00;" in next(line for line in lines if line.startswith(b"# total"))


async def test_the_spreadsheet_holds_the_same_rows_as_numbers_and_dates(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    payment = await make_payment(grant, amount=1_250_050, voucher="=1+1", instalment=1)
    answer = await officer.get("/payments.xlsx")
    cells = [list(row) for row in load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True)]
    row = dict(zip(cells[0], cells[1], strict=True))
    assert row["Payment"] == payment
    assert row["Amount"] == 12500.5
    assert row["Voucher"] == "=1+1"
    assert row["Instalment"] == 1
    assert str(row["Paid on"]).startswith("2025-03-31")
    assert row["Status"] == "waiting for attest"
    assert 12500.5 in cells[2]


async def test_an_export_is_told_in_the_trail(officer: Client, world: World) -> None:
    answer = await officer.get(f"/payments.csv?funder={LUDVIKA}")
    body = await fetch_value(
        "SELECT convert_from(body, 'UTF8') FROM trail_entry WHERE action = 'payments:list:export' AND actor = $1",
        f"user:{world.officer}",
    )
    assert hashlib.sha256(answer.content).hexdigest() in body
    assert LUDVIKA in body


async def test_a_payment_is_registered_from_its_instalment(officer: Client, world: World) -> None:
    grant = await make_grant(
        world.programme, world.abf, amount=5_000_050,
        instalments=((date(2025, 3, 31), 2_000_000), (date(2025, 9, 30), 3_000_050)),
    )  # fmt: skip
    choose = await officer.get("/payments/new")
    assert f'href="/payments/new?grant={grant}&amp;instalment=2"' in choose.text
    chosen = await officer.submit("/payments/choose", grant=f"{grant} – ABF Dalarna (test), KUN 2025/1")
    assert chosen.headers["location"] == f"/payments/new?grant={grant}&instalment=1", "no name in the address"
    unknown = await officer.submit("/payments/choose", grant="ABF")
    assert (unknown.status_code, field(unknown, "grant")) == (404, "ABF")
    form = await officer.get(f"/payments/new?grant={grant}&instalment=2")
    assert field(form, "amount") == "30000,50"
    assert field(form, "paid_on") == trail.today().isoformat()
    assert re.search(r'<option value="2" selected data-remaining-ore="3000050"', form.text)
    typed = {
        "grant": grant, "instalment": "2", "amount": field(form, "amount"), "paid_on": "2025-09-30",
        "voucher": "25-9", "reference": "del 2", "idempotency_key": field(form, "idempotency_key"),
    }  # fmt: skip
    answer = await officer.submit("/payments/new", **typed)
    assert answer.status_code == 303
    page = await officer.get(answer.headers["location"])
    assert "waits for a colleague's attest: 30,000.50 kr" in shown(page)
    assert "You registered it yourself" in shown(page)
    again = await officer.submit("/payments/new", **typed)
    assert again.headers["location"] == answer.headers["location"]
    assert "Nothing was done twice" in shown(await officer.get(again.headers["location"]))
    assert await fetch_value("SELECT count(*) FROM payment") == 1
    changed = await officer.submit("/payments/new", **{**typed, "amount": "1", "instalment": ""})
    assert changed.status_code == 422
    assert field(changed, "amount") == "1"
    assert field(changed, "idempotency_key") != typed["idempotency_key"]
    assert await fetch_value("SELECT count(*) FROM payment") == 1


async def test_pressing_ten_times_at_once_registers_one_payment(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    typed = {"grant": grant, "amount": "100", "paid_on": "2025-03-31", "idempotency_key": "ten"}
    answers = await asyncio.gather(*(officer.submit("/payments/new", **typed) for _press in range(10)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await fetch_value("SELECT count(*) FROM payment") == 1


async def test_a_likely_duplicate_asks_first(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    first = await make_payment(grant, amount=1_000_000)
    typed = {"grant": grant, "amount": "10 000", "paid_on": "2025-03-31", "idempotency_key": "second"}
    asked = await officer.submit("/payments/new", **typed)
    assert asked.status_code == 409
    assert f"This is another payment than {first}" in shown(asked)
    assert 'href="#f-another"' in asked.text
    assert field(asked, "idempotency_key") == "second"
    done = await officer.submit("/payments/new", **typed, another="1")
    assert done.status_code == 303
    assert (await officer.submit("/payments/new", **typed)).headers["location"] == done.headers["location"]
    assert await fetch_value("SELECT count(*) FROM payment") == 2


@pytest.mark.parametrize(
    ("changes", "wanted", "text"),
    [
        ({"amount": "50 000,51"}, "amount", "is more than the 50,000.50 kr that is left of the grant"),
        ({"amount": "20 001", "instalment": "1"}, "amount", "left of instalment 1"),
        ({"paid_on": "2025-02-02"}, "paid_on", "before the decision of 3 February 2025"),
        ({"amount": "0"}, "amount", "must be more than 0"),
        ({"amount": "1e3"}, "amount", "Write the amount in kronor"),
        ({"paid_on": "2025-02-30"}, "paid_on", "year-month-day"),
        ({"instalment": "3"}, "instalment", "Choose one of the alternatives"),
        ({"voucher": "v" * 61}, "voucher", "too long"),
        ({"paid_on": str(trail.today() + timedelta(days=400))}, "paid_on", "more than a year ahead"),
    ],
)
async def test_each_refusal_says_why_and_keeps_the_form(
    officer: Client, world: World, changes: dict[str, str], wanted: str, text: str
) -> None:
    grant = await make_grant(
        world.programme, world.abf, amount=5_000_050,
        instalments=((date(2025, 3, 31), 2_000_000), (date(2025, 9, 30), 3_000_050)),
    )  # fmt: skip
    typed = {"grant": grant, "amount": "100", "paid_on": "2025-03-31", "reference": "kvar", "idempotency_key": "k"}
    answer = await officer.submit("/payments/new", **{**typed, **changes})
    assert answer.status_code in (400, 409)
    assert f'href="#f-{wanted}"' in answer.text
    assert text in shown(answer)
    assert field(answer, "reference") == "kvar"
    assert await fetch_value("SELECT count(*) FROM payment") == 0


async def test_another_funders_grant_can_t_be_paid(officer: Client, world: World) -> None:
    grant = await make_grant(world.region_programme, world.abf)
    assert (await officer.get(f"/payments/new?grant={grant}")).status_code == 403
    answer = await officer.submit("/payments/new", grant=grant, amount="1", paid_on="2025-03-31")
    assert answer.status_code == 403
    assert "belongs to another funder" in shown(answer)
    assert (await officer.get("/payments/new?grant=B-999")).status_code == 404


async def test_a_suggestion_is_read_by_its_number(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    choose = await officer.get("/payments/new")
    suggestion = re.search(rf'<option value="({grant} – [^"]+)"', choose.text)
    assert suggestion is not None
    form = await officer.get("/payments/new", params={"grant": unescape(suggestion[1])})
    assert field(form, "grant") == grant


async def test_four_eyes(officer: Client, clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    own = await make_payment(grant, amount=100_000, scope=await world.scope("officer"))
    theirs = await make_payment(grant, amount=200_000, scope=await world.scope("colleague"))
    queue = await officer.get("/payments/attest")
    assert f'action="/payments/{theirs}/attest"' in queue.text
    assert f'action="/payments/{own}/attest"' not in queue.text
    assert own in shown(queue)
    refused = await officer.submit(f"/payments/{own}/attest")
    assert refused.status_code == 409
    assert "a colleague must attest it" in shown(refused)
    answer = await officer.submit(f"/payments/{theirs}/attest", next="/payments/attest")
    assert answer.headers["location"] == "/payments/attest"
    assert (await get_payment(CONSOLE, theirs)).status is PaymentStatus.PAID
    assert (await officer.submit(f"/payments/{theirs}/attest")).status_code == 409
    other = await browser(clients, world.region_officer)
    assert (await other.submit(f"/payments/{own}/attest")).status_code == 403
    assert own not in shown(await other.get("/payments/attest"))
    colleague = await browser(clients, world.colleague)
    elsewhere = await colleague.submit(f"/payments/{own}/attest", next="https://example.se/")
    assert elsewhere.headers["location"] == f"/payments/{own}"


async def test_a_payment_is_reversed_with_a_reason(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    payment = await make_payment(grant, amount=1_000_000, scope=await world.scope("colleague"))
    await attest_payment(await world.scope("officer"), payment)
    page = await officer.get(f"/payments/{payment}")
    assert 'class="confirm' in page.text
    empty = await officer.submit(f"/payments/{payment}/reverse", reason=" ", reversed_on="2025-04-01")
    assert empty.status_code == 400
    assert re.search(r"<details class=\"confirm[^>]* open", empty.text)
    early = await officer.submit(f"/payments/{payment}/reverse", reason="Fel konto", reversed_on="2025-03-30")
    assert early.status_code in (400, 409)
    assert "Fel konto" in early.text
    done = await officer.submit(f"/payments/{payment}/reverse", reason="Fel konto", reversed_on="2025-04-01")
    assert done.status_code == 303
    text = shown(await officer.get(f"/payments/{payment}"))
    assert "Reversed on 1 April 2025" in text
    assert "Fel konto" in text
    assert "Reverse this payment" not in text
    assert (await get_grant(CONSOLE, grant)).paid_ore == 0
    twice = await officer.submit(f"/payments/{payment}/reverse", reason="Igen", reversed_on="2025-04-01")
    assert twice.status_code == 409
    assert "already reversed" in shown(twice)


async def test_the_page_tells_who_and_links_to_the_trail(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    payment = await make_payment(grant, voucher="25-1", scope=await world.scope("colleague"))
    await attest_payment(await world.scope("officer"), payment)
    page = await officer.get(f"/payments/{payment}")
    for user in (world.officer, world.colleague):
        assert await fetch_value("SELECT name FROM app_user WHERE id = $1", user) in shown(page)
    made = await get_payment(CONSOLE, payment)
    assert f'href="/audit/{made.seq}"' in page.text
    assert f'href="/audit/{made.attest_seq}"' in page.text


async def test_an_association_sees_its_own_payments_and_nothing_to_press(clients: Clients, world: World) -> None:
    own = await make_payment(await make_grant(world.programme, world.abf), scope=await world.scope("officer"))
    hidden = await make_payment(await make_grant(world.programme, world.bilda), amount=123_456)
    client = await browser(clients, world.abf_user)
    page = await client.get(f"/payments/{own}")
    assert page.status_code == 200
    assert await fetch_value("SELECT name FROM app_user WHERE id = $1", world.officer) not in page.text
    assert "/audit/" not in page.text
    assert "/reverse" not in page.text
    assert numbers_of(await client.get("/payments")) == [own]
    assert [row["payment"] for row in rows_of((await client.get("/payments.csv")).content)] == [own]
    xlsx = await client.get("/payments.xlsx")
    cells = [row[0] for row in load_workbook(io.BytesIO(xlsx.content)).worksheets[0].iter_rows(values_only=True)]
    assert hidden not in cells
    assert (await client.get(f"/payments/{hidden}")).status_code == 404
    for path in ("/payments/new", "/payments/attest"):
        assert (await client.get(path)).status_code == 403
    for action in ("attest", "reverse"):
        assert (
            await client.submit(f"/payments/{own}/{action}", reason="x", reversed_on="2025-04-01")
        ).status_code == 403
    assert (await client.submit("/payments/new", grant="B-1", amount="1")).status_code == 403


async def test_an_auditor_reads_everything_and_presses_nothing(clients: Clients, world: World) -> None:
    payment = await make_payment(await make_grant(world.programme, world.abf))
    auditor = await browser(clients, world.auditor)
    page = await auditor.get(f"/payments/{payment}")
    assert 'href="/audit/' in page.text
    assert "/attest" not in page.text
    assert (await auditor.submit(f"/payments/{payment}/attest")).status_code == 403
    assert (await get_payment(CONSOLE, payment)).amount_ore == Money(1_000_000)
