"""What a programme's code, year, kind and yes/no may be, in forms and files. Pure."""

from registry.core.errors import N_, FieldError
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.programmes.schemas import ProgrammeKind

CODE_MESSAGE = N_("Write a code of 1 to 30 letters and digits; . _ / and - are allowed too.")
YEAR_MESSAGE = N_("Write the year with four digits, for example 2025.")

KIND_NAMES = {
    "study_association": ProgrammeKind.STUDY_ASSOCIATIONS,
    "studieförbund": ProgrammeKind.STUDY_ASSOCIATIONS,
    "creator": ProgrammeKind.CREATORS,
    "kulturskapare": ProgrammeKind.CREATORS,
    "poetry": ProgrammeKind.INITIATIVE,
    "poetry_initiative": ProgrammeKind.INITIATIVE,
    "poesi": ProgrammeKind.INITIATIVE,
    "satsning": ProgrammeKind.INITIATIVE,
    "ekomuseum": ProgrammeKind.CO_FUNDING,
    "co_funded": ProgrammeKind.CO_FUNDING,
    "samfinansiering": ProgrammeKind.CO_FUNDING,
    "allmänt": ProgrammeKind.GENERAL,
}
YES = frozenset({"yes", "ja", "true", "1", "x", "kyllä"})
NO = frozenset({"no", "nej", "false", "0", "", "ei"})


def read_kind(text: str) -> ProgrammeKind:
    """Read a kind as a file names it. Raises: FieldError."""
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    if name in KIND_NAMES:
        return KIND_NAMES[name]
    try:
        return ProgrammeKind(name)
    except ValueError:
        raise FieldError(
            field="kind",
            message=N_("%(kind)s is no kind of programme. Use one of: %(kinds)s."),
            kind=text,
            kinds=", ".join(ProgrammeKind),
        ) from None


def read_yes_no(text: str, *, field: str) -> bool:
    """Read yes or no; empty is no. Raises: FieldError."""
    name = text.strip().lower()
    if name in YES or name in NO:
        return name in YES
    raise FieldError(field=field, message=N_("Write yes or no."))


def is_code(text: str) -> bool:
    """Whether a programme may have this code."""
    return 0 < len(text) <= 30 and all((sign.isascii() and sign.isalnum()) or sign in "ÅÄÖåäö._/-" for sign in text)


def parse_year(text: str) -> int | None:
    """The year, or None for anything else."""
    if text.isascii() and text.isdigit() and len(text) == 4 and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return int(text)
    return None
