"""Reads of priority areas."""

import re
from dataclasses import dataclass

from registry.core.access import Scope
from registry.core.errors import N_, FieldError
from registry.database import fetch
from registry.texts import get_language


class UnknownAreaError(FieldError):
    """No such priority area."""

    code = "unknown-area"
    message = N_("%(area)s is no priority area. Use one of: %(areas)s.")


@dataclass(frozen=True, slots=True)
class Area:
    """A priority area; `title` is in the reader's language, `titles` in all."""

    id: int
    code: str
    title: str
    titles: tuple[str, ...]


async def list_areas(scope: Scope) -> list[Area]:
    """The areas in the agreement's order; everyone may know them."""
    del scope
    rows = await fetch(
        "SELECT id, code, title_sv, title_fi, title_en FROM priority_area ORDER BY agreement_id, position"
    )
    language = get_language()
    return [
        Area(row["id"], row["code"], row[f"title_{language}"], (row["title_sv"], row["title_fi"], row["title_en"]))
        for row in rows
    ]


def match_area(areas: list[Area], text: str, *, field: str = "priority_area") -> Area:
    """The area that a file names by code, by title, or by words that only one title holds. Raises: UnknownAreaError."""
    wanted = _words(text)
    for area in areas:
        if any(_words(name) == wanted for name in (area.code, *area.titles)):
            return area
    near = [area for area in areas if any(wanted & _words(name) for name in (area.code, *area.titles))]
    if wanted and len(near) == 1:
        return near[0]
    raise UnknownAreaError(field=field, area=text, areas=", ".join(area.code for area in areas))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w{3,}", text.lower().replace("_", " "))) - {"och", "and", "the"}
