"""What a batch leaves the house as: a manifest, and a zip with it and every file. The same bytes each time."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Sequence

from registry.core.access import Scope
from registry.core.money import Money
from registry.statements.batch_queries import list_lines, read_files
from registry.statements.batch_schemas import Batch, BatchTotals, Line, Outcome
from registry.statements.codes import file_name

COLUMNS = ("number", "party", "language", "version", "file", "sha256", "paid", "error")
"""Of the manifest. `party` is the registry's own number, which is nobody's personal number."""
FILE_MODE = 0o644
UNIX = 3


def archive_name(batch: Batch) -> str:
    """The name of a batch's zip."""
    return f"statements-{batch.wanted.year}-batch-{batch.id}.zip"


def line_file(batch: Batch, line: Line) -> str:
    """The name of a party's file in the zip."""
    return file_name(line.number, batch.wanted.year, line.language)


def manifest_csv(batch: Batch, lines: Sequence[Line]) -> bytes:
    """The manifest as CSV: every settled party in its place, with the hash of its file or the code of its problem."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for line in lines:
        if line.outcome is Outcome.FAILED:
            rows.writerow(["", line.number, line.language, "", "", "", "", line.problem])
        elif line.outcome is not None:
            rows.writerow(
                [line.statement_number, line.number, line.language, line.version, line_file(batch, line), line.sha256,
                 line.paid_ore.wire, ""]
            )  # fmt: skip
    return text.getvalue().encode()


def manifest_hash(batch: Batch, lines: Sequence[Line]) -> bytes:
    """SHA-256 of the manifest as CSV: it proves all files of the batch."""
    return hashlib.sha256(manifest_csv(batch, lines)).digest()


def manifest_json(batch: Batch, lines: Sequence[Line]) -> bytes:
    """The manifest as JSON, with what was asked for, the totals, and each problem's words as message and data."""
    assert batch.end is not None  # noqa: S101 - only a batch that has ended is handed out
    told = {
        "batch": batch.id,
        "status": batch.end.status,
        "year": batch.wanted.year,
        "kind": batch.wanted.kind,
        "funder": f"P-{batch.wanted.funder_id}" if batch.wanted.funder_id else "",
        "language": batch.wanted.language,
        "began_at": batch.began_at.isoformat(),
        "ended_at": batch.end.at.isoformat(),
        "statements": [_statement(batch, line) for line in lines if line.statement_id is not None],
        "errors": [_error(line) for line in lines if line.outcome is Outcome.FAILED],
        "unsettled": sum(line.outcome is None for line in lines),
        "total": batch.end.paid_ore.wire,
        "summary": _totals(batch.end.totals),
        "manifest_sha256": batch.end.manifest_sha256,
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _statement(batch: Batch, line: Line) -> dict[str, object]:
    return {
        "number": line.statement_number,
        "party": line.number,
        "language": line.language,
        "version": line.version,
        "file": line_file(batch, line),
        "sha256": line.sha256,
        "paid": line.paid_ore.wire,
        "is_new": line.outcome is Outcome.ISSUED,
    }


def _error(line: Line) -> dict[str, object]:
    detail = json.loads(line.detail) if line.detail else {}
    return {"party": line.number, "language": line.language, "code": line.problem, **detail}


def _totals(totals: BatchTotals | None) -> dict[str, object] | None:
    if totals is None:
        return None
    return {
        "total": totals.summary_ore.wire,
        "without_statement": totals.missing_ore.wire,
        "agrees": totals.agree,
        "differences": [difference_wire(one.party, one.stated_ore, one.summary_ore) for one in totals.differences],
    }


def difference_wire(party: str, stated: Money | None, summary: Money) -> dict[str, object]:
    """A difference as JSON tells it."""
    return {"party": party, "stated": None if stated is None else stated.wire, "summary": summary.wire}


class _Shelf(io.RawIOBase):
    """What the zip is written to: it may go back in what hasn't been taken away yet, as sizes are known only then."""

    def __init__(self) -> None:
        self._taken = 0
        self._held = io.BytesIO()

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self._held.write(data)

    def tell(self) -> int:
        return self._taken + self._held.tell()

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        return self._taken + self._held.seek(place - self._taken if whence == io.SEEK_SET else place, whence)

    def take(self) -> bytes:
        """What has been written since the last time."""
        data = self._held.getvalue()
        self._taken += len(data)
        self._held = io.BytesIO()
        return data


async def stream_archive(scope: Scope, batch: Batch) -> AsyncIterator[bytes]:
    """The zip of a batch that has ended: manifest first, then the files in their places. Memory: a few files."""
    lines = (await list_lines(scope, batch.id, limit=None)).items
    shelf = _Shelf()
    with zipfile.ZipFile(shelf, "w") as archive:
        archive.writestr(_entry(batch, "manifest.csv"), manifest_csv(batch, lines), zipfile.ZIP_DEFLATED)
        archive.writestr(_entry(batch, "manifest.json"), manifest_json(batch, lines), zipfile.ZIP_DEFLATED)
        yield shelf.take()
        async for line, pdf in read_files(scope, lines):
            # PDFs are deflated already.
            archive.writestr(_entry(batch, line_file(batch, line)), pdf, zipfile.ZIP_STORED)
            yield shelf.take()
    yield shelf.take()


def _entry(batch: Batch, name: str) -> zipfile.ZipInfo:
    """An entry that says nothing of the machine: it is dated when the batch began, to the minute."""
    entry = zipfile.ZipInfo(name, (*batch.began_at.timetuple()[:5], 0))
    entry.create_system, entry.external_attr = UNIX, FILE_MODE << 16
    return entry
