"""Pages for logging in and out, choosing a language, and managing users."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie

from registry import texts
from registry.core.access import RIGHTS, Permission, Role, Scope
from registry.core.errors import FieldError, NotFoundError, RegistryError
from registry.parties.queries import find_party, list_funders
from registry.texts import _
from registry.users.queries import find_email, get_user, list_users
from registry.users.rights import RIGHT_TITLES, list_right_changes, set_right
from registry.users.schemas import ROLE_TITLES, NewUser
from registry.users.service import create_token, create_user, log_in, set_disabled, set_password
from registry.web.access import LANGUAGE_COOKIE, session_cookie
from registry.web.forms import Form, read_form
from registry.web.pages import page, query_of, redirect
from registry.web.sessions import LIFETIME, close_session, open_session

LARGEST_ID = 2**62


def local_path(path: str) -> str:
    """A path of ours to go to after a form; anything else becomes the home page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if plain and path.isprintable() and len(path) < 2000 else "/"


class LoginPages(Controller):
    """Logging in and out."""

    @get("/login", permission=Permission.PUBLIC)
    async def show_login(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """The log-in form."""
        there = local_path(query_of(request).get("next", "/"))
        if request.user is not None:
            return redirect(request, there)
        return page(request, "users/login.html", form=Form(), next=there)

    @post("/login", permission=Permission.PUBLIC, status_code=200)
    async def do_login(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Check the password and open a session with a new id."""
        form = await read_form(request)
        there = local_path(form.get("next"))
        address = request.client.host if request.client else "unknown"
        try:
            user_id = await log_in(form.get("email"), form.get("password"), address)
        except RegistryError as error:
            form.add(error)
            form.values.pop("password", None)
            return page(request, "users/login.html", status=error.status, form=form, next=there)
        state = request.app.state
        name = session_cookie(secure=state.secure)
        session_id = await open_session(state.secret, user_id, replaces=request.cookies.get(name))
        answer = redirect(request, there)
        answer.set_cookie(_session(name, session_id, secure=state.secure))
        return answer

    @post("/logout", permission=Permission.HOME)
    async def do_logout(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """End the session."""
        await read_form(request)
        state = request.app.state
        name = session_cookie(secure=state.secure)
        await close_session(state.secret, request.cookies.get(name, ""))
        answer = redirect(request, "/login", _("You are logged out."))
        answer.set_cookie(_session(name, "", secure=state.secure))
        return answer

    @post("/language", permission=Permission.PUBLIC)
    async def choose_language(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Remember the chosen language in the browser."""
        form = await read_form(request)
        answer = redirect(request, local_path(form.get("next")))
        if form.get("language") in texts.LANGUAGES:
            answer.set_cookie(
                Cookie(
                    key=LANGUAGE_COOKIE,
                    value=form.get("language"),
                    path="/",
                    max_age=365 * 24 * 3600,
                    samesite="lax",
                    httponly=True,
                    secure=request.app.state.secure,
                )
            )
        return answer


def _session(name: str, value: str, *, secure: bool) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path="/",
        httponly=True,
        samesite="lax",
        secure=secure,
        max_age=int(LIFETIME.total_seconds()) if value else 0,
    )


class UserPages(Controller):
    """Managing users."""

    path = "/users"

    @get("/", permission=Permission.USERS_MANAGE)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """All users."""
        return page(request, "users/index.html", users=await list_users(who), roles=_roles(), me=who.user_id)

    @get("/new", permission=Permission.USERS_MANAGE)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The form for a new user."""
        return await _form_page(request, who, Form({"language": "sv"}))

    @post("/new", permission=Permission.USERS_MANAGE, status_code=200)
    async def create(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Create a user."""
        form = await read_form(request)
        role = form.choice("role", [role.value for role in Role])
        expires_on = form.date("expires_on", required=False)
        try:
            funder = (
                await find_party(_everything(who), form.get("funder"), field="funder") if form.get("funder") else None
            )
            party = (
                await find_party(_everything(who), form.get("party"), field="party", personal=True)
                if form.get("party")
                else None
            )
            user = form.build(
                NewUser,
                email=form.get("email"),
                name=form.get("name"),
                role=role,
                funder_id=funder.id if funder else None,
                party_id=party.id if party else None,
                language=form.get("language") or "sv",
                expires_on=expires_on,
            )
            if user is None:
                return await _form_page(request, who, form, status=400)
            await create_user(who, user, form.get("password") or None)
        except RegistryError as error:
            form.add(error)
            return await _form_page(request, who, form, status=error.status)
        return redirect(request, "/users", _("The user is created."))

    @post("/{user_id:int}/disable", permission=Permission.USERS_MANAGE, status_code=303)
    async def disable(self, request: Request[Any, Any, Any], who: Scope, user_id: int) -> Response[Any]:
        """Shut a user out, or let them in again."""
        form = await read_form(request)
        _check_id(user_id)
        try:
            await set_disabled(who, user_id, disabled=form.get("disabled") == "1")
        except FieldError as error:
            return redirect(request, "/users", texts.describe(error), kind="error")
        return redirect(request, "/users", _("The change is saved."))

    @post("/{user_id:int}/password", permission=Permission.USERS_MANAGE, status_code=303)
    async def password(self, request: Request[Any, Any, Any], who: Scope, user_id: int) -> Response[Any]:
        """Give a user a new password."""
        form = await read_form(request)
        _check_id(user_id)
        try:
            await set_password(who, user_id, form.get("password"))
        except FieldError as error:
            return redirect(request, "/users", texts.describe(error), kind="error")
        return redirect(request, "/users", _("The password is changed."))

    @post("/{user_id:int}/token", permission=Permission.USERS_MANAGE, status_code=200)
    async def token(self, request: Request[Any, Any, Any], who: Scope, user_id: int) -> Response[Any]:
        """Make an API token and show it once."""
        await read_form(request)
        _check_id(user_id)
        user, email = await get_user(who, user_id), await find_email(who, user_id)
        if user is None or email is None:
            raise NotFoundError
        return page(request, "users/token.html", owner=user, token=await create_token(who, email))

    @get("/{user_id:int}/rights", permission=Permission.USERS_MANAGE)
    async def show_rights(self, request: Request[Any, Any, Any], who: Scope, user_id: int) -> Response[Any]:
        """What one user may beyond the role, and how it came."""
        return await _rights_page(request, who, user_id, Form())

    @post("/{user_id:int}/rights", permission=Permission.USERS_MANAGE, status_code=200)
    async def set_rights(self, request: Request[Any, Any, Any], who: Scope, user_id: int) -> Response[Any]:
        """Give a right or take it away, with a reason."""
        form = await read_form(request)
        _check_id(user_id)
        permission = form.choice("permission", [right.value for right in RIGHT_TITLES])
        reason = form.text("reason", required=True, most=500)
        if permission is None or not form.ok:
            return await _rights_page(request, who, user_id, form, status=400)
        given = form.get("given") == "1"
        try:
            await set_right(who, user_id, Permission(permission), given=given, reason=reason)
        except NotFoundError:
            raise
        except RegistryError as error:
            form.add(error)
            return await _rights_page(request, who, user_id, form, status=error.status)
        return redirect(request, f"/users/{user_id}/rights", _("The change is saved."))


def _check_id(user_id: int) -> None:
    """Raises: NotFoundError for a number that no user can have."""
    if not 0 < user_id < LARGEST_ID:
        raise NotFoundError


async def _rights_page(
    request: Request[Any, Any, Any], who: Scope, user_id: int, form: Form, *, status: int = 200
) -> Response[Any]:
    _check_id(user_id)
    user = await get_user(who, user_id)
    if user is None:
        raise NotFoundError
    return page(
        request,
        "users/rights.html",
        status=status,
        form=form,
        owner=user,
        role=_roles()[user.role],
        rights=[
            (right, _(title), right in user.rights, user.role in RIGHTS[right]) for right, title in RIGHT_TITLES.items()
        ],
        changes=await list_right_changes(who, user_id),
        titles={right: _(title) for right, title in RIGHT_TITLES.items()},
    )


def _everything(who: Scope) -> Scope:
    """An administrator names parties without reading their records."""
    return Scope(user_id=who.user_id, role=who.role)


def _roles() -> dict[Role, str]:
    return {role: _(title) for role, title in ROLE_TITLES.items()}


async def _form_page(request: Request[Any, Any, Any], who: Scope, form: Form, *, status: int = 200) -> Response[Any]:
    form.values.pop("password", None)
    return page(
        request,
        "users/new.html",
        status=status,
        form=form,
        roles=[(role.value, title) for role, title in _roles().items()],
        funders=[(funder.org_number, funder.name) for funder in await list_funders(who)],
    )


PAGES: list[type[Controller]] = [LoginPages, UserPages]
