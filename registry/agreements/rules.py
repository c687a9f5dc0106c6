"""What must hold for an agreement, and the code of a new area. Pure."""

import re
import unicodedata
from collections.abc import Collection

from registry.agreements.schemas import MOST_NEW_AREAS, MOST_PARTIES, AgreementDetails, NewArea
from registry.core.errors import N_, FieldError, InvalidInputError, RegistryError, RuleError
from registry.core.numbers import InvalidNumberError, is_personal_number, normalise_org_number

LONGEST_CODE = 60
LEAST_PARTIES = 2

Refusal = tuple[str, RegistryError]
"""A field and what is wrong with it."""


class RefusedAgreementError(InvalidInputError):
    """An agreement that can't be registered as it is, each reason at its field."""

    code = "agreement-refused"
    status = 409


class AreaExistsError(RuleError):
    """A new area has the code of one that is there."""

    code = "area-exists"
    message = N_("There is already an area named %(title)s. Carry it over instead of writing it anew.")


def check_agreement(details: AgreementDetails, *, known: Collection[str]) -> AgreementDetails:
    """The agreement with its numbers in their one form; `known` are the codes of all areas.

    Raises: RefusedAgreementError naming every field that is wrong.
    """
    errors = [*_check_shape(details, known), *_check_codes(details.new_areas, known)]
    parties = []
    for place, party in enumerate(details.parties, start=1):
        try:
            parties.append(party.model_copy(update={"org_number": _number(party.org_number)}))
        except FieldError as error:
            errors.append((f"party_number_{place}", error))
    if len({party.org_number for party in parties}) < len(parties):
        errors.append(_refusal("party_number_1", N_("The same party stands twice.")))
    if errors:
        raise RefusedAgreementError(errors)
    return details.model_copy(update={"parties": tuple(parties)})


def _refusal(field: str, message: str) -> Refusal:
    return field, RuleError(field=field, message=message)


def _check_shape(details: AgreementDetails, known: Collection[str]) -> list[Refusal]:
    wrong = (
        (details.period_to < details.period_from, "period_to",
         N_("The period must end on or after the day it starts.")),
        (len(details.parties) < LEAST_PARTIES, "party_number_1", N_("An agreement has at least two parties.")),
        (len(details.parties) > MOST_PARTIES, "party_number_1", N_("An agreement has at most 12 parties.")),
        (not details.areas and not details.new_areas, "areas", N_("Choose at least one area, or write a new one.")),
        (not set(details.areas) <= set(known), "areas", N_("Choose one of the alternatives.")),
        (len(details.new_areas) > MOST_NEW_AREAS, "new_title_sv_1", N_("Write at most 12 new areas.")),
    )  # fmt: skip
    return [_refusal(field, message) for is_wrong, field, message in wrong if is_wrong]


def _number(text: str) -> str:
    try:
        number = normalise_org_number(text)
    except InvalidNumberError as error:
        raise FieldError(message=error.message) from error
    if is_personal_number(number):
        raise FieldError(message=N_("A person can't be a party of an agreement."))
    return number


def _check_codes(areas: tuple[NewArea, ...], known: Collection[str]) -> list[Refusal]:
    errors: list[Refusal] = []
    taken = set(known)
    for place, area in enumerate(areas, start=1):
        field, code = f"new_title_sv_{place}", code_of(area)
        if not code:
            errors.append((field, FieldError(field=field, message=N_("Write a title of letters or digits."))))
        elif code in taken:
            errors.append((field, AreaExistsError(field=field, title=area.title_sv)))
        taken.add(code)
    return errors


def code_of(area: NewArea) -> str:
    """The code of a new area, from its English or Swedish title: `film_in_schools`."""
    plain = unicodedata.normalize("NFKD", (area.title_en or area.title_sv).lower())
    return "_".join(re.findall(r"[a-z0-9]+", "".join(sign for sign in plain if not unicodedata.combining(sign))))[
        :LONGEST_CODE
    ].strip("_")
