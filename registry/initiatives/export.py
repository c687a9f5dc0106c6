"""What leaves the registry of initiatives, told in the trail: the list by year, and a year as a file of any kind."""

import asyncio
import hashlib
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from registry import trail
from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import ForbiddenError
from registry.database import snapshot
from registry.documents import rendering
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Value, Written
from registry.funders.queries import list_letterheads
from registry.initiatives.edition_queries import get_edition, list_edition_years
from registry.initiatives.edition_schemas import Edition
from registry.initiatives.files import LIST_COLUMNS, MEDIA_TYPES, Format, Told, file_name, list_row, write_year
from registry.initiatives.queries import get_picture, list_picture_years
from registry.initiatives.register import get_initiative
from registry.initiatives.render import YearDocument, render_year
from registry.initiatives.schemas import Initiative, InitiativeKind, Picture, YearLine
from registry.texts import _, get_language

SPOOL_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Export:
    """A finished file, open at its end; whoever takes it closes it."""

    told: Told
    file: BinaryIO
    name: str
    media_type: str


async def list_years(scope: Scope, initiative: Initiative) -> list[YearLine]:
    """The years of an initiative of either kind, the latest first."""
    if initiative.kind is InitiativeKind.CO_FUNDED:
        return await list_picture_years(scope, initiative)
    return await list_edition_years(scope, initiative)


async def read_year(scope: Scope, number: str, year: int) -> Told:
    """A year of an initiative with the trail's head, at one moment.

    Raises: UnknownInitiativeError, UnknownEditionError.
    """
    async with snapshot():
        initiative = await get_initiative(scope, number)
        subject: Picture | Edition
        if initiative.kind is InitiativeKind.CO_FUNDED:
            subject = await get_picture(scope, initiative, year)
        else:
            subject = await get_edition(scope, initiative, year)
        return Told(subject, str(await trail.read_anchor()))


async def export_year(scope: Scope, number: str, year: int, kind: Format) -> Export:
    """A year of an initiative as a file, told in the trail. Raises: as `read_year`, ForbiddenError, RenderError."""
    if scope is not CONSOLE and not scope.may(Permission.INITIATIVES_VIEW):
        raise ForbiddenError
    told = await read_year(scope, number, year)
    file = cast("BinaryIO", SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115 - the receiver closes it
    try:
        if kind is Format.PDF:
            written = await _write_pdf(scope, file, told)
        else:
            written = await asyncio.to_thread(write_year, file, told, kind, made_at=trail.now())
        subject = "picture" if isinstance(told.subject, Picture) else "edition"
        await trail.record(
            scope,
            f"initiatives:{subject}:export",
            initiative=told.initiative.number,
            year=year,
            format=kind.value,
            rows=written.rows,
            sha256=written.sha256,
            anchor=told.anchor,
        )
    except BaseException:
        file.close()
        raise
    return Export(told, file, file_name(told, kind), MEDIA_TYPES[kind])


async def _write_pdf(scope: Scope, file: BinaryIO, told: Told) -> Written:
    """Render in a worker: figures in, bytes out."""
    subject = told.subject
    paying = subject.flows if isinstance(subject, Picture) else subject.grants
    wanted = {one.funder_id for one in paying if one.funder_id is not None}
    funders = await list_letterheads(scope, ids={*wanted, subject.initiative.funder_id})
    pdf = await rendering.render(render_year, YearDocument(told, funders, get_language(), trail.today()))
    file.write(pdf)
    return Written(rows=0, size=len(pdf), sha256=hashlib.sha256(pdf).hexdigest())


async def export_list(
    scope: Scope, file: IO[bytes], kind: ListFormat, *, initiatives: list[Initiative], question: str
) -> Written:
    """Write initiatives year by year into an empty, seekable file, and tell the trail."""
    async with snapshot():
        rows: list[list[Value]] = []
        for initiative in initiatives:
            years = await list_years(scope, initiative)
            rows += [list_row(initiative, line) for line in years]
        facts = [("question", question), ("anchor", str(await trail.read_anchor()))]
    written = await asyncio.to_thread(
        write_list,
        cast("BinaryIO", file),
        kind,
        LIST_COLUMNS,
        rows,
        name=_("Initiatives"),
        facts=facts,
        made_at=trail.now(),
    )
    await trail.record(
        scope, "initiatives:list:export", question=question, format=kind, rows=written.rows, sha256=written.sha256
    )
    return written
