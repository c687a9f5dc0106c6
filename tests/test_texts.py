"""Amounts and numbers as a reader sees them."""

import pytest

from registry.texts import format_kronor, format_money, format_number, format_percent, use_language

MINUS = "\u2212"


@pytest.mark.parametrize(
    ("language", "money", "number"),
    [
        ("sv", f"{MINUS}12\u00a0345,67", f"{MINUS}5\u00a0000"),
        ("fi", f"{MINUS}12\u00a0345,67", f"{MINUS}5\u00a0000"),
        ("en", f"{MINUS}12,345.67", f"{MINUS}5,000"),
    ],
)
def test_a_negative_amount_has_a_minus_sign_and_no_hyphen(language: str, money: str, number: str) -> None:
    with use_language(language):
        assert format_money(-1_234_567) == money
        assert format_kronor(-1_234_567) == f"{money}\u00a0kr"
        assert format_number(-5000) == number
        assert format_percent(-1, 2).startswith(MINUS)


def test_an_amount_is_exact_however_large() -> None:
    with use_language("en"):
        assert format_money(10**16 + 1) == "100,000,000,000,000.01"
        assert format_money(0) == "0.00"
