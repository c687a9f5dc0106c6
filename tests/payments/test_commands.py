"""`registry payments repay`: money that came back, freely or to settle a claim, and the same key again."""

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.recoveries.queries import get_claim
from tests.factories import World, make_claim, make_grant, make_paid
from tests.importing import run_command

DAY = ("--date", "2026-02-01", "--reason", "Återbetalt")


async def test_a_repayment_settles_a_claim_once_by_its_key(connected: str, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    await make_paid(world, grant)
    claim = await make_claim(grant, amount=600_00)
    words = ("payments", "repay", grant, "--amount", "250", *DAY, "--claim", claim, "--key", "r-1")
    numbers = set()
    for _time in range(2):
        done = await run_command(connected, *words)
        assert done.status == 0, done.err
        numbers.add(done.out)
    assert numbers == {"R-1\n"}
    assert (await get_claim(CONSOLE, claim)).left_ore == 350_00
    assert await fetch_value("SELECT sum(amount_ore) FROM repayment") == 250_00
    other = await run_command(connected, *(word.replace("250", "100") for word in words))
    assert (other.status, other.out) == (1, "")
    assert other.err == "--key: This key stands for something else. Say the same as then, or choose another key.\n"
    for wrong, said in (
        (("--amount", "2000"), "--amount: "),
        (("--amount", "500", "--claim", ""), "--claim: "),
        (("--claim", "K-99"), "--claim: "),
        (("--date", "2025-01-01"), "--date: "),
    ):
        done = await run_command(connected, *words[:-2], *wrong)
        assert (done.status, done.out) == (1, ""), done
        assert done.err.startswith(said), done
    gone = await run_command(connected, "payments", "repay", "B-999", *words[3:-2])
    assert gone.err.startswith("GRANT: "), gone
    assert await fetch_value("SELECT sum(amount_ore) FROM repayment") == 250_00
