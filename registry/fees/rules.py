"""The check of an engagement against the fee level in force. Pure: schedules, percentages and terms in, a finding out.

Sources: fee-levels.csv (levels), KRO and Författarförmedlingen (A-tax gross = F-tax ÷ 1.3142, which holds 12 % holiday
pay), Skatteverket (employer contribution, VAT). Everything is counted in whole numbers and fractions.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from functools import partial

from registry.core.money import Money
from registry.fees.schemas import (
    THOUSAND,
    Basis,
    Check,
    Discipline,
    Level,
    Outcome,
    Part,
    Rates,
    Schedule,
    Tax,
    Terms,
    Unit,
)

WHOLE = 10_000
"""A whole in basis points."""
APPEARANCE, SCHOOL = "appearance", "school"
STEP_BASES = {APPEARANCE: "appearance-120", SCHOOL: "school-1"}
"""Codes that are a step function over other levels of the same schedule, and the level that each can't be without."""
QUARTER, TWO_HOURS = THOUSAND // 4, 2 * THOUSAND
MOST_LESSONS = 4
"""So many lessons of one day have a level of their own; each further one is an extra."""


class Book:
    """All schedules and percentages, arranged for looking up.

    Issuers are found whatever their case, and by each part of a name such as `Sveriges Författarförbund / KLYS`.
    """

    def __init__(self, schedules: Iterable[Schedule], rates: Iterable[Rates]) -> None:
        newest_first = sorted(schedules, key=lambda one: (one.valid_from or date.min, one.id), reverse=True)
        self._by_issuer: dict[str, list[Schedule]] = {}
        for schedule in newest_first:
            self._by_issuer.setdefault(schedule.issuer, []).append(schedule)
        self._names = {name: issuer for issuer in self._by_issuer for name in _names_of(issuer)}
        self._names |= {_plain(issuer): issuer for issuer in self._by_issuer}
        self._rates = sorted(rates, key=lambda one: one.id, reverse=True)
        self._found: dict[tuple[str, str], tuple[Schedule, ...]] = {}

    @property
    def issuers(self) -> list[str]:
        """Every issuer, by name."""
        return sorted(self._by_issuer)

    def issuer(self, name: str) -> str | None:
        """The issuer that a name stands for."""
        return self._names.get(_plain(name))

    def versions(self, issuer: str) -> list[Schedule]:
        """An issuer's schedules; what began last, and of those what was registered last, comes first."""
        return self._by_issuer.get(issuer, [])

    def discipline(self, issuer: str) -> Discipline | None:
        """What an issuer's schedules are about."""
        versions = self.versions(self.issuer(issuer) or "")
        return versions[0].discipline if versions else None

    def answering(self, issuer: str, code: str) -> tuple[Schedule, ...]:
        """The issuer's schedules that know a code, in the order in which one of them is to be chosen."""
        place = (issuer, code)
        if place not in self._found:
            known = self.versions(self.issuer(issuer) or "")
            self._found[place] = tuple(
                one for one in known if one.level(code) is not None or one.level(STEP_BASES.get(code, "")) is not None
            )
        return self._found[place]

    def applies(self, schedule: Schedule, day: date) -> bool:
        """Whether some level of a schedule holds on a day, and isn't replaced by what began or was registered later."""
        return day in schedule and any(
            next(one for one in self.answering(schedule.issuer, level.code) if day in one).id == schedule.id
            for level in schedule.levels
        )

    def rates(self, year: int) -> Rates | None:
        """The percentages of a year; of two that cover it, the one registered last."""
        return next(
            (
                one
                for one in self._rates
                if one.year_from <= year and (one.year_to is None or year <= one.year_to)
            ),
            None,
        )  # fmt: skip


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _names_of(issuer: str) -> list[str]:
    return [_plain(part) for part in issuer.split("/")]


def check(book: Book, terms: Terms) -> Check:
    """Compare an engagement with the level in force on its date. It warns and never blocks."""
    unnamed = tuple(name for name in ("issuer", "code") if not getattr(terms, name).strip())
    if unnamed:
        return Check(Outcome.INCOMPLETE, unnamed)
    schedule, day, undated = _in_force(book.answering(terms.issuer, terms.code), terms)
    if schedule is None and not undated:
        return _without_level(book, terms)
    missing = [*undated, *_missing(terms)]
    if schedule is None or missing:
        return Check(Outcome.INCOMPLETE, tuple(missing), schedule, day)
    parts = parts_of(schedule, terms.code, terms.quantity or 0, terms.artists)
    if parts is None:
        return _without_level(book, terms)
    return _compare(book, terms, schedule, day, parts)


def _in_force(candidates: Sequence[Schedule], terms: Terms) -> tuple[Schedule | None, date | None, tuple[str, ...]]:
    """The first schedule that holds on its date; else the dates that are missing for one to be chosen."""
    undated: dict[str, None] = {}
    for schedule in candidates:
        day: date | None = getattr(terms, schedule.applies_by)
        if day is None:
            undated[schedule.applies_by.value] = None
        elif day in schedule:
            return schedule, day, ()
    return None, None, tuple(undated)


def _missing(terms: Terms) -> list[str]:
    missing = []
    if terms.quantity is None:
        missing.append("quantity")
    elif terms.code == SCHOOL and terms.quantity % THOUSAND:
        missing.append("whole_lessons")
    if terms.agreed_fee_ore is None:
        missing.append("agreed_fee")
    if terms.tax not in (Tax.F, Tax.A):
        missing.append("tax")
    if terms.tax == Tax.A and terms.vat_included:
        missing.append("vat_on_salary")
    return missing


def parts_of(schedule: Schedule, code: str, quantity: int, artists: int) -> tuple[Part, ...] | None:
    """What a quantity (thousandths) of a code is made of, None when the schedule has no level for it.

    A level counts once for each unit; started hours are rounded up; `appearance` (hours) and `school` (lessons) are
    step functions; weeks × artists counts for each artist.
    """
    level = schedule.level(code)
    if level is not None:
        return (_times(level, quantity, artists),)
    parts = []
    for name, times in _appearance(quantity) if code == APPEARANCE else _school(quantity):
        level = schedule.level(name)
        if level is None:
            return None
        parts.append(Part(level, times))
    return tuple(parts)


def _times(level: Level, quantity: int, artists: int) -> Part:
    if level.unit is Unit.STARTED_HOUR:
        quantity = _started(quantity)
    return Part(level, quantity, artists if level.unit is Unit.WEEK_ARTISTS else 1)


def _started(quantity: int) -> int:
    return -(-quantity // THOUSAND) * THOUSAND


def _appearance(hours: int) -> list[tuple[str, int]]:
    if hours <= QUARTER:
        return [("appearance-15", THOUSAND)]
    whole = [("appearance-120", THOUSAND)]
    return whole if hours <= TWO_HOURS else [*whole, ("started-hour", _started(hours - TWO_HOURS))]


def _school(lessons: int) -> list[tuple[str, int]]:
    extra = lessons - MOST_LESSONS * THOUSAND
    if extra <= 0:
        return [(f"school-{lessons // THOUSAND}", THOUSAND)]
    return [(f"school-{MOST_LESSONS}", THOUSAND), ("school-extra", extra)]


def _without_level(book: Book, terms: Terms) -> Check:
    """There is nothing to compare with; the fee is normalised all the same where enough of it is known."""
    if terms.agreed_fee_ore is None or "tax" in _missing(terms) or "vat_on_salary" in _missing(terms):
        return Check(Outcome.NO_SCHEDULE)
    dated = terms.event_date or terms.contract_date or terms.booking_date
    rates = book.rates(dated.year) if dated else None
    if rates is None and _needs_rates(terms):
        return Check(Outcome.NO_SCHEDULE)
    return Check(Outcome.NO_SCHEDULE, rates=rates, fee_ore=rounded(fee_of(terms, rates)))


def _needs_rates(terms: Terms) -> bool:
    return terms.tax == Tax.A or (terms.vat_included and terms.vat_basis_points is None)


def _compare(book: Book, terms: Terms, schedule: Schedule, day: date | None, parts: tuple[Part, ...]) -> Check:
    salary = any(part.level.basis is Basis.SALARY for part in parts)
    rates = None
    if salary or _needs_rates(terms):
        dated = terms.event_date or day
        assert dated is not None  # noqa: S101 - a schedule was chosen by a date
        rates = book.rates(dated.year)
        if rates is None:
            return Check(Outcome.INCOMPLETE, ("rates",), schedule, day)
    level = sum((level_of(part, rates) for part in parts), Fraction(0))
    level_ore, fee_ore = rounded(level), rounded(fee_of(terms, rates))
    gap = Money(level_ore - fee_ore)
    found = partial(Check, schedule=schedule, day=day, rates=rates, parts=parts, level_ore=level_ore, fee_ore=fee_ore)
    if gap <= 0:
        return found(Outcome.MEETS)
    return found(Outcome.BELOW, gap_ore=gap, gap_basis_points=int(rounded(Fraction(gap * WHOLE, level_ore))))


def level_of(part: Part, rates: Rates | None) -> Fraction:
    """A part in öre as F-tax without VAT, not yet rounded."""
    amount = Fraction(part.level.amount_ore * part.quantity * part.artists, THOUSAND)
    return amount * employer_factor(rates) if part.level.basis is Basis.SALARY else amount


def fee_of(terms: Terms, rates: Rates | None) -> Fraction:
    """The agreed fee in öre as F-tax without VAT, not yet rounded.

    VAT is taken out of an invoice that holds it; a salary, with its holiday pay, gets the employer contribution added.
    """
    fee = Fraction(terms.agreed_fee_ore or 0)
    if terms.tax == Tax.A:
        return fee * employer_factor(rates)
    return fee * WHOLE / (WHOLE + vat_of(terms, rates)) if terms.vat_included else fee


def employer_factor(rates: Rates | None) -> Fraction:
    """By what a salary is multiplied to cost as much as an invoice: 1.3142 in most years."""
    return Fraction(WHOLE + (rates.employer_basis_points if rates else 0), WHOLE)


def vat_of(terms: Terms, rates: Rates | None) -> int:
    """The invoice's VAT in basis points: its own, or the year's ordinary one."""
    if terms.vat_basis_points is not None:
        return terms.vat_basis_points
    return rates.vat_basis_points if rates else 0


def rounded(value: Fraction) -> Money:
    """To whole öre (or whole basis points), half upwards."""
    return Money((2 * value.numerator + value.denominator) // (2 * value.denominator))
