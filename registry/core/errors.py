"""The errors a use case may refuse with, each with a code, a message and its data; HTTP and the CLI translate them."""

from collections.abc import Mapping


def N_(message: str) -> str:  # noqa: N802 - the name that gettext tools look for
    """Mark a message for translation; it is translated at the edge, in the reader's language."""
    return message


class RegistryError(Exception):
    """Something the registry refuses, said so that a person knows what to do.

    `code` is stable and for machines; `message` is an English msgid with `%(name)s` places for `data`.
    `field` names the input that is wrong, or is empty when the whole request is.
    """

    code = "refused"
    status = 409
    message = N_("The registry refused this.")

    def __init__(self, *, field: str = "", message: str | None = None, **data: object) -> None:
        self.field = field
        self.data: Mapping[str, object] = data
        if message is not None:
            self.message = message
        super().__init__(f"{self.code}: {self.message}")


class InvalidInputError(RegistryError):
    """One or more fields hold something the registry can't take: `errors` are (field, error) pairs."""

    code = "invalid-input"
    status = 400
    message = N_("Some fields need to be corrected.")

    def __init__(self, errors: list[tuple[str, RegistryError]]) -> None:
        self.errors = errors
        super().__init__()


class FieldError(RegistryError):
    """One field holds something the registry can't take."""

    code = "invalid-field"
    status = 400
    message = N_("This is not valid.")


class RuleError(FieldError):
    """One field is well formed but breaks a rule of the registry."""

    code = "rule-broken"
    status = 409


class BrokenRulesError(InvalidInputError):
    """Fields that are well formed break rules of the registry."""

    code = "rule-broken"
    status = RuleError.status


class NotFoundError(RegistryError):
    """Nothing by that name, or nothing that this user may see: the answer is the same."""

    code = "not-found"
    status = 404
    message = N_("There is nothing here, or you may not see it.")


class InvalidCursorError(NotFoundError):
    """A cursor that the list didn't give: there is no such page."""

    code = "invalid-cursor"
    message = N_("The cursor is not one that this list gave. Start from the first page.")


class ForbiddenError(RegistryError):
    """The user is known but may not do this."""

    code = "forbidden"
    status = 403
    message = N_("Your role does not allow this.")


class ConflictError(RegistryError):
    """A database constraint refused the write: `constraint` names it."""

    code = "conflict"
    message = N_("This conflicts with what is already registered.")
