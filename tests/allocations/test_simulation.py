"""Simulating on a real registry: who takes part on a day, what is read, and the command as the contract has it."""

import json
from datetime import date
from fractions import Fraction

import pytest

from registry.allocations.rule_queries import RuleNotInForceError, UnknownRuleError
from registry.allocations.rule_service import register_rule
from registry.allocations.schemas import RuleDetails
from registry.allocations.simulation import (
    FrameNeededError,
    NotForAssociationsError,
    find_allocated,
    read_weights,
    simulate,
    wire,
)
from registry.core.access import CONSOLE
from registry.core.errors import FieldError, ForbiddenError
from registry.core.money import Money
from registry.database import fetch_value
from registry.parties.schemas import PartyKind
from registry.parties.service import merge_parties
from registry.parties.statuses import Status, StatusDetails, set_status
from registry.programmes.schemas import ProgrammeKind
from tests.allocations.examples import definition
from tests.factories import World, make_grant, make_party, make_programme, make_report
from tests.importing import run_command

DAY = date(2026, 3, 1)


async def make_figures_of_2025(world: World) -> None:
    """Grants of 2025 from both funders, and activity in two kommuner."""
    await make_grant(world.programme, world.abf, amount=60_000_00)
    await make_grant(world.programme, world.bilda, amount=40_000_00)
    await make_grant(world.region_programme, world.abf, amount=900_000_00)
    await make_report(world.abf, study_hours=1_000, participant_hours=20_000)
    await make_report(world.bilda, study_hours=500, participant_hours=5_000)
    await make_report(world.bilda, municipality="Falun", study_hours=9_000, participant_hours=90_000)


def amounts(result: object) -> dict[str, str]:
    told = wire(result)  # type: ignore[arg-type]
    return {share["name"]: share["amount"] for share in told["shares"]}


async def test_a_kommuns_programme_reads_its_own_grants_and_kommun(world: World) -> None:
    """Rättvik on 100 000: 80 000 by 60 and 40; 20 000 by hours, ABF's 20 000 bounded to 15 000, Bilda's 5 000."""
    await make_figures_of_2025(world)
    programme = await find_allocated(CONSOLE, "LK-STUD")
    run = await simulate(CONSOLE, "Rättvik", year=2026, frame=Money(100_000_00), programme=programme, eligible_on=DAY)
    assert amounts(run.result) == {"ABF Dalarna (test)": "63000.00", "Bilda Dalarna (test)": "37000.00"}
    assert run.result.municipality == "Ludvika"
    assert [share.last_year for share in run.result.shares] == [60_000_00, 40_000_00]


async def test_without_a_programme_all_grants_and_kommuner_count(world: World) -> None:
    """Grants 960 and 40 thousand; hours 15 000 (bounded) and 5 000 + 90 000."""
    await make_figures_of_2025(world)
    run = await simulate(CONSOLE, "rättvik", year=2026, frame=Money(100_000_00), eligible_on=DAY)
    abf = Fraction(80_000_00 * 960, 1000) + Fraction(20_000_00 * 15_000, 110_000)
    assert abs(run.result.shares[0].amount - abf) < 2
    assert run.result.total == 100_000_00
    region = await find_allocated(CONSOLE, "RD-STUD")
    run = await simulate(
        CONSOLE,
        "Älmhult",
        year=2026,
        programme=region,
        weights={"volume": Fraction(0), "directed": Fraction(0), "base": Fraction(100)},
    )
    assert run.result.frame == 1_000_000_00, "the frame of the programme's year"
    assert amounts(run.result) == {"ABF Dalarna (test)": "1000000.00", "Bilda Dalarna (test)": "0.00"}


async def test_standing_on_the_day_decides_and_successors_inherit(world: World) -> None:
    await make_figures_of_2025(world)
    small = await make_party("Litet förbund")
    await make_grant(world.programme, small, amount=20_000_00)
    society = await make_party("Ett sällskap", kind=PartyKind.SOCIETY)
    await make_grant(world.programme, society, amount=1_000_00)
    await merge_parties(CONSOLE, small, world.bilda, merged_on=date(2026, 2, 1))
    closed = StatusDetails(status=Status.CLOSED, valid_from=date(2026, 4, 1), source="Brev")
    await set_status(CONSOLE, world.abf, closed)
    programme = await find_allocated(CONSOLE, "LK-STUD")
    rule = RuleDetails(issuer="X", source="X", definition=definition({"key": "previous_year_share"}))
    await register_rule(CONSOLE, "Förra året", rule)

    async def run(day: date) -> tuple[dict[str, str], dict[str, str]]:
        result = (
            await simulate(CONSOLE, "Förra året", year=2026, frame=Money(120_00), programme=programme, eligible_on=day)
        ).result
        return amounts(result), {out.name: out.reason for out in result.left_out}

    shares, out = await run(date(2026, 1, 31))
    assert shares == {"ABF Dalarna (test)": "60.00", "Bilda Dalarna (test)": "40.00", "Litet förbund": "20.00"}
    assert out == {"Ett sällskap": "other_kind"}
    shares, out = await run(date(2026, 2, 1))
    assert shares == {"ABF Dalarna (test)": "60.00", "Bilda Dalarna (test)": "60.00"}
    assert out == {"Ett sällskap": "other_kind", "Litet förbund": "merged"}
    shares, out = await run(date(2026, 4, 1))
    assert shares == {"Bilda Dalarna (test)": "120.00"}
    assert out == {"ABF Dalarna (test)": "closed", "Ett sällskap": "other_kind", "Litet förbund": "merged"}


async def test_a_rule_may_ask_for_state_grants(world: World) -> None:
    await make_figures_of_2025(world)
    without = StatusDetails(status=Status.WITHOUT_STATE_GRANTS, valid_from=date(2025, 1, 1), source="Brev")
    await set_status(CONSOLE, world.abf, without)
    for name, needs, count in (("Med", True, 1), ("Utan", False, 2)):
        said = definition({"key": "study_hours"}, needs_state_grant=needs)
        await register_rule(CONSOLE, name, RuleDetails(issuer="X", source="X", definition=said))
        run = await simulate(CONSOLE, name, year=2026, frame=Money(100), eligible_on=DAY)
        assert len(run.result.shares) == count
        assert [out.reason for out in run.result.left_out] == ["without_state_grants"] * (2 - count)


async def test_a_programme_leaves_out_who_has_nothing_there(world: World) -> None:
    """One that is active in another kommun only gets nothing of the kommun's even part."""
    await make_report(world.abf)
    await make_report(world.bilda, municipality="Falun")
    rule = RuleDetails(issuer="X", source="X", definition=definition({"key": "even"}))
    await register_rule(CONSOLE, "Lika", rule)
    programme = await find_allocated(CONSOLE, "LK-STUD")
    run = await simulate(CONSOLE, "Lika", year=2026, frame=Money(100), programme=programme, eligible_on=DAY)
    assert amounts(run.result) == {"ABF Dalarna (test)": "1.00"}
    assert [(out.name, out.reason) for out in run.result.left_out] == [("Bilda Dalarna (test)", "nothing")]
    everybody = await simulate(CONSOLE, "Lika", year=2026, frame=Money(100), eligible_on=DAY)
    assert amounts(everybody.result) == {"ABF Dalarna (test)": "0.50", "Bilda Dalarna (test)": "0.50"}


async def test_what_can_t_be_simulated_is_told(world: World) -> None:
    await make_figures_of_2025(world)
    general = await make_programme(world.kommun, code="GEN", kind=ProgrammeKind.GENERAL)
    assert general
    with pytest.raises(NotForAssociationsError):
        await find_allocated(CONSOLE, "GEN")
    with pytest.raises(UnknownRuleError):
        await simulate(CONSOLE, "Ingen", year=2026, frame=Money(1))
    with pytest.raises(FrameNeededError):
        await simulate(CONSOLE, "Rättvik", year=2026)
    later = RuleDetails(issuer="X", source="X", valid_from=date(2027, 7, 1), definition=definition({"key": "even"}))
    await register_rule(CONSOLE, "Sedan", later)
    with pytest.raises(RuleNotInForceError):
        await simulate(CONSOLE, "Sedan", year=2026, frame=Money(1))
    assert (await simulate(CONSOLE, "Sedan", year=2027, frame=Money(2))).rule.version == 1
    for weights in ("base=75", "nothing=1", "base", "base=x"):
        with pytest.raises(FieldError):
            await simulate(CONSOLE, "Rättvik", year=2026, frame=Money(1), weights=read_weights(weights))
    with pytest.raises(ForbiddenError):
        await simulate(await world.scope("abf_user"), "Rättvik", year=2026, frame=Money(1))


async def test_the_command_answers_as_the_contract_says(connected: str, world: World) -> None:
    await make_figures_of_2025(world)
    words = ("allocations", "simulate", "--rule", "Rättvik", "--frame", "100 000,00", "--year", "2026")
    done = await run_command(connected, *words, "--programme", "LK-STUD", "--format", "json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["total"] == "100000.00"
    abf = told["shares"][0]
    assert abf["org_number"] == await fetch_value("SELECT org_number FROM party WHERE id = $1", world.abf)
    assert (abf["name"], abf["amount"], abf["last_year"], abf["change"]) == (
        "ABF Dalarna (test)", "63000.00", "60000.00", "3000.00",
    )  # fmt: skip
    assert [(part["part"], part["weight"], part["key"], part["basis"], part["amount"]) for part in abf["parts"]] == [
        ("base", 80, "previous_year_share", "60000.00", "48000.00"),
        ("volume", 20, "participant_hours", "15000", "15000.00"),
    ]
    done = await run_command(connected, *words, "--weights", "base=75,volume=25", "--format", "csv")
    header = "position;org_number;name;part_base;part_volume;amount;last_year;change;change_percent"
    assert done.out.splitlines()[0] == header
    assert "# total" in done.out
    for more, status in (
        (("--format", "xml"), 2),
        (("--format", "json", "--decided-on", "x"), 2),
        (("--format", "json", "--weights", "base=80,volume=21"), 1),
        (("--format", "json", "--programme", "NOTHING"), 1),
        (("--format", "json", "--rule", "Ingen"), 1),
    ):
        done = await run_command(connected, *words, *more)
        assert (done.status, done.out) == (status, ""), done
        assert "Traceback" not in done.err
    assert "FR-" in (await run_command(connected, "allocations", "rules")).out
