"""Money: whole öre, exact. Parsing, the wire format and splitting live here; how a reader sees it is in `texts`."""

import re
from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from registry.core.errors import N_

LARGEST_ORE = 10**14 - 1
"""The largest amount that the registry takes, 999 999 999 999,99 kr: far inside a 64-bit integer."""

_WIRE = re.compile(r"-?(0|[1-9][0-9]{0,11})\.[0-9]{2}", re.ASCII)
_HUMAN = re.compile(r"(-)?([0-9]{1,12}|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,3})(?:[.,]([0-9]{1,2}))?", re.ASCII)
_SPACES = re.compile(r"[ \u00a0\u202f]")

HUMAN_MESSAGE = N_("Write the amount in kronor, for example 12500, 12 500,50 or 12500.50.")
WIRE_MESSAGE = N_('An amount is a string with two decimals, for example "12500.00".')
POSITIVE_MESSAGE = N_("The amount must be more than 0.")
UNSIGNED_MESSAGE = N_("The amount can't be less than 0.")


class Money(int):
    """An amount in whole öre. In JSON it is a string with two decimals, such as `"12500.00"`."""

    pattern = r"^-?(0|[1-9][0-9]{0,11})\.[0-9]{2}$"

    @classmethod
    def from_wire(cls, value: object) -> Self:
        """Read the wire format. Raises: ValueError for anything but two decimals and a point."""
        if isinstance(value, str) and _WIRE.fullmatch(value):
            return cls(int(value.replace(".", "")))
        raise ValueError(WIRE_MESSAGE)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an amount as a person writes it: `12500`, `12 500,50`, `12500.50 kr`. Raises: ValueError."""
        match = _HUMAN.fullmatch(text.strip().removesuffix("kr").rstrip())
        if match is None:
            raise ValueError(HUMAN_MESSAGE)
        sign, whole, decimals = match.groups()
        ore = int(_SPACES.sub("", whole)) * 100 + int((decimals or "").ljust(2, "0"))
        return cls(-ore if sign else ore)

    @property
    def wire(self) -> str:
        """The amount as it is written in JSON and CSV."""
        digits = f"{abs(int(self)):03d}"
        return f"{'-' if self < 0 else ''}{digits[:-2]}.{digits[-2:]}"

    def split(self, weights: Sequence[int | Fraction]) -> list["Money"]:
        """Split by weights with the largest remainder, so that the parts always add up to the whole.

        Ties go to the earlier part. Raises: ValueError when no weight is positive or one is negative.
        """
        whole = _in_whole(weights)
        total = sum(whole)
        if not whole or total <= 0 or min(whole) < 0:
            msg = "weights must be non-negative and add up to more than nothing"
            raise ValueError(msg)
        amount = int(self)
        shares = [divmod(amount * weight, total) for weight in whole]
        parts = [part for part, _rest in shares]
        left = amount - sum(parts)
        if left:
            rests = [rest for _part, rest in shares]
            # A reversed sort keeps equal remainders in their order.
            for index in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:left]:
                parts[index] += 1
        return [Money(part) for part in parts]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.plain_serializer_function_ser_schema(_wire, when_used="json")
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": cls.pattern, "examples": ["12500.00"]}

    @classmethod
    def _validate(cls, value: object) -> Self:
        if isinstance(value, Money):
            return cls(value)
        try:
            return cls.from_wire(value)
        except ValueError:
            raise PydanticCustomError("money", WIRE_MESSAGE) from None


class PositiveMoney(Money):
    """An amount of more than 0."""

    pattern = r"^(0\.(0[1-9]|[1-9][0-9])|[1-9][0-9]{0,11}\.[0-9]{2})$"

    @classmethod
    def _validate(cls, value: object) -> Self:
        amount = super()._validate(value)
        if amount <= 0:
            raise PydanticCustomError("money_positive", POSITIVE_MESSAGE)
        return amount


class UnsignedMoney(Money):
    """An amount of 0 or more."""

    pattern = r"^(0|[1-9][0-9]{0,11})\.[0-9]{2}$"

    @classmethod
    def _validate(cls, value: object) -> Self:
        amount = super()._validate(value)
        if amount < 0:
            raise PydanticCustomError("money_unsigned", UNSIGNED_MESSAGE)
        return amount


def _in_whole(weights: Sequence[int | Fraction]) -> list[int]:
    """The weights as whole numbers in the same proportions: fractions cost fifty times as much to divide by."""
    if all(type(weight) is int for weight in weights):
        return [int(weight) for weight in weights]
    common = lcm(*(weight.denominator for weight in weights))
    return [weight.numerator * (common // weight.denominator) for weight in weights]


def _wire(amount: int) -> str:
    return Money(amount).wire
