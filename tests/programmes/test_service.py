"""Programmes by the service: one's own funder's alone, and a frame that holds what has been decided."""

from datetime import date

import pytest

from registry.core.access import CONSOLE
from registry.core.errors import ConflictError, ForbiddenError, NotFoundError, RuleError
from registry.core.money import Money
from registry.database import fetch_row, fetch_value
from registry.funders.service import OtherFunderError
from registry.grants.rules import ExceedsFrameError
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import FrameMissingError, amend_grant
from registry.programmes.schemas import ProgrammeDetails, ProgrammeKind
from registry.programmes.service import (
    FrameBelowDecidedError,
    change_programme,
    register_programme,
    set_frame,
)
from tests.factories import World, make_grant, make_programme


def details(code: str, title: str = "Ett program") -> ProgrammeDetails:
    """A programme outside every area."""
    return ProgrammeDetails(code=code, title=title, kind=ProgrammeKind.GENERAL, area_id=None)


async def decided(programme_id: int, year: int = 2025) -> int:
    """What the frame says is decided."""
    return int(
        await fetch_value(
            "SELECT decided_ore FROM budget_frame WHERE programme_id = $1 AND year = $2", programme_id, year
        )
    )


async def test_a_code_is_its_funders_own(world: World) -> None:
    await register_programme(CONSOLE, world.kommun, details("ETT"))
    await register_programme(CONSOLE, world.region, details("ETT"))
    with pytest.raises(ConflictError) as refused:
        await register_programme(CONSOLE, world.kommun, details("ETT"))
    assert (refused.value.code, refused.value.field) == ("programme-exists", "code")


async def test_officers_change_their_own_funders_programmes(world: World) -> None:
    officer = await world.scope("officer")
    for refused in (
        register_programme(officer, world.region, details("X")),
        change_programme(officer, world.region_programme, details("X")),
        set_frame(officer, world.region_programme, 2025, Money(1), reason="r"),
    ):
        with pytest.raises(OtherFunderError):
            await refused
    with pytest.raises(NotFoundError):
        await change_programme(officer, 99_999, details("X"))
    await change_programme(officer, world.programme, details("LK-NY", "Nytt namn"))
    row = await fetch_row("SELECT code, title, funder_id FROM programme WHERE id = $1", world.programme)
    assert row is not None
    assert tuple(row) == ("LK-NY", "Nytt namn", world.kommun)
    with pytest.raises(ForbiddenError):
        await set_frame(await world.scope("auditor"), world.programme, 2025, Money(1), reason="r")


async def test_a_frame_goes_no_lower_than_its_decisions(world: World) -> None:
    programme = await make_programme(world.kommun, frame=100_00, years=(2025,))
    await make_grant(programme, world.abf, amount=60_00)
    with pytest.raises(FrameBelowDecidedError):
        await set_frame(CONSOLE, programme, 2025, Money(59_99), reason="Mindre")
    with pytest.raises(RuleError):
        await set_frame(CONSOLE, programme, 2025, Money(60_00))
    with pytest.raises(RuleError):
        await set_frame(CONSOLE, programme, 2025, Money(-1), reason="Mindre än noll")
    await set_frame(CONSOLE, programme, 2025, Money(60_00), reason="Mindre")
    with pytest.raises(ExceedsFrameError) as refused:
        await make_grant(programme, world.bilda, amount=1)
    assert refused.value.data["left"] == 0


async def test_decisions_and_amendments_take_from_the_frame_and_give_back(world: World) -> None:
    programme = await make_programme(world.kommun, frame=100_00, years=(2025,))
    grant = await make_grant(programme, world.abf, amount=60_00)

    async def amend(kind: AmendmentKind, amount: int | None, key: str) -> None:
        amendment = AmendmentDetails(
            kind=kind, amount_ore=None if amount is None else Money(amount), decided_on=date(2025, 5, 1),
            decider="Nämnden", reason="Ändrat",
        )  # fmt: skip
        await amend_grant(CONSOLE, grant, amendment, key=key)

    assert await decided(programme) == 60_00
    with pytest.raises(ExceedsFrameError):
        await amend(AmendmentKind.INCREASE, 40_01, "a")
    await amend(AmendmentKind.INCREASE, 40_00, "b")
    assert await decided(programme) == 100_00
    await amend(AmendmentKind.DECREASE, 10_00, "c")
    assert await decided(programme) == 90_00
    await amend(AmendmentKind.WITHDRAWAL, None, "d")
    assert await decided(programme) == 0
    await make_grant(programme, world.bilda, amount=100_00)


async def test_a_year_without_a_frame_has_no_money(world: World) -> None:
    programme = await make_programme(world.kommun, years=(2024,))
    with pytest.raises(FrameMissingError):
        await make_grant(programme, world.abf, decided_on=date(2025, 2, 3))
