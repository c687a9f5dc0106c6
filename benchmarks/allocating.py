"""Dividing a frame among three hundred associations by ten parts, beside the bare arithmetic of the same division."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction

from benchmarks.measure import by_turns
from benchmarks.report import Figure
from benchmarks.sizes import Sizes
from registry.allocations.inputs import ActivityRow, Association, Inputs
from registry.allocations.results import work_out
from registry.allocations.rules import Candidate, bases_of, divide
from registry.allocations.schemas import Definition, Measure, RuleVersion
from registry.core.money import Money
from registry.parties.statuses import Status

ASSOCIATIONS, KOMMUNER, YEAR = 300, 5, 2026
FRAME = Money(6_300_000_01)
KEYS = ("previous_year_share", "two_year_mean", "three_year_mean", "even", "study_hours", "participant_hours",
        "unique_participants", "cultural_programmes", "target_group_hours", "state_grant_two_years")  # fmt: skip
FACTORS: dict[str, dict[str, Fraction]] = {
    "study_hours": {"programme_hours": Fraction(9), "other_group_percent": Fraction(50)},
    "participant_hours": {"most_per_study_hour": Fraction(15)},
}
LIMIT_MS, EXPLAINED_MS = 20, 250


def make_rule() -> RuleVersion:
    """Ten parts of ten per cent: means of years, conversions and a bound among them."""
    parts = [{"code": key, "title": key, "weight": Fraction(10), "key": key, **FACTORS.get(key, {})} for key in KEYS]
    return RuleVersion(
        id=1, rule_id=1, name="Ten parts", funder_id=None, version=1, reason="", recorded_at=datetime.now(UTC),
        recorded_by="", seq=1, issuer="-", source="-", definition=Definition.model_validate({"parts": parts}),
    )  # fmt: skip


def make_inputs() -> Inputs:
    """Three years of grants, and two of activity in five kommuner each."""
    return Inputs(
        programme="",
        funder="",
        year=YEAR,
        eligible_on=date(YEAR, 1, 1),
        municipality="",
        associations=tuple(_association(number) for number in range(1, ASSOCIATIONS + 1)),
        left_out=(),
    )


def _association(number: int) -> Association:
    rows = [
        ActivityRow(
            year=year,
            municipality=f"Kommun {kommun}",
            counts={measure: number * (97 + kommun) * (place + 3) % 4_999 for place, measure in enumerate(Measure)},
        )
        for year in (YEAR - 2, YEAR - 1)
        for kommun in range(KOMMUNER)
    ]
    return Association(
        party_id=number,
        org_number=f"809900-{number:04d}",
        name=f"Förbund {number}",
        status=Status.ACTIVE,
        previous={year: Money(number * year * 7_919 % 90_000_000) for year in range(YEAR - 3, YEAR)},
        activity=tuple(rows),
    )


def by_hand(frame: int, columns: Sequence[Sequence[int]]) -> list[int]:
    """What each gets, in plain whole numbers: the bases are given, the parts alike; nothing is kept or explained."""
    totals = [0] * len(columns[0])
    for place, bases in enumerate(columns):
        amount = frame // len(columns) + (place < frame % len(columns))
        basis = sum(bases)
        pieces = [divmod(amount * one, basis) for one in bases]
        left = amount - sum(piece for piece, _rest in pieces)
        raised = set(sorted(range(len(bases)), key=lambda one: -pieces[one][1])[:left])
        for one, (piece, _rest) in enumerate(pieces):
            totals[one] += piece + (one in raised)
    return totals


async def allocations(_server_dsn: str, sizes: Sizes) -> list[Figure]:
    """Divide; and divide with every share explained, as pages and files tell it. No database is asked."""
    rule, inputs = make_rule(), make_inputs()
    people: list[Candidate] = sorted(inputs.candidates(), key=lambda one: (one.sort_key, one.org_number))
    columns = [bases_of(rule.definition, part, people, YEAR)[0] for part in rule.definition.parts]

    async def bare() -> None:
        by_hand(FRAME, columns)

    async def division() -> None:
        divide(rule.definition, people, frame_ore=FRAME, year=YEAR)

    async def explained() -> None:
        work_out(rule, inputs, frame=FRAME)

    shares = divide(rule.definition, people, frame_ore=FRAME, year=YEAR).shares
    assert [share.amount_ore for share in shares] == by_hand(FRAME, columns)
    assert sum(share.amount_ore for share in shares) == FRAME
    floor, measured = await by_turns(bare, division, rounds=5 * sizes.rounds)
    _floor, whole = await by_turns(bare, explained, rounds=sizes.rounds)
    work = f"divide among {ASSOCIATIONS} by {len(KEYS)} parts"
    return [
        Figure(work, floor, measured, "ratio", 15),
        Figure(f"{work}: whole time", 0, measured, "more_ms", LIMIT_MS),
        Figure(f"{work}, every share explained", 0, whole, "more_ms", EXPLAINED_MS),
    ]
