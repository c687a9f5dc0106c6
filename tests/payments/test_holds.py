"""What keeps a grant from being paid: a stop, an overdue report, and a day on which less was granted."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import trail
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import ForbiddenError, RuleError
from registry.core.money import Money
from registry.database import fetch, fetch_value
from registry.funders.service import OtherFunderError
from registry.grants.queries import GrantFilter, get_grant, list_grants, list_stops
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import BeforeDecisionError, amend_grant
from registry.grants.stops import AlreadyStoppedError, NotStoppedError, release_grant, stop_grant
from registry.imports import Imported, import_file
from registry.parties.queries import find_party
from registry.payments.commands import FILE
from registry.payments.queries import PaymentFilter, list_overrides, list_payments
from registry.payments.rules import (
    AttestWaitsForReportError,
    GrantStoppedError,
    KeyReusedError,
    NotYetGrantedError,
    ReportOverdueError,
    room_of,
)
from registry.payments.schemas import PaymentDetails
from registry.payments.service import attest_payment, register_payment, reverse_payment
from registry.reports.schemas import ReportEvent
from registry.texts import describe, use_language
from tests.factories import LUDVIKA, World, make_demand, make_grant, make_payment, take_step
from tests.importing import csv_file, refused

PAST = date(2026, 2, 28)
HEADER = "payment_id;funder;dnr;recipient;amount;paid_on;voucher"


async def test_a_stop_stands_until_it_is_released(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    officer = await world.scope("officer")
    await stop_grant(officer, grant, reason="Föreningen är försatt i konkurs.")
    with pytest.raises(GrantStoppedError) as stopped:
        await make_payment(grant)
    with use_language("sv"):
        assert "konkurs" in describe(stopped.value)
        assert str(trail.today()) in describe(stopped.value)
    with pytest.raises(AlreadyStoppedError):
        await stop_grant(officer, grant, reason="Igen")
    assert (await get_grant(CONSOLE, grant)).stopped_on == trail.today()
    assert [one.number for one in (await list_grants(CONSOLE, GrantFilter(stopped=True))).items] == [grant]
    await release_grant(officer, grant, reason="Konkursen är upphävd.")
    assert (await get_grant(CONSOLE, grant)).stopped_on is None
    await make_payment(grant)
    with pytest.raises(NotStoppedError):
        await release_grant(officer, grant, reason="Igen")
    [[stop]] = (await list_stops(CONSOLE, [int(grant[2:])])).values()
    assert (stop.stands, stop.reason, stop.release_reason) == (
        False, "Föreningen är försatt i konkurs.", "Konkursen är upphävd.",
    )  # fmt: skip
    assert (await verify(CONSOLE)).first_bad is None


async def test_who_may_stop_and_when(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    with pytest.raises(OtherFunderError):
        await stop_grant(await world.scope("region_officer"), grant, reason="Fel")
    for name in ("abf_user", "auditor", "admin"):
        with pytest.raises(ForbiddenError):
            await stop_grant(await world.scope(name), grant, reason="Fel")
    with pytest.raises(RuleError):
        await stop_grant(CONSOLE, grant, reason=" ")
    with pytest.raises(RuleError):
        await stop_grant(CONSOLE, grant, reason="Fel", stopped_on=trail.today() + timedelta(days=1))
    with pytest.raises(BeforeDecisionError):
        await stop_grant(CONSOLE, grant, reason="Fel", stopped_on=date(2025, 2, 2))
    await stop_grant(CONSOLE, grant, reason="Fel", stopped_on=date(2025, 3, 1))
    with pytest.raises(RuleError):
        await release_grant(CONSOLE, grant, reason="Rätt", released_on=date(2025, 2, 28))
    assert await list_stops(await world.scope("bilda_user"), [int(grant[2:])]) == {}


async def test_a_stop_holds_back_an_attest_but_not_a_reversal(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    payment = await make_payment(grant, scope=await world.scope("officer"))
    await stop_grant(CONSOLE, grant, reason="Utredning")
    with pytest.raises(GrantStoppedError):
        await attest_payment(await world.scope("colleague"), payment)
    await reverse_payment(CONSOLE, payment, reason="Stoppad", reversed_on=trail.today())


async def test_a_stop_refuses_every_row_of_a_file(world: World, tmp_path: Path) -> None:
    grant = await make_grant(world.programme, world.abf, dnr="KUN 2025/1")
    await stop_grant(CONSOLE, grant, reason="Utredning")
    abf = (await find_party(CONSOLE, f"P-{world.abf}")).org_number
    rows = [HEADER, f"1;{LUDVIKA};KUN 2025/1;{abf};100;2025-03-01;V1", f"2;{LUDVIKA};KUN 2025/1;{abf};100;2025-03-01;"]
    assert await refused(FILE, csv_file(tmp_path / "p.csv", rows)) == [(2, "dnr"), (3, "dnr")]


async def test_the_database_refuses_a_payment_on_a_stopped_grant(world: World, owner: asyncpg.Connection) -> None:
    grant = await make_grant(world.programme, world.abf)
    waiting = await make_payment(grant, scope=await world.scope("officer"))
    await stop_grant(CONSOLE, grant, reason="Utredning")
    with pytest.raises(asyncpg.CheckViolationError) as wall:
        await owner.execute(
            "INSERT INTO payment"
            " (id, grant_id, amount_ore, paid_on, attest, key_scope, key, body_hash, recorded_at, seq)"
            " VALUES (9999, $1, 100, '2025-03-01', 'ledger', 'x', 'x', '\\x', now(), 9999)",
            int(grant[2:]),
        )
    assert wall.value.constraint_name == "payment_not_stopped"
    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute(
            "INSERT INTO attestation (payment_id, recorded_at, recorded_by, seq) VALUES ($1, now(), $2, 9999)",
            int(waiting[2:]),
            world.colleague,
        )
    with pytest.raises(asyncpg.CheckViolationError) as twice:
        await owner.execute(
            "INSERT INTO grant_stop (id, grant_id, stopped_on, reason, recorded_at, seq)"
            " VALUES (9999, $1, '2025-03-01', 'x', now(), 9999)",
            int(grant[2:]),
        )
    assert twice.value.constraint_name == "grant_stop_once"


async def test_an_overdue_report_stops_the_next_payment(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    report = await make_demand(grant, due_on=PAST)
    with pytest.raises(ReportOverdueError) as stopped:
        await make_payment(grant)
    assert (stopped.value.code, stopped.value.field) == ("report-overdue", "override_reason")
    for language, title in (("sv", "Slutredovisning"), ("en", "Final report")):
        with use_language(language):
            assert report in describe(stopped.value)
            assert title in describe(stopped.value)
    with use_language("sv"):
        assert "2026-02-28" in describe(stopped.value)
    await take_step(report, ReportEvent.RECEIVED, date(2026, 3, 2))
    await make_payment(grant)
    await take_step(report, ReportEvent.RETURNED, date(2026, 3, 3), reason="Bilagor", due_on=date(2026, 3, 31))
    with pytest.raises(ReportOverdueError):
        await make_payment(grant)
    await take_step(report, ReportEvent.WAIVED, date(2026, 4, 1), reason="Behövs inte")
    await make_payment(grant)


async def test_it_is_paid_all_the_same_with_a_reason_that_stays(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    report = await make_demand(grant, due_on=PAST)
    reason = "Hyran måste betalas; redovisningen kommer i maj."
    payment = await make_payment(grant, override_reason=reason, key="once")
    assert await make_payment(grant, override_reason=reason, key="once") == payment
    with pytest.raises(KeyReusedError):
        await make_payment(grant, override_reason="Något annat", key="once")
    [[override]] = (await list_overrides(CONSOLE, [int(payment[2:])])).values()
    assert (override.report_number, override.reason, override.due_on) == (report, reason, PAST)
    seqs = await fetch("SELECT seq FROM report_override UNION SELECT seq FROM payment")
    assert len(seqs) == 1, "the reason stands in the payment's own entry"
    assert (await verify(CONSOLE)).first_bad is None
    other = await make_payment(await make_grant(world.programme, world.bilda))
    found = await list_payments(CONSOLE, PaymentFilter(despite_report=True))
    assert [one.number for one in found.items] == [payment] != [other]


async def test_a_report_that_becomes_overdue_holds_back_the_attest(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    officer, colleague = await world.scope("officer"), await world.scope("colleague")
    early = await make_payment(grant, scope=officer, amount=100_00)
    report = await make_demand(grant, due_on=PAST)
    with pytest.raises(AttestWaitsForReportError) as held:
        await attest_payment(colleague, early)
    assert (held.value.code, held.value.data["report"]) == ("report-overdue", report)
    decided = await make_payment(grant, scope=officer, amount=200_00, override_reason="Nämnden beslutade det.")
    await attest_payment(colleague, decided)
    await take_step(report, ReportEvent.WAIVED, trail.today(), reason="Behövs inte")
    await attest_payment(colleague, early)


async def test_a_reason_without_an_overdue_report_says_nothing(world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    await make_demand(grant, due_on=trail.today() + timedelta(days=1))
    await make_payment(grant, override_reason="Onödigt")
    assert await fetch_value("SELECT count(*) FROM report_override") == 0


async def test_payments_with_and_without_a_reason_join_one_group(world: World) -> None:
    """Those that wait together are decided together, and each keeps what is its own."""
    held = await make_grant(world.programme, world.abf)
    free = await make_grant(world.programme, world.bilda)
    await make_demand(held, due_on=PAST)

    async def pay(grant: str, number: int, reason: str) -> bool:
        details = PaymentDetails(grant=grant, amount_ore=Money(100), paid_on=date(2025, 3, 1), override_reason=reason)
        try:
            await register_payment(CONSOLE, details, key=f"group-{number}")
        except ReportOverdueError:
            return False
        return True

    asked = [(held, "Skäl"), (free, ""), (held, ""), (free, ""), (held, "Skäl 2")]
    done = await asyncio.gather(*(pay(grant, number, reason) for number, (grant, reason) in enumerate(asked)))
    assert list(done) == [True, True, False, True, True]
    rows = await fetch(
        "SELECT o.id, p.key, o.reason FROM report_override o JOIN payment p ON p.id = o.payment_id ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [(1, "group-0", "Skäl"), (2, "group-4", "Skäl 2")]
    assert (await verify(CONSOLE)).first_bad is None


async def test_a_file_is_refused_without_voucher_and_flagged_with_one(world: World, tmp_path: Path) -> None:
    grant = await make_grant(world.programme, world.abf, dnr="KUN 2025/1")
    report = await make_demand(grant, due_on=PAST)
    abf = (await find_party(CONSOLE, f"P-{world.abf}")).org_number
    plain = f"1;{LUDVIKA};KUN 2025/1;{abf};100;2025-03-01;"
    booked = f"2;{LUDVIKA};KUN 2025/1;{abf};100;2025-03-01;V1"
    path = csv_file(tmp_path / "p.csv", [HEADER, plain, booked])
    assert await refused(FILE, path) == [(2, "override_reason")]
    done: Imported = await import_file(CONSOLE, FILE, csv_file(path, [HEADER, booked]))
    assert (done.new, [(flag.row, flag.error.code) for flag in done.flags]) == (1, [(2, "report-overdue")])
    rows = await fetch("SELECT accounting_report_id, kind, reason FROM report_override")
    assert [tuple(row) for row in rows] == [(int(report[2:]), "booked", "")]
    again: Imported = await import_file(CONSOLE, FILE, path.with_name("p.csv"))
    assert (again.new, again.unchanged, again.flags) == (0, 1, [])
    assert (await verify(CONSOLE)).first_bad is None


async def test_a_row_of_a_file_may_say_why_it_is_paid_all_the_same(world: World, tmp_path: Path) -> None:
    grant = await make_grant(world.programme, world.abf, dnr="KUN 2025/1")
    await make_demand(grant, due_on=PAST)
    abf = (await find_party(CONSOLE, f"P-{world.abf}")).org_number
    why = "Nämnden beslutade det."
    lines = [
        f"{HEADER};override_reason",
        f"1;{LUDVIKA};KUN 2025/1;{abf};100;2025-03-01;;{why}",
        f"2;{LUDVIKA};KUN 2025/1;{abf};100;2025-03-01;V1;",
        f"3;{LUDVIKA};KUN 2025/1;{abf};100;2025-03-01;V2;{why}",
    ]
    path = csv_file(tmp_path / "p.csv", lines)
    done: Imported = await import_file(CONSOLE, FILE, path)
    assert (done.new, [(flag.row, "See to" in flag.error.message) for flag in done.flags]) == (3, [(3, True)])
    rows = await fetch("SELECT payment_id, kind, reason FROM report_override ORDER BY id")
    assert [tuple(row) for row in rows] == [(1, "override", why), (2, "booked", ""), (3, "override", why)]
    again: Imported = await import_file(CONSOLE, FILE, path)
    assert (again.new, again.unchanged) == (0, 3)
    assert await refused(FILE, csv_file(path, [line.replace(why, "Annat") for line in lines])) == [
        (2, "payment_id"), (4, "payment_id"),
    ]  # fmt: skip
    assert (await verify(CONSOLE)).first_bad is None


def raised(on: date, amount: int) -> AmendmentDetails:
    return AmendmentDetails(
        kind=AmendmentKind.INCREASE, amount_ore=Money(amount), decided_on=on, decider="Nämnden", reason="Mer"
    )


async def test_nothing_is_paid_before_it_is_granted(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_00)
    await amend_grant(CONSOLE, grant, raised(date(2025, 6, 1), 50_00), key="more")
    await make_payment(grant, amount=100_00, paid_on=date(2025, 5, 1))
    with pytest.raises(NotYetGrantedError) as early:
        await make_payment(grant, amount=50_00, paid_on=date(2025, 5, 31))
    assert early.value.data["first"] == date(2025, 6, 1)
    assert early.value.data["left"] == 0
    await make_payment(grant, amount=50_00, paid_on=date(2025, 6, 1))


async def test_an_earlier_payment_must_leave_room_for_the_later_ones(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_00)
    await amend_grant(CONSOLE, grant, raised(date(2025, 6, 1), 50_00), key="more")
    await make_payment(grant, amount=80_00, paid_on=date(2025, 5, 1))
    with pytest.raises(NotYetGrantedError):
        await make_payment(grant, amount=40_00, paid_on=date(2025, 3, 1))
    await make_payment(grant, amount=20_00, paid_on=date(2025, 3, 1))


async def test_what_came_back_later_was_not_free_before(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_00)
    first = await make_payment(grant, amount=100_00, paid_on=date(2025, 3, 1))
    await reverse_payment(CONSOLE, first, reason="Retur", reversed_on=date(2025, 4, 1))
    with pytest.raises(NotYetGrantedError):
        await make_payment(grant, amount=100_00, paid_on=date(2025, 3, 31))
    await make_payment(grant, amount=100_00, paid_on=date(2025, 4, 1))


async def test_a_booked_payment_out_of_order_is_taken_and_flagged(world: World, tmp_path: Path) -> None:
    grant = await make_grant(world.programme, world.abf, amount=100_00, dnr="KUN 2025/1")
    await amend_grant(CONSOLE, grant, raised(date(2025, 6, 1), 50_00), key="more")
    abf = (await find_party(CONSOLE, f"P-{world.abf}")).org_number
    start = f"{LUDVIKA};KUN 2025/1;{abf}"
    lines = [f"1;{start};100;2025-03-01;V1", f"2;{start};40;2025-03-02;V2"]
    done = await import_file(CONSOLE, FILE, csv_file(tmp_path / "p.csv", [HEADER, *lines]))
    assert [(flag.row, flag.error.code) for flag in done.flags] == [(3, "not-yet-granted")]
    plain = csv_file(tmp_path / "q.csv", [HEADER, f"3;{start};10;2025-05-31;"])
    assert await refused(FILE, plain) == [(2, "paid_on")]


DAYS = st.dates(date(2025, 1, 1), date(2025, 1, 20))


@given(st.dictionaries(DAYS, st.integers(-50, 50), max_size=8), DAYS, st.integers(1, 100))
def test_the_room_is_the_least_of_that_day_and_all_later_ones(moves: dict[date, int], day: date, amount: int) -> None:
    moves = {date(2024, 12, 31): 1_000, **moves}
    left, first = room_of(moves, day, amount)

    def least(on: date) -> int:
        days = [on, *(mark for mark in moves if mark > on)]
        return min(sum(change for mark, change in moves.items() if mark <= one) for one in days)

    assert left == least(day)
    assert first >= day
    if left >= amount:
        assert first == day
    elif least(max(moves)) >= amount:
        assert least(first) >= amount
        assert first == day or least(first - timedelta(days=1)) < amount
