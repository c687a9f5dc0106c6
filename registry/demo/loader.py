"""Loading the demo into an empty registry, and saying who can log in."""

import csv
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from registry.core.access import CONSOLE, Role, Scope
from registry.core.money import Money
from registry.database import fetch, fetch_value
from registry.demo.allocations import load_allocations
from registry.demo.around import close_years, load_around
from registry.demo.batches import load_batches
from registry.demo.fees import load_fees
from registry.demo.initiatives import load_initiatives
from registry.documents.sheet import Sheet
from registry.funders.queries import get_terms
from registry.funders.service import change_funder
from registry.grants.commands import FILE as GRANTS_FILE
from registry.grants.rules import read_instalments
from registry.grants.schemas import AmendmentDetails, AmendmentKind, grant_number
from registry.grants.service import amend_grant
from registry.imports import FileKind, Source, import_file
from registry.parties.commands import FILE as PARTIES_FILE
from registry.parties.queries import find_party
from registry.parties.service import MergedPartyError, merge_parties
from registry.payments.commands import FILE as PAYMENTS_FILE
from registry.payments.importer import scope_of
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.schemas import payment_number
from registry.payments.service import AlreadyReversedError, reverse_payment
from registry.programmes.commands import FILE as PROGRAMMES_FILE
from registry.tables import RegistryState
from registry.trail import record, recording
from registry.users.schemas import NewUser
from registry.users.service import create_user

DEMO_PASSWORD = "ludvika-dalarna"  # noqa: S105 - printed on the terminal, for the demo only
BEGUN, LOADED = "system:demo:begin", "system:demo:load"
DATA = Path(__file__).parent / "data"
FILES: tuple[tuple[str, FileKind[Any]], ...] = (
    ("parties.csv", PARTIES_FILE),
    ("programmes.csv", PROGRAMMES_FILE),
    ("grants.csv", GRANTS_FILE),
)


@dataclass(frozen=True, slots=True)
class Login:
    """Someone of the demo who can log in."""

    email: str
    role: str
    belongs_to: str


async def ensure_demo() -> None:
    """Load the demo into a registry that holds no party, or go on with one that was broken off; else do nothing."""
    begun, loaded = [await _has_entry(action) for action in (BEGUN, LOADED)]
    if loaded or (not begun and await fetch_value("SELECT count(*) FROM party")):
        return
    if not begun:
        async with recording(CONSOLE) as unit:
            await unit.update(unit.enter(BEGUN), RegistryState, 1, demo=True)
    for name, kind in FILES:
        await import_file(CONSOLE, kind, DATA / name)
    for row in _rows("funders.csv"):
        await _set_contact(row)
    await _import_payments(await _create_users())
    for row in _rows("events.csv"):
        with suppress(AlreadyReversedError, MergedPartyError):
            await EVENTS[row["event"]](row)
    await load_around()
    await load_fees()
    await load_allocations()
    await load_initiatives()
    await load_batches()
    await close_years()
    await record(CONSOLE, LOADED)


async def _has_entry(action: str) -> bool:
    return bool(await fetch_value("SELECT EXISTS (SELECT 1 FROM trail_entry WHERE action = $1)", action))


async def list_logins() -> list[Login]:
    """Who can log in to the demo."""
    rows = await fetch(
        "SELECT u.email, u.role, coalesce(f.name, p.name, '') AS belongs_to FROM app_user u"
        " LEFT JOIN party f ON f.id = u.funder_id LEFT JOIN party p ON p.id = u.party_id"
        " WHERE NOT u.disabled AND u.email = ANY($1) ORDER BY u.id",
        [row["email"] for row in _rows("users.csv")],
    )
    return [Login(row["email"], row["role"], row["belongs_to"]) for row in rows]


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


async def _set_contact(row: dict[str, str]) -> None:
    """How to reach a funder, as its letterhead says it; the rest stays as a new funder has it."""
    funder = await get_terms(CONSOLE, (await find_party(CONSOLE, row["org_number"])).id)
    contact = row["contact"].replace("|", "\n")
    await change_funder(CONSOLE, funder.id, attest_from=funder.attest_from_ore, accent=funder.accent, contact=contact)


async def _create_users() -> dict[str, Scope]:
    """Create the demo's people; returns one officer of each funder by organisation number."""
    officers: dict[str, Scope] = {}
    for row in _rows("users.csv"):
        funder = await find_party(CONSOLE, row["funder"]) if row["funder"] else None
        party = await find_party(CONSOLE, row["party"]) if row["party"] else None
        user_id = await fetch_value("SELECT id FROM app_user WHERE email = $1", row["email"]) or await create_user(
            CONSOLE,
            NewUser(
                email=row["email"],
                name=row["name"],
                role=Role(row["role"]),
                funder_id=funder.id if funder else None,
                party_id=party.id if party else None,
                language=row["language"],
            ),
            DEMO_PASSWORD,
        )
        if funder is not None:
            officers.setdefault(row["funder"], Scope(user_id, Role.OFFICER, funder_id=funder.id))
    return officers


async def _import_payments(officers: dict[str, Scope]) -> None:
    """Booked payments come from the accounting system; those without a voucher are an officer's, for a colleague."""
    path = DATA / "payments.csv"
    with path.open("rb") as file:
        sheet = Sheet(file, required=PAYMENTS_FILE.required, optional=PAYMENTS_FILE.optional)
        rows = await PAYMENTS_FILE.read(CONSOLE, sheet)
    source = Source(path.name, sheet.sha256)
    booked = [item for item in rows if item[1].voucher]
    await PAYMENTS_FILE.write(CONSOLE, booked, source, errors=sheet.errors)
    for funder, scope in officers.items():
        own = [item for item in rows if not item[1].voucher and item[1].funder == funder]
        await PAYMENTS_FILE.write(scope, own, source, errors=sheet.errors)


async def _grant_of(row: dict[str, str]) -> str:
    recipient = await find_party(CONSOLE, row["recipient"], personal=True)
    funder = await find_party(CONSOLE, row["funder"])
    return grant_number(
        await fetch_value(
            "SELECT id FROM funding_grant WHERE funder_id = $1 AND dnr = $2 AND recipient_id = $3",
            funder.id,
            row["dnr"],
            recipient.id,
        )
    )


async def _payment_of(row: dict[str, str]) -> str:
    payment_id = await fetch_value(
        "SELECT id FROM payment WHERE key = $1 AND key_scope LIKE $2", row["payment_id"], f"{scope_of('')}%"
    )
    return payment_number(payment_id)


async def _amend(row: dict[str, str]) -> None:
    kind = AmendmentKind(row["change"])
    decided_on = date.fromisoformat(row["date"])
    amount = Money.parse(row["amount"])
    plan = read_instalments(row["instalments"], decided_on=decided_on, amount=amount) if row["instalments"] else None
    amendment = AmendmentDetails(
        kind=kind,
        amount_ore=None if kind is AmendmentKind.WITHDRAWAL else amount,
        decided_on=decided_on,
        decider=row["decider"],
        reason=row["reason"],
        plan=plan,
    )
    await amend_grant(CONSOLE, await _grant_of(row), amendment, key=f"demo-{row['dnr']}-{row['date']}")


async def _reverse(row: dict[str, str]) -> None:
    number = await _payment_of(row)
    await reverse_payment(CONSOLE, number, reason=row["reason"], reversed_on=date.fromisoformat(row["date"]))


async def _repay(row: dict[str, str]) -> None:
    details = RepaymentDetails(Money.parse(row["amount"]), date.fromisoformat(row["date"]), row["reason"])
    await register_repayment(CONSOLE, await _grant_of(row), details, key=f"demo-{row['dnr']}-{row['date']}")


async def _merge(row: dict[str, str]) -> None:
    party = await find_party(CONSOLE, row["org_number"])
    successor = await find_party(CONSOLE, row["successor"])
    await merge_parties(CONSOLE, party.id, successor.id, merged_on=date.fromisoformat(row["date"]))


EVENTS = {"amend": _amend, "reverse": _reverse, "repay": _repay, "merge": _merge}
"""What has no import file: each kind of event and how it is registered."""
