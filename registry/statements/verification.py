"""The public check of an issued statement, by its code or its file. It names nobody."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.response import Redirect

from registry.core.access import Permission
from registry.statements.codes import read_code
from registry.statements.issues import UnknownStatementError, Verified, verify_code
from registry.texts import describe
from registry.web.forms import Form
from registry.web.pages import page, query_of, redirect


class VerifyPages(Controller):
    """The check of a verification code, open to everyone; it names nobody."""

    path = "/verify"

    @get("/", permission=Permission.PUBLIC)
    async def ask(self, request: Request[Any, Any, Any]) -> Response[str] | Redirect:
        """A form for the code that is printed on a statement."""
        code = read_code(query_of(request).get("code", ""))
        if code:
            return redirect(request, f"/verify/{code}")
        return _verify_page(request, "", None)

    @get("/{code:str}", permission=Permission.PUBLIC)
    async def show(self, request: Request[Any, Any, Any], code: str) -> Response[str]:
        """What the code stands for: number, date, total and whether a newer version has replaced it."""
        code = read_code(code)
        try:
            return _verify_page(request, code, await verify_code(code))
        except UnknownStatementError:
            return _verify_page(request, code, None, status=404)


def _verify_page(
    request: Request[Any, Any, Any], code: str, verified: Verified | None, *, status: int = 200
) -> Response[str]:
    form = Form({"code": "" if verified else code})
    if status != 200:
        form.refuse("code", describe(UnknownStatementError()))
    return page(request, "statements/verify.html", status=status, form=form, verified=verified)
