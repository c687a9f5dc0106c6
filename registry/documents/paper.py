"""Documents on A4: the style sheet and the layout that all of them share (`templates/layout/paper.*`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel.dates import format_date as babel_date

from registry.templating import TEMPLATES, render
from registry.texts import _, format_date, get_language, use_language

BASE = "layout/paper.css"
LONGEST_WORD = 60
"""Signs of a word, an address or a number that is kept whole."""
_ENDLESS = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """A funder as its block on a document's first page has it; `colour` is `#rrggbb`."""

    name: str
    org_number: str
    contact: tuple[str, ...]
    colour: str


@cache
def paper_css(*sheets: str) -> str:
    """The style sheet of every document, and then a document's own (`"statements/statement.css"`)."""
    return "\n".join((TEMPLATES / sheet).read_text("utf-8") for sheet in (BASE, *sheets))


def paper_html(
    template: str,
    *,
    language: str,
    issued_on: date,
    authors: Sequence[str] = (),
    accents: Sequence[str] = (),
    **values: object,
) -> str:
    """Render a document's template, which extends `layout/paper.html`, as well-formed HTML in a language.

    `accents` are the funders' colours, `#rrggbb`, in the order of `authors`. The template also has `clip`, and `day`
    for dates in narrow columns.
    """
    with use_language(language):
        return render(
            template,
            language=language,
            issued_on=issued_on,
            authors=authors,
            accents=accents,
            clip=clip,
            day=day_in_table,
            **values,
        )


def clip(text: str, most: int) -> str:
    """At most so many signs; a cut text ends in `…`. Data that is attached to the document holds it whole.

    What nobody could read as a word is broken, since the engine takes minutes over a line of thousands of signs.
    """
    cut = text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
    return _ENDLESS.sub(r"\g<0> ", cut) if len(cut) > LONGEST_WORD else cut


def day_in_table(day: date) -> str:
    """A date that is short enough for a column: `31 Jan 2025` in English, otherwise as everywhere."""
    return babel_date(day, "d MMM yyyy", locale="en_GB") if get_language() == "en" else format_date(day)


def names(parts: Sequence[str]) -> str:
    """`A, B and C`."""
    if len(parts) < 2:
        return "".join(parts)
    return _("%(first)s and %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}
