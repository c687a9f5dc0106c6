"""Two officers at the same thing at once: one of them does it, the others are told, and the trail stays whole."""

import asyncio
from collections.abc import Awaitable
from datetime import date

import pytest

from registry.allocations.service import Decision, decide_allocation, discard_allocation
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import RegistryError
from registry.core.money import Money
from registry.database import fetch_value
from registry.grants.stops import release_grant, stop_grant
from registry.parties.accounts import decide_account
from registry.parties.schemas import AccountStatus
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.service import attest_payment
from registry.recoveries.schemas import ClosureKind
from registry.recoveries.service import close_claim
from tests.allocations.prepared import register_2025
from tests.factories import (
    World,
    make_account_request,
    make_allocation,
    make_claim,
    make_demand,
    make_grant,
    make_payment,
)

TIMES = 6
DAY = date(2026, 2, 2)


async def race(*attempts: Awaitable[object]) -> int:
    """Try all at once; returns how many did it. Whoever didn't was refused in words."""
    ends = await asyncio.gather(*attempts, return_exceptions=True)
    failed = [end for end in ends if isinstance(end, BaseException)]
    assert not [end for end in failed if not isinstance(end, RegistryError)], failed
    assert (await verify(CONSOLE)).intact
    return len(ends) - len(failed)


async def paid_grant(world: World) -> str:
    """A grant of 1 000 kr that is paid."""
    grant = await make_grant(world.programme, world.abf, amount=1_000_00)
    payment = await make_payment(grant, amount=1_000_00, scope=await world.scope("officer"))
    await attest_payment(await world.scope("colleague"), payment)
    return grant


async def test_an_allocation_is_decided_or_discarded_once(world: World) -> None:
    await register_2025(world)
    number = await make_allocation()
    scope = await world.scope("officer")
    decision = Decision(dnr="KUN 2026/0019", decided_on=date(2026, 3, 18), decider="Nämnden")
    done = await race(
        *(decide_allocation(scope, number, decision) for _time in range(TIMES)),
        *(discard_allocation(scope, number, reason="Fel") for _time in range(TIMES)),
    )
    assert done == 1
    assert (
        await fetch_value("SELECT (SELECT count(*) FROM allocation_decision) + count(*) FROM allocation_discard") == 1
    )


async def test_a_programme_has_one_draft_for_a_year(world: World) -> None:
    await register_2025(world)
    assert await race(*(make_allocation() for _time in range(TIMES))) == 1


async def test_a_claim_is_settled_or_closed_once(world: World) -> None:
    grant = await paid_grant(world)
    claim = await make_claim(grant, amount=600_00)
    scope = await world.scope("officer")
    details = RepaymentDetails(amount=Money(600_00), repaid_on=DAY, reason="Betalt", claim=claim)
    await race(
        *(register_repayment(scope, grant, details, key=f"k{time}") for time in range(TIMES)),
        *(
            close_claim(scope, claim, ClosureKind.WITHDRAWN, reason="Fel", closed_on=DAY)
            for _time in range(TIMES)
        ),
    )  # fmt: skip
    settled = await fetch_value("SELECT coalesce(sum(amount_ore), 0)::bigint FROM claim_settlement")
    closed = await fetch_value("SELECT coalesce(sum(amount_ore), 0)::bigint FROM claim_closure")
    assert settled + closed == 600_00
    assert await fetch_value("SELECT repaid_ore <= paid_ore FROM grant_balance")


async def test_no_more_is_claimed_than_was_paid(world: World) -> None:
    grant = await paid_grant(world)
    scope = await world.scope("officer")
    assert await race(*(make_claim(grant, amount=400_00, scope=scope) for _time in range(TIMES))) == 2


async def test_one_key_repays_once(world: World) -> None:
    grant = await paid_grant(world)
    scope = await world.scope("officer")
    details = RepaymentDetails(amount=Money(100_00), repaid_on=DAY, reason="Betalt")
    assert await race(*(register_repayment(scope, grant, details, key="k") for _time in range(TIMES))) == TIMES
    assert await fetch_value("SELECT count(*) FROM repayment") == 1


async def test_a_stop_stands_once_and_is_lifted_once(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    scope = await world.scope("officer")
    assert await race(*(stop_grant(scope, grant, reason="Fel") for _time in range(TIMES))) == 1
    assert await race(*(release_grant(scope, grant, reason="Rätt") for _time in range(TIMES))) == 1


async def test_money_leaves_before_the_stop_or_not_at_all(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=1_000_00)
    scope = await world.scope("officer")
    await race(
        stop_grant(scope, grant, reason="Fel"),
        *(make_payment(grant, amount=10_00, scope=scope) for _time in range(TIMES)),
    )
    after = "SELECT count(*) FROM payment p JOIN grant_stop s ON s.grant_id = p.grant_id WHERE p.seq > s.seq"
    assert await fetch_value(after) == 0


@pytest.mark.parametrize("outcome", [AccountStatus.APPROVED, AccountStatus.REJECTED])
async def test_an_account_waits_once_and_is_decided_once(world: World, outcome: AccountStatus) -> None:
    officer, colleague = await world.scope("officer"), await world.scope("colleague")
    assert await race(*(make_account_request(world.abf, scope=officer) for _time in range(TIMES))) == 1
    attempts = (decide_account(colleague, "C-1", outcome, reason="Kontrollerat") for _time in range(TIMES))
    assert await race(*attempts) == 1
    assert await fetch_value("SELECT count(*) FROM account_decision") == 1


async def test_the_same_report_is_demanded_once(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    scope = await world.scope("officer")
    assert await race(*(make_demand(grant, scope=scope) for _time in range(TIMES))) == 1
