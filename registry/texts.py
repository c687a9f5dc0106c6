"""Texts, numbers and dates in the reader's language: Swedish (authoritative), Finnish and English."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from babel import Locale
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol
from babel.support import NullTranslations, Translations

from registry.core.errors import InvalidInputError, RegistryError
from registry.core.money import Money
from registry.core.periods import STOCKHOLM

LANGUAGES = {"sv": "Svenska", "fi": "Suomi", "en": "English"}
DEFAULT_LANGUAGE = "sv"
MINUS = "\u2212"
CATALOGUES = Path(__file__).parent / "locale"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


@cache
def _translations(language: str) -> NullTranslations:
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse("sv_SE" if language == "sv" else "fi_FI" if language == "fi" else "en_GB")


def get_language() -> str:
    """The language of the reader at hand."""
    return _language.get()


def set_language(language: str) -> None:
    """Choose the reader's language for the rest of this task."""
    _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Choose the reader's language for a block."""
    token = _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)
    try:
        yield
    finally:
        _language.reset(token)


def choose_language(accept_language: str) -> str:
    """The first language of an Accept-Language header that the registry speaks, otherwise Swedish."""
    for part in accept_language.split(",")[:20]:
        code = part.split(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return code
    return DEFAULT_LANGUAGE


def _(message: str) -> str:
    """Translate."""
    return str(_translations(get_language()).ugettext(message)) if message else ""


@dataclass(frozen=True, slots=True)
class Later:
    """A text that is translated when it is shown: whoever puts it into an error needn't know the reader."""

    message: str

    def __str__(self) -> str:
        return _(self.message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Translate a text that counts something."""
    return str(_translations(get_language()).ungettext(singular, plural, number))


def _decimal(number: Decimal | int, pattern: str) -> str:
    """A number in the reader's language; Babel writes a hyphen in patterns of one's own, here stands a minus sign."""
    return _written(number, pattern, get_language())


@lru_cache(maxsize=2048)
def _written(number: Decimal | int, pattern: str, language: str) -> str:
    return format_decimal(number, format=pattern, locale=_locale(language)).replace("-", MINUS)


@cache
def _signs(language: str) -> tuple[str, str]:
    """What sets thousands apart, and what stands before the decimals."""
    return get_group_symbol(_locale(language)), get_decimal_symbol(_locale(language))


def format_money(ore: int) -> str:
    """`12 500,00` in Swedish and Finnish, `12,500.00` in English; a real minus sign. Exact for any amount.

    Written by hand, since pages and files are full of amounts: Babel's own way takes twenty times as long.
    """
    group, decimal = _signs(get_language())
    kronor, rest = divmod(abs(int(ore)), 100)
    return f"{MINUS if ore < 0 else ''}{kronor:,}".replace(",", group) + f"{decimal}{rest:02d}"


def format_kronor(ore: int) -> str:
    """`12 500,00 kr`."""
    return f"{format_money(ore)}\u00a0kr"


def format_number(number: int) -> str:
    """A whole number with thousands set apart."""
    return _decimal(number, "#,##0")


def format_thousandths(quantity: int) -> str:
    """A quantity held in thousandths, with the decimals that it needs: `2,5`."""
    return _decimal(Decimal(quantity) / 1000, "#,##0.###")


def format_basis_points(points: int) -> str:
    """A percentage held in hundredths of a per cent, with the decimals that it needs: `31,42 %`, `25 %`."""
    return f"{_decimal(Decimal(points) / 100, '#,##0.##')}\u00a0%"


def format_factor(factor: Fraction) -> str:
    """What something is multiplied by, with at most four decimals: `1,3142`."""
    return _decimal(Decimal(factor.numerator) / factor.denominator, "#,##0.####")


def format_decimals(number: Decimal, *, most: int) -> str:
    """A number with as many decimals as it has, at most `most`, and thousands set apart."""
    return _decimal(number, f"#,##0.{'#' * most}")


def format_percent(part: int, whole: int) -> str:
    """A share with one decimal, `97,5 %`; a dash when there is no whole."""
    if not whole:
        return "–"
    return f"{_decimal(Decimal(part * 100) / whole, '#,##0.0')}\u00a0%"


def format_date(day: date | None) -> str:
    """`2025-01-31` in Swedish, `31.1.2025` in Finnish, `31 January 2025` in English; empty for no date."""
    if day is None:
        return ""
    if get_language() == "sv":
        return day.isoformat()
    return babel_date(day, format="medium" if get_language() == "fi" else "long", locale=_locale(get_language()))


def format_datetime(moment: datetime | None) -> str:
    """A moment in Swedish time, to the minute; empty for none."""
    if moment is None:
        return ""
    local = moment.astimezone(STOCKHOLM)
    return f"{format_date(local.date())} {babel_datetime(local, format='HH:mm', locale=_locale(get_language()))}"


def format_month(month: int, width: Literal["abbreviated", "wide"] = "abbreviated") -> str:
    """The month's name, the short one unless the wide one is asked for."""
    name = _locale(get_language()).months["stand-alone"][width][month]
    return str(name).rstrip(".")


_PLACES = re.compile(r"%\((\w+)\)s")


def _shown(value: object) -> str:
    if isinstance(value, Money):
        return format_kronor(value)
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, date):
        return format_date(value)
    return str(value)


def fill(message: str, data: Mapping[str, object]) -> str:
    """Translate a message and fill its `%(name)s` places with money, dates and texts as the reader writes them."""
    return _PLACES.sub(lambda match: _shown(data.get(match[1], "")), _(message))


def describe(error: RegistryError) -> str:
    """An error's message in the reader's language."""
    if isinstance(error, InvalidInputError) and len(error.errors) == 1:
        return describe(error.errors[0][1])
    return fill(error.message, error.data)


def sort_key(name: str) -> str:
    """A key that sorts names in Swedish order (å ä ö last) under the C collation, whatever their case.

    Source: Swedish alphabetical order; é sorts as e, ü as y, as in Svenska akademiens ordlista.
    """
    folded = name.casefold().translate(_SWEDISH)
    return re.sub(r"[^0-9a-z{|}~ ]+", "", folded).strip()


_SWEDISH = str.maketrans(
    {"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}", "é": "e", "è": "e", "ë": "e", "ü": "y", "á": "a", "à": "a",
     "ñ": "n", "ç": "c", "í": "i", "ó": "o", "ú": "u", "ý": "y", "š": "s", "ž": "z", "ð": "d", "þ": "th"}
)  # fmt: skip
