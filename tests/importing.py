"""What the tests of imports share: files, their errors, and the real command."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import xlsxwriter

from registry.core.access import CONSOLE, Scope
from registry.imports import FileKind, Imported, RefusedRowsError, by_row, import_file

DEMO = Path(__file__).parents[1] / "registry" / "demo"
COMMAND = Path(sys.executable).parent / "registry"


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str


def csv_file(path: Path, lines: Sequence[str], *, encoding: str = "utf-8") -> Path:
    """A CSV file of some lines."""
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def xlsx_file(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """A workbook with one sheet."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


async def load(
    kind: FileKind[Any], path: Path, *, scope: Scope = CONSOLE, dry_run: bool = False
) -> tuple[int, int, int]:
    """Import a file: how many rows were new, changed and unchanged."""
    done: Imported = await import_file(scope, kind, path, dry_run=dry_run)
    return done.new, done.changed, done.unchanged


async def refused(kind: FileKind[Any], path: Path, *, scope: Scope = CONSOLE) -> list[tuple[int, str]]:
    """Import a file that must be refused: row and column of each error."""
    try:
        await import_file(scope, kind, path)
    except RefusedRowsError as error:
        return [(one.row, one.column) for one in by_row(error.errors)]
    raise AssertionError("the file was taken")


async def run_command(dsn: str, *arguments: str) -> Ran:
    """Run the real command against the run's database."""
    done = await anyio.run_process(
        [str(COMMAND), *arguments],
        check=False,
        env={**os.environ, "DATABASE_URL": dsn, "REGISTRY_LANGUAGE": "en"},
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
