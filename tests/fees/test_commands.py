"""`registry fees rates`: the list by year, and a new version that goes before the earlier ones."""

from registry.database import fetch_value
from tests.factories import World
from tests.importing import run_command

RATES = (
    "fees", "rates", "register", "--year-from", "2027", "--employer", "30,5", "--holiday", "12", "--vat", "25",
    "--source", "Skatteverket",
)  # fmt: skip


async def test_percentages_are_listed_and_registered(connected: str, world: World) -> None:
    del world
    before = (await run_command(connected, "fees", "rates")).out.splitlines()
    assert before
    done = await run_command(connected, *RATES)
    assert (done.status, done.out) == (0, "The percentages apply from 2027.\n"), done.err
    [first, *rest] = (await run_command(connected, "fees", "rates")).out.replace("\u00a0", " ").splitlines()
    assert first == "2027–: Employer contribution 30.5 %, Holiday pay 12 %, VAT 25 % (Skatteverket)"
    assert len(rest) == len(before)
    of_2026 = (await run_command(connected, "fees", "rates", "--year", "2026")).out.replace("\u00a0", " ")
    assert first not in of_2026.splitlines()
    assert first in (await run_command(connected, "fees", "rates", "--year", "2028")).out.replace("\u00a0", " ")


async def test_refused_percentages_change_nothing(connected: str, world: World) -> None:
    auditor = str(await fetch_value("SELECT email FROM app_user WHERE id = $1", world.auditor))
    assert (await run_command(connected, "fees", "rates")).status == 0
    count = await fetch_value("SELECT count(*) FROM fee_rates")
    for wrong, status, said in (
        (("--year-to", "2026"), 1, "--year-to: The last year must be the first one or a later one."),
        (("--employer", "130"), 2, "'--employer': "),
        (("--year-from", "27"), 2, "--year-from"),
        (("--source", " "), 2, "'--source': Fill in this field."),
        (("--as", auditor), 1, ""),
    ):
        done = await run_command(connected, *RATES, *wrong)
        assert (done.status, done.out) == (status, ""), (wrong, done)
        assert said in done.err
        assert "Traceback" not in done.err, done.err
    assert (await run_command(connected, "fees", "rates", "--year", "2026", *RATES[2:])).status == 2
    assert await fetch_value("SELECT count(*) FROM fee_rates") == count
