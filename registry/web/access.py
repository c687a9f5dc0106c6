"""The gate before every handler: who it is, what the handler asks for, and that a form comes from our own page."""

import hmac
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from registry import texts
from registry.core.access import Permission, Scope
from registry.core.errors import N_, ForbiddenError, RegistryError
from registry.web.sessions import Visitor, find_by_session, find_by_token, scope_of

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LANGUAGE_COOKIE = "language"


class NotLoggedInError(RegistryError):
    """The handler needs a user and there is none."""

    code = "not-logged-in"
    status = 401
    message = N_("Log in to see this.")


class ForgedRequestError(RegistryError):
    """A form without this session's token, or sent from another site."""

    code = "forged-request"
    status = 403
    message = N_("The form is too old or came from another site. Load the page again and send it once more.")


class UnsupportedBodyError(RegistryError):
    """A body that isn't what the route reads."""

    code = "unsupported-media-type"
    status = 415
    message = N_("Send the body as application/json.")


def session_cookie(*, secure: bool) -> str:
    """The cookie's name; the `__Host-` prefix where the browser will honour it."""
    return "__Host-session" if secure else "session"


class Authentication(AbstractAuthenticationMiddleware):
    """Find the visitor by bearer token or session cookie, and choose the language."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        """Never refuses: the guard does, when the handler asks for more than the visitor may."""
        visitor = await self._find(connection)
        chosen = connection.query_params.get("language") or connection.cookies.get(LANGUAGE_COOKIE)
        if chosen not in texts.LANGUAGES:
            chosen = (
                visitor.language if visitor else texts.choose_language(connection.headers.get("accept-language", ""))
            )
        texts.set_language(chosen)
        return AuthenticationResult(user=visitor, auth=None)

    async def _find(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Visitor | None:
        if connection.scope["path"].startswith("/static/"):
            return None
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await find_by_token(token.strip())
        state = connection.app.state
        session_id = connection.cookies.get(session_cookie(secure=state.secure))
        return await find_by_session(state.secret, session_id) if session_id else None


def _method(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return str(connection.scope.get("method", ""))


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse whatever isn't allowed. A handler without a permission is closed to all."""
    permission = handler.opt.get("permission")
    if permission is Permission.PUBLIC or _method(connection) == "OPTIONS":
        return
    visitor: Visitor | None = connection.user
    if visitor is None:
        raise NotLoggedInError
    if permission is None or not visitor.may(permission):
        raise ForbiddenError


async def open_request(request: Request[Any, Any, Any]) -> Response[None] | None:
    """Answer OPTIONS with the methods of the route, and refuse what another site made the browser send."""
    if request.method == "OPTIONS":
        return Response(None, status_code=204, headers={"Allow": ", ".join(_methods(request))})
    _check_origin(request)
    return None


def _methods(request: Request[Any, Any, Any]) -> list[str]:
    """Litestar's own answer forgets the handlers that were added later to the same path."""
    path = request.scope["path_template"]
    return sorted(
        {m for route in request.app.routes if route.path_format == path for m in getattr(route, "methods", ())}
    )


def _check_origin(request: Request[Any, Any, Any]) -> None:
    if request.method in SAFE_METHODS or request.scope["type"] != ScopeType.HTTP:
        return
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise ForgedRequestError
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForgedRequestError


def check_token(request: Request[Any, Any, Any], sent: str) -> None:
    """Refuse a form that doesn't carry its session's token."""
    visitor: Visitor | None = request.user
    if visitor is None or visitor.csrf_token is None:
        return
    if not hmac.compare_digest(sent.encode(), visitor.csrf_token.encode()):
        raise ForgedRequestError


async def guard_api(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """For the JSON API: bodies are JSON, and a browser's session needs its token in `X-CSRF-Token`."""
    if _method(connection) in SAFE_METHODS:
        return
    has_body = connection.headers.get("content-length", "0") != "0" or "transfer-encoding" in connection.headers
    if has_body and connection.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise UnsupportedBodyError
    visitor: Visitor | None = connection.user
    if visitor is not None and visitor.csrf_token is not None:
        sent = connection.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(sent.encode(), visitor.csrf_token.encode()):
            raise ForgedRequestError


def provide_who(request: Request[Any, Any, Any]) -> Scope:
    """The dependency `who`: the scope that every service and query takes first."""
    return scope_of(request.user)
