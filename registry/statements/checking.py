"""What an uploaded file is: an issued statement, one that was changed, or none of this registry's. Nothing is kept."""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from registry.core.errors import N_, FieldError, RegistryError
from registry.database import fetch_row
from registry.statements.codes import read_code
from registry.statements.issues import UnknownStatementError, Verified, verify_code

MOST_BYTES = 20_000_000
"""More than a statement of five thousand payments is."""
AT_ONCE = 4
"""Files that are read and hashed at the same time; more are asked to come back, so that they can't fill the memory."""
SECONDS = 30.0
"""How long somebody may take to send a file."""

Verdict = Literal["issued", "added", "changed", "unknown"]

_ADDRESS = re.compile(rb"<dc:identifier>[^<]{0,400}/verify/([0-9A-Za-z-]{16,40})</dc:identifier>")


class NoPdfError(FieldError):
    """What was sent is no PDF, or nothing."""

    code = "no-pdf"
    message = N_("Choose the PDF file of the statement, as you received it.")


class FileTooLargeError(FieldError):
    """More than any statement is."""

    code = "file-too-large"
    status = 413
    message = N_("The file is larger than any statement: at most 20 MB can be checked.")


class TooManyChecksError(RegistryError):
    """More files at once than are taken."""

    code = "too-many-checks"
    status = 429
    message = N_("Many files are being checked right now. Try again in a minute.")


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a file, and what may be told of the statement that it is or claims to be.

    `added`: the file begins with the issued one, and something follows, such as somebody's own signature.
    """

    verdict: Verdict
    verified: Verified | None = None


class Door:
    """Lets a few in at a time, and turns the others away rather than letting them wait."""

    def __init__(self, most: int) -> None:
        self._free = most

    def __enter__(self) -> None:
        """Raises: TooManyChecksError."""
        if self._free <= 0:
            raise TooManyChecksError
        self._free -= 1

    def __exit__(self, *_error: object) -> None:
        self._free += 1


door = Door(AT_ONCE)


async def check_file(pdf: bytes) -> Checked:
    """Find out what a file is, by its hash and by the address that it bears. Raises: NoPdfError."""
    if not pdf.startswith(b"%PDF-"):
        raise NoPdfError(field="file")
    code = await _code_of_hash(await _hash(pdf))
    if code is not None:
        return Checked("issued", await verify_code(code))
    named = await asyncio.to_thread(_ADDRESS.search, pdf)
    if named is None:
        return Checked("unknown")
    code = read_code(named[1].decode("ascii"))
    try:
        verified = await verify_code(code)
    except UnknownStatementError:
        return Checked("unknown")
    return Checked("added" if await _begins_with(pdf, code) else "changed", verified)


async def _hash(data: bytes) -> bytes:
    return (await asyncio.to_thread(hashlib.sha256, data)).digest()


async def _code_of_hash(sha256: bytes) -> str | None:
    row = await fetch_row("SELECT code FROM statement WHERE pdf_sha256 = $1 ORDER BY id LIMIT 1", sha256)
    return row["code"] if row else None


async def _begins_with(pdf: bytes, code: str) -> bool:
    """Whether the file begins with the issued one, byte by byte."""
    row = await fetch_row("SELECT length(pdf) AS size, pdf_sha256 FROM statement WHERE code = $1", code)
    return row is not None and len(pdf) > row["size"] and await _hash(pdf[: row["size"]]) == row["pdf_sha256"]
