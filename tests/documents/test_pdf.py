"""The engine: what it claims, what it embeds, what it refuses, and how its workers fail."""

import hashlib
import io
import os
import pickle
import subprocess
import sys
from datetime import date

import pikepdf
import pypdf
import pytest
import weasyprint
from weasyprint.text.fonts import FontConfiguration

from registry.documents import engine
from registry.documents.engine import AssetFetcher, AssetRefusedError
from registry.documents.fonts import FACES, MISSING, font_bytes, printable
from registry.documents.pdf import (
    Attachment,
    PdfSource,
    RenderBusyError,
    RenderError,
    RenderTimeoutError,
    RenderUnavailableError,
    render_pdf,
)

CSS = """@font-face { font-family: "Source Sans"; src: url(asset:sans-regular.ttf); font-weight: 400 }
@font-face { font-family: "Source Sans"; src: url(asset:sans-semibold.ttf); font-weight: 600 }
html { font: 400 10pt "Source Sans" } th { font-weight: 600 }"""

HTML = """<!DOCTYPE html><html lang="sv"><head><title>Prov</title><meta name="author" content="Region &amp; kommun"/>
<meta name="dcterms.created" content="2026-02-16T00:00:00Z"/>
<meta name="dcterms.modified" content="2026-02-16T00:00:00Z"/>
</head><body><h1>Prov</h1><p>{text}</p>
<table><thead><tr><th scope="col">Datum</th><th scope="col">Belopp</th></tr></thead>
<tbody><tr><th scope="row">2025-01-31</th><td>12 500,00</td></tr></tbody></table></body></html>"""


def make_source(text: str = "Åsa", *, attachments: tuple[Attachment, ...] = ()) -> PdfSource:
    return PdfSource(HTML.replace("{text}", text), CSS, "2025-000001/1/sv", date(2026, 2, 16), attachments)


def read_text(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def read_xmp(pdf: bytes) -> str:
    with pikepdf.open(io.BytesIO(pdf)) as file:
        return bytes(file.Root.Metadata.read_bytes()).decode()


def test_it_claims_both_standards_and_says_what_it_is() -> None:
    pdf = render_pdf(make_source())
    xmp = read_xmp(pdf)
    assert 'pdfaid:part="3" pdfaid:conformance="A"' in xmp
    assert 'pdfuaid:part="1"' in xmp
    assert "<rdf:li>Region &amp; kommun</rdf:li>" in xmp
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert str(file.Root.Lang) == "sv"
        assert str(file.docinfo["/Title"]) == "Prov"
        assert str(file.docinfo["/CreationDate"]) == "D:20260216000000Z"


def test_table_heads_say_what_they_head() -> None:
    with pikepdf.open(io.BytesIO(render_pdf(make_source()))) as file:
        heads = [
            item for item in file.objects if isinstance(item, pikepdf.Dictionary) and str(item.get("/S", "")) == "/TH"
        ]
        assert sorted(str(head.A.Scope) for head in heads) == ["/Column", "/Column", "/Row"]


def test_every_font_is_embedded_and_bundled() -> None:
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(make_source())))
    fonts = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    names = {str(font.get_object()["/BaseFont"]).partition("+")[2] for font in fonts.values()}
    assert names
    assert all(name.startswith("Source-Sans") for name in names)
    for font in fonts.values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in descriptor or "/FontFile3" in descriptor


def test_attachments_are_data_of_the_document() -> None:
    pdf = render_pdf(make_source(attachments=(Attachment("prov.json", "Uppgifter", '{"å": 1}'),)))
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert file.attachments["prov.json"].get_file().read_bytes() == '{"å": 1}'.encode()
        assert [str(item.AFRelationship) for item in file.Root.AF] == ["/Data"]


SCRIPT = """
import hashlib, sys
sys.path.insert(0, "")
from tests.documents.test_pdf import make_source
from registry.documents.pdf import render_pdf
print(hashlib.sha256(render_pdf(make_source())).hexdigest())
"""


def test_equal_sources_make_equal_bytes_in_other_processes() -> None:
    here = hashlib.sha256(render_pdf(make_source())).hexdigest()
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "1"}
    there = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=environment
    ).stdout.strip()
    assert here == there


def test_the_quick_path_shows_what_the_plain_one_shows() -> None:
    source = make_source("Ett stycke med <b>fet</b> text<br/>och en rad till.")
    fonts, fetcher = FontConfiguration(), AssetFetcher()
    css = weasyprint.CSS(string=source.stylesheet, font_config=fonts, url_fetcher=fetcher)
    plain = weasyprint.HTML(string=source.html, url_fetcher=fetcher).write_pdf(stylesheets=[css], font_config=fonts)
    assert read_text(render_pdf(source)) == read_text(plain)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://127.0.0.1/",
        "https://example.se/",
        "data:text/css,p{}",
        "asset:../x",
        "asset:",
        "x",
    ],
)
def test_the_fetcher_refuses_everything_but_the_faces(url: str) -> None:
    with pytest.raises(AssetRefusedError):
        AssetFetcher().fetch(url)
    with pytest.raises(AssetRefusedError):
        AssetFetcher().open(url)


def test_the_fetcher_hands_out_the_faces() -> None:
    for face in FACES:
        assert AssetFetcher().fetch(f"asset:{face}").read() == font_bytes(face)


def test_a_document_that_asks_for_files_and_addresses_gets_none(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []

    def refuse(_self: AssetFetcher, url: str, headers: object = None) -> None:
        asked.append(url)
        raise AssetRefusedError(url)

    render_pdf(make_source())
    monkeypatch.setattr(AssetFetcher, "fetch", refuse)
    hostile = """<img alt="x" src="file:///etc/passwd"/><img alt="x" src="http://127.0.0.1:9/a.png"/>
    <object data="file:///etc/passwd"></object><a rel="attachment" href="file:///etc/passwd">x</a>
    <i style="background: url(file:///etc/hostname)">x</i><style>@import url(http://127.0.0.1:9/x.css);</style>"""
    pdf = render_pdf(make_source(hostile))
    assert len(asked) >= 5
    assert b"root:" not in pdf
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert not list(file.attachments)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Åsa Öberg–Müller, 100 €", "Åsa Öberg–Müller, 100 €"),
        ("a\u030a", "å"),
        ("bort\u202eåt\u200b\u00ad", "bortåt"),
        ("noll\x00\x1b[31m", "noll[31m"),
        ("🎉 fest", f"{MISSING} fest"),
        ("12\u202f500", "12\u00a0500"),
        ("icke\u2011brytande", "icke-brytande"),
        ("\ud800", MISSING),
        ("漢字", MISSING * 2),
    ],
)
def test_signs_that_the_faces_lack_are_seen_and_marks_are_dropped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_document_of_hostile_signs_still_embeds_every_glyph() -> None:
    assert MISSING in read_text(render_pdf(make_source("🎉 \u202e漢字 \x07")))


@pytest.mark.parametrize("error", [RenderError("why"), RenderTimeoutError("late"), RenderBusyError()])
def test_errors_travel_between_processes(error: RenderError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copy), copy.detail, copy.code, copy.status) == (type(error), error.detail, error.code, error.status)


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr("registry.documents.pdf.import_module", fail)
    with pytest.raises(RenderUnavailableError, match="libpango") as refused:
        render_pdf(make_source())
    assert "apt-get install" in refused.value.message


def test_the_engine_reads_its_style_sheet_once() -> None:
    render_pdf(make_source())
    before = engine._prepare.cache_info().misses
    render_pdf(make_source("annat"))
    assert engine._prepare.cache_info().misses == before
