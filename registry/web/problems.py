"""The one table from errors to HTTP: problem+json under /api, a helpful page elsewhere."""

import logging
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect

from registry.core.errors import N_, InvalidInputError, RegistryError
from registry.database import NO_DATABASE
from registry.texts import _, describe
from registry.web.access import NotLoggedInError
from registry.web.messages import field_errors
from registry.web.pages import page, with_query

log = logging.getLogger("registry")

TITLES = {
    400: N_("Something needs to be corrected"),
    401: N_("Log in first"),
    403: N_("This is not yours to do"),
    404: N_("Not found"),
    405: N_("That can't be done here"),
    409: N_("This conflicts with what is registered"),
    413: N_("Too much at once"),
    415: N_("Unknown kind of content"),
    422: N_("The key has been used for something else"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong in the registry"),
    503: N_("The registry is not available"),
}

DETAILS = {
    **TITLES,
    400: N_("The content can't be read. Check that it is whole; to the API, send JSON in UTF-8."),
    405: N_(
        "This address can't be used that way. Go back and use the buttons of the page; "
        "the description of the API says which methods it has."
    ),
}
"""What to do about a request that never came to a handler, when the title doesn't say."""


def problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer an error. What isn't known is a 500 without text, and a line in the log."""
    if request.url.path.startswith("/api/"):
        return _json(*_facts(request, error), headers=getattr(error, "headers", None))
    if isinstance(error, NotLoggedInError) and request.method == "GET":
        there = with_query(request.url.path, dict(request.query_params))
        return Redirect(with_query("/login", {"next": there} if there != "/" else {}), status_code=303)
    status, _code, detail, _errors = _facts(request, error)
    template = f"errors/{status}.html" if status in (403, 404, 409, 422, 429, 500) else "errors/error.html"
    return page(
        request, template, status=status, title=_(TITLES.get(status, TITLES[400])), detail=detail or None, hint=None
    )


def _facts(request: Request[Any, Any, Any], error: Exception) -> tuple[int, str, str, list[dict[str, str]]]:
    """Status, code, detail and the errors by field."""
    if isinstance(error, RegistryError):
        return error.status, error.code, describe(error), _field_errors(error)
    if isinstance(error, ValidationException):
        return 400, "invalid-input", _(N_("Some fields need to be corrected.")), field_errors(request, error)
    if isinstance(error, HTTPException):
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("unhandled", exc_info=error)
            return error.status_code, code, "", []
        return error.status_code, code, _(DETAILS.get(error.status_code, TITLES[400])), []
    return _unforeseen(error)


def _unforeseen(error: Exception) -> tuple[int, str, str, list[dict[str, str]]]:
    if isinstance(error, RecursionError):
        return 400, "invalid-input", _(N_("The body is nested too deep.")), []
    log.error("unhandled", exc_info=error)
    if isinstance(error, NO_DATABASE):
        return 503, "unavailable", _(TITLES[503]), []
    return 500, "internal-error", "", []


def _field_errors(error: RegistryError) -> list[dict[str, str]]:
    if isinstance(error, InvalidInputError):
        return [{"field": field, "message": describe(inner)} for field, inner in error.errors]
    return [{"field": error.field, "message": describe(error)}] if error.field else []


def _json(
    status: int, code: str, detail: str, errors: list[dict[str, str]], *, headers: dict[str, str] | None
) -> Response[Any]:
    body = {
        "type": f"urn:grant-registry:problem:{code}",
        "title": _(TITLES.get(status, TITLES[400])),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors,
    }
    return Response(body, status_code=status, media_type="application/problem+json", headers=headers)
