"""The standing of associations: dated, with a source, in form and file."""

from datetime import date
from pathlib import Path

import pytest

from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import ForbiddenError
from registry.database import fetch_value
from registry.parties.commands import STATUS_FILE
from registry.parties.statuses import (
    NotAnAssociationError,
    Status,
    StatusDetails,
    list_statuses,
    read_statuses,
    set_status,
    status_on,
)
from tests.browsing import browser, shown, wrong_fields
from tests.conftest import Clients
from tests.factories import World
from tests.importing import csv_file, load, refused

HEADER = "org_number;status;valid_from;source;reason"


def details(status: Status = Status.CLOSED, day: date = date(2024, 7, 1)) -> StatusDetails:
    return StatusDetails(status=status, valid_from=day, source="Styrelsens beslut")


async def test_the_day_decides_and_of_one_day_the_last_word_holds(world: World) -> None:
    officer = await world.scope("officer")
    await set_status(officer, world.abf, details(Status.WITHOUT_STATE_GRANTS, date(2024, 1, 1)))
    await set_status(officer, world.abf, details(Status.CLOSED, date(2025, 1, 1)))
    await set_status(officer, world.abf, details(Status.ACTIVE, date(2025, 1, 1)))
    said = await list_statuses(CONSOLE, world.abf)
    found = {day: status_on(said, day) for day in (date(2023, 12, 31), date(2024, 1, 1), date(2025, 1, 1))}
    assert [one and one.status for one in found.values()] == [None, Status.WITHOUT_STATE_GRANTS, Status.ACTIVE]
    assert (await read_statuses(CONSOLE)).keys() == {world.abf}
    assert (await verify(CONSOLE)).first_bad is None


async def test_who_and_whose(world: World) -> None:
    with pytest.raises(NotAnAssociationError):
        await set_status(CONSOLE, world.kommun, details())
    with pytest.raises(ForbiddenError):
        await set_status(await world.scope("auditor"), world.abf, details())


async def test_a_file_of_standings(world: World, tmp_path: Path) -> None:
    abf = await fetch_value("SELECT org_number FROM party WHERE id = $1", world.abf)
    kommun = await fetch_value("SELECT org_number FROM party WHERE id = $1", world.kommun)
    lines = [
        HEADER,
        f"{abf};without state grants;2025-01-01;fbr.se;",
        f"{abf};nedlagt;2026-01-01;SCB;Slut",
    ]
    path = csv_file(tmp_path / "s.csv", lines)
    assert await load(STATUS_FILE, path) == (2, 0, 0)
    assert await load(STATUS_FILE, path) == (0, 0, 2)
    assert await load(STATUS_FILE, csv_file(path, [HEADER, lines[2].replace("nedlagt", "aktivt")])) == (0, 1, 0)
    wrong = [HEADER, f"{abf};gone;2025-01-01;x;", f"{abf};closed;2025-13-01;x;", f"{abf};closed;2025-01-01;;",
             f"{kommun};closed;2025-01-01;x;"]  # fmt: skip
    assert await refused(STATUS_FILE, csv_file(path, wrong)) == [
        (2, "status"), (3, "valid_from"), (4, "source"), (5, "org_number"),
    ]  # fmt: skip
    assert len(await list_statuses(CONSOLE, world.abf)) == 3


async def test_the_form_and_the_card(clients: Clients, world: World) -> None:
    client = await browser(clients, world.officer)
    path = f"/parties/P-{world.abf}"
    assert "An active study association" in shown(await client.get(path))
    answer = await client.submit(f"{path}/status", valid_from="x")
    assert (answer.status_code, wrong_fields(answer)) == (400, {"status", "valid_from", "source"})
    answer = await client.submit(
        f"{path}/status", status="closed", valid_from="2026-01-01", source="Brev 12", reason="Konkurs"
    )
    assert answer.headers["location"] == path
    card = shown(await client.get(path))
    assert "Closed" in card
    assert "Brev 12 Konkurs" in card
    assert (await client.get(f"/parties/P-{world.kommun}/status")).status_code == 409
    auditor = await browser(clients, world.auditor)
    assert "Brev 12" in shown(await auditor.get(path))
    assert (await auditor.get(f"{path}/status")).status_code == 403
