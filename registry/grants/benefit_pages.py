"""The page that states what a kommun's inhabitants have of a grant to a recipient elsewhere."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.funders.service import demand_funder
from registry.grants.queries import get_grant
from registry.grants.schemas import Grant
from registry.grants.service import state_benefit
from registry.texts import _
from registry.web.forms import Form, read_form
from registry.web.pages import page, redirect

PATH = "/grants/{number:str}/benefit"


class BenefitPages(Controller):
    """Stating the benefit after the decision: an earlier registration may lack it."""

    @get(PATH, permission=Permission.GRANTS_DECIDE)
    async def show(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[str]:
        """The form with what is stated."""
        grant = await get_grant(who, number)
        demand_funder(who, grant.funder_id)
        return _page(request, grant, Form({"benefit": grant.benefit}))

    @post(PATH, permission=Permission.GRANTS_DECIDE, status_code=200)
    async def state(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """State it, or give the form back."""
        form = await read_form(request)
        grant = await get_grant(who, number)
        demand_funder(who, grant.funder_id)
        benefit = form.text("benefit", required=True, most=2000)
        if not form.ok:
            return _page(request, grant, form, status=400)
        try:
            await state_benefit(who, number, benefit)
        except RegistryError as error:
            form.add(error)
            return _page(request, grant, form, status=error.status)
        return redirect(request, f"/grants/{grant.number}", _("The benefit for the inhabitants is stated."))


def _page(request: Request[Any, Any, Any], grant: Grant, form: Form, *, status: int = 200) -> Response[str]:
    return page(request, "grants/benefit.html", status=status, grant=grant, form=form)
