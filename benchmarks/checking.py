"""Checking ten thousand engagements, beside the bare arithmetic of the same comparison; and a whole file of them."""

import csv
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.ground import ground
from benchmarks.measure import by_turns
from benchmarks.report import Figure
from benchmarks.sizes import Sizes
from registry.core.access import CONSOLE
from registry.fees.book import read_book
from registry.fees.checking import as_json, check_file
from registry.fees.rules import check
from registry.fees.schedules import ensure_levels
from registry.fees.schemas import Outcome, Terms

ENGAGEMENTS = 10_000
ISSUER = "Sveriges Författarförbund / KLYS"
SECOND_MS = 1000.0
HEADER = ("creator", "issuer", "code", "booking_date", "contract_date", "event_date", "quantity", "agreed_fee", "tax",
          "vat_included", "motive")  # fmt: skip
FIRST, AFTER_TWO_HOURS, HOUR = 340_000, 850_000, 113_000
"""Levels of the writers' schedule from 2024, in öre."""


def make_terms(number: int) -> Terms:
    """An engagement, in turns with F-tax and VAT, with F-tax, and with A-tax; of a quarter of an hour to five hours."""
    booked = date(2024, 1, 1) + timedelta(days=number % 900)
    return Terms(
        issuer=ISSUER,
        code="appearance",
        booking_date=booked,
        event_date=booked + timedelta(days=60),
        quantity=250 + number % 20 * 250,
        agreed_fee_ore=300_000 + number * 97 % 1_200_000,
        tax="A" if number % 3 == 0 else "F",
        vat_included=number % 3 == 1,
    )


def below_by_hand(terms: Terms) -> bool:
    """The same comparison in plain whole numbers, every rule written out: no schedule looked up, nothing explained."""
    quantity, fee = terms.quantity or 0, terms.agreed_fee_ore or 0
    level = FIRST if quantity <= 250 else AFTER_TWO_HOURS + HOUR * max(0, -(-(quantity - 2000) // 1000))
    if terms.tax == "A":
        fee = (fee * 13_142 * 2 + 10_000) // 20_000
    elif terms.vat_included:
        fee = (fee * 10_000 * 2 + 12_500) // 25_000
    return fee < level


async def fees(server_dsn: str, sizes: Sizes) -> list[Figure]:
    """Check them in memory beside the arithmetic alone, and as a file from CSV to JSON, each working told."""
    async with ground(server_dsn):
        await ensure_levels()
        book = await read_book(CONSOLE)
        every = [make_terms(number) for number in range(ENGAGEMENTS)]
        expected = [below_by_hand(terms) for terms in every]
        assert [check(book, terms).outcome is Outcome.BELOW for terms in every] == expected

        async def bare() -> None:
            for terms in every:
                below_by_hand(terms)

        async def registry() -> None:
            for terms in every:
                check(book, terms)

        floor, measured = await by_turns(bare, registry, rounds=sizes.rounds)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "engagements.csv"
            _write(path, every)
            reading, whole = await by_turns(_reads(path), _checks(path), rounds=sizes.rounds)
    count = f"{ENGAGEMENTS:_}".replace("_", " ")
    return [
        Figure(f"check {count} engagements", floor, measured, "ratio", 60),
        Figure(f"check {count} engagements: whole time", 0, measured, "more_ms", SECOND_MS),
        Figure(f"check a file of {count} engagements", reading, whole, "ratio", 60),
    ]


def _reads(path: Path) -> Callable[[], Awaitable[None]]:
    async def read() -> None:
        with path.open(encoding="utf-8", newline="") as file:
            list(csv.DictReader(file, delimiter=";"))

    return read


def _checks(path: Path) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        as_json(await check_file(CONSOLE, path))

    return work


def _write(path: Path, every: list[Terms]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(HEADER)
        for number, terms in enumerate(every):
            quantity, fee = terms.quantity or 0, terms.agreed_fee_ore or 0
            rows.writerow(
                [f"P-{number}", terms.issuer, terms.code, terms.booking_date, "", terms.event_date,
                 f"{quantity // 1000}.{quantity % 1000:03d}", f"{fee // 100}.{fee % 100:02d}", terms.tax,
                 "yes" if terms.vat_included else "no", ""]
            )  # fmt: skip
