"""Recovery claims by the service: decided, settled by repayments, given up, and never more than was paid."""

from datetime import date, timedelta

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry import trail
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import ConflictError, ForbiddenError, RuleError
from registry.core.money import Money
from registry.database import fetch_value
from registry.funders.service import OtherFunderError
from registry.payments.repayments import (
    BeforeClaimError,
    ClaimSettledError,
    RepaymentDetails,
    register_repayment,
)
from registry.payments.service import RepaidExceedsPaidError, reverse_payment
from registry.recoveries.queries import (
    ClaimFilter,
    UnknownClaimError,
    get_claim,
    list_claims,
    list_settlements,
    list_statement_claims,
)
from registry.recoveries.rules import ClaimedBackError, RefusedClaimError
from registry.recoveries.schemas import ClaimStatus, ClosureKind, Ground
from registry.recoveries.service import NothingLeftError, close_claim
from tests.factories import World, make_claim, make_grant, make_paid

JANUARY, MARCH = date(2026, 1, 15), date(2026, 3, 31)


async def paid_grant(world: World, amount: int = 1_000_00, conditions: str = "") -> str:
    """A grant of the kommun of which an amount is paid."""
    grant = await make_grant(world.programme, world.abf, amount=amount, conditions=conditions)
    await make_paid(world, grant, amount=amount)
    return grant


async def repay(grant: str, amount: int, *, claim: str = "", on: date = MARCH, key: str | None = None) -> int:
    """Register a repayment; returns its id."""
    details = RepaymentDetails(Money(amount), on, "Återbetalt", claim)
    return await register_repayment(CONSOLE, grant, details, key=key or f"{grant}-{claim}-{amount}-{on}")


async def test_a_claim_is_settled_in_parts(world: World) -> None:
    grant = await paid_grant(world)
    claim = await make_claim(grant, amount=600_00, due_on=trail.today())
    assert (await get_claim(CONSOLE, claim)).status is ClaimStatus.OPEN
    await repay(grant, 200_00, claim=claim)
    partly = await get_claim(CONSOLE, claim)
    assert (partly.status, partly.settled_ore, partly.left_ore) == (ClaimStatus.PARTLY, 200_00, 400_00)
    await repay(grant, 400_00, claim=claim)
    paid = await get_claim(CONSOLE, claim)
    assert (paid.status, paid.left_ore) == (ClaimStatus.PAID, 0)
    with pytest.raises(ClaimSettledError):
        await repay(grant, 1_00, claim=claim)
    [settlements] = (await list_settlements(CONSOLE, [paid.id])).values()
    assert [one.amount_ore for one in settlements] == [200_00, 400_00]
    assert (await verify(CONSOLE)).first_bad is None


async def test_what_is_more_than_the_claim_is_repaid_freely(world: World) -> None:
    grant = await paid_grant(world)
    claim = await make_claim(grant, amount=600_00)
    await repay(grant, 700_00, claim=claim)
    assert (await get_claim(CONSOLE, claim)).settled_ore == 600_00
    assert await fetch_value("SELECT repaid_ore FROM grant_balance WHERE grant_id = $1", int(grant[2:])) == 700_00


async def test_never_more_than_is_paid_repaid_and_claimed(world: World) -> None:
    grant = await paid_grant(world)
    await repay(grant, 100_00)
    first = await make_claim(grant, amount=500_00)
    with pytest.raises(RefusedClaimError):
        await make_claim(grant, amount=400_01)
    await make_claim(grant, amount=400_00)
    with pytest.raises(ClaimedBackError) as unnamed:
        await repay(grant, 1_00)
    assert unnamed.value.field == "claim"
    with pytest.raises(ClaimedBackError):
        await repay(grant, 501_00, claim=first)
    with pytest.raises(RepaidExceedsPaidError):
        await repay(grant, 901_00, claim=first)
    await repay(grant, 500_00, claim=first)


async def test_a_payment_that_is_claimed_back_is_not_reversed(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    payment = await make_paid(world, grant)
    claim = await make_claim(grant, amount=1_00)
    with pytest.raises(ClaimedBackError):
        await reverse_payment(CONSOLE, payment, reason="Fel", reversed_on=MARCH)
    await close_claim(CONSOLE, claim, ClosureKind.WITHDRAWN, reason="Fel beslut", closed_on=MARCH)
    await reverse_payment(CONSOLE, payment, reason="Fel", reversed_on=MARCH)


async def test_what_is_left_is_withdrawn_or_written_off(world: World) -> None:
    grant = await paid_grant(world)
    claim = await make_claim(grant, amount=600_00)
    await repay(grant, 100_00, claim=claim, on=date(2026, 2, 1))
    with pytest.raises(RuleError):
        await close_claim(CONSOLE, claim, ClosureKind.WRITTEN_OFF, reason=" ", closed_on=MARCH)
    with pytest.raises(RuleError):
        await close_claim(CONSOLE, claim, ClosureKind.WRITTEN_OFF, reason="Fel", closed_on=date(2026, 1, 14))
    tomorrow = trail.today() + timedelta(days=1)
    with pytest.raises(RuleError):
        await close_claim(CONSOLE, claim, ClosureKind.WRITTEN_OFF, reason="Fel", closed_on=tomorrow)
    await close_claim(CONSOLE, claim, ClosureKind.WRITTEN_OFF, reason="Konkurs", closed_on=MARCH)
    closed = await get_claim(CONSOLE, claim)
    assert (closed.status, closed.settled_ore, closed.closed_ore, closed.left_ore) == (
        ClaimStatus.WRITTEN_OFF, 100_00, 500_00, 0,
    )  # fmt: skip
    with pytest.raises(NothingLeftError):
        await close_claim(CONSOLE, claim, ClosureKind.WITHDRAWN, reason="Igen", closed_on=MARCH)
    with pytest.raises(ClaimSettledError):
        await repay(grant, 1_00, claim=claim)
    await make_claim(grant, amount=900_00)
    assert (await verify(CONSOLE)).first_bad is None


async def test_a_claim_rests_on_a_condition_as_it_read(world: World) -> None:
    grant = await paid_grant(world, conditions="Använd bidraget under 2025.\nRedovisa senast 28 februari.")
    condition = "Redovisa senast 28 februari."
    claim = await make_claim(grant, amount=1_00, ground=Ground.CONDITION, condition=condition)
    assert (await get_claim(CONSOLE, claim)).condition == condition
    with pytest.raises(RefusedClaimError):
        await make_claim(grant, amount=1_00, ground=Ground.CONDITION, condition="Redovisa i tid.")
    bare = await paid_grant(world)
    with pytest.raises(RefusedClaimError) as refused:
        await make_claim(bare, amount=1_00, ground=Ground.CONDITION, condition="Något")
    assert [error.code for _field, error in refused.value.errors] == ["no-conditions"]


async def test_the_same_key_again_changes_nothing(world: World) -> None:
    grant = await paid_grant(world)
    claim = await make_claim(grant, amount=1_00, key="once")
    assert await make_claim(grant, amount=1_00, key="once") == claim
    with pytest.raises(ConflictError):
        await make_claim(grant, amount=2_00, key="once")
    first = await repay(grant, 1_00, claim=claim, key="back")
    assert await repay(grant, 1_00, claim=claim, key="back") == first
    with pytest.raises(ConflictError):
        await repay(grant, 1_00, key="back")


async def test_who_may_claim_and_who_sees(world: World) -> None:
    grant = await paid_grant(world)
    claim = await make_claim(grant, amount=1_00, scope=await world.scope("officer"))
    with pytest.raises(OtherFunderError):
        await make_claim(grant, amount=1_00, scope=await world.scope("region_officer"))
    for name in ("abf_user", "auditor", "admin"):
        with pytest.raises(ForbiddenError):
            await make_claim(grant, amount=1_00, scope=await world.scope(name))
    assert (await get_claim(await world.scope("abf_user"), claim)).number == claim
    with pytest.raises(UnknownClaimError):
        await get_claim(await world.scope("bilda_user"), claim)
    other = await paid_grant(world)
    with pytest.raises(UnknownClaimError):
        await repay(other, 1_00, claim=claim)
    with pytest.raises(BeforeClaimError):
        await repay(grant, 1_00, claim=claim, on=date(2026, 1, 14))


async def test_lists_with_their_sums(world: World) -> None:
    grant = await paid_grant(world)
    late = await make_claim(grant, amount=100_00, due_on=JANUARY)
    coming = await make_claim(grant, amount=200_00, due_on=trail.today() + timedelta(days=9))
    gone = await make_claim(grant, amount=300_00, due_on=MARCH, decided_on=date(2026, 2, 1))
    await close_claim(CONSOLE, gone, ClosureKind.WITHDRAWN, reason="Fel", closed_on=MARCH)
    await repay(grant, 50_00, claim=late)

    async def numbers(**wanted: object) -> set[str]:
        return {one.number for one in (await list_claims(CONSOLE, ClaimFilter(**wanted))).items}  # type: ignore[arg-type]

    assert await numbers(status=ClaimStatus.OVERDUE) == {late}
    assert await numbers(status=ClaimStatus.OPEN) == {coming}
    assert await numbers(status=ClaimStatus.WITHDRAWN) == {gone}
    assert await numbers(open=True) == {late, coming}
    assert await numbers(first=date(2026, 2, 1)) == {gone}
    assert await numbers(funder_id=world.region) == set()
    sums = (await list_claims(CONSOLE, ClaimFilter())).sums
    assert sums == {"claimed": 600_00, "settled": 50_00, "closed": 300_00, "left": 250_00}


async def test_a_claim_in_a_year_of_a_statement(world: World) -> None:
    grant = await paid_grant(world)
    claim = await make_claim(grant, amount=600_00, decided_on=date(2025, 11, 1), due_on=MARCH)
    await repay(grant, 100_00, claim=claim, on=date(2025, 12, 1))
    await repay(grant, 200_00, claim=claim, on=date(2026, 2, 1))
    await close_claim(CONSOLE, claim, ClosureKind.WRITTEN_OFF, reason="Konkurs", closed_on=date(2026, 3, 1))

    async def year(number: int) -> list[tuple[int, ...]]:
        found = await list_statement_claims(CONSOLE, [int(grant[2:])], date(number, 1, 1), date(number, 12, 31))
        return [
            tuple(map(int, (one.opening_ore, one.claimed_ore, one.settled_ore, one.closed_ore, one.left_ore)))
            for one in found
        ]

    assert await year(2024) == []
    assert await year(2025) == [(0, 600_00, 100_00, 0, 500_00)]
    assert await year(2026) == [(500_00, 0, 200_00, 300_00, 0)]
    assert await year(2027) == []


async def test_the_database_refuses_too(world: World, owner: asyncpg.Connection) -> None:
    grant = await paid_grant(world, 100_00)
    claim = int((await make_claim(grant, amount=60_00))[2:])
    repayment = await repay(grant, 10_00)
    columns = (
        "INSERT INTO recovery_claim (id, grant_id, amount_ore, ground, reason, decided_on, decider, dnr, due_on,"
        " key_scope, key, recorded_at, seq) VALUES (9999, $1, $2, 'wrong_payment', 'x', '2026-01-15', 'x', 'x',"
        " '2026-03-31', 'x', 'x', now(), 9999)"
    )
    with pytest.raises(asyncpg.CheckViolationError) as more:
        await owner.execute(columns, int(grant[2:]), 30_01)
    assert more.value.constraint_name == "claim_within_paid"
    for table, values, constraint in (
        ("claim_settlement (repayment_id, claim_id, amount_ore, seq)", (repayment, claim, 10_01, 9),
         "settlement_within_repayment"),
        ("claim_closure (claim_id, kind, closed_on, amount_ore, reason, recorded_at, seq)",
         (claim, "withdrawn", MARCH, 59_99, "x", trail.now(), 9), "closure_of_what_is_left"),
    ):  # fmt: skip
        places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await owner.execute(f"INSERT INTO {table} VALUES ({places})", *values)
        assert refused.value.constraint_name == constraint
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner.execute("UPDATE recovery_claim SET amount_ore = 1")


STEPS = st.lists(st.tuples(st.sampled_from(["claim", "repay", "settle", "close"]), st.integers(1, 60)), max_size=12)


@settings(max_examples=15)
@given(STEPS)
async def test_claims_never_ask_for_more_than_is_left_to_pay_back(world: World, steps: list[tuple[str, int]]) -> None:
    grant = await paid_grant(world, 100)
    paid, repaid, left = 100, 0, dict[str, int]()
    for place, (step, amount) in enumerate(steps):
        room = paid - repaid - sum(left.values())
        first = next((name for name, rest in left.items() if rest), None)
        match step:
            case "claim" if amount <= room:
                left[await make_claim(grant, amount=amount)] = amount
            case "claim":
                with pytest.raises(RefusedClaimError):
                    await make_claim(grant, amount=amount)
            case "repay" if amount <= room:
                await repay(grant, amount, key=f"{grant}-{place}")
                repaid += amount
            case "settle" if first and amount <= left[first] + room:
                await repay(grant, amount, claim=first, key=f"{grant}-{place}")
                repaid += amount
                left[first] -= min(amount, left[first])
            case "close" if first:
                await close_claim(CONSOLE, first, ClosureKind.WITHDRAWN, reason="Fel", closed_on=MARCH)
                left[first] = 0
    found = await list_claims(CONSOLE, ClaimFilter(grant_id=int(grant[2:])), sort="number", limit=None)
    assert {one.number: int(one.left_ore) for one in found.items} == left
    assert sum(left.values()) <= paid - repaid
