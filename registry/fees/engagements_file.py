"""Reading the file of engagements: cells become the terms of a check, and for an import the engagement's facts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from registry.core.errors import N_
from registry.core.money import Money
from registry.core.numbers import mask_personal_numbers
from registry.core.periods import parse_date
from registry.documents.sheet import Sheet
from registry.fees.reading import parse_percent, parse_quantity, parse_tax
from registry.fees.schemas import Tax, Terms
from registry.imports import Cells
from registry.programmes.rules import read_yes_no

CHECKED = ("creator", "issuer", "code", "booking_date", "contract_date", "event_date", "quantity", "agreed_fee", "tax",
           "vat_included", "motive")  # fmt: skip
"""The columns that a check reads; `creator` is any text."""
MORE = ("vat_rate", "artists", "commissioner", "funder", "grant", "title", "travel", "material")
REQUIRED = ("creator", "issuer", "code", "agreed_fee")
OPTIONAL = tuple(name for name in (*CHECKED, *MORE) if name not in REQUIRED)
MOST_ARTISTS = 10_000
NEGATIVE_MESSAGE = N_("The amount can't be less than 0.")
ARTISTS_MESSAGE = N_("Write how many take part, as a whole number.")


@dataclass(frozen=True, slots=True)
class EngagementRow:
    """A row: what the check reads, who it is about as the file says it, and what only an import keeps."""

    terms: Terms
    creator: str
    motive: str
    commissioner: str
    funder: str
    grant: str
    title: str
    travel_ore: Money
    material_ore: Money

    @property
    def shown_creator(self) -> str:
        """The creator as an output may say it: personal numbers masked."""
        return mask_personal_numbers(self.creator)

    def facts(self) -> dict[str, Any]:
        """The engagement's facts but for its parties and grant."""
        terms = self.terms
        return {
            "issuer": terms.issuer,
            "code": terms.code,
            "booking_date": terms.booking_date,
            "contract_date": terms.contract_date,
            "event_date": terms.event_date,
            "quantity": terms.quantity,
            "artists": terms.artists,
            "agreed_fee_ore": None if terms.agreed_fee_ore is None else Money(terms.agreed_fee_ore),
            "tax": Tax(terms.tax) if terms.tax else None,
            "vat_included": terms.vat_included,
            "vat_basis_points": terms.vat_basis_points,
            "travel_ore": self.travel_ore,
            "material_ore": self.material_ore,
            "motive": self.motive,
            "title": self.title,
        }


def read_rows(sheet: Sheet) -> list[tuple[int, EngagementRow]]:
    """The file's engagements, each with its number; what can't be read is added to the sheet's errors."""
    rows = [(number, read_row(sheet, number, cells)) for number, cells in sheet]
    return [(number, row) for number, row in rows if row is not None]


def read_row(sheet: Sheet, number: int, values: Sequence[str]) -> EngagementRow | None:
    """A row, or None with its errors added. An empty cell is no error here: the check tells what it lacks."""
    cells = Cells(sheet, number, values)
    day = partial(_day, cells)
    terms = Terms(
        issuer=" ".join(cells.text("issuer", most=120).split()),
        code=cells.text("code", most=40),
        booking_date=day("booking_date"),
        contract_date=day("contract_date"),
        event_date=day("event_date"),
        quantity=cells.read("quantity", parse_quantity, required=False),
        artists=cells.read("artists", _artists, required=False) or 1,
        agreed_fee_ore=cells.read("agreed_fee", _amount, required=False),
        tax=cells.read("tax", parse_tax, required=False) or "",
        vat_included=bool(cells.read("vat_included", partial(read_yes_no, field="vat_included"), required=False)),
        vat_basis_points=cells.read("vat_rate", parse_percent, required=False),
    )
    row = EngagementRow(
        terms=replace(terms, tax=str(terms.tax)),
        creator=cells.text("creator"),
        motive=cells.text("motive", most=2000),
        commissioner=cells.text("commissioner"),
        funder=cells.text("funder"),
        grant=cells.text("grant", most=60),
        title=cells.text("title"),
        travel_ore=cells.read("travel", _amount, required=False) or Money(0),
        material_ore=cells.read("material", _amount, required=False) or Money(0),
    )
    return row if cells.ok else None


def _day(cells: Cells, column: str) -> date | None:
    return cells.read(column, parse_date, required=False)


def _amount(text: str) -> Money:
    amount = Money.parse(text)
    if amount < 0:
        raise ValueError(NEGATIVE_MESSAGE)
    return amount


def _artists(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) <= MOST_ARTISTS):
        raise ValueError(ARTISTS_MESSAGE)
    return int(text)
