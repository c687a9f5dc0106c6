"""Rules in versions: registered, changed with a reason, read from files, and never overwritten."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from registry.allocations.commands import RULE_FILE
from registry.allocations.rule_queries import find_rule, get_rule, list_rule_versions, list_rules
from registry.allocations.rule_service import (
    NotYourRuleError,
    SameRuleError,
    change_rule,
    ensure_rules,
    read_presets,
    register_rule,
)
from registry.allocations.schemas import RuleDetails, RuleVersion, Thresholds
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import ForbiddenError, RuleError
from registry.core.money import Money
from registry.database import fetch_value
from registry.trail import read_anchor
from tests.allocations.examples import definition
from tests.factories import World
from tests.importing import csv_file, load, refused

HEADER = "rule;part;weight_percent;key;note;source"


def details(key: str = "even", valid_from: date | None = None) -> RuleDetails:
    return RuleDetails(issuer="Nämnden", source="§ 12", valid_from=valid_from, definition=definition({"key": key}))


async def rule_of(name: str, year: int = 2026) -> RuleVersion:
    return await find_rule(CONSOLE, name, year=year)


async def test_the_presets_are_there_and_registered_once(db: None) -> None:
    held = {rule.name: rule for rule in await list_rules(CONSOLE)}
    assert held.keys() == read_presets().keys()
    assert list(held) == ["Kungsbacka", "Lidköping", "Malung-Sälen", "Region Jönköping", "Rättvik", "Älmhult"]
    assert all(held[name].definition == preset.definition for name, preset in read_presets().items())
    before = await read_anchor()
    await ensure_rules()
    assert await read_anchor() == before


async def test_a_new_version_stands_beside_the_old(world: World) -> None:
    officer = await world.scope("officer")
    rule_id = await register_rule(officer, "Ludvikas regel", details())
    assert await change_rule(officer, f"FR-{rule_id}", details("study_hours", date(2027, 1, 1)), reason="Ny nämnd") == 2
    versions = await list_rule_versions(CONSOLE, rule_id)
    assert [(one.version, one.reason, one.definition.parts[0].key) for one in versions] == [
        (2, "Ny nämnd", "study_hours"), (1, "", "even"),
    ]  # fmt: skip
    assert [(await rule_of("ludvikas REGEL", year)).version for year in (2026, 2027)] == [1, 2]
    assert (await rule_of("Ludvikas regel@2")).version == 2
    assert (await get_rule(CONSOLE, f"fr-{rule_id}.1")).version == 1
    assert (await verify(CONSOLE)).first_bad is None


async def test_what_is_refused(world: World) -> None:
    officer, region = await world.scope("officer"), await world.scope("region_officer")
    rule_id = await register_rule(officer, "Ludvikas regel", details())
    number = f"FR-{rule_id}"
    with pytest.raises(RuleError) as caught:
        await register_rule(region, "LUDVIKAS regel", details())
    assert caught.value.field == "name"
    with pytest.raises(NotYourRuleError):
        await change_rule(region, number, details("study_hours"), reason="Nej")
    with pytest.raises(NotYourRuleError):
        await change_rule(officer, "FR-1", details("study_hours"), reason="Nej")
    with pytest.raises(SameRuleError):
        await change_rule(officer, number, details(), reason="Inget")
    with pytest.raises(RuleError) as caught:
        await change_rule(officer, number, details("study_hours"), reason=" ")
    assert caught.value.field == "reason"
    with pytest.raises(ForbiddenError):
        await register_rule(await world.scope("auditor"), "Min", details())


async def test_rules_from_a_file(world: World, tmp_path: Path) -> None:
    header = (
        f"{HEADER};title;programme_hours;most_percent;rounding;activity_lag;min_municipalities;fixed_amount;"
        "fixed_min_hours;valid_from"
    )
    path = csv_file(
        tmp_path / "r.csv",
        [
            header,
            "Ny;base;66,6;two_year_mean;;§ 1;Grund;;40;krona;2;5;150 000;5000;2027-01-01",
            "Ny;volume;33.4;study_hours;9 h;§ 1;Volym;9;;krona;2;5;150 000;5000;2027-01-01",
        ],
    )
    officer = await world.scope("officer")
    assert await load(RULE_FILE, path, scope=officer) == (1, 0, 0)
    assert await load(RULE_FILE, path, scope=officer) == (0, 0, 1)
    rule = await rule_of("Ny", 2027)
    assert (rule.issuer, rule.source, rule.valid_from, rule.funder_id) == ("Ny", "§ 1", date(2027, 1, 1), world.kommun)
    said = rule.definition
    assert (said.rounding, said.activity_lag, said.thresholds) == ("krona", 2, Thresholds(municipalities=5))
    assert said.fixed is not None
    assert (said.fixed.amount, said.fixed.thresholds) == (Money(150_000_00), Thresholds(hours=5_000))
    assert [part.title for part in said.parts] == ["Grund", "Volym"]
    shorter = csv_file(
        tmp_path / "s.csv", [HEADER, "Ny;base;60;two_year_mean;;§ 1", "Ny;volume;40;study_hours;9 h;§ 1"]
    )
    assert await load(RULE_FILE, shorter, scope=officer) == (0, 1, 0)
    kept = (await rule_of("Ny", 2027)).definition
    weights = {"base": Fraction(60), "volume": Fraction(40)}
    assert kept == said.with_weights(weights), "what the file has no column for is as it was"


async def test_every_error_of_a_file_is_at_its_place(world: World, tmp_path: Path) -> None:
    rows = {
        "A;base;x;even;;S": "weight_percent",
        "B;base;100;nothing;;S": "key",
        "C;Bas;100;even;;S": "part",
        "D;base;100;even;;": "source",
        "E;base;99;even;;S": "weight_percent",
        ";base;100;even;;S": "rule",
        "Rättvik;base;100;even;;S": "rule",
        "F;a;50;even;;S": "rule",
        "F;b;50;even;;T": "",
    }
    path = csv_file(tmp_path / "r.csv", [HEADER, *rows])
    errors = await refused(RULE_FILE, path, scope=await world.scope("officer"))
    assert errors == [(place, column) for place, column in enumerate(rows.values(), 2) if column]
    assert await fetch_value("SELECT count(*) FROM allocation_rule") == len(read_presets())
