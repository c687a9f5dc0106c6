"""Reading what an address asks of a list: each filter to a query, in words for the page, and what can't be read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from registry.core.errors import N_, FieldError, InvalidInputError, RegistryError
from registry.core.periods import FIRST_YEAR, LAST_YEAR, parse_date, parse_moment
from registry.texts import _, format_date, format_datetime
from registry.web.pages import with_query

Read = TypeVar("Read")

_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:[0-9]{2})")


@dataclass(slots=True)
class Asked:
    """The parameters of a list as they are read; `shown` says each filter in force, `errors` what can't be read."""

    query: Mapping[str, str]
    shown: dict[str, str] = field(default_factory=dict, kw_only=True)
    errors: list[tuple[str, RegistryError]] = field(default_factory=list, kw_only=True)

    def demand(self) -> None:
        """Raises: InvalidInputError when a parameter can't be read; to leave it out would answer something else."""
        if self.errors:
            raise InvalidInputError(self.errors)

    def question(self, *, sort: str) -> str:
        """The filters in force and the order as an address has them, for files and the trail: nothing else in it."""
        asked = {name: self.query[name] for name in self.shown} | {"sort": sort}
        return with_query("", asked).removeprefix("?")

    def refuse(self, name: str, message: str) -> None:
        """Note a parameter that can't be read."""
        self.errors.append((name, FieldError(field=name, message=message)))

    def read(self, name: str, label: str, parse: Callable[[str], Read], show: Callable[[Read], str]) -> Read | None:
        """Read one parameter; `label` has a `%s` for the value."""
        text = self.query.get(name, "")
        if not text:
            return None
        try:
            value = parse(text)
        except ValueError as error:
            self.refuse(name, str(error))
            return None
        self.shown[name] = _(label) % show(value)
        return value

    def one_of(self, name: str, label: str, choices: Mapping[str, Read], show: Callable[[Read], str]) -> Read | None:
        """One of some values by name."""

        def parse(text: str) -> Read:
            if text not in choices:
                raise ValueError(N_("There is nothing by that name to filter by. Choose from the list."))
            return choices[text]

        return self.read(name, label, parse, show)

    def choice(self, name: str, label: str, titles: Mapping[str, str]) -> str | None:
        """One of some values, each with its title."""
        return self.one_of(name, label, {value: value for value in titles}, lambda value: _(titles[value]))

    def year(self, name: str, label: str) -> int | None:
        """A year."""

        def parse(text: str) -> int:
            if not re.fullmatch(r"[0-9]{4}", text, re.ASCII) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
                raise ValueError(N_("Write the year with four digits, for example 2025."))
            return int(text)

        return self.read(name, label, parse, str)

    def date(self, name: str, label: str) -> date | None:
        """A date."""
        return self.read(name, label, parse_date, format_date)

    def moment(self, name: str, label: str) -> datetime | None:
        """A moment; a plain date is its end."""
        return self.read(name, label, lambda text: parse_moment(_LOST_PLUS.sub(r"\1+\2", text)), format_datetime)

    def text(self, name: str, label: str) -> str:
        """A text to look for."""
        return self.read(name, label, lambda text: text[:100], str) or ""

    def flag(self, name: str, label: str) -> bool:
        """Whether a box is ticked."""
        if self.query.get(name) != "1":
            return False
        self.shown[name] = _(label)
        return True
