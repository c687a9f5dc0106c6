"""Grants by the service: what an amendment's key promises."""

from datetime import date

import pytest

from registry.core.access import CONSOLE
from registry.core.errors import ConflictError
from registry.core.money import Money
from registry.database import fetch_value
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import amend_grant
from tests.factories import World, make_grant


def raised(amount: int) -> AmendmentDetails:
    """An increase in öre."""
    return AmendmentDetails(
        kind=AmendmentKind.INCREASE,
        amount_ore=Money(amount),
        decided_on=date(2025, 4, 1),
        decider="Nämnden",
        reason="Fler deltagare",
    )


async def test_an_amendment_key_stands_for_one_amendment(world: World) -> None:
    """A form that is sent again changes nothing; one that was filled in anew isn't taken for it."""
    grant = await make_grant(world.programme, world.abf, amount=100_00)
    other = await make_grant(world.programme, world.bilda, amount=100_00)
    first = await amend_grant(CONSOLE, grant, raised(10_00), key="once")
    assert await amend_grant(CONSOLE, grant, raised(10_00), key="once") == first
    for number, details in ((grant, raised(20_00)), (other, raised(10_00))):
        with pytest.raises(ConflictError) as refused:
            await amend_grant(CONSOLE, number, details, key="once")
        assert refused.value.code == "key-reused"
    assert await fetch_value("SELECT sum(granted_ore) FROM grant_balance") == 210_00
