"""What workers are asked to do in tests: functions that any process can import."""

import os
import signal
import time
from datetime import date
from pathlib import Path

from registry.documents.pdf import PdfSource, RenderTimeoutError, render_pdf

CSS = """@font-face { font-family: "Source Sans"; src: url(asset:sans-regular.ttf); font-weight: 400 }
html { font: 400 10pt "Source Sans" }"""
HTML = """<!DOCTYPE html><html lang="sv"><head><title>Prov</title>
<meta name="dcterms.created" content="2026-02-16T00:00:00Z"/>
<meta name="dcterms.modified" content="2026-02-16T00:00:00Z"/>
</head><body><h1>Prov</h1><p>{text}</p></body></html>"""


def make_source(text: str = "Åsa") -> PdfSource:
    """A small document."""
    return PdfSource(HTML.replace("{text}", text), CSS, "2025-000001/1/sv", date(2026, 2, 16))


def warm() -> None:
    """What a worker begins with."""
    render_pdf(make_source())


def stubborn(seconds: float) -> bytes:
    """Spin, and swallow the first alarms as an engine's `except Exception` would."""
    swallowed = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            sum(range(10_000))
        except RenderTimeoutError:
            swallowed += 1
            if swallowed > 2:
                raise
    return b"done"


def deaf(seconds: float) -> bytes:
    """Hear no alarm, as C code that never comes back."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    time.sleep(seconds)
    return b"done"


def die(status: int) -> bytes:
    """End the process."""
    os._exit(status)


def die_once(mark: str) -> bytes:
    """End the process, but not the second time."""
    path = Path(mark)
    if path.exists():
        return b"done"
    path.touch()
    os._exit(1)


def fail(text: str) -> bytes:
    """Raise what no caller expects."""
    raise LookupError(text)


def swell(size: int) -> bytes:
    """Take memory."""
    return bytes(bytearray(size)[:1])


def doze(seconds: float) -> bytes:
    """Sleep."""
    time.sleep(seconds)
    return b"done"


def spell(seconds: float) -> bytes:
    """Sleep, and say from when to when, by the clock that all processes share."""
    begun = time.monotonic()
    time.sleep(seconds)
    return f"{begun} {time.monotonic()}".encode()


def process(_argument: object) -> bytes:
    """Which process it is."""
    return str(os.getpid()).encode()
