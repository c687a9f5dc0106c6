"""A small registry whose every krona is known: two funders, three recipients, three years, and each kind of event."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from unittest.mock import patch

from registry import trail
from registry.core.access import CONSOLE, Role, Scope
from registry.core.money import Money
from registry.database import fetch_value
from registry.documents.sheet import SheetErrors
from registry.funders.service import change_funder
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import amend_grant
from registry.imports import Source
from registry.parties.schemas import PartyKind
from registry.payments.importer import PaymentRow, import_payments
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.service import attest_payment, reverse_payment
from registry.programmes.schemas import ProgrammeKind
from tests.factories import (
    DALARNA,
    LUDVIKA,
    make_grant,
    make_party,
    make_payment,
    make_programme,
    make_user,
    scope_of,
)

PERSON = "881130-9932"
"""An invented sole trader's number."""

LESS = AmendmentDetails(
    kind=AmendmentKind.DECREASE,
    amount_ore=Money(10_000_00),
    decided_on=date(2025, 6, 1),
    decider="Nämnden",
    reason="Färre timmar",
)
BACK = RepaymentDetails(amount=Money(1_000_00), repaid_on=date(2025, 5, 5), reason="Återkrav")


@dataclass
class Story:
    """Ids, and the scopes of those who take part."""

    abf: int
    sensus: int
    person: int
    museum: int
    auditor: int
    abf_user: int
    abf_number: str
    officer: Scope


def at(day: date) -> AbstractContextManager[Callable[[], datetime]]:
    """Let the registry's clock stand at noon of a day."""
    return patch.object(trail, "now", lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


async def tell() -> Story:
    """Tell the story, each event on the day that it was registered."""
    with at(date(2024, 1, 2)):
        kommun = await make_party("Ludvika kommun", kind=PartyKind.KOMMUN, number=LUDVIKA)
        region = await make_party("Region Dalarna", kind=PartyKind.REGION, number=DALARNA)
        abf, sensus = await make_party("ABF Dalarna"), await make_party("Sensus Dalarna")
        person = await make_party("Äpplet Konstnär", kind=PartyKind.CREATOR, number=PERSON)
        study = await make_programme(kommun, code="LK-STUD")
        regional = await make_programme(region, code="RD-STUD")
        artists = await make_programme(
            region, code="RD-KS", kind=ProgrammeKind.CREATORS, area="none at all", inside_ksm=True
        )
        museum = await make_party("Länets museum", kind=PartyKind.MUSEUM)
        officer = await scope_of(await make_user(Role.OFFICER, funder_id=kommun))
        colleague = await scope_of(await make_user(Role.OFFICER, funder_id=kommun))
        auditor, abf_user = await make_user(Role.AUDITOR), await make_user(Role.ASSOCIATION, party_id=abf)
        await change_funder(CONSOLE, region, attest_from=Money(99_000_00), accent="#1b3a5c", contact="")
        number = await fetch_value("SELECT org_number FROM party WHERE id = $1", abf)
    with at(date(2024, 3, 2)):
        first = await make_grant(study, abf, amount=100_000_00, decided_on=date(2024, 3, 1), dnr="K 1")
    with at(date(2024, 4, 1)):
        await _pay_in_the_ledger("K 1", number, 40_000_00, date(2024, 4, 1))
    with at(date(2024, 12, 20)):
        late = await make_payment(first, amount=60_000_00, paid_on=date(2024, 12, 20), scope=officer)
    with at(date(2025, 1, 10)):
        await attest_payment(colleague, late)
    with at(date(2025, 2, 10)):
        second = await make_grant(regional, abf, amount=50_000_01, decided_on=date(2025, 1, 15), via_id=museum)
        third = await make_grant(artists, person, amount=20_000_00, decided_on=date(2025, 2, 1))
        fourth = await make_grant(study, sensus, amount=30_000_00, decided_on=date(2025, 2, 10))
        await make_payment(second, amount=25_000_01, paid_on=date(2025, 2, 1))
    with at(date(2025, 3, 12)):
        refused = await make_payment(fourth, amount=5_000_00, paid_on=date(2025, 3, 10), scope=officer)
        await reverse_payment(officer, refused, reason="Dubbelt underlag", reversed_on=date(2025, 3, 12))
        returned = await make_payment(third, amount=20_000_00, paid_on=date(2025, 3, 1))
    with at(date(2025, 6, 2)):
        await amend_grant(CONSOLE, fourth, LESS, key="less")
        await register_repayment(CONSOLE, first, BACK, key="back")
    with at(date(2025, 9, 1)):
        attested = await make_payment(fourth, amount=15_000_00, paid_on=date(2025, 7, 1), scope=officer)
        await attest_payment(colleague, attested)
        await make_payment(fourth, amount=4_000_00, paid_on=date(2025, 9, 1), scope=officer)
    with at(date(2026, 1, 5)):
        await reverse_payment(CONSOLE, returned, reason="Kontot var avslutat", reversed_on=date(2026, 1, 5))
    return Story(abf, sensus, person, museum, auditor, abf_user, number, officer)


async def _pay_in_the_ledger(dnr: str, recipient: str, amount: int, paid_on: date) -> None:
    """Import a payment that was attested in the accounting system."""
    row = PaymentRow("L-1", LUDVIKA, dnr, recipient, Money(amount), paid_on, "24-1", "")
    await import_payments(CONSOLE, [(2, row)], Source("payments.csv", "00"), errors=SheetErrors())
