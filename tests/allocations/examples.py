"""Three associations with small figures, so that a rule can be worked out by hand beside the test."""

from fractions import Fraction
from typing import Any

from registry.allocations.rules import Activity, Candidate, Division, divide
from registry.allocations.schemas import Definition, Measure

YEAR = 2026
FRAME = 100_000_00
KOMMUNER = ("Avesta", "Borlänge", "Falun", "Ludvika", "Mora", "Säter")


def activity(kommuner: int = 1, **counts: int) -> list[Activity]:
    """A year's activity, study and participant hours spread evenly over some kommuner and the rest in the first."""
    whole = {measure: counts.get(measure.value, 0) for measure in Measure}
    hours = {measure: whole[measure] // kommuner for measure in (Measure.STUDY_HOURS, Measure.PARTICIPANT_HOURS)}
    nothing = dict.fromkeys(Measure, 0)
    return [
        Activity(name, {**(whole if place == 0 else nothing), **hours})
        for place, name in enumerate(KOMMUNER[:kommuner])
    ]


def candidate(serial: int, name: str, previous: tuple[int, ...] = (), **years: list[Activity]) -> Candidate:
    """An association; `previous` are kronor of 2025, 2024 and 2023, `years` its activity as `y2025=`."""
    return Candidate(
        party_id=serial,
        name=name,
        org_number=f"809900-{serial:04d}",
        sort_key=name.lower(),
        previous={2025 - place: kronor * 100 for place, kronor in enumerate(previous)},
        activity={int(year[1:]): rows for year, rows in years.items()},
    )


def three() -> list[Candidate]:
    """Alfa, Beta and Gamma. Gamma is active in four kommuner, the others in five."""
    return [
        candidate(
            1, "Alfa", (50_000, 40_000, 60_000),
            y2025=activity(
                5, study_hours=1_000, participant_hours=16_000, unique_participants=300, cultural_programmes=10,
                other_group_hours=200, target_group_hours=100, disability_participants=10,
                state_grant=500_000_00,
            ),
            y2024=activity(5, state_grant=400_000_00),
        ),
        candidate(
            2, "Beta", (30_000, 40_000, 20_000),
            y2025=activity(
                5, study_hours=600, participant_hours=5_000, unique_participants=200, other_group_hours=100,
                target_group_hours=200, disability_participants=20, swedish_for_foreign_born=50,
                state_grant=300_000_00,
            ),
            y2024=activity(5, state_grant=400_000_00),
        ),
        candidate(
            3, "Gamma", (20_000, 20_000, 10_000),
            y2025=activity(
                4, study_hours=400, participant_hours=4_000, unique_participants=100, cultural_programmes=30,
                target_group_hours=100, disability_participants=10, swedish_for_foreign_born=150,
                state_grant=200_000_00,
            ),
            y2024=activity(4, state_grant=200_000_00),
        ),
    ]  # fmt: skip


def definition(*parts: dict[str, Any], **facts: Any) -> Definition:
    """A rule of some parts, each with a key and what else differs; the weights are equal unless they are given."""
    weight = Fraction(100, len(parts))
    whole = [
        {"code": f"part{place}", "title": f"Del {place}", "weight": weight, **part} for place, part in enumerate(parts)
    ]
    return Definition.model_validate({"parts": whole, **facts})


def kronor(division: Division) -> dict[str, str]:
    """What each gets, as an amount with two decimals."""
    return {share.candidate.name: f"{share.amount_ore / 100:.2f}" for share in division.shares}


def pieces(division: Division) -> dict[str, list[str]]:
    """What each gets of each part."""
    return {share.candidate.name: [f"{line.amount_ore / 100:.2f}" for line in share.lines] for share in division.shares}


def shared(rule: Definition, candidates: list[Candidate] | None = None, frame: int = FRAME) -> Division:
    """Divide the usual frame among the three."""
    return divide(rule, candidates or three(), frame_ore=frame, year=YEAR)
