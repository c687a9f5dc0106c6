"""`registry recoveries claim` and `close`: what they do, what they refuse at which option, and the same key again."""

from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.recoveries.queries import get_claim
from registry.recoveries.schemas import ClaimStatus, Ground
from tests.factories import World, make_claim, make_grant, make_paid
from tests.importing import run_command

CONDITIONS = "Använd bidraget under 2025.\nRedovisa senast 28 februari."
CLAIM = (
    "--ground", "condition", "--condition", "Redovisa senast 28 februari.", "--reason", "Redovisningen kom aldrig.",
    "--decided-on", "2026-01-15", "--due-on", "2026-03-31", "--decider", "Nämnden", "--dnr", "KUN 2026/9",
)  # fmt: skip


async def paid_grant(world: World, conditions: str = CONDITIONS) -> str:
    """A grant of the kommun of which 1 000 kr are paid."""
    grant = await make_grant(world.programme, world.abf, conditions=conditions)
    await make_paid(world, grant)
    return grant


async def test_a_claim_is_decided_once_by_its_key(connected: str, world: World) -> None:
    grant = await paid_grant(world)
    words = ("recoveries", "claim", grant, "--amount", "600,50", *CLAIM, "--key", "k-1")
    for _time in range(2):
        done = await run_command(connected, *words)
        assert (done.status, done.out) == (0, "K-1\n"), done.err
    assert await fetch_value("SELECT count(*) FROM recovery_claim") == 1
    claim = await get_claim(CONSOLE, "K-1")
    assert (claim.amount_ore, claim.ground, claim.decider) == (600_50, Ground.CONDITION, "Nämnden")
    other = await run_command(connected, *(word.replace("600,50", "1") for word in words))
    assert (other.status, other.out) == (1, "")
    assert other.err == "--key: This key stands for something else. Say the same as then, or choose another key.\n"
    assert (await run_command(connected, *words[:-2])).status == 1
    assert await fetch_value("SELECT count(*) FROM recovery_claim") == 1


async def test_a_refused_claim_says_everything_that_is_wrong(connected: str, world: World) -> None:
    grant = await paid_grant(world)
    wrong = ("--amount", "2000", *CLAIM, "--due-on", "2026-01-14", "--condition", "Något annat.")
    done = await run_command(connected, "recoveries", "claim", grant, *wrong)
    assert (done.status, done.out) == (1, "")
    assert [line.split(": ")[0] for line in done.err.splitlines()] == ["--amount", "--due-on", "--condition"]
    bare = await run_command(connected, "recoveries", "claim", await paid_grant(world, ""), "--amount", "1", *CLAIM)
    assert bare.err.startswith("--ground: "), bare
    for extra, status, said in (
        (("--key", "två ord"), 2, "'--key': A key is"),
        (("--amount", "mycket"), 2, "'--amount': "),
        (("--ground", "none"), 2, "--ground"),
    ):
        done = await run_command(connected, "recoveries", "claim", grant, "--amount", "1", *CLAIM, *extra)
        assert (done.status, done.out) == (status, ""), done
        assert said in done.err
    assert await fetch_value("SELECT count(*) FROM recovery_claim") == 0


async def test_a_claim_is_closed_once(connected: str, world: World) -> None:
    claim = await make_claim(await paid_grant(world), amount=500_00)
    words = ("recoveries", "close", claim, "--kind", "written_off", "--reason", "Konkurs")
    early = await run_command(connected, *words, "--date", "2026-01-14")
    assert (early.status, early.err) == (1, "--date: A claim can't be closed before it was decided.\n")
    done = await run_command(connected, *words)
    assert (done.status, done.out) == (0, f"{claim} is closed.\n"), done.err
    closed = await get_claim(CONSOLE, claim)
    assert (closed.status, closed.closed_ore) == (ClaimStatus.WRITTEN_OFF, 500_00)
    again = await run_command(connected, *words)
    assert (again.status, again.err) == (1, "Nothing is left of the claim.\n")
    gone = await run_command(connected, "recoveries", "close", "K-99", *words[3:])
    assert gone.err.startswith("CLAIM: "), gone
    assert await fetch_value("SELECT count(*) FROM claim_closure") == 1
