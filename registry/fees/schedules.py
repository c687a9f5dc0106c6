"""Writes of schedules and percentages: a new version is a row of its own, never a change of one that is registered."""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import pairwise
from typing import BinaryIO, cast

from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import N_, BrokenRulesError, FieldError, RegistryError, RuleError
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.database import fetch_value
from registry.documents.sheet import Sheet, SheetErrors
from registry.fees.book import list_schedules
from registry.fees.levels_file import DISCIPLINES, OPTIONAL, REQUIRED, LevelRow, gather, read_level
from registry.fees.rules import Book
from registry.fees.schemas import RatesDetails, Schedule, ScheduleDetails
from registry.imports import Cells, Imported, Source, importing, refuse
from registry.parties.service import demand
from registry.tables.fees import FeeLevel, FeeRates, FeeSchedule
from registry.trail import Entry, Recording, recording

SEED = "fee-levels.csv"
SEED_RATES = RatesDetails(
    year_from=2019,
    employer_basis_points=3142,
    holiday_basis_points=1200,
    vat_basis_points=2500,
    source="fortnox.se, belopp och procentsatser (2026); kro.se (2019) och forfattarformedling.se (2023): "
    "A-skatt = F-skatt ÷ 1,3142 med 12 % semesterersättning",
)
"""Employer contribution 31.42 %, holiday pay 12 %, VAT 25 %: the same in every year for which a source was found."""
MOST_LEVELS = 60


class CorrectionReasonError(RuleError):
    """A second version with the same start corrects the first, and says why."""

    code = "reason-missing"
    message = N_("%(schedule)s already begins on that day. Write why you register it again: the new one then applies.")


async def ensure_levels() -> None:
    """Register the published schedules and percentages in a registry that has none."""
    if await fetch_value("SELECT count(*) FROM fee_schedule"):
        return
    async with recording(CONSOLE) as unit:
        if await fetch_value("SELECT count(*) FROM fee_schedule"):
            return
        entry = unit.enter("fees:schedules:seed", file=SEED)
        for schedule in read_published():
            await _insert(unit, entry, schedule)
        await _insert_rates(unit, entry, SEED_RATES)


def read_published() -> list[ScheduleDetails]:
    """The published schedules that the package holds, each level with its source."""
    with (files("registry.fees") / "data" / SEED).open("rb") as file:
        sheet = Sheet(cast("BinaryIO", file), required=REQUIRED, optional=OPTIONAL)
        rows = [(number, read_level(Cells(sheet, number, cells))) for number, cells in sheet]
        schedules = gather([(number, row) for number, row in rows if row is not None], sheet.errors, DISCIPLINES)
    refuse(sheet.errors)
    return [details for _row, details in schedules]


async def register_schedule(scope: Scope, details: ScheduleDetails) -> int:
    """Register a version of an issuer's schedule. Returns its id.

    Raises: BrokenRulesError, CorrectionReasonError when one with the same start stands and no reason is given.
    """
    demand(scope, Permission.FEES_REGISTER)
    check_schedule(details)
    async with recording(scope) as unit:
        known = await list_schedules(scope)
        details = _named_alike(details, Book(known, ()))
        _check_reason(details, known)
        return await _insert(unit, unit.enter("fees:schedule:register", reason=details.reason), details)


async def import_schedules(
    scope: Scope,
    rows: Sequence[tuple[int, LevelRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
) -> Imported:
    """Register the schedules of a file, all or none; one that is registered just so is left alone.

    Raises: RefusedRowsError.
    """
    demand(scope, Permission.FEES_REGISTER)
    done = Imported()
    async with importing(scope, dry_run=dry_run) as unit:
        registered = await list_schedules(scope)
        known: list[ScheduleDetails | Schedule] = [*registered]
        book = Book(registered, ())
        arts = {**DISCIPLINES, **{schedule.issuer: schedule.discipline for schedule in known}}
        for number, read in gather(rows, errors, arts):
            details = _named_alike(read, book)
            if any(_same(details, schedule) for schedule in known):
                done.unchanged += 1
                continue
            try:
                check_schedule(details)
                _check_reason(details, known)
            except RegistryError as error:
                errors.add_refusal(number, "schedule", error)
                continue
            if not len(errors):
                entry = unit.enter(
                    "fees:schedule:register",
                    reason=details.reason,
                    file=source.name,
                    sha256=source.sha256,
                    row=number,
                )
                await _insert(unit, entry, details)
            known.append(details)
            done.new += 1
        refuse(errors)
    return done


async def set_rates(scope: Scope, details: RatesDetails) -> int:
    """Register the percentages of some years; they go before those that were registered earlier. Returns the id.

    Raises: BrokenRulesError.
    """
    demand(scope, Permission.FEES_REGISTER)
    check_rates(details)
    async with recording(scope) as unit:
        return await _insert_rates(unit, unit.enter("fees:rates:register", reason=details.reason), details)


def check_schedule(details: ScheduleDetails) -> None:
    """Raises: BrokenRulesError naming each field that can't be right."""
    errors: list[tuple[str, RegistryError]] = []

    def refuse_field(field: str, message: str, **data: object) -> None:
        errors.append((field, RuleError(field=field, message=message, **data)))

    if details.valid_from and details.valid_to and details.valid_to < details.valid_from:
        refuse_field("valid_to", N_("The period must end on or after the day it starts."))
    if not details.levels:
        refuse_field("levels", N_("Write at least one level."))
    if len(details.levels) > MOST_LEVELS:
        refuse_field("levels", N_("A schedule has at most %(most)s levels."), most=MOST_LEVELS)
    codes = sorted(level.code for level in details.levels)
    if twice := next((one for one, other in pairwise(codes) if one == other), None):
        refuse_field("levels", N_("The code %(level)s stands twice. Each level has a code of its own."), level=twice)
    if any(level.amount_ore <= 0 for level in details.levels):
        refuse_field("levels", N_("The amount must be more than 0."))
    if details.url and not details.url.startswith(("https://", "http://")):
        refuse_field("url", N_("Write the whole address, beginning with https://."))
    if errors:
        raise BrokenRulesError(errors)


def check_rates(details: RatesDetails) -> None:
    """Raises: BrokenRulesError."""
    errors: list[tuple[str, RegistryError]] = []
    if not FIRST_YEAR <= details.year_from <= LAST_YEAR:
        message = N_("Write the year with four digits, for example 2025.")
        errors.append(("year_from", RuleError(field="year_from", message=message)))
    if details.year_to is not None and not details.year_from <= details.year_to <= LAST_YEAR:
        message = N_("The last year must be the first one or a later one.")
        errors.append(("year_to", RuleError(field="year_to", message=message)))
    if not details.source.strip():
        message = N_("Write where the percentages come from.")
        errors.append(("source", FieldError(field="source", message=message)))
    if errors:
        raise BrokenRulesError(errors)


def _check_reason(details: ScheduleDetails, known: Iterable[ScheduleDetails | Schedule]) -> None:
    codes = {level.code for level in details.levels}
    for schedule in known:
        alike = (schedule.issuer, schedule.valid_from) == (details.issuer, details.valid_from)
        if alike and not details.reason.strip() and codes & {level.code for level in schedule.levels}:
            raise CorrectionReasonError(field="reason", schedule=schedule.title)


def _named_alike(details: ScheduleDetails, known: Book) -> ScheduleDetails:
    """An issuer has one name: `klys` is `Sveriges Författarförbund / KLYS` when that is registered."""
    return details.model_copy(update={"issuer": known.issuer(details.issuer) or details.issuer})


def _same(details: ScheduleDetails, schedule: ScheduleDetails | Schedule) -> bool:
    facts = ("issuer", "title", "discipline", "valid_from", "valid_to", "applies_by")
    level_facts = ("code", "title", "unit", "amount_ore", "basis")
    return all(getattr(details, name) == getattr(schedule, name) for name in facts) and [
        tuple(getattr(level, name) for name in level_facts) for level in details.levels
    ] == [tuple(getattr(level, name) for name in level_facts) for level in schedule.levels]


async def _insert(unit: Recording, entry: Entry, details: ScheduleDetails) -> int:
    facts = details.model_dump(exclude={"levels"}, mode="python")
    facts["discipline"], facts["applies_by"] = details.discipline.value, details.applies_by.value
    schedule_id = await unit.insert(entry, FeeSchedule, **facts, recorded_at=unit.now, recorded_by=unit.scope.user_id)
    for position, level in enumerate(details.levels, start=1):
        await unit.insert(
            entry,
            FeeLevel,
            schedule_id=schedule_id,
            position=position,
            code=level.code,
            title=level.title,
            unit=level.unit.value,
            amount_ore=int(level.amount_ore),
            basis=level.basis.value,
            source=level.source,
        )
    return schedule_id


async def _insert_rates(unit: Recording, entry: Entry, details: RatesDetails) -> int:
    return await unit.insert(
        entry, FeeRates, **details.model_dump(), recorded_at=unit.now, recorded_by=unit.scope.user_id
    )
