"""What every import shares: where a row stood, all-or-nothing with every error named, and the dry run."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from registry.core.access import Scope
from registry.core.errors import InvalidInputError, N_, RegistryError
from registry.trail import Recording, recording

MAX_ERRORS = 1000


@dataclass(frozen=True, slots=True)
class Source:
    """The file that is read: its name and the SHA-256 of its bytes, which the trail keeps."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in one cell: the row as a person counts it (the header is 1) and the column's name."""

    row: int
    column: str
    error: RegistryError


@dataclass(slots=True)
class Imported:
    """What an import did, or in a dry run would do."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


class RefusedRowsError(RegistryError):
    """Some rows can't be taken, so none was."""

    code = "rows-refused"
    status = 400
    message = N_("Nothing was imported, since some rows need to be corrected.")

    def __init__(self, errors: list[RowError]) -> None:
        self.errors = errors
        super().__init__()


@dataclass(slots=True)
class RowErrors:
    """Collects errors row by row; `column` translates a field's name to the file's."""

    errors: list[RowError] = field(default_factory=list)

    def add(self, row: int, error: RegistryError, *, column: str = "") -> None:
        """Add an error, or each of its parts."""
        if isinstance(error, InvalidInputError):
            for name, inner in error.errors:
                self.errors.append(RowError(row, name or column, inner))
        else:
            self.errors.append(RowError(row, error.field or column, error))

    def extend(self, errors: Iterable[RowError]) -> None:
        """Add finished errors."""
        self.errors.extend(errors)

    def refuse(self) -> None:
        """Raises: RefusedRowsError when there is anything to correct."""
        if self.errors:
            raise RefusedRowsError(sorted(self.errors, key=lambda item: item.row))


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
