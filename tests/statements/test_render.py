"""The statement on paper: the PDF is opened and its figures are read."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import pikepdf
import pypdf
import pytest
from pydantic import ValidationError

from registry.core.money import Money
from registry.documents.fonts import MISSING
from registry.statements.render import render_statement, statement_html, statement_source, warm_up
from registry.statements.schemas import StatementFigures, Sums
from tests.statements.documents import make_document, make_matters


def read(pdf: bytes) -> list[str]:
    """The text of each page, with plain single spaces."""
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_a_short_statement_is_one_page_with_every_figure() -> None:
    (page,) = read(render_statement(make_document()))
    for figure in ("1 200 000,00", "960 000,00", "240 000,00", "640 000,00", "320 000,00", "160 000,00"):
        assert figure in page
    for text in ("Region Dalarna", "Ludvika kommun", "ABF Dalarna", "883800-5318", "2025-000017", "RD25/00411", "§ 14"):
        assert text in page
    for text in (
        "U-20311",
        "V250117",
        "BG ••••-1234",
        "T4YH-TUDR-R7W8-CTRZ",
        "3f5a9c0d1e2b4a67",
        "bidrag.example.se/verify",
    ):
        assert text in page


def test_forty_payments_fill_two_pages() -> None:
    pages = read(render_statement(make_document(grants=7, payments=40, reversals=1, amended=True)))
    assert len(pages) == 2
    both = " ".join(pages)
    for index in range(40):
        assert f"U-{20311 + index}" in both
    assert "R-311" in both
    assert "56 000,00" in both
    assert "25 000,00 kr" in both
    assert all("2025-000017" in page for page in pages)


def test_a_long_statement_repeats_its_table_heads() -> None:
    document = make_document(grants=12, payments=200)
    pages = read(render_statement(document))
    assert len(pages) > 4
    assert all("ABF Dalarna" in page and "Nummer Datum" in page for page in pages[1:-1])
    with pikepdf.open(io.BytesIO(render_statement(document))) as file:
        groups = [item for item in file.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/THead"]
        assert len(groups) >= len(pages)


@pytest.mark.parametrize(
    ("language", "amount"), [("sv", "1 200 000,00"), ("fi", "1 200 000,00"), ("en", "1,200,000.00")]
)
def test_every_language_is_whole_and_well_formed(language: str, amount: str) -> None:
    document = make_document(language=language)
    assert ET.fromstring(statement_html(document)).get("lang") == language  # noqa: S314 - our own output
    pdf = render_statement(document)
    assert amount in read(pdf)[0]
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert str(file.Root.Lang) == language


def test_the_figures_are_attached_as_data() -> None:
    document = make_document(payments=9, reversals=1)
    with pikepdf.open(io.BytesIO(render_statement(document))) as file:
        data = file.attachments["2025-000017.json"].get_file().read_bytes()
        table = file.attachments["2025-000017.csv"].get_file().read_bytes()
        assert {str(item.AFRelationship) for item in file.Root.AF} == {"/Data"}
        assert len(file.Root.AF) == 2
    assert json.loads(data) == document.wire()
    assert json.loads(data)["figures"]["totals"]["remaining"] == document.figures.totals.remaining_ore.wire
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert len(rows) == 10
    assert sum(Money.from_wire(row["amount"]) for row in rows) == document.figures.totals.net_ore


SCRIPT = """
import hashlib, sys
sys.path.insert(0, "")
from tests.statements.test_render import digests
print(digests())
"""


def digests() -> list[str]:
    """The hashes of a statement with everything in it, in every language."""
    made = (
        make_document(
            payments=12,
            reversals=1,
            language=language,
            figures=make_matters(),
            lines={"conditions": "Åter."},
            by_way=True,
        )
        for language in ("sv", "fi", "en")
    )
    return [hashlib.sha256(render_statement(document)).hexdigest() for document in made]


def test_the_same_figures_make_the_same_bytes_in_two_processes() -> None:
    """Whatever the hash seed, the time zone and the locale."""
    seen = {str(digests())}
    for seed, zone, locale in (("1", "UTC", "C.UTF-8"), ("2", "America/Lima", "C")):
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "SOURCE_DATE_EPOCH": seed}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=environment
        )
        seen.add(done.stdout.strip())
    assert len(seen) == 1


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src="file:///etc/passwd">',
    "</td></tr></table>",
    "]]><!--",
    "{{ 7 * 7 }}{% raw %}",
    "&nbsp;&xxe;",
    "http://127.0.0.1:9/",
    "\u202egnp.exe\u2066",
    "a\x00b\x1b\x0c",
    "🎉漢字",
    "W" * 10_000,
    "ord " * 2_500,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(text: str) -> None:
    event = {"note": text, "voucher": text, "account": text}
    party = {"name": text, "address": (text, text), "municipality": text}
    pdf = render_statement(make_document(party=party, first_event=event, envelope={"replaces": text}))
    pages = read(pdf)
    assert len(pages) <= 2
    assert "960 000,00" in " ".join(pages)
    assert b"/JavaScript" not in pdf
    assert ("<script>alert(1)" in " ".join(pages)) == ("<script>" in text)


def test_signs_without_a_glyph_are_seen() -> None:
    assert f"{MISSING}{MISSING} kör" in read(render_statement(make_document(party={"name": "🎉漢 kör"})))[0]


def test_no_style_of_the_sheet_leaks_memory() -> None:
    stylesheet = statement_source(make_document()).stylesheet.partition("*/")[2]
    assert "font-kerning" not in stylesheet
    assert "font-variant" not in stylesheet


def test_an_empty_statement_renders() -> None:
    warm_up()


def rebuild(**changes: Any) -> None:
    figures = make_document().figures
    StatementFigures.model_validate(
        {**{name: getattr(figures, name) for name in StatementFigures.model_fields}, **changes}
    )


def test_figures_that_do_not_add_up_are_refused() -> None:
    figures = make_document().figures
    rebuild()
    totals = {name: getattr(figures.totals, name) for name in Sums.model_fields}
    with pytest.raises(ValidationError, match="must be what remains"):
        Sums(**totals | {"remaining_ore": Money(1)})
    more = {"opening_ore": Money(1), "remaining_ore": Money(totals["remaining_ore"] + 1)}
    with pytest.raises(ValidationError, match="opening_ore must add up"):
        rebuild(totals=Sums(**totals | more))
    with pytest.raises(ValidationError, match="payment of Ludvika kommun"):
        rebuild(events=tuple(event for event in figures.events if event.funder == "region"))
    with pytest.raises(ValidationError, match="must add up to its sum"):
        rebuild(grants=figures.grants[1:])


def test_what_earlier_years_paid_follows_from_the_rest() -> None:
    grant = make_document().figures.grants[0]
    assert grant.paid_before_ore == 0
    older = grant.model_copy(update={"granted_ore": Money(grant.granted_ore + 500_00), "decided_on": date(2024, 1, 1)})
    assert older.paid_before_ore == 500_00
