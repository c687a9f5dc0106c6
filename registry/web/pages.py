"""Rendering pages: the context that every page gets, redirects with a message, and who may see which menu entry."""

import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER, HTTP_400_BAD_REQUEST

from registry.core.access import Permission
from registry.core.errors import N_
from registry.templating import render
from registry.texts import _, get_language
from registry.web.sessions import Visitor

FLASH_COOKIE = "flash"

MENU: tuple[tuple[str, tuple[tuple[str, str, Permission], ...]], ...] = (
    ("", (("/", N_("Home"), Permission.HOME),)),
    (
        N_("Grants"),
        (
            ("/grants", N_("Grants"), Permission.GRANTS_VIEW),
            ("/payments", N_("Payments"), Permission.PAYMENTS_VIEW),
            ("/reports", N_("Reports"), Permission.REPORTS_VIEW),
            ("/recoveries", N_("Recovery claims"), Permission.RECOVERIES_VIEW),
            ("/reminders", N_("Reminders"), Permission.REMINDERS_VIEW),
        ),
    ),
    (
        N_("Programmes"),
        (
            ("/programmes", N_("Programmes"), Permission.PROGRAMMES_VIEW),
            ("/activity", N_("Activity reports"), Permission.ACTIVITY_VIEW),
            ("/allocations", N_("Allocations"), Permission.ALLOCATIONS_VIEW),
            ("/fees", N_("Fees"), Permission.FEES_VIEW),
            ("/initiatives", N_("Initiatives"), Permission.INITIATIVES_VIEW),
            ("/agreements", N_("Agreements"), Permission.AGREEMENTS_VIEW),
        ),
    ),
    (
        N_("Follow-up"),
        (
            ("/statements", N_("Statements"), Permission.STATEMENTS_VIEW),
            ("/summaries", N_("Summaries"), Permission.SUMMARIES_VIEW),
            ("/followup", N_("Follow-up"), Permission.FOLLOWUP_VIEW),
            ("/audit", N_("Trail"), Permission.AUDIT_VIEW),
        ),
    ),
    (
        N_("Registers"),
        (
            ("/parties", N_("Parties"), Permission.PARTIES_VIEW),
            ("/funders", N_("Funders"), Permission.FUNDERS_VIEW),
            ("/users", N_("Users"), Permission.USERS_MANAGE),
        ),
    ),
)
"""Groups of entries; one without a title stands by itself."""

DEEDS = ("attest", "close", "decide", "discard", "freeze", "release", "reverse", "step", "withdraw")
"""Last words of addresses that take a form and show no page of their own."""


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of the menu."""

    href: str
    label: str
    current: bool


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Entries that belong together; one that has a single entry is shown as that entry."""

    label: str
    entries: list[MenuEntry]

    @property
    def current(self) -> bool:
        """Whether this page is one of them."""
        return any(entry.current for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Flash:
    """A message shown once, on the page after a redirect. `kind`: success, info or error."""

    kind: str
    text: str


def menu(visitor: Visitor | None, path: str) -> list[MenuGroup]:
    """The entries that this visitor's role may open, in their groups."""
    if visitor is None:
        return []
    groups = [
        MenuGroup(
            _(title),
            [
                MenuEntry(href, _(label), current=path == href or path.startswith((f"{href}/", f"{href}.")))
                for href, label, permission in entries
                if visitor.may(permission)
            ],
        )
        for title, entries in MENU
    ]
    return [group for group in groups if group.entries]


def page(request: Request[Any, Any, Any], template: str, *, status: int = 200, **context: Any) -> Response[str]:
    """Render a page for whoever asked."""
    visitor: Visitor | None = getattr(request, "user", None) if "user" in request.scope else None
    flash = _read_flash(request.cookies.get(FLASH_COOKIE))
    html = render(
        template,
        status=status,
        user=visitor,
        language=get_language(),
        csrf_token=(visitor.csrf_token or "") if visitor else "",
        path=request.url.path,
        here=_here(request, status),
        nav=menu(visitor, request.url.path),
        flash=flash,
        demo=bool(request.app.state.get("demo", False)),
        **context,
    )
    cookies = [_flash_cookie("", request)] if flash else []
    return Response(html, status_code=status, media_type=MediaType.HTML, cookies=cookies)


def _here(request: Request[Any, Any, Any], status: int) -> str:
    """The address to come back to in another language, filters and all; what only takes a form leads to its record.

    A refused address is not repeated: it may hold what no page shows, such as a personal number.
    """
    path, query = request.url.path, request.url.query
    if request.method != "GET":
        record, _slash, deed = path.rpartition("/")
        return record if deed in DEEDS else path
    return f"{path}?{query}" if query and status < HTTP_400_BAD_REQUEST else path


def redirect(request: Request[Any, Any, Any], path: str, text: str = "", *, kind: str = "success") -> Redirect:
    """Send the browser on after a form, with a (translated) message for the next page."""
    answer = Redirect(path, status_code=HTTP_303_SEE_OTHER)
    if text:
        answer.set_cookie(_flash_cookie(quote(json.dumps([kind, text[:800]])), request))
    return answer


def _flash_cookie(value: str, request: Request[Any, Any, Any]) -> Cookie:
    return Cookie(
        key=FLASH_COOKIE,
        value=value,
        path="/",
        httponly=True,
        samesite="lax",
        secure=bool(request.app.state.get("secure", False)),
        max_age=60 if value else 0,
    )


def _read_flash(value: str | None) -> Flash | None:
    if not value:
        return None
    try:
        kind, text = json.loads(unquote(value))
    except ValueError:
        return None
    return Flash(kind, text) if kind in ("success", "info", "error") and isinstance(text, str) else None


def new_key() -> str:
    """A fresh idempotency key for a form's hidden field."""
    return secrets.token_urlsafe(18)


def query_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The address's parameters, the last of each name, trimmed and without control characters."""
    return {
        name: "".join(sign for sign in value if sign >= " ").strip()[:400]
        for name, value in parse_qsl(request.scope["query_string"].decode("latin-1"), errors="replace")
    }


def with_query(path: str, query: dict[str, str], **changes: str | None) -> str:
    """An address with some parameters changed (None removes one)."""
    merged = {**query, **changes}
    kept = {name: value for name, value in merged.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
