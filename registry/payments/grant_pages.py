"""The card of a grant with all that was paid on it, and repayments. It shows payments, so it lives with them."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from registry import trail
from registry.allocations.queries import list_bases
from registry.allocations.words import line_title
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.core.money import Money
from registry.fees.queries import list_grant_engagements
from registry.fees.schemas import OUTCOME_TITLES
from registry.funders.service import demand_funder
from registry.grants.forms import typed_amount
from registry.grants.queries import get_grant, list_amendments, list_instalments, list_stops
from registry.grants.schemas import Grant, InstalmentStatus
from registry.parties.queries import get_party
from registry.parties.schemas import PartyKind
from registry.payments.history import History
from registry.payments.queries import list_overrides, payments_of_grant, repayments_of_grant
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.recoveries.queries import claims_of_grant, list_settlements
from registry.recoveries.schemas import STATUS_TITLES as CLAIM_TITLES
from registry.recoveries.schemas import Claim
from registry.recoveries.timeline import events_of
from registry.reports.filters import STATUS_TITLES
from registry.reports.queries import list_steps, reports_of_grant
from registry.reports.timeline import steps_of
from registry.texts import _, format_date, format_kronor
from registry.web.forms import Form, key_of, read_form
from registry.web.pages import new_key, page, query_of, redirect, with_query

PATH = "/grants/{number:str}"


class GrantCardPages(Controller):
    """One grant."""

    @get(PATH, permission=Permission.GRANTS_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The card: figures, facts, plan, payments and history."""
        grant = await get_grant(who, number)
        plan = (await list_instalments(who, [grant.id]))[grant.id]
        amendments = await list_amendments(who, grant.id)
        payments = await payments_of_grant(who, grant.id)
        repayments = await repayments_of_grant(who, grant.id)
        stops = (await list_stops(who, [grant.id])).get(grant.id, ())
        reports = await reports_of_grant(who, grant.id)
        steps = await list_steps(who, [report.id for report in reports])
        events = [line for one in reports for line in steps_of(who, one, steps.get(one.id, ()), named=True)]
        claims = await claims_of_grant(who, grant.id)
        events += [line for claim in claims for line in events_of(who, claim, named=True)]
        own = who.writes_for(grant.funder_id)
        basis = (await list_bases(who, [grant.id])).get(grant.id)
        return page(
            request,
            "grants/card.html",
            grant=grant,
            basis=basis,
            basis_lines=[(line_title(line), format_kronor(line.amount)) for line in basis.share.parts] if basis else [],
            state=_state(grant),
            stop=next((stop for stop in stops if stop.stands), None),
            plan=plan,
            overdue=[part for part in plan if part.status is InstalmentStatus.OVERDUE],
            payments=payments,
            repayments=repayments,
            history=History(who).of_grant(grant, amendments, payments, repayments, stops, events),
            claims=claims,
            claim_titles={status.value: _(title) for status, title in CLAIM_TITLES.items()},
            settlements={
                one.repayment_id: one
                for settled in (await list_settlements(who, [claim.id for claim in claims])).values()
                for one in settled
            },
            engagements=await list_grant_engagements(who, grant.id),
            new_engagement=await _new_engagement(who, grant) if own and who.may(Permission.FEES_REGISTER) else None,
            outcomes={outcome.value: _(title) for outcome, title in OUTCOME_TITLES.items()},
            reports=reports,
            report_titles={status: _(title) for status, title in STATUS_TITLES.items()},
            overrides=await list_overrides(who, [payment.id for payment in payments]),
            reads_all=who.reads_all,
            may_register=own and who.may(Permission.PAYMENTS_REGISTER),
            may_claim=own and who.may(Permission.RECOVERIES_CLAIM),
            may_demand=own and who.may(Permission.REPORTS_REGISTER),
            may_stop=own and who.may(Permission.GRANTS_STOP),
            may_amend=own and who.may(Permission.GRANTS_DECIDE),
        )

    @get(f"{PATH}/repay", permission=Permission.PAYMENTS_REGISTER)
    async def show_repay(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form for money that came back."""
        grant = await get_grant(who, number)
        demand_funder(who, grant.funder_id)
        form = Form({"repaid_on": trail.today().isoformat()})
        claims = await _open_claims(who, grant)
        asked = next((claim for claim in claims if claim.number == query_of(request).get("claim")), None)
        if asked is not None:
            form.values |= {"claim": asked.number, "amount": typed_amount(asked.left_ore)}
        return await _repay_page(request, who, grant, form, new_key())

    @post(f"{PATH}/repay", permission=Permission.PAYMENTS_REGISTER, status_code=200)
    async def repay(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register the repayment, or give the form back."""
        form = await read_form(request)
        grant = await get_grant(who, number)
        demand_funder(who, grant.funder_id)
        key = key_of(form)
        amount, repaid_on = form.money("amount"), form.date("repaid_on")
        reason, claim = form.text("reason", required=True, most=2000), form.text("claim", most=40)
        if form.errors or amount is None or repaid_on is None:
            return await _repay_page(request, who, grant, form, key, status=400)
        try:
            await register_repayment(who, number, RepaymentDetails(amount, repaid_on, reason, claim), key=key)
        except RegistryError as error:
            form.add(error)
            key = new_key() if error.code == "key-reused" else key
            return await _repay_page(request, who, grant, form, key, status=error.status)
        text = _("The repayment of %(amount)s is registered.") % {"amount": format_kronor(amount)}
        return redirect(request, f"/grants/{grant.number}", text)


def _state(grant: Grant) -> str:
    """How far the grant has come: withdrawn, stopped, closed (all is paid) or active."""
    if grant.granted_ore == 0:
        return "withdrawn"
    if grant.stopped_on is not None:
        return "stopped"
    return "closed" if grant.left_ore == 0 else "active"


async def _open_claims(who: Scope, grant: Grant) -> list[Claim]:
    """The claims on a grant that something is left of."""
    return [claim for claim in await claims_of_grant(who, grant.id) if claim.unsettled]


async def _new_engagement(who: Scope, grant: Grant) -> str:
    """The form of an engagement that this grant pays: the recipient is the creator, or else who commissions one."""
    recipient = await get_party(who, grant.recipient_id)
    role = "creator" if recipient.kind is PartyKind.CREATOR else "commissioner"
    return with_query("/fees/new", {role: recipient.number, "grant": grant.number})


async def _repay_page(
    request: Request[Any, Any, Any], who: Scope, grant: Grant, form: Form, key: str, *, status: int = 200
) -> Response[Any]:
    claims = [
        (
            claim.number,
            _("%(claim)s, due %(day)s – %(amount)s left")
            % {"claim": claim.number, "day": format_date(claim.due_on), "amount": format_kronor(claim.left_ore)},
            int(claim.left_ore),
        )
        for claim in await _open_claims(who, grant)
    ]
    return page(
        request,
        "grants/repay.html",
        status=status,
        grant=grant,
        form=form,
        key=key,
        left_ore=Money(grant.paid_ore - grant.repaid_ore),
        claims=claims,
    )
