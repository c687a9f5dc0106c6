"""What every import shares: reading the file, all-or-nothing with every error named, and the dry run."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from registry.core.access import Scope
from registry.core.errors import N_, RegistryError
from registry.documents.sheet import Sheet, SheetError, SheetErrors
from registry.texts import _, ngettext
from registry.trail import Recording, recording

EMPTY_CELL = N_("This cell can't be empty.")
LONG_CELL = N_("The text is too long. At most %(most)s characters.")

Value = TypeVar("Value")
RowT = TypeVar("RowT")
RowT_contra = TypeVar("RowT_contra", contravariant=True)
Advance = Callable[[int], None]
"""Told how many more rows are done."""


@dataclass(frozen=True, slots=True)
class Source:
    """The file that is read: its name and the SHA-256 of its bytes, which the trail keeps."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A row that was taken although something about it is odd, and what."""

    row: int
    error: RegistryError


@dataclass(slots=True)
class Imported:
    """What an import did, or in a dry run would do; `flags` are rows that somebody should look at.

    `requested` counts changes of payout account, which a colleague must approve.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    requested: int = 0
    flags: list[Flag] = field(default_factory=list)

    def summary(self, *, dry_run: bool) -> str:
        """What happened in one line, in the reader's language."""
        parts = (
            ngettext("%(count)s new", "%(count)s new", self.new) % {"count": self.new},
            ngettext("%(count)s changed", "%(count)s changed", self.changed) % {"count": self.changed},
            ngettext("%(count)s unchanged", "%(count)s unchanged", self.unchanged) % {"count": self.unchanged},
        )
        line = ", ".join(parts) + "."
        if self.requested:
            waits = ngettext(
                "%(count)s change of payout account waits for an officer's approval.",
                "%(count)s changes of payout account wait for an officer's approval.",
                self.requested,
            )
            line = f"{line} {waits % {'count': self.requested}}"
        return _("Dry run: %(counts)s Nothing was written.") % {"counts": line} if dry_run else line


class RefusedRowsError(RegistryError):
    """Some rows can't be taken, so none was; `errors` names each place."""

    code = "rows-refused"
    status = 400
    message = N_("Nothing was imported, since some rows need to be corrected.")

    def __init__(self, errors: SheetErrors) -> None:
        self.errors = errors
        super().__init__()


def refuse(errors: SheetErrors) -> None:
    """Raises: RefusedRowsError when there is anything to correct."""
    if len(errors):
        raise RefusedRowsError(errors)


class _DryRun(Exception):  # noqa: N818 - it is not an error
    """Rolls a dry run's transaction back."""


@asynccontextmanager
async def importing(scope: Scope, *, dry_run: bool) -> AsyncIterator[Recording]:
    """The transaction of an import; a dry run does everything and then takes it back."""
    try:
        async with recording(scope) as unit:
            yield unit
            if dry_run:
                await unit.close()
                raise _DryRun
    except _DryRun:
        return


class Write(Protocol[RowT_contra]):
    """A service that takes the rows of a file, all or none. Raises: RefusedRowsError."""

    async def __call__(
        self,
        scope: Scope,
        rows: Sequence[tuple[int, RowT_contra]],
        source: Source,
        *,
        errors: SheetErrors,
        dry_run: bool = False,
        advance: Advance = ...,
    ) -> Imported:
        """Write the rows, each with its number in the file."""
        ...


@dataclass(frozen=True, slots=True)
class FileKind(Generic[RowT]):
    """A kind of import file: its columns, how its cells are read, and the service that takes its rows."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[Scope, Sheet], Awaitable[list[tuple[int, RowT]]]]
    write: Write[RowT]


async def import_file(
    scope: Scope,
    kind: FileKind[RowT],
    path: Path,
    *,
    dry_run: bool = False,
    show: Callable[[int], AbstractContextManager[Advance]] = lambda _total: nullcontext(lambda _count: None),
) -> Imported:
    """Import a file, all or none. `show` is given the number of rows and tells of progress.

    Rows that can't be read don't keep the rest from being checked, so that all errors are told at once.
    Raises: RefusedRowsError, ForbiddenError, OSError.
    """
    with _without_collecting(), path.open("rb") as file:
        sheet = Sheet(file, required=kind.required, optional=kind.optional)
        rows = await kind.read(scope, sheet)
        if sheet.errors and not rows:
            raise RefusedRowsError(sheet.errors)
        with show(len(rows)) as advance:
            source = Source(path.name, sheet.sha256)
            return await kind.write(scope, rows, source, errors=sheet.errors, dry_run=dry_run, advance=advance)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Leave cyclic garbage for later: all rows stay until the end, and going through them again and again is slow."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def by_row(errors: SheetErrors) -> list[SheetError]:
    """The errors in the file's order, whichever step found them."""
    return sorted(errors, key=lambda error: error.row)


class Cells:
    """One row being read: what a cell can't mean becomes an error at its column, and the other cells are read on."""

    __slots__ = ("_cells", "_errors", "given", "number", "ok")

    def __init__(self, sheet: Sheet, number: int, cells: Sequence[str]) -> None:
        self.number = number
        self._cells = dict(zip(sheet.columns, cells, strict=True))
        self._errors = sheet.errors
        self.given = sheet.given
        """The columns that the file has: what it doesn't have says nothing about what is registered."""
        self.ok = True
        """Whether every cell so far could be read."""

    def refuse(self, column: str, message: str, /, **data: object) -> None:
        """Add an error at a column."""
        self.ok = False
        self._errors.add(self.number, column, message, **data)

    def text(self, column: str, *, required: bool = False, most: int = 200) -> str:
        """A text of at most `most` characters."""
        text = self._cells[column]
        if required and not text:
            self.refuse(column, EMPTY_CELL)
        elif len(text) > most:
            self.refuse(column, LONG_CELL, most=most)
        return text

    def read(self, column: str, reader: Callable[[str], Value], *, required: bool = True) -> Value | None:
        """What `reader` makes of the cell; None when it is empty or can't be read."""
        text = self._cells[column]
        if not text:
            if required:
                self.refuse(column, EMPTY_CELL)
            return None
        try:
            return reader(text)
        except RegistryError as error:
            self.ok = False
            self._errors.add_refusal(self.number, column, error)
        except ValueError as error:
            self.refuse(column, str(error))
        return None
