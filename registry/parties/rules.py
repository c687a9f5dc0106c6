"""What must hold for a party. Pure: values in, a checked value or errors out."""

import re
from datetime import date, timedelta

from registry.core.errors import N_, BrokenRulesError, FieldError, InvalidInputError, RegistryError, RuleError
from registry.core.numbers import (
    InvalidNumberError,
    is_personal_number,
    normalise_bankgiro,
    normalise_org_number,
    normalise_plusgiro,
)
from registry.parties.schemas import FUNDER_KINDS, AccountDetails, PartyDetails, PartyKind

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,180}\.[^@\s,;<>\"]{2,24}")

FARTHEST_AHEAD = timedelta(days=366)
"""An account further ahead than this is taken for a slip of the pen."""

MASK = "Skyddad identitet"

KIND_NAMES = {
    "studieförbund": PartyKind.STUDY_ASSOCIATION,
    "kulturskapare": PartyKind.CREATOR,
    "sällskap": PartyKind.SOCIETY,
    "stiftelse": PartyKind.FOUNDATION,
    "förening": PartyKind.ASSOCIATION,
    "företag": PartyKind.COMPANY,
    "annan": PartyKind.OTHER,
    "municipality": PartyKind.KOMMUN,
}
"""Names that an import file may use besides the kinds themselves."""


class UnknownKindError(FieldError):
    """No such kind of party."""

    code = "invalid-kind"
    message = N_("%(kind)s is no kind of party. Use one of: %(kinds)s.")


def read_kind(text: str) -> PartyKind:
    """Read a kind as a file names it. Raises: UnknownKindError."""
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    if name in KIND_NAMES:
        return KIND_NAMES[name]
    try:
        return PartyKind(name)
    except ValueError:
        raise UnknownKindError(field="kind", kind=text, kinds=", ".join(PartyKind)) from None


def mask_of(party_id: int) -> str:
    """What stands everywhere instead of a protected person's name."""
    return f"{MASK} P-{party_id}"


def is_mask(name: str) -> bool:
    """Whether a name is what stands for a protected person."""
    return name.startswith(f"{MASK} P-")


def is_person(details: PartyDetails) -> bool:
    """Whether the party is a natural person, whose data is personal."""
    return details.kind is PartyKind.CREATOR or is_personal_number(details.org_number)


def check_accounts(details: AccountDetails, *, now: tuple[str, str], today: date) -> AccountDetails:
    """Normalise the numbers of a request and check every field; `now` is bankgiro and plusgiro in force.

    Raises: InvalidInputError naming each wrong field; BrokenRulesError when each of them is well formed.
    """
    errors: list[tuple[str, RegistryError]] = []
    cleaned = {"bankgiro": details.bankgiro.strip(), "plusgiro": details.plusgiro.strip()}
    for field, normalise in (("bankgiro", normalise_bankgiro), ("plusgiro", normalise_plusgiro)):
        try:
            cleaned[field] = normalise(cleaned[field]) if cleaned[field] else ""
        except InvalidNumberError as error:
            errors.append((field, error))
    if not errors and (cleaned["bankgiro"], cleaned["plusgiro"]) == now:
        message = N_("The account is the one that is registered already.")
        errors.append(("bankgiro", RuleError(field="bankgiro", message=message)))
    if not details.reason.strip():
        errors.append(("reason", FieldError(field="reason", message=N_("Write the reason."))))
    if details.valid_from < today:
        message = N_("What has been paid went to the account of that day. Choose today or a later day.")
        errors.append(("valid_from", RuleError(field="valid_from", message=message)))
    elif details.valid_from > today + FARTHEST_AHEAD:
        message = N_("The date is more than a year ahead. Check the date.")
        errors.append(("valid_from", RuleError(field="valid_from", message=message)))
    if errors:
        are_rules = all(isinstance(error, RuleError) for _field, error in errors)
        raise BrokenRulesError(errors) if are_rules else InvalidInputError(errors)
    return details.model_copy(update=cleaned)


def check_party(details: PartyDetails) -> PartyDetails:
    """Normalise the numbers and check every field. Raises: InvalidInputError naming each wrong field."""
    errors: list[tuple[str, RegistryError]] = []
    cleaned = details.model_dump()
    for field, normalise in (
        ("org_number", normalise_org_number),
        ("bankgiro", normalise_bankgiro),
        ("plusgiro", normalise_plusgiro),
    ):
        text = cleaned[field].strip()
        if not text and field != "org_number":
            continue
        try:
            cleaned[field] = normalise(text)
        except InvalidNumberError as error:
            errors.append((field, error))
    if not details.name.strip():
        errors.append(("name", FieldError(field="name", message=N_("Write the party's name."))))
    if details.email and not _EMAIL.fullmatch(details.email):
        errors.append(
            ("email", FieldError(field="email", message=N_("Write a whole e-mail address, such as name@example.se.")))
        )
    if details.language not in ("sv", "fi", "en"):
        errors.append(("language", FieldError(field="language", message=N_("Choose Swedish, Finnish or English."))))
    if not errors and details.kind in FUNDER_KINDS and is_personal_number(cleaned["org_number"]):
        errors.append(
            (
                "org_number",
                FieldError(field="org_number", message=N_("A region or kommun can't have a personal number.")),
            )
        )
    if errors:
        raise InvalidInputError(errors)
    return PartyDetails(**cleaned)
