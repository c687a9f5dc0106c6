"""Payments by the service: every rule, and what a group commit promises."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from registry import trail
from registry.core.access import CONSOLE
from registry.core.errors import ConflictError, RuleError
from registry.core.money import Money
from registry.database import fetch_row, fetch_value
from registry.funders.service import OtherFunderError, close_year
from registry.payments import registrar
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.rules import (
    ExceedsGrantError,
    ExceedsInstalmentError,
    KeyReusedError,
    PaidBeforeDecisionError,
    PaidInClosedYearError,
    PaidTwiceError,
)
from registry.payments.schemas import PaymentDetails
from registry.payments.service import (
    AlreadyReversedError,
    NeedsNoAttestError,
    OwnPaymentError,
    attest_payment,
    register_payment,
    reverse_payment,
)
from registry.payments.states import Asked, Situation, read_situation
from tests.factories import World, make_grant, make_payment


def payment(grant: str, amount: int = 100_00, **values: object) -> PaymentDetails:
    """A payment's details in öre."""
    facts: dict[str, object] = {"paid_on": date(2025, 4, 1), **values}
    return PaymentDetails(grant=grant, amount_ore=Money(amount), **facts)  # type: ignore[arg-type]


async def balance(grant: str) -> dict[str, int]:
    """The grant's balance as the triggers keep it."""
    row = await fetch_row("SELECT * FROM grant_balance WHERE grant_id = $1", int(grant[2:]))
    assert row is not None
    return {name: row[f"{name}_ore"] for name in ("granted", "registered", "paid", "repaid")}


async def test_register_attest_and_reverse_move_the_balance(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_000_00)
    officer, colleague = await world.scope("officer"), await world.scope("colleague")
    number = await make_payment(grant, amount=40_000_00, scope=officer)
    assert await balance(grant) == {"granted": 100_000_00, "registered": 40_000_00, "paid": 0, "repaid": 0}
    with pytest.raises(OwnPaymentError):
        await attest_payment(officer, number)
    await attest_payment(colleague, number)
    assert (await balance(grant))["paid"] == 40_000_00
    with pytest.raises(NeedsNoAttestError):
        await attest_payment(colleague, number)
    await reverse_payment(officer, number, reason="Fel konto", reversed_on=date(2025, 5, 1))
    assert await balance(grant) == {"granted": 100_000_00, "registered": 0, "paid": 0, "repaid": 0}
    with pytest.raises(AlreadyReversedError):
        await reverse_payment(officer, number, reason="Igen", reversed_on=date(2025, 5, 1))


async def test_a_payment_above_the_grant_is_refused_with_what_is_left(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_00)
    await make_payment(grant, amount=60_00)
    with pytest.raises(ExceedsGrantError) as refused:
        await register_payment(CONSOLE, payment(grant, 40_01), key="k")
    assert refused.value.data["left"] == 40_00
    await register_payment(CONSOLE, payment(grant, 40_00), key="k")


async def test_other_refusals(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_00, decided_on=date(2025, 2, 3))
    with pytest.raises(OtherFunderError):
        await register_payment(await world.scope("region_officer"), payment(grant), key="a")
    with pytest.raises(PaidBeforeDecisionError):
        await register_payment(CONSOLE, payment(grant, paid_on=date(2025, 2, 2)), key="b")
    await close_year(CONSOLE, world.kommun, 2025)
    with pytest.raises(PaidInClosedYearError):
        await register_payment(CONSOLE, payment(grant), key="c")
    assert await fetch_value("SELECT count(*) FROM payment") == 0


async def test_an_instalment_takes_no_more_than_its_amount(world: World) -> None:
    plan = ((date(2025, 3, 31), 60_00), (date(2025, 9, 30), 40_00))
    grant = await make_grant(world.programme, world.abf, amount=100_00, instalments=plan)
    await make_payment(grant, amount=50_00, instalment=1)
    with pytest.raises(ExceedsInstalmentError):
        await register_payment(CONSOLE, payment(grant, 10_01, instalment=1), key="k")
    await register_payment(CONSOLE, payment(grant, 10_00, instalment=1), key="k")


async def test_the_same_key_answers_the_same_and_another_body_is_refused(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_000)
    first = await register_payment(CONSOLE, payment(grant), key="once")
    again = await register_payment(CONSOLE, payment(grant), key="once")
    assert (again.payment_id, again.replay, first.replay) == (first.payment_id, True, False)
    with pytest.raises(KeyReusedError):
        await register_payment(CONSOLE, payment(grant, 99_00), key="once")
    other = await register_payment(await world.scope("officer"), payment(grant), key="once")
    assert other.payment_id != first.payment_id


async def test_the_same_voucher_amount_and_day_is_the_same_payment(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_000)
    number = await make_payment(grant, amount=100_00, paid_on=date(2025, 4, 1), voucher="V1")
    with pytest.raises(PaidTwiceError):
        await register_payment(CONSOLE, payment(grant, voucher="V1"), key="k")
    await reverse_payment(CONSOLE, number, reason="Fel", reversed_on=date(2025, 4, 2))
    await register_payment(CONSOLE, payment(grant, voucher="V1"), key="k")


async def test_forty_at_once_on_one_grant_never_exceed_it(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=1_000_00)
    answers = await asyncio.gather(
        *(register_payment(CONSOLE, payment(grant, 100_00), key=f"k{index}") for index in range(40)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, ExceedsGrantError) for answer in answers) == 30
    assert (await balance(grant))["registered"] == 1_000_00


async def test_each_payment_has_its_own_entry(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=1_000_00)
    await asyncio.gather(*(register_payment(CONSOLE, payment(grant, 1_00), key=f"k{n}") for n in range(20)))
    assert (
        await fetch_value(
            "SELECT count(DISTINCT p.seq) FROM payment p JOIN trail_entry t ON t.seq = p.seq"
            " AND t.action = 'payments:payment:register'"
        )
        == 20
    )


async def test_what_comes_back_is_not_dated_ahead(world: World) -> None:
    """A reversal of next year would free the grant now, and more would be paid than granted until then."""
    grant = await make_grant(world.region_programme, world.abf, amount=100_00)
    today = trail.today()
    tomorrow = today + timedelta(days=1)
    number = await make_payment(grant, amount=60_00, paid_on=today)
    with pytest.raises(RuleError):
        await reverse_payment(CONSOLE, number, reason="Fel", reversed_on=tomorrow)
    with pytest.raises(RuleError):
        await register_repayment(CONSOLE, grant, RepaymentDetails(Money(1_00), tomorrow, "Åter"), key="k")
    planned = await make_payment(grant, amount=40_00, paid_on=tomorrow)
    await reverse_payment(CONSOLE, planned, reason="Inställd", reversed_on=tomorrow)


async def test_a_repayment_key_stands_for_one_repayment(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_00)
    officer = await world.scope("officer")
    await attest_payment(await world.scope("colleague"), await make_payment(grant, amount=60_00, scope=officer))
    details = RepaymentDetails(Money(10_00), date(2025, 6, 1), "Ej genomfört")
    first = await register_repayment(officer, grant, details, key="once")
    assert await register_repayment(officer, grant, details, key="once") == first
    with pytest.raises(ConflictError) as refused:
        await register_repayment(officer, grant, RepaymentDetails(Money(20_00), date(2025, 6, 1), "Mer"), key="once")
    assert refused.value.code == "key-reused"
    assert (await balance(grant))["repaid"] == 10_00


async def test_a_group_that_another_write_came_between_is_decided_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read without the lock no longer holds: the other payment has used up the grant."""
    grant = await make_grant(world.programme, world.abf, amount=100_00)
    reads = 0

    async def read_and_be_overtaken(asked: Sequence[Asked]) -> Situation:
        nonlocal reads
        reads += 1
        found = await read_situation(asked)
        if reads == 1:
            assert await asyncio.create_task(_register_in_another_group(payment(grant, 60_00), "other"))
        return found

    monkeypatch.setattr("registry.payments.registrar.read_situation", read_and_be_overtaken)
    with pytest.raises(ExceedsGrantError) as refused:
        await register_payment(CONSOLE, payment(grant, 60_00), key="k")
    assert refused.value.data["left"] == 40_00
    assert (reads, (await balance(grant))["registered"]) == (3, 60_00)
    assert await fetch_value("SELECT max(seq) FROM trail_entry") == await fetch_value("SELECT seq FROM chain_head")


async def _register_in_another_group(details: PaymentDetails, key: str) -> bool:
    """As another process would, past this one's queue."""
    answer: asyncio.Future[registrar.Registered] = asyncio.get_running_loop().create_future()
    grant_id = int(details.grant[2:])
    waiting = registrar.Waiting(CONSOLE, details, key, answer, key_scope="console", hash=b"", grant_id=grant_id)
    await registrar._commit([waiting])
    return answer.done()
