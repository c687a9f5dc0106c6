"""Commands for the trail: verify it, export it, and draw samples of payments."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from registry.audit.files import write_export, write_sample_csv, write_sample_json
from registry.audit.queries import draw_sample
from registry.audit.rules import parse_anchor
from registry.audit.schemas import SampleQuestion, Verification
from registry.audit.titles import describe_finding
from registry.audit.verification import count_entries, verify
from registry.console import REFUSED, USAGE, fail, progress, run
from registry.core.access import CONSOLE
from registry.core.errors import N_, RegistryError
from registry.core.numbers import normalise_org_number
from registry.texts import _, describe, format_number
from registry.trail import Anchor

UNREADABLE = 2
SHOWN = 20
FIRST_BAD = N_("The trail has been tampered with. First bad entry: %(seq)s")


@click.group()
def audit() -> None:
    """Verify, export and sample the trail."""


def _anchors(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[Anchor, ...]:
    try:
        return tuple(parse_anchor(value) for value in values)
    except RegistryError as error:
        raise click.BadParameter(describe(error)) from error


@audit.command("verify")
@click.option("--anchor", "anchors", multiple=True, callback=_anchors, metavar="SEQ:HASH", help="A head known before.")
def verify_trail(anchors: tuple[Anchor, ...]) -> None:
    """Prove that nothing was changed: exit 0 intact, 1 tampered (the first bad entry is named), 2 unreadable."""

    async def work() -> Verification:
        total = await count_entries()
        with progress(_("Verifying"), total) as advance:
            return await verify(CONSOLE, anchors=anchors, progress=advance)

    result = _read(work)
    for table in result.warnings:
        click.echo(_("Warning: nothing hinders changes in the table %(table)s.") % {"table": table}, err=True)
    if result.first_bad is not None:
        lines = [describe_finding(finding) for finding in result.findings[:SHOWN]]
        more = result.found - len(lines)
        fail(
            _(FIRST_BAD) % {"seq": result.first_bad},
            *(f"  {line}" for line in lines),
            *([_("  … and %(count)s more") % {"count": format_number(more)}] if more else []),
            status=REFUSED,
        )
    click.echo(
        _("The trail is intact: %(entries)s entries and %(rows)s rows agree, %(anchors)s anchors hold (%(seconds)s s).")
        % {
            "entries": format_number(result.entries),
            "rows": format_number(result.rows),
            "anchors": result.anchors,
            "seconds": f"{result.seconds:.1f}",
        }
    )
    click.echo(_("Anchor: %(anchor)s") % {"anchor": result.head})


def _read(work: object) -> Verification:
    """Run, and end with 2 whatever hinders reading: only a chain that was read may be called intact or tampered."""
    try:
        return run(work)  # type: ignore[arg-type]
    except SystemExit:
        sys.exit(UNREADABLE)
    except Exception as error:  # noqa: BLE001 - a broken database fails in ways that no list holds
        fail(f"{type(error).__name__}: {error}", status=UNREADABLE)


@audit.command("export")
@click.argument("file")
def export(file: str) -> None:
    """Write the trail to FILE as JSON lines (- is standard output), for verify_export.py."""

    async def work() -> int:
        total = await count_entries()
        with progress(_("Exporting"), total) as advance, _output(file) as target:
            return await write_export(CONSOLE, target, progress=advance)

    entries = run(work)
    click.echo(_("%(count)s entries written.") % {"count": format_number(entries)}, err=True)


@audit.command("sample")
@click.option("--seed", required=True, help="Any text; the same seed draws the same sample.")
@click.option("--size", required=True, type=int, help="How many payments.")
@click.option("--year", type=int, help="Only payments dated in this year.")
@click.option("--funder", help="Only this funder's, by organisation number.")
@click.option("--until", type=int, metavar="SEQ", help="Only payments registered up to this entry of the trail.")
@click.option(
    "--format", "format", type=click.Choice(["csv", "json"]), default="csv", show_default=True, help="The kind of file."
)
@click.option("--output", default="-", show_default=True, help="The file to write; - is standard output.")
def sample(
    seed: str, size: int, year: int | None, funder: str | None, until: int | None, format: str, output: str
) -> None:
    """Draw payments at random, so that anybody can draw the same ones again."""

    async def work() -> None:
        org_number = normalise_org_number(funder) if funder else None
        question = SampleQuestion(seed=seed, size=size, year=year, funder=org_number, until=until)
        drawn = await draw_sample(CONSOLE, question)
        with _output(output) as target:
            (write_sample_csv if format == "csv" else write_sample_json)(target, drawn)

    run(work)


@contextmanager
def _output(name: str) -> Iterator[BinaryIO]:
    """Standard output, or a file that takes its name when it is whole."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(name)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        fail(f"{name}: {error.strerror}", status=USAGE)
    finally:
        partial.unlink(missing_ok=True)
