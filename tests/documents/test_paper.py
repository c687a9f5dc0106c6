"""What every document on paper shares."""

from datetime import date
from xml.etree import ElementTree as ET

import pytest

from registry.documents.paper import clip, day_in_table, names, paper_css, paper_html
from registry.documents.pdf import PdfSource, render_pdf
from registry.texts import use_language
from tests.verapdf import broken_rules


def test_a_bare_document_is_archivable_and_accessible() -> None:
    day = date(2026, 2, 16)
    html = paper_html("layout/paper.html", language="sv", issued_on=day, authors=["Å & B"], accents=["#1b4f72"])
    html = html.replace("<title></title>", "<title>Prov</title>").replace("</body>", "<h1>Prov</h1></body>")
    assert ET.fromstring(html).get("lang") == "sv"  # noqa: S314 - our own output
    assert broken_rules(render_pdf(PdfSource(html, paper_css(), "prov", day))) == []


def test_no_style_of_the_sheet_leaks_memory() -> None:
    """The engine keeps 118 kB of every document whose style sheet names them."""
    rules = paper_css("statements/statement.css").partition("*/")[2]
    assert "font-kerning" not in rules
    assert "font-variant" not in rules


@pytest.mark.parametrize(
    ("parts", "text"), [((), ""), (("A",), "A"), (("A", "B"), "A och B"), (("A", "B", "C"), "A, B och C")]
)
def test_names_are_listed_as_people_list_them(parts: tuple[str, ...], text: str) -> None:
    with use_language("sv"):
        assert names(parts) == text


def test_a_cut_text_shows_that_it_is_cut() -> None:
    assert clip("kort", 4) == "kort"
    assert clip("alltför lång", 8) == "alltför…"


def test_what_is_no_word_is_broken_and_addresses_are_kept() -> None:
    address = "https://bidrag.example.se/verify/T4YH-TUDR-R7W8-CTRZ-ABCDEF"
    assert clip(address, 200) == address
    assert clip("W" * 130, 200) == " ".join(("W" * 60, "W" * 60, "W" * 10))


@pytest.mark.parametrize(("language", "text"), [("sv", "2025-01-31"), ("fi", "31.1.2025"), ("en", "31 Jan 2025")])
def test_a_date_in_a_column_is_short(language: str, text: str) -> None:
    with use_language(language):
        assert day_in_table(date(2025, 1, 31)) == text
