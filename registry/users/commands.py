"""Commands for users and their tokens."""

import sys
from datetime import date

import click

from registry.console import run
from registry.core.access import CONSOLE, Permission, Role
from registry.core.errors import FieldError
from registry.core.periods import parse_date
from registry.parties.queries import find_party
from registry.texts import _
from registry.users.rights import RIGHT_TITLES, set_right
from registry.users.schemas import NewUser
from registry.users.service import create_token, create_user, find_user


@click.group()
def users() -> None:
    """Create users and their API tokens."""


@users.command("create")
@click.option("--email", required=True, help="The address to log in with.")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--funder", help="An officer's funder, by organisation number.")
@click.option("--party", help="An association user's party, by organisation number.")
@click.option("--expires", help="The last day that the user may log in, as 2026-12-31.")
@click.option("--language", type=click.Choice(["sv", "fi", "en"]), default="sv", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input (one line).")
def create(
    email: str,
    name: str,
    role: str,
    funder: str | None,
    party: str | None,
    expires: str | None,
    language: str,
    password_stdin: bool,
) -> None:
    """Create a user."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None

    async def work() -> None:
        await create_user(
            CONSOLE,
            NewUser(
                email=email,
                name=name,
                role=Role(role),
                funder_id=(await find_party(CONSOLE, funder, field="funder")).id if funder else None,
                party_id=(await find_party(CONSOLE, party, field="party", personal=True)).id if party else None,
                language=language,
                expires_on=_expires(expires),
            ),
            password,
        )

    run(work)
    click.echo(_("The user is created."))


def _expires(text: str | None) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError as error:
        raise FieldError(field="expires", message=str(error)) from None


@users.command("token")
@click.option("--email", required=True, help="The user's address.")
def token(email: str) -> None:
    """Print a new API token. It is shown once."""
    click.echo(run(lambda: create_token(CONSOLE, email)))


@users.command("right")
@click.option("--email", required=True, help="The user's address.")
@click.option("--give/--take", "given", required=True, default=None, help="Give the right, or take it away.")
@click.option("--reason", required=True, help="Why; it stays in the trail.")
@click.argument("permission", type=click.Choice([right.value for right in RIGHT_TITLES]))
def right(email: str, permission: str, reason: str, *, given: bool) -> None:
    """Give one user a PERMISSION beyond the role, or take it away: parties:protected."""

    async def work() -> None:
        user_id = await find_user(CONSOLE, email)
        await set_right(CONSOLE, user_id, Permission(permission), given=given, reason=reason)

    run(work)
    click.echo(_("The change is saved."))
