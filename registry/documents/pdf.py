"""HTML in, an archivable and accessible PDF out. Knows no figures; the engine is loaded only where it renders."""

from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Protocol, Self, cast

from registry.core.errors import N_, RegistryError

ENGINE = "registry.documents.engine"
"""WeasyPrint takes a second to import and needs system libraries: a server that renders in workers goes without."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF: the data that the document was made from. The type follows from the name's ending."""

    name: str
    description: str
    content: str


@dataclass(frozen=True, slots=True)
class PdfSource:
    """What a PDF is made from. Equal sources make equal bytes.

    `html` is well-formed XML with `title`, `lang` and `dcterms` dates; `stylesheet` is CSS, where a bundled face is
    `url(asset:sans-regular.ttf)`; `identifier` names the document for good, and `address` is where anyone can check it.
    `end` is the id of the last element: a document that ends high up on a page is set as `body.tight` if that saves it.
    """

    html: str
    stylesheet: str
    identifier: str
    issued_on: date
    attachments: tuple[Attachment, ...] = ()
    address: str = ""
    end: str = ""


class RenderError(RegistryError):
    """A document could not be made. `detail` is for the log."""

    code = "render-failed"
    status = 500
    message = N_("The document could not be made. The figures are unharmed; try again, or report it.")

    def __init__(self, detail: str = "") -> None:
        super().__init__()
        self.detail = detail

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.detail,)

    def __str__(self) -> str:
        return self.detail or self.message


class RenderTimeoutError(RenderError):
    """A document took longer than a render may."""

    code = "render-timeout"
    status = 503
    message = N_("The document took too long to make. Ask for fewer rows, or report it.")


class RenderStoppedError(RenderError):
    """The workers were stopped before they came to a document."""

    code = "render-stopped"
    status = 503
    message = N_("The registry is being stopped. Try again in a minute.")


class RenderLostError(RenderError):
    """A worker was lost while it rendered a document, each time that it was tried."""

    code = "render-lost"
    status = 503
    message = N_("The process that made the document was lost. Try again; if it happens again, report it.")


class RenderBusyError(RenderError):
    """More documents are waiting than the workers can promise to make."""

    code = "render-busy"
    status = 503
    message = N_("Many documents are being made right now. Try again in a minute.")


class RenderUnavailableError(RenderError):
    """The system libraries that set text are missing."""

    code = "render-unavailable"
    status = 503
    message = N_(
        "The PDF needs Pango and HarfBuzz. On Debian and Ubuntu: "
        "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    )


class _Engine(Protocol):
    def write(self, source: PdfSource) -> bytes: ...


def warm_engine() -> None:
    """Load the engine, so that a worker's first document doesn't wait for it."""
    import_module(ENGINE)


def render_pdf(source: PdfSource) -> bytes:
    """Render one document as PDF/A-3a and PDF/UA-1, here and now; in a server, ask a `RenderPool` instead.

    Raises: RenderUnavailableError when the system's text libraries are missing.
    """
    try:
        engine = cast("_Engine", import_module(ENGINE))
    except OSError as error:
        raise RenderUnavailableError(str(error)) from error
    return engine.write(source)
