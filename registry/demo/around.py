"""The demo around its grants: reports in every state, claims, stopped payments, changes of account, closed years.

What happened on a day that hasn't come yet by the clock is left out.
"""

import csv
from collections import Counter
from contextlib import suppress
from datetime import date
from pathlib import Path

from registry import trail
from registry.closing.service import close
from registry.console import acting_scope
from registry.core.access import CONSOLE, Scope
from registry.core.errors import ConflictError
from registry.core.money import Money
from registry.database import fetch_value
from registry.grants.queries import get_grant, list_stops
from registry.grants.schemas import grant_number
from registry.grants.stops import NotStoppedError, release_grant, stop_grant
from registry.imports import import_file
from registry.parties.account_queries import RequestFilter, list_requests
from registry.parties.accounts import decide_account, request_account
from registry.parties.queries import find_party
from registry.parties.schemas import AccountDetails, AccountRequest, AccountStatus
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.schemas import PaymentDetails
from registry.payments.service import register_payment
from registry.recoveries.schemas import ClaimDetails, ClosureKind, Ground, claim_number
from registry.recoveries.service import NothingLeftError, close_claim, decide_claim
from registry.reports.commands import FILE as REPORTS_FILE
from registry.reports.queries import ReportFilter, list_reports, list_steps
from registry.reports.schemas import EventDetails, Report, ReportEvent
from registry.reports.service import register_event

DATA = Path(__file__).parent / "data"
OFFICERS = {"212000-2270": "karin.kommun@example.se", "232100-0180": "rut.region@example.se"}
"""Who follows the reports of each funder."""

Row = dict[str, str]


async def load_around() -> None:
    """Register it all; what is there already stays."""
    await import_file(CONSOLE, REPORTS_FILE, DATA / "reports.csv")
    await _take_steps(_rows("report-steps.csv"))
    for row in _rows("around.csv"):
        with suppress(NotStoppedError, NothingLeftError):
            await EVENTS[row["event"]](row, await acting_scope(row["by"]))


async def close_years() -> None:
    """Close the years that are closed in the demo; the last thing that is loaded."""
    for row in _rows("closings.csv"):
        funder = await find_party(CONSOLE, row["funder"])
        with suppress(ConflictError):
            await close(await acting_scope(row["by"]), funder.id, int(row["year"]))


def _rows(name: str) -> list[Row]:
    today = trail.today().isoformat()
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file, delimiter=";") if row.get("date", "") <= today]


async def _take_steps(rows: list[Row]) -> None:
    """Each report's steps in their order; those that are registered already are passed over."""
    taken = Counter[str]()
    officers = {funder: await acting_scope(email) for funder, email in OFFICERS.items()}
    for row in rows:
        report = await _report_of(row)
        taken[report.number] += 1
        if taken[report.number] <= len((await list_steps(CONSOLE, [report.id])).get(report.id, ())):
            continue
        step = EventDetails(
            event=ReportEvent(row["event"]),
            happened_on=date.fromisoformat(row["date"]),
            due_on=date.fromisoformat(row["due_on"]) if row["due_on"] else None,
            reference=row["reference"],
            reason=row["reason"],
        )
        await register_event(officers[row["funder"]], report.number, step)


async def _report_of(row: Row) -> Report:
    grant = await get_grant(CONSOLE, await _grant_of(row))
    found = await list_reports(CONSOLE, ReportFilter(grant_id=grant.id), limit=None)
    return next(report for report in found.items if report.kind == row["kind"])


async def _grant_of(row: Row) -> str:
    recipient = await find_party(CONSOLE, row["recipient"])
    funder = await find_party(CONSOLE, row["funder"])
    return grant_number(
        await fetch_value(
            "SELECT id FROM funding_grant WHERE funder_id = $1 AND dnr = $2 AND recipient_id = $3",
            funder.id, row["dnr"], recipient.id,
        )
    )  # fmt: skip


async def _claim(row: Row, by: Scope) -> None:
    grant = await get_grant(CONSOLE, await _grant_of(row))
    claim = ClaimDetails(
        amount_ore=Money.parse(row["amount"]),
        ground=Ground.CONDITION,
        condition=grant.conditions.splitlines()[int(row["value"]) - 1],
        reason=row["reason"],
        decided_on=date.fromisoformat(row["date"]),
        decider=grant.decider,
        dnr=row["reference"],
        due_on=date.fromisoformat(row["due_on"]),
    )
    await decide_claim(by, grant.number, claim, key=f"demo-{row['claim']}")


async def _claim_of(row: Row) -> str:
    return claim_number(await fetch_value("SELECT id FROM recovery_claim WHERE key = $1", f"demo-{row['claim']}"))


async def _settle(row: Row, by: Scope) -> None:
    day = date.fromisoformat(row["date"])
    details = RepaymentDetails(Money.parse(row["amount"]), day, row["reason"], claim=await _claim_of(row))
    await register_repayment(by, await _grant_of(row), details, key=f"demo-{row['claim']}-{row['date']}")


async def _close(row: Row, by: Scope) -> None:
    day = date.fromisoformat(row["date"])
    await close_claim(by, await _claim_of(row), ClosureKind(row["value"]), reason=row["reason"], closed_on=day)


async def _stop(row: Row, by: Scope) -> None:
    grant = await get_grant(CONSOLE, await _grant_of(row))
    if not await list_stops(CONSOLE, [grant.id]):
        await stop_grant(by, grant.number, reason=row["reason"], stopped_on=date.fromisoformat(row["date"]))


async def _release(row: Row, by: Scope) -> None:
    day = date.fromisoformat(row["date"])
    await release_grant(by, await _grant_of(row), reason=row["reason"], released_on=day)


async def _pay(row: Row, by: Scope) -> None:
    grant = await _grant_of(row)
    details = PaymentDetails(
        grant=grant,
        amount_ore=Money.parse(row["amount"]),
        paid_on=date.fromisoformat(row["date"]),
        reference=row["reference"],
        instalment=int(row["value"]),
        override_reason=row["reason"],
    )
    await register_payment(by, details, key=f"demo-{grant}-{row['date']}")


async def _request_of(row: Row) -> AccountRequest | None:
    party = await find_party(CONSOLE, row["recipient"])
    found = (await list_requests(CONSOLE, RequestFilter(party_id=party.id), limit=None)).items
    return found[0] if found else None


async def _account(row: Row, by: Scope) -> None:
    if await _request_of(row) is None:
        kind, _colon, number = row["value"].partition(":")
        party = await find_party(CONSOLE, row["recipient"])
        asked = {"bankgiro": "", "plusgiro": "", kind: number}
        details = AccountDetails(
            **asked, valid_from=trail.today(), reason=row["reason"], evidence=row["reference"]
        )  # fmt: skip
        await request_account(by, party.id, details)


async def _decide(row: Row, by: Scope) -> None:
    request = await _request_of(row)
    if request is not None and request.status is AccountStatus.PENDING:
        await decide_account(by, request.number, AccountStatus(row["value"]), reason=row["reason"])


EVENTS = {
    "claim": _claim, "settle": _settle, "close": _close, "stop": _stop, "release": _release, "pay": _pay,
    "account": _account, "decide": _decide,
}  # fmt: skip
"""What has no import file: each kind of event and how it is registered."""
