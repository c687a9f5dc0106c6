"""The filter of the list of activity reports: what the parameters of an address mean, in words and to a query."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.activity.queries import SORTS, ActivityFilter
from registry.activity.rules import YEAR_MESSAGE, read_year
from registry.core.access import Scope
from registry.core.errors import FieldError, InvalidInputError, RegistryError
from registry.parties.queries import find_party, parse_number
from registry.texts import _
from registry.web.pages import with_query

DEFAULT_SORT = "-year"
_DIGITS = re.compile(r"[0-9 +-]{10,14}")


@dataclass(slots=True)
class Asked:
    """A list's question: the filter, each part of it in words, and what couldn't be read."""

    filter: ActivityFilter
    sort: str
    query: Mapping[str, str]
    shown: dict[str, str] = field(default_factory=dict)
    errors: list[tuple[str, RegistryError]] = field(default_factory=list)

    def demand(self) -> None:
        """Raises: InvalidInputError when a parameter can't be read; to leave it out would answer something else."""
        if self.errors:
            raise InvalidInputError(self.errors)

    @property
    def question(self) -> str:
        """The filter and the order as an address has them, for files and the trail."""
        asked = {name: self.query[name] for name in self.shown} | {"sort": self.sort}
        return with_query("", asked).removeprefix("?")


async def read_question(scope: Scope, query: Mapping[str, str]) -> Asked:
    """Read what an address asks for."""
    shown: dict[str, str] = {}
    errors: list[tuple[str, RegistryError]] = []
    party_id, search = await _party(scope, query.get("party", ""), shown, errors)
    year = None
    if query.get("year"):
        try:
            year = read_year(query["year"])
            shown["year"] = _("Year: %s") % year
        except ValueError:
            errors.append(("year", FieldError(field="year", message=YEAR_MESSAGE)))
    municipality = query.get("municipality", "")[:80]
    if municipality:
        shown["municipality"] = _("Kommun: %s") % municipality
    corrected = query.get("corrected") == "1"
    if corrected:
        shown["corrected"] = _("Only corrected ones")
    sort = query.get("sort", "")
    return Asked(
        ActivityFilter(party_id, municipality, year, corrected, search),
        sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT,
        query,
        shown,
        errors,
    )


async def _party(
    scope: Scope, text: str, shown: dict[str, str], errors: list[tuple[str, RegistryError]]
) -> tuple[int | None, str]:
    """The association by number, or a text to look for in names. A personal number is neither looked for nor kept."""
    text = text.strip()[:100]
    if not text:
        return None, ""
    if parse_number(text) is None and not _DIGITS.fullmatch(text):
        shown["party"] = _("Study association: %s") % f"”{text}”"
        return None, text
    try:
        party = await find_party(scope, text, field="party")
    except RegistryError as error:
        errors.append(("party", error))
        return None, ""
    shown["party"] = _("Study association: %s") % party.name
    return party.id, ""
