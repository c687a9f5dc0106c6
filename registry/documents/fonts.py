"""The bundled typefaces, out of their packages, and the signs that they can show. No font comes from the machine."""

import unicodedata
from functools import cache
from importlib.resources import files
from io import BytesIO

from fontTools.ttLib import TTFont

FACES = {
    "sans-light.ttf": ("font_source_sans_pro", "SourceSansPro-Light.ttf"),
    "sans-regular.ttf": ("font_source_sans_pro", "SourceSansPro-Regular.ttf"),
    "sans-semibold.ttf": ("font_source_sans_pro", "SourceSansPro-Semibold.ttf"),
}
"""One family in three weights, by the names of style sheets: static TrueType, which PDF/A and equal bytes ask for."""

MISSING = "☐"
"""Stands in the text for a sign that the faces lack: a missing glyph fails both PDF/A and PDF/UA."""

_ALIASES = {"\u2010": "-", "\u2011": "-", "\u2009": "\u00a0", "\u202f": "\u00a0", "\u2028": " ", "\u2029": " "}
_INVISIBLE = {"Cc", "Cf"}


@cache
def font_bytes(face: str) -> bytes:
    """The font file of a face. Raises: KeyError for a face that isn't bundled."""
    package, name = FACES[face]
    return (files(package) / "files" / name).read_bytes()


@cache
def _shown_by_all() -> frozenset[int]:
    """The code points that every face has: text may move between faces."""
    tables = [TTFont(BytesIO(font_bytes(face)), lazy=True).getBestCmap() for face in FACES]
    return frozenset(tables[0]).intersection(*tables[1:])


class _Signs(dict[int, str]):
    """Code point to what is printed for it, found out once a sign."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        if sign in "\n\t":
            shown = sign
        elif sign in _ALIASES:
            shown = _ALIASES[sign]
        elif unicodedata.category(sign) in _INVISIBLE or "\ufe00" <= sign <= "\ufe0f":
            shown = ""
        elif code in _shown_by_all():
            shown = sign
        else:
            shown = " " if unicodedata.category(sign) == "Zs" else MISSING
        self[code] = shown
        return shown


_SIGNS = _Signs()


def printable(text: str) -> str:
    """The text as the faces can show it: composed, without control and direction marks, unknown signs as `☐`."""
    return unicodedata.normalize("NFC", text).translate(_SIGNS)
