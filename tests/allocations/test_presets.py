"""Every rule that came with the registry, against an example worked out by hand in the test.

The example (tests/allocations/examples.py), frame 100 000 kr for 2026:

                        Alfa      Beta     Gamma
    grant 2025        50 000    30 000    20 000
    grant 2024        40 000    40 000    20 000
    grant 2023        60 000    20 000    10 000
    study hours        1 000       600       400
    participant hours 16 000     5 000     4 000
    programmes            10         0        30
    other group hours    200       100         0
    target group hours   100       200       100
"""

import csv
from decimal import Decimal

from registry.allocations.rule_service import PRESETS, read_presets
from registry.settings import PROJECT
from tests.allocations.examples import FRAME, kronor, pieces, shared

RULES = read_presets()

PUBLISHED = {
    "Rättvik": {"base": "80", "volume": "20"},
    "Malung-Sälen": {"base": "70", "volume": "15", "target_groups": "15"},
    "Kungsbacka": {"base": "70", "volume": "10", "target_groups": "20"},
    "Lidköping": {"base": "75", "disability": "4", "swedish": "2", "hours": "14", "unique": "5"},
    "Älmhult": {"base": "70", "volume": "20", "directed": "10"},
    "Region Jönköping": {"sustainability": "5", "organisation": "57", "hours": "33.25", "culture": "4.75"},
}
"""The weights as they were published."""


def test_the_presets_are_the_published_rules() -> None:
    told = {name: {part.code: part.weight for part in rule.definition.parts} for name, rule in RULES.items()}
    assert told == {
        name: {code: Decimal(weight) for code, weight in parts.items()} for name, parts in PUBLISHED.items()
    }
    assert all(rule.source and rule.issuer for rule in RULES.values())
    with (PROJECT / "registry" / "allocations" / PRESETS).open(encoding="utf-8") as file:
        assert {row["rule"] for row in csv.DictReader(file, delimiter=";")} == set(RULES)


def test_rattvik() -> None:
    """80 000 by last year's grants; 20 000 by participant hours, at most 15 a study hour.

    Alfa counts 15 x 1 000 = 15 000 of its 16 000, with Beta's 5 000 and Gamma's 4 000 it is 24 000.
    20 000 x 15 000 / 24 000 = 12 500; x 5 000 = 4 166.666; x 4 000 = 3 333.333. Rounded down an öre is left: Beta's.
    """
    division = shared(RULES["Rättvik"].definition)
    assert pieces(division) == {
        "Alfa": ["40000.00", "12500.00"],
        "Beta": ["24000.00", "4166.67"],
        "Gamma": ["16000.00", "3333.33"],
    }
    assert kronor(division) == {"Alfa": "52500.00", "Beta": "28166.67", "Gamma": "19333.33"}


def test_malung_salen() -> None:
    """70 000 by last year's grants, 15 000 by study hours of 2 000, 15 000 by target group hours of 400."""
    assert pieces(shared(RULES["Malung-Sälen"].definition)) == {
        "Alfa": ["35000.00", "7500.00", "3750.00"],
        "Beta": ["21000.00", "4500.00", "7500.00"],
        "Gamma": ["14000.00", "3000.00", "3750.00"],
    }


def test_kungsbacka() -> None:
    """A programme counts 7.3 hours and other group activity half.

    Alfa 1 000 + 73 + 100 = 1 173, Beta 600 + 50 = 650, Gamma 400 + 219 = 619, together 2 442. Of 10 000:
    4 803.4398, 2 661.7526, 2 534.8075. Two öre are left: the largest remainders are Alfa's .98 and Gamma's .75 öre.
    """
    division = shared(RULES["Kungsbacka"].definition)
    assert pieces(division) == {
        "Alfa": ["35000.00", "4803.44", "5000.00"],
        "Beta": ["21000.00", "2661.75", "10000.00"],
        "Gamma": ["14000.00", "2534.81", "5000.00"],
    }
    assert kronor(division) == {"Alfa": "44803.44", "Beta": "33661.75", "Gamma": "21534.81"}


def test_lidkoping() -> None:
    """75 000 by the mean of two years: 45 000, 35 000, 20 000. Disabilities 10, 20, 10; Swedish 0, 50, 150.

    A programme counts 9 hours, other group activity half: 1 190, 650, 670 of 2 510. Of 14 000: 6 637.4501, 3 625.4980,
    3 737.0517; the öre that is left is Beta's (.80). Unique 300, 200, 100: 2 500, 1 666.666, 833.333; Beta's again.
    """
    division = shared(RULES["Lidköping"].definition)
    assert pieces(division) == {
        "Alfa": ["33750.00", "1000.00", "0.00", "6637.45", "2500.00"],
        "Beta": ["26250.00", "2000.00", "500.00", "3625.50", "1666.67"],
        "Gamma": ["15000.00", "1000.00", "1500.00", "3737.05", "833.33"],
    }
    assert kronor(division) == {"Alfa": "43887.45", "Beta": "34042.17", "Gamma": "22070.38"}


def test_almhult() -> None:
    """70 000 by the mean of three years; the sums 150, 90 and 50 of 290 thousand share alike.

    36 206.8965, 21 724.1379, 12 068.9655: two öre are left, for Beta (.79) and Alfa (.65).
    """
    division = shared(RULES["Älmhult"].definition)
    assert pieces(division) == {
        "Alfa": ["36206.90", "10000.00", "2500.00"],
        "Beta": ["21724.14", "6000.00", "5000.00"],
        "Gamma": ["12068.96", "4000.00", "2500.00"],
    }
    assert kronor(division) == {"Alfa": "48706.90", "Beta": "32724.14", "Gamma": "18568.96"}


def test_region_jonkoping() -> None:
    """At least five kommuner: Gamma has four and gets nothing; nobody else's basis knows of it.

    5 000 evenly; 57 000 by the state grants of two years, 900 and 700 thousand; 33 250 by study hours, 1 000 and 600;
    4 750 by cultural programmes, which Alfa alone has.
    """
    division = shared(RULES["Region Jönköping"].definition)
    assert pieces(division) == {
        "Alfa": ["2500.00", "32062.50", "20781.25", "4750.00"],
        "Beta": ["2500.00", "24937.50", "12468.75", "0.00"],
    }
    assert kronor(division) == {"Alfa": "60093.75", "Beta": "39906.25"}
    [missed] = division.missed
    assert (missed.candidate.name, missed.asked, missed.needed, missed.reached) == ("Gamma", "municipalities", 5, 4)


def test_every_preset_gives_the_frame_to_the_ore_and_to_the_krona() -> None:
    for rule in RULES.values():
        for frame in (FRAME, 1_991_000_00, 1_23, 99_999_999_999_99):
            assert sum(share.amount_ore for share in shared(rule.definition, frame=frame).shares) == frame
        krona = rule.definition.model_copy(update={"rounding": "krona"})
        division = shared(krona, frame=1_991_000_00)
        assert sum(share.amount_ore for share in division.shares) == 1_991_000_00
        assert all(line.amount_ore % 100 == 0 for share in division.shares for line in share.lines)
