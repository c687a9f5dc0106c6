"""`registry statements`: the statements of some recipients or of everyone, as files."""

from functools import partial
from pathlib import Path
from typing import cast

import click

from registry.console import fail, run
from registry.core.access import CONSOLE
from registry.core.errors import N_, NotFoundError
from registry.parties.schemas import PartyKind
from registry.statements.batch_console import Report, Wish, issue_everyone
from registry.statements.batch_queries import find_unfinished
from registry.statements.batch_schemas import AnyLanguage, Batch
from registry.statements.batch_service import cancel_batch
from registry.statements.named_console import Written, issue_named
from registry.statements.schemas import Language
from registry.texts import LANGUAGES, _, format_kronor, format_number, ngettext

INTERRUPTED = 130
"""The status of a command that Ctrl-C ended."""


class NoBatchError(NotFoundError):
    """There is nothing to cancel."""

    code = "no-batch"
    message = N_("No batch of statements is under way.")


@click.group()
def statements() -> None:
    """Statements."""


@statements.command("issue")
@click.option("--year", type=click.IntRange(1990, 2100), required=True, help="The calendar year.")
@click.option("--party", "parties", multiple=True, metavar="ORGNR", help="A recipient; P-17 for a person. Repeatable.")
@click.option("--all", "everyone", is_flag=True, help="Everyone with anything to state of the year, as a batch.")
@click.option("--kind", type=click.Choice([kind.value for kind in PartyKind]), help="With --all: of this kind only.")
@click.option("--funder", metavar="ORGNR", help="With --all: only those that this funder has anything to state of.")
@click.option("--language", type=click.Choice([*LANGUAGES]), help="The language; each recipient's own when left out.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to write the files; made when missing.",
)
@click.option(
    "--zip",
    "archive",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --all: all files and the manifest in one.",
)
@click.option(
    "--executor",
    metavar="WHERE",
    help="With --all: who renders; processes (every processor, the default), processes:4, threads, dask://HOST:PORT.",
)
@click.argument("more", nargs=-1, metavar="[ORGNR]...")
def issue(
    year: int,
    parties: tuple[str, ...],
    everyone: bool,
    kind: str | None,
    funder: str | None,
    language: str | None,
    output: Path | None,
    archive: Path | None,
    executor: str | None,
    more: tuple[str, ...],
) -> None:
    """Write statements as PDF. The same figures as last time are the same file.

    A statement that can't be made is named and the others are written; the command then ends with status 1. With --all
    they are a batch: broken off, by whatever, the same command goes on where it stopped.
    """
    references = (*parties, *more)
    if everyone == bool(references):
        raise click.UsageError("Name recipients with --party, or take --all.")
    if not everyone and (kind or funder or archive or executor):
        raise click.UsageError("--kind, --funder, --zip and --executor go with --all.")
    if output is None and (archive is None or not everyone):
        raise click.UsageError("Say where to write: --output DIR" + (" or --zip FILE." if everyone else "."))
    for folder in (output, archive and archive.parent):
        _make(folder)
    if everyone:
        wish = Wish(
            year=year, kind=kind or "", funder=funder, language=cast("AnyLanguage", language or ""),
            executor=executor or "processes", folder=output, archive=archive,
        )  # fmt: skip
        _tell_report(_run(wish), output or archive or Path())
    elif output is not None:
        _tell_written(run(partial(issue_named, year, references, cast("Language | None", language), output)), output)


@statements.command("cancel")
def cancel() -> None:
    """Cancel the batch that is under way; what it has issued stays issued."""
    batch = run(_cancel)
    assert batch.end is not None  # noqa: S101 - it has just been ended
    told = _("Batch %(number)s is cancelled; %(done)s of %(total)s statements were issued.")
    counts = batch.end.counts
    done = format_number(counts.issued + counts.unchanged)
    click.echo(told % {"number": batch.id, "done": done, "total": format_number(batch.parties)})


async def _cancel() -> Batch:
    batch = await find_unfinished(CONSOLE)
    if batch is None:
        raise NoBatchError
    return await cancel_batch(CONSOLE, batch.id)


def _make(folder: Path | None) -> None:
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{folder}: {error.strerror}")


def _run(wish: Wish) -> Report:
    try:
        return run(partial(issue_everyone, wish))
    except KeyboardInterrupt:
        fail(
            _("Broken off. What is issued stays issued: the same command goes on where it stopped."),
            status=INTERRUPTED,
        )
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


def _tell_written(written: Written, folder: Path) -> None:
    if written.files:
        click.echo(_summary(written.files, written.new, written.paid_ore, folder))
    if written.refused:
        fail(*written.refused)


def _tell_report(report: Report, place: Path) -> None:
    end = report.batch.end
    assert end is not None  # noqa: S101 - a report is of a batch that has ended
    click.echo(_summary(end.counts.issued + end.counts.unchanged, end.counts.issued, end.paid_ore, place))
    problems = [*report.refused, *report.differences]
    if end.totals is None:
        problems.append(_("The batch was cancelled before everyone had a statement."))
    elif end.totals.agree:
        click.echo(
            _("The auditor's summary of the year says the same: %(sum)s.")
            % {"sum": format_kronor(end.totals.summary_ore)}
        )
    if problems:
        fail(*problems)


def _summary(files: int, new: int, paid_ore: int, folder: Path) -> str:
    counted = ngettext("%(num)d statement in %(folder)s", "%(num)d statements in %(folder)s", files)
    told = ngettext(
        "%(files)s, of which %(new)s new version. Control total, paid less reversed: %(paid)s.",
        "%(files)s, of which %(new)s new versions. Control total, paid less reversed: %(paid)s.",
        new,
    )
    return told % {
        "files": counted % {"num": files, "folder": folder},
        "new": new,
        "paid": format_kronor(paid_ore),
    }
