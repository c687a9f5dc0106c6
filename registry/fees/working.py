"""The check told step by step in plain words, so that a person can do it again with a calculator."""

from collections.abc import Iterator
from fractions import Fraction

from registry.core.errors import N_
from registry.core.money import Money
from registry.fees.rules import WHOLE, employer_factor, fee_of, level_of, rounded, vat_of
from registry.fees.schemas import (
    APPLIES_BY_TITLES,
    THOUSAND,
    UNIT_TITLES,
    Basis,
    Check,
    Outcome,
    Part,
    Rates,
    Schedule,
    Tax,
    Terms,
)
from registry.texts import (
    _,
    format_basis_points,
    format_date,
    format_factor,
    format_kronor,
    format_thousandths,
)

MISSING = {
    "issuer": N_("whose level applies (the issuer)"),
    "code": N_("which level applies (the code)"),
    "booking_date": N_("the booking date"),
    "contract_date": N_("the contract date"),
    "quantity": N_("how many (the quantity)"),
    "whole_lessons": N_("a whole number of lessons"),
    "agreed_fee": N_("the agreed fee"),
    "tax": N_("whether it is paid with F-tax or A-tax"),
    "vat_on_salary": N_("whether it is an invoice or a salary: a salary has no VAT"),
    "rates": N_("the year's percentages in the registry (employer contribution and VAT)"),
}
"""What the check may lack."""


def missing_texts(check: Check) -> list[str]:
    """What an incomplete check lacks, in the reader's language."""
    return [_(MISSING[name]) for name in check.missing]


def below_text(gap: Money, gap_basis_points: int | None) -> str:
    """How far a fee is below its level: `below by 500.00 kr (5.9 %)`."""
    told = {"amount": format_kronor(gap), "percent": format_basis_points(gap_basis_points or 0)}
    return _("below by %(amount)s (%(percent)s)") % told


def explain(terms: Terms, check: Check) -> list[str]:
    """Every step of the check, in the reader's language."""
    if check.outcome is Outcome.INCOMPLETE:
        return [_("The check can't be done. Missing: %(what)s.") % {"what": ", ".join(missing_texts(check))}]
    if check.outcome is Outcome.NO_SCHEDULE:
        return [_no_schedule(terms), *_fee(terms, check.rates, normalised=check.fee_ore)]
    assert check.schedule is not None  # noqa: S101 - a level came from it
    return [
        _chosen(check.schedule, terms),
        *_level(check),
        *_fee(terms, check.rates, normalised=check.fee_ore),
        _compared(check),
    ]


def _no_schedule(terms: Terms) -> str:
    return _("No registered schedule of %(issuer)s has a level %(code)s for that day and quantity.") % {
        "issuer": terms.issuer,
        "code": terms.code,
    }


def _chosen(schedule: Schedule, terms: Terms) -> str:
    day = getattr(terms, schedule.applies_by)
    return _("The level goes by the %(which)s, %(day)s: %(schedule)s from %(issuer)s.") % {
        "which": _(APPLIES_BY_TITLES[schedule.applies_by]),
        "day": format_date(day),
        "schedule": schedule.title,
        "issuer": schedule.issuer,
    }


def _level(check: Check) -> Iterator[str]:
    for part in check.parts:
        yield _part(part, check.rates)
    if len(check.parts) > 1:
        yield _("The level is together %(amount)s.") % {"amount": format_kronor(check.level_ore or 0)}


def _part(part: Part, rates: Rates | None) -> str:
    plain = Fraction(part.level.amount_ore * part.quantity * part.artists, THOUSAND)
    times = f"{format_thousandths(part.quantity)} × {format_kronor(part.level.amount_ore)}"
    if part.artists > 1:
        times = f"{format_thousandths(part.quantity)} × {part.artists} × {format_kronor(part.level.amount_ore)}"
    line = f"{part.level.title} ({_(UNIT_TITLES[part.level.unit])}): {times} = {format_kronor(rounded(plain))}"
    if part.level.basis is Basis.F_TAX:
        return f"{line}."
    return _("%(line)s in salary, × %(factor)s (employer contribution %(percent)s) = %(amount)s with F-tax.") % {
        "line": line,
        "factor": format_factor(employer_factor(rates)),
        "percent": format_basis_points(rates.employer_basis_points if rates else 0),
        "amount": format_kronor(rounded(level_of(part, rates))),
    }


def _fee(terms: Terms, rates: Rates | None, *, normalised: Money | None) -> Iterator[str]:
    if normalised is None:
        return
    fee = terms.agreed_fee_ore or 0
    data = {"fee": format_kronor(fee), "amount": format_kronor(rounded(fee_of(terms, rates)))}
    if terms.tax == Tax.A and rates is not None:
        holiday = Fraction(fee * rates.holiday_basis_points, WHOLE + rates.holiday_basis_points)
        yield _(
            "The fee is %(fee)s in salary, holiday pay of %(holiday_percent)s (%(holiday)s) included:"
            " × %(factor)s (employer contribution %(percent)s) = %(amount)s with F-tax."
        ) % {
            **data,
            "holiday_percent": format_basis_points(rates.holiday_basis_points),
            "holiday": format_kronor(rounded(holiday)),
            "factor": format_factor(employer_factor(rates)),
            "percent": format_basis_points(rates.employer_basis_points),
        }
    elif terms.vat_included:
        vat = vat_of(terms, rates)
        yield _("The fee is %(fee)s with VAT of %(percent)s: ÷ %(factor)s = %(amount)s without VAT.") % {
            **data,
            "percent": format_basis_points(vat),
            "factor": format_factor(Fraction(WHOLE + vat, WHOLE)),
        }
    else:
        yield _("The fee is %(fee)s with F-tax and without VAT, as the level is stated.") % data


def _compared(check: Check) -> str:
    level, fee = format_kronor(check.level_ore or 0), format_kronor(check.fee_ore or 0)
    if check.gap_ore is None:
        return _("%(fee)s is at least %(level)s: the fee meets the level.") % {"fee": fee, "level": level}
    return _("%(level)s − %(fee)s = %(gap)s: the fee is %(percent)s below the level.") % {
        "level": level,
        "fee": fee,
        "gap": format_kronor(check.gap_ore),
        "percent": format_basis_points(check.gap_basis_points or 0),
    }
