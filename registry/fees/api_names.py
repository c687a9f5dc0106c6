"""What the handlers of fees over the JSON API share: parameters that name something, and reading them."""

from typing import Annotated

from litestar.params import Parameter

from registry.core.errors import NotFoundError
from registry.fees.schemas import Discipline
from registry.web.filters import Asked

Year = Annotated[int | None, Parameter(description="The year of the event, else of the agreement.", ge=1990, le=2100)]
Issuer = Annotated[str | None, Parameter(description="The issuer's name, or `none`.", max_length=120)]
Art = Annotated[Discipline | None, Parameter(description="The art.")]
Funder = Annotated[str | None, Parameter(description="The funder's organisation number.", max_length=40)]
_NAMES = ("issuer", "creator", "commissioner", "funder", "grant")
"""Parameters that name something: what can't be a name answers like the name of what there isn't."""


class UnknownNameError(NotFoundError):
    """A parameter names something that there isn't, or that this user may not see."""

    code = "unknown-name"


def demand_names(asked: Asked) -> None:
    """Raises: UnknownNameError, InvalidInputError for what can't be read."""
    for name, error in asked.errors:
        if name in _NAMES:
            raise UnknownNameError(field=name, message=error.message, **error.data)
    asked.demand()


def query_from(**parameters: object) -> dict[str, str]:
    """The parameters that were given, as an address has them."""
    return {
        name: "1" if value is True else str(value)
        for name, value in parameters.items()
        if value not in (None, "", False)
    }
