"""Numbers have one written form, wrong ones are refused, and personal ones are hidden."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from registry.core.numbers import (
    InvalidNumberError,
    is_personal_number,
    mask_account,
    mask_org_number,
    normalise_bankgiro,
    normalise_org_number,
    normalise_plusgiro,
)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("212000-2239", "212000-2239"),
        ("2120002239", "212000-2239"),
        ("16212000-2239", "212000-2239"),
        (" 212000\u20112239 ", "212000-2239"),
        ("802000-0009", "802000-0009"),
        ("701063-2391", "701063-2391"),
        ("197010632391", "701063-2391"),
        ("121212+1212", "121212-1212"),
        ("19121212-1212", "121212-1212"),
    ],
)
def test_an_org_number_has_one_form(written: str, number: str) -> None:
    assert normalise_org_number(written) == number
    assert normalise_org_number(number) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "212000-2238",
        "212000-223",
        "21200-02239",
        "212000-2239\n1",
        "２１２０００-2239",
        "19212000-2239",
        "16121212-1212",
        "701363-2391",
        "19990229-0007",
        "000000-0000",
        "212000-2239" * 1000,
    ],
)
def test_a_wrong_org_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidNumberError) as refused:
        normalise_org_number(written)
    assert "2120" not in str(refused.value).replace("212000-2239", "")
    assert "1212" not in str(refused.value)


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    for normalise in (normalise_org_number, normalise_bankgiro, normalise_plusgiro):
        try:
            number = normalise(text)
        except InvalidNumberError:
            continue
        assert normalise(number) == number


def test_a_personal_number_is_hidden_with_its_birth_date() -> None:
    assert is_personal_number("121212-1212")
    assert mask_org_number("121212-1212") == "••••••-••••"
    assert not is_personal_number("212000-2239")
    assert mask_org_number("212000-2239") == "212000-2239"


@pytest.mark.parametrize(
    ("normalise", "written", "number"),
    [
        (normalise_bankgiro, "54029681", "5402-9681"),
        (normalise_bankgiro, "5402–9681", "5402-9681"),
        (normalise_bankgiro, "297-3675", "297-3675"),
        (normalise_bankgiro, "9020033", "902-0033"),
        (normalise_plusgiro, "2865434", "28 65 43-4"),
        (normalise_plusgiro, "28 65 43-4", "28 65 43-4"),
        (normalise_plusgiro, "42", "4-2"),
        (normalise_plusgiro, "90 20 03-3", "90 20 03-3"),
    ],
)
def test_a_giro_number_has_one_form(normalise: Callable[[str], str], written: str, number: str) -> None:
    assert normalise(written) == number


@pytest.mark.parametrize("written", ["5402-9682", "540-29681", "123456", "000-0000", "5402--9681", ""])
def test_a_wrong_bankgiro_is_refused(written: str) -> None:
    with pytest.raises(InvalidNumberError):
        normalise_bankgiro(written)


@pytest.mark.parametrize("written", ["28 65 43-5", "0-0", "4", "123456789-7", "286-5434", "plus"])
def test_a_wrong_plusgiro_is_refused(written: str) -> None:
    with pytest.raises(InvalidNumberError):
        normalise_plusgiro(written)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=9_999_999))
def test_every_plusgiro_keeps_its_digits(head: int) -> None:
    digits = f"{head}{luhn.calc_check_digit(str(head))}"
    number = normalise_plusgiro(digits)
    assert number.replace(" ", "").replace("-", "") == digits
    assert all(len(pair) == 2 for pair in number[:-2].split(" ")[1:])


@pytest.mark.parametrize(
    ("account", "masked"),
    [("5402-9681", "••••-9681"), ("297-3675", "•••-3675"), ("28 65 43-4", "•• •5 43-4"), ("4-2", "•-2"), ("", "")],
)
def test_an_account_shows_its_last_digits(account: str, masked: str) -> None:
    assert mask_account(account) == masked
