"""Pages of grants over HTTP: the list and its files, deciding with the frame in sight, amending, and the card."""

import csv
import io
import re
from datetime import date
from html import unescape

import pytest
from httpx import Response
from openpyxl import load_workbook

from registry import trail
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.core.numbers import normalise_org_number
from registry.database import fetch_value
from registry.grants.queries import get_grant
from registry.grants.schemas import AmendmentKind
from registry.parties.schemas import PartyKind
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.service import attest_payment, reverse_payment
from registry.programmes.service import set_frame
from tests.conftest import Client, Clients
from tests.factories import DALARNA, LUDVIKA, World, make_grant, make_party, make_payment

PERSON = "19811218-9876"
YEAR = trail.today().year


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


def decision(world: World, **changes: str) -> dict[str, str]:
    """What an officer types for a decision."""
    return {
        "action": "save", "programme": f"{world.programme}:2025", "recipient": f"ABF Dalarna (test) (P-{world.abf})",
        "dnr": "KUN 2025/0100", "paragraph": "§ 12", "decided_on": "2025-02-03", "decider": "Kulturnämnden",
        "amount": "50 000,50", "purpose": "Verksamhetsbidrag", "plan": "once", **changes,
    }  # fmt: skip


async def test_the_list_is_filtered_sorted_and_summed(officer: Client, world: World) -> None:
    await make_grant(world.programme, world.abf, amount=5_000_000, decided_on=date(2024, 2, 1))
    large = await make_grant(world.programme, world.bilda, amount=7_000_000, dnr="KUN 2025/77")
    await make_grant(world.region_programme, world.abf, amount=9_000_000)
    text = shown(await officer.get("/grants"))
    assert "3 grants" in text
    assert "210,000.00" in text
    found = await officer.get(f"/grants?funder={LUDVIKA}&recipient=bilda&year=2025&dnr=2025/77&open=1")
    assert "1 grant " in shown(found)
    assert f'href="/grants/{large}"' in found.text
    assert "Recipient: ”bilda”" in shown(found)
    falling = await officer.get("/grants?sort=-amount")
    assert falling.text.index("90,000.00") < falling.text.index("70,000.00") < falling.text.index("50,000.00")
    assert "2 grants" in shown(await officer.get(f"/grants?programme={LUDVIKA}:LK-STUD"))
    assert "1 grant " in shown(await officer.get("/grants?programme=RD-STUD"))
    assert "2 grants" in shown(await officer.get(f"/grants?recipient=P-{world.abf}"))
    assert "No grant fits the filter" in shown(await officer.get("/grants?area=libraries"))


@pytest.mark.parametrize(
    "query", ["funder=1", "programme=NONE", "year=20x5", "from=2025-02-30", "area=x", "recipient=P-999", "to=1"]
)
async def test_a_filter_that_means_nothing_is_refused_in_the_list_and_in_the_files(officer: Client, query: str) -> None:
    answer = await officer.get(f"/grants?{query}")
    assert answer.status_code == 400
    assert "can't be filtered like that" in shown(answer)
    assert (await officer.get(f"/grants.csv?{query}")).status_code == 400


async def test_the_list_is_cut_into_pages(officer: Client, world: World) -> None:
    for _number in range(51):
        await make_grant(world.programme, world.abf, amount=10_000)
    first = await officer.get("/grants?sort=number")
    assert "1–50 of 51" in shown(first)
    assert "page=2" in first.text
    second = await officer.get("/grants?sort=number&page=2")
    assert "51–51 of 51" in shown(second)


async def test_the_files_hold_exactly_what_is_listed_and_are_told_in_the_trail(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=5_000_050, dnr="=1+1")
    await make_payment(grant, amount=1_000_000)
    await make_grant(world.region_programme, world.abf)
    answer = await officer.get(f"/grants.csv?funder={LUDVIKA}")
    rows = rows_of(answer.content)
    assert [row["grant"] for row in rows] == [grant]
    assert rows[0]["dnr"] == "'=1+1"
    assert (rows[0]["granted"], rows[0]["waiting"], rows[0]["left"]) == ("50000.50", "10000.00", "50000.50")
    assert "attachment" in answer.headers["content-disposition"]
    book = load_workbook(io.BytesIO((await officer.get(f"/grants.xlsx?funder={LUDVIKA}")).content))
    cells = list(book.worksheets[0].iter_rows(values_only=True))
    assert cells[1][0] == grant
    assert 50000.5 in cells[1]
    assert "=1+1" in cells[1]
    told = await fetch_value("SELECT count(*) FROM trail_entry WHERE action = 'grants:list:export'")
    assert told == 2


async def test_a_personal_number_is_masked_in_lists_cards_and_files(officer: Client, world: World) -> None:
    person = await make_party("Frida Fiktivsdotter", kind=PartyKind.CREATOR, number=PERSON)
    grant = await make_grant(world.programme, person)
    digits = normalise_org_number(PERSON)
    for path in ("/grants", f"/grants/{grant}", "/grants.csv", "/grants/new"):
        assert digits not in (await officer.get(path)).text
    found = await officer.get(f"/grants?recipient={digits}")
    assert found.status_code == 400
    assert "by the registry's number" in shown(found)


async def test_a_decision_is_registered_and_the_frame_is_in_sight(officer: Client, world: World) -> None:
    await make_grant(world.programme, world.bilda, amount=40_000_000)
    form = await officer.get("/grants/new")
    assert f'value="{world.programme}:2025" data-remaining-ore="60000000"' in form.text
    assert "600,000.00" in shown(form)
    assert f"{world.region_programme}:2025" not in form.text
    answer = await officer.submit("/grants/new", **decision(world, via=f"P-{world.bilda}", conditions="Redovisas."))
    assert answer.status_code == 303
    number = answer.headers["location"].removeprefix("/grants/")
    grant = await get_grant(CONSOLE, number)
    assert (grant.granted_ore, grant.year, grant.via_id) == (5_000_050, 2025, world.bilda)
    assert (grant.period_from, grant.period_to) == (date(2025, 1, 1), date(2025, 12, 31))
    card = await officer.get(f"/grants/{number}")
    assert "is registered: 50,000.50 kr" in shown(card)


async def test_a_refused_decision_keeps_everything_that_was_typed(officer: Client, world: World) -> None:
    typed = decision(
        world, amount="1 000 000,01", plan="parts", instalment_date_2="2025-03-31", instalment_amount_2="7"
    )
    answer = await officer.submit("/grants/new", **typed)
    assert answer.status_code in (400, 409)
    assert 'href="#f-instalments"' in answer.text
    for name in ("recipient", "dnr", "amount", "decider", "instalment_date_2", "instalment_amount_2"):
        assert field(answer, name) == typed[name]
    frame = await officer.submit("/grants/new", **decision(world, amount="1 000 000,01"))
    assert frame.status_code == 409
    assert 'href="#f-amount"' in frame.text
    assert "has 1,000,000.00 kr left of its frame" in shown(frame)
    assert await fetch_value("SELECT count(*) FROM funding_grant") == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("programme", ""), ("recipient", ""), ("recipient", "Nobody"), ("recipient", "P-99999"), ("dnr", ""),
        ("decided_on", "2025-02-30"), ("decider", ""), ("amount", "much"), ("amount", "0"), ("via", "212000-0000"),
        ("period_from", "2024-01-01"), ("period_to", "2024-12-31"), ("instalment_date_1", "2025-01-01"),
    ],
)  # fmt: skip
async def test_each_wrong_field_is_named(officer: Client, world: World, name: str, value: str) -> None:
    answer = await officer.submit("/grants/new", **decision(world, **{name: value}))
    assert answer.status_code in (400, 404, 409)
    wanted = "plan" if name == "instalment_date_1" else name
    assert f'href="#f-{wanted}"' in answer.text
    assert field(answer, "dnr") == ("" if name == "dnr" else "KUN 2025/0100")


async def test_another_funders_programme_can_t_be_chosen(officer: Client, world: World) -> None:
    answer = await officer.submit("/grants/new", **decision(world, programme=f"{world.region_programme}:2025"))
    assert answer.status_code == 400
    assert 'href="#f-programme"' in answer.text


async def test_the_same_decision_twice_is_refused_with_the_reason(officer: Client, world: World) -> None:
    await officer.submit("/grants/new", **decision(world))
    answer = await officer.submit("/grants/new", **decision(world))
    assert answer.status_code == 409
    assert await fetch_value("SELECT count(*) FROM funding_grant") == 1


async def test_rows_are_added_and_divided_without_javascript(officer: Client, world: World) -> None:
    more = await officer.submit(
        "/grants/new", **decision(world, action="rows", rows="4", instalment_date_1="2025-03-31")
    )
    assert more.status_code == 200
    assert 'name="instalment_date_8"' in more.text
    assert 'name="instalment_date_9"' not in more.text
    assert field(more, "instalment_date_1") == "2025-03-31"
    assert field(more, "dnr") == "KUN 2025/0100"
    days = {"instalment_date_1": "2025-03-31", "instalment_date_2": "2025-06-30", "instalment_date_4": "2025-09-30"}
    even = await officer.submit("/grants/new", **decision(world, action="even", amount="100", **days))
    assert [field(even, f"instalment_amount_{row}") for row in (1, 2, 4)] == ["33,34", "33,33", "33,33"]
    parts = {f"instalment_amount_{row}": field(even, f"instalment_amount_{row}") for row in (1, 2, 4)}
    saved = await officer.submit("/grants/new", **decision(world, amount="100", plan="parts", **days, **parts))
    assert saved.status_code == 303
    assert await fetch_value("SELECT count(*) FROM instalment") == 3


async def test_a_form_without_the_sessions_token_is_refused(officer: Client, world: World) -> None:
    officer.csrf = "another"
    answer = await officer.submit("/grants/new", **decision(world))
    assert answer.status_code == 403
    assert await fetch_value("SELECT count(*) FROM funding_grant") == 0


async def test_a_grant_is_amended_and_withdrawn(officer: Client, world: World) -> None:
    grant = await make_grant(
        world.programme, world.abf, amount=6_000_000,
        instalments=((date(2025, 3, 31), 3_000_000), (date(2025, 9, 30), 3_000_000)),
    )  # fmt: skip
    await make_payment(grant, amount=3_000_000)
    page = await officer.get(f"/grants/{grant}/amend")
    assert field(page, "instalment_amount_2") == "30000"
    names = [f"instalment_{name}_{row}" for name in ("date", "amount") for row in (1, 2)]
    prefilled = {name: field(page, name) for name in ("filled", *names)}
    typed = {
        "action": "save", "idempotency_key": field(page, "idempotency_key"), "kind": "decrease", "amount": "10 000",
        "decided_on": "2025-05-05", "decider": "Kulturnämnden", "reason": "Färre timmar", "plan": "usual", **prefilled,
    }  # fmt: skip
    too_low = await officer.submit(f"/grants/{grant}/amend", **{**typed, "amount": "40 000"})
    assert too_low.status_code == 409
    assert "30,000.00 kr has already been registered" in shown(too_low)
    changed = await officer.submit(f"/grants/{grant}/amend", **{**typed, "instalment_amount_2": "20000"})
    assert changed.status_code == 400
    assert 'href="#f-plan"' in changed.text
    for _again in range(2):
        done = await officer.submit(f"/grants/{grant}/amend", **typed)
        assert done.status_code == 303
    assert (await get_grant(CONSOLE, grant)).granted_ore == 5_000_000
    withdraw = await officer.get(f"/grants/{grant}/amend?kind=withdrawal")
    assert re.search(r'value="withdrawal"[^>]* checked', withdraw.text)
    typed |= {
        "idempotency_key": field(withdraw, "idempotency_key"),
        "kind": AmendmentKind.WITHDRAWAL.value,
        "amount": "",
    }
    assert (await officer.submit(f"/grants/{grant}/amend", **typed)).status_code == 303
    assert (await get_grant(CONSOLE, grant)).granted_ore == 3_000_000


async def test_an_amendment_may_write_its_own_plan(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=6_000_000)
    typed = {
        "action": "save", "idempotency_key": "k1", "kind": "increase", "amount": "5000", "decided_on": "2025-05-05",
        "decider": "Kulturnämnden", "reason": "Mer", "plan": "parts", "instalment_date_1": "2025-02-03",
        "instalment_amount_1": "60000", "instalment_date_2": "2025-12-01", "instalment_amount_2": "4000",
    }  # fmt: skip
    answer = await officer.submit(f"/grants/{grant}/amend", **typed)
    assert answer.status_code in (400, 409)
    assert "The instalments add up to 64,000.00 kr, but the amount is 65,000.00 kr" in shown(answer)
    assert (
        await officer.submit(f"/grants/{grant}/amend", **{**typed, "instalment_amount_2": "5000"})
    ).status_code == 303
    assert "65,000.00" in shown(await officer.get(f"/grants/{grant}"))


async def test_the_card_tells_the_whole_history(officer: Client, world: World) -> None:
    due = (date(YEAR - 1, 3, 31), date(YEAR - 1, 9, 30))
    grant = await make_grant(
        world.programme, world.abf, amount=6_000_000, decided_on=date(YEAR - 1, 2, 3),
        instalments=((due[0], 3_000_000), (due[1], 3_000_000)),
    )  # fmt: skip
    colleague, me = await world.scope("colleague"), await world.scope("officer")
    payment = await make_payment(grant, amount=3_000_000, paid_on=due[0], voucher="25-1", instalment=1, scope=colleague)
    await attest_payment(me, payment)
    wrong = await make_payment(grant, amount=1_000_000, paid_on=due[1], scope=colleague)
    await reverse_payment(me, wrong, reason="Fel konto", reversed_on=due[1])
    await register_repayment(me, grant, RepaymentDetails(Money(50_000), due[1], "Rest tillbaka"), key="r1")
    card = await officer.get(f"/grants/{grant}")
    text = shown(card)
    assert "Instalment 2 was due on" in text
    assert f'href="/payments/new?grant={grant}&amp;instalment=2"' in card.text
    assert f'href="/payments/new?grant={grant}&amp;instalment=1"' not in card.text
    order = [text.index(what, text.index("History")) for what in ("Rest tillbaka", "Fel konto", "attested", "Decided")]
    assert order[0] < order[1]
    assert order[1] < order[3]
    for seq in await fetch_value("SELECT array_agg(seq) FROM payment"):
        assert f'href="/audit/{seq}"' in card.text
    assert "500.00 kr" in text
    assert f'href="/grants/{grant}/repay"' in card.text


async def test_a_repayment_is_registered_once_and_never_more_than_was_paid(officer: Client, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    payment = await make_payment(grant, amount=3_000_000)
    await attest_payment(await world.scope("officer"), payment)
    typed = {"idempotency_key": "r1", "amount": "30 000,01", "repaid_on": "2025-06-01", "reason": "Ej genomfört"}
    answer = await officer.submit(f"/grants/{grant}/repay", **typed)
    assert answer.status_code == 409
    assert "more than the 30,000.00 kr" in shown(answer)
    for _again in range(2):
        assert (await officer.submit(f"/grants/{grant}/repay", **{**typed, "amount": "100"})).status_code == 303
    assert (await get_grant(CONSOLE, grant)).repaid_ore == 10_000
    assert "Repayments" in shown(await officer.get(f"/grants/{grant}"))


async def test_the_other_funders_grant_can_be_read_and_not_changed(clients: Clients, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    other = await browser(clients, world.region_officer)
    card = await other.get(f"/grants/{grant}")
    assert card.status_code == 200
    assert "/amend" not in card.text
    assert "/payments/new" not in card.text
    assert (await other.get(f"/grants/{grant}/amend")).status_code == 403
    assert (await other.submit(f"/grants/{grant}/repay", amount="1")).status_code == 403


async def test_an_association_sees_its_own_and_no_officers_names(clients: Clients, world: World) -> None:
    own = await make_grant(world.programme, world.abf, scope=await world.scope("officer"))
    others = await make_grant(world.programme, world.bilda, dnr="KUN 2025/HEMLIG")
    client = await browser(clients, world.abf_user)
    name = await fetch_value("SELECT name FROM app_user WHERE id = $1", world.officer)
    card = await client.get(f"/grants/{own}")
    assert card.status_code == 200
    assert name not in card.text
    assert "/audit/" not in card.text
    listed = await client.get("/grants")
    assert own in listed.text
    for path in ("/grants", "/grants.csv", f"/grants?recipient=P-{world.bilda}"):
        answer = await client.get(path)
        assert others not in answer.text
        assert "HEMLIG" not in answer.text
    missing, hidden = await client.get("/grants/B-999999"), await client.get(f"/grants/{others}")
    assert (missing.status_code, hidden.status_code) == (404, 404)
    assert shown(missing).replace("B-999999", "") == shown(hidden).replace(others, "")
    assert (await client.get("/grants/new")).status_code == 403


async def test_a_frame_that_was_raised_is_shown_at_once(officer: Client, world: World) -> None:
    await set_frame(CONSOLE, world.programme, 2025, Money(123_456_00), reason="Tilläggsbudget")
    assert "123,456.00 kr left" in shown(await officer.get("/grants/new"))


async def test_both_funders_codes_may_be_the_same_if_the_funder_is_named(officer: Client, world: World) -> None:
    from tests.factories import make_programme

    twin = await make_programme(world.region, code="LK-STUD")
    await make_grant(twin, world.abf, amount=777_00)
    assert (await officer.get("/grants?programme=LK-STUD")).status_code == 400
    assert "777.00" in shown(await officer.get(f"/grants?programme={DALARNA}:LK-STUD"))
    assert "777.00" in shown(await officer.get(f"/grants?programme=LK-STUD&funder={DALARNA}"))
