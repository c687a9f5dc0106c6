"""Every share explains itself: what is shown is enough to work each piece out again."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.allocations.inputs import ActivityRow, Association, Inputs
from registry.allocations.results import Result, work_out
from registry.allocations.rule_service import read_presets
from registry.allocations.schemas import Definition, Fixed, Measure, RuleDetails, RuleVersion, Thresholds
from registry.allocations.words import basis_text, key_title, method, rounding_text, rule_facts, sum_text
from registry.core.money import Money
from registry.parties.statuses import Status
from registry.texts import use_language
from tests.allocations.examples import YEAR, definition, three


def rule(said: Definition) -> RuleVersion:
    """A version that says it."""
    details = RuleDetails(issuer="Nämnden", source="§ 1", definition=said)
    return RuleVersion(
        **details.model_dump(exclude={"definition"}), definition=said, id=1, rule_id=1, name="Regeln", funder_id=None,
        version=1, reason="", recorded_at=datetime(2026, 1, 1, tzinfo=UTC), recorded_by="", seq=1,
    )  # fmt: skip


def inputs() -> Inputs:
    """The three associations of the examples, as an allocation reads them."""
    associations = tuple(
        Association(
            party_id=one.party_id,
            org_number=one.org_number,
            name=one.name,
            status=Status.ACTIVE,
            previous={year: Money(ore) for year, ore in one.previous.items()},
            activity=tuple(
                ActivityRow(year=year, municipality=row.municipality, counts=dict(row.counts))
                for year, rows in one.activity.items()
                for row in rows
            ),
        )
        for one in three()
    )
    return Inputs(
        programme="LK-STUD", funder="212000-2270", year=YEAR, eligible_on=date(2026, 3, 1), municipality="",
        associations=associations, left_out=(),
    )  # fmt: skip


def result(said: Definition, frame: int = 100_000_00) -> Result:
    return work_out(rule(said), inputs(), frame=Money(frame))


RULES = {
    **{name: preset.definition for name, preset in read_presets().items()},
    "bounded": definition({"key": "study_hours", "most_percent": "35"}, {"key": "state_grant_two_years"}),
    "fixed": definition(
        {"key": "three_year_mean"}, fixed=Fixed(amount=Money(10_000_00), thresholds=Thresholds(hours=600))
    ),
    "krona": definition({"key": "study_hours"}, {"key": "even"}, rounding="krona"),
}


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=25)
@given(frame=st.integers(200_000, 10**8))
def test_a_person_can_work_it_out_again(name: str, frame: int) -> None:
    """From what is shown alone: amount x own basis / everybody's, rounded down, and a unit more where it says so."""
    said = RULES[name]
    told = result(said, frame * 100)
    for share in told.shares:
        for line in share.parts:
            if line.part == "fixed" or line.bounded:
                continue
            exact = Fraction(int(line.divided_amount), 100) * line.basis / line.divided_basis
            assert exact == line.exact
            whole = int(exact * 100) // said.unit_ore * said.unit_ore
            assert line.amount == whole + said.unit_ore * line.raised
            years = [year.value for year in line.years]
            assert not years or sum(years) / len(years) == line.basis
            for year in line.years:
                if year.terms and line.key == "study_hours":
                    assert sum(term.count * term.factor for term in year.terms) == year.value
        assert sum(line.amount for line in share.parts) == share.amount
    assert sum(share.amount for share in told.shares) == told.total == told.frame
    assert sum(part.amount for part in told.parts) == told.frame


@pytest.mark.parametrize("name", RULES)
def test_what_is_frozen_reads_back_as_it_was(name: str) -> None:
    told = result(RULES[name])
    assert Result.model_validate_json(told.model_dump_json()) == told
    assert Inputs.model_validate_json(inputs().model_dump_json()) == inputs()


def test_the_words_in_swedish() -> None:
    with use_language("sv"):
        alfa = result(RULES["Kungsbacka"]).shares[0].parts
        assert [key_title(line.key) for line in alfa] == [
            "Förra årets bidrag", "Studietimmar", "Studietimmar med målgrupper",
        ]  # fmt: skip
        assert basis_text(alfa[0]) == "2025: 50\u00a0000,00\u00a0kr"
        assert basis_text(alfa[1]) == (
            "2025: 1\u00a0000 studietimmar + 10 kulturprogram × 7,3"
            " + 200 timmar i annan gruppverksamhet × 0,5 = 1\u00a0173"
        )
        assert sum_text(alfa[1]) == ("10\u00a0000,00\u00a0kr × 1\u00a0173 ÷ 2\u00a0442 = 4\u00a0803,439803…\u00a0kr")
        assert rounding_text(alfa[1]) == "avrundat uppåt: en av de största resterna"
        bounded = result(RULES["bounded"]).shares
        assert sum_text(bounded[0].parts[0]) == ""
        assert "så mycket som ett studieförbund får" in rounding_text(bounded[0].parts[0])
        assert basis_text(bounded[0].parts[1]) == (
            "2025: 500\u00a0000,00\u00a0kr; 2024: 400\u00a0000,00\u00a0kr; medelvärde 450\u00a0000,00\u00a0kr"
        )
        rattvik = result(RULES["Rättvik"]).shares[0].parts[1]
        assert "15\u00a0000, av 16\u00a0000 deltagartimmar" in basis_text(rattvik)
        even = result(RULES["krona"]).shares[0].parts[1]
        assert basis_text(even) == "en av 3"


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
def test_every_rule_says_how_it_divides(language: str) -> None:
    with use_language(language):
        for said in RULES.values():
            assert len(method(said)) >= 4
            assert len(rule_facts(said)) >= 2
        assert any("10" in fact for fact in rule_facts(RULES["fixed"]))


def test_a_measure_without_a_report_counts_as_nothing() -> None:
    empty = inputs().model_copy(
        update={"associations": (*inputs().associations, Association(
            party_id=9, org_number="809900-0009", name="Delta", status=Status.ACTIVE, previous={}, activity=(),
        ))}
    )  # fmt: skip
    told = work_out(rule(RULES["Malung-Sälen"]), empty, frame=Money(100_000_00))
    assert [share.amount for share in told.shares][2] == 0, "Delta stands third by name"
    assert told.shares[2].parts[1].years[0].value == 0
    assert Measure.STUDY_HOURS
