"""What the tests of frozen allocations begin with: two associations, so that Rättvik's rule is easy to work out.

Of 100 000.01: 80 000.01 by 60 and 40, 48 000.01 and 32 000.00; 20 000 by hours, ABF's 20 000 bounded to 15 x 1 000 and
Bilda's 5 000: 15 000 and 5 000. Together 63 000.01 and 37 000.00.
"""

from tests.factories import World, make_grant, make_report


async def register_2025(world: World) -> None:
    """Grants and activity of 2025 for both associations."""
    await make_grant(world.programme, world.abf, amount=60_000_00)
    await make_grant(world.programme, world.bilda, amount=40_000_00)
    await make_report(world.abf, study_hours=1_000, participant_hours=20_000)
    await make_report(world.bilda, study_hours=500, participant_hours=5_000)
