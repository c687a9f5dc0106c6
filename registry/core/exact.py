"""Exact numbers that aren't money: weights and factors such as 33.25 or 100/3, never rounded and never a float."""

import re
from fractions import Fraction
from math import gcd
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from registry.core.errors import N_

EXACT_MESSAGE = N_("Write a number such as 20, 33,25 or 100/3.")
MOST_DECIMALS = 12
"""A number with more decimals than this is written as a fraction."""

_DECIMAL = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,6}))?", re.ASCII)
_FRACTION = re.compile(r"([0-9]{1,6})/([1-9][0-9]{0,5})", re.ASCII)


def read_exact(value: object) -> Fraction:
    """Read a number as a person writes it: `20`, `33,25`, `33.25` or `100/3`. Raises: ValueError."""
    if isinstance(value, Fraction):
        return value
    text = value.strip().removesuffix("%").rstrip() if isinstance(value, str) else ""
    if match := _DECIMAL.fullmatch(text):
        decimals = match[2] or ""
        return Fraction(int(match[1] + decimals), 10 ** len(decimals))
    if match := _FRACTION.fullmatch(text):
        return Fraction(int(match[1]), int(match[2]))
    raise ValueError(EXACT_MESSAGE)


def write_exact(value: Fraction) -> str:
    """`33.25` when its decimals end, `100/3` when they don't: nothing is lost."""
    digits, rest = 0, value.denominator
    while rest > 1 and digits < MOST_DECIMALS:
        digits, rest = digits + 1, rest // gcd(rest, 10)
    if rest > 1:
        return f"{value.numerator}/{value.denominator}"
    whole = f"{abs(value.numerator) * 10**digits // value.denominator:0{digits + 1}d}"
    sign = "-" if value < 0 else ""
    return f"{sign}{whole[:-digits]}.{whole[-digits:]}" if digits else f"{sign}{whole}"


def write_number(value: Fraction) -> int | float | str:
    """As a number of JSON when that holds it exactly as it is read, otherwise as `100/3`."""
    text = write_exact(value)
    if "/" in text:
        return text
    return float(text) if "." in text else int(text)


def _positive(value: Fraction) -> Fraction:
    if value <= 0:
        raise ValueError(N_("Write a number that is more than 0."))
    return value


def _stored(value: Any) -> Fraction:
    """Read what we wrote ourselves, of any size."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


Exact = Annotated[
    Fraction,
    BeforeValidator(read_exact),
    AfterValidator(_positive),
    PlainSerializer(write_exact, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["33.25", "100/3"]}),
]
"""A number of more than 0 that somebody gives; in JSON a text."""

Ratio = Annotated[
    Fraction,
    BeforeValidator(_stored),
    PlainSerializer(write_exact, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["1452.2", "1000/3"]}),
]
"""A number that the registry has worked out; in JSON a text."""

Number = Annotated[
    Fraction,
    BeforeValidator(_stored),
    PlainSerializer(write_number, return_type=int | float | str),
    WithJsonSchema({"type": ["number", "string"], "examples": [33.25, "100/3"]}),
]
"""A weight that the registry tells: a number in JSON, or a text such as `100/3` where a number would round it."""
