"""Sending files: made in a spooled temporary file, sent in chunks, named safely."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import IO
from urllib.parse import quote

from litestar.response import Stream

CHUNK = 256 * 1024
SPOOL_BYTES = 8 * 1024 * 1024
"""Files above this go to disk while they are made."""


def disposition(filename: str, *, inline: bool = False) -> str:
    """A Content-Disposition header that every browser reads."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", filename)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename)}"


def send_file(file: IO[bytes], filename: str, media_type: str, *, headers: Mapping[str, str] | None = None) -> Stream:
    """Send a finished file from its start, and close it."""
    size = file.seek(0, 2)
    file.seek(0)

    async def chunks() -> AsyncIterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    return Stream(
        chunks(),
        media_type=media_type,
        headers={"Content-Disposition": disposition(filename), "Content-Length": str(size), **(headers or {})},
    )
