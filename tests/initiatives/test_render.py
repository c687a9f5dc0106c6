"""A year of an initiative as a PDF: archivable, accessible, the same bytes for the same figures, in three languages."""

import io
import json
from datetime import date

import pikepdf
import pypdf
import pytest

from registry.core.access import CONSOLE
from registry.documents.paper import Letterhead
from registry.initiatives.export import read_year
from registry.initiatives.render import YearDocument, render_year
from registry.initiatives.schemas import ShareDetails
from tests.factories import make_edition, make_event, make_shares
from tests.hostile import assert_harmless
from tests.initiatives.story import Kept
from tests.verapdf import broken_rules

LETTERHEADS = (
    Letterhead("Region Dalarna", "232100-0180", ("Box 712, Falun",), "#1b3a5c"),
    Letterhead("Ludvika kommun", "212000-2270", (), "#a4622a"),
)
DAY = date(2026, 1, 15)


async def pdf_of(number: str, year: int = 2025, language: str = "sv") -> bytes:
    """A year rendered."""
    return render_year(YearDocument(await read_year(CONSOLE, number, year), LETTERHEADS, language, DAY))


def words(pdf: bytes) -> str:
    """Its text, with plain spaces."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).replace("\u00a0", " ").split())


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
async def test_a_picture_is_archivable_and_accessible_and_holds_its_figures(kept: Kept, language: str) -> None:
    pdf = await pdf_of(kept.body, language=language)
    assert broken_rules(pdf) == []
    assert await pdf_of(kept.body, language=language) == pdf, "the same figures, the same bytes"
    text = words(pdf)
    for amount in ("950,000.01", "714,285.72", "535,714.28"):
        assert (amount if language == "en" else amount.replace(",", " ").replace(".", ",")) in text
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert str(file.Root.Lang) == language
        told = json.loads(file.attachments[f"{kept.body}-2025.json"].get_file().read_bytes())
    assert told["totals"]["decided"] == "950000.01"
    assert [memo["partner"] for memo in told["memos"]] == ["Smedjebackens kommun", "Västmanlands läns museum"]


async def test_the_drawing_says_what_it_is_and_the_table_beneath_says_the_same(kept: Kept) -> None:
    pdf = await pdf_of(kept.body, language="en")
    with pikepdf.open(io.BytesIO(pdf)) as file:
        dictionaries = [one for one in file.objects if isinstance(one, pikepdf.Dictionary)]
        told = [str(one["/Alt"]) for one in dictionaries if "/Alt" in one]
    assert told == ["The flow of money to Ekomuseet in 2025, from funder by intermediary to recipient"]
    assert "Region Dalarna, via Länets museum 3 of 7 parts of 1,000,000.00 kr 428,571.43 500,000.01" in words(pdf)


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
async def test_an_edition_is_archivable_and_accessible_and_says_the_benefit(kept: Kept, language: str) -> None:
    pdf = await pdf_of(kept.poetry, language=language)
    assert broken_rules(pdf) == []
    text = words(pdf)
    assert ("100,000.00" if language == "en" else "100 000,00") in text
    assert {"sv": "inte angiven", "fi": "ei ilmoitettu", "en": "not stated"}[language] in text
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1


async def test_a_year_of_nothing_and_one_of_much_are_documents_too(kept: Kept) -> None:
    await make_edition(kept.poetry, 2026)
    assert broken_rules(await pdf_of(kept.poetry, 2026)) == []
    assert broken_rules(await pdf_of(kept.body, 2030)) == []
    for number in range(60):
        await make_event(kept.poetry, f"Läsning {number} med en titel som är lång nog för två rader i en smal spalt")
    long = await pdf_of(kept.poetry)
    assert broken_rules(long) == []
    assert len(pypdf.PdfReader(io.BytesIO(long)).pages) > 2
    partners = [ShareDetails(partner=f"Kommun nummer {number}", parts=number + 1) for number in range(24)]
    await make_shares(kept.body, *partners, whole=777, year=2027)
    assert broken_rules(await pdf_of(kept.body, 2027)) == []


async def test_hostile_text_in_every_field_leaves_the_figures_right_and_does_nothing(kept: Kept) -> None:
    for number in (kept.body, kept.poetry):
        document = YearDocument(await read_year(CONSOLE, number, 2025), LETTERHEADS, "sv", DAY)
        assert_harmless(render_year, document, most_pages=4)
