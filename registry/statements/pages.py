"""Statements for people: who has a year to state, the year itself, and its PDF."""

from dataclasses import dataclass
from typing import Any, cast

from litestar import Controller, Request, Response, get
from litestar.response import Redirect

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import N_, FieldError, NotFoundError
from registry.database import snapshot
from registry.documents import rendering
from registry.initiatives.queries import list_initiatives
from registry.parties.queries import UnknownPartyError, find_party, get_party
from registry.parties.schemas import KIND_TITLES, Party
from registry.statements import batch_begin_pages, batch_pages
from registry.statements.changes import list_changes
from registry.statements.codes import file_name
from registry.statements.issues import (
    Issue,
    UnknownVersionError,
    list_issues,
    read_issued_figures,
    read_stored,
    read_version,
)
from registry.statements.ledger import ledgers
from registry.statements.letter_pages import LetterPages
from registry.statements.matter_wording import (
    claim_rows,
    engagement_rows,
    flow_rows,
    flow_sentence,
    partner_sentence,
    report_rows,
    stop_text,
)
from registry.statements.pipeline import is_current
from registry.statements.positions import read_positions
from registry.statements.queries import read_figures
from registry.statements.schemas import Language, Position, StatementFigures
from registry.statements.service import issue_statement
from registry.statements.verification import VerifyPages
from registry.statements.wording import (
    chart_text,
    compare_years,
    left_label,
    period_text,
    statement_chart,
    statement_conditions,
    statement_notes,
    statement_sentence,
    then_label,
)
from registry.statements.years import (
    PAGE,
    PartyFilter,
    Year,
    list_party_years,
    list_statement_years,
    list_years,
    own_party,
)
from registry.texts import LANGUAGES, _, format_kronor, get_language
from registry.web.downloads import disposition
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import page, query_of, redirect, with_query

PATH = "/statements"
MOST_DIGITS = 5
WHOSE = N_("Say whose statement it is: an organisation number, or P-17 for a person.")


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One of the sums on top of the page, with what it means."""

    label: str
    value: str
    hint: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """Another year of the same party."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Download:
    """A PDF in one language; `is_own` marks the party's own."""

    language: str
    name: str
    href: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class OwnParty:
    """A party of an association's user, with its years."""

    party: Party
    years: list[Year]


class StatementPages(Controller):
    """Statements for those who log in."""

    path = PATH

    @get("/", permission=Permission.STATEMENTS_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """The parties with a year to state, or an association's own years."""
        rendering.expect()
        if not who.reads_all:
            return await _own_years(request, who)
        query = query_of(request)
        years = await list_statement_years(who)
        wanted = PartyFilter(
            year=_year_of(query.get("year", ""), years), search=query.get("q", ""), kind=query.get("kind", "")
        )
        number = page_number(query)
        found = await list_party_years(who, wanted, sort=query.get("sort", "name"), offset=(number - 1) * PAGE)
        kinds = [(kind.value, _(title)) for kind, title in KIND_TITLES.items()]
        shown = {"q": wanted.search, "kind": dict(kinds).get(wanted.kind, wanted.kind)}
        return page(
            request,
            "statements/index.html",
            parties=found,
            own=None,
            year=wanted.year,
            years=[(str(year), str(year)) for year in years],
            kinds=kinds,
            query=query,
            chips=chips(PATH, query, {name: text for name, text in shown.items() if text}),
            clear_url=with_query(PATH, {"year": str(wanted.year)}),
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=found.total),
            may_issue=who.may(Permission.STATEMENTS_ISSUE),
        )

    @get("/{document:str}", permission=Permission.STATEMENTS_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope, document: str) -> Response[Any] | Redirect:
        """`/statements/2025` is the year as a page, `/statements/2025.pdf` the issued statement."""
        year, ending = read_document(document)
        query = query_of(request)
        if not query.get("party") and who.reads_all:
            return redirect(request, with_query(PATH, {"year": str(year)}))
        party = await asked_party(who, query.get("party", ""))
        if ending == "pdf":
            language = asked_language(query.get("language", ""), party)
            if query.get("version"):
                version = read_version_number(query["version"])
                return send_statement(request, *await read_stored(who, party.id, year, language, version), year)
            base_url = request.app.state.base_url
            issued = await issue_statement(who, party.id, year, language, base_url=base_url)
            return send_statement(request, issued.issue, issued.pdf, year)
        return await _year_page(request, who, party, year, query)


def read_document(document: str) -> tuple[int, str]:
    """The year and the ending of `2025` or `2025.pdf`. Raises: NotFoundError for anything else."""
    year, dot, ending = document.partition(".")
    if not (year.isascii() and year.isdigit() and len(year) == 4) or (dot and ending != "pdf"):
        raise NotFoundError
    return int(year), ending


async def asked_party(scope: Scope, reference: str) -> Party:
    """Whose statement is asked for; an association's user who names nobody means their own.

    Raises: UnknownPartyError, alike for a missing party and another's, and saying what is expected when the number is
    impossible or there is none.
    """
    own = None if reference else await own_party(scope)
    if own is not None:
        return await get_party(scope, own)
    if not reference:
        raise UnknownPartyError(field="party", message=WHOSE)
    return await find_party(scope, reference)


def read_version_number(text: str) -> int:
    """The version that an address names. Raises: UnknownVersionError for what is no number."""
    if not (text.isascii() and text.isdigit() and len(text) < MOST_DIGITS):
        raise UnknownVersionError(field="version", version=text[:20])
    return int(text)


def asked_language(code: str, party: Party) -> Language:
    """The language that was asked for, or the party's own. Raises: FieldError."""
    if code and code not in LANGUAGES:
        raise FieldError(field="language", message=N_("Choose Swedish, Finnish or English."))
    return cast("Language", code or party.language)


def send_statement(request: Request[Any, Any, Any], issue: Issue, pdf: bytes, year: int) -> Response[bytes]:
    """Send the stored bytes, or 304 to who has them already."""
    tag = f'"{issue.pdf_sha256}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(b"", status_code=304, headers=headers)
    name = file_name(f"P-{issue.party_id}", year, issue.language)
    return Response(pdf, media_type="application/pdf", headers={**headers, "Content-Disposition": disposition(name)})


def _year_of(text: str, years: list[int]) -> int:
    return int(text) if text in map(str, years) else years[0]


async def _own_years(request: Request[Any, Any, Any], who: Scope) -> Response[str]:
    first = await own_party(who)
    parties = [await get_party(who, party_id) for party_id in who.party_ids or ()]
    own = [
        OwnParty(party, await list_years(who, party.id))
        for party in sorted(parties, key=lambda party: (party.id != first, party.name))
    ]
    return page(request, "statements/index.html", own=own, this_year=trail.today().year)


async def _year_page(
    request: Request[Any, Any, Any], who: Scope, party: Party, year: int, query: dict[str, str]
) -> Response[str]:
    """The year as it is known now, or as a version was issued (`version`, in the language of `language`)."""
    rendering.expect()
    language = cast("Language", get_language())
    async with snapshot():
        figures = await read_figures(who, party.id, year, language)
        position = (await read_positions({party.id: figures}, year)).get(party.id)
        years = [one.year for one in await list_years(who, party.id)]
        issues = await list_issues(who, party.id, year)
        latest = next((issue for issue in issues if issue.language == figures.language), None)
        outdated = latest if latest is not None and not await is_current(who, latest, figures) else None
        before = (await read_issued_figures(who, [outdated.id])).get(outdated.id) if outdated else None
        shown = None
        if query.get("version"):
            asked = asked_language(query.get("language", ""), party)
            number = read_version_number(query["version"])
            shown, figures = await read_version(who, party.id, year, asked, number)
            position, outdated = None, None
    return page(
        request,
        "statements/show.html",
        party=party,
        successor=await _successor(who, party),
        shown=shown,
        key_figures=_key_figures(figures),
        tabs=[Tab(str(one), _address(party, one), current=one == year) for one in sorted({*years, year}, reverse=True)],
        downloads=_downloads(party, year) if figures.funders and not shown else [],
        issues=issues,
        changed_since=outdated,
        changes=list_changes(before, figures) if before else [],
        language_names=LANGUAGES,
        reads_all=who.reads_all,
        seen=await _openable(who, figures),
        **_told(figures, position),
    )


def _told(figures: StatementFigures, position: Position | None) -> dict[str, Any]:
    """What the statement says, as on paper."""
    return {
        "figures": figures,
        "position": position,
        "sentence": statement_sentence(figures) if figures.funders else "",
        "left": left_label(figures),
        "period": period_text,
        "books": {funder.key: ledgers(figures, funder.key) for funder in figures.funders},
        "beside": figures.previous is not None or position is not None,
        "compared": compare_years(figures, position),
        "chart": statement_chart(figures) if figures.events else None,
        "chart_text": chart_text(figures),
        "conditions": statement_conditions(figures),
        "then": then_label(figures),
        "stop_text": stop_text,
        "reports": report_rows(figures, position),
        "claims": claim_rows(figures),
        "engagements": engagement_rows(figures),
        "flows": flow_rows(figures),
        "colours": {funder.key: funder.colour for funder in figures.funders},
        "flow_texts": [flow_sentence(figures), partner_sentence(figures)],
        "notes": [(note.term, note.text) for note in statement_notes(figures, position)],
    }


async def _openable(who: Scope, figures: StatementFigures) -> set[str]:
    """The initiatives of the statement whose pages the reader may open."""
    if not figures.flows or not who.may(Permission.INITIATIVES_VIEW):
        return set()
    return {one.number for one in await list_initiatives(who)}


async def _successor(who: Scope, party: Party) -> Party | None:
    if party.successor_id is None:
        return None
    try:
        return await get_party(who, party.successor_id)
    except NotFoundError:
        return None


def _address(party: Party, year: int) -> str:
    return f"{PATH}/{year}?party={party.number}"


def _downloads(party: Party, year: int) -> list[Download]:
    ordered = sorted(LANGUAGES.items(), key=lambda item: item[0] != party.language)
    return [
        Download(code, name, f"{PATH}/{year}.pdf?party={party.number}&language={code}", code == party.language)
        for code, name in ordered
    ]


def _key_figures(figures: StatementFigures) -> list[KeyFigure]:
    totals = figures.totals
    shown = [
        (_("Left on 1 January"), totals.opening_ore, _("Decided in earlier years and not yet paid"), True),
        (_("Decided"), totals.decided_ore, _("New decisions and changes of earlier ones"), True),
        (_("Paid"), totals.net_ore, _("Attested payments, by value date, less reversals"), True),
        (left_label(figures), totals.remaining_ore, _("Granted and still to be paid out"), True),
        (_("Repaid"), totals.repaid_ore, _("Sent back to the funder; not to be paid again"), bool(totals.repaid_ore)),
    ]
    return [KeyFigure(label, format_kronor(ore), hint) for label, ore, hint, wanted in shown if wanted]


PAGES = [*batch_begin_pages.PAGES, *batch_pages.PAGES, StatementPages, VerifyPages, LetterPages]
