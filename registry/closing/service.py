"""Closing a year: only when its figures agree and nothing waits for attest."""

from registry.closing.queries import read_closing
from registry.core.access import Permission, Scope
from registry.core.errors import N_, ConflictError, RegistryError
from registry.funders.service import close_year, demand_funder
from registry.parties.service import demand


class FiguresDisagreeError(RegistryError):
    """What stood at the start of the year and what came in it don't make what stands at its end."""

    code = "closing-figures"
    message = N_("The closing figures of %(programme)s don't agree. Verify the trail before the year is closed.")


async def close(scope: Scope, funder_id: int, year: int) -> None:
    """Close a funder's year for good.

    Raises: NotFoundError, OtherFunderError, ConflictError when it is closed already, RuleError for a year that isn't
    over or that payments wait in, FiguresDisagreeError.
    """
    demand(scope, Permission.FUNDERS_SET)
    demand_funder(scope, funder_id)
    closing = await read_closing(scope, funder_id, year)
    if closing.closed is not None:
        raise ConflictError(message=N_("The year is already closed."))
    wrong = next((one for one in closing.programmes if not one.agrees), None)
    if wrong is not None:
        raise FiguresDisagreeError(programme=wrong.code)
    await close_year(scope, funder_id, year)
