"""An allocation in plain language: what a key is called, what a basis is made of, and the sum that gives a piece.

One wording for the page, the appendix, the association's own view and the statement.
"""

from decimal import Decimal
from fractions import Fraction

from registry.allocations.results import ShareLine, Term, YearBasis
from registry.allocations.schemas import (
    FIXED_CODE,
    KEYS,
    MEASURE_TITLES,
    Definition,
    Fixed,
    Measure,
    Part,
    Thresholds,
)
from registry.core.errors import N_
from registry.core.exact import write_exact
from registry.texts import _, format_decimals, format_kronor, format_number, ngettext

DECIMALS = 6
"""Decimals of an exact piece as it is shown; `…` says that it goes on."""

MEANS = {
    2: N_("%(measure)s, mean of two years"),
    3: N_("%(measure)s, mean of three years"),
    4: N_("%(measure)s, mean of four years"),
    5: N_("%(measure)s, mean of five years"),
}
COUNTED = {
    Measure.STUDY_HOURS: N_("study hours"),
    Measure.PARTICIPANT_HOURS: N_("participant hours"),
    Measure.UNIQUE_PARTICIPANTS: N_("unique participants"),
    Measure.CULTURAL_PROGRAMMES: N_("cultural programmes"),
    Measure.OTHER_GROUP_HOURS: N_("hours of other group activity"),
    Measure.TARGET_GROUP_HOURS: N_("study hours with target groups"),
    Measure.DISABILITY_PARTICIPANTS: N_("participants with disabilities"),
    Measure.SWEDISH_FOR_FOREIGN_BORN: N_("hours of Swedish for those born abroad"),
    Measure.MUNICIPALITIES: N_("kommuner"),
}
"""What a count counts, in a sentence."""


def key_title(key: str) -> str:
    """What a key is called: `Study hours`, `Last year's grant`, `State grant, mean of two years`."""
    if key == FIXED_CODE:
        return _("The same amount to each that qualifies")
    measure, years = KEYS[key]
    if measure is Measure.PREVIOUS_GRANTS and years == 1:
        return _("Last year's grant")
    title = _(MEASURE_TITLES[measure])
    return _(MEANS[years]) % {"measure": title} if years > 1 else title


def line_title(line: ShareLine) -> str:
    """What a part is called."""
    return line.title or _("Fixed amount")


def show_basis(value: Fraction, unit: str) -> str:
    """A basis as people write it: kronor, or a number with its decimals."""
    if unit == "SEK":
        if (value * 100).denominator == 1:
            return format_kronor(int(value * 100))
        return f"{show_number(value)}\u00a0kr"
    return show_number(value)


def show_number(value: Fraction) -> str:
    """A number in the reader's language, to six decimals; `…` where it goes on."""
    if value.denominator == 1:
        return format_number(int(value))
    scaled = value * 10**DECIMALS
    cut = int(scaled)
    shown = format_decimals(Decimal(cut).scaleb(-DECIMALS), most=DECIMALS)
    return shown if scaled == cut else f"{shown}…"


def show_weight(weight: Fraction) -> str:
    """`33,25 %`, or `100/3 %` where the decimals don't end."""
    text = write_exact(weight)
    return f"{text}\u00a0%" if "/" in text else f"{show_number(weight)}\u00a0%"


def year_text(year: YearBasis, line: ShareLine) -> str:
    """A year's basis with what it is made of: `2025: 1 000 study hours + 10 cultural programmes × 7.3 = 1 073`."""
    value = show_basis(year.value, line.unit)
    if not year.terms:
        return f"{year.year}: {value}"
    if line.key.startswith(Measure.PARTICIPANT_HOURS.value):
        taken, study = year.terms
        return _(
            "%(year)s: %(value)s, of %(hours)s participant hours; at most %(most)s for each of %(study)s study hours"
        ) % {
            "year": year.year,
            "value": value,
            "hours": show_number(taken.count),
            "most": show_number(study.factor),
            "study": show_number(study.count),
        }
    return f"{year.year}: {' + '.join(_term(term) for term in year.terms)} = {value}"


def _term(term: Term) -> str:
    told = f"{show_number(term.count)} {_(COUNTED[term.measure])}"
    return told if term.factor == 1 else f"{told} × {show_number(term.factor)}"


def basis_text(line: ShareLine) -> str:
    """An association's basis: its years, and their mean where there are several."""
    if not line.years and not line.basis:
        return _("does not reach what the rule asks for")
    if not line.years:
        return _("one of %(count)s") % {"count": show_number(line.total_basis)}
    told = "; ".join(year_text(year, line) for year in line.years)
    if len(line.years) == 1:
        return told
    return _("%(years)s; mean %(mean)s") % {"years": told, "mean": show_basis(line.basis, line.unit)}


def sum_text(line: ShareLine) -> str:
    """The sum that gives a piece: `4 000,00 kr × 1 173 ÷ 2 442 = 1 921,375921… kr`."""
    if line.part == FIXED_CODE or line.bounded:
        return ""
    return (
        f"{format_kronor(line.divided_amount)} × {show_basis(line.basis, line.unit)}"
        f" ÷ {show_basis(line.divided_basis, line.unit)} = {show_number(line.exact)}\u00a0kr"
    )


def rounding_text(line: ShareLine) -> str:
    """Why a piece isn't just its exact piece rounded down, or nothing."""
    if line.bounded:
        return _("as much as one may get of the part; the rest is shared among the others")
    told = []
    if line.divided_amount != line.part_amount:
        told.append(_("of what is left when those are set aside who got as much as one may get"))
    if line.raised:
        told.append(_("rounded up: one of the largest remainders"))
    return "; ".join(told)


def part_rules(part: Part) -> list[str]:
    """What a part says beside its key and weight, each as a phrase."""
    told = []
    if part.programme_hours is not None:
        told.append(_("a cultural programme counts as %(hours)s hours") % {"hours": show_number(part.programme_hours)})
    if part.other_group_percent is not None:
        share = show_weight(part.other_group_percent)
        told.append(_("other group activity counts at %(share)s") % {"share": share})
    if part.most_per_study_hour is not None:
        most = show_number(part.most_per_study_hour)
        told.append(_("at most %(most)s participant hours for each study hour, kommun by kommun") % {"most": most})
    if part.most_percent is not None:
        told.append(_("at most %(share)s of the part to one association") % {"share": show_weight(part.most_percent)})
    return told


def threshold_text(thresholds: Thresholds) -> list[str]:
    """What must be reached, each as a phrase."""
    told = []
    if thresholds.hours:
        told.append(_("at least %(hours)s study hours") % {"hours": format_number(thresholds.hours)})
    if thresholds.municipalities:
        count = thresholds.municipalities
        kommuner = ngettext("active in at least %(num)s kommun", "active in at least %(num)s kommuner", count)
        text = kommuner % {"num": format_number(count)}
        if thresholds.municipality_hours:
            hours = format_number(thresholds.municipality_hours)
            text = _("%(kommuner)s with %(hours)s study hours each") % {"kommuner": text, "hours": hours}
        told.append(text)
    return told


def fixed_text(fixed: Fixed) -> str:
    """What is given before the weights."""
    amount = format_kronor(fixed.amount)
    asked = threshold_text(fixed.thresholds)
    if not asked:
        return _("%(amount)s to each before the rest is shared") % {"amount": amount}
    return _("%(amount)s to each that is %(asked)s, before the rest is shared") % {
        "amount": amount,
        "asked": ", ".join(asked),
    }


def rule_facts(definition: Definition) -> list[str]:
    """What a rule says beside its parts, each as a sentence."""
    told = [
        _("The activity of the year before counts.")
        if definition.activity_lag == 1
        else _("The activity of %(lag)s years before counts.") % {"lag": definition.activity_lag}
    ]
    if asked := threshold_text(definition.thresholds):
        told.append(_("Who takes part: %(asked)s.") % {"asked": ", ".join(asked)})
    if definition.needs_state_grant:
        told.append(_("Only associations with state grants take part."))
    if definition.fixed is not None:
        told.append(fixed_text(definition.fixed) + ".")
    told.append(_("Shares are in whole kronor.") if definition.unit_ore > 1 else _("Shares are to the öre."))
    return told


ROUNDED = {
    1: N_(
        "Every piece is rounded down to whole öre. The öre that are left over of the part go, one each, to those whose"
        " pieces lost most by the rounding; if two lost the same, to the one that stands first in the list."
    ),
    100: N_(
        "Every piece is rounded down to whole kronor. The kronor that are left over of the part go, one each, to those"
        " whose pieces lost most by the rounding; if two lost the same, to the one that stands first in the list."
    ),
}
"""How pieces are rounded, by the rule's unit in öre."""


def method(definition: Definition) -> list[str]:
    """How the frame is divided, in sentences: enough to do it again."""
    told = [
        _("The frame is divided into parts by their weights."),
        _(
            "Each part is divided among the associations: the part's amount × the association's own basis"
            " ÷ everybody's basis."
        ),
        _(ROUNDED[definition.unit_ore]),
        _("So the pieces of a part are exactly the part, and the shares together are exactly the frame."),
    ]
    if definition.fixed is not None:
        told.insert(0, _("First the fixed amount is taken from the frame for each that qualifies."))
    if any(part.most_percent for part in definition.parts):
        bounded = _(
            "Who would get more of a part than one may gets just that; the rest is shared among the others in the"
            " same way."
        )
        told.insert(-1, bounded)
    return told
