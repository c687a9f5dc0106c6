"""Pages that register a payment: choosing the grant, the form, and what keeps a payment from being made twice."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.funders.service import demand_funder
from registry.grants.forms import typed_amount
from registry.grants.queries import GrantFilter, find_stop, get_grant, list_due, list_grants, list_instalments
from registry.grants.schemas import Grant, Instalment, parse_grant_number
from registry.parties.account_queries import find_pending
from registry.payments.queries import find_similar, get_payment
from registry.payments.rules import KeyReusedError
from registry.payments.schemas import Payment, PaymentDetails, PaymentStatus, payment_number
from registry.payments.service import register_payment
from registry.reports.queries import reports_of_grant
from registry.texts import _, format_date, format_kronor
from registry.web.forms import Form, key_of, read_form
from registry.web.pages import new_key, page, query_of, redirect, with_query

PATH = "/payments"
MOST_SUGGESTED = 500
"""Open grants that the form suggests; more are found by their number."""


class RegistrationPages(Controller):
    """Registering a payment."""

    @get(f"{PATH}/new", permission=Permission.PAYMENTS_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Choose a grant, or the form for `?grant=B-12&instalment=1`."""
        query = query_of(request)
        if not query.get("grant"):
            return await _choose_page(request, who, Form())
        try:
            grant, plan = await _own_grant(who, query["grant"])
        except RegistryError as error:
            form = Form({"grant": query["grant"]})
            form.add(error)
            return await _choose_page(request, who, form, status=error.status)
        form = Form({"grant": grant.number, "paid_on": trail.today().isoformat()})
        part = next((part for part in plan if str(part.position) == query.get("instalment") and part.left_ore), None)
        if part is not None:
            form.values |= {"instalment": str(part.position), "amount": typed_amount(part.left_ore)}
        return await _form_page(request, who, grant, plan, form, new_key())

    @post(f"{PATH}/choose", permission=Permission.PAYMENTS_REGISTER, status_code=200)
    async def choose(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Go on with the grant that was chosen. It is posted: suggestions name recipients, and no address may."""
        form = await read_form(request)
        form.text("grant", required=True, most=200)
        if not form.ok:
            return await _choose_page(request, who, form, status=400)
        try:
            grant, plan = await _own_grant(who, form.get("grant"))
        except RegistryError as error:
            form.add(error)
            return await _choose_page(request, who, form, status=error.status)
        return redirect(request, with_query(f"{PATH}/new", {"grant": grant.number, "instalment": _next(plan)}))

    @post(f"{PATH}/new", permission=Permission.PAYMENTS_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Register the payment, or give the form back with what is wrong."""
        form = await read_form(request)
        key = key_of(form)
        try:
            grant, plan = await _own_grant(who, form.get("grant"))
        except RegistryError as error:
            form.add(error)
            return await _choose_page(request, who, form, status=error.status)
        details = _read_payment(form, grant, plan)
        if details is None:
            return await _form_page(request, who, grant, plan, form, key, status=400)
        similar = await find_similar(who, grant.id, details.amount_ore, details.paid_on, key=key)
        if similar is not None and not form.checked("another"):
            form.refuse("another", _similar_text(similar))
            return await _form_page(request, who, grant, plan, form, key, status=409, similar=similar)
        try:
            done = await register_payment(who, details, key=key)
        except KeyReusedError:
            form.refuse(
                "", _("This form has been sent before, with other content. Check the payments of the grant first.")
            )
            return await _form_page(request, who, grant, plan, form, new_key(), status=422, similar=similar)
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, grant, plan, form, key, status=error.status, similar=similar)
        number = payment_number(done.payment_id)
        payment = await get_payment(who, number)
        return redirect(request, f"{PATH}/{number}", _registered_text(payment, replay=done.replay))


async def _own_grant(who: Scope, number: str) -> tuple[Grant, tuple[Instalment, ...]]:
    """The grant that is paid and its plan. Raises: UnknownGrantError, OtherFunderError."""
    grant = await get_grant(who, _grant_number(number))
    demand_funder(who, grant.funder_id)
    return grant, (await list_instalments(who, [grant.id]))[grant.id]


def _next(plan: tuple[Instalment, ...]) -> str:
    """The first instalment that something is left of, as an address has it."""
    return next((str(part.position) for part in plan if part.left_ore), "")


def _grant_number(text: str) -> str:
    """The number in a suggestion such as `B-12 – ABF Dalarna`."""
    number = text.split(" ", maxsplit=1)[0]
    return number if parse_grant_number(number) is not None else text


def _read_payment(form: Form, grant: Grant, plan: tuple[Instalment, ...]) -> PaymentDetails | None:
    amount, paid_on = form.money("amount"), form.date("paid_on")
    instalment = form.choice("instalment", [str(part.position) for part in plan], required=False)
    voucher, reference = form.text("voucher", most=60), form.text("reference")
    override = form.text("override_reason", most=2000)
    return form.build(
        PaymentDetails,
        grant=grant.number,
        amount_ore=amount,
        paid_on=paid_on,
        voucher=voucher,
        reference=reference,
        instalment=int(instalment) if instalment else None,
        override_reason=override,
    )


def _similar_text(number: str) -> str:
    text = _("%(payment)s has the same grant, amount and date. Tick the box if this is another payment.")
    return text % {"payment": number}


def _registered_text(payment: Payment, *, replay: bool) -> str:
    if replay:
        return _("This payment was registered already, as %(payment)s. Nothing was done twice.") % {
            "payment": payment.number
        }
    text = (
        _("%(payment)s is registered and waits for a colleague's attest: %(amount)s.")
        if payment.status is PaymentStatus.WAITING
        else _("%(payment)s is registered and counts as paid: %(amount)s.")
    )
    return text % {"payment": payment.number, "amount": format_kronor(payment.amount_ore)}


async def _choose_page(request: Request[Any, Any, Any], who: Scope, form: Form, *, status: int = 200) -> Response[Any]:
    """Choose the grant to pay: what is due first, and all that are open by name."""
    found = await list_grants(
        who, GrantFilter(funder_id=who.funder_id, open=True), sort="-decided_on", limit=MOST_SUGGESTED
    )
    due = await list_due(who, funder_id=who.funder_id)
    return page(
        request,
        "payments/choose.html",
        status=status,
        form=form,
        due=due[:10],
        suggestions=[
            f"{grant.number} – {grant.recipient_name}, {grant.dnr}" for grant in found.items if grant.remaining_ore
        ],
    )


async def _form_page(
    request: Request[Any, Any, Any],
    who: Scope,
    grant: Grant,
    plan: tuple[Instalment, ...],
    form: Form,
    key: str,
    *,
    status: int = 200,
    similar: str | None = None,
) -> Response[Any]:
    options = [
        (
            str(part.position),
            _("Instalment %(number)s, %(day)s – %(amount)s left")
            % {"number": part.position, "day": format_date(part.due_on), "amount": format_kronor(part.left_ore)},
            int(part.left_ore),
        )
        for part in plan
        if part.left_ore or form.get("instalment") == str(part.position)
    ]
    return page(
        request,
        "payments/new.html",
        status=status,
        grant=grant,
        plan=plan,
        instalments=options,
        form=form,
        key=key,
        similar=similar,
        stop=await find_stop(who, grant),
        pending=await find_pending(who, [grant.via_id or grant.recipient_id]),
        overdue=[report for report in await reports_of_grant(who, grant.id) if report.overdue],
    )
