"""Users as they cross the border."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from registry.core.access import Permission, Role
from registry.core.errors import N_

ROLE_TITLES = {
    Role.OFFICER: N_("Grant officer"),
    Role.ASSOCIATION: N_("Association"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMIN: N_("Administrator"),
}


class NewUser(BaseModel):
    """Someone to let in: an officer has a funder, an association's user a party."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str
    name: str
    role: Role
    funder_id: int | None = None
    party_id: int | None = None
    language: str = "sv"
    expires_on: date | None = None


class User(NewUser):
    """A user as lists show them."""

    id: int
    funder_name: str | None
    party_name: str | None
    disabled: bool
    rights: tuple[Permission, ...] = ()
