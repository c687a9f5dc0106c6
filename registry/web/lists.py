"""What lists share: where a page stands among its neighbours, and the filters in force as chips that can be removed."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.web.pages import with_query

LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Pager:
    """A page among its neighbours: what it shows of how many, and the addresses beside it (None at the ends)."""

    total: int | None
    first: int | None
    last: int | None
    next_url: str | None = None
    previous_url: str | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address without it."""

    label: str
    remove_url: str


def page_number(query: Mapping[str, str]) -> int:
    """The page asked for, from 1; anything else is the first."""
    text = query.get("page", "")
    return min(max(int(text[:6]), 1), LAST_PAGE) if text.isascii() and text.isdigit() else 1


def offset_pager(path: str, query: dict[str, str], *, number: int, size: int, total: int) -> Pager:
    """The neighbours of page `number` of a list that is cut by counting."""
    first = (number - 1) * size + 1
    last = min(number * size, total)
    return Pager(
        total,
        first if first <= total else None,
        last if first <= total else None,
        next_url=with_query(path, query, page=str(number + 1)) if last < total else None,
        previous_url=with_query(path, query, page=str(number - 1) if number > 2 else None) if number > 1 else None,
    )


def cursor_pager(path: str, query: dict[str, str], *, total: int, following: str | None, previous: str | None) -> Pager:
    """The neighbours of a page of a list that is cut by cursors: it knows how many there are, not where it stands."""
    return Pager(
        total,
        None,
        None,
        next_url=with_query(path, query, cursor=following) if following else None,
        previous_url=with_query(path, query, cursor=previous) if previous else None,
    )


def chips(path: str, query: dict[str, str], shown: Mapping[str, str]) -> list[Chip]:
    """A chip for each filter in force; `shown` is parameter → text. Removing one starts from the first page."""
    return [
        Chip(text, with_query(path, query, **{name: None, "cursor": None, "page": None}))
        for name, text in shown.items()
    ]
