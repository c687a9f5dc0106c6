"""Every text of code and templates stands in all three languages, whole and certain, and reads as its language does."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from registry.core.errors import FieldError, InvalidInputError, RegistryError
from registry.core.money import Money
from registry.settings import PROJECT
from registry.texts import (
    CATALOGUES,
    LANGUAGES,
    choose_language,
    describe,
    fill,
    format_date,
    format_datetime,
    format_kronor,
    format_money,
    format_month,
    format_percent,
    sort_key,
    use_language,
)

METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.j2", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "gettext": None}
PLACES = re.compile(r"%\(\w+\)[sd]|%%|%[sd]")


def extracted() -> set[str | tuple[str, ...]]:
    """The msgids of code and templates, found as `make texts` finds them."""
    found: set[str | tuple[str, ...]] = set()
    for folder in ("registry", "templates"):
        for _path, _line, message, _comments, _context in extract_from_dir(
            PROJECT / folder, method_map=METHODS, keywords=KEYWORDS, options_map={}
        ):
            found.add(message if isinstance(message, str) else tuple(message))
    return {message for message in found if message and message != ("",)}


def catalogue(language: str) -> Catalog:
    """One language's catalogue."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def messages(language: str) -> Iterator[Message]:
    """Its messages, without the head."""
    return (message for message in catalogue(language) if message.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    known = {message.id if isinstance(message.id, str) else tuple(message.id) for message in messages(language)}
    missing = sorted(map(str, extracted() - known))
    assert not missing, f"{len(missing)} texts are not in {language}.po (make texts):\n" + "\n".join(missing[:40])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_empty_or_fuzzy(language: str) -> None:
    wrong = [
        str(message.id)
        for message in messages(language)
        if message.fuzzy or not all((message.string,) if isinstance(message.string, str) else message.string or (None,))
    ]
    assert not wrong, f"{len(wrong)} texts of {language}.po:\n" + "\n".join(wrong[:40])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_keeps_its_places(language: str) -> None:
    """A place that is missing or misspelt would show an error or lose an amount."""
    wrong = []
    for message in messages(language):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        wanted = {tuple(sorted(PLACES.findall(one))) for one in ids}
        wrong += [str(message.id) for text in strings if tuple(sorted(PLACES.findall(text))) not in wanted]
    assert not wrong, wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_over(language: str) -> None:
    """What the code no longer says isn't translated on."""
    found = extracted()
    known = {message.id if isinstance(message.id, str) else tuple(message.id) for message in messages(language)}
    assert not known - found, sorted(map(str, known - found))[:20]


def test_english_says_what_the_code_says() -> None:
    wrong = [message.id for message in messages("en") if message.string != message.id]
    assert not wrong, wrong[:20]


def test_swedish_is_swedish() -> None:
    """More than a third of the longer texts would share a word with English if they were left as they are."""
    long = [message for message in messages("sv") if isinstance(message.id, str) and len(message.id) > 25]
    same = [message.id for message in long if message.id == message.string]
    assert not same, same


def test_money_as_each_language_writes_it() -> None:
    shown = {}
    for language in LANGUAGES:
        with use_language(language):
            shown[language] = (format_kronor(1_250_000), format_money(-5))
    assert shown["sv"] == ("12\u00a0500,00\u00a0kr", "\u22120,05")
    assert shown["fi"] == ("12\u00a0500,00\u00a0kr", "\u22120,05")
    assert shown["en"] == ("12,500.00\u00a0kr", "\u22120.05")


@given(st.integers(-(2**63), 2**63 - 1))
def test_no_amount_is_rounded(ore: int) -> None:
    with use_language("sv"):
        digits = re.sub(r"[^0-9−]", "", format_money(ore)).replace("−", "-")
    assert int(digits) == ore


def test_dates_and_moments_are_swedish_time() -> None:
    new_year = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    with use_language("sv"):
        assert format_datetime(new_year) == "2026-01-01 00:30"
        assert format_date(date(2025, 1, 31)) == "2025-01-31"
        assert format_date(None) == ""
        assert [format_month(month) for month in (1, 5, 12)] == ["jan", "maj", "dec"]
    with use_language("fi"):
        assert format_date(date(2025, 1, 31)) == "31.1.2025"
    with use_language("en"):
        assert format_date(date(2025, 1, 31)) == "31 January 2025"


def test_a_share_of_nothing_is_a_dash() -> None:
    with use_language("sv"):
        assert (format_percent(975, 1000), format_percent(1, 0)) == ("97,5\u00a0%", "–")


def test_an_error_is_filled_in_the_readers_language() -> None:
    class LeftError(RegistryError):
        message = "%(amount)s of %(day)s"

    with use_language("sv"):
        assert describe(LeftError(amount=Money(4000), day=date(2025, 1, 2))) == "40,00\u00a0kr of 2025-01-02"
        assert fill("%(missing)s!", {}) == "!"
        one = InvalidInputError([("a", FieldError(message="only this"))])
        assert describe(one) == "only this"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "sv"),
        ("fi", "fi"),
        ("de, en;q=0.8", "en"),
        ("sv-SE,sv;q=0.9", "sv"),
        ("zz", "sv"),
        ("," * 5000 + "fi", "sv"),
    ],
)
def test_the_browser_says_which_language(header: str, language: str) -> None:
    assert choose_language(header) == language


def test_names_sort_as_in_a_swedish_register() -> None:
    names = [
        "Örebro",
        "Ärla",
        "Åre",
        "Zinkgruvan",
        "anna",
        "Erik",
        "École",
        "Über",
        "Uddevalla",
        "Ystad",
        "abc-1",
        "ABC 2",
    ]
    ordered = sorted(names, key=sort_key)
    assert ordered[-3:] == ["Åre", "Ärla", "Örebro"]
    assert ordered.index("École") < ordered.index("Erik") < ordered.index("Uddevalla") < ordered.index("Ystad")


@pytest.mark.parametrize("language", LANGUAGES)
@given(ore=st.integers(-(10**14), 10**14))
def test_an_amount_is_written_as_babel_writes_it(language: str, ore: int) -> None:
    locale = {"sv": "sv_SE", "fi": "fi_FI", "en": "en_GB"}[language]
    expected = format_decimal(Decimal(ore) / 100, format="#,##0.00", locale=locale).replace("-", "\u2212")
    with use_language(language):
        assert format_money(ore) == expected
