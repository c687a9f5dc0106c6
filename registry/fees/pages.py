"""Pages of engagements: the list and its files, a card with its working, registering, correcting and cancelling."""

from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.fees.book import read_book
from registry.fees.card import card_page, outcomes
from registry.fees.change_pages import PREFILLED, EngagementChangePages
from registry.fees.export import export_engagements
from registry.fees.filters import DEFAULT_SORT, FLAGS, engagement_sort, narrowing_options, read_engagement_filter
from registry.fees.followup_pages import FollowupPages
from registry.fees.queries import (
    PAGE,
    EngagementPage,
    get_engagement,
    list_creators,
    list_engagement_years,
    list_engagements,
    names_creators,
)
from registry.fees.rules import Book
from registry.fees.schedule_pages import RatesPages, SchedulePages
from registry.fees.tabs import PATH, tabs
from registry.parties.queries import list_funders
from registry.texts import _, describe
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import page, query_of, with_query

CARD = f"{PATH}/engagements/{{number:str}}"


class EngagementPages(Controller):
    """The list of engagements, its files, and their cards."""

    @get(PATH, permission=Permission.FEES_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The list."""
        query, book = query_of(request), await read_book(who)
        asked, wanted = await read_engagement_filter(who, query, book)
        number, found = page_number(query), EngagementPage([], 0)
        if not asked.errors:
            sort = engagement_sort(query)
            found = await list_engagements(who, wanted, sort=sort, offset=(number - 1) * PAGE)
        return page(
            request,
            "fees/index.html",
            status=400 if asked.errors else 200,
            tabs=tabs("engagements"),
            found=found,
            query=query,
            options=await _options(who, book),
            default_sort=DEFAULT_SORT,
            outcomes=outcomes(),
            named=names_creators(who),
            errors=[describe(error) for _name, error in asked.errors],
            chips=chips(PATH, query, asked.shown),
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=found.total),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, page=None)) for kind in ("xlsx", "csv")],
            unmotivated_url=with_query(PATH, query, unmotivated="1", page=None),
            may_register=who.may(Permission.FEES_REGISTER),
            new_url=with_query(f"{PATH}/new", {name: query.get(name, "") for name in PREFILLED}),
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.FEES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as a file; the trail says that it was taken."""
        query, kind = query_of(request), list_format(request.url.path)
        asked, wanted = await read_engagement_filter(who, query, await read_book(who))
        asked.demand()
        sort = engagement_sort(query)
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            await export_engagements(who, wanted, file, kind, sort=sort, question=asked.question(sort=sort))
        except BaseException:
            file.close()
            raise
        return send_file(file, _("engagements") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind])

    @get(CARD, permission=Permission.FEES_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """One engagement: the check with its working, what was agreed, and how it changed."""
        return await card_page(request, who, await get_engagement(who, number), Form())


async def _options(who: Scope, book: Book) -> dict[str, list[tuple[str, str]]]:
    """What the selects of the list offer."""
    flags = {name: _(title) for name, title in FLAGS.items()}
    return {
        "year": [(str(year), str(year)) for year in await list_engagement_years(who)],
        "funder": [(party.org_number, party.name) for party in await list_funders(who)],
        "creator": [(f"P-{party_id}", name) for party_id, name in await list_creators(who)],
        **await narrowing_options(who, book),
        "outcome": [(outcome.value, title) for outcome, title in outcomes().items()],
        "cancelled": [("1", flags["cancelled"])],
    }


PAGES: list[type[Controller]] = [EngagementPages, EngagementChangePages, SchedulePages, RatesPages, FollowupPages]
