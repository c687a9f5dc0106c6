"""Statements for the archive and for everyone: PDF/A-3a and PDF/UA-1 in every language and length, and well set."""

import io
import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import pypdf
import pytest

from registry.documents.fonts import MISSING
from registry.documents.seal import load_seal, make_demo_certificate
from registry.statements.render import render_statement
from registry.statements.schemas import StatementDocument
from registry.statements.wording import statement_chart
from registry.texts import use_language
from tests.documents.test_seal import make_settings
from tests.hostile import assert_harmless
from tests.statements.documents import make_document, make_matters, make_position, make_previous
from tests.statements.structures import Node, Structure
from tests.verapdf import broken_rules

LANGUAGES = ("sv", "fi", "en")
HEADS = {"sv": "Nummer Datum", "fi": "Numero Päivä", "en": "Number Date"}
PAGES = {"sv": "Sida {} av {}", "fi": "Sivu {}/{}", "en": "Page {} of {}"}
CONDITIONS = "\n".join(f"{number}. Redovisas." for number in range(1, 86))
CHANGES: dict[str, Any] = {
    "version": 2,
    "replaces": "Ersätter version 1 av 2026-02-03 därför att betalning U-20311 tillkom och 5 andra ändrades.",
    "changes": tuple(f"utbetalning U-{20311 + number} tillkom" for number in range(6)),
}
Make = Callable[[str], StatementDocument]


def told(document: StatementDocument) -> StatementDocument:
    """With what happened after the year."""
    envelope = document.envelope.model_copy(update={"position": make_position(document)})
    return document.model_copy(update={"envelope": envelope})


def long(language: str) -> StatementDocument:
    """Thirty pages: a ledger over several of them, then each decision's own conditions."""
    document = make_document(grants=30, payments=120, reversals=4, amended=True, language=language)
    grants = (
        grant.model_copy(update={"conditions": f"{grant.number}\n{CONDITIONS}"}) for grant in document.figures.grants
    )
    return document.model_copy(update={"figures": document.figures.model_copy(update={"grants": tuple(grants)})})


MADE: dict[str, Make] = {
    "empty": lambda language: make_document(grants=1, payments=0, language=language),
    "page": lambda language: make_document(language=language),
    "pages": lambda language: told(
        make_document(
            grants=7, payments=40, reversals=1, amended=True, language=language, envelope=CHANGES,
            lines={"conditions": "Redovisas i mars.\nHåll öppet för alla.", "benefit": "Tre kvällar i Ludvika."},
            figures={"previous": make_previous(), **make_matters()}, by_way=True,
        )
    ),
    "long": long,
}  # fmt: skip
EVERY = [(language, length) for length in MADE for language in LANGUAGES]
MOST = [(language, length) for language, length in EVERY if length != "long" or language == "sv"]
"""Without the long ones in translation, which hold nothing new for what is looked at page by page."""


@cache
def rendered(language: str, length: str) -> bytes:
    """A statement, set once for all tests."""
    return render_statement(MADE[length](language))


@cache
def pages_of(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize(("language", "length"), EVERY)
def test_every_language_and_length_is_archivable_and_accessible(language: str, length: str) -> None:
    assert broken_rules(rendered(language, length)) == []


@pytest.mark.parametrize(("language", "length"), MOST)
def test_every_page_says_whose_it_is_and_which_of_how_many(language: str, length: str) -> None:
    pages = pages_of(rendered(language, length))
    expected = {"empty": (1, 1), "page": (1, 1), "pages": (3, 4), "long": (28, 34)}[length]
    assert expected[0] <= len(pages) <= expected[1]
    for number, page in enumerate(pages, start=1):
        assert PAGES[language].format(number, len(pages)) in page
        assert "T4YH-TUDR-R7W8-CTRZ" in page
        assert "ABF Dalarna" in page
        assert "2025" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_document_names_itself_and_its_language(language: str) -> None:
    structure = Structure(rendered(language, "page"))
    root = structure.file.Root
    assert str(root.Lang) == language
    assert bool(root.ViewerPreferences.DisplayDocTitle)
    title = str(structure.file.docinfo["/Title"])
    assert title.endswith("2025 – ABF Dalarna")
    year = {"sv": "Året i siffror", "fi": "Vuosi lukuina", "en": "The year in figures"}[language]
    assert structure.outline()[:2] == ["ABF Dalarna", year]
    assert {"Region Dalarna", "Ludvika kommun"} <= set(structure.outline())


@pytest.mark.parametrize("length", MADE)
def test_headings_follow_each_other_without_a_gap(length: str) -> None:
    levels = [int(node.kind[1]) for node in Structure(rendered("sv", length)).of("H1", "H2", "H3", "H4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def cells(row: Node) -> list[Node]:
    return [cell for cell in row.children if cell.kind in ("TH", "TD")]


@pytest.mark.parametrize("length", MADE)
def test_every_table_has_heads_that_say_what_they_head_and_rows_of_one_width(length: str) -> None:
    tables = Structure(rendered("sv", length)).of("Table")
    assert tables
    for table in tables:
        rows = [node for node in table.walk() if node.kind == "TR"]
        heads = [node for node in table.walk() if node.kind == "THead"]
        assert len(heads) == 1, "a table, or its part on a page, begins with its heads"
        assert len({sum(cell.span("/ColSpan") for cell in cells(row)) for row in rows}) == 1
        assert {cell.scope for row in rows[:1] for cell in cells(row)} == {"Column"}
        assert {cell.scope for row in rows[1:] for cell in cells(row) if cell.kind == "TH"} <= {"Row"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_say_what_they_show(language: str) -> None:
    figures = Structure(rendered(language, "page")).of("Figure")
    texts = [str(figure.element["/Alt"]) for figure in figures]
    with use_language(language):
        chart = statement_chart(MADE["page"](language).figures, small=True)
    said = re.search(r"<title>(.*?)</title>", str(chart))
    assert said is not None
    assert len(texts) == 2
    assert any(text.replace("\u00a0", " ") == said[1].replace("\u00a0", " ") for text in texts)
    for figure in figures:
        left, low, right, high = map(float, figure.element["/A"]["/BBox"])
        assert 0 <= left < right <= 596
        assert 0 <= low < high <= 842


@pytest.mark.parametrize(("language", "length"), MOST)
def test_one_family_is_embedded_and_every_sign_has_its_glyph(language: str, length: str) -> None:
    names = Structure(rendered(language, length)).font_names()
    assert names
    assert all(name.startswith("Source-Sans") for name in names)
    assert len(names) <= 3


def test_a_ledger_that_goes_on_has_its_heads_again_and_no_torn_or_lonely_row() -> None:
    pages = pages_of(rendered("sv", "long"))
    ledger = [page for page in pages[1:] if "U-20" in page]
    assert len(ledger) >= 4
    for page in ledger:
        text = page.partition(HEADS["sv"])[2].partition("Kvar ")[2]
        assert text, "the heads stand on each page"
        assert not text.startswith("Summa"), "a sum never stands alone after its heads"
    for index in range(120):
        number, voucher = f"U-{20311 + index}", f"V{250117 + 13 * index}"
        assert any(number in page and voucher in page for page in pages), f"{number} is torn"


@pytest.mark.parametrize("language", ["fi", "en"])
def test_a_translation_says_that_the_swedish_text_is_the_one_that_counts(language: str) -> None:
    first = pages_of(rendered(language, "page"))[0]
    assert {"fi": "ruotsinkielinen ote on ratkaiseva", "en": "the Swedish statement is authoritative"}[
        language
    ] in first
    assert "authoritative" not in pages_of(rendered("sv", "page"))[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_in_another_language(language: str) -> None:
    """What the registry itself says; names, purposes and reasons stay as they were written."""
    page = " ".join(pages_of(rendered(language, "pages")))
    foreign = {
        "sv": ("Left", "Decided", "Jäljellä", "Maksu "),
        "fi": ("Left", "Decided", "Kvar", "Utbetalt", "Återföring"),
        "en": ("Kvar", "Utbetalt", "Jäljellä", "Återföring"),
    }[language]
    assert not [word for word in foreign if word in page]


def test_finnish_words_are_broken_at_their_syllables() -> None:
    reader = pypdf.PdfReader(io.BytesIO(rendered("fi", "pages")))
    text = "\n".join(page.extract_text() for page in reader.pages)
    broken = re.findall(r"(\w+)-\n(\w+)", text)
    assert broken
    assert all(re.match(r"[bcdfghjklmnpqrstvwxz]?[aeiouyäöå]", end.lower()) for _start, end in broken), broken


def test_signs_that_the_typeface_lacks_are_seen_and_the_file_stays_archivable() -> None:
    document = make_document(
        party={"name": "🎉 Körföreningen 漢字 \u202eabc", "address": ("Ωμέγα 1", "a\x00b\x1b")},
        first_event={"note": "לתשלום 𝔘", "voucher": "Ⅷ-1"},
    )
    pdf = render_statement(document)
    assert broken_rules(pdf) == []
    assert f"{MISSING} Körföreningen {MISSING}{MISSING}" in pages_of(pdf)[0]


def test_hostile_text_in_every_field_leaves_the_figures_right_and_does_nothing() -> None:
    assert_harmless(render_statement, MADE["pages"]("sv"), most_pages=16)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sealed_statement_stays_archivable(language: str, tmp_path: Any) -> None:
    seal = load_seal(make_settings(seal_certificate=make_demo_certificate(tmp_path)))
    assert seal is not None
    plain = rendered(language, "page")
    sealed = seal.apply(plain, reason="2025-000017")
    assert sealed.startswith(plain)
    assert broken_rules(sealed) == []
