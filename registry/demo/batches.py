"""The demo's batch: the study associations' statements of 2024, begun here and issued by the server once it runs."""

from registry.core.access import Role, Scope
from registry.database import fetch_row, fetch_value
from registry.statements.batch_schemas import BatchRequest, Origin
from registry.statements.batch_service import begin_batch

OFFICER = "karin.kommun@example.se"
WANTED = BatchRequest(year=2024, kind="study_association")


async def load_batches() -> None:
    """Begin the batch, unless the demo was broken off after it."""
    officer = await fetch_row("SELECT id, funder_id FROM app_user WHERE email = $1", OFFICER)
    if officer is None or await fetch_value("SELECT EXISTS (SELECT 1 FROM statement_batch)"):
        return
    await begin_batch(Scope(officer["id"], Role.OFFICER, funder_id=officer["funder_id"]), WANTED, origin=Origin.PAGE)
