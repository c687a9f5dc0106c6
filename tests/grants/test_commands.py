"""`registry grants stop` and `release`: what they do, and what they refuse at which option."""

from datetime import timedelta

from registry import trail
from registry.core.access import CONSOLE
from registry.database import fetch_value
from registry.grants.queries import find_stop, get_grant
from tests.factories import World, make_grant
from tests.importing import run_command

STOP = ("--reason", "Vi väntar på er revisor.")


async def test_a_grant_is_stopped_and_released(connected: str, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    done = await run_command(connected, "grants", "stop", grant, *STOP, "--date", "2025-03-01")
    assert (done.status, done.out) == (0, f"Payments on {grant} are stopped.\n"), done.err
    stop = await find_stop(CONSOLE, await get_grant(CONSOLE, grant))
    assert stop is not None
    assert (stop.stopped_on.isoformat(), stop.reason) == ("2025-03-01", STOP[1])
    again = await run_command(connected, "grants", "stop", grant, *STOP)
    assert (again.status, again.out) == (1, "")
    assert "have been stopped since" in again.err
    assert await fetch_value("SELECT count(*) FROM grant_stop") == 1
    early = await run_command(connected, "grants", "release", grant, *STOP, "--date", "2025-02-28")
    assert (early.status, early.err) == (1, "--date: A stop can't be released before it was made.\n")
    done = await run_command(connected, "grants", "release", grant, "--reason", "Den kom.")
    assert (done.status, done.out) == (0, f"The stop is released. {grant} may be paid again.\n"), done.err
    assert await find_stop(CONSOLE, await get_grant(CONSOLE, grant)) is None
    again = await run_command(connected, "grants", "release", grant, "--reason", "Den kom.")
    assert (again.status, again.err) == (1, f"Payments on {grant} are not stopped.\n")
    assert await fetch_value("SELECT count(*) FROM stop_release") == 1


async def test_a_refusal_names_its_option(connected: str, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    later = (trail.today() + timedelta(days=2)).isoformat()
    other = str(await fetch_value("SELECT email FROM app_user WHERE id = $1", world.region_officer))
    for words, status, said in (
        (("B-999", *STOP), 1, "GRANT: "),
        ((grant, *STOP, "--date", later), 1, "--date: The date can't be after today."),
        ((grant, *STOP, "--date", "2025-02-30"), 2, "'--date': Write the date as year-month-day"),
        ((grant, "--reason", " "), 2, "'--reason': Fill in this field."),
        ((grant, *STOP, "--as", other), 1, ""),
        ((grant, *STOP, "--as", "nobody@example.se"), 1, "There is no active user"),
    ):
        done = await run_command(connected, "grants", "stop", *words)
        assert (done.status, done.out) == (status, ""), (words, done)
        assert said in done.err
        assert done.err.strip()
        assert "Traceback" not in done.err, done.err
        assert status == 2 or len(done.err.splitlines()) == 1
    assert await fetch_value("SELECT count(*) FROM grant_stop") == 0


async def test_the_trail_says_who(connected: str, world: World) -> None:
    grant = await make_grant(world.programme, world.abf)
    email = str(await fetch_value("SELECT email FROM app_user WHERE id = $1", world.officer))
    assert (await run_command(connected, "grants", "stop", grant, *STOP, "--as", email)).status == 0
    assert await fetch_value("SELECT recorded_by FROM grant_stop") == world.officer
