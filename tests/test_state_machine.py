"""The registry against a model of dictionaries: any order of decisions, payments and corrections ends as the model."""

import asyncio
import os
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, ClassVar, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from registry import database, server, trail
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import RegistryError
from registry.core.money import Money
from registry.database import connect, disconnect, fetch, migrate
from registry.funders.service import change_funder, close_year
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import amend_grant
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.schemas import PaymentDetails, payment_number
from registry.payments.service import attest_payment, register_payment, reverse_payment
from registry.programmes.service import set_frame
from registry.tables import TABLES
from tests.conftest import reset
from tests.factories import World, make_grant, make_world

Result = TypeVar("Result")
Work = Callable[[], Coroutine[Any, Any, Result]]

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DECIDED = date(2025, 2, 3)
DAYS = (date(2025, 2, 2), date(2025, 2, 3), date(2025, 7, 1), date(2026, 3, 1), date(2026, 11, 23))
AMOUNTS = st.sampled_from((1, 100, 4_999, 5_000, 33_333, 60_000, 100_000))
USERS = ("officer", "colleague", "region_officer")
STEPS = 50
QUICK, FULL = 15, 3500
"""Examples of at most 50 steps each; FULL makes the 100 000 operations that are promised."""


@dataclass
class Grant:
    """A grant as the model keeps it. `plan` is what each instalment holds, `taken` what is registered on each."""

    funder: str
    granted: int
    plan: list[int]
    registered: int = 0
    paid: int = 0
    repaid: int = 0
    taken: dict[int, int] = field(default_factory=dict)


@dataclass
class Payment:
    """A payment as the model keeps it."""

    grant: str
    amount: int
    day: date
    by: str
    instalment: int | None
    voucher: str
    status: str


@dataclass
class Model:
    """All that the registry should hold."""

    grants: dict[str, Grant] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    keys: dict[tuple[str, str], tuple[tuple[object, ...], str]] = field(default_factory=dict)
    used: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)
    closed: set[tuple[str, int]] = field(default_factory=set)
    frames: dict[str, int] = field(default_factory=dict)


class Runner:
    """A loop and a pool of their own, since Hypothesis calls its rules outside the tests' loop."""

    def __init__(self, dsn: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.before = database._Current.engine
        self.owner: asyncpg.Connection = self.run(lambda: self._open(dsn))

    async def _open(self, dsn: str) -> asyncpg.Connection:
        await migrate(dsn)
        await connect(dsn)
        await server.seed()
        return await asyncpg.connect(dsn)

    def run(self, work: Work[Result]) -> Result:
        """Run one piece of work to its end."""
        return self.loop.run_until_complete(work())

    def close(self) -> None:
        """Give the tests' own engine back."""
        self.run(self.owner.close)
        self.run(disconnect)
        self.loop.close()
        database._Current.engine = self.before
        for table in TABLES:
            table._meta._db = self.before


class RegistryMachine(RuleBasedStateMachine):
    """Each rule does the same to the registry and to the model, then all sums are compared."""

    runner: ClassVar[Runner]
    operations: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.world: World = self.runner.run(self._begin)
        self.funders = {"kommun": self.world.kommun, "region": self.world.region}
        self.scopes = {name: self.runner.run(partial(self.world.scope, name)) for name in USERS}

    async def _begin(self) -> World:
        await reset(self.runner.owner)
        world = await make_world()
        for funder, attest_from in ((world.kommun, 0), (world.region, 5_000)):
            await change_funder(CONSOLE, funder, attest_from=Money(attest_from), accent="#123456", contact="")
        for programme in (world.programme, world.region_programme):
            await set_frame(CONSOLE, programme, 2025, Money(400_000), reason="Mindre")
        self.model.frames = {"kommun": 400_000, "region": 400_000}
        return world

    def attempt(self, work: Work[Result], refusals: set[str]) -> Result | None:
        """Do it: it must be refused for one of the model's reasons, or done when the model has none."""
        RegistryMachine.operations += 1
        try:
            done = self.runner.run(work)
        except RegistryError as refused:
            error: RegistryError | None = refused
        else:
            assert not refusals, f"done, though the model refuses: {refusals}"
            return done
        assert error is not None
        assert error.code in refusals, f"refused with {error.code}; the model says {refusals or 'nothing'}"
        return None

    def foreign(self, user: str, funder: str) -> bool:
        """Whether somebody acts for another funder than their own."""
        return (user == "region_officer") != (funder == "region")

    @rule(funder=st.sampled_from(("kommun", "region")), parts=st.lists(AMOUNTS, min_size=1, max_size=3))
    def decide(self, funder: str, parts: list[int]) -> None:
        """Decide a grant with instalments."""
        programme = self.world.programme if funder == "kommun" else self.world.region_programme
        refusals = {"year-closed"} if (funder, DECIDED.year) in self.model.closed else set()
        if sum(parts) > self.model.frames[funder]:
            refusals |= {"frame-exceeded"}
        plan = tuple((DECIDED, part) for part in parts)
        number = self.attempt(
            lambda: make_grant(programme, self.world.abf, amount=sum(parts), decided_on=DECIDED, instalments=plan),
            refusals,
        )
        if number is not None:
            self.model.grants[number] = Grant(funder, sum(parts), list(parts))
            self.model.frames[funder] -= sum(parts)

    @precondition(lambda self: self.model.grants)
    @rule(
        data=st.data(),
        user=st.sampled_from(USERS),
        amount=AMOUNTS,
        day=st.sampled_from(DAYS),
        voucher=st.sampled_from(("", "", "V1", "V2")),
        instalment=st.sampled_from((None, None, 1, 2, 4)),
        key=st.sampled_from([f"key-{number}" for number in range(12)]),
    )
    def register(
        self, data: st.DataObject, user: str, amount: int, day: date, voucher: str, instalment: int | None, key: str
    ) -> None:
        """Register a payment; a known key answers as before or is refused."""
        number = data.draw(st.sampled_from(sorted(self.model.grants)))
        grant = self.model.grants[number]
        facts = (number, amount, day, voucher, instalment)
        known = self.model.keys.get((user, key))
        refusals = self._refusals(grant, facts, user) if known is None else set()
        if known is not None and known[0] != facts:
            refusals = {"idempotency-key-reused"}
        details = PaymentDetails(
            grant=number, amount_ore=Money(amount), paid_on=day, voucher=voucher, instalment=instalment
        )
        done = self.attempt(lambda: register_payment(self.scopes[user], details, key=key), refusals)
        if done is None:
            return
        assert done.replay is (known is not None)
        if known is not None:
            assert payment_number(done.payment_id) == known[1], "the same key answers with another payment"
            return
        exempt = grant.funder == "region" and amount < 5_000
        self._take(
            payment_number(done.payment_id),
            Payment(*facts[:3], user, instalment, voucher, "paid" if exempt else "waiting"),
        )
        self.model.keys[(user, key)] = (facts, payment_number(done.payment_id))

    def _refusals(self, grant: Grant, facts: tuple[str, int, date, str, int | None], user: str) -> set[str]:
        number, amount, day, voucher, instalment = facts
        refusals = set()
        if self.foreign(user, grant.funder):
            refusals.add("other-funder")
        if day < DECIDED:
            refusals.add("before-decision")
        if (grant.funder, day.year) in self.model.closed:
            refusals.add("year-closed")
        if amount > grant.granted - grant.registered:
            refusals.add("payment-exceeds-grant")
        if instalment is not None and instalment > len(grant.plan):
            refusals |= {"unknown-instalment", "rule-broken"}
        elif instalment is not None and amount > grant.plan[instalment - 1] - grant.taken.get(instalment, 0):
            refusals.add("payment-exceeds-instalment")
        same = (number, amount, day, voucher)
        if voucher and any(
            (one.grant, one.amount, one.day, one.voucher) == same and one.status in ("waiting", "paid")
            for one in self.model.payments.values()
        ):
            refusals.add("paid-twice")
        return refusals

    def _take(self, number: str, payment: Payment) -> None:
        assert number not in self.model.payments, "a number is used twice"
        grant = self.model.grants[payment.grant]
        self.model.payments[number] = payment
        grant.registered += payment.amount
        if payment.status == "paid":
            grant.paid += payment.amount
        if payment.instalment is not None:
            grant.taken[payment.instalment] = grant.taken.get(payment.instalment, 0) + payment.amount

    @precondition(lambda self: self.model.payments)
    @rule(data=st.data(), user=st.sampled_from(USERS))
    def attest(self, data: st.DataObject, user: str) -> None:
        """Attest a payment: a colleague may, once."""
        number = data.draw(st.sampled_from(sorted(self.model.payments)))
        payment = self.model.payments[number]
        refusals = set()
        if self.foreign(user, self.model.grants[payment.grant].funder):
            refusals.add("other-funder")
        if payment.status in ("reversed", "cancelled"):
            refusals.add("already-reversed")
        if payment.status == "paid":
            refusals.add("already-attested")
        if payment.by == user:
            refusals.add("own-payment")
        self.attempt(lambda: attest_payment(self.scopes[user], number), refusals)
        if not refusals:
            payment.status = "paid"
            self.model.grants[payment.grant].paid += payment.amount

    @precondition(lambda self: self.model.payments)
    @rule(data=st.data(), user=st.sampled_from(USERS), day=st.sampled_from(DAYS))
    def reverse(self, data: st.DataObject, user: str, day: date) -> None:
        """Take a payment back."""
        number = data.draw(st.sampled_from(sorted(self.model.payments)))
        payment = self.model.payments[number]
        grant = self.model.grants[payment.grant]
        refusals = set()
        if self.foreign(user, grant.funder):
            refusals.add("other-funder")
        if payment.status in ("reversed", "cancelled"):
            refusals.add("already-reversed")
        if day < payment.day:
            refusals.add("rule-broken")
        if (grant.funder, day.year) in self.model.closed:
            refusals.add("year-closed")
        if payment.status == "paid" and grant.paid - payment.amount < grant.repaid:
            refusals.add("repaid-exceeds-paid")
        self.attempt(lambda: reverse_payment(self.scopes[user], number, reason="Fel", reversed_on=day), refusals)
        if not refusals:
            grant.registered -= payment.amount
            grant.paid -= payment.amount if payment.status == "paid" else 0
            if payment.instalment is not None:
                grant.taken[payment.instalment] -= payment.amount
            payment.status = "reversed" if payment.status == "paid" else "cancelled"

    @precondition(lambda self: self.model.grants)
    @rule(
        data=st.data(),
        user=st.sampled_from(USERS),
        kind=st.sampled_from(AmendmentKind),
        amount=AMOUNTS,
        day=st.sampled_from(DAYS),
        key=st.sampled_from([f"amend-{number}" for number in range(20)]),
    )
    def amend(self, data: st.DataObject, user: str, kind: AmendmentKind, amount: int, day: date, key: str) -> None:
        """Raise, lower or withdraw a grant; a known key changes nothing, or is refused with other content."""
        number = data.draw(st.sampled_from(sorted(self.model.grants)))
        grant = self.model.grants[number]
        delta = {AmendmentKind.INCREASE: amount, AmendmentKind.DECREASE: -amount}.get(
            kind, grant.registered - grant.granted
        )
        asked = (number, kind, None if kind is AmendmentKind.WITHDRAWAL else amount, day)
        known = self.model.used.get((user, key))
        if known is None:
            refusals = self._amendment_refusals(grant, user, delta, day, kind)
        else:
            refusals = set() if known == asked else {"key-reused"}
        details = AmendmentDetails(
            kind=kind,
            amount_ore=None if kind is AmendmentKind.WITHDRAWAL else Money(amount),
            decided_on=day,
            decider="Nämnden",
            reason="Ändrat beslut",
        )
        self.attempt(lambda: amend_grant(self.scopes[user], number, details, key=key), refusals)
        if not refusals and not known:
            self.model.used[(user, key)] = asked
            grant.granted += delta
            self.model.frames[grant.funder] -= delta
            grant.plan = self.runner.run(lambda: read_amounts(number))
            assert sum(grant.plan) == grant.granted, "the plan doesn't add up to the grant"

    def _amendment_refusals(self, grant: Grant, user: str, delta: int, day: date, kind: AmendmentKind) -> set[str]:
        refusals = set()
        if self.foreign(user, grant.funder):
            refusals.add("other-funder")
        if day < DECIDED:
            refusals.add("before-decision")
        if (grant.funder, day.year) in self.model.closed:
            refusals.add("year-closed")
        if delta == 0:
            refusals.add("rule-broken")
        if delta < 0 and kind is AmendmentKind.DECREASE and grant.granted + delta < grant.registered:
            refusals.add("below-registered")
        if delta > self.model.frames[grant.funder]:
            refusals.add("frame-exceeded")
        return refusals

    @precondition(lambda self: self.model.grants)
    @rule(
        data=st.data(),
        user=st.sampled_from(USERS),
        amount=AMOUNTS,
        day=st.sampled_from(DAYS),
        key=st.sampled_from([f"repay-{number}" for number in range(20)]),
    )
    def repay(self, data: st.DataObject, user: str, amount: int, day: date, key: str) -> None:
        """Register money that came back: never more than was paid; the grant isn't opened again."""
        number = data.draw(st.sampled_from(sorted(self.model.grants)))
        grant = self.model.grants[number]
        asked = (number, amount, day)
        known = self.model.used.get((user, key))
        refusals = set() if known in (None, asked) else {"key-reused"}
        if known is None:
            if self.foreign(user, grant.funder):
                refusals.add("other-funder")
            if day < DECIDED:
                refusals.add("before-decision")
            if (grant.funder, day.year) in self.model.closed:
                refusals.add("year-closed")
            if amount > grant.paid - grant.repaid:
                refusals.add("repaid-exceeds-paid")
        details = RepaymentDetails(Money(amount), day, "Återbetalt")
        self.attempt(lambda: register_repayment(self.scopes[user], number, details, key=key), refusals)
        if not refusals and not known:
            self.model.used[(user, key)] = asked
            grant.repaid += amount

    @rule(
        user=st.sampled_from(USERS),
        funder=st.sampled_from(("kommun", "region")),
        year=st.sampled_from((2025, 2026)),
        sure=st.integers(0, 5),
    )
    def close(self, user: str, funder: str, year: int, sure: int) -> None:
        """Close a year, now and then: not the running one, and not while payments of it wait."""
        if sure:
            return
        waits = any(
            one.status == "waiting" and one.day.year == year and self.model.grants[one.grant].funder == funder
            for one in self.model.payments.values()
        )
        refusals = set()
        if self.foreign(user, funder):
            refusals.add("other-funder")
        if year >= TODAY.year or waits:
            refusals.add("rule-broken")
        if (funder, year) in self.model.closed:
            refusals.add("year-closed")
        self.attempt(lambda: close_year(self.scopes[user], self.funders[funder], year), refusals)
        if not refusals:
            self.model.closed.add((funder, year))

    def check_invariants(self, *arguments: Any, **more: Any) -> None:
        """After each step: balances, statuses and frames are the model's."""
        super().check_invariants(*arguments, **more)
        if hasattr(self, "scopes"):
            self.runner.run(self._compare)

    async def _compare(self) -> None:
        rows = await fetch("SELECT * FROM grant_balance")
        found = {
            f"B-{row['grant_id']}": (row["granted_ore"], row["registered_ore"], row["paid_ore"], row["repaid_ore"])
            for row in rows
        }
        assert found == {
            number: (grant.granted, grant.registered, grant.paid, grant.repaid)
            for number, grant in self.model.grants.items()
        }
        rows = await fetch(STATUSES)
        assert {f"U-{row['id']}": row["status"] for row in rows} == {
            number: payment.status for number, payment in self.model.payments.items()
        }
        rows = await fetch("SELECT programme_id, amount_ore - decided_ore AS left FROM budget_frame WHERE year = 2025")
        left = {row["programme_id"]: row["left"] for row in rows}
        assert (left[self.world.programme], left[self.world.region_programme]) == (
            self.model.frames["kommun"], self.model.frames["region"],
        )  # fmt: skip

    def teardown(self) -> None:
        """The trail tells all of it, and nothing else."""
        done = self.runner.run(lambda: verify(CONSOLE))
        assert done.intact, done.findings


STATUSES = """
SELECT p.id, CASE WHEN r.payment_id IS NOT NULL AND (p.attest <> 'officer' OR a.payment_id IS NOT NULL) THEN 'reversed'
  WHEN r.payment_id IS NOT NULL THEN 'cancelled'
  WHEN p.attest <> 'officer' OR a.payment_id IS NOT NULL THEN 'paid' ELSE 'waiting' END AS status
FROM payment p LEFT JOIN reversal r ON r.payment_id = p.id LEFT JOIN attestation a ON a.payment_id = p.id
"""


async def read_amounts(number: str) -> list[int]:
    """The amounts of the plan in force."""
    rows = await fetch(
        "SELECT amount_ore FROM instalment i WHERE grant_id = $1"
        " AND plan = (SELECT max(plan) FROM instalment WHERE grant_id = $1) ORDER BY position",
        int(number[2:]),
    )
    return [row["amount_ore"] for row in rows]


def run_machine(dsn: str, monkeypatch: pytest.MonkeyPatch, *, examples: int) -> None:
    """Run the machine from a seed that is printed; REGISTRY_TEST_SEED runs one again, and shrinks what fails."""
    given = os.environ.get("REGISTRY_TEST_SEED")
    number = int(given or random.SystemRandom().randrange(2**32))
    print(f"REGISTRY_TEST_SEED={number}")  # noqa: T201 - shown when the test fails
    monkeypatch.setattr(trail, "now", lambda: NOON)
    runner = Runner(dsn)
    RegistryMachine.runner, RegistryMachine.operations = runner, 0
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink] if given else [Phase.generate],
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(RegistryMachine), settings=chosen)
    finally:
        runner.close()
    print(f"{RegistryMachine.operations} operations")  # noqa: T201 - as above


def test_any_order_of_events_ends_as_the_model_says(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_machine(dsn, monkeypatch, examples=QUICK)


@pytest.mark.prove
def test_a_hundred_thousand_operations_end_as_the_model_says(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.environ.get("PROVE") == "full"
    run_machine(dsn, monkeypatch, examples=FULL if full else QUICK)
    assert not full or RegistryMachine.operations >= 100_000
