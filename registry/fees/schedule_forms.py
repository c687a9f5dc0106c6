"""The forms of a schedule and of percentages: what was typed becomes details, and details fill a form."""

from collections.abc import Sequence

from registry.fees.reading import parse_percent, typed_percent
from registry.fees.schedules import MOST_LEVELS
from registry.fees.schemas import (
    APPLIES_BY_TITLES,
    BASIS_TITLES,
    DISCIPLINE_TITLES,
    UNIT_TITLES,
    AppliesBy,
    Basis,
    Discipline,
    LevelDetails,
    Rates,
    RatesDetails,
    Schedule,
    ScheduleDetails,
    Unit,
)
from registry.texts import _
from registry.web.forms import Form

ROWS = 4
"""Rows of levels that an empty form shows, and how many more each press adds."""
FIELDS = ("code", "title", "unit", "amount", "basis")


def schedule_options() -> dict[str, list[tuple[str, str]]]:
    """What the selects offer."""
    return {
        "disciplines": [(one.value, _(title)) for one, title in DISCIPLINE_TITLES.items()],
        "dates": [(one.value, _(title)) for one, title in APPLIES_BY_TITLES.items()],
        "units": [(one.value, _(title)) for one, title in UNIT_TITLES.items()],
        "bases": [(one.value, _(title)) for one, title in BASIS_TITLES.items()],
    }


def level_rows(form: Form) -> int:
    """How many rows to show: as many as were shown or filled, at least `ROWS`."""
    filled = [row for row in range(1, MOST_LEVELS + 1) if any(form.get(f"{name}_{row}") for name in ("code", "title"))]
    shown = form.get("rows")
    wanted = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 3 else 0
    return min(max(ROWS, wanted, *filled), MOST_LEVELS)


def add_rows(form: Form) -> None:
    """Show more rows, and keep what was typed."""
    form.values["rows"] = str(min(level_rows(form) + ROWS, MOST_LEVELS))


def filled_schedule(schedule: Schedule) -> Form:
    """A form for the next version of a schedule: its levels, for new amounts."""
    values = {
        "issuer": schedule.issuer,
        "title": "",
        "discipline": schedule.discipline.value,
        "applies_by": schedule.applies_by.value,
        "url": schedule.url,
    }
    for row, level in enumerate(schedule.levels, start=1):
        values |= {
            f"code_{row}": level.code,
            f"title_{row}": level.title,
            f"unit_{row}": level.unit.value,
            f"amount_{row}": level.amount_ore.wire.removesuffix(".00").replace(".", ","),
            f"basis_{row}": level.basis.value,
        }
    return Form(values)


def read_schedule(form: Form) -> ScheduleDetails | None:
    """The version that the form holds, or None with the messages added."""
    discipline = form.choice("discipline", list(Discipline))
    applies_by = form.choice("applies_by", list(AppliesBy))
    values = {
        "issuer": " ".join(form.text("issuer", required=True, most=120).split()),
        "title": form.text("title", required=True),
        "valid_from": form.date("valid_from", required=False),
        "valid_to": form.date("valid_to", required=False),
        "source": form.text("source", required=True, most=2000),
        "url": form.text("url", most=2000),
        "note": form.text("note", most=2000),
        "reason": form.text("reason", most=2000),
    }
    levels = [level for row in range(1, level_rows(form) + 1) if (level := _read_level(form, row)) is not None]
    if not form.ok:
        return None
    source = values["source"]
    return form.build(
        ScheduleDetails,
        **values,
        discipline=discipline,
        applies_by=applies_by,
        levels=tuple(level.model_copy(update={"source": source}) for level in levels),
    )


def _read_level(form: Form, row: int) -> LevelDetails | None:
    """The level of a row; one without code, title and amount is left out."""
    names = {name: f"{name}_{row}" for name in FIELDS}
    if not any(form.get(names[name]) for name in ("code", "title", "amount")):
        return None
    code = form.text(names["code"], required=True, most=40)
    title = form.text(names["title"], required=True)
    unit = form.choice(names["unit"], list(Unit))
    basis = form.choice(names["basis"], list(Basis))
    amount = form.money(names["amount"])
    if unit is None or basis is None or amount is None or not form.ok:
        return None
    return LevelDetails(code=code, title=title, unit=Unit(unit), amount_ore=amount, basis=Basis(basis))


def rate_form(known: Sequence[Rates], year: int) -> Form:
    """A form with the percentages of the latest years, for a year."""
    if not known:
        return Form({"year_from": str(year)})
    latest = known[0]
    return Form(
        {
            "year_from": str(year),
            "employer": typed_percent(latest.employer_basis_points),
            "holiday": typed_percent(latest.holiday_basis_points),
            "vat": typed_percent(latest.vat_basis_points),
        }
    )


def read_rates(form: Form) -> RatesDetails | None:
    """The percentages that the form holds, or None with the messages added."""
    percents = {}
    for field, name in (("employer", "employer_basis_points"), ("holiday", "holiday_basis_points"),
                        ("vat", "vat_basis_points")):  # fmt: skip
        form.text(field, required=True, most=10)
        percents[name] = form.read(field, parse_percent)
    return form.build(
        RatesDetails,
        year_from=form.integer("year_from", low=1990, high=2100),
        year_to=form.integer("year_to", required=False, low=1990, high=2100),
        source=form.text("source", required=True, most=2000),
        reason=form.text("reason", most=2000),
        **percents,
    )
