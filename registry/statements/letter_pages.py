"""The decision letter of a grant as a file, for pages and API: made when it is asked for, the same bytes each time."""

import hashlib
from typing import Any

from litestar import Controller, Request, Response, get

from registry.core.access import Permission, Scope
from registry.core.errors import N_, FieldError
from registry.documents import rendering
from registry.statements.letter_render import letter_name, render_letter
from registry.statements.letters import read_letter
from registry.statements.schemas import Language
from registry.texts import LANGUAGES
from registry.web.downloads import disposition
from registry.web.pages import query_of


class LetterPages(Controller):
    """The letter that a recipient keeps."""

    @get("/grants/{number:str}/letter.pdf", permission=Permission.GRANTS_VIEW)
    async def letter(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[bytes]:
        """The letter in the recipient's language, or in the one of `language`."""
        return await send_letter(request, who, number, query_of(request).get("language", ""))


async def send_letter(request: Request[Any, Any, Any], who: Scope, number: str, language: str) -> Response[bytes]:
    """Set the letter and send it, or 304 to who has it already. Raises: UnknownGrantError, FieldError, RenderError."""
    letter = await read_letter(who, number, asked(language))
    pdf = await rendering.render(render_letter, letter)
    tag = f'"{hashlib.sha256(pdf).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    headers["Content-Disposition"] = disposition(letter_name(letter.number, letter.language))
    return Response(pdf, media_type="application/pdf", headers=headers)


def asked(code: str) -> Language | None:
    """The language that was asked for, if any. Raises: FieldError."""
    if not code:
        return None
    if code not in LANGUAGES:
        raise FieldError(field="language", message=N_("Choose Swedish, Finnish or English."))
    return code  # type: ignore[return-value]
