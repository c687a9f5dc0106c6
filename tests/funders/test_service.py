"""Funders by the service: from which sum two sign, and a year that is closed for good."""

from datetime import date

import pytest

from registry import trail
from registry.core.access import CONSOLE
from registry.core.errors import ConflictError, ForbiddenError, RuleError
from registry.core.money import Money
from registry.database import fetch_value
from registry.funders.service import OtherFunderError, change_funder, close_year
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import YearClosedError, amend_grant
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.rules import PaidInClosedYearError
from registry.payments.service import attest_payment, reverse_payment
from tests.factories import World, make_grant, make_payment


async def test_from_its_sum_on_two_must_sign(world: World) -> None:
    await change_funder(CONSOLE, world.kommun, attest_from=Money(500_00), accent="#123456", contact="Kulturenheten")
    grant = await make_grant(world.programme, world.abf)
    officer, colleague = await world.scope("officer"), await world.scope("colleague")
    below = await make_payment(grant, amount=499_99, scope=officer)
    at = await make_payment(grant, amount=500_00, scope=officer)
    attests = {
        number: await fetch_value("SELECT attest FROM payment WHERE id = $1", int(number[2:])) for number in (below, at)
    }
    assert attests == {below: "exempt", at: "officer"}
    await attest_payment(colleague, at)
    other = await make_grant(world.region_programme, world.abf)
    number = await make_payment(other, amount=1_00, scope=await world.scope("region_officer"))
    assert await fetch_value("SELECT attest FROM payment WHERE id = $1", int(number[2:])) == "officer"


@pytest.mark.parametrize(("attest_from", "accent"), [(-1, "#123456"), (0, "red"), (0, "#12345g"), (0, "#123456;")])
async def test_settings_that_can_not_be_are_refused(world: World, attest_from: int, accent: str) -> None:
    with pytest.raises(RuleError):
        await change_funder(CONSOLE, world.kommun, attest_from=Money(attest_from), accent=accent, contact="")


async def test_only_a_funders_own_officers_set_and_close(world: World) -> None:
    with pytest.raises(OtherFunderError):
        await close_year(await world.scope("region_officer"), world.kommun, 2024)
    with pytest.raises(OtherFunderError):
        await change_funder(
            await world.scope("region_officer"), world.kommun, attest_from=Money(0), accent="#123456", contact=""
        )
    for name in ("auditor", "abf_user", "admin"):
        with pytest.raises(ForbiddenError):
            await close_year(await world.scope(name), world.kommun, 2024)
    await close_year(await world.scope("officer"), world.kommun, 2024)


async def test_a_closed_year_takes_nothing_more(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, decided_on=date(2025, 2, 3))
    officer = await world.scope("officer")
    paid = await make_payment(grant, amount=100_00, paid_on=date(2025, 3, 1))
    await attest_payment(officer, paid)
    await close_year(officer, world.kommun, 2025)
    with pytest.raises(ConflictError):
        await close_year(officer, world.kommun, 2025)
    with pytest.raises(YearClosedError):
        await make_grant(world.programme, world.bilda, decided_on=date(2025, 2, 3))
    with pytest.raises(PaidInClosedYearError):
        await make_payment(grant, paid_on=date(2025, 12, 31))
    with pytest.raises(YearClosedError):
        await reverse_payment(officer, paid, reason="Fel", reversed_on=date(2025, 12, 31))
    repaid = RepaymentDetails(Money(1), date(2025, 12, 31), "Åter")
    with pytest.raises(YearClosedError):
        await register_repayment(officer, grant, repaid, key="r")
    amendment = AmendmentDetails(
        kind=AmendmentKind.DECREASE, amount_ore=Money(1), decided_on=date(2025, 12, 31), decider="N", reason="Fel"
    )
    with pytest.raises(YearClosedError):
        await amend_grant(officer, grant, amendment, key="a")
    await reverse_payment(officer, paid, reason="Fel", reversed_on=date(2026, 1, 1))
    await make_payment(grant, paid_on=date(2026, 1, 1))
    other = await make_grant(world.region_programme, world.bilda, decided_on=date(2025, 2, 3))
    await make_payment(other, paid_on=date(2025, 12, 31))


async def test_a_year_is_closed_when_it_is_over_and_nothing_waits(world: World) -> None:
    officer, colleague = await world.scope("officer"), await world.scope("colleague")
    with pytest.raises(RuleError):
        await close_year(officer, world.kommun, trail.today().year)
    grant = await make_grant(world.programme, world.abf)
    number = await make_payment(grant, paid_on=date(2025, 12, 31), scope=officer)
    with pytest.raises(RuleError) as refused:
        await close_year(officer, world.kommun, 2025)
    assert refused.value.data["count"] == 1
    await attest_payment(colleague, number)
    await close_year(officer, world.kommun, 2025)
