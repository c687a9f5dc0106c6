"""Page of the yearly follow-up and its files: every total leads to the engagements behind it."""

from collections.abc import Mapping
from tempfile import SpooledTemporaryFile
from typing import Any, cast

from litestar import Controller, Request, Response, get
from litestar.response import Stream

from registry.core.access import Permission, Scope
from registry.documents.listing import MEDIA_TYPES
from registry.fees.book import read_book
from registry.fees.chart import paid_against_level
from registry.fees.filters import followup_question, narrowing_options, read_followup_question
from registry.fees.followup import GROUPING_TITLES
from registry.fees.queries import list_engagement_years
from registry.fees.schemas import FollowupRow
from registry.fees.tabs import PATH, tabs
from registry.fees.yearly import Followup, FollowupFormat, export_followup, follow_up
from registry.parties.queries import list_funders
from registry.texts import _, describe, format_basis_points
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.lists import chips
from registry.web.pages import page, query_of, with_query

HERE = f"{PATH}/followup"
FORMATS: tuple[FollowupFormat, ...] = ("xlsx", "csv", "json")
TYPES: Mapping[str, str] = {**{str(kind): kept for kind, kept in MEDIA_TYPES.items()}, "json": "application/json"}


class FollowupPages(Controller):
    """The follow-up of a year."""

    @get(HERE, permission=Permission.FEES_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The follow-up as table and chart."""
        query = query_of(request)
        asked, wanted, year, grouping = await read_followup_question(who, query)
        years = await list_engagement_years(who)
        shown = None if asked.errors else await follow_up(who, wanted, year=year, grouping=grouping)
        kept = {name: query[name] for name in asked.shown if name not in ("year", "by")}
        question = {**kept, "year": str(year), "by": grouping.value}
        return page(
            request,
            "fees/followup.html",
            status=400 if asked.errors else 200,
            tabs=tabs("followup"),
            shown=shown,
            year=year,
            by=grouping.value,
            by_title=_(GROUPING_TITLES[grouping]),
            groupings=[(one.value, _(title)) for one, title in GROUPING_TITLES.items()],
            years=[(str(one), str(one)) for one in sorted({*years, year}, reverse=True)],
            options=await narrowing_options(who, await read_book(who)),
            funders=[(party.org_number, party.name) for party in await list_funders(who)],
            query=query,
            errors=[describe(error) for _name, error in asked.errors],
            chips=chips(HERE, question, {name: asked.shown[name] for name in kept}),
            links=_links(shown, {**kept, "year": str(year)}) if shown else {},
            downloads=[(kind.upper(), with_query(f"{HERE}.{kind}", question)) for kind in FORMATS],
            chart=_chart(shown) if shown else None,
        )

    @get([f"{HERE}.csv", f"{HERE}.xlsx", f"{HERE}.json"], permission=Permission.FEES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The follow-up as a file; the trail says that it was taken."""
        asked, wanted, year, grouping = await read_followup_question(who, query_of(request))
        asked.demand()
        kind = cast("FollowupFormat", request.url.path.rpartition(".")[2])
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            followup = await follow_up(who, wanted, year=year, grouping=grouping)
            await export_followup(who, followup, file, kind, question=followup_question(asked, year, grouping))
        except BaseException:
            file.close()
            raise
        return send_file(file, _("fee-followup") + f"-{year}.{kind}", TYPES[kind])


def _links(shown: Followup, kept: dict[str, str]) -> dict[str, dict[str, str]]:
    """By group (`""` for the total): where each of its figures leads."""
    links = {}
    for row in [*shown.rows, shown.total]:
        group = {**kept, shown.grouping.value: row.key} if row.key else kept
        links[row.key] = {
            "all": with_query(PATH, group),
            "below": with_query(PATH, group, outcome="below"),
            "no_schedule": with_query(PATH, group, outcome="no_schedule"),
            "incomplete": with_query(PATH, group, outcome="incomplete"),
            "unmotivated": with_query(PATH, group, unmotivated="1"),
        }
    return links


def _chart(shown: Followup) -> Any:
    def bar(row: FollowupRow) -> tuple[str, int, int, str]:
        share = row.fee_ore * 10_000 // row.level_ore
        text = _("%(percent)s of the level") % {"percent": format_basis_points(share)}
        return row.label, int(row.fee_ore), int(row.level_ore), text

    title = _("Paid against the level, %(year)s") % {"year": shown.year}
    return paid_against_level([bar(row) for row in shown.rows if row.level_ore], title=title)
