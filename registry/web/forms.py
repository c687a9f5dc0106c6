"""HTML forms: what was typed, what is wrong with it, and never a loss of either."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from litestar import Request
from pydantic import BaseModel, ValidationError

from registry.core.errors import N_, FieldError, InvalidInputError, RegistryError
from registry.core.money import Money
from registry.core.periods import parse_date
from registry.texts import _, describe
from registry.web.access import check_token
from registry.web.messages import say
from registry.web.pages import new_key

MAX_FIELDS = 400
MAX_LENGTH = 20_000
LONGEST_NUMBER = 18
"""Digits of a whole number: what fits a column of the database."""

Model = TypeVar("Model", bound=BaseModel)
Read = TypeVar("Read")

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

MISSING = N_("Fill in this field.")
TOO_LONG = N_("The text is too long. At most %(most)s characters.")
CHOOSE = N_("Choose one of the alternatives.")
NUMBER = N_("Write a whole number.")
BETWEEN = N_("Write a whole number from %(low)s to %(high)s.")


@dataclass(slots=True)
class Form:
    """What was typed (`values`, trimmed) and the messages per field (`errors`; `""` is the whole form)."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """What was typed in a field, or nothing."""
        return self.values.get(name, "")

    def refuse(self, name: str, message: str) -> None:
        """Add a translated message to a field."""
        self.errors.setdefault(name, []).append(message)

    def add(self, error: RegistryError) -> None:
        """Add a service's refusal at the field that it names."""
        if isinstance(error, InvalidInputError):
            for name, inner in error.errors:
                self.refuse(name, describe(inner))
        else:
            self.refuse(error.field, describe(error))

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong so far."""
        return not self.errors

    def text(self, name: str, *, required: bool = False, most: int = 200) -> str:
        """A text field."""
        value = self.get(name)
        if required and not value:
            self.refuse(name, _(MISSING))
        if len(value) > most:
            self.refuse(name, _(TOO_LONG) % {"most": most})
        return value

    def date(self, name: str, *, required: bool = True) -> date | None:
        """A date field."""
        return self._read(name, parse_date, required=required)

    def money(self, name: str, *, required: bool = True) -> Money | None:
        """An amount as a person writes it."""
        return self._read(name, Money.parse, required=required)

    def integer(self, name: str, *, required: bool = True, low: int = 0, high: int = 2**31) -> int | None:
        """A whole number from `low` to `high`."""

        def read(text: str) -> int:
            if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
                raise ValueError(NUMBER)
            return int(text)

        number = self._read(name, read, required=required)
        if number is not None and not low <= number <= high:
            self.refuse(name, _(BETWEEN) % {"low": low, "high": high})
            return None
        return number

    def choice(self, name: str, choices: Mapping[str, Any] | list[str], *, required: bool = True) -> str | None:
        """One of some values."""
        value = self.get(name)
        if not value:
            if required:
                self.refuse(name, _(CHOOSE))
            return None
        if value not in choices:
            self.refuse(name, _(CHOOSE))
            return None
        return value

    def checked(self, name: str) -> bool:
        """A check box."""
        return self.get(name) == "1"

    def read(self, name: str, read: Callable[[str], Read]) -> Read | None:
        """A field of a kind of its own, which may be empty; `read` raises ValueError with what is expected."""
        return self._read(name, read, required=False)

    def _read(self, name: str, read: Callable[[str], Read], *, required: bool) -> Read | None:
        value = self.get(name)
        if not value:
            if required:
                self.refuse(name, _(MISSING))
            return None
        try:
            return read(value)
        except ValueError as error:
            self.refuse(name, _(str(error)))
            return None

    def build(self, model: type[Model], **values: Any) -> Model | None:
        """Make the value that a service takes, or None with the messages added."""
        if self.errors:
            return None
        try:
            return model(**values)
        except ValidationError as error:
            for problem in error.errors():
                name = str(problem["loc"][0]) if problem["loc"] else ""
                self.refuse(name, say(problem["msg"]))
            return None


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """Read a posted form and check its session's token. Raises: ForgedRequestError, FieldError for an absurd form."""
    data = await request.form()
    if len(data) > MAX_FIELDS:
        raise FieldError(message=N_("The form has too many fields."))
    values: dict[str, str] = {}
    for name, value in data.multi_items():
        if not isinstance(value, str) or len(value) > MAX_LENGTH:
            raise FieldError(field=name, message=N_("The field holds more than a form may send."))
        values[name] = clean(value)
    check_token(request, values.get("csrf_token", ""))
    return Form(values)


def key_of(form: Form) -> str:
    """The form's idempotency key; a form that lost it gets a fresh one."""
    key = form.get("idempotency_key")
    return key if _KEY.fullmatch(key) else new_key()


def clean(text: str) -> str:
    """Trim a text and drop what no one types: NUL and other control characters (line breaks stay)."""
    text = text.replace("\r\n", "\n")
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t").replace("\x7f", "").strip()
