"""The public check of an issued statement, by its code or its file. It names nobody, and keeps nothing."""

import asyncio
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.response import Redirect

from registry.core.access import Permission
from registry.core.errors import RegistryError
from registry.statements.checking import MOST_BYTES, SECONDS, Checked, FileTooLargeError, NoPdfError, check_file, door
from registry.statements.codes import read_code
from registry.statements.issues import UnknownStatementError, Verified, verify_code
from registry.texts import describe
from registry.web.access import check_token
from registry.web.forms import Form
from registry.web.pages import page, query_of, redirect

OVERHEAD = 20_000
"""What a form adds to the file that it sends, in bytes."""


class VerifyPages(Controller):
    """The check of a verification code or a file, open to everyone."""

    path = "/verify"

    @get("/", permission=Permission.PUBLIC)
    async def ask(self, request: Request[Any, Any, Any]) -> Response[str] | Redirect:
        """A form for the code that is printed on a statement, and one for its file."""
        code = read_code(query_of(request).get("code", ""))
        if code:
            return redirect(request, f"/verify/{code}")
        return _verify_page(request, Form())

    @get("/{code:str}", permission=Permission.PUBLIC)
    async def show(self, request: Request[Any, Any, Any], code: str) -> Response[str]:
        """What the code stands for: number, date, total and whether a newer version has replaced it."""
        code = read_code(code)
        try:
            return _verify_page(request, Form(), await verify_code(code))
        except UnknownStatementError as error:
            form = Form({"code": code})
            form.refuse("code", describe(error))
            return _verify_page(request, form, status=404)

    @post("/", permission=Permission.PUBLIC, status_code=200, request_max_body_size=MOST_BYTES + OVERHEAD)
    async def compare(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Whether a file is the one that was issued. It is read, hashed and forgotten."""
        form = Form()
        try:
            with door:
                checked = await check_file(await _read_file(request))
        except RegistryError as error:
            form.refuse("file", describe(error))
            return _verify_page(request, form, status=error.status)
        return _verify_page(request, form, checked.verified, checked)


async def _read_file(request: Request[Any, Any, Any]) -> bytes:
    """The file of the form. Raises: NoPdfError when there is none, or it doesn't come in time; FileTooLargeError."""
    try:
        async with asyncio.timeout(SECONDS):
            data = await request.form()
    except RequestEntityTooLarge as error:
        raise FileTooLargeError(field="file") from error
    except (TimeoutError, ClientException) as error:
        raise NoPdfError(field="file") from error
    check_token(request, str(data.get("csrf_token", "")))
    file = data.get("file")
    if not isinstance(file, UploadFile):
        raise NoPdfError(field="file")
    return await file.read()


def _verify_page(
    request: Request[Any, Any, Any],
    form: Form,
    verified: Verified | None = None,
    checked: Checked | None = None,
    *,
    status: int = 200,
) -> Response[str]:
    return page(request, "statements/verify.html", status=status, form=form, verified=verified, checked=checked)
