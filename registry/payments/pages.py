"""Pages of payments: the list and its files, the queue for attest, and one payment with its history."""

from dataclasses import replace
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import N_, InvalidCursorError, RegistryError
from registry.core.money import Money
from registry.documents.listing import MEDIA_TYPES
from registry.funders.service import demand_funder
from registry.grants.filters import Filters, read_filters
from registry.grants.queries import (
    find_stop,
    get_grant,
    list_years,
)
from registry.payments.export import STATUS_WORDS, Format, export_payments
from registry.payments.grant_pages import GrantCardPages
from registry.payments.history import History
from registry.payments.queries import (
    SORTS,
    PaymentFilter,
    PaymentPage,
    get_payment,
    list_overrides,
    list_payments,
)
from registry.payments.registration_pages import RegistrationPages
from registry.payments.schemas import ATTEST_TITLES, Payment, PaymentStatus
from registry.payments.service import attest_payment, reverse_payment
from registry.programmes.schemas import KIND_TITLES
from registry.texts import _, describe, format_kronor
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form, read_form
from registry.web.lists import chips, cursor_pager
from registry.web.pages import page, query_of, redirect, with_query

PATH = "/payments"
COUNTED = "counted"
"""A status of the list alone: paid, also when it was reversed later."""
QUEUE = f"{PATH}/attest"
DEFAULT_SORT = "-paid_on"
SELDOM = ("via", "ksm", "budget_from", "budget_to", "despite_report")
"""Filters that have no field of their own: links set them, and a chip takes them away."""


class PaymentListPages(Controller):
    """The list of payments."""

    @get(PATH, permission=Permission.PAYMENTS_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The list."""
        query = query_of(request)
        filters = await read_filters(who, query)
        wanted = await payment_filter(who, filters)
        found = PaymentPage([], 0, Money(0))
        if not filters.errors:
            try:
                found = await list_payments(who, wanted, sort=_sort(query), cursor=query.get("cursor") or None)
            except InvalidCursorError as error:
                filters.errors.append((error.field, error))
        return page(
            request,
            "payments/index.html",
            status=400 if filters.errors else 200,
            found=found,
            query=query,
            **_choices(filters, who),
            years=[(str(year), str(year)) for year in await list_years(who)],
            errors=[describe(error) for _name, error in filters.errors],
            chips=chips(PATH, query, filters.shown),
            pager=cursor_pager(
                PATH, query, total=found.total, following=found.next_cursor, previous=found.previous_cursor
            ),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, cursor=None)) for kind in ("xlsx", "csv")],
            may_register=who.may(Permission.PAYMENTS_REGISTER),
            may_attest=who.may(Permission.PAYMENTS_ATTEST),
            reads_all=who.reads_all,
            kept=[name for name in SELDOM if name in filters.shown],
        )

    @get(f"{PATH}.csv", permission=Permission.PAYMENTS_VIEW)
    async def csv(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as CSV."""
        return await _download(request, who, "csv")

    @get(f"{PATH}.xlsx", permission=Permission.PAYMENTS_VIEW)
    async def xlsx(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as XLSX."""
        return await _download(request, who, "xlsx")


class AttestPages(Controller):
    """The queue of payments that wait for a second person."""

    @get(QUEUE, permission=Permission.PAYMENTS_ATTEST)
    async def queue(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """What waits for this officer, and what waits for a colleague."""
        waiting = PaymentFilter(funder_id=who.funder_id, status=PaymentStatus.WAITING)
        cursor = query_of(request).get("cursor") or None
        found = await list_payments(who, replace(waiting, not_recorded_by=who.user_id), sort="paid_on", cursor=cursor)
        others = await list_payments(who, replace(waiting, recorded_by=who.user_id), sort="paid_on")
        return page(
            request,
            "payments/attest.html",
            found=found,
            others=others,
            pager=cursor_pager(
                QUEUE, {}, total=found.total, following=found.next_cursor, previous=found.previous_cursor
            ),
        )

    @post(f"{PATH}/{{number:str}}/attest", permission=Permission.PAYMENTS_ATTEST, status_code=200)
    async def attest(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Attest a colleague's payment, and go back to where the button was."""
        form = await read_form(request)
        payment = await get_payment(who, number)
        back = QUEUE if form.get("next") == QUEUE else f"{PATH}/{payment.number}"
        try:
            await attest_payment(who, number)
        except RegistryError as error:
            return await _payment_page(request, who, payment, _refused({}, error), status=error.status)
        text = _("%(payment)s is attested: %(amount)s to %(name)s.") % {
            "payment": payment.number,
            "amount": format_kronor(payment.amount_ore),
            "name": payment.recipient_name,
        }
        return redirect(request, back, text)


class PaymentPages(Controller):
    """One payment."""

    @get(f"{PATH}/{{number:str}}", permission=Permission.PAYMENTS_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Facts, status, history, and what may be done."""
        return await _payment_page(request, who, await get_payment(who, number), Form())

    @post(f"{PATH}/{{number:str}}/reverse", permission=Permission.PAYMENTS_REVERSE, status_code=200)
    async def reverse(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Take the whole payment back by a counter-entry."""
        form = await read_form(request)
        payment = await get_payment(who, number)
        demand_funder(who, payment.funder_id)
        reason = form.text("reason", required=True, most=2000)
        reversed_on = form.date("reversed_on")
        if form.errors or reversed_on is None:
            return await _payment_page(request, who, payment, form, status=400)
        try:
            await reverse_payment(who, number, reason=reason, reversed_on=reversed_on)
        except RegistryError as error:
            form.add(error)
            return await _payment_page(request, who, payment, form, status=error.status)
        return redirect(
            request, f"{PATH}/{payment.number}", _("%(payment)s is reversed.") % {"payment": payment.number}
        )


async def payment_filter(scope: Scope, filters: Filters) -> PaymentFilter:
    """The filter of a list of payments; `year` is short for its first and last day."""
    funder_id = filters.funder_id()
    year = filters.year("year", N_("Paid in %s"))
    first, last = filters.date("from", N_("Paid from %s")), filters.date("to", N_("Paid to %s"))
    if year is not None:
        first = max(first or date(year, 1, 1), date(year, 1, 1))
        last = min(last or date(year, 12, 31), date(year, 12, 31))
    status = filters.choice("status", N_("Status: %s"), _statuses())
    return PaymentFilter(
        funder_id=funder_id,
        programme_id=filters.programme_id(funder_id),
        recipient_id=filters.recipient_id,
        grant_id=await _grant_id(scope, filters),
        year=filters.year("budget_year", N_("Budget year: %s")),
        area=filters.area(),
        kind=filters.kind(),
        inside_ksm=filters.inside_ksm(),
        via_id=filters.via_id,
        direct=filters.direct,
        first_year=filters.year("budget_from", N_("Budget years from %s")),
        last_year=filters.year("budget_to", N_("Budget years to %s")),
        status=PaymentStatus(status) if status and status != COUNTED else None,
        counted=status == COUNTED,
        voucher=filters.text("voucher", N_("Voucher: %s")),
        first=first,
        last=last,
        known_at=filters.moment("known_at", N_("As known on %s")),
        search=filters.search,
        despite_report=filters.flag("despite_report", N_("Registered although a report was late")),
    )


def _statuses() -> dict[str, str]:
    """What the list can be narrowed to: each status, and what a summary counts as paid."""
    return {**{status.value: word for status, word in STATUS_WORDS.items()}, COUNTED: N_("counted as paid")}


async def _grant_id(scope: Scope, filters: Filters) -> int | None:
    number = filters.query.get("grant", "")
    if not number:
        return None
    try:
        grant = await get_grant(scope, number)
    except RegistryError as error:
        filters.errors.append(("grant", error))
        return None
    filters.shown["grant"] = _("Grant: %s") % grant.number
    return grant.id


def _sort(query: dict[str, str]) -> str:
    sort = query.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


def _choices(filters: Filters, who: Scope) -> dict[str, Any]:
    """What the selects of the list offer."""
    return {
        "funders": [(party.org_number, party.name) for party in filters.funders],
        "programmes": filters.programme_options(),
        "areas": [(area.code, area.title) for area in filters.areas],
        "kinds": [(kind.value, _(title)) for kind, title in KIND_TITLES.items()],
        "statuses": [
            (status, _(word))
            for status, word in _statuses().items()
            if who.reads_all or status not in (COUNTED, PaymentStatus.CANCELLED)
        ],
    }


async def _download(request: Request[Any, Any, Any], who: Scope, kind: Format) -> Stream:
    query = query_of(request)
    filters = await read_filters(who, query)
    wanted = await payment_filter(who, filters)
    filters.demand()
    file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
    try:
        question = filters.question(sort=_sort(query))
        await export_payments(who, wanted, file, kind, sort=_sort(query), question=question)
    except BaseException:
        file.close()
        raise
    return send_file(file, _("payments") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind])


def _refused(values: dict[str, str], error: RegistryError) -> Form:
    form = Form(values)
    form.add(error)
    return form


async def _payment_page(
    request: Request[Any, Any, Any], who: Scope, payment: Payment, form: Form, *, status: int = 200
) -> Response[Any]:
    own = who.writes_for(payment.funder_id)
    waiting = payment.status is PaymentStatus.WAITING
    grant = await get_grant(who, payment.grant_number)
    form.values.setdefault("reversed_on", max(trail.today(), payment.paid_on).isoformat())
    return page(
        request,
        "payments/card.html",
        status=status,
        payment=payment,
        grant=grant,
        stop=await find_stop(who, grant) if waiting else None,
        history=History(who).of_payment(payment),
        overrides=(await list_overrides(who, [payment.id])).get(payment.id, ()),
        form=form,
        attest_title=_(ATTEST_TITLES[payment.attest]),
        reads_all=who.reads_all,
        may_attest=own
        and waiting
        and grant.stopped_on is None
        and who.may(Permission.PAYMENTS_ATTEST)
        and payment.recorded_by_id != who.user_id,
        own_payment=own and waiting and payment.recorded_by_id == who.user_id,
        may_reverse=own and payment.reversed_on is None and who.may(Permission.PAYMENTS_REVERSE),
        may_view_trail=who.may(Permission.AUDIT_VIEW),
    )


PAGES: list[type[Controller]] = [PaymentListPages, RegistrationPages, AttestPages, PaymentPages, GrantCardPages]
