"""The filter of the list of activity reports: what the parameters of an address mean, in words and to a query."""

import re
from collections.abc import Mapping

from registry.activity.queries import SORTS, ActivityFilter
from registry.core.access import Scope
from registry.core.errors import N_, RegistryError
from registry.parties.queries import find_party, parse_number
from registry.texts import _
from registry.web.filters import Asked

DEFAULT_SORT = "-year"
_DIGITS = re.compile(r"[0-9 +-]{10,14}")


def sort_of(query: Mapping[str, str]) -> str:
    """The order that an address asks for."""
    sort = query.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


async def read_filter(scope: Scope, query: Mapping[str, str]) -> tuple[Asked, ActivityFilter]:
    """Read what an address asks for."""
    asked = Asked(query)
    party_id, search = await _party(scope, asked)
    wanted = ActivityFilter(
        party_id=party_id,
        municipality=asked.text("municipality", N_("Kommun: %s"))[:80],
        year=asked.year("year", N_("Year: %s")),
        corrected=asked.flag("corrected", N_("Only corrected ones")),
        search=search,
    )
    return asked, wanted


async def _party(scope: Scope, asked: Asked) -> tuple[int | None, str]:
    """The association by number, or a text to look for in names. A personal number is neither looked for nor kept."""
    text = asked.query.get("party", "").strip()[:100]
    if not text:
        return None, ""
    if parse_number(text) is None and not _DIGITS.fullmatch(text):
        asked.shown["party"] = _("Study association: %s") % f"”{text}”"
        return None, text
    try:
        party = await find_party(scope, text, field="party")
    except RegistryError as error:
        asked.errors.append(("party", error))
        return None, ""
    asked.shown["party"] = _("Study association: %s") % party.name
    return party.id, ""
