"""Writes of users: create, change, tokens, and logging in."""

import re
import secrets
from datetime import date

from registry import trail
from registry.core.access import Permission, Role, Scope
from registry.core.errors import N_, FieldError, InvalidInputError, NotFoundError, RegistryError
from registry.core.tokens import token_hash
from registry.database import execute, fetch, fetch_row, fetch_value
from registry.parties.service import demand
from registry.tables import ApiToken, LoginAttempt, User
from registry.tables.reminders import CalendarFeed
from registry.texts import LANGUAGES
from registry.trail import recording
from registry.users.passwords import check_password, hash_password, verify_password
from registry.users.queries import WINDOW, account_hash, too_many_attempts
from registry.users.schemas import NewUser

LONGEST_NAME = 200
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,180}")


class WrongLoginError(RegistryError):
    """The same answer for an unknown user, a wrong password and a disabled user."""

    code = "wrong-login"
    status = 401
    message = N_("The e-mail address or the password is wrong. Try again.")


class TooManyAttemptsError(RegistryError):
    """Too many failed attempts for the account or from the address."""

    code = "too-many-attempts"
    status = 429
    message = N_("Too many failed attempts. Wait a quarter of an hour and try again.")


class UnknownUserError(NotFoundError):
    """No such user."""

    code = "unknown-user"
    message = N_("There is no user with the e-mail address %(email)s.")


async def create_user(scope: Scope, user: NewUser, password: str | None) -> int:
    """Let someone in. Without a password they can use tokens only. Returns the id.

    Raises: InvalidInputError, ConflictError (`user-exists`).
    """
    demand(scope, Permission.USERS_MANAGE)
    _check(user)
    if password is not None:
        check_password(password)
    password_hash = await hash_password(password) if password is not None else ""
    async with recording(scope) as unit:
        return await unit.insert(
            unit.enter("users:user:create"),
            User,
            email=user.email.strip().lower(),
            name=user.name.strip(),
            role=user.role.value,
            funder_id=user.funder_id,
            party_id=user.party_id,
            language=user.language,
            expires_on=user.expires_on,
            password_hash=password_hash,
            salt=secrets.token_bytes(16),
        )


def _check(user: NewUser) -> None:
    errors: list[tuple[str, RegistryError]] = []
    if not _EMAIL.fullmatch(user.email.strip()):
        errors.append(
            ("email", FieldError(field="email", message=N_("Write a whole e-mail address, such as name@example.se.")))
        )
    if not user.name.strip():
        errors.append(("name", FieldError(field="name", message=N_("Write the user's name."))))
    if len(user.name.strip()) > LONGEST_NAME:
        message = N_("The text is too long. At most %(most)s characters.")
        errors.append(("name", FieldError(field="name", message=message, most=LONGEST_NAME)))
    if user.language not in LANGUAGES:
        errors.append(("language", FieldError(field="language", message=N_("Choose Swedish, Finnish or English."))))
    if (user.role is Role.OFFICER) != (user.funder_id is not None):
        errors.append(("funder", FieldError(field="funder", message=N_("An officer, and no one else, has a funder."))))
    if (user.role is Role.ASSOCIATION) != (user.party_id is not None):
        errors.append(
            ("party", FieldError(field="party", message=N_("An association's user, and no one else, has a party.")))
        )
    if errors:
        raise InvalidInputError(errors)


async def set_disabled(scope: Scope, user_id: int, *, disabled: bool) -> None:
    """Shut a user out, or let them in again; sessions end at once. Raises: NotFoundError, FieldError for oneself."""
    demand(scope, Permission.USERS_MANAGE)
    if user_id == scope.user_id:
        raise FieldError(message=N_("You can't shut yourself out."))
    async with recording(scope) as unit:
        if await fetch_row("SELECT 1 FROM app_user WHERE id = $1", user_id) is None:
            raise NotFoundError
        await unit.update(unit.enter("users:user:change"), User, user_id, disabled=disabled)
        await execute("DELETE FROM login_session WHERE user_id = $1", user_id)


async def set_password(scope: Scope, user_id: int, password: str) -> None:
    """Give a user a new password; sessions end, tokens and the calendar address are revoked.

    Raises: NotFoundError, FieldError.
    """
    demand(scope, Permission.USERS_MANAGE)
    check_password(password)
    password_hash = await hash_password(password)
    async with recording(scope) as unit:
        if await fetch_row("SELECT 1 FROM app_user WHERE id = $1", user_id) is None:
            raise NotFoundError
        entry = unit.enter("users:password:set")
        await unit.update(entry, User, user_id, password_hash=password_hash)
        for token in await fetch("SELECT id FROM api_token WHERE user_id = $1 AND NOT revoked", user_id):
            await unit.update(entry, ApiToken, token["id"], revoked=True)
        feed = await fetch_row("SELECT active FROM calendar_feed WHERE user_id = $1 ORDER BY id DESC LIMIT 1", user_id)
        if feed is not None and feed["active"]:
            await unit.insert(entry, CalendarFeed, user_id=user_id, active=False, recorded_at=unit.now)
        await execute("DELETE FROM login_session WHERE user_id = $1", user_id)


async def create_token(scope: Scope, email: str) -> str:
    """Make an API token, shown once. Raises: UnknownUserError."""
    demand(scope, Permission.USERS_MANAGE)
    token = f"rgt_{secrets.token_urlsafe(32)}"
    async with recording(scope) as unit:
        await unit.insert(
            unit.enter("users:token:create"),
            ApiToken,
            user_id=await find_user(scope, email),
            token_hash=token_hash(token),
            created_at=unit.now,
        )
    return token


async def find_user(scope: Scope, email: str) -> int:
    """The id of the user with an address. Raises: UnknownUserError."""
    demand(scope, Permission.USERS_MANAGE)
    found = await fetch_value("SELECT id FROM app_user WHERE email = lower($1)", email.strip())
    if found is None:
        raise UnknownUserError(field="email", email=email)
    return int(found)


async def log_in(email: str, password: str, address: str) -> int:
    """Check a log-in. Returns the user's id. Raises: WrongLoginError, TooManyAttemptsError.

    The attempt counts as failed until the password has been checked, so that many at once can't slip past the limit.
    """
    email, address = email.strip().lower()[:254], address[:64]
    await LoginAttempt.delete().where(LoginAttempt.at < trail.now() - WINDOW)
    attempt = await fetch_value(
        "INSERT INTO login_attempt (account, address, at) VALUES ($1, $2, $3) RETURNING id",
        account_hash(email),
        address,
        trail.now(),
    )
    if await too_many_attempts(email, address):
        await _forget(attempt)
        raise TooManyAttemptsError
    today: date = trail.today()
    row = await fetch_row(
        "SELECT id, password_hash FROM app_user WHERE email = $1 AND NOT disabled"
        " AND password_hash <> '' AND (expires_on IS NULL OR expires_on >= $2)",
        email,
        today,
    )
    if not await verify_password(row["password_hash"] if row else None, password) or row is None:
        raise WrongLoginError
    await _forget(attempt)
    return int(row["id"])


async def _forget(attempt: int) -> None:
    await execute("DELETE FROM login_attempt WHERE id = $1", attempt)
