"""Sending files: made in a spooled temporary file, sent in chunks, named safely."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from tempfile import SpooledTemporaryFile
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


async def send_made(filename: str, media_type: str, make: Callable[[IO[bytes]], Awaitable[object]]) -> Stream:
    """Have a file made, in memory or on disk by its size, and send it; nothing is left of one that fails."""
    file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
    try:
        await make(file)
    except BaseException:
        file.close()
        raise
    return send_file(file, filename, media_type)
