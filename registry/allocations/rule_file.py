"""The import file of rules of allocation: one row a part, what concerns the whole rule alike in all its rows. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from registry.allocations.schemas import CODE_MESSAGE, Fixed, Part, Rounding, RuleVersion, Thresholds, read_key
from registry.core.errors import N_
from registry.core.exact import read_exact
from registry.core.money import Money
from registry.core.periods import parse_date
from registry.programmes.rules import read_yes_no

REQUIRED = ("rule", "part", "weight_percent", "key", "source")
THRESHOLDS = ("min_hours", "min_municipalities", "municipality_hours")
FIXED = ("fixed_amount", *(f"fixed_{name}" for name in THRESHOLDS))
OPTIONAL = (
    "title", "note", "programme_hours", "other_group_percent", "most_per_study_hour", "most_percent",
    "issuer", "valid_from", "rule_note", "rounding", "activity_lag", "needs_state_grant", *THRESHOLDS, *FIXED,
)  # fmt: skip
MOST_COUNT = 10**9


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A row: the part, and what it says of the whole rule. What the file has no column for is in neither."""

    rule: str
    part: Mapping[str, Any]
    facts: Mapping[str, Any]


def read_code(text: str) -> str:
    """A part's short name. Raises: ValueError."""
    allowed = text.isascii() and text.replace("_", "a").isalnum() and text.islower() and text[0].isalpha()
    if not allowed or len(text) > 40:
        raise ValueError(CODE_MESSAGE)
    return text


def read_count(text: str) -> int:
    """A whole number. Raises: ValueError."""
    digits = text.replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 11) or int(digits) > MOST_COUNT:
        raise ValueError(N_("Write a whole number."))
    return int(digits)


def read_rounding(text: str) -> Rounding:
    """What shares are rounded to. Raises: ValueError."""
    name = text.strip().lower().replace("ö", "o")
    if name not in list(Rounding):
        raise ValueError(N_("Write ore or krona."))
    return Rounding(name)


def read_lag(text: str) -> int:
    """How many years before the allocation the activity is. Raises: ValueError."""
    if text not in ("0", "1", "2", "3"):
        raise ValueError(N_("Write how many years back the activity is, 0 to 3."))
    return int(text)


READERS: dict[str, Callable[[str], Any]] = {
    "part": read_code,
    "weight_percent": read_exact,
    "key": read_key,
    "programme_hours": read_exact,
    "other_group_percent": read_exact,
    "most_per_study_hour": read_exact,
    "most_percent": read_exact,
    "valid_from": parse_date,
    "rounding": read_rounding,
    "activity_lag": read_lag,
    "needs_state_grant": partial(read_yes_no, field="needs_state_grant"),
    "fixed_amount": Money.parse,
    **dict.fromkeys(THRESHOLDS, read_count),
    **dict.fromkeys(FIXED[1:], read_count),
}
"""How a cell is read; the other columns are texts."""

LONGEST = {"rule": 100, "title": 100, "note": 500, "issuer": 200, "source": 500, "rule_note": 2000}
_PART = {"title": "title", "note": "note", "programme_hours": "programme_hours", "most_percent": "most_percent",
         "other_group_percent": "other_group_percent", "most_per_study_hour": "most_per_study_hour"}  # fmt: skip
_FACTS = {"issuer": "issuer", "source": "source", "valid_from": "valid_from", "rule_note": "note",
          "rounding": "rounding", "activity_lag": "activity_lag", "needs_state_grant": "needs_state_grant"}  # fmt: skip
_EMPTY: dict[str, Any] = {
    "rounding": Rounding.ORE,
    "activity_lag": 1,
    "needs_state_grant": False,
    "note": "",
    "rule_note": "",
}
"""What an empty cell means, where it isn't nothing at all."""


def row_of(cells: Mapping[str, str]) -> RuleRow:
    """A row of cells by column, as texts. Raises: ValueError for a cell that can't be read."""
    read = {
        column: READERS[column](text) if text and column in READERS else text or None for column, text in cells.items()
    }
    return assemble(read, frozenset(cells))


def assemble(read: Mapping[str, Any], given: frozenset[str]) -> RuleRow:
    """A row of cells that are read; an empty one is None. `given` are the columns that the file has."""
    part: dict[str, Any] = {"code": read["part"], "weight": read["weight_percent"], "key": read["key"]}
    for column, name in _PART.items():
        if column in given:
            part[name] = read[column] if read[column] is not None else _EMPTY.get(column)
    if part.get("title", "") is None:
        part["title"] = read["part"]
    facts = {
        name: read[column] if read[column] is not None else _EMPTY.get(column)
        for column, name in _FACTS.items()
        if column in given
    }
    if facts.get("issuer", "") is None:
        facts["issuer"] = read["rule"]
    if given & set(THRESHOLDS):
        facts["thresholds"] = _thresholds(read, "")
    if "fixed_amount" in given:
        amount = read["fixed_amount"]
        facts["fixed"] = Fixed(amount=amount, thresholds=_thresholds(read, "fixed_")) if amount else None
    return RuleRow(read["rule"], part, facts)


def _thresholds(read: Mapping[str, Any], prefix: str) -> Thresholds:
    hours, municipalities, each = (read.get(f"{prefix}{name}") or 0 for name in THRESHOLDS)
    return Thresholds(hours=hours, municipalities=municipalities, municipality_hours=each)


def cells_of(rule: RuleVersion, part: Part) -> dict[str, Any]:
    """A part of a rule as a row of the file, so that an export can be read in again."""
    said = rule.definition
    asked = said.fixed.thresholds if said.fixed else Thresholds()
    return {
        "rule": rule.name, "part": part.code, "weight_percent": part.weight, "key": part.key, "source": rule.source,
        "title": part.title, "note": part.note, "programme_hours": part.programme_hours,
        "other_group_percent": part.other_group_percent, "most_per_study_hour": part.most_per_study_hour,
        "most_percent": part.most_percent, "issuer": rule.issuer, "valid_from": rule.valid_from,
        "rule_note": rule.note, "rounding": said.rounding.value, "activity_lag": said.activity_lag,
        "needs_state_grant": "yes" if said.needs_state_grant else "no", "min_hours": said.thresholds.hours,
        "min_municipalities": said.thresholds.municipalities,
        "municipality_hours": said.thresholds.municipality_hours,
        "fixed_amount": said.fixed.amount.wire if said.fixed else None, "fixed_min_hours": asked.hours,
        "fixed_min_municipalities": asked.municipalities, "fixed_municipality_hours": asked.municipality_hours,
    }  # fmt: skip
