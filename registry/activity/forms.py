"""The form of an activity report: what was typed becomes figures, and figures fill a form."""

import re

from registry.activity.rules import read_count, read_municipality, refuse_personal
from registry.activity.schemas import ALWAYS, COUNTS, Figures, Measure, Report, ReportDetails
from registry.core.access import Scope
from registry.core.errors import RegistryError
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.parties.queries import find_party, suggest_parties
from registry.parties.schemas import Party, PartyKind
from registry.texts import _
from registry.web.forms import MISSING, Form

_NUMBER = re.compile(r"\(?(P-[0-9]{1,15})\)?\s*$", re.ASCII | re.IGNORECASE)


def party_label(party: Party) -> str:
    """How the form names an association: `ABF Dalarna (P-3)`."""
    return f"{party.name} ({party.number})"


async def suggest_associations(scope: Scope) -> list[Party]:
    """The associations that may report now."""
    return [party for party in await suggest_parties(scope) if party.kind is PartyKind.STUDY_ASSOCIATION]


async def read_association(scope: Scope, form: Form) -> Party | None:
    """The association that was chosen from the list or named, or None with the messages added."""
    text = form.text("party", required=True)
    if not text:
        return None
    match = _NUMBER.search(text)
    named = [party for party in await suggest_associations(scope) if party.name.casefold() == text.casefold()]
    try:
        if len(named) == 1:
            return named[0]
        if match is None and any(sign.isalpha() for sign in text):
            form.refuse("party", _("Choose an association from the list, or write its organisation number."))
            return None
        return await find_party(scope, match[1] if match else text, field="party")
    except RegistryError as error:
        form.add(error)
    return None


def read_figures(form: Form) -> Figures | None:
    """The figures, or None with the messages added."""
    values: dict[str, object] = {measure.value: _count(form, measure) for measure in COUNTS}
    values["state_grant"] = form.money(Measure.STATE_GRANT.value, required=False)
    for name in ("source", "signed_by"):
        values[name] = _text(form, name, required=name == "source", most=200)
    return form.build(Figures, **values)


def read_reason(form: Form) -> str:
    """Why a report is corrected."""
    return _text(form, "reason", required=True, most=2000)


def _count(form: Form, measure: Measure) -> int | None:
    text = form.get(measure.value)
    if not text:
        if measure in ALWAYS:
            form.refuse(measure.value, _(MISSING))
        return None
    try:
        return read_count(text)
    except ValueError as error:
        form.refuse(measure.value, _(str(error)))
    return None


def _text(form: Form, name: str, *, required: bool, most: int) -> str:
    text = form.text(name, required=required, most=most)
    try:
        return refuse_personal(text)
    except ValueError as error:
        form.refuse(name, _(str(error)))
    return text


def read_details(form: Form) -> ReportDetails | None:
    """A new report but for its association, or None with the messages added."""
    municipality, typed = "", form.text("municipality", required=True, most=80)
    if typed:
        try:
            municipality = read_municipality(typed)
        except ValueError as error:
            form.refuse("municipality", _(str(error)))
    year = form.integer("year", low=FIRST_YEAR, high=LAST_YEAR)
    figures = read_figures(form)
    return form.build(ReportDetails, municipality=municipality, year=year, figures=figures)


def filled(report: Report) -> Form:
    """A form with the figures in force."""
    values = {name: value for name, value in report.figures.model_dump().items() if value is not None}
    if report.figures.state_grant is not None:
        values["state_grant"] = report.figures.state_grant.wire.replace(".", ",").removesuffix(",00")
    return Form({name: str(value) for name, value in values.items()})
