"""Text that somebody types to do harm, put into every field that people fill in of whatever a document is made from."""

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass, replace
from typing import Any, TypeVar, get_args, get_type_hints
from unittest.mock import patch

import pikepdf
import pypdf
from pydantic import BaseModel

from registry.documents.engine import SCHEME, AssetFetcher
from tests.statements.structures import Structure
from tests.verapdf import broken_rules

T = TypeVar("T")

MARKUP = (
    '</td></table><script>alert("!")</script><svg onload="x"><image href="file:///etc/passwd"/></svg>'
    '<img src="http://evil.example/x"/><a href="javascript:x">{{ a }}{% raw %}&xxe;]]><!-- <style>*{display:none}'
)
SIGNS = (
    "\u202e\u2067\u200fkr\u202c \u05dc\u05ea\u06f3\u0664 🎉漢𝔘 a\x00b\x1b[m\x0c\u0301\u0301 \ufffe\u00ad\u2028\ufeff"
)
"""Marks that turn the direction, digits of other scripts, signs without a glyph, controls."""
WORDS = "ord " * 2_500
UNBROKEN = "W" * 10_000
TEXTS = {"markup": MARKUP, "signs": SIGNS, "words": WORDS, "unbroken": UNBROKEN}
_AMOUNT = re.compile(r"−?\d{1,3}(?: \d{3})*,\d\d")

MADE_HERE = {
    "anchor", "anchor_hash", "area_code", "code", "colour", "funder", "funder_org_number", "grant", "grants",
    "initiative", "inputs_sha256", "key", "language", "number", "org_number", "part", "party_number", "result_sha256",
    "sha256", "unit", "verify_url",
}  # fmt: skip
"""Fields that the registry writes itself: numbers, keys that lines are joined by, codes, hashes."""


def poison(value: T, text: str) -> T:
    """The same value with the text in every field of free text, however deep; figures, dates and kinds stay."""
    return _poison(value, text, type(value))  # type: ignore[no-any-return]


def _poison(value: Any, text: str, hint: Any) -> Any:
    if type(value) is str:
        return text if value and hint is str else value
    if isinstance(value, BaseModel):
        hints = {name: field.annotation for name, field in type(value).model_fields.items()}
        return value.model_copy(update=_fields(value, text, hints))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **_fields(value, text, get_type_hints(type(value))))
    if isinstance(value, Mapping):
        return {key: _poison(each, text, type(each)) for key, each in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        inner = get_args(hint)[:1] or (str,)
        return type(value)(_poison(each, text, inner[0] if type(each) is str else type(each)) for each in value)
    return value


def _fields(value: Any, text: str, hints: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: getattr(value, name) for name in hints}
    return {name: _poison(each, text, hints[name]) for name, each in found.items() if not _is_made_here(name, each)}


def _is_made_here(name: str, value: Any) -> bool:
    held = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else (value,)
    return name in MADE_HERE and all(type(each) is str for each in held)


def assert_harmless(render: Callable[[T], bytes], document: T, *, most_pages: int = 30) -> None:
    """Render the document with each hostile text in every field: the figures stay right, and nothing else happens."""
    expected = Counter(_AMOUNT.findall(text_of(render(poison(document, "x")))))
    assert expected
    asked: list[str] = []
    fetch = AssetFetcher.fetch

    def listen(self: AssetFetcher, url: str, headers: dict[str, str] | None = None) -> Any:
        asked.append(url)
        return fetch(self, url, headers)

    with patch.object(AssetFetcher, "fetch", listen):
        for name, hostile in TEXTS.items():
            pdf = render(poison(document, hostile))
            assert broken_rules(pdf) == [], name
            text = text_of(pdf)
            assert Counter(_AMOUNT.findall(text)) == expected, name
            assert not [sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf") and sign != "\n"], name
            assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) <= most_pages, name
            _assert_inert(pdf)
            if hostile == MARKUP:
                assert '<script>alert("!")' in text.replace("\n", "")
    assert [url for url in asked if not url.startswith(SCHEME)] == []


def text_of(pdf: bytes) -> str:
    """The text of all pages, with plain spaces."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "\n".join(page.extract_text() for page in pages).replace("\u00a0", " ")


def _assert_inert(pdf: bytes) -> None:
    """No script, link or form, no file but its own data, no font but the bundled ones."""
    structure = Structure(pdf)
    for item in structure.file.objects:
        if isinstance(item, pikepdf.Dictionary):
            assert not {"/JS", "/URI", "/Launch", "/AA", "/OpenAction", "/AcroForm"} & set(item.keys())
    assert {name.partition(".")[2] for name in structure.file.attachments} <= {"json", "csv"}
    assert b"root:" not in pdf
    assert all(name.startswith("Source-Sans") for name in structure.font_names())
