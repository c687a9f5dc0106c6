"""Pages that stop the payments of a grant, and release the stop."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.funders.service import demand_funder
from registry.grants.queries import find_stop, get_grant
from registry.grants.schemas import Grant
from registry.grants.stops import release_grant, stop_grant
from registry.texts import _
from registry.web.forms import Form, read_form
from registry.web.pages import page, redirect

PATH = "/grants/{number:str}"


class StopPages(Controller):
    """Stopping the payments of a grant."""

    @get(f"{PATH}/stop", permission=Permission.GRANTS_STOP)
    async def show_stop(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form for a stop; where one stands, the form for its release."""
        grant = await _own_grant(who, number)
        today = trail.today().isoformat()
        return await _stop_page(request, who, grant, Form({"stopped_on": today, "released_on": today}))

    @post(f"{PATH}/stop", permission=Permission.GRANTS_STOP, status_code=200)
    async def stop(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Stop the payments, or give the form back."""
        form = await read_form(request)
        grant = await _own_grant(who, number)
        reason, stopped_on = form.text("reason", required=True, most=2000), form.date("stopped_on")
        if form.errors or stopped_on is None:
            return await _stop_page(request, who, grant, form, status=400)
        try:
            await stop_grant(who, number, reason=reason, stopped_on=stopped_on)
        except RegistryError as error:
            form.add(error)
            return await _stop_page(request, who, grant, form, status=error.status)
        text = _("Payments on %(grant)s are stopped.") % {"grant": grant.number}
        return redirect(request, f"/grants/{grant.number}", text)

    @post(f"{PATH}/release", permission=Permission.GRANTS_STOP, status_code=200)
    async def release(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Release the stop, or give the form back."""
        form = await read_form(request)
        grant = await _own_grant(who, number)
        reason, released_on = form.text("reason", required=True, most=2000), form.date("released_on")
        if form.errors or released_on is None:
            return await _stop_page(request, who, grant, form, status=400)
        try:
            await release_grant(who, number, reason=reason, released_on=released_on)
        except RegistryError as error:
            form.add(error)
            return await _stop_page(request, who, grant, form, status=error.status)
        text = _("The stop is released. %(grant)s may be paid again.") % {"grant": grant.number}
        return redirect(request, f"/grants/{grant.number}", text)


async def _own_grant(who: Scope, number: str) -> Grant:
    """Raises: UnknownGrantError, OtherFunderError."""
    grant = await get_grant(who, number)
    demand_funder(who, grant.funder_id)
    return grant


async def _stop_page(
    request: Request[Any, Any, Any], who: Scope, grant: Grant, form: Form, *, status: int = 200
) -> Response[Any]:
    stop = await find_stop(who, grant)
    return page(request, "grants/stop.html", status=status, grant=grant, form=form, stop=stop, today=trail.today())
