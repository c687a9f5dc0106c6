"""What the JSON API's handlers share: parameter types that OpenAPI can describe, and reading them."""

import re
from datetime import date
from typing import Annotated

from litestar.params import HeaderParameter, Parameter, QueryParameter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from registry.core.errors import N_, FieldError, InvalidCursorError
from registry.core.periods import DATE_MESSAGE, parse_date

_YEAR = "(199[0-9]|20[0-9]{2}|2100)"
_MONTH_AND_DAY = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
DAY_PATTERN = f"^({_YEAR}-{_MONTH_AND_DAY})?$"
"""A day, or nothing as an empty field of a form sends it; 29 February is read but not promised."""
LARGEST_PAGE = 200
MOST_OF_A_KEY = 255


class Body(BaseModel):
    """A JSON body: strict, and nothing that isn't known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _only_iso(value: object) -> object:
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise ValueError(DATE_MESSAGE)
    return value


def _only_whole(value: object) -> object:
    # In JSON 12.0 is the whole number 12, as OpenAPI's schemas have it.
    if type(value) is float and value.is_integer():
        return int(value)
    if type(value) is not int:
        raise ValueError(N_("Write a whole number."))
    return value


def _only_true_or_false(value: object) -> object:
    if not isinstance(value, bool):
        raise ValueError(N_("Write true or false."))  # noqa: TRY004 - pydantic reports a ValueError
    return value


# Litestar reads bodies in pydantic's lax mode, which would take 1743465600 for a date and `true` for 1.
Day = Annotated[date, BeforeValidator(_only_iso), Field(description="2025-01-31")]
"""A date in a body."""
WHOLE = BeforeValidator(_only_whole)
"""Marks a whole number in a body; stands last, after its bounds."""
YesOrNo = Annotated[bool, BeforeValidator(_only_true_or_false)]
"""True or false in a body."""

Limit = Annotated[int, Parameter(description="How many items, at most 200.", ge=1, le=LARGEST_PAGE)]
Cursor = Annotated[
    str | None,
    Parameter(description="`next_cursor` of the page before.", max_length=400),
]
First = Annotated[
    str | None,
    QueryParameter(name="from", description="The first value date, 2025-01-31.", schema_extra={"pattern": DAY_PATTERN}),
]
Last = Annotated[
    str | None,
    QueryParameter(name="to", description="The last value date, 2025-12-31.", schema_extra={"pattern": DAY_PATTERN}),
]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="Your own name for this request. The same again answers the same; it never expires.",
    ),
]
PartyNumber = Annotated[
    str | None,
    Parameter(description="An organisation number, or the registry's own number such as `P-17`.", max_length=40),
]


LINE = r"^[^\x00-\x1f\x7f]*$"
"""A text on one line, as a pattern that pydantic and OpenAPI read alike."""
TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""A text that may have line breaks."""
FILLED_LINE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f\s][^\x00-\x1f\x7f]*$"
"""A text on one line that says something."""
FILLED_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\x00-\x20\x7f\s][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""A text that says something and may have line breaks."""


def line(most: int, *, filled: bool = True) -> StringConstraints:
    """The constraints of a text on one line."""
    return StringConstraints(max_length=most, pattern=FILLED_LINE if filled else LINE)


def text(most: int, *, filled: bool = False) -> StringConstraints:
    """The constraints of a text that may have line breaks."""
    return StringConstraints(max_length=most, pattern=FILLED_TEXT if filled else TEXT)


def read_offset(cursor: str | None) -> int:
    """The place that a counted list's cursor stands for. Raises: InvalidCursorError."""
    if not cursor:
        return 0
    if not (cursor.startswith("o") and cursor[1:].isascii() and cursor[1:].isdigit() and len(cursor) < 12):
        raise InvalidCursorError(field="cursor")
    return int(cursor[1:])


def next_offset(offset: int, shown: int, total: int) -> str | None:
    """The cursor of the page after one that begins at `offset`, or None when it is the last."""
    after = offset + shown
    return f"o{after}" if shown and after < total else None


class KeyMissingError(FieldError):
    """The header `Idempotency-Key` is missing or can't be one."""

    code = "idempotency-key-missing"
    message = N_("Send an Idempotency-Key of 1 to 255 printable ASCII characters, your own name for this request.")


def read_key(key: str | None) -> str:
    """Read the header `Idempotency-Key`. Raises: KeyMissingError."""
    if not key or len(key) > MOST_OF_A_KEY or not all("!" <= sign <= "~" for sign in key):
        raise KeyMissingError(field="Idempotency-Key")
    return key


def read_day(day: str | None, *, field: str) -> date | None:
    """Read a date parameter. Raises: FieldError."""
    if day is None or day == "":
        return None
    try:
        return parse_date(day)
    except ValueError as error:
        raise FieldError(field=field, message=str(error)) from None
