"""Texts kept under `tests/snapshots`: REWRITE_SNAPSHOTS=1 writes them anew, to be read in the diff."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


def compare(name: str, text: str) -> None:
    """Fail unless `text` is what the file says."""
    path = FOLDER / name
    if os.environ.get("REWRITE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path} is missing: REWRITE_SNAPSHOTS=1 make test"
    assert text == path.read_text(encoding="utf-8"), f"{path} says something else: REWRITE_SNAPSHOTS=1 if it is meant"
