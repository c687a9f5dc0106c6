"""How statements are told apart: their numbers, their verification codes, and the names of their files."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit."""
CODE_SIGNS = 16
"""Signs of a verification code: 80 random bits."""
CODE_GROUP = 4

_LOOKALIKES = str.maketrans("OIL", "011")


def new_code() -> str:
    """A verification code that can't be guessed, in groups of four."""
    signs = "".join(secrets.choice(ALPHABET) for _sign in range(CODE_SIGNS))
    return _grouped(signs)


def read_code(text: str) -> str:
    """A code as somebody typed it, in the form that is printed: case, spaces and look-alikes don't matter."""
    signs = "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())
    return _grouped(signs.translate(_LOOKALIKES)[: 2 * CODE_SIGNS])


def _grouped(signs: str) -> str:
    return "-".join(signs[start : start + CODE_GROUP] for start in range(0, len(signs), CODE_GROUP))


def statement_number(party_number: str, year: int, language: str, version: int) -> str:
    """`2025-P17-SV-1`."""
    return f"{year}-{party_number.replace('-', '')}-{language.upper()}-{version}"


def file_name(party_number: str, year: int, language: str) -> str:
    """`statement-2025-P17-sv.pdf`: no organisation number, which may be a person's."""
    return f"statement-{year}-{party_number.replace('-', '')}-{language}.pdf"
