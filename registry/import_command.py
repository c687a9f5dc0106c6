"""The `import` command that every slice with an import file has: one set of options, one way to end."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from registry.console import acting_scope, fail, progress, run
from registry.documents.sheet import format_error
from registry.imports import Advance, FileKind, Imported, RefusedRowsError, by_row, import_file
from registry.texts import _, describe

Command = Callable[..., None]

MOST_FLAGS = 100
"""Rows to look at that are named one by one."""


def import_options(command: Command) -> Command:
    """Add the file and the options that every import takes."""
    for decorate in (
        click.option("--dry-run", is_flag=True, help="Check everything and write nothing."),
        click.option("--as", "as_email", metavar="EMAIL", help="Import as this user instead of as the operator."),
        click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)),
    ):
        command = decorate(command)
    return command


def run_import(kind: FileKind[Any], file: Path, *, as_email: str | None, dry_run: bool) -> None:
    """Import a file and say what was done, or name every error on standard error and end with status 1."""

    def show(total: int) -> AbstractContextManager[Advance]:
        return progress(_("Importing"), total)

    async def work() -> Imported | RefusedRowsError:
        try:
            return await import_file(await acting_scope(as_email), kind, file, dry_run=dry_run, show=show)
        except RefusedRowsError as error:
            return error

    done = run(work)
    if isinstance(done, RefusedRowsError):
        fail(*(format_error(str(file), error) for error in by_row(done.errors)))
    click.echo(done.summary(dry_run=dry_run))
    for flag in done.flags[:MOST_FLAGS]:
        click.echo(_("Look at row %(row)s: %(text)s") % {"row": flag.row, "text": describe(flag.error)})
    if len(done.flags) > MOST_FLAGS:
        click.echo(_("%(count)s more rows to look at.") % {"count": len(done.flags) - MOST_FLAGS})
