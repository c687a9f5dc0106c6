"""The form of a rule: rows of parts, each with its key and bounds, and what concerns the whole rule."""

from collections.abc import Mapping

from pydantic import ValidationError

from registry.allocations.rule_file import read_code, read_count
from registry.allocations.schemas import KEYS, MOST_PARTS, ROUNDING_TITLES, RuleDetails, RuleVersion
from registry.allocations.words import key_title
from registry.core.errors import N_
from registry.core.exact import read_exact, write_exact
from registry.texts import _
from registry.web.forms import MISSING, Form

ROWS = 4
"""Rows that a form shows at first, and how many more each press adds."""
PART = ("code", "title", "weight", "key", "programme_hours", "other_group_percent", "most_per_study_hour",
        "most_percent", "note")  # fmt: skip
EXACT = ("programme_hours", "other_group_percent", "most_per_study_hour", "most_percent")
THRESHOLDS = ("hours", "municipalities", "municipality_hours")
LAGS = {
    "1": N_("the year before"),
    "2": N_("two years before"),
    "3": N_("three years before"),
    "0": N_("the same year"),
}
LONGEST_TITLE, LONGEST_NOTE = 100, 500


def key_options() -> list[tuple[str, str]]:
    """The keys to choose among, each with its name."""
    return [(key, key_title(key)) for key in KEYS]


def rounding_options() -> list[tuple[str, str]]:
    """To the öre or to whole kronor."""
    return [(one.value, _(title)) for one, title in ROUNDING_TITLES.items()]


def lag_options() -> list[tuple[str, str]]:
    """Which year's activity counts."""
    return [(value, _(title)) for value, title in LAGS.items()]


def row_names(row: int) -> dict[str, str]:
    """The fields of a part's row by what they hold."""
    return {name: f"part_{row}_{name}" for name in PART}


def rows_shown(form: Form) -> int:
    """How many rows to show: as many as were shown or filled, at least `ROWS`."""
    filled = [row for row in range(1, MOST_PARTS + 1) if _holds_something(form, row)]
    shown = form.get("rows")
    wanted = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 3 else 0
    return min(max(ROWS, wanted, *filled), MOST_PARTS)


def add_rows(form: Form) -> None:
    """Show more rows, and keep what was typed."""
    form.values["rows"] = str(min(rows_shown(form) + ROWS, MOST_PARTS))


def filled(rule: RuleVersion, weights: Mapping[str, str]) -> Form:
    """A form with what a rule says, perhaps with other weights by part."""
    said = rule.definition
    values = {
        "issuer": rule.issuer,
        "source": rule.source,
        "note": rule.note,
        "valid_from": rule.valid_from.isoformat() if rule.valid_from else "",
        "rounding": said.rounding.value,
        "activity_lag": str(said.activity_lag),
        "needs_state_grant": "1" if said.needs_state_grant else "",
    }
    for name in THRESHOLDS:
        values[f"least_{name}"] = str(getattr(said.thresholds, name) or "")
        values[f"fixed_{name}"] = str(getattr(said.fixed.thresholds, name) or "") if said.fixed else ""
    if said.fixed:
        values["fixed_amount"] = said.fixed.amount.wire.replace(".", ",").removesuffix(",00")
    for row, part in enumerate(said.parts, start=1):
        told = {name: getattr(part, name) for name in PART}
        told["weight"] = weights.get(part.code) or _typed(part.weight)
        told |= {name: _typed(told[name]) for name in EXACT if told[name] is not None}
        values |= {row_names(row)[name]: str(value) for name, value in told.items() if value is not None}
    return Form(values)


def _typed(value: object) -> str:
    return write_exact(value).replace(".", ",") if not isinstance(value, str) else value  # type: ignore[arg-type]


def read_details(form: Form) -> RuleDetails | None:
    """The rule that the form holds, or None with the messages added."""
    parts = {row: _read_part(form, row) for row in range(1, MOST_PARTS + 1) if _holds_something(form, row)}
    if not parts:
        form.refuse("part_1_weight", _("Write at least one part."))
    valid_from = form.date("valid_from", required=False)
    fixed_amount = form.money("fixed_amount", required=False)
    definition = {
        "parts": list(parts.values()),
        "rounding": form.choice("rounding", dict(rounding_options())),
        "activity_lag": int(form.choice("activity_lag", LAGS) or 1),
        "needs_state_grant": form.checked("needs_state_grant"),
        "thresholds": _thresholds(form, "least_"),
        "fixed": {"amount": fixed_amount, "thresholds": _thresholds(form, "fixed_")} if fixed_amount else None,
    }
    texts = {
        "issuer": form.text("issuer", required=True),
        "source": form.text("source", required=True, most=500),
        "note": form.text("note", most=2000),
    }
    if form.errors:
        return None
    try:
        return RuleDetails.model_validate({"valid_from": valid_from, "definition": definition, **texts})
    except ValidationError as error:
        _tell(form, error, list(parts))
    return None


def _holds_something(form: Form, row: int) -> bool:
    return any(form.get(name) for name in row_names(row).values())


def _read_part(form: Form, row: int) -> dict[str, object]:
    names = row_names(row)
    part: dict[str, object] = {}
    for name, read in (("code", read_code), ("weight", read_exact), *((name, read_exact) for name in EXACT)):
        text = form.get(names[name])
        if text:
            try:
                part[name] = read(text)
            except ValueError as error:
                form.refuse(names[name], _(str(error)))
        elif name in ("code", "weight"):
            form.refuse(names[name], _(MISSING))
    part["key"] = form.choice(names["key"], KEYS)
    part["title"] = form.text(names["title"], most=LONGEST_TITLE) or form.get(names["code"])
    part["note"] = form.text(names["note"], most=LONGEST_NOTE)
    return part


def _thresholds(form: Form, prefix: str) -> dict[str, int]:
    counts = {}
    for name in THRESHOLDS:
        text = form.get(prefix + name)
        try:
            counts[name] = read_count(text) if text else 0
        except ValueError as error:
            form.refuse(prefix + name, _(str(error)))
    return counts


def _tell(form: Form, error: ValidationError, rows: list[int]) -> None:
    """Put what the definition refuses at the row that it concerns, or at the weights."""
    for problem in error.errors():
        message = _(str(problem["msg"]).removeprefix("Value error, "))
        place = problem["loc"]
        if len(place) > 2 and place[1] == "parts" and isinstance(place[2], int):
            form.refuse(f"part_{rows[place[2]]}_key", message)
        else:
            form.refuse("part_1_weight", message)
