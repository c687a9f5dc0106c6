"""What a list of initiatives is narrowed to and sorted by, as the parameters of an address say it."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.core.access import Scope
from registry.core.errors import FieldError
from registry.initiatives.register import SORTS, list_initiatives
from registry.initiatives.schemas import KIND_TITLES, Initiative, InitiativeKind
from registry.texts import _
from registry.web.forms import CHOOSE
from registry.web.pages import with_query

NAMES = ("kind", "q", "sort")


@dataclass(frozen=True, slots=True)
class Asked:
    """A list as it was asked for."""

    kind: InitiativeKind | None
    search: str
    sort: str

    @property
    def query(self) -> dict[str, str]:
        """The parameters in force, for an address or a note in the trail."""
        values = {"kind": self.kind.value if self.kind else "", "q": self.search, "sort": self.sort}
        return {name: value for name, value in values.items() if value and (name, value) != ("sort", "title")}

    @property
    def text(self) -> str:
        """The same as one text: `kind=edition&q=poesi`."""
        return with_query("", self.query).removeprefix("?")

    @property
    def shown(self) -> dict[str, str]:
        """Each filter in force in words."""
        shown = {"q": f"”{self.search}”"} if self.search else {}
        return shown | ({"kind": _(KIND_TITLES[self.kind])} if self.kind else {})


def read_asked(query: Mapping[str, str]) -> Asked:
    """What a list is limited to. Raises: FieldError naming the parameter that there is no such choice for."""
    kind, sort = query.get("kind", ""), query.get("sort", "") or "title"
    if kind and kind not in list(InitiativeKind):
        raise FieldError(field="kind", message=CHOOSE)
    if sort.removeprefix("-") not in SORTS:
        raise FieldError(field="sort", message=CHOOSE)
    return Asked(InitiativeKind(kind) if kind else None, query.get("q", "").strip()[:200], sort)


async def list_asked(scope: Scope, asked: Asked) -> list[Initiative]:
    """The initiatives that were asked for, in the order that was."""
    return await list_initiatives(scope, kind=asked.kind, search=asked.search, sort=asked.sort)
