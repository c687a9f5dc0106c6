"""What people write in forms and files about an engagement: quantities, percentages, tax."""

import re

from registry.core.errors import N_
from registry.fees.schemas import THOUSAND, Tax

QUANTITY_MESSAGE = N_("Write how many, with at most three decimals: 1, 2,5 or 0.25.")
PERCENT_MESSAGE = N_("Write a percentage from 0 to 100 with at most two decimals, such as 31,42.")
TAX_MESSAGE = N_("Write F for an invoice with F-tax, or A for a salary.")

_NUMBER = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,3}))?", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))? ?%?", re.ASCII)
_WHOLE = 10_000
TAX_NAMES = {"f": Tax.F, "f-skatt": Tax.F, "f-tax": Tax.F, "a": Tax.A, "a-skatt": Tax.A, "a-tax": Tax.A}


def parse_quantity(text: str) -> int:
    """Read a quantity as thousandths. Raises: ValueError."""
    match = _NUMBER.fullmatch(text.strip())
    quantity = int(match[1]) * THOUSAND + int((match[2] or "").ljust(3, "0")) if match else 0
    if quantity <= 0:
        raise ValueError(QUANTITY_MESSAGE)
    return quantity


def parse_percent(text: str) -> int:
    """Read a percentage as hundredths of a per cent. Raises: ValueError."""
    match = _PERCENT.fullmatch(text.strip().replace("\u00a0", " "))
    points = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else _WHOLE + 1
    if points > _WHOLE:
        raise ValueError(PERCENT_MESSAGE)
    return points


def parse_tax(text: str) -> Tax:
    """Read the tax form. Raises: ValueError."""
    tax = TAX_NAMES.get(text.strip().casefold())
    if tax is None:
        raise ValueError(TAX_MESSAGE)
    return tax


def typed_quantity(quantity: int | None) -> str:
    """A quantity as a person would type it: `2,5`."""
    return "" if quantity is None else _typed(quantity, THOUSAND, 3)


def typed_percent(points: int | None) -> str:
    """A percentage as a person would type it: `31,42`."""
    return "" if points is None else _typed(points, 100, 2)


def _typed(value: int, one: int, decimals: int) -> str:
    whole, rest = divmod(value, one)
    return f"{whole},{rest:0{decimals}d}".rstrip("0") if rest else str(whole)


def plain_quantity(quantity: int | None) -> str:
    """A quantity as a file or the API holds it: `2.5`."""
    return typed_quantity(quantity).replace(",", ".")


def plain_percent(points: int | None) -> str | None:
    """A percentage as a file or the API holds it, always with two decimals: `11.76`."""
    return None if points is None else f"{points // 100}.{points % 100:02d}"
