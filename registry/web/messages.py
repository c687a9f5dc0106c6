"""What the libraries that read requests say, in our words: every message tells what to do."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from litestar import Request
from litestar.exceptions import ValidationException
from litestar.params import ParameterKwarg
from litestar.typing import FieldDefinition

from registry.core.errors import N_
from registry.core.money import WIRE_MESSAGE, Money
from registry.core.periods import DATE_MESSAGE
from registry.texts import fill
from registry.web.api import DAY_PATTERN, FILLED_LINE, FILLED_TEXT, LINE, TEXT

FILL_IN = N_("Fill in this field.")
WHOLE = N_("Write a whole number.")
CHOOSE = N_("Choose one of: %(choices)s.")
OWN = "Value error, "
"""What pydantic puts before a message of ours."""

FORMS = {
    LINE: N_("Write a text on one line, without control characters."),
    TEXT: N_("Write a text without control characters."),
    FILLED_LINE: N_("Fill in this field with a text on one line."),
    FILLED_TEXT: N_("Fill in this field with a text."),
    DAY_PATTERN: DATE_MESSAGE,
    Money.pattern: WIRE_MESSAGE,
}
"""What a text that doesn't fit a pattern should be."""

ELSE = N_("This can't be read. The description of the API says what is expected: /api/v1/openapi.json.")

SAID = tuple(
    (re.compile(said, re.DOTALL), ours)
    for said, ours in (
        (r"Field required|Missing required \w+ parameter .*", FILL_IN),
        (re.escape(WIRE_MESSAGE), WIRE_MESSAGE),
        (r"Extra inputs are not permitted", N_("There is no such field.")),
        (r"Input should be a valid string|Expected `str.*`, got .*", N_("This must be a text.")),
        (r"Input should be a valid integer.*|Expected `int.*`, got .*", WHOLE),
        (r"Input should be a valid boolean.*|Expected `bool.*`, got .*", N_("Write true or false.")),
        (r"Input should be a valid date.*", DATE_MESSAGE),
        (r"Input should be a valid (tuple|list)", N_("Write a list: [ … ].")),
        (r"Input should be a valid dictionary.*|'data'", N_("Write an object with its fields: { … }.")),
        (r"(String|Tuple|List) should have at least 1 .*|Expected `\w+` of length >= 1", FILL_IN),
        (r"String should have at most (?P<most>\d+) .*|Expected `str` of length <= (?P<also>\d+)",
         N_("Write at most %(most)s characters.")),
        (r"(Tuple|List) should have at most (?P<most>\d+) .*", N_("At most %(most)s can be given at once.")),
        (r"Input should be greater than (?P<least>\d+)", N_("Write a number above %(least)s.")),
        (r"Input should be greater than or equal to (?P<least>\d+)|Expected `int` >= (?P<also>\d+)",
         N_("Write %(least)s or more.")),
        (r"Input should be less than or equal to (?P<most>\d+)|Expected `int` <= (?P<also>\d+)",
         N_("Write %(most)s or less.")),
        (r"Input should be (?P<choices>'.*')", CHOOSE),
    )
)  # fmt: skip
"""A library's message, and ours; what stands in one of two places is the same thing said by another library."""

_PATTERN = re.compile(r"(?:String should match pattern|Expected `str` matching regex) '(?P<form>.*)'", re.DOTALL)
_PARAMETER = re.compile(r"Missing required \w+ parameter '(?P<name>[^']+)'")


def field_errors(request: Request[Any, Any, Any], error: ValidationException) -> list[dict[str, str]]:
    """What is wrong with a request, field by field, under the names that the sender knows."""
    missing = _PARAMETER.match(error.detail)
    if missing is not None:
        return [{"field": missing["name"], "message": fill(FILL_IN, {})}]
    return [_field_error(request, item) for item in error.extra or [] if isinstance(item, dict)]


def _field_error(request: Request[Any, Any, Any], item: dict[str, Any]) -> dict[str, str]:
    key = str(item.get("key", "")).removeprefix("data.")
    known = request.route_handler.parsed_fn_signature.parameters.get(key) if item.get("source") != "body" else None
    choices = ", ".join(_choices(known)) if known else ""
    said = str(item.get("message", ""))
    message = fill(CHOOSE, {"choices": choices}) if choices else say(said)
    return {"field": _sent_as(known) or ("" if key == "data" else key), "message": message}


def say(said: str) -> str:
    """A library's message in our words and the reader's language; ours is only translated."""
    if said.startswith(OWN):
        return fill(said.removeprefix(OWN), {})
    if form := _PATTERN.fullmatch(said):
        return fill(FORMS.get(form["form"], ELSE), {})
    for pattern, ours in SAID:
        if match := pattern.fullmatch(said):
            return fill(ours, _data(match))
    return fill(ELSE, {})


def _data(match: re.Match[str]) -> dict[str, str]:
    """The bounds and choices that a library names."""
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    bound = found.get("also", "")
    choices = ", ".join(re.findall(r"'([^']*)'", found.get("choices", "")))
    return {"least": bound, "most": bound, **found, "choices": choices}


def _sent_as(known: FieldDefinition | None) -> str:
    """The name of a parameter in the request, which may be another than the handler's."""
    kwarg = known.kwarg_definition if known else None
    return (kwarg.query or kwarg.header or kwarg.name or "") if isinstance(kwarg, ParameterKwarg) else ""


def _choices(known: FieldDefinition) -> Iterator[str]:
    """What a parameter may be, when that is one of a few."""
    if known.is_literal:
        yield from (str(value) for value in known.args)
    elif isinstance(known.annotation, type) and issubclass(known.annotation, Enum):
        yield from (str(one.value) for one in known.annotation)
    for inner in known.inner_types:
        yield from _choices(inner)
