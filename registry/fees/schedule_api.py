"""Fee schedules and the year's percentages over the JSON API; a new version never overwrites one."""

from litestar import Controller, Response, get, post

from registry.core.access import Permission, Scope
from registry.fees.api_names import Art, Issuer, Year, demand_names, query_from
from registry.fees.book import filter_schedules, get_schedule, list_rates, read_book
from registry.fees.filters import read_schedule_filter
from registry.fees.schedule_records import (
    RatesBody,
    RatesList,
    RatesRecord,
    ScheduleBody,
    ScheduleList,
    ScheduleRecord,
    rates_of,
    rates_record,
    schedule_of,
    schedule_record,
)
from registry.fees.schedules import register_schedule, set_rates
from registry.web.access import guard_api
from registry.web.openapi import problems

BASE = "/api/v1/fees"


class ScheduleApi(Controller):
    """Fee schedules."""

    path = f"{BASE}/schedules"
    tags = ("fees",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.FEES_VIEW,
        operation_id="listFeeSchedules",
        summary="Fee schedules with their levels, by issuer, the latest first",
        responses=problems(400, 404),
    )
    async def index(self, who: Scope, issuer: Issuer = None, discipline: Art = None, year: Year = None) -> ScheduleList:
        """Every version that was registered; `year` leaves those that are in force some day of it."""
        book = await read_book(who)
        asked, wanted = read_schedule_filter(query_from(issuer=issuer, discipline=discipline, year=year), book)
        demand_names(asked)
        found = [schedule_record(schedule) for schedule in filter_schedules(book, wanted)]
        return ScheduleList(items=found, total=len(found))

    @post(
        "/",
        permission=Permission.FEES_REGISTER,
        operation_id="registerFeeSchedule",
        summary="Register a version of an issuer's schedule; what is registered stays",
        responses=problems(400, 409, 413, 415),
    )
    async def create(self, who: Scope, data: ScheduleBody) -> Response[ScheduleRecord]:
        """With the same start as one that is there it needs a reason, and then applies instead of it."""
        number = f"T-{await register_schedule(who, schedule_of(data))}"
        record = schedule_record(await get_schedule(who, number))
        return Response(record, status_code=201, headers={"Location": f"{BASE}/schedules/{number}"})

    @get(
        "/{number:str}",
        permission=Permission.FEES_VIEW,
        operation_id="getFeeSchedule",
        summary="One fee schedule",
        responses=problems(404),
    )
    async def show(self, who: Scope, number: str) -> ScheduleRecord:
        """One schedule by its number, such as `T-3`."""
        return schedule_record(await get_schedule(who, number))


class RatesApi(Controller):
    """The percentages of each year: employer contribution, holiday pay and VAT."""

    path = f"{BASE}/rates"
    tags = ("fees",)
    guards = (guard_api,)

    @get(
        "/",
        permission=Permission.FEES_VIEW,
        operation_id="listFeeRates",
        summary="The percentages that fees are made comparable by, by year",
        responses=problems(),
    )
    async def index(self, who: Scope) -> RatesList:
        """Those of the latest years first."""
        found = [rates_record(rates) for rates in await list_rates(who)]
        return RatesList(items=found, total=len(found))

    @post(
        "/",
        permission=Permission.FEES_REGISTER,
        operation_id="registerFeeRates",
        summary="Register the percentages of some years; what is registered stays",
        responses=problems(400, 409, 413, 415),
    )
    async def create(self, who: Scope, data: RatesBody) -> Response[RatesRecord]:
        """They go before those that were registered earlier for the same years."""
        rates_id = await set_rates(who, rates_of(data))
        found = next(rates for rates in await list_rates(who) if rates.id == rates_id)
        return Response(rates_record(found), status_code=201)


API: list[type[Controller]] = [ScheduleApi, RatesApi]
