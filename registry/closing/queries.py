"""Reads of a funder's year: what is left to do, each with the list where it stands, and the closing figures."""

from collections.abc import Mapping
from datetime import date

from registry import trail
from registry.allocations.queries import AllocationFilter, State, list_allocations
from registry.closing.schemas import Check, CheckLine, Closing, ProgrammeFigures
from registry.core.access import Scope
from registry.core.errors import NotFoundError
from registry.core.money import Money
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.database import snapshot
from registry.funders.queries import Funder, get_terms
from registry.grants.queries import GrantFilter, list_grants
from registry.payments.queries import PaymentFilter, count_payments
from registry.payments.schemas import PaymentStatus
from registry.programmes.queries import list_programmes
from registry.recoveries.queries import ClaimFilter, list_claims
from registry.reports.queries import ReportFilter, list_reports
from registry.summaries.queries import summarise
from registry.summaries.schemas import Figures, Group, Question
from registry.web.pages import with_query


async def read_closing(scope: Scope, funder_id: int, year: int) -> Closing:
    """A funder's year as it stands. Raises: NotFoundError for a party that is no funder, or a year that can't be."""
    if not FIRST_YEAR < year < LAST_YEAR:
        raise NotFoundError
    async with snapshot():
        funder = await get_terms(scope, funder_id)
        return Closing(
            funder=funder,
            year=year,
            over=year < trail.today().year,
            checks=await _checks(scope, funder, year),
            programmes=await _figures(scope, funder, year),
            anchor=str(await trail.read_anchor()),
            next_open=_next_open(funder, year),
        )


def _next_open(funder: Funder, year: int) -> int:
    closed = {one.year for one in funder.closed}
    return next(one for one in range(year + 1, LAST_YEAR + 1) if one not in closed)


async def _checks(scope: Scope, funder: Funder, year: int) -> tuple[CheckLine, ...]:
    first, last = date(year, 1, 1), date(year, 12, 31)

    def link(path: str, **query: object) -> str:
        return with_query(path, {"funder": funder.org_number, **{name: str(value) for name, value in query.items()}})

    waiting = PaymentFilter(funder_id=funder.id, status=PaymentStatus.WAITING, first=first, last=last)
    payments, payments_ore = await count_payments(scope, waiting)
    overdue = await list_reports(scope, ReportFilter(funder_id=funder.id, year=year, status="overdue"), limit=0)
    unsettled = await list_reports(scope, ReportFilter(funder_id=funder.id, year=year, open=True), limit=0)
    claims = await list_claims(scope, ClaimFilter(funder_id=funder.id, last=last, open=True), limit=0)
    unpaid = await list_grants(scope, GrantFilter(funder_id=funder.id, last_year=year, open=True), limit=0)
    stopped = await list_grants(scope, GrantFilter(funder_id=funder.id, last_year=year, stopped=True), limit=0)
    benefits = await list_grants(scope, GrantFilter(funder_id=funder.id, year=year, benefit_missing=True), limit=0)
    drafts = await list_allocations(scope, AllocationFilter(funder_id=funder.id, year=year, state=State.DRAFT), limit=0)
    left = await _frames_left(scope, funder.id, year)
    return (
        CheckLine(
            Check.ATTEST, payments, link("/payments", status="waiting", **{"from": first, "to": last}), payments_ore
        ),
        CheckLine(Check.OVERDUE, overdue.total, link("/reports", year=year, status="overdue")),
        CheckLine(Check.REPORTS, unsettled.total, link("/reports", year=year, open=1)),
        CheckLine(Check.CLAIMS, claims.total, link("/recoveries", to=last, open=1), claims.sums["left"]),
        CheckLine(Check.UNPAID, unpaid.total, link("/grants", year_to=year, open=1), unpaid.sums["left"]),
        CheckLine(Check.STOPPED, stopped.total, link("/grants", year_to=year, stopped=1), stopped.sums["left"]),
        CheckLine(Check.FRAMES, len(left), link("/programmes", year=year), Money(sum(left))),
        CheckLine(Check.DRAFTS, drafts.total, link("/allocations", year=year, state=State.DRAFT)),
        CheckLine(Check.BENEFITS, benefits.total, link("/grants", year=year, benefit=1)),
    )


async def _frames_left(scope: Scope, funder_id: int, year: int) -> list[Money]:
    """What is left of each frame of the year that isn't used up."""
    frames = [programme.frame_of(year) for programme in await list_programmes(scope, funder_id=funder_id)]
    return [frame.left_ore for frame in frames if frame is not None and frame.left_ore > 0]


async def _figures(scope: Scope, funder: Funder, year: int) -> tuple[ProgrammeFigures, ...]:
    """Each programme's figures, from three summaries: up to the year before, of the year, and up to its end."""
    by = Question(by=(Group.PROGRAMME,), funder=funder.org_number)
    titles: dict[str, str] = {}

    async def ask(question: Question) -> Mapping[str, Figures]:
        rows = (await summarise(scope, question)).rows
        titles.update({str(row.cells[0].code): row.cells[0].title for row in rows})
        return {str(row.cells[0].code): row.figures for row in rows}

    before = await ask(by.asking(period_to=date(year - 1, 12, 31)))
    during = await ask(by.asking(year=year))
    after = await ask(by.asking(period_to=date(year, 12, 31)))
    nothing = Figures()
    return tuple(
        ProgrammeFigures(
            code, titles[code], before.get(code, nothing), during.get(code, nothing), after.get(code, nothing)
        )
        for code in sorted(titles)
    )
