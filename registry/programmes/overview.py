"""The list of programmes with the frames of one year, by funder, as a page shows it."""

from dataclasses import dataclass

from registry import trail
from registry.core.access import Scope
from registry.core.errors import FieldError
from registry.core.money import Money
from registry.programmes.queries import list_programmes
from registry.programmes.rules import YEAR_MESSAGE, parse_year
from registry.programmes.schemas import INSIDE, OUTSIDE, Frame, Programme
from registry.web.pages import with_query

PATH = "/programmes"
FILTERS = ("funder", "area", "ksm")
"""What the list can be limited to: a funder's number, an area's code or `none`, and `inside` or `outside` the model."""
NO_AREA = "none"


@dataclass(frozen=True, slots=True)
class Line:
    """A programme with its frame of the year shown (None when it has none), and where its grants are."""

    programme: Programme
    frame: Frame | None
    grants_href: str


@dataclass(frozen=True, slots=True)
class Group:
    """One funder's programmes of a year and what they come to."""

    funder: str
    lines: tuple[Line, ...]
    total: Frame
    own: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to another year, or to one funder."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class View:
    """What a list shows: the programmes, and the year of their frames."""

    programmes: list[Programme]
    year: int
    years: list[int]
    shown: dict[str, str]

    def question(self) -> str:
        """The filters and the year as an address has them."""
        return with_query("", {**self.shown, "year": str(self.year)}).removeprefix("?")


async def view_of(who: Scope, query: dict[str, str]) -> View:
    """What an address asks for: this year's frames, or the latest when there are none. Raises: FieldError."""
    shown = {name: query[name] for name in FILTERS if query.get(name)}
    programmes = [one for one in await list_programmes(who) if all(_has(one, *pair) for pair in shown.items())]
    years = sorted({frame.year for one in programmes for frame in one.frames}, reverse=True)
    this_year = trail.today().year
    year = this_year if this_year in years or not years else years[0]
    if query.get("year"):
        asked = parse_year(query["year"])
        if asked is None:
            raise FieldError(field="year", message=YEAR_MESSAGE)
        year = asked
    return View(programmes, year, sorted({*years, year}, reverse=True), shown)


def _has(programme: Programme, name: str, value: str) -> bool:
    """Whether a programme is what a filter asks for."""
    match name:
        case "funder":
            return programme.funder_org_number == value
        case "area":
            return (programme.area_code or NO_AREA) == value
        case _:
            return value == (INSIDE if programme.inside_ksm else OUTSIDE)


def tabs_of(query: dict[str, str], view: View) -> list[Tab]:
    """A link to each year."""
    return [Tab(str(year), with_query(PATH, query, year=str(year)), current=year == view.year) for year in view.years]


def groups_of(view: View, who: Scope) -> list[Group]:
    """The programmes by funder, one's own first, each with its total."""
    groups: dict[str, list[Line]] = {}
    for programme in view.programmes:
        line = Line(programme, programme.frame_of(view.year), grants_href(programme, view.year))
        groups.setdefault(programme.funder_org_number, []).append(line)
    made = [
        Group(
            lines[0].programme.funder_name,
            tuple(lines),
            _total(view.year, lines),
            own=who.funder_id == lines[0].programme.funder_id,
        )
        for lines in groups.values()
    ]
    return sorted(made, key=lambda group: not group.own)


def _total(year: int, lines: list[Line]) -> Frame:
    frames = [line.frame for line in lines if line.frame]
    return Frame(
        year=year,
        amount_ore=Money(sum(frame.amount_ore for frame in frames)),
        decided_ore=Money(sum(frame.decided_ore for frame in frames)),
        paid_ore=Money(sum(frame.paid_ore for frame in frames)),
    )


def grants_href(programme: Programme, year: int) -> str:
    """Where the decisions from a frame are listed."""
    return with_query("/grants", {"programme": f"{programme.funder_org_number}:{programme.code}", "year": str(year)})
