"""What an activity report may say: counts, a kommun's name, and nothing about a single person. Pure."""

import re
from collections.abc import Iterator
from datetime import date

from registry.activity.schemas import MOST, Figures, ReportDetails
from registry.core.errors import N_, FieldError, InvalidInputError, RegistryError, RuleError
from registry.core.periods import FIRST_YEAR

COUNT_MESSAGE = N_("Write a whole number, for example 12 500. Hours are counted whole; write 0 if there is nothing.")
YEAR_MESSAGE = N_("Write the year with four digits, for example 2025.")
PERSONAL_MESSAGE = N_(
    "This looks like a personal identity number. An activity report holds nothing about single people: take it away."
)


class ImplausibleError(InvalidInputError):
    """Every field can be read, but they can't all be true."""

    code = "implausible"
    status = 409
    message = N_("The figures can't all be true.")


_COUNT = re.compile(r"[0-9]{1,13}|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,4}", re.ASCII)
_PERSONAL = re.compile(
    r"(?<![0-9])(?:19|20)?[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01]|[678][0-9]|9[01])[-+ ]?[0-9]{4}(?![0-9])",
    re.ASCII,
)
"""Ten or twelve digits with a month and a day where a birth date has them, coordination numbers too.

Whether the check digit is right doesn't matter: a mistyped number still points to somebody.
"""
_NAME = re.compile(r"[^\W\d_][^\W\d_ .:-]*(?:[ .:-]{1,2}[^\W\d_]+)*", re.UNICODE)


def read_count(text: str) -> int:
    """Read a count as people write it, `12 500`. Raises: ValueError."""
    if not _COUNT.fullmatch(text.strip()):
        raise ValueError(COUNT_MESSAGE)
    value = int(re.sub(r"\s", "", text))
    if value > MOST:
        raise ValueError(COUNT_MESSAGE)
    return value


def read_year(text: str) -> int:
    """Read a year. Raises: ValueError."""
    if not re.fullmatch(r"[0-9]{4}", text, re.ASCII) or int(text) < FIRST_YEAR:
        raise ValueError(YEAR_MESSAGE)
    return int(text)


def read_municipality(text: str) -> str:
    """A kommun's name without the word, so that it has one form: `Falun`, not `Falu kommun`. Raises: ValueError."""
    name = " ".join(text.split())
    if not _NAME.fullmatch(name) or name.casefold().endswith((" kommun", " stad")):
        raise ValueError(N_("Write the kommun's name without the word kommun, for example Ludvika."))
    return name


def refuse_personal(text: str) -> str:
    """The text, if it holds nothing that looks like a personal identity number. Raises: ValueError."""
    if _PERSONAL.search(text):
        raise ValueError(PERSONAL_MESSAGE)
    return text


def check_report(details: ReportDetails, *, today: date) -> None:
    """Whether a report can be true. Raises: InvalidInputError naming every field that is wrong."""
    errors: list[tuple[str, RegistryError]] = [
        (field, RuleError(field=field, message=message)) for field, message in _implausible(details.figures)
    ]
    if not FIRST_YEAR <= details.year <= today.year:
        message = N_("A report is of a year that has begun. Check the year.")
        errors.append(("year", RuleError(field="year", message=message)))
    for field in ("source", "signed_by"):
        try:
            refuse_personal(getattr(details.figures, field))
        except ValueError as error:
            errors.append((field, FieldError(field=field, message=str(error))))
    if errors:
        true_to_form = all(isinstance(error, RuleError) for _field, error in errors)
        raise ImplausibleError(errors) if true_to_form else InvalidInputError(errors)


def _implausible(figures: Figures) -> Iterator[tuple[str, str]]:
    """The fields that can't be true beside the others, each with what is wrong."""
    if figures.participant_hours < figures.study_hours:
        yield (
            "participant_hours",
            N_("There are fewer participant hours than study hours, but every study hour has a participant."),
        )
    if figures.unique_participants > figures.participant_hours:
        yield (
            "unique_participants",
            N_("There are more unique participants than participant hours, but each takes part for an hour at least."),
        )
    if (figures.disability_participants or 0) > figures.unique_participants:
        yield (
            "disability_participants",
            N_("There are more participants with disabilities than unique participants."),
        )
    if (figures.target_group_hours or 0) > figures.study_hours + figures.other_group_hours:
        yield "target_group_hours", N_("There are more hours with target groups than hours in all.")
    if (figures.state_grant or 0) < 0:
        yield "state_grant", N_("The amount can't be less than 0.")
