"""The figures of a year against cases worked out by hand: what decides is the value date, and what is known now."""

from datetime import date

import asyncpg
import pytest

from registry import trail
from registry.core.access import CONSOLE, Scope
from registry.core.errors import NotFoundError
from registry.core.money import Money
from registry.database import fetch, fetch_value
from registry.funders.service import change_funder
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import amend_grant
from registry.parties.schemas import PartyDetails, PartyKind
from registry.parties.service import change_party
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.service import attest_payment, reverse_payment
from registry.statements import queries
from registry.statements.positions import read_positions
from registry.statements.queries import read_figures, read_many_figures
from registry.statements.schemas import Language, Position, StatementFigures
from registry.statements.years import (
    PartyFilter,
    YearNotBegunError,
    list_party_years,
    list_statement_years,
    list_years,
    own_party,
)
from tests.factories import World, make_grant, make_party, make_payment, make_programme


async def figures_of(party_id: int, year: int, scope: Scope = CONSOLE) -> StatementFigures:
    """The figures in Swedish."""
    return await read_figures(scope, party_id, year, "sv")


def sums(figures: StatementFigures) -> tuple[int, ...]:
    """Opening, decided, paid, reversed, repaid and remaining, in kronor."""
    totals = figures.totals
    six = (totals.opening_ore, totals.decided_ore, totals.paid_ore, totals.reversed_ore, totals.repaid_ore)
    return tuple(ore // 100 for ore in (*six, totals.remaining_ore))


async def amend(grant: str, kind: AmendmentKind, amount: int | None, day: date) -> None:
    """Amend a grant by kronor."""
    details = AmendmentDetails(
        kind=kind,
        amount_ore=None if amount is None else Money(amount * 100),
        decided_on=day,
        decider="Nämnden",
        reason="Ändrat behov",
    )
    await amend_grant(CONSOLE, grant, details, key=f"{grant}-{day}")


async def attested(world: World, number: str) -> None:
    """A colleague vouches for a payment."""
    await attest_payment(await world.scope("colleague"), number)


async def waiting(world: World, grant: str, amount: int, day: date) -> str:
    """A payment (kronor) by an officer, which waits for attest."""
    return await make_payment(grant, amount=amount * 100, paid_on=day, scope=await world.scope("officer"))


async def test_two_years_of_one_grant(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_000_00, decided_on=date(2024, 11, 4))
    await attested(world, await waiting(world, grant, 40_000, date(2024, 12, 30)))
    await attested(world, await waiting(world, grant, 25_000, date(2025, 1, 2)))
    assert sums(await figures_of(world.abf, 2024)) == (0, 100_000, 40_000, 0, 0, 60_000)
    after = await figures_of(world.abf, 2025)
    assert sums(after) == (60_000, 0, 25_000, 0, 0, 35_000)
    assert [line.number for line in after.grants] == [grant]
    assert after.grants[0].paid_before_ore == 40_000_00
    assert sums(await figures_of(world.abf, 2026)) == (35_000, 0, 0, 0, 0, 35_000)
    assert (await figures_of(world.abf, 2023)).grants == ()


async def test_a_grant_that_is_settled_leaves_the_next_statement(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=1_000_00, decided_on=date(2024, 3, 1))
    await attested(world, await waiting(world, grant, 1_000, date(2024, 4, 1)))
    assert (await figures_of(world.abf, 2025)).funders == ()


async def test_a_reversal_next_year_counts_on_its_own_day(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=10_000_00, decided_on=date(2024, 3, 1))
    number = await waiting(world, grant, 10_000, date(2024, 12, 15))
    await attested(world, number)
    await reverse_payment(
        await world.scope("officer"), number, reason="Kontot är avslutat", reversed_on=date(2025, 1, 9)
    )
    assert sums(await figures_of(world.abf, 2024)) == (0, 10_000, 10_000, 0, 0, 0)
    after = await figures_of(world.abf, 2025)
    assert sums(after) == (0, 0, 0, 10_000, 0, 10_000)
    [event] = after.events
    assert (event.kind, event.number, event.amount_ore, event.note) == (
        "reversal", number, -10_000_00, "Kontot är avslutat",
    )  # fmt: skip
    assert after.funders[0].monthly_ore[0] == -10_000_00
    assert after.totals.net_ore == -10_000_00
    assert [(part.due_on, part.amount_ore, part.status) for part in after.coming] == [
        (date(2024, 3, 1), 10_000_00, "overdue")
    ]


async def test_a_payment_counts_on_its_value_date_when_it_is_attested_later(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=10_000_00, decided_on=date(2025, 3, 1))
    number = await waiting(world, grant, 4_000, date(2025, 12, 20))
    before = await figures_of(world.abf, 2025)
    assert sums(before) == (0, 10_000, 0, 0, 0, 10_000)
    assert before.events == ()
    assert [(part.status, part.amount_ore) for part in before.coming] == [
        ("waiting", 4_000_00),
        ("overdue", 6_000_00),
    ]
    await attested(world, number)
    after = await figures_of(world.abf, 2025)
    assert sums(after) == (0, 10_000, 4_000, 0, 0, 6_000)
    assert [event.number for event in after.events] == [number]
    assert [(part.status, part.amount_ore) for part in after.coming] == [("overdue", 6_000_00)]


async def test_a_payment_cancelled_before_attest_was_never_paid(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=10_000_00)
    number = await waiting(world, grant, 4_000, date(2025, 5, 5))
    await reverse_payment(await world.scope("officer"), number, reason="Fel belopp", reversed_on=date(2026, 2, 1))
    for year, expected in ((2025, (0, 10_000, 0, 0, 0, 10_000)), (2026, (10_000, 0, 0, 0, 0, 10_000))):
        figures = await figures_of(world.abf, year)
        assert sums(figures) == expected
        assert figures.events == ()
        assert [part.status for part in figures.coming] == ["overdue"]


async def test_amendments_count_on_the_day_they_were_decided(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=50_000_00, decided_on=date(2024, 5, 2))
    await amend(grant, AmendmentKind.INCREASE, 10_000, date(2024, 9, 1))
    await amend(grant, AmendmentKind.DECREASE, 15_000, date(2025, 2, 1))
    first, second = await figures_of(world.abf, 2024), await figures_of(world.abf, 2025)
    assert sums(first) == (0, 60_000, 0, 0, 0, 60_000)
    assert sums(second) == (60_000, -15_000, 0, 0, 0, 45_000)
    assert [line.granted_ore for line in (*first.grants, *second.grants)] == [60_000_00, 45_000_00]
    assert [change.kind for change in first.grants[0].amendments] == ["increase"]
    assert [change.delta_ore for change in second.grants[0].amendments] == [10_000_00, -15_000_00]
    assert sum(part.amount_ore for part in first.coming) == 60_000_00
    assert sum(part.amount_ore for part in second.coming) == 45_000_00


async def test_a_withdrawal_leaves_nothing_to_pay(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=5_000_00, decided_on=date(2025, 5, 2))
    await amend(grant, AmendmentKind.WITHDRAWAL, None, date(2025, 6, 1))
    figures = await figures_of(world.abf, 2025)
    assert sums(figures) == (0, 0, 0, 0, 0, 0)
    assert [line.number for line in figures.grants] == [grant]
    assert figures.coming == ()
    assert (await figures_of(world.abf, 2026)).grants == ()


async def test_a_repayment_settles_a_debt_and_does_not_open_the_grant(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=10_000_00, decided_on=date(2024, 5, 2))
    await attested(world, await waiting(world, grant, 10_000, date(2024, 6, 1)))
    details = RepaymentDetails(amount=Money(2_500_00), repaid_on=date(2025, 4, 4), reason="Ej utförd verksamhet")
    await register_repayment(CONSOLE, grant, details, key="repaid")
    figures = await figures_of(world.abf, 2025)
    assert sums(figures) == (0, 0, 0, 0, 2_500, 0)
    [event] = figures.events
    assert (event.kind, event.amount_ore, event.account) == ("repayment", -2_500_00, "")
    assert event.number.startswith("R-")


async def test_both_funders_stand_apart_with_their_letterheads(world: World) -> None:
    await change_funder(
        CONSOLE,
        world.region,
        attest_from=Money(0),
        accent="#005522",
        contact="Kultur och bildning\nBox 712\n\n791 29 Falun",
    )
    grants = [
        await make_grant(world.programme, world.abf, amount=30_000_00),
        await make_grant(world.region_programme, world.abf, amount=20_000_00),
    ]
    await make_grant(world.programme, world.bilda, amount=70_000_00)
    figures = await figures_of(world.abf, 2025)
    region, kommun = figures.funders
    assert (region.name, kommun.name) == ("Region Dalarna", "Ludvika kommun")
    assert (region.colour, region.contact) == ("#005522", ("Kultur och bildning", "Box 712", "791 29 Falun"))
    assert (region.decided_ore, kommun.decided_ore) == (20_000_00, 30_000_00)
    assert [line.number for line in figures.grants] == grants[::-1]
    assert figures.grants[0].funder == region.key


async def test_money_by_way_of_another_party_is_the_recipients(world: World) -> None:
    museum = await make_party("Dalarnas museum (test)", kind=PartyKind.MUSEUM, bankgiro="902-0033")
    eko = await make_party("Ekomuseum (test)", kind=PartyKind.FOUNDATION)
    grant = await make_grant(world.region_programme, eko, amount=8_000_00, via_id=museum)
    scope = await world.scope("region_officer")
    await make_payment(grant, amount=8_000_00, scope=scope)
    figures = await figures_of(eko, 2025)
    assert figures.grants[0].via == "Dalarnas museum (test)"
    assert (await figures_of(museum, 2025)).grants == ()
    await attest_payment(CONSOLE, "U-1")
    assert (await figures_of(eko, 2025)).events[0].account == "BG •••-0033"


async def test_instalments_to_come_are_told_as_they_stood_at_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = ((date(2025, 3, 1), 40_000_00), (date(2025, 9, 1), 30_000_00), (date(2026, 3, 1), 30_000_00))
    grant = await make_grant(world.programme, world.abf, amount=100_000_00, instalments=plan)
    await attested(world, await waiting(world, grant, 40_000, date(2025, 3, 3)))
    await attested(world, await waiting(world, grant, 30_000, date(2026, 3, 2)))
    assert [(part.due_on, part.status, part.amount_ore) for part in (await figures_of(world.abf, 2025)).coming] == [
        (date(2025, 9, 1), "overdue", 30_000_00),
        (date(2026, 3, 1), "coming", 30_000_00),
    ]
    monkeypatch.setattr(trail, "today", lambda: date(2025, 6, 1))
    running = await figures_of(world.abf, 2025)
    assert running.is_running
    assert [part.status for part in running.coming] == ["coming", "coming"]


async def test_the_party_is_called_as_at_the_end_of_the_year(world: World) -> None:
    await make_grant(world.programme, world.abf)
    number = await fetch_value("SELECT org_number FROM party WHERE id = $1", world.abf)
    details = PartyDetails(
        org_number=number,
        name="ABF Nya namnet",
        kind=PartyKind.STUDY_ASSOCIATION,
        address="Gatan 1\n771 30 Ludvika",
        bankgiro="5402-9681",
    )
    await change_party(CONSOLE, world.abf, details, valid_from=date(2025, 7, 1))
    assert (await figures_of(world.abf, 2025)).party.name == "ABF Nya namnet"
    assert (await figures_of(world.abf, 2025)).party.address == ("Gatan 1", "771 30 Ludvika")


async def test_a_persons_number_and_account_are_masked(world: World) -> None:
    creator = await make_party("Konstnär Exempel", kind=PartyKind.CREATOR, number="811228-9874", bankgiro="5402-9681")
    grant = await make_grant(world.programme, creator)
    await attested(world, await waiting(world, grant, 1_000, date(2025, 5, 1)))
    text = (await figures_of(creator, 2025)).model_dump_json()
    assert "811228" not in text
    assert "9874" not in text
    assert "5402" not in text
    assert "••••-9681" in text


async def test_a_scope_sees_its_own_party_alone(world: World) -> None:
    await make_grant(world.programme, world.abf)
    abf, bilda = await world.scope("abf_user"), await world.scope("bilda_user")
    assert (await figures_of(world.abf, 2025, abf)).grants
    for party in (world.abf, 10**9):
        with pytest.raises(NotFoundError) as refused:
            await figures_of(party, 2025, bilda)
        assert refused.value.data == {}
    with pytest.raises(NotFoundError):
        await list_years(bilda, world.abf)
    assert await own_party(abf) == world.abf
    assert await own_party(CONSOLE) is None


@pytest.mark.parametrize("year", [1989, 2027, 9999])
async def test_a_year_that_has_not_begun_is_refused(world: World, year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "today", lambda: date(2026, 11, 23))
    with pytest.raises(YearNotBegunError):
        await figures_of(world.abf, year)
    with pytest.raises(YearNotBegunError):
        await list_party_years(CONSOLE, PartyFilter(year=year))


async def make_history(world: World) -> None:
    """Two parties over three years, with something of everything."""
    first = await make_grant(world.programme, world.abf, amount=100_000_00, decided_on=date(2024, 11, 4))
    number = await waiting(world, first, 40_000, date(2024, 12, 30))
    await attested(world, number)
    await reverse_payment(await world.scope("officer"), number, reason="Retur", reversed_on=date(2025, 1, 8))
    await attested(world, await waiting(world, first, 70_000, date(2025, 2, 1)))
    await amend(first, AmendmentKind.INCREASE, 5_000, date(2025, 10, 1))
    second = await make_grant(world.region_programme, world.bilda, amount=9_000_00, decided_on=date(2025, 1, 10))
    await make_payment(second, amount=9_000_00, paid_on=date(2025, 1, 20), scope=await world.scope("region_officer"))
    details = RepaymentDetails(amount=Money(1_000_00), repaid_on=date(2026, 4, 4), reason="Ej utfört")
    await register_repayment(CONSOLE, first, details, key="history")


async def test_lists_and_statements_say_the_same(world: World) -> None:
    await make_history(world)
    for year in (2024, 2025, 2026):
        found = await list_party_years(CONSOLE, PartyFilter(year=year))
        for item in found.items:
            assert item.sums == (await figures_of(item.party_id, year)).totals
            [same] = [one for one in await list_years(CONSOLE, item.party_id) if one.year == year]
            assert same.sums == item.sums
        assert found.total == len(found.items)
        assert found.sums.decided_ore == sum(item.sums.decided_ore for item in found.items)
    found = await list_party_years(CONSOLE, PartyFilter(year=2025))
    assert [item.name for item in found.items] == ["ABF Dalarna (test)", "Bilda Dalarna (test)"]
    assert await list_statement_years(CONSOLE) == list(range(trail.today().year, 2023, -1))


async def test_lists_are_narrowed_sorted_and_cut(world: World) -> None:
    await make_history(world)
    falling = await list_party_years(CONSOLE, PartyFilter(year=2025), sort="-decided")
    assert [item.party_id for item in falling.items] == [world.bilda, world.abf]
    found = await list_party_years(CONSOLE, PartyFilter(year=2025, search="bilda"))
    assert [item.party_id for item in found.items] == [world.bilda]
    assert (await list_party_years(CONSOLE, PartyFilter(year=2025, kind="creator"))).total == 0
    page = await list_party_years(CONSOLE, PartyFilter(year=2025), offset=1, limit=1)
    assert ([item.party_id for item in page.items], page.total) == ([world.bilda], 2)
    own = await list_party_years(await world.scope("abf_user"), PartyFilter(year=2025))
    assert [item.party_id for item in own.items] == [world.abf]


async def test_falun_2023(world: World) -> None:
    falun = await make_party("Falu kommun", kind=PartyKind.KOMMUN, number="212000-2239")
    programme = await make_programme(falun, code="FK-STUD", frame=1_997_000_00, years=(2023,))
    grant = await make_grant(
        programme,
        world.abf,
        amount=195_999_00,
        decided_on=date(2023, 5, 25),
        instalments=((date(2023, 6, 15), 97_999_00), (date(2023, 10, 16), 98_000_00)),
    )
    await change_funder(CONSOLE, falun, attest_from=Money(10**12), accent="#123456", contact="")
    await make_payment(grant, amount=97_999_00, paid_on=date(2023, 6, 15), instalment=1)
    await make_payment(grant, amount=98_000_00, paid_on=date(2023, 10, 16), instalment=2)
    figures = await figures_of(world.abf, 2023)
    assert sums(figures) == (0, 195_999, 195_999, 0, 0, 0)
    assert figures.coming == ()
    assert [event.amount_ore for event in figures.events] == [97_999_00, 98_000_00]


async def test_many_are_read_as_one_by_one_in_as_many_queries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    museum = await make_party("Dalarnas museum (test)", kind=PartyKind.MUSEUM)
    grant = payment = ""
    for party, programme, via in (
        (world.abf, world.programme, None),
        (world.abf, world.region_programme, museum),
        (world.bilda, world.region_programme, None),
    ):
        grant = await make_grant(programme, party, amount=100_000_00, via_id=via)
        scope = await world.scope("officer" if programme == world.programme else "region_officer")
        for amount in (7_00, 9_00):
            payment = await make_payment(grant, amount=amount, paid_on=date(2025, 4, 1), scope=scope)
            await attest_payment(CONSOLE, payment)
        await reverse_payment(CONSOLE, payment, reason="Fel konto", reversed_on=date(2025, 4, 2))
    await amend(grant, AmendmentKind.INCREASE, 5_000, date(2025, 5, 1))
    asked: list[str] = []

    async def counted(sql: str, *arguments: object) -> list[asyncpg.Record]:
        asked.append(sql)
        return await fetch(sql, *arguments)

    monkeypatch.setattr(queries, "fetch", counted)
    languages: dict[int, Language] = {world.abf: "fi", world.bilda: "en", museum: "sv"}
    one_by_one = {party: await read_figures(CONSOLE, party, 2025, language) for party, language in languages.items()}
    alone = len(asked) // len(languages)
    asked.clear()
    assert await read_many_figures(CONSOLE, languages, 2025) == one_by_one
    assert len(asked) == alone
    assert [len(figures.events) for figures in one_by_one.values()] == [6, 3, 0]
    assert await read_many_figures(await world.scope("abf_user"), languages, 2025) == {world.abf: one_by_one[world.abf]}


async def test_the_year_before_is_what_its_own_statement_said(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_000_00, decided_on=date(2024, 2, 5))
    settled = await make_grant(world.region_programme, world.abf, amount=7_000_00, decided_on=date(2024, 2, 6))
    await attested(world, await waiting(world, grant, 40_000, date(2024, 3, 1)))
    number = await waiting(world, grant, 10_000, date(2024, 4, 1))
    await attested(world, number)
    await reverse_payment(await world.scope("officer"), number, reason="Fel konto", reversed_on=date(2024, 4, 9))
    await make_payment(settled, amount=7_000_00, paid_on=date(2024, 5, 1), voucher="V1")
    await amend(grant, AmendmentKind.DECREASE, 5_000, date(2024, 6, 1))
    repaid = RepaymentDetails(Money(1_000_00), date(2024, 12, 1), "Inställt")
    await register_repayment(CONSOLE, grant, repaid, key="repaid")
    before, now = await figures_of(world.abf, 2024), await figures_of(world.abf, 2025)
    assert now.previous == before.totals
    assert sums(before) == (
        0,
        102_000,
        before.totals.paid_ore // 100,
        10_000,
        1_000,
        before.totals.remaining_ore // 100,
    )
    assert before.previous is None
    assert (await figures_of(world.abf, 2026)).previous == now.totals


async def test_a_decision_is_told_with_its_conditions_and_its_plan(world: World) -> None:
    plan = ((date(2025, 3, 31), 60_000_00), (date(2025, 9, 30), 40_000_00))
    await make_grant(world.programme, world.abf, amount=100_000_00, instalments=plan, conditions="Redovisas i mars.")
    await make_grant(world.programme, world.abf)
    one, other = (await figures_of(world.abf, 2025)).grants
    assert one.conditions == "Redovisas i mars."
    assert [(part.due_on, part.amount_ore) for part in one.instalments] == list(plan)
    assert (other.conditions, other.instalments) == ("", ())


async def test_what_happened_after_the_year_is_told_apart_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "today", lambda: date(2026, 2, 16))
    grant = await make_grant(world.programme, world.abf, amount=100_000_00, decided_on=date(2025, 2, 5))
    later = await make_grant(world.programme, world.abf, amount=9_000_00, decided_on=date(2026, 1, 10))
    await attested(world, await waiting(world, grant, 40_000, date(2025, 3, 1)))
    before = await figures_of(world.abf, 2025)
    await attested(world, await waiting(world, grant, 30_000, date(2026, 1, 15)))
    await attested(world, await waiting(world, later, 9_000, date(2026, 1, 20)))
    undone = await waiting(world, grant, 4_000, date(2026, 1, 21))
    await attested(world, undone)
    await reverse_payment(await world.scope("officer"), undone, reason="Fel", reversed_on=date(2026, 2, 1))
    await waiting(world, grant, 1_000, date(2026, 2, 10))
    await amend(grant, AmendmentKind.DECREASE, 10_000, date(2026, 2, 2))
    await register_repayment(
        CONSOLE, grant, RepaymentDetails(Money(500_00), date(2026, 2, 3), "Inställt"), key="repaid"
    )
    figures = await figures_of(world.abf, 2025)
    assert figures == before
    position = (await read_positions({world.abf: figures}, 2025))[world.abf]
    assert position == Position(
        on=date(2026, 2, 16),
        decided_ore=Money(-10_000_00),
        paid_ore=Money(30_000_00),
        repaid_ore=Money(500_00),
        remaining_ore=Money(20_000_00),
    )
    assert await read_positions({world.abf: await figures_of(world.abf, 2026)}, 2026) == {}
