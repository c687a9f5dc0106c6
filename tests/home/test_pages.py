"""The home page of each role, with the figures that it promises."""

import re
from datetime import date, timedelta
from html import unescape

from httpx import Response

from registry import trail
from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.service import attest_payment, reverse_payment
from registry.programmes.service import set_frame
from tests.conftest import Client, Clients
from tests.factories import World, make_demand, make_grant, make_payment, make_programme

TODAY = trail.today()
YEAR = TODAY.year


async def browser(clients: Clients, user_id: int) -> Client:
    """A browser that reads English, whose texts are the ones in the code."""
    client = await clients.open(user_id)
    client.cookies.set("language", "en")
    return client


def shown(answer: Response) -> str:
    """A page's text, with plain spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).replace("\u00a0", " ").split())


async def test_an_officer_sees_what_needs_them(clients: Clients, world: World) -> None:
    day = date(YEAR - 1, 2, 3)
    overdue, soon, later = TODAY - timedelta(days=1), TODAY + timedelta(days=14), TODAY + timedelta(days=15)
    grant = await make_grant(
        world.programme, world.abf, amount=600_00, decided_on=day,
        instalments=((overdue, 100_00), (soon, 200_00), (later, 300_00)),
    )  # fmt: skip
    await make_grant(
        world.region_programme, world.bilda, amount=999_00, decided_on=day, instalments=((overdue, 999_00),)
    )
    paid = await make_grant(world.programme, world.bilda, amount=1000_00, decided_on=day)
    theirs = await make_payment(paid, amount=400_00, paid_on=day, scope=await world.scope("colleague"))
    own = await make_payment(paid, amount=600_00, paid_on=day, scope=await world.scope("officer"))
    home = await (await browser(clients, world.officer)).get("/")
    text = shown(home)
    assert "Due within 14 days or overdue 300.00 kr 2 instalments, 1 overdue" in text
    assert f'href="/payments/new?grant={grant}&amp;instalment=1"' in home.text
    assert f'href="/payments/new?grant={grant}&amp;instalment=3"' not in home.text
    assert "999.00" not in text
    assert "For you to attest 400.00 kr 1 payment" in text
    assert text.index(theirs) < text.index("Registered by you, waiting for a colleague") < text.index(own)


async def test_frames_nearly_used_are_named(clients: Clients, world: World) -> None:
    full = await make_programme(world.kommun, code="LK-FULL", frame=1000_00, years=(YEAR,))
    almost = await make_programme(world.kommun, code="LK-90", frame=1000_00, years=(YEAR,))
    below = await make_programme(world.kommun, code="LK-89", frame=1000_00, years=(YEAR,))
    other = await make_programme(world.region, code="RD-FULL", frame=1000_00, years=(YEAR,))
    for programme, amount in ((full, 1000_00), (almost, 900_00), (below, 899_99), (other, 1000_00)):
        await make_grant(programme, world.abf, amount=amount, decided_on=date(YEAR, 1, 1))
    officer = await browser(clients, world.officer)
    text = shown(await officer.get("/"))
    assert f"Frames nearly used {YEAR} 2" in text
    assert "LK-FULL" in text
    assert "LK-90" in text
    assert "LK-89" not in text
    assert "RD-FULL" not in text
    await set_frame(CONSOLE, almost, YEAR, Money(2000_00), reason="Mer")
    assert "LK-90" not in shown(await officer.get("/"))


async def test_an_association_sees_each_year_by_funder_and_what_is_coming(clients: Clients, world: World) -> None:
    day, later = date(YEAR, 1, 1), TODAY + timedelta(days=30)
    grant = await make_grant(
        world.programme, world.abf, amount=600_00, decided_on=day, instalments=((day, 400_00), (later, 200_00))
    )
    region = await make_grant(world.region_programme, world.abf, amount=1000_00, decided_on=day)
    old = await make_grant(world.programme, world.abf, amount=50_00, decided_on=date(YEAR - 1, 3, 1))
    await make_grant(world.programme, world.bilda, amount=777_77, decided_on=day)
    officer, region_officer = await world.scope("officer"), await world.scope("region_officer")
    for number, amount, paid_on, by in (
        (grant, 400_00, day, officer),
        (region, 300_00, day, region_officer),
        (old, 50_00, date(YEAR - 1, 3, 1), officer),
    ):
        payment = await make_payment(number, amount=amount, paid_on=paid_on)
        await attest_payment(by, payment)
    wrong = await make_payment(region, amount=100_00, paid_on=day)
    await attest_payment(region_officer, wrong)
    await reverse_payment(region_officer, wrong, reason="Fel", reversed_on=day)
    await make_payment(region, amount=700_00, paid_on=day)
    await register_repayment(officer, grant, RepaymentDetails(Money(10_00), day, "Rest"), key="r")
    client = await browser(clients, world.abf_user)
    home = await client.get(f"/?year={YEAR}")
    text = shown(home)
    assert f"Granted {YEAR} 1,600.00 kr" in text
    assert f"Paid {YEAR} 700.00 kr" in text
    coming = 700_00 + (200_00 if later.year == YEAR else 0)
    assert f"Coming {YEAR} {coming // 100:,}.00 kr" in text
    assert "Ludvika kommun 600.00 400.00" in text
    assert "repaid 10.00" in text
    assert "Region Dalarna 1,000.00 300.00 700.00" in text
    assert "on its way" in text
    assert later.strftime("%B") in text
    assert "777.77" not in text
    for year in (YEAR, YEAR - 1):
        assert f'href="/statements/{year}"' in home.text
        assert f'href="/statements/{year}.pdf"' in home.text
    assert "50.00 50.00" in shown(await client.get(f"/?year={YEAR - 1}"))
    assert "waits for report" not in text
    report = await make_demand(grant, due_on=TODAY - timedelta(days=1), demanded_on=day)
    assert f"waits for report {report}, which is late" in shown(await client.get("/"))


async def test_a_new_association_is_told_that_nothing_is_there_yet(clients: Clients, world: World) -> None:
    assert "Nothing is registered for you yet" in shown(await (await browser(clients, world.bilda_user)).get("/"))


async def test_an_auditor_finds_questions_and_the_anchor(clients: Clients, world: World) -> None:
    await make_payment(await make_grant(world.programme, world.abf))
    auditor = await browser(clients, world.auditor)
    home = await auditor.get("/")
    anchor = await trail.read_anchor()
    assert f'data-copy="{anchor}"' in home.text
    assert "Payments 1 " in shown(home)
    for link in re.findall(r'href="(/summaries\?[^"]+)"', home.text):
        assert (await auditor.get(unescape(link))).status_code == 200
    for path in (
        "/payments?status=cancelled", "/payments?despite_report=1", "/grants?stopped=1", "/reports?status=overdue",
        "/recoveries?open=1", "/audit/verify", "/audit/sample",
    ):  # fmt: skip
        assert f'href="{path}"' in home.text
        assert (await auditor.get(path)).status_code == 200


async def test_an_administrator_sees_users_and_no_money(clients: Clients, world: World) -> None:
    await make_grant(world.programme, world.abf)
    admin = await browser(clients, world.admin)
    text = shown(await admin.get("/"))
    assert "Grant officer 3" in text
    assert " kr" not in text
    assert (await admin.get("/grants")).status_code == 403


async def test_nobody_is_sent_to_the_log_in(clients: Clients) -> None:
    answer = await (await clients.open()).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
