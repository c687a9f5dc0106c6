"""Codes that can't be guessed, and numbers and names that hold no organisation number."""

import re

from registry.statements.codes import file_name, new_code, read_code, statement_number


def test_a_code_has_eighty_bits_and_is_read_as_people_write() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)
    assert read_code(" 7t4y htud rr7w-8cto ") == "7T4Y-HTUD-RR7W-8CT0"
    assert read_code("ilil-oooo") == "1111-0000"
    assert read_code("") == ""
    assert len(read_code("9" * 10_000)) < 50


def test_numbers_and_names_of_files_hold_the_registrys_own_number() -> None:
    assert statement_number("P-17", 2025, "sv", 3) == "2025-P17-SV-3"
    assert file_name("P-17", 2025, "fi") == "statement-2025-P17-fi.pdf"
