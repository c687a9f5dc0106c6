"""Swedish numbers in their one written form: organisation numbers, bankgiro and plusgiro, and how each is masked.

Sources: SFS 1974:174 (organisation numbers), SFS 2018:1685 section 18 (personal identity numbers), SKV 707 B
(coordination numbers), Bankgirot and Plusgirot (lengths and the Luhn check digit).
"""

import re
from functools import lru_cache

from organisationsnummer import organisationsnummer
from stdnum import luhn

from registry.core.errors import N_, FieldError

ORG_NUMBER_MESSAGE = N_("Write the organisation number with ten digits, for example 212000-2239.")
ORG_NUMBER_CHECK_MESSAGE = N_("There is no such organisation number: compare its digits with the original.")
BANKGIRO_MESSAGE = N_("Write the bankgiro number with seven or eight digits, for example 5402-9681.")
BANKGIRO_CHECK_MESSAGE = N_("There is no such bankgiro number: compare its digits with the original.")
PLUSGIRO_MESSAGE = N_("Write the plusgiro number with two to eight digits, for example 28 65 43-4.")
PLUSGIRO_CHECK_MESSAGE = N_("There is no such plusgiro number: compare its digits with the original.")

_ORG_NUMBER = re.compile(r"(16|18|19|20)?([0-9]{6})[-+]?([0-9]{4})")
_PERSONAL = re.compile(r"(?<![0-9])(?:18|19|20)?[0-9]{2}[01][0-9][0-9]{2} ?[-+‐‑‒–−]? ?[0-9]{4}(?![0-9])")
_BANKGIRO = re.compile(r"([0-9]{3,4})-?([0-9]{4})")
_PLUSGIRO = re.compile(r"([0-9]{1,7})-?([0-9])")
_SPACES = re.compile(r"[ \u00a0\u202f]")
_HYPHENS = str.maketrans("‐‑‒–−", "-----")
_FIRST_MONTH_OF_ORGANISATIONS = 20
_LONGEST = 40
_SHOWN_DIGITS = 4


class InvalidNumberError(FieldError, ValueError):
    """A number that can't be right; its message says how it is written and never repeats a possible personal number."""

    code = "invalid-number"


@lru_cache(maxsize=4096)
def normalise_org_number(text: str) -> str:
    """Return `NNNNNN-NNNN` for an organisation, or for a sole trader, whose number is a personal one.

    Takes ten digits, with or without hyphen, and twelve: 16 before an organisation, the century before a birth date
    (coordination numbers included). The century is dropped, and a centenarian's `+` becomes a hyphen, so that one
    owner has one number whatever the year.

    Raises: InvalidNumberError.
    """
    match = _ORG_NUMBER.fullmatch(_plain(text))
    if match is None:
        raise InvalidNumberError(message=ORG_NUMBER_MESSAGE)
    prefix, head, tail = match.groups()
    number = f"{head}-{tail}"
    personal = is_personal_number(number)
    if prefix is not None and (prefix == "16") == personal:
        raise InvalidNumberError(message=ORG_NUMBER_CHECK_MESSAGE)
    digits = f"{prefix or ''}{head}{tail}" if personal else f"{head}{tail}"
    if not organisationsnummer.valid(digits):
        raise InvalidNumberError(message=ORG_NUMBER_CHECK_MESSAGE)
    return number


def is_personal_number(org_number: str) -> bool:
    """Whether a normalised number is a person's: an organisation has at least 20 where a birth date has its month."""
    return int(org_number[2:4]) < _FIRST_MONTH_OF_ORGANISATIONS


def mask_org_number(org_number: str) -> str:
    """Hide a personal number wholly, and return an organisation's as it is.

    The birth date is hidden too: beside a name and a municipality it points to one person, and the digits after it
    can be looked up from there. An organisation's number is public.
    """
    return re.sub(r"[0-9]", "•", org_number) if is_personal_number(org_number) else org_number


def record_id(text: str, letter: str) -> int | None:
    """The id in one of the registry's own numbers, such as 17 in `P-17`, or None for anything else."""
    head, _, digits = text.strip().upper().partition("-")
    return int(digits) if head == letter and digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def mask_personal_numbers(text: str) -> str:
    """Hide whatever in a free text may be a personal number, right or wrong; the rest stays."""
    return _PERSONAL.sub(lambda match: re.sub(r"[0-9]", "•", match[0]), text)


def normalise_bankgiro(text: str) -> str:
    """Return `NNN-NNNN` or `NNNN-NNNN`. Raises: InvalidNumberError."""
    match = _BANKGIRO.fullmatch(_plain(text))
    if match is None:
        raise InvalidNumberError(message=BANKGIRO_MESSAGE)
    digits = match[1] + match[2]
    if not luhn.is_valid(digits) or not digits.strip("0"):
        raise InvalidNumberError(message=BANKGIRO_CHECK_MESSAGE)
    return f"{match[1]}-{match[2]}"


def normalise_plusgiro(text: str) -> str:
    """Return digits in pairs from the right and the check digit after a hyphen. Raises: InvalidNumberError."""
    match = _PLUSGIRO.fullmatch(_plain(text))
    if match is None:
        raise InvalidNumberError(message=PLUSGIRO_MESSAGE)
    head, check = match.groups()
    if not luhn.is_valid(head + check) or not head.strip("0"):
        raise InvalidNumberError(message=PLUSGIRO_CHECK_MESSAGE)
    odd = len(head) % 2
    pairs = [head[:odd]] * odd + [head[place : place + 2] for place in range(odd, len(head), 2)]
    return f"{' '.join(pairs)}-{check}"


def mask_account(account: str) -> str:
    """Hide all but the last digits of a payout account: four, or half of a short one."""
    digits = sum(character.isdigit() for character in account)
    hidden = digits - min(_SHOWN_DIGITS, (digits + 1) // 2)
    return re.sub(r"[0-9]", "•", account, count=hidden) if hidden else account


def _plain(text: str) -> str:
    """Take away spaces and turn the hyphens of word processors into the plain one."""
    return _SPACES.sub("", text[:_LONGEST].strip().translate(_HYPHENS))
