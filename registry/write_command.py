"""Commands that write one thing: options that are read as a form's fields are, and refusals that name their option."""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

import click

from registry.console import fail, run
from registry.core.errors import N_, InvalidInputError, RegistryError
from registry.core.money import Money
from registry.core.periods import parse_date
from registry.texts import _, describe

Command = Callable[..., None]
Read = TypeVar("Read")
Result = TypeVar("Result")

LONGEST_REASON = 2000
REUSED = N_("This key stands for something else. Say the same as then, or choose another key.")
_KEY = re.compile(r"[!-~]{1,255}")
_UNTYPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters, and bytes that are no UTF-8."""


class Typed(click.ParamType[Read], Generic[Read]):
    """An option that `read` makes something of; it raises ValueError with what is expected."""

    def __init__(self, name: str, read: Callable[[str], Read]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Read:
        """What was typed, or a usage error at the option."""
        try:
            return self._read(str(value))
        except ValueError as error:
            self.fail(_(str(error)), param, ctx)


def text(most: int) -> Typed[str]:
    """A text that says something in at most `most` characters."""

    def read(typed: str) -> str:
        if _UNTYPED.search(typed):
            raise ValueError(N_("Write a text without control characters."))
        if not typed.strip():
            raise ValueError(N_("Fill in this field."))
        if len(typed) > most:
            raise ValueError(_("The text is too long. At most %(most)s characters.") % {"most": most})
        return typed.strip()

    return Typed("text", read)


def _read_key(typed: str) -> str:
    if not _KEY.fullmatch(typed):
        raise ValueError(N_("A key is 1 to 255 letters, digits and signs of ASCII, without spaces."))
    return typed


AMOUNT = Typed("amount", Money.parse)
DAY = Typed("date", parse_date)

AS = click.option("--as", "as_email", metavar="EMAIL", help="Act as this user instead of as the operator.")
KEY = click.option(
    "--key",
    type=Typed("key", _read_key),
    metavar="KEY",
    default=lambda: secrets.token_urlsafe(18),
    help="Your own name for this; the same again changes nothing.",
)
REASON = click.option(
    "--reason", type=text(LONGEST_REASON), metavar="TEXT", required=True, help="Why; it stays in the trail."
)


def _lines(refusal: RegistryError, labels: Mapping[str, str]) -> list[str]:
    if refusal.code == "key-reused":
        return [f"--key: {_(REUSED)}"]
    errors = refusal.errors if isinstance(refusal, InvalidInputError) else [(refusal.field, refusal)]
    return [f"{labels[field]}: {describe(one)}" if field in labels else describe(one) for field, one in errors]


def run_write(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run what a command writes; each refusal becomes a line that begins with the option it is about, and status 1."""
    labels = {
        param.name: param.opts[0] if isinstance(param, click.Option) else param.make_metavar(context)
        for context in (click.get_current_context(),)
        for param in context.command.params
    }

    async def try_it() -> tuple[Result] | RegistryError:
        try:
            return (await work(),)
        except RegistryError as error:
            return error

    done = run(try_it)
    if isinstance(done, RegistryError):
        fail(*_lines(done, labels))
    return done[0]
