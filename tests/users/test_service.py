"""Users: who may be let in, and guessing at the log-in."""

from datetime import UTC, date, datetime, timedelta

import pytest

from registry import trail
from registry.core.access import CONSOLE, Role
from registry.core.errors import ConflictError, FieldError, ForbiddenError, InvalidInputError, NotFoundError
from registry.database import execute, fetch, fetch_value
from registry.users import passwords, service
from registry.users.queries import MOST_PER_ACCOUNT, MOST_PER_ADDRESS, WINDOW
from registry.users.schemas import NewUser
from registry.users.service import (
    TooManyAttemptsError,
    UnknownUserError,
    WrongLoginError,
    create_token,
    create_user,
    log_in,
    set_disabled,
    set_password,
)
from registry.web.sessions import find_by_token
from tests.factories import World

PASSWORD = "a password that is long enough"


def user(email: str = "new@example.se", **values: object) -> NewUser:
    """A new auditor."""
    facts: dict[str, object] = {"email": email, "name": "Ny", "role": Role.AUDITOR, **values}
    return NewUser(**facts)  # type: ignore[arg-type]


async def test_a_user_is_created_once_with_a_folded_address(db: None) -> None:
    user_id = await create_user(CONSOLE, user(" New@Example.SE "), PASSWORD)
    assert await fetch_value("SELECT email FROM app_user WHERE id = $1", user_id) == "new@example.se"
    with pytest.raises(ConflictError) as refused:
        await create_user(CONSOLE, user("NEW@example.se"), None)
    assert (refused.value.code, refused.value.field) == ("user-exists", "email")
    assert await log_in("NEW@EXAMPLE.SE ", PASSWORD, "1.1.1.1") == user_id


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"email": "nobody"}, ["email"]),
        ({"email": "a b@c.se"}, ["email"]),
        ({"email": "a@b@c"}, ["email"]),
        ({"name": "  "}, ["name"]),
        ({"role": Role.OFFICER}, ["funder"]),
        ({"role": Role.AUDITOR, "funder_id": 1}, ["funder"]),
        ({"role": Role.ASSOCIATION}, ["party"]),
        ({"role": Role.ADMIN, "party_id": 1}, ["party"]),
        ({"email": "", "name": ""}, ["email", "name"]),
    ],
)
async def test_a_user_that_can_not_be_is_refused(db: None, values: dict[str, object], fields: list[str]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await create_user(CONSOLE, user(**values), None)  # type: ignore[arg-type]
    assert [field for field, _error in refused.value.errors] == fields
    assert await fetch_value("SELECT count(*) FROM app_user") == 0


@pytest.mark.parametrize("password", ["", "short", "x" * 9, "x" * 201])
async def test_a_password_is_neither_short_nor_endless(world: World, password: str) -> None:
    with pytest.raises(FieldError):
        await create_user(CONSOLE, user(), password)
    with pytest.raises(FieldError):
        await set_password(CONSOLE, world.officer, password)


async def test_only_an_administrator_manages_users(world: World) -> None:
    for name in ("officer", "abf_user", "auditor"):
        scope = await world.scope(name)
        with pytest.raises(ForbiddenError):
            await create_user(scope, user(), None)
        with pytest.raises(ForbiddenError):
            await set_disabled(scope, world.admin, disabled=True)
        with pytest.raises(ForbiddenError):
            await set_password(scope, world.admin, PASSWORD)
        with pytest.raises(ForbiddenError):
            await create_token(scope, "a@b.se")
    admin = await world.scope("admin")
    await create_user(admin, user(), None)
    with pytest.raises(FieldError):
        await set_disabled(admin, world.admin, disabled=True)
    with pytest.raises(NotFoundError):
        await set_disabled(admin, 99_999, disabled=True)
    with pytest.raises(UnknownUserError):
        await create_token(admin, "nobody@example.se")


async def test_every_change_of_a_user_is_told_in_the_trail(world: World) -> None:
    before = await fetch_value("SELECT seq FROM chain_head")
    admin = await world.scope("admin")
    await create_user(admin, user(), PASSWORD)
    await create_token(admin, "new@example.se")
    await set_password(admin, world.officer, PASSWORD)
    await set_disabled(admin, world.officer, disabled=True)
    rows = await fetch("SELECT actor, action, body FROM trail_entry WHERE seq > $1 ORDER BY seq", before)
    assert [row["action"] for row in rows] == [
        "users:user:create", "users:token:create", "users:password:set", "users:user:change",
    ]  # fmt: skip
    assert {row["actor"] for row in rows} == {f"user:{world.admin}"}
    assert not any(b"new@example.se" in row["body"] or b"argon2" in row["body"] for row in rows)


async def test_guesses_are_counted_per_account_and_forgotten_in_time(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    await create_user(CONSOLE, user(), PASSWORD)
    at = datetime.now(UTC)
    monkeypatch.setattr(trail, "now", lambda: at)
    for guess in range(MOST_PER_ACCOUNT):
        with pytest.raises(WrongLoginError):
            await log_in("new@example.se", "wrong password", f"10.0.0.{guess}")
    with pytest.raises(TooManyAttemptsError):
        await log_in("NEW@example.se", PASSWORD, "10.9.9.9")
    later = at + WINDOW + timedelta(seconds=1)
    monkeypatch.setattr(trail, "now", lambda: later)
    assert await log_in("new@example.se", PASSWORD, "10.9.9.9")


async def test_guesses_are_counted_per_address_over_all_accounts(db: None) -> None:
    await create_user(CONSOLE, user(), PASSWORD)
    for guess in range(MOST_PER_ADDRESS):
        with pytest.raises(WrongLoginError):
            await log_in(f"somebody{guess}@example.se", "wrong password", "10.0.0.1")
    with pytest.raises(TooManyAttemptsError):
        await log_in("new@example.se", PASSWORD, "10.0.0.1")
    assert await log_in("new@example.se", PASSWORD, "10.0.0.2")


async def test_an_unknown_user_costs_as_much_and_answers_the_same(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each refusal verifies one Argon2 hash, whether there is such a user, with a password, and enabled, or not."""
    await create_user(CONSOLE, user("known@example.se"), PASSWORD)
    await create_user(CONSOLE, user("tokens@example.se"), None)
    await create_user(CONSOLE, user("out@example.se"), PASSWORD)
    await create_user(CONSOLE, user("old@example.se", expires_on=date(2020, 1, 1)), PASSWORD)
    await execute("UPDATE app_user SET disabled = true WHERE email = 'out@example.se'")
    verified: list[str] = []
    verify = passwords.hasher.verify

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            verified.append(stored)
            return verify(stored, password)

    monkeypatch.setattr(passwords, "hasher", Counting())
    answers = set()
    for email in ("known", "tokens", "out", "old", "nobody"):
        with pytest.raises(WrongLoginError) as refused:
            await log_in(f"{email}@example.se", "wrong password", "10.0.0.1")
        answers.add((refused.value.code, refused.value.status, refused.value.message, tuple(refused.value.data)))
    assert len(answers) == 1
    assert len(verified) == 5
    assert all(stored.startswith("$argon2id$") for stored in verified)


def test_the_stand_in_costs_what_a_real_hash_costs() -> None:
    """The parameters of the hash that stands for nobody are those of production."""
    stand_in = passwords._NOBODY.split("$")
    assert stand_in[1:4] == ["argon2id", "v=19", "m=19456,t=2,p=1"]


async def test_a_disabled_user_does_not_log_in_with_the_right_password(world: World) -> None:
    await set_password(CONSOLE, world.officer, PASSWORD)
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer)
    assert await log_in(email, PASSWORD, "1.1.1.1") == world.officer
    await set_disabled(CONSOLE, world.officer, disabled=True)
    with pytest.raises(service.WrongLoginError):
        await log_in(email, PASSWORD, "1.1.1.1")


async def test_a_new_password_revokes_the_tokens(world: World) -> None:
    email = await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer)
    token = await create_token(CONSOLE, email)
    assert await find_by_token(token) is not None
    await set_password(CONSOLE, world.officer, "ett nytt lösenord")
    assert await find_by_token(token) is None
