"""The filters of lists of grants and payments: what the parameters of an address mean, in words and to a query."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from registry.agreements.queries import Area, list_areas
from registry.core.access import Scope
from registry.core.errors import N_, RegistryError
from registry.grants.queries import NO_AREA, NO_VIA, GrantFilter
from registry.parties.queries import find_party, list_funders, parse_number
from registry.parties.schemas import Party
from registry.programmes.queries import list_programmes
from registry.programmes.schemas import INSIDE, KIND_TITLES, KSM_TITLES, Programme
from registry.texts import _
from registry.web.filters import Asked

SELDOM = ("via", "kind", "ksm", "year_from", "year_to", "benefit")
"""Filters of a list of grants without a field of their own: links from totals set them, and a chip takes them away."""

_ORG_NUMBER = re.compile(r"(16|18|19|20)?[0-9]{6}[-+]?[0-9]{4}")


@dataclass(slots=True)
class Filters(Asked):
    """The parameters of a list of grants or payments, and what they may name."""

    funders: list[Party]
    programmes: list[Programme]
    areas: list[Area]
    recipient: Party | None = None
    via: Party | None = None

    def funder_id(self) -> int | None:
        """The funder, by organisation number."""
        funder = self.one_of(
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
        found = self.one_of(
            "programme", N_("Programme: %s"), by_code, lambda programmes: f"{programmes[0].code} {programmes[0].title}"
        )
        if found is not None and len(found) > 1:
            self.refuse("programme", N_("Both funders have a programme with that code. Choose the funder too."))
        return found[0].id if found else None

    def area(self) -> str | None:
        """The priority area, by code; `none` for programmes without one."""
        titles = {area.code: (area.code, area.title) for area in self.areas}
        titles[NO_AREA] = (NO_AREA, _("none"))
        found = self.one_of("area", N_("Area: %s"), titles, lambda pair: pair[1])
        return found[0] if found else None

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

    def programme_options(self) -> list[tuple[str, str]]:
        """The programmes to choose among, each as `FUNDER:CODE`."""
        return [
            (f"{programme.funder_org_number}:{programme.code}", f"{programme.code} {programme.title}")
            for programme in self.programmes
        ]

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
        stopped=filters.flag("stopped", N_("Only with stopped payments")),
    )
