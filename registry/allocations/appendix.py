"""Making the appendix of an allocation: figures out of the registry, bytes out of a worker."""

from registry.allocations.queries import Allocation, list_grants_of, read_result
from registry.allocations.render import AppendixDocument, render_appendix
from registry.core.access import Scope
from registry.documents import rendering
from registry.documents.paper import Letterhead
from registry.funders.queries import get_terms
from registry.texts import get_language


async def make_appendix(scope: Scope, allocation: Allocation) -> bytes:
    """The PDF in the reader's language; an association's holds its own share and the totals. Raises: RenderError."""
    funder = await get_terms(scope, allocation.funder_id)
    letterhead = Letterhead(
        funder.name,
        funder.org_number,
        tuple(line.strip() for line in funder.contact.splitlines() if line.strip()),
        funder.accent,
    )
    document = AppendixDocument(
        allocation=allocation,
        result=await read_result(scope, allocation),
        grants=await list_grants_of(scope, allocation),
        funder=letterhead,
        language=get_language(),
    )
    return await rendering.render(render_appendix, document)
