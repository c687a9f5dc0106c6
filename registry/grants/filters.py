"""The filters of lists of grants and payments: what the parameters of an address mean, in words and to a query."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from registry.agreements.queries import Area, list_areas
from registry.core.access import Scope
from registry.core.errors import N_, FieldError, InvalidInputError, RegistryError
from registry.core.periods import FIRST_YEAR, LAST_YEAR, parse_date, parse_moment
from registry.grants.queries import NO_AREA, NO_VIA, GrantFilter
from registry.parties.queries import find_party, list_funders, parse_number
from registry.parties.schemas import Party
from registry.programmes.queries import list_programmes
from registry.programmes.schemas import INSIDE, KIND_TITLES, KSM_TITLES, Programme
from registry.texts import _, format_date, format_datetime
from registry.web.pages import with_query

Read = TypeVar("Read")

SELDOM = ("via", "kind", "ksm", "year_from", "year_to", "benefit")
"""Filters of a list of grants without a field of their own: links from totals set them, and a chip takes them away."""

_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:[0-9]{2})")
_ORG_NUMBER = re.compile(r"(16|18|19|20)?[0-9]{6}[-+]?[0-9]{4}")


@dataclass(slots=True)
class Filters:
    """The parameters of a list as they are read; `shown` says each filter in force, `errors` what can't be read."""

    query: Mapping[str, str]
    funders: list[Party]
    programmes: list[Programme]
    areas: list[Area]
    recipient: Party | None = None
    via: Party | None = None
    shown: dict[str, str] = field(default_factory=dict)
    errors: list[tuple[str, RegistryError]] = field(default_factory=list)

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

    def funder_id(self) -> int | None:
        """The funder, by organisation number."""
        funder = self._one_of(
            "funder", N_("Funder: %s"), {party.org_number: party for party in self.funders}, lambda party: party.name
        )
        return funder.id if funder else None

    def programme_id(self, funder_id: int | None) -> int | None:
        """The programme, as `FUNDER:CODE` or as a code that is the only one of its kind."""
        by_code: dict[str, list[Programme]] = {}
        for programme in self.programmes:
            if funder_id in (None, programme.funder_id):
                by_code.setdefault(programme.code, []).append(programme)
                by_code.setdefault(f"{programme.funder_org_number}:{programme.code}", []).append(programme)
        found = self._one_of(
            "programme", N_("Programme: %s"), by_code, lambda programmes: f"{programmes[0].code} {programmes[0].title}"
        )
        if found is not None and len(found) > 1:
            self.refuse("programme", N_("Both funders have a programme with that code. Choose the funder too."))
        return found[0].id if found else None

    def area(self) -> str | None:
        """The priority area, by code; `none` for programmes without one."""
        titles = {area.code: (area.code, area.title) for area in self.areas}
        titles[NO_AREA] = (NO_AREA, _("none"))
        found = self._one_of("area", N_("Area: %s"), titles, lambda pair: pair[1])
        return found[0] if found else None

    def _one_of(self, name: str, label: str, choices: Mapping[str, Read], show: Callable[[Read], str]) -> Read | None:
        def parse(text: str) -> Read:
            if text not in choices:
                raise ValueError(N_("There is nothing by that name to filter by. Choose from the list."))
            return choices[text]

        return self.read(name, label, parse, show)

    def kind(self) -> str | None:
        """The kind of programme."""
        return self.choice("kind", N_("Kind: %s"), {kind.value: title for kind, title in KIND_TITLES.items()})

    def inside_ksm(self) -> bool | None:
        """Whether the programme lies inside Kultursamverkansmodellen."""
        found = self.choice("ksm", N_("Only %s"), KSM_TITLES)
        return None if found is None else found == INSIDE

    @property
    def direct(self) -> bool:
        """Whether only grants without an intermediary are asked for."""
        return "via" in self.shown and self.via is None

    @property
    def via_id(self) -> int | None:
        """The intermediary, when one is named by number."""
        return self.via.id if self.via else None

    def choice(self, name: str, label: str, titles: Mapping[str, str]) -> str | None:
        """One of some values, each with its title."""
        return self._one_of(name, label, {value: value for value in titles}, lambda value: _(titles[value]))

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

    @property
    def recipient_id(self) -> int | None:
        """The recipient, when one is named by number."""
        return self.recipient.id if self.recipient else None

    @property
    def search(self) -> str:
        """What to look for in recipients' names, when none is named by number."""
        return "" if self.recipient or any(name == "recipient" for name, _error in self.errors) else self._typed

    @property
    def _typed(self) -> str:
        return self.query.get("recipient", "")[:100]


async def read_filters(scope: Scope, query: Mapping[str, str]) -> Filters:
    """Read what parameters may name, and the recipient among them."""
    filters = Filters(query, await list_funders(scope), await list_programmes(scope), await list_areas(scope))
    typed, via = query.get("recipient", "").strip(), query.get("via", "").strip()
    if parse_number(typed) is not None or _ORG_NUMBER.fullmatch(typed):
        filters.recipient = await _read_party(scope, filters, "recipient", typed, N_("Recipient: %s"))
    elif typed:
        filters.shown["recipient"] = _("Recipient: %s") % f"”{typed[:100]}”"
    if via == NO_VIA:
        filters.shown["via"] = _("Without an intermediary")
    elif via:
        filters.via = await _read_party(scope, filters, "via", via, N_("Via: %s"))
    return filters


async def _read_party(scope: Scope, filters: Filters, name: str, reference: str, label: str) -> Party | None:
    """A party that a parameter names by number."""
    try:
        party = await find_party(scope, reference, field=name)
    except RegistryError as error:
        filters.errors.append((name, error))
        return None
    filters.shown[name] = _(label) % party.name
    return party


def grant_filter(filters: Filters) -> GrantFilter:
    """The filter of a list of grants."""
    funder_id = filters.funder_id()
    return GrantFilter(
        funder_id=funder_id,
        programme_id=filters.programme_id(funder_id),
        recipient_id=filters.recipient_id,
        year=filters.year("year", N_("Year: %s")),
        area=filters.area(),
        dnr=filters.text("dnr", N_("Dnr: %s")),
        first=filters.date("from", N_("Decided from %s")),
        last=filters.date("to", N_("Decided to %s")),
        open=filters.flag("open", N_("Only with something left to pay")),
        search=filters.search,
        via_id=filters.via_id,
        direct=filters.direct,
        kind=filters.kind(),
        inside_ksm=filters.inside_ksm(),
        first_year=filters.year("year_from", N_("Budget years from %s")),
        last_year=filters.year("year_to", N_("Budget years to %s")),
        benefit_missing=filters.flag("benefit", N_("Only where the benefit for the inhabitants is missing")),
    )
