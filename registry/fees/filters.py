"""The filters of lists of engagements and schedules: what an address asks, in words and to a query."""

from collections.abc import Mapping

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_, FieldError, RegistryError
from registry.core.numbers import record_id
from registry.fees.book import ScheduleFilter, read_book
from registry.fees.followup import GROUPING_TITLES, Grouping
from registry.fees.queries import (
    NONE,
    SORTS,
    EngagementFilter,
    list_commissioners,
    list_engagement_years,
    names_creators,
)
from registry.fees.rules import Book
from registry.fees.schemas import DISCIPLINE_TITLES, OUTCOME_TITLES, Discipline, Outcome
from registry.parties.queries import find_party, list_funders
from registry.texts import _
from registry.web.filters import Asked
from registry.web.pages import with_query

DEFAULT_SORT = "-day"
FLAGS = {
    "unmotivated": N_("Below the level without a motive"),
    "cancelled": N_("Cancelled ones too"),
}
OUTCOMES = {outcome.value: title for outcome, title in OUTCOME_TITLES.items()}
DISCIPLINES = {discipline.value: title for discipline, title in DISCIPLINE_TITLES.items()}


async def read_engagement_filter(scope: Scope, query: Mapping[str, str], book: Book) -> tuple[Asked, EngagementFilter]:
    """Read what an address asks of a list of engagements."""
    asked = Asked(query)
    funders = {party.org_number: party for party in await list_funders(scope)}
    funder = asked.one_of("funder", N_("Funder: %s"), funders, lambda party: party.name)
    outcome = asked.choice("outcome", N_("Outcome: %s"), OUTCOMES)
    discipline = asked.choice("discipline", N_("Art: %s"), {**DISCIPLINES, NONE: N_("not known")})
    return asked, EngagementFilter(
        year=asked.year("year", N_("Year: %s")),
        first=asked.date("from", N_("From %s")),
        last=asked.date("to", N_("To %s")),
        issuer=asked.read("issuer", N_("Issuer: %s"), lambda text: book.issuer(text) or text[:120], _issuer) or "",
        discipline=discipline or "",
        creator_id=await _party(scope, asked, "creator", N_("Creator: %s")),
        commissioner_id=await _party(scope, asked, "commissioner", N_("Commissioner: %s")),
        funder_id=funder.id if funder else None,
        grant_id=asked.read("grant", N_("Grant: %s"), _grant, lambda number: f"B-{number}"),
        outcome=Outcome(outcome) if outcome else None,
        unmotivated=asked.flag("unmotivated", FLAGS["unmotivated"]),
        cancelled=asked.flag("cancelled", FLAGS["cancelled"]),
        search=asked.text("q", N_("Search: %s")),
    )


def engagement_sort(query: Mapping[str, str]) -> str:
    """The order that an address asks for."""
    sort = query.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


async def narrowing_options(scope: Scope, book: Book) -> dict[str, list[tuple[str, str]]]:
    """What the selects of art, issuer and commissioner offer."""
    unknown = (NONE, _("not known"))
    return {
        "discipline": [*((value, _(title)) for value, title in DISCIPLINES.items()), unknown],
        "issuer": [*((issuer, issuer) for issuer in book.issuers), unknown],
        "commissioner": [(f"P-{party_id}", name) for party_id, name in await list_commissioners(scope)],
    }


async def read_followup_question(who: Scope, query: Mapping[str, str]) -> tuple[Asked, EngagementFilter, int, Grouping]:
    """What an address asks: the filter, the year (the latest with engagements when none is named), the grouping."""
    asked, wanted = await read_engagement_filter(who, query, await read_book(who))
    titles = {one.value: title for one, title in GROUPING_TITLES.items()}
    grouping = asked.choice("by", "%s", titles) or Grouping.DISCIPLINE
    year = wanted.year
    if year is None:
        years = await list_engagement_years(who)
        year = years[0] if years else trail.today().year
    return asked, wanted, year, Grouping(grouping)


def followup_question(asked: Asked, year: int, grouping: Grouping) -> str:
    """The question as an address has it, for files and the trail."""
    kept = {name: asked.query[name] for name in asked.shown if name not in ("year", "by")}
    return with_query("", {**kept, "by": grouping.value, "year": str(year)}).removeprefix("?")


def read_schedule_filter(query: Mapping[str, str], book: Book) -> tuple[Asked, ScheduleFilter]:
    """Read what an address asks of the list of schedules."""
    asked = Asked(query)
    discipline = asked.choice("discipline", N_("Art: %s"), DISCIPLINES)
    return asked, ScheduleFilter(
        issuer=asked.choice("issuer", N_("Issuer: %s"), {issuer: issuer for issuer in book.issuers}) or "",
        discipline=Discipline(discipline) if discipline else None,
        year=asked.year("year", N_("In force in %s")),
        search=asked.text("q", N_("Search: %s")),
    )


def _issuer(name: str) -> str:
    return _("not known") if name == NONE else name


def _grant(text: str) -> int:
    number = record_id(text, "B")
    if number is None or number >= 2**62:
        raise ValueError(N_("Write the grant's number, such as B-12."))
    return number


async def _party(scope: Scope, asked: Asked, name: str, label: str) -> int | None:
    """A party by organisation number or by the registry's number; shown by name only to who may see names."""
    text = asked.query.get(name, "").strip()[:40]
    if not text:
        return None
    if name == "creator" and not any(sign.isdigit() for sign in text):
        asked.refuse(name, N_("Name a creator by the registry's number, such as P-17."))
        return None
    try:
        party = await find_party(scope, text, field=name)
    except RegistryError as error:
        asked.errors.append((name, FieldError(field=name, message=error.message, **error.data)))
        return None
    hidden = party.personal and not names_creators(scope)
    asked.shown[name] = _(label) % (party.number if hidden else party.name)
    return party.id
