"""WeasyPrint, set up to be safe, repeatable and quick: bundled assets only, style sheet and fonts read once."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from functools import cache
from importlib.resources import files
from typing import Any, NoReturn
from xml.etree import ElementTree as ET

import cssselect2  # type: ignore[import-untyped]
import pyphen  # type: ignore[import-untyped]
import weasyprint
from weasyprint.document import Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from registry.documents import finisher
from registry.documents.fonts import FACES, font_bytes, printable
from registry.documents.pdf import PdfSource

SCHEME = "asset:"
EARLY = {2: 0.29, 3: 0.35}
"""Of so many pages, the last is worth a try without it when it ends above this part of its height: the closer setting
saves a sixth. Longer documents gain nothing that is worth a second lay-out."""

# pyphen brings dictionaries of Swedish and English, and none of Finnish.
pyphen.LANGUAGES["fi"] = files("registry.documents") / "hyph_fi.dic"
pyphen.LANGUAGES_LOWERCASE["fi"] = "fi"


class AssetRefusedError(ValueError):
    """A document asked for something that isn't bundled."""


class AssetFetcher(URLFetcher):  # type: ignore[misc]
    """Hands out the bundled faces and nothing else: no network, no file, no data URL."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Fetch a bundled asset. Raises: AssetRefusedError."""
        del headers
        face = url.removeprefix(SCHEME)
        if not url.startswith(SCHEME) or face not in FACES:
            raise AssetRefusedError(f"not a bundled asset: {url[:200]}")
        return URLFetcherResponse(url, font_bytes(face), {"Content-Type": "font/ttf"})

    def open(self, fullurl: object, data: object = None, timeout: object = None) -> NoReturn:
        """Refuse: the base class would reach for the network here."""
        del data, timeout
        raise AssetRefusedError(f"not a bundled asset: {str(fullurl)[:200]}")


class _Colours:
    """The sRGB profile as its file has it, read once: the engine's own copy changes its bytes from render to render."""

    name = "sRGB2014"
    components = ("r", "g", "b")

    def __init__(self) -> None:
        self.content = (files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()
        self.pdf_reference: bytes | None = None


_COLOURS = _Colours()


class _Page(weasyprint.HTML):  # type: ignore[misc]
    """A well-formed document, read by the XML parser: several times as fast as HTML's, as strict as our templates."""

    def __init__(self, html: str, fetcher: URLFetcher) -> None:
        # Autoescaped output of our own templates: a document type with entities can't get in.
        root = ET.fromstring(html)  # noqa: S314
        self.base_url = None
        self.media_type = "print"
        self.url_fetcher = fetcher
        self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[weasyprint.CSS]:  # noqa: FBT001, FBT002
        """The engine's own style sheet without what our documents never have."""
        return super()._ua_stylesheets(forms) if forms else [_browser_rules()]


@cache
def _browser_rules() -> weasyprint.CSS:
    """WeasyPrint's rules for HTML, less footnotes, form fields, and markers of anything but list items.

    A rule for a pseudo-element makes the engine compute its style for every element: a quarter of a render.
    """
    rules = (files("weasyprint.css") / "html5_ua.css").read_text("utf-8")
    rules = re.sub(r"(?m)^(::(footnote|note)-|input|select).*\n", "", rules)
    rules = re.sub(r"(?m)^::marker \{.*\n", "li::marker { white-space: pre; text-transform: none }\n", rules)
    return weasyprint.CSS(string=rules)


@cache
def _prepare(stylesheet: str) -> tuple[weasyprint.CSS, FontConfiguration]:
    """Parse a style sheet and load its faces, once a process."""
    fonts = FontConfiguration()
    return weasyprint.CSS(string=stylesheet, font_config=fonts, url_fetcher=AssetFetcher()), fonts


def _lay_out(source: PdfSource, css: weasyprint.CSS, fonts: FontConfiguration, options: dict[str, Any]) -> Document:
    """Lay a document out; one that ends high up on a page is set closer, when that saves the page."""
    html = printable(source.html)

    def render(text: str) -> Document:
        page = _Page(text, AssetFetcher())
        return page.render(font_config=fonts, color_profiles={_COLOURS.name: _COLOURS}, stylesheets=[css], **options)

    document = render(html)
    if source.end and _ends_early(document, source.end):
        closer = render(html.replace("<body>", '<body class="tight">', 1))
        if len(closer.pages) < len(document.pages):
            return closer
    return document


def _ends_early(document: Document, end: str) -> bool:
    page = document.pages[-1]
    _left, top, *_size = page.anchors.get(end, (0, page.height))
    return bool(top < EARLY.get(len(document.pages), 0) * page.height)


@contextmanager
def _patient_collector() -> Iterator[None]:
    """Let garbage wait: a lay-out makes many objects, nearly all of which stay; looking through them takes a tenth."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def write(source: PdfSource) -> bytes:
    """Render one document. One thread at a time: the font configuration is not safe to share."""
    with _patient_collector():
        return _write(source)


def _write(source: PdfSource) -> bytes:
    css, fonts = _prepare(source.stylesheet)
    moment = datetime.combine(source.issued_on, time(), UTC)
    attachments = [
        weasyprint.Attachment(
            string=attachment.content,
            name=attachment.name,
            description=attachment.description,
            relationship="Data",
            created=moment,
            modified=moment,
        )
        for attachment in source.attachments
    ]
    options = {
        "attachments": attachments,
        "pdf_variant": "pdf/a-3a",
        "output_intent": _COLOURS.name,
        "pdf_identifier": source.identifier.encode("ascii", "replace"),
    }
    document = _lay_out(source, css, fonts, options)
    return bytes(document.write_pdf(finisher=finisher.Finisher(source.identifier, source.address), **options))
