"""Reading the file of fee levels: rows of cells become levels, and rows of one schedule become that schedule."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from registry.core.errors import N_
from registry.core.money import Money
from registry.core.periods import parse_date
from registry.documents.sheet import SheetErrors
from registry.fees.schemas import AppliesBy, Basis, Discipline, LevelDetails, ScheduleDetails, Unit
from registry.imports import Cells

REQUIRED = (
    "issuer",
    "schedule",
    "valid_from",
    "valid_to",
    "applies_by",
    "code",
    "title",
    "unit",
    "amount_sek",
    "basis",
)
OPTIONAL = ("source", "discipline", "url", "note", "reason")

BASES = {"f-tax, ex vat": Basis.F_TAX, "f-tax": Basis.F_TAX, "f": Basis.F_TAX, "f-skatt": Basis.F_TAX,
         "salary": Basis.SALARY, "a": Basis.SALARY, "a-tax": Basis.SALARY, "lön": Basis.SALARY}  # fmt: skip
"""How a file may write what a level is stated as, besides our own words."""
DISCIPLINES = {
    "Sveriges Författarförbund / KLYS": Discipline.LITERATURE,
    "Konstnärernas Riksorganisation": Discipline.VISUAL_ARTS,
    "Musikerförbundet": Discipline.MUSIC,
    "Scen & Film": Discipline.THEATRE,
}
"""The art of the issuers that the published file names, which doesn't say it."""


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A row: the level, and the facts of the schedule that it belongs to."""

    schedule: dict[str, Any]
    level: LevelDetails

    @property
    def key(self) -> tuple[object, ...]:
        """What rows of the same schedule have in common."""
        return tuple(self.schedule[name] for name in ("issuer", "title", "valid_from", "valid_to", "applies_by"))


def read_level(cells: Cells) -> LevelRow | None:
    """A row, or None with its errors added."""
    texts = {name: cells.text(name, most=2000) for name in ("source", "url", "note", "reason")}
    issuer = " ".join(cells.text("issuer", required=True, most=120).split())
    schedule = {
        "issuer": issuer,
        "title": cells.text("schedule", required=True),
        "valid_from": cells.read("valid_from", parse_date, required=False),
        "valid_to": cells.read("valid_to", parse_date, required=False),
        "applies_by": cells.read("applies_by", read_applies_by),
        "discipline": cells.read("discipline", _discipline, required=False),
        **{name: texts[name] for name in ("url", "note", "reason")},
    }
    level: dict[str, Any] = {
        "code": cells.text("code", required=True, most=40),
        "title": cells.text("title", required=True),
        "unit": cells.read("unit", read_unit),
        "amount_ore": cells.read("amount_sek", _amount),
        "basis": cells.read("basis", read_basis),
        "source": texts["source"],
    }
    return LevelRow(schedule, LevelDetails(**level)) if cells.ok else None


def gather(
    rows: Iterable[tuple[int, LevelRow]], errors: SheetErrors, known: Mapping[str, Discipline]
) -> list[tuple[int, ScheduleDetails]]:
    """The schedules of a file in its order, each with the number of its first row.

    `known`: the arts of issuers, for a file that doesn't say it.
    """
    found: dict[tuple[object, ...], tuple[int, dict[str, Any], list[LevelDetails]]] = {}
    for number, row in rows:
        first, facts, levels = found.setdefault(row.key, (number, row.schedule, []))
        for name in ("discipline", "url", "note", "reason"):
            if row.schedule[name] != facts[name]:
                errors.add(number, name, DIFFERS, row=first)
        levels.append(row.level)
    return [(number, _schedule(facts, levels, known)) for number, facts, levels in found.values()]


DIFFERS = N_("This differs from row %(row)s, which belongs to the same schedule. Write the same in all its rows.")


def _schedule(facts: dict[str, Any], levels: list[LevelDetails], known: Mapping[str, Discipline]) -> ScheduleDetails:
    discipline = facts["discipline"] or known.get(facts["issuer"], Discipline.OTHER)
    return ScheduleDetails(**{**facts, "discipline": discipline}, source=_source(levels), levels=tuple(levels))


def _source(levels: Iterable[LevelDetails]) -> str:
    """Where the levels come from, each place once."""
    return "; ".join(dict.fromkeys(level.source for level in levels if level.source))[:2000]


def read_applies_by(text: str) -> AppliesBy:
    """Read which date applies. Raises: ValueError."""
    try:
        return AppliesBy(_word(text))
    except ValueError:
        raise ValueError(N_("Write booking_date or contract_date, whichever picks the schedule.")) from None


def read_unit(text: str) -> Unit:
    """Read a unit as a file names it, such as `started hour` or `week x artists`. Raises: ValueError."""
    try:
        return Unit(_word(text.replace("×", " ").replace(" x ", " ")))
    except ValueError:
        raise ValueError(
            N_(
                "Write the unit: appearance, started hour, hour, visit, lesson, gig, performance, day, week or"
                " week x artists."
            )
        ) from None


def read_basis(text: str) -> Basis:
    """Read what a level is stated as. Raises: ValueError."""
    word = " ".join(text.split()).casefold()
    if word in BASES:
        return BASES[word]
    try:
        return Basis(_word(text))
    except ValueError:
        raise ValueError(N_("Write F-tax, ex VAT or salary.")) from None


def _discipline(text: str) -> Discipline:
    try:
        return Discipline(_word(text))
    except ValueError:
        raise ValueError(N_("Write the art: literature, visual_arts, music, theatre, dance, film or other.")) from None


def _amount(text: str) -> Money:
    amount = Money.parse(text)
    if amount <= 0:
        raise ValueError(N_("The amount must be more than 0."))
    return amount


def _word(text: str) -> str:
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").split())
